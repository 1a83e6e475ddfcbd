//! The linear mixed model that a generalized one looks like around a linear predictor (Breslow and Clayton 1993, eq. 10;
//! Goldstein 1991).
//!
//! With `mu = f(eta)` expanded around `eta~`, the working response `y* = eta~ + (y - mu) / mu'` is linear in the
//! effects, with residual variance `phi / w` and the weights `w = mu'^2 n a / V(mu)` for `n` trials and prior weight `a`.
//! To second order `y*` is less by `f'' q / (2 f')`, `q` the variance of the effects' part in the linear predictor.

mod second;

pub use second::Second;

use super::gaussian::Response;
use crate::design::Model;
use rayon::prelude::*;

/// Rows of one task.
const CHUNK: usize = 4096;
/// Mean of `(f''/f')^2 q` from which on an expansion says nothing.
const FAR: f64 = 100.0;

/// The working response and its weights, in the model's row order.
#[derive(Clone, Debug, Default)]
pub struct Linearised {
    /// `y*` less the offset.
    y: Vec<f64>,
    /// `w`.
    w: Vec<f64>,
    /// `f''/f'`, to second order.
    bend: Vec<f64>,
    /// What the second order needs to know.
    second: Option<Second>,
    /// Residual variance where the rows of crossed factors have noise of their own.
    pub sigma2: f64,
    /// Rows that count.
    rows: f64,
}

impl Linearised {
    /// Room for a model's rows.
    pub fn new(model: &Model, second: Option<Second>) -> Self {
        let weights = model.all_rows().weights;
        let counted = weights.iter().filter(|w| **w > 0.0).count();
        Linearised {
            y: vec![0.0; model.n()],
            w: vec![0.0; model.n()],
            bend: vec![0.0; model.n()],
            second,
            sigma2: 1.0,
            rows: if weights.is_empty() {
                model.n()
            } else {
                counted
            } as f64,
        }
    }

    /// Around `state`, the first linear predictor with its offset and, to second order, the columns of `t`. False outside the
    /// domain.
    pub fn around(&mut self, model: &Model, state: &[f64]) -> bool {
        let (eta, t) = state.split_at(model.n());
        let (second, sigma2) = (self.second.as_ref(), self.sigma2);
        let rows = self.y.par_iter_mut().zip(&mut self.w).zip(&mut self.bend);
        let each = rows.with_min_len(CHUNK).enumerate();
        each.all(|(i, ((y, w), bend))| {
            let Some(mut row) = linearise(model, i, eta[i]) else {
                return false;
            };
            if let Some(second) = second {
                row.bend_by(second.squares(t, eta.len(), i), sigma2);
            }
            (*y, *w, *bend) = (row.y, row.w, row.bend);
            true
        }) && self.is_close(t)
    }

    /// Whether the second order is not beyond all measure, on the average over the rows.
    fn is_close(&self, t: &[f64]) -> bool {
        let rows = self.w.iter().zip(&self.bend).cycle();
        let square: f64 = rows.zip(t).map(|((w, g), t)| w * g * g * t * t).sum();
        square <= FAR * self.w.iter().sum::<f64>()
    }

    /// The model with the columns of the second order, if there are any.
    pub fn write(&self, state: &[f64], wide: &mut Model) {
        if let Some(second) = &self.second {
            second.write(self, &state[wide.n()..], self.sigma2.sqrt(), wide);
        }
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

    /// `sum of w d^2` over the rows, and over those of the columns after them.
    pub fn norm(&self, d: &[f64]) -> f64 {
        let w = self.w.iter().cycle();
        w.zip(d).map(|(w, d)| w * d * d).sum()
    }
}

/// One row of the working model.
struct Row {
    y: f64,
    w: f64,
    bend: f64,
}

impl Row {
    /// To second order, with the variance of the effects' part, and of what is the row's own.
    fn bend_by(&mut self, (q, own): (f64, f64), sigma2: f64) {
        self.y -= 0.5 * self.bend * q;
        self.w /= 1.0 + 0.5 * self.bend * self.bend * own * self.w / sigma2;
    }
}

/// A row whose mean no longer moves has the weight zero.
fn linearise(model: &Model, i: usize, eta: f64) -> Option<Row> {
    let rows = model.all_rows();
    let trial = model.family.quasi(eta)?;
    if !(trial.variance >= 0.0 && trial.mean.is_finite()) {
        return None;
    }
    let or_one = |v: &[f64]| v.get(i).copied().unwrap_or(1.0);
    let trials = or_one(rows.extra);
    let w = trial.slope * trial.slope * trials * or_one(rows.weights) / trial.variance;
    let residual = (rows.y[i] / trials - trial.mean) / trial.slope;
    let bend = trial.bend / trial.slope;
    let offset = model.predictors[0].offset.as_ref().map_or(0.0, |o| o[i]);
    let fixed = eta - offset;
    let tells = w > 0.0 && [w, residual, bend].iter().all(|v| v.is_finite());
    let (y, w, bend) = match tells {
        true => (fixed + residual, w, bend),
        false => (fixed, 0.0, 0.0),
    };
    Some(Row { y, w, bend })
}
