//! Counts without zero.

use super::chain::Chain;
use super::first::{compose, hold_zeros, Composed};
use super::{
    call, expand, map, orders, outside, unweighted, with_buffer, zero_normalizers, Function,
    Modified, Order, Out, Parts,
};
use crate::family::density::weigh;
use crate::family::link::{Log, ProbabilityLink};
use crate::family::simd::Arithmetic;
use crate::family::{Family, Quasi, Rows};

/// `log f(y) = l(y) - log(1 - exp l(0))`, `y >= 1`, where `l` is the log-density of counts.
///
/// The predictors are those of the inner family: `mu` is the mean before truncation.
pub struct ZeroTruncated {
    /// The counts with zero.
    pub inner: Box<dyn Family>,
}

impl Family for ZeroTruncated {
    orders!();

    fn predictors(&self) -> usize {
        self.inner.predictors()
    }

    fn log_normalizer(&self, rows: Rows<'_>) -> f64 {
        self.inner.log_normalizer(rows)
    }

    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        self.inner.guess(rows)
    }

    fn without_first(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        self.inner.without_first(rows, eta, l);
    }

    /// What the inner family holds of the responses, then of zeros, then what it has of these without the first predictor.
    fn hold(&self, rows: Rows<'_>, eta: &[f64], held: &mut Vec<f64>) {
        self.inner.hold(rows, eta, held);
        with_buffer(rows.len(), |zeros| {
            let rows = Rows { y: zeros, ..rows };
            self.inner.hold(rows, eta, held);
            hold_zeros(&*self.inner, rows, eta, held);
        });
    }

    fn curvature_of_first(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        held: &[f64],
        l: &mut [f64],
        s: &mut [f64],
        w: &mut [f64],
    ) {
        let (n, plain) = (rows.len(), unweighted(rows));
        let (held, constant) = held.split_at(held.len() - n);
        let (own, of_zeros) = held.split_at(held.len() / 2);
        self.inner.curvature_of_first(plain, eta, own, l, s, w);
        with_buffer(4 * n, |buffer| {
            let (zeros, buffer) = buffer.split_at_mut(n);
            let (q, buffer) = buffer.split_at_mut(n);
            let (q_s, q_w) = buffer.split_at_mut(n);
            let at = Rows { y: zeros, ..plain };
            self.inner
                .curvature_of_first(at, eta, of_zeros, q, q_s, q_w);
            q.iter_mut().zip(constant).for_each(|(q, c)| *q += c);
            compose(Present, [&mut *q, &mut *q_s, &mut *q_w]);
            add_inside(rows.y, [&*q, &*q_s, &*q_w], [&mut *l, &mut *s, &mut *w]);
        });
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        let (n, plain) = (rows.len(), unweighted(rows));
        with_buffer(n + v.len(), |buffer| {
            let (zeros, of_zeros) = buffer.split_at_mut(n);
            let composed = Composed {
                inner: &*self.inner,
                rows: Rows { y: zeros, ..plain },
                eta,
                function: Present,
            };
            composed.third(|_, q| q, h, of_zeros);
            self.inner.third_of_first(plain, eta, h, v);
            for (k, (v, own)) in v.iter_mut().zip(of_zeros).enumerate() {
                let sum = *v + *own;
                *v = if rows.y[k % n] > 0.0 && sum.is_finite() {
                    sum
                } else {
                    0.0
                };
            }
        });
        weigh(rows.weights, v);
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        expand::truncated(&*self.inner, unweighted(rows), eta, [c, slope]);
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

impl Modified for ZeroTruncated {
    fn evaluate(&self, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>) {
        let (n, d) = (rows.len(), self.predictors());
        let [l, s, w] = out;
        with_buffer(6 * n + Parts::length(n, d), |buffer| {
            let (f, buffer) = buffer.split_at_mut(4 * n);
            let (zeros, buffer) = buffer.split_at_mut(n);
            let (value, buffer) = buffer.split_at_mut(n);
            let mut q = Parts::new(buffer, n, d);
            q.fill(&*self.inner, order, Rows { y: zeros, ..rows }, eta, h);
            zero_normalizers(&*self.inner, rows, zeros);
            (0..n).for_each(|i| zeros[i] += q.l[i]);
            map(zeros, f, Present);
            call(
                &*self.inner,
                order,
                rows,
                eta,
                h,
                [&mut *l, &mut *s, &mut *w],
            );
            match order {
                Order::Third => self.inner.density(rows, eta, value),
                _ => value.copy_from_slice(l),
            }
            let chain = Chain {
                n,
                predictors: d,
                q: &q,
                f: std::array::from_fn(|k| &f[k * n..][..n]),
            };
            chain.add_all(order, h, [&mut *l, &mut *s, &mut *w]);
            let inside = |i: usize| rows.y[i] > 0.0 && (value[i] + chain.f[0][i]).is_finite();
            outside(n, |i| !inside(i), [l, s, w]);
        });
    }
}

/// Adds to the rows with a response that there can be; the others have no density.
fn add_inside(y: &[f64], terms: [&[f64]; 3], [l, s, w]: [&mut [f64]; 3]) {
    let [terms_l, terms_s, terms_w] = terms.map(|terms| &terms[..y.len()]);
    let (l, s, w) = (&mut l[..y.len()], &mut s[..y.len()], &mut w[..y.len()]);
    for i in 0..y.len() {
        let sum = l[i] + terms_l[i];
        let inside = (y[i] > 0.0) & (sum.abs() < f64::INFINITY);
        let or = |x: f64, outside: f64| if inside { x } else { outside };
        l[i] = or(sum, f64::NEG_INFINITY);
        s[i] = or(s[i] + terms_s[i], 0.0);
        w[i] = or(w[i] + terms_w[i], 0.0);
    }
}

/// `-log(1 - exp(g))`, with its derivatives.
struct Present;

impl Function for Present {
    #[inline(always)]
    fn at<A: Arithmetic>(&self, g: f64) -> [f64; 4] {
        let [_, [value, first, second, third]] = Log.log_probabilities::<A>(g);
        [-value, -first, -second, -third]
    }
}
