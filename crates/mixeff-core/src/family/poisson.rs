//! The Poisson distribution.

use libm::lgamma;

use super::density::Density;
use super::link::MeanLink;
use super::quasi::Quasi;
use super::real::Real;

/// `log f(y) = y log mu - mu - log y!`, where the link gives the mean `mu`.
#[derive(Clone, Copy, Debug)]
pub struct Poisson<L>(pub L);

impl<L: MeanLink> Density<1> for Poisson<L> {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta]: [T; 1]) -> T {
        let mu = self.0.mean(eta);
        self.0.log_mean(eta).times(y) - mu.only_if(mu.value() >= 0.0)
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        -lgamma(y + 1.0)
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_mean(self.0, eta, |mu| mu))
    }
}
