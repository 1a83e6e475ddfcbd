//! Counts without zero.

use super::chain::Chain;
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

/// `-log(1 - exp(g))`, with its derivatives.
struct Present;

impl Function for Present {
    #[inline(always)]
    fn at<A: Arithmetic>(&self, g: f64) -> [f64; 4] {
        let [_, [value, first, second, third]] = Log.log_probabilities::<A>(g);
        [-value, -first, -second, -third]
    }
}
