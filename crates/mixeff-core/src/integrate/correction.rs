//! How far off Laplace's approximation is: the next order of the expansion, for any structure, with its gradient.
//!
//! Around the mode, `u = u^ + d`, `d ~ N(0, V)`, `V = H^-1`, the log-densities leave `R = T_3 + T_4 + ..` with
//! `T_k = sum_i c_ki x_i^k`, `x_i = m_i'd` (see `expansion`). By the cumulants of `R` (Shun and McCullagh 1995), with
//! `h_ij = m_i'V m_j`,
//!
//! `log L - Laplace = E T_4 + E T_3^2 / 2 + .. = sum_i 3 c_4 h_ii^2 + 9 k'V k / 2 + 3 sum_ij c_3i c_3j h_ij^3 + ..`,
//! `k = sum_i c_3i h_ii m_i`.
//!
//! All but the last sum is exact. That one runs over all pairs of rows; with `g = sum_i c_3i (x_i^2 - h_ii) m_i` it is
//! `3/2 E g'V g`, a mean over draws of `d` that cost three solves each. So are its derivatives (`draws`). The draws also give
//! what the expansion leaves out, from the first two cumulants of `R` itself.

mod draws;
mod point;

use super::marginal::{Evaluation, Marginal};
use super::modes::{find, Scratch, ShardState};
use crate::design::term::{lambdas, pull_back};
use crate::design::{Lambda, Model, Shard};
use draws::Batch;
use point::Point;
use rayon::prelude::*;

/// Batches of draws, from whose spread the standard errors come, and draws in each.
const BATCHES: usize = 10;
const DRAWS: usize = 8;

/// What Laplace's approximation lacks.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Of the log-likelihood, to the order after Laplace's.
    pub log_likelihood: f64,
    /// What later orders add to that, roughly.
    pub rest: f64,
    /// Standard error of the sum of both, from the draws.
    pub error: f64,
    /// Derivative of `log_likelihood` by `(beta, theta)`.
    pub gradient: Vec<f64>,
    /// Its standard errors.
    pub gradient_error: Vec<f64>,
}

impl Marginal<'_> {
    /// The correction at these parameters, always with the same draws. `None` outside the domain, and for effects on other
    /// predictors than the first.
    pub fn correction(&mut self, beta: &[f64], theta: &[f64]) -> Option<Correction> {
        let model = self.model;
        let columns = model.factors.iter().flat_map(|f| &f.columns);
        if columns.into_iter().any(|column| column.predictor != 0) {
            return None;
        }
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let shards = self.over_shards(|model, shard, state, scratch| {
            model.fixed_part(shard, beta, &mut scratch.eta_fixed);
            batches_of_shard(model, shard, &lambdas, state, scratch)
        });
        let mut total: Vec<Batch> = (0..BATCHES).map(|_| Batch::zero(model)).collect();
        for shard in shards {
            for (total, batch) in total.iter_mut().zip(shard?) {
                total.value += batch.value;
                total.rest += batch.rest;
                total.adjoint.add(&batch.adjoint);
            }
        }
        Some(summary(model, &total))
    }
}

fn batches_of_shard(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
) -> Option<Vec<Batch>> {
    find(model, shard, lambdas, state, scratch)?;
    let point = Point::new(model, shard, lambdas, state, scratch);
    let batch = |k| point.batch(k, DRAWS);
    Some((0..BATCHES).into_par_iter().map(batch).collect())
}

/// Means over the batches, with their standard errors.
fn summary(model: &Model, batches: &[Batch]) -> Correction {
    let gradients: Vec<Vec<f64>> = batches
        .iter()
        .map(|b| gradient(model, &b.adjoint))
        .collect();
    let over = |f: &dyn Fn(usize) -> f64| {
        let n = batches.len() as f64;
        let mean = (0..batches.len()).map(f).sum::<f64>() / n;
        let square: f64 = (0..batches.len()).map(|k| (f(k) - mean).powi(2)).sum();
        (mean, (square / (n * (n - 1.0))).sqrt())
    };
    let (gradient, gradient_error) = (0..gradients[0].len())
        .map(|j| over(&|k| gradients[k][j]))
        .unzip();
    Correction {
        log_likelihood: over(&|k| batches[k].value).0,
        rest: over(&|k| batches[k].rest).0,
        error: over(&|k| batches[k].value + batches[k].rest).1,
        gradient,
        gradient_error,
    }
}

fn gradient(model: &Model, adjoint: &Evaluation) -> Vec<f64> {
    let mut gradient = adjoint.beta.clone();
    gradient.resize(model.n_beta() + model.n_theta(), 0.0);
    pull_back(
        &model.terms,
        &adjoint.lambda,
        &mut gradient[model.n_beta()..],
    );
    gradient
}
