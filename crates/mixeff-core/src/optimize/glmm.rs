//! Maximum likelihood for GLMMs: start, search, boundary, observed information.

use super::bfgs::minimize;
use super::end::{End, Ending};
use super::hessian::hessian;
use super::start::{start, Start};
use super::{Control, Fitted, Monitor, Objective, Record};
use crate::design::Model;
use crate::integrate::{Integral, Marginal, Posterior};
use crate::linalg::dense::Symmetric;

/// Scaled gradient at which the search hands over to Newton steps in the observed information.
const COARSE: f64 = 1e-4;
/// Scaled gradient from which the metric is worth computing anew.
const NEAR: f64 = 3.0;
/// Scaled gradient at which a search on a part of the data, or by a coarser rule, ends.
const ROUGH: f64 = 0.1;
/// Rows from which the search starts on a sample of the clusters, and its share and least size.
const SAMPLE_FROM: usize = 40_000;
const SAMPLE_SHARE: f64 = 0.03;
const SAMPLE_LEAST: usize = 10_000;

/// What to fit and from where.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// How the random effects are integrated out.
    pub integral: Integral,
    /// `(beta, theta)` to start from.
    pub start: Option<(Vec<f64>, Vec<f64>)>,
    /// Approximate Hessian at the start.
    pub metric: Option<Symmetric>,
    /// Precisions of a normal prior with mean zero on the coefficients; empty for maximum likelihood.
    pub penalty: Vec<f64>,
    /// Limits.
    pub control: Control,
}

/// The marginal likelihood as an objective of `(beta, theta)`.
pub struct Joint<'m, 'a> {
    /// The integral.
    pub marginal: &'m mut Marginal<'a>,
    /// Precisions of a normal prior on the coefficients, or empty.
    pub penalty: &'m [f64],
    /// Whether a fresh metric on the way is still to come.
    pub refresh: bool,
}

impl<'m, 'a> Joint<'m, 'a> {
    /// The objective.
    pub fn new(marginal: &'m mut Marginal<'a>, penalty: &'m [f64]) -> Self {
        Joint {
            marginal,
            penalty,
            refresh: false,
        }
    }

    /// With one fresh metric on the way, unless the first one is the objective's own.
    fn refreshing(mut self, refresh: bool) -> Self {
        self.refresh = refresh;
        self
    }
}

/// Half of `beta' P beta`.
pub(super) fn penalty_of(penalty: &[f64], beta: &[f64]) -> f64 {
    0.5 * penalty
        .iter()
        .zip(beta)
        .map(|(p, b)| p * b * b)
        .sum::<f64>()
}

/// `gradient += P beta`.
pub(super) fn add_penalty(penalty: &[f64], beta: &[f64], gradient: &mut [f64]) {
    for ((g, p), b) in gradient.iter_mut().zip(penalty).zip(beta) {
        *g += p * b;
    }
}

/// The metric of the penalised objective.
pub(super) fn penalised(mut metric: Symmetric, penalty: &[f64]) -> Symmetric {
    penalty
        .iter()
        .enumerate()
        .for_each(|(k, p)| metric.set(k, k, metric.at(k, k) + p));
    metric
}

impl Objective for Joint<'_, '_> {
    fn dim(&self) -> usize {
        self.marginal.model.n_beta() + self.marginal.model.n_theta()
    }

    fn value_and_gradient(&mut self, x: &[f64]) -> Option<(f64, Vec<f64>)> {
        let (beta, theta) = x.split_at(self.marginal.model.n_beta());
        let (value, mut gradient) = self.marginal.evaluate(beta, theta)?;
        add_penalty(self.penalty, beta, &mut gradient);
        Some((value + penalty_of(self.penalty, beta), gradient))
    }

    fn gradients_near(&mut self, x: &[f64], points: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
        let mut gradients = self.marginal.gradients_near(x, points);
        for (gradient, point) in gradients.iter_mut().zip(points) {
            if let Some(gradient) = gradient {
                add_penalty(self.penalty, point, gradient);
            }
        }
        gradients
    }

    /// Once, as soon as the point is near: the metric of the start belongs to other variances.
    fn metric(&mut self, x: &[f64], distance: f64) -> Option<Symmetric> {
        if !self.refresh || distance > NEAR {
            return None;
        }
        self.refresh = false;
        let (beta, theta) = x.split_at(self.marginal.model.n_beta());
        self.marginal
            .working(beta, theta)
            .map(|w| penalised(w.metric, self.penalty))
    }
}

