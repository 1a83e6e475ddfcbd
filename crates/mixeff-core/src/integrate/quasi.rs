//! The linear mixed model that a generalized one looks like around a linear predictor (Breslow and Clayton 1993, eq. 10;
//! Goldstein 1991).
//!
//! With `mu = f(eta)` expanded around `eta~`, the working response `y* = eta~ + (y - mu) / mu'` is linear in the
//! effects, with residual variance `phi / w` and the weights `w = mu'^2 n a / V(mu)` for `n` trials and prior weight `a`.

use super::gaussian::Response;
use crate::design::Model;
use rayon::prelude::*;

/// Rows of one task.
const CHUNK: usize = 4096;

/// The working response and its weights, in the model's row order.
#[derive(Clone, Debug, Default)]
pub struct Linearised {
    /// `y*` less the offset.
    y: Vec<f64>,
    /// `w`.
    w: Vec<f64>,
    /// Rows that count.
    rows: f64,
}

impl Linearised {
    /// Room for a model's rows.
    pub fn new(model: &Model) -> Self {
        let weights = model.all_rows().weights;
        let counted = weights.iter().filter(|w| **w > 0.0).count();
        Linearised {
            y: vec![0.0; model.n()],
            w: vec![0.0; model.n()],
            rows: if weights.is_empty() {
                model.n()
            } else {
                counted
            } as f64,
        }
    }

    /// Around `eta`, the first linear predictor with its offset. False outside the domain.
    pub fn around(&mut self, model: &Model, eta: &[f64]) -> bool {
        let pieces = self
            .y
            .par_chunks_mut(CHUNK)
            .zip(self.w.par_chunks_mut(CHUNK));
        pieces.enumerate().all(|(k, (y, w))| {
            let first = k * CHUNK;
            let mut rows = y.iter_mut().zip(w).enumerate();
            rows.all(
                |(i, (y, w))| match linearise(model, first + i, eta[first + i]) {
                    Some(at) => {
                        (*y, *w) = at;
                        true
                    }
                    None => false,
                },
            )
        })
    }

    /// As what a linear model is fitted to.
    pub fn response(&self) -> Response<'_> {
        Response {
            y: &self.y,
            offset: None,
            w: &self.w,
            rows: self.rows,
        }
    }

    /// `sum of w d^2` over the rows.
    pub fn norm(&self, d: impl Fn(usize) -> f64) -> f64 {
        self.w
            .iter()
            .enumerate()
            .map(|(i, w)| w * d(i) * d(i))
            .sum()
    }
}

/// `y*` less the offset, and `w`; a row whose mean no longer moves has the weight zero.
fn linearise(model: &Model, i: usize, eta: f64) -> Option<(f64, f64)> {
    let rows = model.all_rows();
    let trial = model.family.quasi(eta)?;
    if !(trial.variance >= 0.0 && trial.mean.is_finite()) {
        return None;
    }
    let or_one = |v: &[f64]| v.get(i).copied().unwrap_or(1.0);
    let trials = or_one(rows.extra);
    let w = trial.slope * trial.slope * trials * or_one(rows.weights) / trial.variance;
    let residual = (rows.y[i] / trials - trial.mean) / trial.slope;
    let offset = model.predictors[0].offset.as_ref().map_or(0.0, |o| o[i]);
    let fixed = eta - offset;
    let tells = w > 0.0 && w.is_finite() && residual.is_finite();
    Some(if tells {
        (fixed + residual, w)
    } else {
        (fixed, 0.0)
    })
}
