//! From an objective with an exact gradient to an estimate: quasi-Newton search, observed information, and the record.

pub mod bfgs;
pub mod boundary;
pub mod conditional;
mod constant;
pub mod end;
mod fixed;
pub mod gaussian;
pub mod glmm;
pub mod hessian;
pub mod quasi;
pub mod start;

use crate::linalg::dense::Symmetric;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

/// What the optimizer, the profiler and the sampler see of a model: minus a log-likelihood.
pub trait Objective {
    /// Number of parameters.
    fn dim(&self) -> usize;
    /// Value and gradient; `None` outside the domain (where the objective is plus infinity).
    fn value_and_gradient(&mut self, x: &[f64]) -> Option<(f64, Vec<f64>)>;
    /// A better approximation of the Hessian at `x`, the last point evaluated, than quasi-Newton updates can give, if there
    /// is one; `distance` is the scaled gradient that the last step began with.
    fn metric(&mut self, _x: &[f64], _distance: f64) -> Option<Symmetric> {
        None
    }
    /// Other smooth functions of the parameters whose derivatives matter at the end, such as profiled coefficients; at the last
    /// point evaluated.
    fn companions(&mut self, _x: &[f64]) -> Vec<f64> {
        Vec::new()
    }
    /// The gradient, and the companions after it, at points next to `x`, the last point evaluated; `None` outside the domain.
    fn gradients_near(&mut self, _x: &[f64], points: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
        let mut of = |x: &Vec<f64>| {
            let (_, gradient) = self.value_and_gradient(x)?;
            Some([gradient, self.companions(x)].concat())
        };
        points.iter().map(&mut of).collect()
    }
    /// Value.
    fn value(&mut self, x: &[f64]) -> f64 {
        self.value_and_gradient(x)
            .map_or(f64::INFINITY, |(value, _)| value)
    }
}

/// One accepted point of the search.
#[derive(Clone, Debug)]
pub struct Point {
    /// Evaluations so far.
    pub evaluation: usize,
    /// Objective.
    pub value: f64,
    /// Gradient in standard-error units: `sqrt(g' B^-1 g)`.
    pub scaled_gradient: f64,
    /// Step length relative to the full quasi-Newton step.
    pub step: f64,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The gradient is small in standard-error units.
    SmallGradient,
    /// No step improves the value beyond rounding.
    NoProgress,
    /// The evaluations are used up.
    EvaluationLimit,
    /// The start is outside the domain.
    BadStart,
    /// The user asked to stop.
    Interrupted,
}

impl Reason {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Reason::SmallGradient => "the gradient is small in standard-error units",
            Reason::NoProgress => "no step improves the log-likelihood beyond rounding",
            Reason::EvaluationLimit => {
                "the limit on evaluations was reached before the gradient became small"
            }
            Reason::BadStart => "the likelihood cannot be evaluated at the starting values",
            Reason::Interrupted => "interrupted by the user",
        }
    }
}

/// In words: the Hessian at the end has no inverse.
pub const INDEFINITE: &str = "not converged: the Hessian is not positive definite at the best point found; some parameter is \
     not identified by the data or its estimate is infinite";

/// What the search did.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Where it started.
    pub start: Vec<f64>,
    /// Accepted points.
    pub path: Vec<Point>,
    /// Evaluations of value and gradient, those for the information matrix included.
    pub evaluations: usize,
}

/// Shared with the caller's thread: progress to show, and the wish to stop.
#[derive(Default)]
pub struct Monitor {
    /// Set to stop at the next evaluation.
    pub stop: AtomicBool,
    /// How far it is: evaluations, objective and scaled gradient of a search; draws, draws wanted and divergences of a sampler.
    pub latest: Mutex<Option<(usize, f64, f64)>>,
}

impl Monitor {
    /// True if the user wants to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn tell(&self, point: &Point) {
        self.show(point.evaluation, point.value, point.scaled_gradient);
    }

    /// Says how far it is.
    pub fn show(&self, done: usize, value: f64, quality: f64) {
        if let Ok(mut latest) = self.latest.lock() {
            *latest = Some((done, value, quality));
        }
    }
}

/// Limits and tolerances of the search.
#[derive(Clone, Debug)]
pub struct Control {
    /// Evaluations after which the search gives up.
    pub max_evaluations: usize,
    /// Scaled gradient at which it is done: the distance to the optimum in standard errors.
    pub tolerance: f64,
}

impl Default for Control {
    fn default() -> Self {
        Control {
            max_evaluations: 500,
            tolerance: 1e-5,
        }
    }
}

/// An estimate, whatever the method.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Coefficients of all predictors.
    pub beta: Vec<f64>,
    /// Entries of the Cholesky factors, absolute scale.
    pub theta: Vec<f64>,
    /// Covariance of `(beta, theta)`; NaN for entries on the boundary.
    pub cov: Symmetric,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Random effects given the data.
    pub posterior: crate::integrate::Posterior,
    /// The optimum is one: gradient small and Hessian positive definite off the boundary.
    pub converged: bool,
    /// Some variance is zero or some correlation one.
    pub singular: bool,
    /// Convergence in words.
    pub reason: String,
    /// The search.
    pub record: Record,
    /// Curvature at the end, for a warm start.
    pub metric: Symmetric,
}
