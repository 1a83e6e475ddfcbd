//! The posterior mode of `(psi, beta)` with the random effects integrated out by Laplace's approximation, and the
//! curvature there: a normal approximation of the posterior, from which the chains start.

use crate::joint::Joint;
use mixeff_core::integrate::Marginal;
use mixeff_core::linalg::dense::Symmetric;
use mixeff_core::optimize::bfgs::minimize;
use mixeff_core::optimize::hessian::hessian;
use mixeff_core::optimize::start::start;
use mixeff_core::optimize::{Control, Monitor, Objective, Record};

/// Least standard deviation to start from, as a part of the scale of its prior.
const SMALLEST: f64 = 0.02;

/// The approximation.
pub struct Mode {
    /// `(psi, beta)`.
    pub parameters: Vec<f64>,
    /// Minus the second derivatives of the log posterior density.
    pub precision: Symmetric,
    /// The search.
    pub record: Record,
}

/// Minus the log posterior density of `(psi, beta)` as an objective.
struct Posterior<'j, 'a> {
    joint: &'j Joint,
    marginal: Marginal<'a>,
}

impl Objective for Posterior<'_, '_> {
    fn dim(&self) -> usize {
        self.joint.n_parameters()
    }

    fn value_and_gradient(&mut self, x: &[f64]) -> Option<(f64, Vec<f64>)> {
        let (psi, beta) = x.split_at(self.joint.space.dim());
        let theta = self.joint.theta(psi);
        let (value, by_model) = self.marginal.evaluate(beta, &theta)?;
        let mut gradient = vec![0.0; x.len()];
        let prior = self.joint.add_prior(x, &mut gradient);
        gradient.iter_mut().for_each(|g| *g = -*g);
        let (psi_bar, beta_bar) = gradient.split_at_mut(psi.len());
        let (by_beta, by_theta) = by_model.split_at(beta.len());
        beta_bar.iter_mut().zip(by_beta).for_each(|(a, b)| *a += b);
        self.joint.space.pull_back(psi, by_theta, psi_bar);
        let finite = gradient.iter().all(|g| g.is_finite()) && (value - prior).is_finite();
        finite.then_some((value - prior, gradient))
    }
}

/// Finds the mode. `None` if the likelihood cannot be evaluated anywhere that was tried, or the user stops.
pub fn find(joint: &Joint, monitor: &Monitor) -> Option<Mode> {
    let mut marginal = Marginal::new(&joint.model);
    marginal.watch(&monitor.stop);
    let from = start(&mut marginal, monitor)?;
    let at: Vec<usize> = joint.space.log_sds().collect();
    let floor = |k: usize| {
        let place = at.iter().position(|a| *a == k).unwrap_or(0);
        SMALLEST * joint.priors.sds[place].scale()
    };
    let mut x = joint.space.coordinates(&from.theta, floor);
    let metric = first_metric(joint, &x, &from.metric);
    x.extend(&from.beta);
    let mut record = Record::default();
    let mut objective = Posterior { joint, marginal };
    let control = Control::default();
    let found = minimize(&mut objective, x, metric, &control, monitor, &mut record);
    found.value.is_finite().then_some(())?;
    let all: Vec<usize> = (0..found.x.len()).collect();
    let curvature = hessian(
        &mut objective,
        &found.x,
        &found.gradient,
        &found.metric,
        &all,
        monitor,
        &mut record,
    );
    let precision = curvature
        .filter(|h| h.cholesky().is_some())
        .unwrap_or(found.metric);
    Some(Mode {
        parameters: found.x,
        precision,
        record,
    })
}

/// The working model's information by `(psi, beta)`: that by `(beta, theta)` through the chain rule, and one for the
/// prior of a log standard deviation.
fn first_metric(joint: &Joint, psi: &[f64], metric: &Symmetric) -> Symmetric {
    let (m, n) = (psi.len(), joint.model.n_beta());
    let jacobian = joint.space.jacobian(psi);
    let column = |k: usize| -> Vec<f64> {
        let mut v = vec![0.0; metric.n];
        match k.checked_sub(m) {
            Some(beta) => v[beta] = 1.0,
            None => (0..metric.n - n).for_each(|t| v[n + t] = jacobian[t * m + k]),
        }
        v
    };
    let columns: Vec<Vec<f64>> = (0..m + n).map(column).collect();
    let mut out = Symmetric::zeros(m + n);
    for i in 0..m + n {
        let product = metric.times(&columns[i]);
        for j in 0..=i {
            let unit = if i == j && i < m { 1.0 } else { 0.0 };
            out.set(
                i,
                j,
                unit + mixeff_core::linalg::vector::dot(&product, &columns[j]),
            );
        }
    }
    out
}
