//! Link functions: from the linear predictor to a probability or a mean.

mod cauchit;
mod cloglog;
mod identity;
mod inverse;
mod log;
mod logit;
mod loglog;
mod probit;
mod sqrt;

pub use cauchit::Cauchit;
pub use cloglog::Cloglog;
pub use identity::Identity;
pub use inverse::Inverse;
pub use log::Log;
pub use logit::Logit;
pub use loglog::Loglog;
pub use probit::Probit;
pub use sqrt::Sqrt;

use super::real::Real;

/// Linear predictors nearer than this to the end of their domain count as outside: their
/// derivatives would overflow.
pub const EDGE: f64 = 1e-100;

/// A link for a probability `F(eta)`.
pub trait ProbabilityLink: Copy + Send + Sync + 'static {
    /// `log F(eta)` and `log (1 - F(eta))`, both exact in both tails; not numbers outside the
    /// domain.
    fn log_probabilities<T: Real>(self, eta: T) -> [T; 2];
}

/// A link for a mean.
pub trait MeanLink: Copy + Send + Sync + 'static {
    /// The mean; not a number outside the domain.
    fn mean<T: Real>(self, eta: T) -> T;

    /// Its logarithm; not a number where the mean is not positive.
    fn log_mean<T: Real>(self, eta: T) -> T;
}

/// Both tails of a distribution symmetric about zero, from value and derivatives of `log F(-x)`
/// and `log F(x)` with respect to their arguments, at `x = |eta|`.
#[inline(always)]
fn symmetric<T: Real>(eta: T, [low, high]: [[f64; 4]; 2]) -> [T; 2] {
    let negative = eta.value() < 0.0;
    let pick = |swap: bool| std::array::from_fn(|k| if swap { low[k] } else { high[k] });
    [eta.chain(pick(negative)), (-eta).chain(pick(!negative))]
}
