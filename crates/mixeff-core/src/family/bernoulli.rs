//! The Bernoulli distribution.

use super::density::Density;
use super::jet::Jet;
use super::link::ProbabilityLink;
use super::quasi::Quasi;
use super::real::Real;
use super::simd::Arithmetic;

/// `log f(y) = y log F(eta) + (1 - y) log(1 - F(eta))`
///
/// `y` is 0 or 1, or a proportion in between (with the number of trials as prior weight).
#[derive(Clone, Copy, Debug)]
pub struct Bernoulli<L>(pub L);

impl<L: ProbabilityLink> Density<1> for Bernoulli<L> {
    const EVERYWHERE: bool = L::EVERYWHERE;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta]: [T; 1]) -> T {
        self.0.log_likelihood_of(y, 1.0 - y, eta)
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, [eta]: [f64; 1]) -> Jet<A, 1> {
        Jet::taylor(self.0.log_likelihood::<A>(y, 1.0 - y, eta))
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        0.0
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_probability(self.0, eta))
    }
}
