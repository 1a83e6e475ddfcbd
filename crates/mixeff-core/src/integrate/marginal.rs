//! Minus the marginal log-likelihood of a GLMM by the Laplace approximation or quadrature, with its exact gradient.

use super::adjoint::curvature_adjoint;
use super::expansion::evaluate_expansion;
use super::grid::{Grid, Integral};
use super::modes::{find, Scratch, ShardState};
use super::products::add_outer;
use super::quadrature::Quadrature;
use super::spare::Spare;
use crate::design::term::{lambdas, pull_back};
use crate::design::{Lambda, Model, Shard};
use crate::linalg::vector::axpy;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// Shards that a thread takes before it looks whether another has run out of them.
const SHARDS_AT_A_TIME: usize = 8;

/// Value and gradient by `(beta, theta)`, or by parts.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Minus the log-likelihood.
    pub value: f64,
    /// Its gradient by `beta`.
    pub beta: Vec<f64>,
    /// Its adjoint by `Lambda` of each factor.
    pub lambda: Vec<Lambda>,
}

impl Evaluation {
    pub(super) fn zero(model: &Model) -> Self {
        let lambda = model.sizes().into_iter().map(Lambda::zeros).collect();
        Evaluation {
            value: 0.0,
            beta: vec![0.0; model.n_beta()],
            lambda,
        }
    }

    pub(super) fn add(&mut self, other: &Evaluation) {
        self.value += other.value;
        self.beta
            .iter_mut()
            .zip(&other.beta)
            .for_each(|(a, b)| *a += b);
        for (a, b) in self.lambda.iter_mut().zip(&other.lambda) {
            a.values
                .iter_mut()
                .zip(&b.values)
                .for_each(|(a, b)| *a += b);
        }
    }
}

/// Posterior mean and covariance of the random effects `b` of every level.
#[derive(Clone, Debug, Default)]
pub struct Posterior {
    /// Modes, one vector per factor, level by level.
    pub mode: Vec<Vec<f64>>,
    /// Covariances from the curvature at the modes, `p x p` per level.
    pub mode_cov: Vec<Vec<f64>>,
    /// Means; the modes where the method has nothing better.
    pub mean: Vec<Vec<f64>>,
    /// Covariances.
    pub mean_cov: Vec<Vec<f64>>,
}

/// What is done beyond Laplace's approximation.
#[derive(Clone)]
pub(super) enum Beyond {
    Nothing,
    Expansion,
    Quadrature(Arc<Quadrature>),
}

impl Beyond {
    /// True for Laplace's approximation itself, whose evaluation leaves `H^-1` in the state.
    fn is_nothing(&self) -> bool {
        matches!(self, Beyond::Nothing)
    }

    /// False for ordinary quadrature, whose nodes stay where they are.
    pub(super) fn follows_modes(&self) -> bool {
        self.quadrature()
            .is_none_or(|quadrature| quadrature.adaptive)
    }

    fn quadrature(&self) -> Option<&Quadrature> {
        match self {
            Beyond::Quadrature(quadrature) => Some(quadrature),
            _ => None,
        }
    }
}

/// The marginal likelihood of a model, or of some of its shards.
pub struct Marginal<'a> {
    /// The model.
    pub model: &'a Model,
    pub(super) beyond: Beyond,
    shards: Vec<usize>,
    states: Vec<ShardState>,
    spare: Spare,
    /// Where the states hold the modes and `H^-1`, if they do.
    inverted_at: Option<Vec<f64>>,
    pub(super) stop: Option<&'a AtomicBool>,
}

impl<'a> Marginal<'a> {
    /// By Laplace's approximation.
    pub fn new(model: &'a Model) -> Self {
        Self::of_shards(model, (0..model.shards.len()).collect())
    }

    /// Of a part of the data.
    pub fn of_shards(model: &'a Model, shards: Vec<usize>) -> Self {
        let states = shards
            .par_iter()
            .map(|&s| ShardState::new(model, &model.shards[s]))
            .collect();
        Marginal {
            model,
            beyond: Beyond::Nothing,
            stop: None,
            shards,
            states,
            spare: Spare::default(),
            inverted_at: None,
        }
    }

