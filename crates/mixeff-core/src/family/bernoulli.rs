//! The Bernoulli distribution.

use super::density::Density;
use super::link::ProbabilityLink;
use super::real::Real;

/// `log f(y) = y log F(eta) + (1 - y) log(1 - F(eta))`
///
/// `y` is 0 or 1, or a proportion in between (with the number of trials as prior weight).
#[derive(Clone, Copy, Debug)]
pub struct Bernoulli<L>(pub L);

impl<L: ProbabilityLink> Density<1> for Bernoulli<L> {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta]: [T; 1]) -> T {
        let [success, failure] = self.0.log_probabilities(eta);
        success.times(y) + failure.times(1.0 - y)
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        0.0
    }
}
