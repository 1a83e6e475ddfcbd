//! ML and REML for linear mixed models through the profiled criterion.
//!
//! The search is over `theta` relative to the residual standard deviation. The estimate is reported with
//! absolute `theta` and with `log sigma` as the coefficient of the second predictor, so that all
//! methods speak of the same parameters.

use super::bfgs::{minimize, Outcome};
use super::end::{End, Ending};
use super::{Control, Fitted, Monitor, Objective, Record};
use crate::design::Model;
use crate::integrate::gaussian::{Gaussian, Solution};
use crate::integrate::Posterior;
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::dot;

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
    let found = conclude(&mut criterion, search, !reml, control, monitor, &mut record)?;
    Some(Fitted {
        beta: [found.beta, vec![found.sigma.ln()]].concat(),
        theta: found.theta,
        cov: found.cov,
        log_likelihood: -found.value,
        posterior: found.posterior,
        converged: found.end.converged(found.proper),
        singular: !found.end.fixed.is_empty(),
        reason: found.end.words(found.proper),
        record,
        metric: found.end.metric,
    })
}

/// The estimates at the end of a search.
pub struct Linear {
    /// Coefficients.
    pub beta: Vec<f64>,
    /// Residual standard deviation.
    pub sigma: f64,
    /// Absolute.
    pub theta: Vec<f64>,
    /// Of `(beta, log sigma, theta)`, without `log sigma` where it is known.
    pub cov: Symmetric,
    /// Minus the log-likelihood.
    pub value: f64,
    /// Random effects.
    pub posterior: Posterior,
    /// The search.
    pub end: End,
    /// Whether the information is positive definite.
    pub proper: bool,
}

/// From the outcome of a search to the estimates, with the information on coefficients and variances taken `jointly` or apart.
pub fn conclude(
    criterion: &mut Gaussian<'_>,
    search: Outcome,
    jointly: bool,
    control: &Control,
    monitor: &Monitor,
    record: &mut Record,
) -> Option<Linear> {
    let ending = Ending {
        model: criterion.model,
        first_theta: 0,
        coarse: COARSE,
        control,
        monitor,
    };
    let end = ending.finish(criterion, search, record);
    let solution = criterion.at(&end.x)?;
    let posterior = criterion.posterior(&end.x)?;
    let information = information(&end, criterion, &solution, jointly);
    let inverse = information.and_then(|i| i.cholesky()).map(|f| f.inverse());
    let sigma = solution.sigma2.sqrt();
    Some(Linear {
        sigma,
        theta: end.x.iter().map(|t| t * sigma).collect(),
        cov: absolute(&end, criterion, inverse.as_ref(), sigma),
        beta: solution.beta,
        value: solution.value,
        posterior,
        proper: inverse.is_some(),
        end,
    })
}

/// Joint information on `(beta, log sigma, free theta)`, or on `(beta, free theta)` where `sigma` is known.
///
/// With `P` the Hessian of the profiled criterion over `theta` and `J = dbeta/dtheta` its blocks are
/// `I_bb = R / sigma^2`, `I_bt = -I_bb J`, `I_tt = P + I_ts I_st / I_ss + J' I_bb J`, `I_ss = 2 df`,
/// `I_ts = -2 dr`, `I_bs = 0`. REML does not depend on `beta`, so there `J = 0`; so it is taken to be unless `jointly`.
fn information(
    end: &End,
    criterion: &Gaussian<'_>,
    solution: &Solution,
    jointly: bool,
) -> Option<Symmetric> {
    let (p, free, hessian) = (solution.beta.len(), end.free(), end.hessian.as_ref()?);
    let first = criterion.first_theta();
    let scaled = |v: Vec<f64>| -> Vec<f64> { v.iter().map(|v| v / solution.sigma2).collect() };
    let jacobian: Vec<Vec<f64>> = match jointly {
        true => end.jacobian.clone(),
        false => vec![vec![0.0; p]; free.len()],
    };
    let bend: Vec<Vec<f64>> = jacobian
        .iter()
        .map(|j| scaled(solution.r.times(j)))
        .collect();
    let mut information = Symmetric::zeros(first + free.len());
    for i in 0..p {
        for j in 0..=i {
            information.set(i, j, solution.r.at(i, j) / solution.sigma2);
        }
    }
    for (a, &k) in free.iter().enumerate() {
        for i in 0..p {
            information.set(first + a, i, -bend[a][i]);
        }
        for b in 0..=a {
            let value = hessian.at(a, b) + dot(&bend[a], &jacobian[b]);
            information.set(first + a, first + b, value);
        }
        if criterion.known.is_none() {
            information.set(first + a, p, -2.0 * solution.residual_gradient[k]);
        }
    }
    if criterion.known.is_none() {
        add_sigma(&mut information, p, criterion.degrees_of_freedom());
    }
    Some(information)
}

/// `I_ss`, and its part in `I_tt`.
fn add_sigma(information: &mut Symmetric, s: usize, df: f64) {
    let own = 2.0 * df;
    information.set(s, s, own);
    for i in s + 1..information.n {
        for j in s + 1..=i {
            let through = information.at(i, s) * information.at(j, s) / own;
            information.set(i, j, information.at(i, j) + through);
        }
    }
}

/// Covariance of `(beta, log sigma, sigma theta)` by the delta method; NaN for entries held at zero, or for
/// all where the information has no inverse.
fn absolute(
    end: &End,
    criterion: &Gaussian<'_>,
    inverse: Option<&Symmetric>,
    sigma: f64,
) -> Symmetric {
    let (free, first) = (end.free(), criterion.first_theta());
    let n = first + end.x.len();
    let mut cov = Symmetric {
        n,
        values: vec![f64::NAN; n * n],
    };
    let Some(inverse) = inverse else { return cov };
    let estimated = criterion.known.is_none();
    let with_sigma = |i: usize| {
        if estimated {
            inverse.at(i, first - 1)
        } else {
            0.0
        }
    };
    let theta = |i: usize| i.checked_sub(first).map(|a| free[a]);
    let scale = |i: usize| theta(i).map_or(1.0, |_| sigma);
    let shift = |i: usize| {
        theta(i)
            .filter(|_| estimated)
            .map_or(0.0, |k| sigma * end.x[k])
    };
    let place = |i: usize| theta(i).map_or(i, |k| first + k);
    let sigma_alone = if estimated {
        with_sigma(first - 1)
    } else {
        0.0
    };
    for i in 0..inverse.n {
        for j in 0..=i {
            let value = scale(i) * scale(j) * inverse.at(i, j)
                + scale(i) * shift(j) * with_sigma(i)
                + shift(i) * scale(j) * with_sigma(j)
                + shift(i) * shift(j) * sigma_alone;
            cov.set(place(i), place(j), value);
        }
    }
    cov
}
