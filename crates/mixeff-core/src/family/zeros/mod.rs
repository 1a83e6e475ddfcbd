//! Families made from others by changing the probability of zero: truncation, inflation, hurdles.
//!
//! They know nothing of the inner family but what [`Family`] tells, and may be applied one to another.

mod chain;
mod expand;
mod extra;
mod first;
mod truncated;

pub use extra::ExtraZeros;
pub use truncated::ZeroTruncated;

use super::buffer::with_buffer;
use super::density::weigh;
use super::simd::{widest, Arithmetic, Work};
use super::{pairs, Family, Rows};

/// The functions of a family, by how far they go.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Value,
    Score,
    Curvature,
    Third,
}

/// What a family says of a block of rows: `[l, s, w]`, with the contracted third derivatives in the place of the score.
type Out<'a> = [&'a mut [f64]; 3];

/// One of the functions of a family.
fn call(family: &dyn Family, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>) {
    let [l, s, w] = out;
    match order {
        Order::Value => family.density(rows, eta, l),
        Order::Score => family.score(rows, eta, l, s),
        Order::Curvature => family.curvature(rows, eta, l, s, w),
        Order::Third => family.third(rows, eta, h, s),
    }
}

/// A family that gives all orders by one function, which sees no weights.
trait Modified {
    fn evaluate(&self, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>);

    /// With the weights.
    fn weighted(&self, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>) {
        let [l, s, w] = out;
        let plain = [&mut *l, &mut *s, &mut *w];
        self.evaluate(order, unweighted(rows), eta, h, plain);
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

/// The functions of [`Family`] that are the same for all that are [`Modified`].
macro_rules! orders {
    () => {
        fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
            self.weighted(Order::Value, rows, eta, &[], [l, &mut [], &mut []]);
        }

        fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
            self.weighted(Order::Score, rows, eta, &[], [l, s, &mut []]);
        }

        fn curvature(
            &self,
            rows: Rows<'_>,
            eta: &[f64],
            l: &mut [f64],
            s: &mut [f64],
            w: &mut [f64],
        ) {
            self.weighted(Order::Curvature, rows, eta, &[], [l, s, w]);
        }

        fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
            self.weighted(Order::Third, rows, eta, h, [&mut [], v, &mut []]);
        }

        fn quasi(&self, _: f64) -> Option<Quasi> {
            None
        }

        fn phi_power(&self) -> f64 {
            self.inner.phi_power()
        }
    };
}
use orders;

/// The rows without their weights.
fn unweighted(rows: Rows<'_>) -> Rows<'_> {
    Rows {
        weights: &[],
        ..rows
    }
}

/// The terms of the log-density of zero that are free of the predictors, row by row.
fn zero_normalizers(inner: &dyn Family, rows: Rows<'_>, out: &mut [f64]) {
    let of = |i: usize| {
        let row = Rows {
            y: &[0.0],
            weights: &[],
            ..rows.range(i, i + 1)
        };
        inner.log_normalizer(row)
    };
    if rows.extra.is_empty() && !out.is_empty() {
        out.fill(of(0));
    } else {
        out.iter_mut().enumerate().for_each(|(i, out)| *out = of(i));
    }
}

/// A function of one number with its first three derivatives.
trait Function {
    /// Must be `#[inline(always)]`.
    fn at<A: Arithmetic>(&self, x: f64) -> [f64; 4];
}

/// Evaluates a function at a block of numbers: values, then first derivatives, ..
fn map<F: Function>(x: &[f64], out: &mut [f64], function: F) {
    widest(Map { x, out, function });
}

struct Map<'a, F> {
    x: &'a [f64],
    out: &'a mut [f64],
    function: F,
}

impl<F: Function> Work for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let n = self.x.len();
        let (value, rest) = self.out.split_at_mut(n);
        let (first, rest) = rest.split_at_mut(n);
        let (second, third) = rest.split_at_mut(n);
        for i in 0..n {
            [value[i], first[i], second[i], third[i]] = self.function.at::<A>(self.x[i]);
        }
    }
}

/// Sets the rows for which a condition holds outside the domain.
fn outside(n: usize, condition: impl Fn(usize) -> bool, [l, s, w]: Out<'_>) {
    for i in (0..n).filter(|&i| condition(i)) {
        if let Some(l) = l.get_mut(i) {
            *l = f64::NEG_INFINITY;
        }
        clear(i, n, [&mut *s, &mut *w]);
    }
}

/// Sets the numbers of a row to zero.
fn clear(i: usize, n: usize, blocks: [&mut [f64]; 2]) {
    for x in blocks {
        x.iter_mut().skip(i).step_by(n).for_each(|x| *x = 0.0);
    }
}

/// All that a family says of a block of rows, as far as an order needs it. Further predictors may follow those of the family.
struct Parts<'a> {
    l: &'a mut [f64],
    s: &'a mut [f64],
    w: &'a mut [f64],
    v: &'a mut [f64],
}

impl<'a> Parts<'a> {
    /// Numbers of a block of `n` rows with `d` predictors.
    fn length(n: usize, d: usize) -> usize {
        n * (1 + 2 * d + pairs(d))
    }

    fn new(buffer: &'a mut [f64], n: usize, d: usize) -> Self {
        let (l, rest) = buffer.split_at_mut(n);
        let (s, rest) = rest.split_at_mut(n * d);
        let (v, w) = rest.split_at_mut(n * d);
        Parts { l, s, w, v }
    }

    /// What has been evaluated already, but for third derivatives.
    fn copy(&mut self, from: [&[f64]; 3]) {
        for (to, from) in [&mut *self.l, &mut *self.s, &mut *self.w]
            .into_iter()
            .zip(from)
        {
            let length = to.len().min(from.len());
            to[..length].copy_from_slice(&from[..length]);
        }
    }

    /// Evaluates a family; third derivatives with all below them.
    fn fill(&mut self, family: &dyn Family, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64]) {
        let (n, d) = (rows.len(), family.predictors());
        let below = match order {
            Order::Third => Order::Curvature,
            order => order,
        };
        let (s, w) = (&mut self.s[..n * d], &mut self.w[..n * pairs(d)]);
        call(family, below, rows, eta, &[], [&mut *self.l, s, w]);
        if order == Order::Third {
            family.third(rows, eta, h, &mut self.v[..n * d]);
        }
    }
}
