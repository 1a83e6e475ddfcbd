//! Zeros from a source of their own: zero-inflated and hurdle models.

use super::chain::Inner;
use super::{call, orders, unweighted, with_buffer, zero_normalizers, Order, Out, Parts};
use crate::family::density::weigh;
use crate::family::math::softplus;
use crate::family::simd::Plain;
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

    /// That of the inner family, with half of the zeros of the other kind.
    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        let mut guess = self.with_inner_rows(rows, |rows| self.inner.guess(rows))?;
        guess.push(0.0);
        Some(guess)
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let plain = unweighted(rows);
        self.with_inner_rows(plain, |inner| {
            let rows = (inner, plain.y);
            let out = [&mut *c, &mut *slope];
            super::expand::extra(&*self.inner, rows, eta, self.inflated, out);
        });
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
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

    fn weighted(&self, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>) {
        let plain = unweighted(rows);
        let [l, s, w] = out;
        self.with_inner_rows(plain, |inner| {
            self.evaluate(order, inner, plain.y, eta, h, [&mut *l, &mut *s, &mut *w]);
        });
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    /// The inner family in the first places of the output, which zeros then change.
    fn evaluate(
        &self,
        order: Order,
        rows: Rows<'_>,
        y: &[f64],
        eta: &[f64],
        h: &[f64],
        [l, s, w]: Out<'_>,
    ) {
        let (n, d) = (rows.len(), self.inner.predictors());
        let (inner_eta, zeta) = eta.split_at(n * d);
        let block = Block { order, n, d, h };
        with_buffer(n * (pairs(d) + 2) + Parts::length(n, d), |buffer| {
            let (inner_h, buffer) = buffer.split_at_mut(n * pairs(d));
            let (constant, buffer) = buffer.split_at_mut(n);
            let (value, buffer) = buffer.split_at_mut(n);
            let mut parts = Parts::new(buffer, n, d);
            block.narrow(inner_h);
            let first = [&mut *l, s.get_mut(..n * d).unwrap_or_default(), &mut *w];
            call(&*self.inner, order, rows, inner_eta, inner_h, first);
            match order {
                Order::Third => self.inner.density(rows, inner_eta, value),
                _ => value.copy_from_slice(l),
            }
            if !self.inflated {
                parts.l.fill(f64::NEG_INFINITY);
            } else if y.contains(&0.0) {
                match order {
                    Order::Third => parts.fill(&*self.inner, order, rows, inner_eta, inner_h),
                    _ => parts.copy([l, s, w]),
                }
                zero_normalizers(&*self.inner, rows, constant);
            }
            block.widen(w);
            for i in 0..n {
                let out = [&mut *l, &mut *s, &mut *w];
                if y[i] == 0.0 {
                    block.zero(i, parts.l[i] + constant[i], zeta[i], &parts, out);
                } else {
                    block.other(i, value[i].is_finite(), zeta[i], out);
                }
            }
        });
    }
}

/// What the rows of a block have in common.
struct Block<'a> {
    order: Order,
    n: usize,
    /// Number of predictors of the inner family.
    d: usize,
    h: &'a [f64],
}

impl Block<'_> {
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
        if self.order != Order::Curvature {
            return;
        }
        for (a, b) in (0..d).flat_map(|a| (a..d).map(move |b| (a, b))).rev() {
            let from = pair(d, a, b) * n;
            w.copy_within(from..from + n, pair(d + 1, a, b) * n);
        }
        for a in 0..d {
            let at = pair(d + 1, a, d) * n;
            w[at..at + n].fill(0.0);
        }
    }

    /// A zero, whose inner log-density is `g`.
    fn zero(&self, i: usize, g: f64, zeta: f64, parts: &Parts<'_>, [l, s, w]: Out<'_>) {
        let (n, d) = (self.n, self.d);
        let [value, own, rest, _] = softplus::<Plain>(-zeta);
        let [f, p, q, _] = softplus::<Plain>(g - zeta);
        let derivatives = [f, p, p * q, p * q * (q - p)];
        let row = Inner {
            parts,
            n,
            i,
            inner: d,
            all: d + 1,
        };
        self.clear(i, [&mut *l, &mut *s, &mut *w]);
        if self.order == Order::Third {
            row.add_third(derivatives, self.h, s);
            s[d * n + i] += own * rest * (own - rest) * self.h[pair(d + 1, d, d) * n + i];
            return;
        }
        l[i] = if g > zeta {
            g + softplus::<Plain>(zeta - g)[0] - softplus::<Plain>(zeta)[0]
        } else {
            f - value
        };
        if self.order != Order::Value {
            row.add_score(derivatives, s);
            s[d * n + i] = q - rest;
        }
        if self.order == Order::Curvature {
            row.add_weight(derivatives, w);
            w[pair(d + 1, d, d) * n + i] += own * rest;
        }
    }

    /// Another response, whose inner log-density is there.
    fn other(&self, i: usize, inside: bool, zeta: f64, [l, s, w]: Out<'_>) {
        let (n, d) = (self.n, self.d);
        if !inside {
            l.iter_mut()
                .skip(i)
                .take(1)
                .for_each(|l| *l = f64::NEG_INFINITY);
            self.clear(i, [l, s, w]);
            return;
        }
        let [value, p, q, _] = softplus::<Plain>(zeta);
        let last = pair(d + 1, d, d) * n + i;
        match self.order {
            Order::Third => s[d * n + i] = p * q * (q - p) * self.h[last],
            Order::Value => l[i] -= value,
            _ => {
                l[i] -= value;
                s[d * n + i] = -p;
            }
        }
        if self.order == Order::Curvature {
            w[last] = p * q;
        }
    }

    /// Sets the derivatives of a row to zero.
    fn clear(&self, i: usize, [_, s, w]: Out<'_>) {
        for x in [s, w] {
            x.iter_mut().skip(i).step_by(self.n).for_each(|x| *x = 0.0);
        }
    }
}