    /// Makes evaluations end early, without a value, once `stop` is set.
    pub fn watch(&mut self, stop: &'a AtomicBool) {
        self.stop = Some(stop);
    }

    /// The shards it sums over.
    pub fn shards(&self) -> &[usize] {
        &self.shards
    }

    /// Changes how the random effects are integrated out. Quadrature is for nested factors; its adaptive kind with one node
    /// is Laplace's approximation.
    pub fn set_integral(&mut self, integral: &Integral) {
        let quadrature = |nodes: &[usize], adaptive: bool| {
            let grid = Grid::new(self.model, nodes);
            Beyond::Quadrature(Arc::new(Quadrature { grid, adaptive }))
        };
        self.beyond = match integral {
            _ if self.model.factors.is_empty() || integral.is_laplace() => Beyond::Nothing,
            Integral::Laplace => Beyond::Nothing,
            Integral::Expanded => Beyond::Expansion,
            Integral::Adaptive(nodes) => quadrature(nodes, true),
            Integral::Ordinary(nodes) => quadrature(nodes, false),
        };
    }

    /// What is kept of the shards.
    pub(super) fn into_states(self) -> Vec<ShardState> {
        self.states
    }

    /// Runs `task` on every shard with its scratch, in parallel over fixed shards; results in the order of the shards.
    pub(super) fn over_shards<T: Send>(
        &mut self,
        task: impl Fn(&Model, &Shard, &mut ShardState, &mut Scratch) -> T + Sync,
    ) -> Vec<T> {
        self.inverted_at = None;
        let model = self.model;
        let run = |scratch: &mut Scratch, (state, &s): (&mut ShardState, &usize)| {
            let shard = &model.shards[s];
            scratch.resize(model, shard, state.u.len());
            task(model, shard, state, scratch)
        };
        let many_nodes = self.beyond.quadrature().is_some();
        let spare = &self.spare;
        let pairs = (&mut self.states, &self.shards);
        if pairs.0.len() < if many_nodes { 2 } else { 4 } {
            let mut scratch = spare.lend();
            return pairs
                .0
                .iter_mut()
                .zip(pairs.1)
                .map(|pair| run(&mut scratch, pair))
                .collect();
        }
        pairs
            .0
            .par_iter_mut()
            .zip(pairs.1)
            .with_max_len(SHARDS_AT_A_TIME)
            .map_init(|| spare.lend(), |scratch, pair| run(scratch, pair))
            .collect()
    }

    /// Value and gradient by `(beta, theta)`; `None` outside the domain.
    pub fn evaluate(&mut self, beta: &[f64], theta: &[f64]) -> Option<(f64, Vec<f64>)> {
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let total = self.evaluate_lambda(beta, &lambdas)?;
        self.inverted_at = self.beyond.is_nothing().then(|| [beta, theta].concat());
        let mut gradient = total.beta;
        let n_beta = gradient.len();
        gradient.resize(n_beta + theta.len(), 0.0);
        pull_back(&model.terms, &total.lambda, &mut gradient[n_beta..]);
        gradient
            .iter()
            .all(|g| g.is_finite())
            .then_some((total.value, gradient))
    }

