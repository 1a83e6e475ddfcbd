//! Counts without zero.

use super::chain::Inner;
use super::{call, orders, unweighted, with_buffer, zero_normalizers, Order, Out, Parts};
use crate::family::density::weigh;
use crate::family::link::{Log, ProbabilityLink, Taylor};
use crate::family::simd::Plain;
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

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        super::expand::truncated(&*self.inner, unweighted(rows), eta, [c, slope]);
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

impl ZeroTruncated {
    fn weighted(&self, order: Order, rows: Rows<'_>, eta: &[f64], h: &[f64], out: Out<'_>) {
        let (n, d) = (rows.len(), self.predictors());
        let [l, s, w] = out;
        with_buffer(3 * n + Parts::length(n, d), |buffer| {
            let (zeros, buffer) = buffer.split_at_mut(n);
            let (constant, buffer) = buffer.split_at_mut(n);
            let (value, buffer) = buffer.split_at_mut(n);
            let mut parts = Parts::new(buffer, n, d);
            let plain = unweighted(rows);
            let at_zero = Rows { y: zeros, ..plain };
            parts.fill(&*self.inner, order, at_zero, eta, h);
            zero_normalizers(&*self.inner, plain, constant);
            call(
                &*self.inner,
                order,
                plain,
                eta,
                h,
                [&mut *l, &mut *s, &mut *w],
            );
            match order {
                Order::Third => self.inner.density(plain, eta, value),
                _ => value.copy_from_slice(l),
            }
            for i in 0..n {
                let f = present(parts.l[i] + constant[i]);
                let row = Inner {
                    parts: &parts,
                    n,
                    i,
                    inner: d,
                    all: d,
                };
                let inside = rows.y[i] > 0.0 && (value[i] + f[0]).is_finite();
                add(
                    order,
                    &row,
                    inside.then_some(f),
                    h,
                    [&mut *l, &mut *s, &mut *w],
                );
            }
        });
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

/// `-log(1 - exp(g))` with its derivatives.
fn present(g: f64) -> Taylor {
    Log.log_probabilities::<Plain>(g)[1].map(|x| -x)
}

/// Adds `f(q)` to a row and its derivatives, or sets it outside the domain.
fn add(order: Order, row: &Inner<'_>, f: Option<Taylor>, h: &[f64], [l, s, w]: Out<'_>) {
    let Some(f) = f else {
        l.iter_mut()
            .skip(row.i)
            .step_by(row.n)
            .for_each(|l| *l = f64::NEG_INFINITY);
        let derivatives = [s, w].into_iter();
        derivatives.for_each(|x| {
            x.iter_mut()
                .skip(row.i)
                .step_by(row.n)
                .for_each(|x| *x = 0.0)
        });
        return;
    };
    match order {
        Order::Value => l[row.i] += f[0],
        Order::Score => {
            l[row.i] += f[0];
            row.add_score(f, s);
        }
        Order::Curvature => {
            l[row.i] += f[0];
            row.add_score(f, s);
            row.add_weight(f, w);
        }
        Order::Third => row.add_third(f, h, s),
    }
}
