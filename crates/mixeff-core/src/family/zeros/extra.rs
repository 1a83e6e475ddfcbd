//! Zeros from a source of their own: zero-inflated and hurdle models.

use super::chain::Chain;
use super::first::{hold_zeros, Composed};
use super::{
    call, clear, expand, map, orders, outside, unweighted, with_buffer, zero_normalizers, Function,
    Modified, Order, Out, Parts,
};
use crate::family::density::weigh;
use crate::family::math::softplus;
use crate::family::simd::{widest, Arithmetic, Plain, Work};
use crate::family::{pair, pairs, Family, Quasi, Rows};

/// `log f(0) = log(pi + (1 - pi) exp l(0))` and `log f(y) = log(1 - pi) + l(y)` otherwise, where `l` is the inner log-density: zero-inflated
/// (Lambert 1992); or `log f(0) = log pi`, if the inner family has no zeros: a hurdle (Mullahy 1986).
///
/// The last predictor is `zeta = logit pi`, after those of the inner family. With `q = l(0) - zeta`, minus infinity for a hurdle,
/// `log f(0) = log(1 + exp q) - log(1 + exp -zeta)`.
pub struct ExtraZeros {
    /// The other source of responses.
    pub inner: Box<dyn Family>,
    /// Whether it has zeros too.
    pub inflated: bool,
}

impl Family for ExtraZeros {
    orders!();

    fn predictors(&self) -> usize {
        self.inner.predictors() + 1
    }

    /// That of the inner family, without the zeros.
    fn log_normalizer(&self, rows: Rows<'_>) -> f64 {
        with_buffer(rows.len(), |weights| {
            for (i, weight) in weights.iter_mut().enumerate() {
                let own = rows.weights.get(i).copied().unwrap_or(1.0);
                *weight = if rows.y[i] == 0.0 { 0.0 } else { own };
            }
            self.inner.log_normalizer(Rows { weights, ..rows })
        })
    }

    /// That of the inner family, with even odds of the extra zeros.
    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        let mut guess = self.with_inner_rows(rows, |rows| self.inner.guess(rows))?;
        guess.push(0.0);
        Some(guess)
    }

    fn settle(&self, eta: &mut [f64]) {
        if let Some((zeta, inner)) = eta.split_last_mut() {
            self.inner.settle(inner);
            *zeta = zeta.clamp(-FLATTEST, FLATTEST);
        }
    }

    fn without_first(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        let (eta, zeta) = eta.split_at(rows.len() * self.inner.predictors());
        self.with_inner_rows(unweighted(rows), |rows| {
            self.inner.without_first(rows, eta, l)
        });
        for (i, l) in l.iter_mut().enumerate() {
            let [rest, ..] = softplus::<Plain>(zeta[i]);
            let [zero, ..] = softplus::<Plain>(-zeta[i]);
            *l = if rows.y[i] == 0.0 { -zero } else { *l - rest };
        }
        weigh(rows.weights, l);
    }

    /// What the inner family holds, and what zeros have without the first predictor.
    fn hold(&self, rows: Rows<'_>, eta: &[f64], held: &mut Vec<f64>) {
        let (eta, zeta) = eta.split_at(rows.len() * self.inner.predictors());
        self.with_inner_rows(unweighted(rows), |rows| {
            self.inner.hold(rows, eta, held);
            let start = held.len();
            if self.inflated {
                hold_zeros(&*self.inner, rows, eta, held);
                held[start..]
                    .iter_mut()
                    .zip(zeta)
                    .for_each(|(x, z)| *x -= z);
            }
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
        let eta = &eta[..n * self.inner.predictors()];
        let (held, constant) = held.split_at(held.len() - if self.inflated { n } else { 0 });
        self.with_inner_rows(plain, |rows| {
            self.inner.curvature_of_first(rows, eta, held, l, s, w);
        });
        mix_zeros(rows.y, constant, [&mut *l, &mut *s, &mut *w]);
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        let (n, plain) = (rows.len(), unweighted(rows));
        let (eta, zeta) = eta.split_at(n * self.inner.predictors());
        self.with_inner_rows(plain, |own| {
            if self.inflated && rows.y.contains(&0.0) {
                let composed = Composed {
                    inner: &*self.inner,
                    rows: own,
                    eta,
                    function: Mixed,
                };
                let row = |i: usize, q: f64| match rows.y[i] == 0.0 {
                    true => q - zeta[i],
                    false => f64::INFINITY,
                };
                composed.third(row, h, v);
                return;
            }
            let (inner, last) = v.split_at_mut(eta.len());
            self.inner.third_of_first(own, eta, h, inner);
            last.fill(0.0);
            (0..n)
                .filter(|&i| rows.y[i] == 0.0)
                .for_each(|i| clear(i, n, [&mut *inner, &mut []]));
        });
        weigh(rows.weights, v);
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let plain = unweighted(rows);
        self.with_inner_rows(plain, |inner| {
            let out = [&mut *c, &mut *slope];
            expand::extra(&*self.inner, (inner, plain.y), eta, self.inflated, out);
        });
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

impl Modified for ExtraZeros {
    fn evaluate(&self, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>) {
        let (n, d) = (rows.len(), self.inner.predictors());
        let (eta, zeta) = eta.split_at(n * d);
        let y = rows.y;
        let block = Block {
            order,
            n,
            d,
            h,
            y,
            zeta,
        };
        self.with_inner_rows(rows, |rows| {
            with_buffer(n * pairs(d), |inner_h| {
                block.narrow(inner_h);
                let from = Inner {
                    family: &*self.inner,
                    rows,
                    eta,
                    h: inner_h,
                };
                if self.inflated && y.contains(&0.0) {
                    block.inflated(&from, out);
                } else {
                    block.plain(&from, out);
                }
            });
        });
    }
}

impl ExtraZeros {
    /// The rows with responses that the inner family can have.
    fn with_inner_rows<R>(&self, rows: Rows<'_>, work: impl FnOnce(Rows<'_>) -> R) -> R {
        if self.inflated {
            return work(rows);
        }
        with_buffer(rows.len(), |y| {
            for (own, y) in y.iter_mut().zip(rows.y) {
                *own = if *y == 0.0 { 1.0 } else { *y };
            }
            work(Rows { y, ..rows })
        })
    }
}

/// Zeros' `log(1 + exp q)` in the place of the inner family's, with its score and weight; nothing for a hurdle, which has no
/// constants.
fn mix_zeros(y: &[f64], constant: &[f64], out: [&mut [f64]; 3]) {
    if constant.is_empty() {
        for out in out {
            let rows = out.iter_mut().zip(y);
            rows.for_each(|(x, y)| *x = if *y == 0.0 { 0.0 } else { *x });
        }
        return;
    }
    widest(MixZeros([y, constant], out));
}

struct MixZeros<'a>([&'a [f64]; 2], [&'a mut [f64]; 3]);

impl Work for MixZeros<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let MixZeros([y, constant], [l, s, w]) = self;
        let rows = y.iter().zip(constant).zip(l).zip(s).zip(w);
        for ((((y, constant), l), s), w) in rows {
            let [value, slope, bend, _] = Softplus.at::<A>(*l + constant);
            let or = |zero: f64, other: f64| if *y == 0.0 { zero } else { other };
            *w = or(slope * *w - bend * (*s * *s), *w);
            (*l, *s) = (or(value, *l), or(slope * *s, *s));
        }
    }
}

