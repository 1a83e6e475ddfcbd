//! The model without its random effects, a GLM: where the search for the fixed effects starts.

use super::constant;
use crate::design::{Model, Shard};
use crate::family::{pair, pairs};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::{dot, sum, weighted_dot};
use rayon::prelude::*;

/// Newton steps; the rest is left to the mixed model.
const STEPS: usize = 25;
/// Gain in log-likelihood that is not worth another step.
const GAIN: f64 = 1e-2;

/// Log-likelihood, score and observed information of the coefficients.
struct At {
    value: f64,
    score: Vec<f64>,
    information: Symmetric,
}

/// Coefficients.
pub fn fit(model: &Model, shards: &[usize]) -> Option<Vec<f64>> {
    let start = constant::coefficients(model, &constant::predictors(model)?);
    let zero = vec![0.0; model.n_beta()];
    let feasible = [start, zero]
        .into_iter()
        .find_map(|b| evaluate(model, shards, &b).map(|at| (b, at)));
    let (mut beta, mut at) = feasible?;
    for _ in 0..STEPS {
        let step = at.information.solve_damped(&at.score);
        let gain = dot(&step, &at.score);
        let Some((next, there)) = improve(model, shards, &beta, &at, &step) else {
            break;
        };
        (beta, at) = (next, there);
        if gain < GAIN {
            break;
        }
    }
    Some(settled(model, beta))
}

/// The coefficients of predictors that ran off, in the mean of the rows, back at a constant.
fn settled(model: &Model, mut beta: Vec<f64>) -> Vec<f64> {
    let found = constant::means(model, &beta);
    let mut constants = found.clone();
    model.family.settle(&mut constants);
    if constants != found {
        let back = constant::coefficients(model, &constants);
        for (d, _, j) in model.fixed_columns() {
            if constants[d] != found[d] {
                beta[j] = back[j];
            }
        }
    }
    beta
}

fn improve(
    model: &Model,
    shards: &[usize],
    beta: &[f64],
    at: &At,
    step: &[f64],
) -> Option<(Vec<f64>, At)> {
    (0..14).map(|k| 0.5f64.powi(k)).find_map(|t| {
        let moved: Vec<f64> = beta.iter().zip(step).map(|(b, s)| b + t * s).collect();
        let there = evaluate(model, shards, &moved)?;
        (there.value >= at.value - 1e-10 * at.value.abs()).then_some((moved, there))
    })
}

fn evaluate(model: &Model, shards: &[usize], beta: &[f64]) -> Option<At> {
    let parts: Vec<At> = shards
        .par_iter()
        .with_min_len(16)
        .map(|&s| evaluate_shard(model, &model.shards[s], beta))
        .collect();
    let p = model.n_beta();
    let mut total = At {
        value: 0.0,
        score: vec![0.0; p],
        information: Symmetric::zeros(p),
    };
    for part in parts {
        total.value += part.value;
        total
            .score
            .iter_mut()
            .zip(&part.score)
            .for_each(|(a, b)| *a += b);
        total
            .information
            .values
            .iter_mut()
            .zip(&part.information.values)
            .for_each(|(a, b)| *a += b);
    }
    total.value.is_finite().then_some(total)
}

fn evaluate_shard(model: &Model, shard: &Shard, beta: &[f64]) -> At {
    let (n, d, p) = (shard.rows.len(), model.predictors.len(), model.n_beta());
    let mut eta = vec![0.0; n * d];
    let (mut l, mut s, mut w) = (vec![0.0; n], vec![0.0; n * d], vec![0.0; n * pairs(d)]);
    model.fixed_part(shard, beta, &mut eta);
    model
        .family
        .curvature(model.rows(shard), &eta, &mut l, &mut s, &mut w);
    let mut at = At {
        value: sum(&l),
        score: vec![0.0; p],
        information: Symmetric::zeros(p),
    };
    model.add_xtv(shard, &s, &mut at.score);
    let places: Vec<(usize, usize, usize)> = model.fixed_columns().collect();
    for (i, &(a, c, j)) in places.iter().enumerate() {
        for &(b, e, k) in &places[..=i] {
            let w = &w[pair(d, a, b) * n..][..n];
            let value = weighted_dot(model.x_column(a, c, shard), model.x_column(b, e, shard), w);
            let twice = if j == k && (a, c) != (b, e) { 2.0 } else { 1.0 };
            at.information
                .set(j, k, at.information.at(j, k) + twice * value);
        }
    }
    at
}
