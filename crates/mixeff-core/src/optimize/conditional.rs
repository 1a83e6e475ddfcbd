//! Conditional maximum likelihood: Newton's method in the exact information.

use super::bfgs::minimize;
use super::glmm::{add_penalty, penalised, penalty_of};
use super::{Control, Fitted, Monitor, Objective, Point, Reason, Record, INDEFINITE};
use crate::integrate::conditional::{Conditional, Moments};
use crate::integrate::Posterior;
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::dot;

/// What to fit and from where.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// Coefficients to start from; zero if empty.
    pub start: Vec<f64>,
    /// Precisions of a normal prior with mean zero on the coefficients; empty for maximum likelihood.
    pub penalty: Vec<f64>,
    /// Limits.
    pub control: Control,
}

/// Minus the conditional log-likelihood, penalised; its metric is the information.
struct Penalised<'m, 'a> {
    likelihood: &'m Conditional<'a>,
    penalty: &'m [f64],
    /// The last point evaluated.
    latest: Option<(Vec<f64>, Moments)>,
}

impl Penalised<'_, '_> {
    /// The moments at a point, which often is the last one evaluated.
    fn at(&mut self, x: &[f64]) -> Option<&Moments> {
        if self.latest.as_ref().is_none_or(|(at, _)| at != x) {
            self.latest = Some((x.to_vec(), self.likelihood.evaluate(x)?));
        }
        self.latest.as_ref().map(|(_, moments)| moments)
    }
}

impl Objective for Penalised<'_, '_> {
    fn dim(&self) -> usize {
        self.likelihood.model.n_beta()
    }

    fn value_and_gradient(&mut self, x: &[f64]) -> Option<(f64, Vec<f64>)> {
        let penalty = self.penalty;
        let moments = self.at(x)?;
        let value = penalty_of(penalty, x) - moments.value;
        let mut gradient: Vec<f64> = moments.score.iter().map(|s| -s).collect();
        add_penalty(penalty, x, &mut gradient);
        Some((value, gradient))
    }

    fn metric(&mut self, x: &[f64], _: f64) -> Option<Symmetric> {
        let penalty = self.penalty;
        Some(penalised(self.at(x)?.information.clone(), penalty))
    }
}

/// Fits. `None` if the likelihood cannot be evaluated at the start.
pub fn fit(likelihood: &Conditional<'_>, task: &Task, monitor: &Monitor) -> Option<Fitted> {
    let mut objective = Penalised {
        likelihood,
        penalty: &task.penalty,
        latest: None,
    };
    let mut start = task.start.clone();
    start.resize(objective.dim(), 0.0);
    let mut record = Record {
        start: start.clone(),
        ..Record::default()
    };
    let metric = objective.metric(&start, 0.0)?;
    let search = minimize(
        &mut objective,
        start,
        metric,
        &task.control,
        monitor,
        &mut record,
    );
    let x = last_step(&mut objective, search.x, &search.gradient, &mut record);
    let moments = objective.at(&x)?.clone();
    Some(fitted(x, moments, search.reason, &task.penalty, record))
}

/// One more step of Newton's, if the likelihood can be evaluated there: the number of right digits doubles.
fn last_step(
    objective: &mut Penalised<'_, '_>,
    x: Vec<f64>,
    gradient: &[f64],
    record: &mut Record,
) -> Vec<f64> {
    let near = record
        .path
        .last()
        .is_some_and(|point| point.scaled_gradient < 1e-2);
    let Some(factor) = objective
        .metric(&x, 0.0)
        .and_then(|metric| metric.cholesky())
    else {
        return x;
    };
    if !near {
        return x;
    }
    let moved: Vec<f64> = x
        .iter()
        .zip(factor.solve(gradient))
        .map(|(x, s)| x - s)
        .collect();
    record.evaluations += 1;
    let Some((value, gradient)) = objective.value_and_gradient(&moved) else {
        return x;
    };
    let left = dot(&gradient, &factor.solve(&gradient)).max(0.0).sqrt();
    record.path.push(Point {
        evaluation: record.evaluations,
        value,
        scaled_gradient: left,
        step: 1.0,
    });
    moved
}

fn fitted(
    beta: Vec<f64>,
    moments: Moments,
    reason: Reason,
    penalty: &[f64],
    record: Record,
) -> Fitted {
    let metric = penalised(moments.information, penalty);
    let inverse = metric.cholesky().map(|factor| factor.inverse());
    let left = record
        .path
        .last()
        .map_or(f64::NAN, |point| point.scaled_gradient);
    let found = matches!(reason, Reason::SmallGradient | Reason::NoProgress) && left < 1e-2;
    let words = match (&inverse, found) {
        (None, _) => INDEFINITE.into(),
        (_, false) => format!("not converged: {}", reason.words()),
        _ => format!(
            "converged: the gradient is {left:.1e} standard errors and the Hessian is positive definite"
        ),
    };
    let mut cov = Symmetric::zeros(beta.len());
    cov.values.fill(f64::NAN);
    let converged = found && inverse.is_some();
    Fitted {
        theta: Vec::new(),
        cov: inverse.unwrap_or(cov),
        log_likelihood: moments.value,
        posterior: Posterior::default(),
        converged,
        singular: false,
        reason: words,
        record,
        metric,
        beta,
    }
}