/// Fits. `None` if the likelihood cannot be evaluated anywhere that was tried.
pub fn fit(model: &Model, task: &Task, monitor: &Monitor) -> Option<Fitted> {
    let mut record = Record::default();
    let from = first_point(model, task, monitor, &mut record)?;
    let mut marginal = Marginal::new(model);
    marginal.watch(&monitor.stop);
    let x = [from.beta.clone(), from.theta.clone()].concat();
    record.start = x.clone();
    let mut metric = penalised(from.metric, &task.penalty);
    let mut x = x;
    if !task.integral.is_laplace() && task.start.is_none() {
        let control = Control {
            tolerance: ROUGH,
            ..task.control.clone()
        };
        let rough = minimize(
            &mut Joint::new(&mut marginal, &task.penalty).refreshing(!from.own_metric),
            x,
            metric,
            &control,
            monitor,
            &mut record,
        );
        (x, metric) = (rough.x, rough.metric);
    }
    marginal.set_integral(&task.integral);
    let control = Control {
        tolerance: coarse(model).max(task.control.tolerance),
        ..task.control.clone()
    };
    let search = minimize(
        &mut Joint::new(&mut marginal, &task.penalty).refreshing(!from.own_metric),
        x,
        metric,
        &control,
        monitor,
        &mut record,
    );
    let ending = Ending {
        model,
        first_theta: model.n_beta(),
        coarse: COARSE,
        control: &task.control,
        monitor,
    };
    let end = ending.finish(
        &mut Joint::new(&mut marginal, &task.penalty),
        search,
        &mut record,
    );
    let (beta, theta) = end.x.split_at(model.n_beta());
    let posterior = marginal.posterior(beta, theta).unwrap_or_default();
    Some(into_fitted(end, model, &task.penalty, posterior, record))
}

/// Where the Hessian may be taken: with many levels it changes little within a standard error.
fn coarse(model: &Model) -> f64 {
    let levels = model.factors.iter().map(|f| f.n_levels).min().unwrap_or(0);
    COARSE * (levels as f64 / 100.0).clamp(1.0, 100.0)
}

/// The user's start, or one from penalized quasi-likelihood, improved on a sample where there is much data.
fn first_point(
    model: &Model,
    task: &Task,
    monitor: &Monitor,
    record: &mut Record,
) -> Option<Start> {
    if let Some((beta, theta)) = &task.start {
        let theta = away_from_zero(model, theta);
        let metric = match &task.metric {
            Some(metric) => metric.clone(),
            None => Marginal::new(model).working(beta, &theta)?.metric,
        };
        return Some(Start {
            beta: beta.clone(),
            theta,
            metric,
            own_metric: task.metric.is_some(),
        });
    }
    let sample = sample(model);
    let share = sample.len() as f64 / model.shards.len() as f64;
    let mut marginal = Marginal::of_shards(model, sample);
    let mut from = start(&mut marginal, monitor)?;
    if share < 1.0 {
        let x = [from.beta.clone(), from.theta.clone()].concat();
        let control = Control {
            tolerance: ROUGH,
            ..task.control.clone()
        };
        let rough = minimize(
            &mut Joint::new(&mut marginal, &task.penalty),
            x,
            penalised(from.metric, &task.penalty),
            &control,
            monitor,
            record,
        );
        let (beta, theta) = rough.x.split_at(model.n_beta());
        let all: Vec<usize> = (0..rough.x.len()).collect();
        let mut objective = Joint::new(&mut marginal, &task.penalty);
        let curvature = hessian(
            &mut objective,
            &rough.x,
            &rough.gradient,
            &rough.metric,
            &all,
            monitor,
            record,
        );
        let mut metric = curvature.unwrap_or(rough.metric);
        metric.values.iter_mut().for_each(|v| *v /= share);
        from = Start {
            beta: beta.to_vec(),
            theta: theta.to_vec(),
            metric,
            own_metric: true,
        };
        record.path.clear();
    }
    Some(from)
}

/// Every k-th shard of a large clustered model.
fn sample(model: &Model) -> Vec<usize> {
    let all = model.shards.len();
    let wanted =
        (SAMPLE_SHARE * model.n() as f64).max(SAMPLE_LEAST as f64) / model.n().max(1) as f64;
    if model.n() < SAMPLE_FROM || all < 20 || wanted > 0.5 {
        return (0..all).collect();
    }
    (0..all)
        .step_by((1.0 / wanted).floor().max(1.0) as usize)
        .collect()
}

/// At a zero diagonal entry the gradient vanishes by symmetry: start a little off.
fn away_from_zero(model: &Model, theta: &[f64]) -> Vec<f64> {
    let mut theta = theta.to_vec();
    for term in &model.terms {
        for (k, &(r, c)) in term.entries.iter().enumerate() {
            if r == c && theta[term.theta_start + k] == 0.0 {
                theta[term.theta_start + k] = 0.05;
            }
        }
    }
    theta
}

fn into_fitted(
    end: End,
    model: &Model,
    penalty: &[f64],
    posterior: Posterior,
    record: Record,
) -> Fitted {
    let inverse = end.inverse();
    let mut cov = Symmetric::zeros(end.x.len());
    cov.values.fill(f64::NAN);
    if let Some(inverse) = &inverse {
        cov.place(&end.free(), inverse);
    }
    let converged = end.converged(inverse.is_some());
    let (beta, theta) = end.x.split_at(model.n_beta());
    Fitted {
        beta: beta.to_vec(),
        theta: theta.to_vec(),
        cov,
        log_likelihood: penalty_of(penalty, beta) - end.value,
        posterior,
        converged,
        singular: !end.fixed.is_empty(),
        reason: end.words(inverse.is_some()),
        record,
        metric: end.metric,
    }
}
