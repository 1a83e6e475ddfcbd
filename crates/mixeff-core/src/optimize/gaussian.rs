//! ML and REML for linear mixed models through the profiled criterion.
//!
//! The search is over `theta` relative to the residual standard deviation. The estimate is reported with absolute
//! `theta` and with `log sigma` as the coefficient of the second predictor, so that all methods speak of the same parameters.

use super::bfgs::minimize;
use super::boundary::{settle, standard_form};
use super::hessian::differences;
use super::{Control, Fitted, Monitor, Objective, Reason, Record};
use crate::design::Model;
use crate::integrate::gaussian::{Gaussian, Solution};
use crate::linalg::dense::Symmetric;
use crate::linalg::small::dot;

/// Scaled gradient at which the search hands over to Newton steps in the observed information.
const COARSE: f64 = 2e-3;
/// Scaled gradient up to which an end is an optimum.
const CONVERGED: f64 = 1e-2;

impl Objective for Gaussian<'_> {
    fn dim(&self) -> usize {
        self.model.n_theta()
    }

    fn value_and_gradient(&mut self, theta: &[f64]) -> Option<(f64, Vec<f64>)> {
        self.solve(theta).map(|s| (s.value, s.gradient))
    }

    fn metric(&mut self, theta: &[f64], _distance: f64) -> Option<Symmetric> {
        self.average_information(theta)
    }
}

/// Fits by ML or REML. `None` if the criterion cannot be evaluated.
pub fn fit(
    model: &Model,
    reml: bool,
    start: Option<&[f64]>,
    control: &Control,
    monitor: &Monitor,
) -> Option<Fitted> {
    let mut criterion = Gaussian::new(model, reml);
    let mut record = Record::default();
    let theta = start.map_or_else(|| criterion.moments().theta(model), <[f64]>::to_vec);
    record.start = theta.clone();
    criterion.solve(&theta)?;
    let metric = criterion.average_information(&theta)?;
    let coarse = Control {
        tolerance: COARSE.max(control.tolerance),
        ..control.clone()
    };
    let search = minimize(&mut criterion, theta, metric, &coarse, monitor, &mut record);
    let mut end = End::new(model, search.x, search.value, search.reason, search.metric);
    if !matches!(end.reason, Reason::BadStart | Reason::Interrupted) {
        end.finish(&mut criterion, control, monitor, &mut record)?;
    }
    let solution = criterion.at(&end.theta)?;
    let posterior = criterion.posterior(&end.theta)?;
    let log_sd = 0.5 * solution.sigma2.ln();
    let (cov, proper) = end.covariance(&criterion, &solution, reml);
    let converged = proper && end.scaled_gradient < CONVERGED && end.reason != Reason::Interrupted;
    let sigma = log_sd.exp();
    Some(Fitted {
        beta: [solution.beta.clone(), vec![log_sd]].concat(),
        theta: end.theta.iter().map(|t| t * sigma).collect(),
        cov,
        log_likelihood: -solution.value,
        posterior,
        converged,
        singular: !end.fixed.is_empty(),
        reason: end.words(proper, converged),
        record,
        metric: end.metric,
    })
}

struct End<'a> {
    model: &'a Model,
    theta: Vec<f64>,
    value: f64,
    fixed: Vec<usize>,
    reason: Reason,
    metric: Symmetric,
    scaled_gradient: f64,
    hessian: Option<Symmetric>,
    /// `dbeta/dtheta`, one vector per free entry.
    jacobian: Vec<Vec<f64>>,
}

impl<'a> End<'a> {
    fn new(
        model: &'a Model,
        theta: Vec<f64>,
        value: f64,
        reason: Reason,
        metric: Symmetric,
    ) -> Self {
        End {
            theta: standard_form(model, &theta),
            model,
            value,
            fixed: Vec::new(),
            reason,
            metric,
            scaled_gradient: 0.0,
            hessian: Some(Symmetric::zeros(0)),
            jacobian: Vec::new(),
        }
    }

    fn free(&self) -> Vec<usize> {
        (0..self.theta.len())
            .filter(|k| !self.fixed.contains(k))
            .collect()
    }

    /// Boundary, Hessian, Newton steps; a new search where that shows the end to be none.
    fn finish(
        &mut self,
        criterion: &mut Gaussian<'_>,
        control: &Control,
        monitor: &Monitor,
        record: &mut Record,
    ) -> Option<()> {
        for _ in 0..3 {
            self.fixed = settle(
                criterion,
                self.model,
                &mut self.theta,
                0,
                &mut self.value,
                &self.metric,
            );
            self.observe(criterion, control, monitor, record)?;
            if self.scaled_gradient < CONVERGED || monitor.stopped() || self.hessian.is_none() {
                return Some(());
            }
            let control = Control {
                max_evaluations: record.evaluations + control.max_evaluations,
                tolerance: COARSE,
            };
            let out = minimize(
                criterion,
                self.theta.clone(),
                self.metric.clone(),
                &control,
                monitor,
                record,
            );
            self.theta = standard_form(self.model, &out.x);
            (self.value, self.reason, self.metric) = (out.value, out.reason, out.metric);
        }
        Some(())
    }

