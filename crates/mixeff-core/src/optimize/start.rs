//! Starting values and the first metric: a few rounds of penalized quasi-likelihood.

use super::{fixed, Monitor};
use crate::design::{Lambda, Model, Term};
use crate::integrate::working::Working;
use crate::integrate::Marginal;
use crate::linalg::dense::Symmetric;
use crate::linalg::small::cholesky;

/// Rounds of (fixed effects and modes, then variances).
const ROUNDS: usize = 1;

/// Times that the first variances are halved where random effects of their size leave the domain.
const HALVINGS: i32 = 12;

/// Where the optimizer starts.
#[derive(Clone, Debug)]
pub struct Start {
    /// Fixed effects.
    pub beta: Vec<f64>,
    /// Covariance parameters.
    pub theta: Vec<f64>,
    /// Approximate Hessian of the objective by `(beta, theta)`.
    pub metric: Symmetric,
    /// Whether the metric comes from the objective itself and not from the working model.
    pub own_metric: bool,
}

/// Starting values of a model. `None` if no feasible linear predictor was found.
pub fn start(marginal: &mut Marginal<'_>, monitor: &Monitor) -> Option<Start> {
    let model = marginal.model;
    let mut beta = fixed::fit(model, marginal.shards())?;
    let moments = marginal.moments(&beta).theta(model);
    let (mut theta, mut working) = (0..HALVINGS).find_map(|k| {
        let theta: Vec<f64> = moments.iter().map(|t| t * 0.5f64.powi(k)).collect();
        let working = marginal.working(&beta, &theta)?;
        Some((theta, working))
    })?;
    for _ in 0..if theta.is_empty() { 0 } else { ROUNDS } {
        if monitor.stopped() {
            break;
        }
        newton_step(marginal, &mut beta, &theta, &mut working);
        let next = variance_step(model, &working);
        match marginal.working(&beta, &next) {
            Some(better) => (theta, working) = (next, better),
            None => break,
        }
    }
    Some(Start {
        beta,
        theta,
        metric: working.metric,
        own_metric: false,
    })
}

/// One step for `beta` with the modes maximised out.
fn newton_step(
    marginal: &mut Marginal<'_>,
    beta: &mut Vec<f64>,
    theta: &[f64],
    working: &mut Working,
) {
    let keep: Vec<usize> = (0..beta.len()).collect();
    let information = working.metric.part(&keep);
    let Some(factor) = information.cholesky() else {
        return;
    };
    let step = factor.solve(&working.score);
    let mut t = 1.0;
    while t > 1e-4 {
        let moved: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + t * s).collect();
        match marginal.working(&moved, theta) {
            Some(next) if next.value >= working.value - 1e-10 * working.value.abs() => {
                *beta = moved;
                *working = next;
                return;
            }
            _ => t *= 0.5,
        }
    }
}

/// The EM step: each term's covariance becomes the mean of `b b' + Cov(b | y)`.
fn variance_step(model: &Model, working: &Working) -> Vec<f64> {
    let mut theta = vec![0.0; model.n_theta()];
    for term in &model.terms {
        let moments = &working.second_moment[term.factor];
        let levels = working.levels[term.factor] as f64;
        let l = factor_of(term, moments, levels);
        for (k, &(r, c)) in term.entries.iter().enumerate() {
            theta[term.theta_start + k] = l[r * term.p + c];
        }
    }
    theta
}

fn factor_of(term: &Term, moments: &Lambda, levels: f64) -> Vec<f64> {
    let p = term.p;
    let mut sigma = vec![0.0; p * p];
    let free = |r: usize, c: usize| term.entries.contains(&(r.max(c), r.min(c)));
    for r in 0..p {
        for c in 0..p {
            if free(r, c) {
                sigma[r * p + c] =
                    moments.values[(term.first + r) * moments.p + term.first + c] / levels.max(1.0);
            }
        }
    }
    let diagonal: Vec<f64> = (0..p).map(|r| sigma[r * p + r]).collect();
    for (r, d) in diagonal.iter().enumerate() {
        sigma[r * p + r] = d * 1.001 + 1e-300;
    }
    if !cholesky(&mut sigma, p, p) {
        sigma = vec![0.0; p * p];
        for (r, d) in diagonal.iter().enumerate() {
            sigma[r * p + r] = d.max(1e-300).sqrt();
        }
    }
    sigma
}
