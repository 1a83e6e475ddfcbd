//! The random effects near a point: their modes, the curvature there, and how the modes move with the parameters.

use super::modes::{find, Scratch, ShardState};
use super::products::{add_zb, lambda_times, lambda_transposed_times, ztv};
use super::Marginal;
use crate::design::term::lambdas;
use crate::design::{Lambda, Model, Shard};
use crate::family::pair;
use crate::linalg::vector::axpy;
use crate::structure::System;

/// One shard at given parameters: `u` is about normal with mean `mode` and covariance `H^-1`.
pub struct Local {
    /// Modes of the standardised effects.
    pub mode: Vec<f64>,
    /// `Z's` at the modes.
    pub pull: Vec<f64>,
    /// Its derivative by `beta` at fixed effects, `-Z'W X`: one vector after the other.
    pub coupling: Vec<f64>,
    /// `H`, factored.
    pub system: Box<dyn System>,
    /// Derivative of the modes by `beta`, then by `theta`: one vector after the other.
    pub slopes: Vec<f64>,
}

impl Marginal<'_> {
    /// All shards at these parameters; `None` where a mode cannot be found.
    pub fn into_local(mut self, beta: &[f64], theta: &[f64]) -> Option<Vec<Local>> {
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let slopes = self.over_shards(|model, shard, state, scratch| {
            model.fixed_part(shard, beta, &mut scratch.eta_fixed);
            find(model, shard, &lambdas, state, scratch)?;
            let pull = scratch.zs.clone();
            let (coupling, slopes) = slopes_of_shard(model, shard, &lambdas, state, scratch);
            Some((pull, coupling, slopes))
        });
        self.into_states()
            .into_iter()
            .zip(slopes)
            .map(|(state, found)| {
                let (pull, coupling, slopes) = found?;
                Some(Local {
                    mode: state.u,
                    pull,
                    coupling,
                    system: state.system,
                    slopes,
                })
            })
            .collect()
    }
}

/// `du = H^-1 ( dLambda' Z's - Lambda' Z'W d_eta )` with `d_eta = X d_beta + Z dLambda u`, from `u = Lambda' Z's(eta)`;
/// with the coupling of effects and coefficients.
fn slopes_of_shard(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &ShardState,
    scratch: &mut Scratch,
) -> (Vec<f64>, Vec<f64>) {
    let (n, q) = (shard.rows.len(), state.u.len());
    let mut slopes = vec![0.0; q * (model.n_beta() + model.n_theta())];
    let mut coupling = Vec::with_capacity(q * model.n_beta());
    let mut columns = slopes.chunks_exact_mut(q.max(1));
    for (k, du) in (0..model.n_beta()).zip(&mut columns) {
        scratch.v.fill(0.0);
        for (d, c) in model.columns_of(k) {
            axpy(
                1.0,
                model.x_column(d, c, shard),
                &mut scratch.v[d * n..][..n],
            );
        }
        pull_eta(model, shard, lambdas, scratch, du);
        coupling.extend(&scratch.a);
        state.system.solve(du);
    }
    let mut direct = vec![0.0; q];
    for (direction, du) in directions(model).zip(&mut columns) {
        lambda_times(model, shard, &direction, &state.u, &mut scratch.b);
        scratch.v.fill(0.0);
        add_zb(model, shard, &scratch.b, &mut scratch.v);
        pull_eta(model, shard, lambdas, scratch, du);
        lambda_transposed_times(model, shard, &direction, &scratch.zs, &mut direct);
        du.iter_mut().zip(&direct).for_each(|(a, b)| *a += b);
        state.system.solve(du);
    }
    (coupling, slopes)
}

/// `dLambda` of every entry of `theta`.
fn directions(model: &Model) -> impl Iterator<Item = Vec<Lambda>> + '_ {
    (0..model.n_theta()).map(|k| {
        let mut unit = vec![0.0; model.n_theta()];
        unit[k] = 1.0;
        lambdas(&model.terms, &model.sizes(), &unit)
    })
}

/// `out := -Lambda' Z'W v` for the `v` in `scratch`.
fn pull_eta(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    let (n, predictors) = (shard.rows.len(), model.predictors.len());
    for d in 0..predictors {
        for i in 0..n {
            scratch.r[d * n + i] = (0..predictors)
                .map(|e| -scratch.w[pair(predictors, d, e) * n + i] * scratch.v[e * n + i])
                .sum();
        }
    }
    ztv(model, shard, &scratch.r, &mut scratch.a);
    lambda_transposed_times(model, shard, lambdas, &scratch.a, out);
}
