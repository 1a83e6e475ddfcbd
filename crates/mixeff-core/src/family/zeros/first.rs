//! Derivatives by the first predictor alone, for the search for the modes.

use super::{map, unweighted, with_buffer, zero_normalizers, Function};
use crate::family::simd::{widest, Arithmetic, Work};
use crate::family::{pair, pairs, Family, Rows};

/// `f(q)` where `q` is the log-density of zero of an inner family with a constant added.
pub struct Composed<'a, F> {
    pub inner: &'a dyn Family,
    pub rows: Rows<'a>,
    pub eta: &'a [f64],
    pub function: F,
}

/// The log-density of zeros without its terms that involve the first predictor.
pub fn hold_zeros(inner: &dyn Family, rows: Rows<'_>, eta: &[f64], held: &mut Vec<f64>) {
    let (n, start) = (rows.len(), held.len());
    held.resize(start + n, 0.0);
    let rows = unweighted(rows);
    inner.without_first(rows, eta, &mut held[start..]);
    with_buffer(n, |constant| {
        zero_normalizers(inner, rows, constant);
        held[start..]
            .iter_mut()
            .zip(constant)
            .for_each(|(x, c)| *x += *c);
    });
}

/// `f(q)` for rows with `q`, `dq` and `-d2q` in `l`, `s` and `w`.
pub fn compose<F: Function>(function: F, [l, s, w]: [&mut [f64]; 3]) {
    widest(Compose([l, s, w], function));
}

struct Compose<'a, F>([&'a mut [f64]; 3], F);

impl<F: Function> Work for Compose<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Compose([l, s, w], function) = self;
        let rows = l.iter_mut().zip(s).zip(w);
        for ((l, s), w) in rows {
            let [value, first, second, _] = function.at::<A>(*l);
            let some = first != 0.0;
            let or = |x: f64| if some { x } else { 0.0 };
            (*l, *w) = (value, or(first * *w - second * (*s * *s)));
            *s = or(first * *s);
        }
    }
}

impl<F: Function> Composed<'_, F> {
    /// The third derivatives of `f(q)`, twice by the first predictor: `f' v_c + f'' h (g_c W_00 + 2 W_0c g_0) - f''' h g_c g_0^2`
    /// with the slopes `g` and the weights `W` of `q`, which a row has from the log-density of zero; the last predictor, if it is
    /// not of the inner family, is subtracted in it.
    pub fn third(self, row: impl Fn(usize, f64) -> f64, h: &[f64], v: &mut [f64]) {
        let (n, d) = (h.len(), self.inner.predictors());
        with_buffer(n * (5 + d + pairs(d)), |buffer| {
            let (f, buffer) = buffer.split_at_mut(4 * n);
            let (q, buffer) = buffer.split_at_mut(n);
            let (g, weight) = buffer.split_at_mut(d * n);
            self.inner.curvature(self.rows, self.eta, q, g, weight);
            self.inner
                .third_of_first(self.rows, self.eta, h, &mut v[..n * d]);
            with_buffer(n, |constant| {
                zero_normalizers(self.inner, self.rows, constant);
                (0..n).for_each(|i| q[i] = row(i, q[i] + constant[i]));
            });
            map(q, f, self.function);
            for (c, v) in v.chunks_exact_mut(n).enumerate() {
                for i in 0..n {
                    let [_, f1, f2, f3] = [0, 1, 2, 3].map(|k| f[k * n + i]);
                    let (own, cross, third) = match c < d {
                        true => (g[c * n + i], weight[pair(d, 0, c) * n + i], v[i]),
                        false => (-1.0, 0.0, 0.0),
                    };
                    let bend = f2 * (own * weight[i] + 2.0 * cross * g[i]);
                    let term = f1 * third + h[i] * (bend - f3 * own * g[i] * g[i]);
                    v[i] = if f1 == 0.0 { 0.0 } else { term };
                }
            }
        });
    }
}