    fn observe(
        &mut self,
        criterion: &mut Gaussian<'_>,
        control: &Control,
        monitor: &Monitor,
        record: &mut Record,
    ) -> Option<()> {
        let free = self.free();
        let at = criterion.at(&self.theta)?;
        record.evaluations += free.len();
        let base = [at.gradient.clone(), at.beta.clone()].concat();
        let mut both = |theta: &[f64]| {
            criterion
                .solve(theta)
                .map(|s| [s.gradient, s.beta].concat())
        };
        let m = self.theta.len();
        let columns = differences(&mut both, &self.theta, &base, &self.metric, &free, monitor);
        let Some(columns) = columns else {
            self.hessian = None;
            return Some(());
        };
        let mut hessian = Symmetric::zeros(free.len());
        for a in 0..free.len() {
            for b in 0..=a {
                hessian.set(a, b, 0.5 * (columns[b][free[a]] + columns[a][free[b]]));
            }
        }
        self.jacobian = columns.iter().map(|c| c[m..].to_vec()).collect();
        let factor = hessian.cholesky();
        self.hessian = Some(hessian);
        let Some(factor) = factor else {
            return Some(());
        };
        let mut gradient = at.gradient;
        for _ in 0..3 {
            let part: Vec<f64> = free.iter().map(|&k| gradient[k]).collect();
            let step = factor.solve(&part);
            self.scaled_gradient = dot(&step, &part).max(0.0).sqrt();
            if self.scaled_gradient < control.tolerance || self.scaled_gradient > 10.0 * CONVERGED {
                break;
            }
            let mut moved = self.theta.clone();
            free.iter().zip(&step).for_each(|(&k, s)| moved[k] -= s);
            record.evaluations += 1;
            match criterion.solve(&moved) {
                Some(next) if next.value <= self.value + 1e-10 * (1.0 + self.value.abs()) => {
                    (self.theta, self.value, gradient) = (moved, next.value, next.gradient);
                }
                _ => break,
            }
        }
        Some(())
    }

    /// Covariance of `(beta, log sigma, sigma theta)` and whether the information is positive definite.
    ///
    /// With `P` the Hessian of the profiled criterion over `theta` and `J = dbeta/dtheta`, the joint information has the blocks
    /// `I_bb = R / sigma^2`, `I_bt = -I_bb J`, `I_tt = P + I_ts I_st / I_ss + J' I_bb J`, `I_ss = 2 df`, `I_ts = -2 dr`, `I_bs = 0`. REML does not
    /// depend on `beta`, so there `J = 0`.
    fn covariance(
        &self,
        criterion: &Gaussian<'_>,
        solution: &Solution,
        reml: bool,
    ) -> (Symmetric, bool) {
        let (p, m) = (solution.beta.len(), self.theta.len());
        let free = self.free();
        let (sigma2, df) = (solution.sigma2, criterion.degrees_of_freedom());
        let size = p + 1 + free.len();
        let mut information = Symmetric::zeros(size);
        for i in 0..p {
            for j in 0..=i {
                information.set(i, j, solution.r.at(i, j) / sigma2);
            }
        }
        information.set(p, p, 2.0 * df);
        let bend: Vec<Vec<f64>> = if reml {
            free.iter().map(|_| vec![0.0; p]).collect()
        } else {
            self.jacobian
                .iter()
                .map(|j| solution.r.times(j).iter().map(|v| v / sigma2).collect())
                .collect()
        };
        let Some(hessian) = &self.hessian else {
            return (not_a_number(p + 1 + m), false);
        };
        if bend.len() < free.len() {
            return (not_a_number(p + 1 + m), false);
        }
        for (a, &k) in free.iter().enumerate() {
            let cross = -2.0 * solution.residual_gradient[k];
            information.set(p + 1 + a, p, cross);
            for i in 0..p {
                information.set(p + 1 + a, i, -bend[a][i]);
            }
            for (b, &l) in free.iter().enumerate().take(a + 1) {
                let through_sigma =
                    4.0 * solution.residual_gradient[k] * solution.residual_gradient[l]
                        / (2.0 * df);
                let through_beta = if reml {
                    0.0
                } else {
                    dot(&bend[a], &self.jacobian[b])
                };
                information.set(
                    p + 1 + a,
                    p + 1 + b,
                    hessian.at(a, b) + through_sigma + through_beta,
                );
            }
        }
        let Some(factor) = information.cholesky() else {
            return (not_a_number(p + 1 + m), false);
        };
        (
            self.absolute(&factor.inverse(), p, sigma2.sqrt(), &free),
            true,
        )
    }

    /// The delta method from relative to absolute `theta`: `sigma theta_k`.
    fn absolute(&self, inverse: &Symmetric, p: usize, sigma: f64, free: &[usize]) -> Symmetric {
        let n = inverse.n;
        let scale = |i: usize| if i > p { sigma } else { 1.0 };
        let shift = |i: usize| {
            if i > p {
                sigma * self.theta[free[i - p - 1]]
            } else {
                0.0
            }
        };
        let mut cov = not_a_number(p + 1 + self.theta.len());
        let place = |i: usize| if i > p { p + 1 + free[i - p - 1] } else { i };
        for i in 0..n {
            for j in 0..=i {
                let value = scale(i) * scale(j) * inverse.at(i, j)
                    + scale(i) * shift(j) * inverse.at(i, p)
                    + shift(i) * scale(j) * inverse.at(p, j)
                    + shift(i) * shift(j) * inverse.at(p, p);
                cov.set(place(i), place(j), value);
            }
        }
        cov
    }

    fn words(&self, proper: bool, converged: bool) -> String {
        if converged {
            return format!(
                "converged: the gradient is {:.1e} standard errors and the Hessian is positive definite{}",
                self.scaled_gradient,
                if self.fixed.is_empty() { "" } else { " off the boundary" }
            );
        }
        if matches!(self.reason, Reason::BadStart | Reason::Interrupted) || proper {
            return format!("not converged: {}", self.reason.words());
        }
        super::INDEFINITE.into()
    }
}

fn not_a_number(n: usize) -> Symmetric {
    Symmetric {
        n,
        values: vec![f64::NAN; n * n],
    }
}
