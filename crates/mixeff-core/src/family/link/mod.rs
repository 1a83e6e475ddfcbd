//! Link functions: from the linear predictor to a probability or a mean.

mod cauchit;
mod cloglog;
mod identity;
mod interval;
mod inverse;
mod log;
mod logit;
mod loglog;
mod probit;
mod probit_interval;
mod sqrt;

pub use cauchit::Cauchit;
pub use cloglog::Cloglog;
pub use identity::Identity;
pub use interval::{Interval, IntervalLink};
pub use inverse::Inverse;
pub use log::Log;
pub use logit::Logit;
pub use loglog::Loglog;
pub use probit::Probit;
pub use sqrt::Sqrt;

use super::math::{self, coefficients::MOST};
use super::real::Real;
use super::simd::{Arithmetic, Plain};

/// Linear predictors nearer than this to the end of their domain count as outside: their
/// derivatives would overflow.
pub const EDGE: f64 = 1e-100;

/// A function of one variable: its value and first three derivatives.
pub type Taylor = [f64; 4];

/// A link for a probability `F(eta)`.
pub trait ProbabilityLink: Copy + Send + Sync + 'static {
    /// Whether both logarithms are finite for every finite `eta`.
    const EVERYWHERE: bool = false;

    /// `log F(eta)` and `log (1 - F(eta))` with their derivatives, all exact in both tails; not
    /// numbers outside the domain.
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2];

    /// `successes * log F(eta) + failures * log (1 - F(eta))` with its derivatives; what has the
    /// factor zero does not count even if infinite.
    #[inline(always)]
    fn log_likelihood<A: Arithmetic>(self, successes: f64, failures: f64, eta: f64) -> Taylor {
        let [success, failure] = self.log_probabilities::<A>(eta);
        std::array::from_fn(|k| times(successes, success[k]) + times(failures, failure[k]))
    }

    /// `F(eta)` and `1 - F(eta)` from their logarithms.
    #[inline(always)]
    fn probabilities<A: Arithmetic>(self, [success, failure]: &[Taylor; 2]) -> [f64; 2] {
        [math::exp::<A>(success[0]), math::exp::<A>(failure[0])]
    }

    /// The Taylor coefficients of both logarithms at `eta`, as many as the slices hold.
    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]);

    /// Those of the log-likelihood.
    fn log_likelihood_coefficients(self, successes: f64, failures: f64, eta: f64, c: &mut [f64]) {
        let mut logs = [[0.0; MOST]; 2];
        let [success, failure] = &mut logs;
        self.coefficients(eta, &mut success[..c.len()], &mut failure[..c.len()]);
        for (k, c) in c.iter_mut().enumerate() {
            *c = times(successes, success[k]) + times(failures, failure[k]);
        }
    }

    /// The log-likelihood at a number that may carry derivatives.
    #[inline(always)]
    fn log_likelihood_of<T: Real>(self, successes: f64, failures: f64, eta: T) -> T {
        let at = eta.value();
        eta.chain(self.log_likelihood::<T::A>(successes, failures, at), |c| {
            self.log_likelihood_coefficients(successes, failures, at, c)
        })
    }

    /// Where `F` is `p`, strictly between zero and one: by bisection, for starting values.
    fn quantile(self, p: f64) -> f64 {
        let (log, mut low, mut high) = (p.ln(), -1e9, 1e9);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            let below = self.log_probabilities::<Plain>(middle)[0][0] < log;
            *(if below { &mut low } else { &mut high }) = middle;
        }
        low
    }
}

/// `log F(eta)` and `log (1 - F(eta))` of a number with derivatives.
#[inline(always)]
pub fn log_probabilities<T: Real>(link: impl ProbabilityLink, eta: T) -> [T; 2] {
    let [success, failure] = link.log_probabilities::<T::A>(eta.value());
    let coefficients = |one: &mut [f64], which: usize| {
        let mut logs = [[0.0; MOST]; 2];
        let [success, failure] = &mut logs;
        let n = one.len();
        link.coefficients(eta.value(), &mut success[..n], &mut failure[..n]);
        one.copy_from_slice(&logs[which][..n]);
    };
    [
        eta.chain(success, |c| coefficients(c, 0)),
        eta.chain(failure, |c| coefficients(c, 1)),
    ]
}

#[inline(always)]
fn times(factor: f64, x: f64) -> f64 {
    if factor == 0.0 {
        0.0
    } else {
        factor * x
    }
}

/// A link for a mean.
pub trait MeanLink: Copy + Send + Sync + 'static {
    /// The mean; not a number outside the domain.
    fn mean<T: Real>(self, eta: T) -> T;

    /// Its logarithm; not a number where the mean is not positive.
    fn log_mean<T: Real>(self, eta: T) -> T;
}

/// `log F(eta)` and `log F(-eta)` of a distribution symmetric about zero, as functions of `eta`,
/// from `log F` at `-|eta|` and at `|eta|`, as functions of their arguments.
#[inline(always)]
fn symmetric(eta: f64, [low, high]: [Taylor; 2]) -> [Taylor; 2] {
    let below = eta < 0.0;
    [select(below, low, high), mirror(select(below, high, low))]
}

/// `f` if the condition holds, else `g`, entry by entry.
#[inline(always)]
fn select(condition: bool, [f, f1, f2, f3]: Taylor, [g, g1, g2, g3]: Taylor) -> Taylor {
    let pick = |x: f64, y: f64| if condition { x } else { y };
    [pick(f, g), pick(f1, g1), pick(f2, g2), pick(f3, g3)]
}

/// The function of the negative argument.
#[inline(always)]
fn mirror([f, f1, f2, f3]: Taylor) -> Taylor {
    [f, -f1, f2, -f3]
}
