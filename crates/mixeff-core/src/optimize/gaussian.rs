//! ML and REML for linear mixed models through the profiled criterion.
//!
//! The search is over `theta` relative to the residual standard deviation. The estimate is reported with
//! absolute `theta` and with `log sigma` as the coefficient of the second predictor, so that all
//! methods speak of the same parameters.

use super::bfgs::minimize;
use super::end::{End, Ending};
use super::{Control, Fitted, Monitor, Objective, Record};
use crate::design::Model;
use crate::integrate::gaussian::{Gaussian, Solution};
use crate::linalg::dense::Symmetric;
use crate::linalg::small::dot;

/// Scaled gradient at which the search hands over to Newton steps in the observed information.
const COARSE: f64 = 2e-3;

impl Objective for Gaussian<'_> {
    fn dim(&self) -> usize {
        self.model.n_theta()
    }

    fn value_and_gradient(&mut self, theta: &[f64]) -> Option<(f64, Vec<f64>)> {
        self.at(theta).map(|s| (s.value, s.gradient))
    }

    fn metric(&mut self, theta: &[f64], _distance: f64) -> Option<Symmetric> {
        self.average_information(theta)
    }

    /// The profiled coefficients.
    fn companions(&mut self, theta: &[f64]) -> Vec<f64> {
        self.at(theta).map_or_else(Vec::new, |s| s.beta)
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
    let metric = criterion.average_information(&theta)?;
    let coarse = Control {
        tolerance: COARSE.max(control.tolerance),
        ..control.clone()
    };
    let search = minimize(&mut criterion, theta, metric, &coarse, monitor, &mut record);
    let ending = Ending {
        model,
        first_theta: 0,
        coarse: COARSE,
        control,
        monitor,
    };
    let end = ending.finish(&mut criterion, search, &mut record);
    let solution = criterion.at(&end.x)?;
    let posterior = criterion.posterior(&end.x)?;
    let information = information(&end, &criterion, &solution, reml);
    let inverse = information.and_then(|i| i.cholesky()).map(|f| f.inverse());
    let sigma = solution.sigma2.sqrt();
    Some(Fitted {
        beta: [solution.beta.clone(), vec![sigma.ln()]].concat(),
        theta: end.x.iter().map(|t| t * sigma).collect(),
        cov: absolute(&end, inverse.as_ref(), solution.beta.len(), sigma),
        log_likelihood: -solution.value,
        posterior,
        converged: end.converged(inverse.is_some()),
        singular: !end.fixed.is_empty(),
        reason: end.words(inverse.is_some()),
        record,
        metric: end.metric,
    })
}

/// Joint information on `(beta, log sigma, free theta)`.
///
/// With `P` the Hessian of the profiled criterion over `theta` and `J = dbeta/dtheta` its blocks are
/// `I_bb = R / sigma^2`, `I_bt = -I_bb J`, `I_tt = P + I_ts I_st / I_ss + J' I_bb J`, `I_ss = 2 df`,
/// `I_ts = -2 dr`, `I_bs = 0`. REML does not depend on `beta`, so there `J = 0`.
fn information(
    end: &End,
    criterion: &Gaussian<'_>,
    solution: &Solution,
    reml: bool,
) -> Option<Symmetric> {
    let (p, free, hessian) = (solution.beta.len(), end.free(), end.hessian.as_ref()?);
    let df = criterion.degrees_of_freedom();
    let scaled = |v: Vec<f64>| -> Vec<f64> { v.iter().map(|v| v / solution.sigma2).collect() };
    let jacobian: Vec<Vec<f64>> = match reml {
        true => vec![vec![0.0; p]; free.len()],
        false => end.jacobian.clone(),
    };
    let bend: Vec<Vec<f64>> = jacobian
        .iter()
        .map(|j| scaled(solution.r.times(j)))
        .collect();
    let mut information = Symmetric::zeros(p + 1 + free.len());
    for i in 0..p {
        for j in 0..=i {
            information.set(i, j, solution.r.at(i, j) / solution.sigma2);
        }
    }
    information.set(p, p, 2.0 * df);
    for (a, &k) in free.iter().enumerate() {
        let dr = solution.residual_gradient[k];
        information.set(p + 1 + a, p, -2.0 * dr);
        for i in 0..p {
            information.set(p + 1 + a, i, -bend[a][i]);
        }
        for (b, &l) in free.iter().enumerate().take(a + 1) {
            let through_sigma = 2.0 * dr * solution.residual_gradient[l] / df;
            let through_beta = dot(&bend[a], &jacobian[b]);
            let value = hessian.at(a, b) + through_sigma + through_beta;
            information.set(p + 1 + a, p + 1 + b, value);
        }
    }
    Some(information)
}

/// Covariance of `(beta, log sigma, sigma theta)` by the delta method; NaN for entries held at zero, or for
/// all where the information has no inverse.
fn absolute(end: &End, inverse: Option<&Symmetric>, p: usize, sigma: f64) -> Symmetric {
    let free = end.free();
    let n = p + 1 + end.x.len();
    let mut cov = Symmetric {
        n,
        values: vec![f64::NAN; n * n],
    };
    let Some(inverse) = inverse else { return cov };
    let theta = |i: usize| i.checked_sub(p + 1).map(|a| free[a]);
    let scale = |i: usize| theta(i).map_or(1.0, |_| sigma);
    let shift = |i: usize| theta(i).map_or(0.0, |k| sigma * end.x[k]);
    let place = |i: usize| theta(i).map_or(i, |k| p + 1 + k);
    for i in 0..inverse.n {
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