    /// Value and adjoints by `beta` and the factors' `Lambda`.
    pub fn evaluate_lambda(&mut self, beta: &[f64], lambdas: &[Lambda]) -> Option<Evaluation> {
        let before: Vec<Vec<f64>> = self.states.iter().map(|s| s.u.clone()).collect();
        let beyond = self.beyond.clone();
        let stop = self.stop;
        let parts = self.over_shards(|model, shard, state, scratch| {
            if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return None;
            }
            model.fixed_part(shard, beta, &mut scratch.eta_fixed);
            evaluate_shard(model, shard, lambdas, state, scratch, &beyond)
        });
        let mut total = Evaluation::zero(self.model);
        total.value = if self.shards.len() == self.model.shards.len() {
            -self.model.log_normalizer
        } else {
            0.0
        };
        for part in &parts {
            match part {
                Some(part) => total.add(part),
                None => total.value = f64::INFINITY,
            }
        }
        if total.value.is_finite() {
            return Some(total);
        }
        self.states
            .iter_mut()
            .zip(before)
            .for_each(|(s, u)| s.u = u);
        None
    }

    /// Moments of the random effects given the data, at these parameters.
    pub fn posterior(&mut self, beta: &[f64], theta: &[f64]) -> Option<Posterior> {
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let beyond = self.beyond.clone();
        let here = self.inverted_at.take() == Some([beta, theta].concat());
        let ready = here && beyond.is_nothing();
        let parts = self.over_shards(|model, shard, state, scratch| {
            if !ready {
                model.fixed_part(shard, beta, &mut scratch.eta_fixed);
                find(model, shard, &lambdas, state, scratch)?;
                state.system.invert();
            }
            posterior_of_shard(model, shard, &lambdas, state, scratch, beyond.quadrature())
        });
        let empty = || vec![Vec::new(); model.factors.len()];
        let mut all = Posterior {
            mode: empty(),
            mode_cov: empty(),
            mean: empty(),
            mean_cov: empty(),
        };
        for part in parts {
            let part = part?;
            for f in 0..model.factors.len() {
                all.mode[f].extend(&part.mode[f]);
                all.mode_cov[f].extend(&part.mode_cov[f]);
                all.mean[f].extend(&part.mean[f]);
                all.mean_cov[f].extend(&part.mean_cov[f]);
            }
        }
        Some(all)
    }
}

pub(super) fn evaluate_shard(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
    beyond: &Beyond,
) -> Option<Evaluation> {
    match beyond {
        Beyond::Nothing => {}
        Beyond::Expansion => return evaluate_expansion(model, shard, lambdas, state, scratch),
        Beyond::Quadrature(q) => return q.evaluate(model, shard, lambdas, state, scratch),
    }
    let log_density = find(model, shard, lambdas, state, scratch)?;
    let mut out = Evaluation::zero(model);
    out.value = 0.5 * state.system.log_det() - log_density;
    state.system.invert();
    add_outer(model, shard, -1.0, &scratch.zs, &state.u, &mut out.lambda);
    curvature_adjoint(model, shard, lambdas, state, scratch, None, &mut out.lambda);
    axpy(-1.0, &scratch.s, &mut scratch.r);
    model.add_xtv(shard, &scratch.r, &mut out.beta);
    Some(out)
}

/// From the modes and `H^-1` in the state.
fn posterior_of_shard(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
    quadrature: Option<&Quadrature>,
) -> Option<Posterior> {
    let mut out = Posterior::default();
    super::products::for_factors(model, shard, |f, range| {
        let p = model.factors[f].p();
        let v: Vec<f64> = (0..shard.levels[f].len())
            .flat_map(|l| state.system.level_inverse(f, l))
            .collect();
        out.mode.push(lift_vectors(&lambdas[f], &state.u[range]));
        out.mode_cov.push(
            v.chunks_exact(p * p)
                .flat_map(|v| lift_matrix(&lambdas[f], v))
                .collect(),
        );
    });
    (out.mean, out.mean_cov) = (out.mode.clone(), out.mode_cov.clone());
    if let Some(quadrature) = quadrature {
        let moments = quadrature.moments(model, shard, lambdas, state, scratch)?;
        (out.mean, out.mean_cov) = moments.into_iter().unzip();
    }
    Some(out)
}

pub(super) fn lift_vectors(lambda: &Lambda, u: &[f64]) -> Vec<f64> {
    let mut b = vec![0.0; u.len()];
    for (u, b) in u.chunks_exact(lambda.p).zip(b.chunks_exact_mut(lambda.p)) {
        lambda.apply(u, b);
    }
    b
}

/// `Lambda v Lambda'`.
pub(super) fn lift_matrix(lambda: &Lambda, v: &[f64]) -> Vec<f64> {
    let p = lambda.p;
    let l = &lambda.values;
    let entry = |r: usize, c: usize| -> f64 {
        (0..=r)
            .map(|i| {
                (0..=c)
                    .map(|j| l[r * p + i] * v[i * p + j] * l[c * p + j])
                    .sum::<f64>()
            })
            .sum()
    };
    (0..p * p).map(|k| entry(k / p, k % p)).collect()
}
