//! The binomial distribution.

use libm::lgamma;

use super::density::Density;
use super::jet::Jet;
use super::link::ProbabilityLink;
use super::quasi::Quasi;
use super::real::Real;
use super::simd::Arithmetic;

/// `log f(y) = log (n choose y) + y log F(eta) + (n - y) log(1 - F(eta))`
///
/// `y` successes in `n` trials.
#[derive(Clone, Copy, Debug)]
pub struct Binomial<L>(pub L);

impl<L: ProbabilityLink> Density<1> for Binomial<L> {
    const EXTRA: bool = true;
    const EVERYWHERE: bool = L::EVERYWHERE;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, trials: f64, [eta]: [T; 1]) -> T {
        self.0.log_likelihood_of(y, trials - y, eta)
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, trials: f64, [eta]: [f64; 1]) -> Jet<A, 1> {
        Jet::taylor(self.0.log_likelihood::<A>(y, trials - y, eta))
    }

    fn log_normalizer(&self, y: f64, trials: f64) -> f64 {
        lgamma(trials + 1.0) - lgamma(y + 1.0) - lgamma(trials - y + 1.0)
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_probability(self.0, eta))
    }
}