/// Largest log odds of the extra zeros at the start.
const FLATTEST: f64 = 2.0;

/// The inner family, and what it is evaluated at.
struct Inner<'a> {
    family: &'a dyn Family,
    rows: Rows<'a>,
    eta: &'a [f64],
    h: &'a [f64],
}

/// A block of rows.
struct Block<'a> {
    order: Order,
    n: usize,
    /// Number of predictors of the inner family.
    d: usize,
    h: &'a [f64],
    y: &'a [f64],
    zeta: &'a [f64],
}

impl Block<'_> {
    /// Rows without zeros of the inner family.
    fn plain(&self, inner: &Inner<'_>, [l, s, w]: Out<'_>) {
        with_buffer(self.n, |value| {
            self.first(inner, value, [&mut *l, &mut *s, &mut *w]);
            self.rest(value, [l, s, w]);
        });
    }

    /// Rows with zeros that may be of the inner family.
    fn inflated(&self, inner: &Inner<'_>, [l, s, w]: Out<'_>) {
        let (n, d, order) = (self.n, self.d, self.order);
        with_buffer(6 * n + Parts::length(n, d + 1), |buffer| {
            let (f, buffer) = buffer.split_at_mut(4 * n);
            let (at, buffer) = buffer.split_at_mut(n);
            let (value, buffer) = buffer.split_at_mut(n);
            let mut q = Parts::new(buffer, n, d + 1);
            self.first(inner, value, [&mut *l, &mut *s, &mut *w]);
            match order {
                Order::Third => q.fill(inner.family, order, inner.rows, inner.eta, inner.h),
                _ => q.copy([&*value, &*s, &*w]),
            }
            q.s[n * d..].fill(-1.0);
            self.widen(q.w);
            zero_normalizers(inner.family, inner.rows, at);
            self.odds(q.l, at);
            map(at, f, Softplus);
            self.rest(value, [&mut *l, &mut *s, &mut *w]);
            let chain = Chain {
                n,
                predictors: d + 1,
                q: &q,
                f: std::array::from_fn(|k| &f[k * n..][..n]),
            };
            chain.add_all(order, self.h, [&mut *l, &mut *s, w]);
            self.without_cancellation(at, l, s);
        });
    }

    /// The inner family in the first places of the output, and its log-densities.
    fn first(&self, inner: &Inner<'_>, value: &mut [f64], [l, s, w]: Out<'_>) {
        let s = s.get_mut(..self.n * self.d).unwrap_or_default();
        let out = [&mut *l, s, w];
        call(
            inner.family,
            self.order,
            inner.rows,
            inner.eta,
            inner.h,
            out,
        );
        match self.order {
            Order::Third => inner.family.density(inner.rows, inner.eta, value),
            _ => value.copy_from_slice(l),
        }
    }

    /// The rows' `q`, from constants of the log-density of zero; minus infinity if not of zeros.
    fn odds(&self, l: &[f64], at: &mut [f64]) {
        for (i, at) in at.iter_mut().enumerate() {
            let q = l[i] + *at - self.zeta[i];
            *at = if self.y[i] == 0.0 {
                q
            } else {
                f64::NEG_INFINITY
            };
        }
    }

    /// What the last predictor adds, `-log(1 + exp zeta)`; zeros have `-log(1 + exp -zeta)` and nothing else.
    fn rest(&self, value: &[f64], [l, s, w]: Out<'_>) {
        let n = self.n;
        self.widen(w);
        if let Some(last) = s.get_mut(n * self.d..) {
            last.fill(0.0);
        }
        let zeros = || (0..n).filter(|&i| self.y[i] == 0.0);
        zeros().for_each(|i| clear(i, n, [&mut *s, &mut *w]));
        with_buffer(4 * n, |f| {
            map(self.zeta, f, Softplus);
            self.add_rest(f, [&mut *l, &mut *s, &mut *w]);
        });
        zeros().for_each(|i| self.zero(i, l, s));
        let off = |i: usize| self.y[i] != 0.0 && !value[i].is_finite();
        outside(n, off, [l, s, w]);
    }

    fn add_rest(&self, f: &[f64], [l, s, w]: Out<'_>) {
        let (n, d, last) = (self.n, self.d, pair(self.d + 1, self.d, self.d));
        let add = |out: &mut [f64], order: usize, term: &dyn Fn(usize, f64) -> f64| {
            let f = f[order * n..][..n].iter().enumerate();
            out.iter_mut()
                .zip(f)
                .for_each(|(out, (i, f))| *out += term(i, *f));
        };
        if self.order == Order::Third {
            add(&mut s[d * n..], 3, &|i, f| f * self.h[last * n + i]);
            return;
        }
        add(l, 0, &|_, f| -f);
        if self.order != Order::Value {
            add(&mut s[d * n..], 1, &|_, f| -f);
        }
        if self.order == Order::Curvature {
            add(&mut w[last * n..], 2, &|_, f| f);
        }
    }

    /// A zero that is not of the inner family; higher derivatives by `zeta` are those of all.
    fn zero(&self, i: usize, l: &mut [f64], s: &mut [f64]) {
        let [value, p, ..] = softplus::<Plain>(-self.zeta[i]);
        if self.order != Order::Third {
            l[i] = -value;
        }
        if matches!(self.order, Order::Score | Order::Curvature) {
            s[self.d * self.n + i] = p;
        }
    }

    /// The log-densities of zeros and their slopes by `zeta`, whose sums of two would cancel where the extra zeros are few.
    fn without_cancellation(&self, at: &[f64], l: &mut [f64], s: &mut [f64]) {
        for (i, (&q, &zeta)) in at.iter().zip(self.zeta).enumerate() {
            if self.order == Order::Third || self.y[i] != 0.0 {
                continue;
            }
            let [value, p, ..] = softplus::<Plain>(zeta);
            let [rest, not, ..] = softplus::<Plain>(-q);
            if q > 0.0 {
                l[i] = (q + zeta) + rest - value;
            }
            if self.order != Order::Value {
                s[self.d * self.n + i] = not - p;
            }
        }
    }

    /// The part of `h` that is of the inner family.
    fn narrow(&self, inner: &mut [f64]) {
        let (n, d) = (self.n, self.d);
        if self.h.is_empty() {
            return;
        }
        for (a, b) in (0..d).flat_map(|a| (a..d).map(move |b| (a, b))) {
            let (from, to) = (pair(d + 1, a, b) * n, pair(d, a, b) * n);
            inner[to..to + n].copy_from_slice(&self.h[from..from + n]);
        }
    }

    /// Weights of the inner family to their places in those of all, which lie behind: from the last on.
    fn widen(&self, w: &mut [f64]) {
        let (n, d) = (self.n, self.d);
        if w.is_empty() {
            return;
        }
        for (a, b) in (0..d).flat_map(|a| (a..d).map(move |b| (a, b))).rev() {
            let from = pair(d, a, b) * n;
            w.copy_within(from..from + n, pair(d + 1, a, b) * n);
        }
        for a in 0..=d {
            let at = pair(d + 1, a, d) * n;
            w[at..at + n].fill(0.0);
        }
    }
}

/// `log(1 + exp(x))` with its derivatives.
struct Softplus;

impl Function for Softplus {
    #[inline(always)]
    fn at<A: Arithmetic>(&self, x: f64) -> [f64; 4] {
        let [value, p, q, _] = softplus::<A>(x);
        [value, p, p * q, p * q * (q - p)]
    }
}

/// The same, in which infinity stands for rows that are of the inner family alone.
struct Mixed;

impl Function for Mixed {
    #[inline(always)]
    fn at<A: Arithmetic>(&self, x: f64) -> [f64; 4] {
        let alone = x == f64::INFINITY;
        let f = Softplus.at::<A>(if alone { 0.0 } else { x });
        if alone {
            [x, 1.0, 0.0, 0.0]
        } else {
            f
        }
    }
}
