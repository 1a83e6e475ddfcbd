//! What the second order of the expansion adds to the working model (Goldstein 1991; Goldstein and Rasbash 1996).
//!
//! With `t_i` a root of the covariance of the effects, see [`spread`](crate::integrate::gaussian), the square of their part in
//! the linear predictor varies as `f''^2 (z_i'C z_j)^2 / 2`. That is the covariance of effects of variance one with the columns
//! `g t_a t_b`, and `g t_a^2 / sqrt 2`, `g = f''/f'`: they are further columns of the factors.

use super::Linearised;
use crate::design::Model;
use std::ops::Range;

/// Where the blocks of `t` are, and which products of them belong to which factor.
#[derive(Clone, Debug)]
pub struct Second {
    /// Columns of each factor in the model itself.
    pub sizes: Vec<usize>,
    /// Whether two factors are in one level only where a row is.
    pub crossed: bool,
}

impl Second {
    /// For a model that has not been widened.
    pub fn of(model: &Model) -> Self {
        Second {
            sizes: model.sizes(),
            crossed: !model.nested,
        }
    }

    /// The model with room for the products.
    pub fn widen(&self, model: &Model) -> Model {
        let by: Vec<usize> = (0..self.sizes.len()).map(|f| self.pairs(f).len()).collect();
        model.widened(&by)
    }

    /// Number of columns of `t`.
    pub fn width(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// The columns of `t` of factor `f`.
    fn block(&self, f: usize) -> Range<usize> {
        let first = self.sizes[..f].iter().sum();
        first..first + self.sizes[f]
    }

    /// Products of two columns of `t` that are the same for all rows of a level of `f`, as far as the covariates are.
    fn pairs(&self, f: usize) -> Vec<(usize, usize)> {
        let own = self.block(f);
        let end = if self.crossed { own.end } else { self.width() };
        let with = |a: usize| (a..end).map(move |b| (a, b));
        own.flat_map(with).collect()
    }

    /// `q`, and the part of `q^2` that no level shares: products of effects of crossed factors, the rows' own.
    pub(super) fn squares(&self, t: &[f64], n: usize, i: usize) -> (f64, f64) {
        let of = |f| self.block(f).map(|k| t[k * n + i].powi(2)).sum::<f64>();
        let (mut q, mut shared) = (0.0, 0.0);
        for by_factor in (0..self.sizes.len()).map(of) {
            q += by_factor;
            shared += by_factor * by_factor;
        }
        (q, if self.crossed { q * q - shared } else { 0.0 })
    }

    /// Writes the products into the further columns of `wide`, in units of `sigma`.
    pub fn write(&self, at: &Linearised, t: &[f64], sigma: f64, wide: &mut Model) {
        let n = wide.n();
        for f in 0..self.sizes.len() {
            let columns = wide.factors[f].columns[self.sizes[f]..].iter_mut();
            for (column, (a, b)) in columns.zip(self.pairs(f)) {
                let scale = if a == b { 0.5f64.sqrt() } else { 1.0 } / sigma;
                let Some(values) = &mut column.values else {
                    continue;
                };
                for (i, z) in values.to_mut().iter_mut().enumerate() {
                    *z = scale * at.bend[i] * t[a * n + i] * t[b * n + i];
                }
            }
        }
    }
}
