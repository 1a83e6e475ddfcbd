//! Gradients at points next to each other, in one sweep over the data: a shard is read once, and its modes at each point are
//! predicted to first order, so that Newton's method finds them at its first look.
//!
//! With `gamma(u) = Lambda' Z's - u`, zero at the mode, and `H = -dgamma/du`, a change of the parameters moves the mode by
//! `du = H^-1 (dLambda' Z's - Lambda' Z'W deta)`, `deta = X dbeta + Z dLambda u`.

use super::marginal::{evaluate_shard, Beyond, Evaluation, Marginal};
use super::modes::{find, Scratch, ShardState};
use super::products::{add_zb, lambda_times, lambda_transposed_times, ztv};
use super::working::weigh;
use crate::design::term::{lambdas, pull_back};
use crate::design::{Lambda, Model, Shard};
use crate::linalg::vector::axpy;
use std::sync::atomic::Ordering;

/// A point as its distance from the base, with its `Lambda`.
struct Near {
    beta: Vec<f64>,
    change: Vec<Lambda>,
    lambdas: Vec<Lambda>,
}

impl Near {
    fn new(model: &Model, base: &[f64], base_lambdas: &[Lambda], point: &[f64]) -> Near {
        let n_beta = model.n_beta();
        let there = lambdas(&model.terms, &model.sizes(), &point[n_beta..]);
        let pairs = there.iter().zip(base_lambdas);
        Near {
            beta: (0..n_beta).map(|k| point[k] - base[k]).collect(),
            change: pairs.map(|(there, here)| difference(there, here)).collect(),
            lambdas: there,
        }
    }

    /// `eta += X dbeta`.
    fn add_fixed_part(&self, model: &Model, shard: &Shard, eta: &mut [f64]) {
        let n = shard.rows.len();
        for (d, predictor) in model.predictors.iter().enumerate() {
            predictor.add_fixed_part(shard, &self.beta, &mut eta[d * n..][..n]);
        }
    }
}

fn difference(a: &Lambda, b: &Lambda) -> Lambda {
    let pairs = a.values.iter().zip(&b.values);
    Lambda {
        p: a.p,
        values: pairs.map(|(a, b)| a - b).collect(),
    }
}

impl Marginal<'_> {
    /// Gradients by `(beta, theta)` at `points` next to `x`; `None` outside the domain. The modes stay those at `x`.
    pub fn gradients_near(&mut self, x: &[f64], points: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
        let model = self.model;
        let (beta, theta) = x.split_at(model.n_beta());
        let here = lambdas(&model.terms, &model.sizes(), theta);
        let near: Vec<Near> = points
            .iter()
            .map(|point| Near::new(model, x, &here, point))
            .collect();
        let (beyond, stop) = (self.beyond.clone(), self.stop);
        let parts = self.over_shards(|model, shard, state, scratch| {
            if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return None;
            }
            model.fixed_part(shard, beta, &mut scratch.eta_fixed);
            sweep_shard(model, shard, &here, &near, state, scratch, &beyond)
        });
        (0..points.len())
            .map(|k| gradient_of(model, parts.iter().map(|part| part.as_ref()?[k].as_ref())))
            .collect()
    }
}

/// The gradient in the sum of a point's parts.
fn gradient_of<'a>(
    model: &Model,
    parts: impl Iterator<Item = Option<&'a Evaluation>>,
) -> Option<Vec<f64>> {
    let mut total = Evaluation::zero(model);
    for part in parts {
        total.add(part?);
    }
    let mut gradient = total.beta;
    gradient.resize(model.n_beta() + model.n_theta(), 0.0);
    pull_back(&model.terms, &total.lambda, &mut gradient[model.n_beta()..]);
    gradient.iter().all(|g| g.is_finite()).then_some(gradient)
}

fn sweep_shard(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    near: &[Near],
    state: &mut ShardState,
    scratch: &mut Scratch,
    beyond: &Beyond,
) -> Option<Vec<Option<Evaluation>>> {
    let mut shifts = vec![vec![0.0; state.u.len()]; near.len()];
    if beyond.follows_modes() {
        let before = state.u.clone();
        if find(model, shard, lambdas, state, scratch).is_none() {
            state.u = before;
            return None;
        }
        for (shift, point) in shifts.iter_mut().zip(near) {
            set_mode_shift(model, shard, lambdas, point, state, scratch, shift);
        }
    }
    let (fixed, modes) = (scratch.eta_fixed.clone(), state.u.clone());
    let evaluations = near.iter().zip(&shifts).map(|(point, shift)| {
        scratch.eta_fixed.copy_from_slice(&fixed);
        point.add_fixed_part(model, shard, &mut scratch.eta_fixed);
        state.u.copy_from_slice(&modes);
        axpy(1.0, shift, &mut state.u);
        evaluate_shard(model, shard, &point.lambdas, state, scratch, beyond)
    });
    let evaluations = evaluations.collect();
    state.u = modes;
    Some(evaluations)
}

/// `du`; the factor, `w` and `zs` are those at the modes.
fn set_mode_shift(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    point: &Near,
    state: &ShardState,
    scratch: &mut Scratch,
    shift: &mut [f64],
) {
    scratch.eta.fill(0.0);
    point.add_fixed_part(model, shard, &mut scratch.eta);
    lambda_times(model, shard, &point.change, &state.u, &mut scratch.b);
    add_zb(model, shard, &scratch.b, &mut scratch.eta);
    weigh(
        model.predictors.len(),
        &scratch.w,
        &scratch.eta,
        &mut scratch.r,
    );
    ztv(model, shard, &scratch.r, &mut scratch.t);
    lambda_transposed_times(model, shard, lambdas, &scratch.t, &mut scratch.a);
    lambda_transposed_times(model, shard, &point.change, &scratch.zs, shift);
    axpy(-1.0, &scratch.a, shift);
    state.system.solve(shift);
}
