//! The exponential distribution.

use super::density::Density;
use super::link::MeanLink;
use super::quasi::Quasi;
use super::real::Real;

/// `log f(y) = -log mu - y / mu`, `y >= 0`, where the link gives the mean `mu`.
#[derive(Clone, Copy, Debug)]
pub struct Exponential<L>(pub L);

impl<L: MeanLink> Density<1> for Exponential<L> {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta]: [T; 1]) -> T {
        let minus_log = -self.0.log_mean(eta);
        minus_log - minus_log.exp().times(y)
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        0.0
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_mean(self.0, eta, |mu| mu * mu))
    }
}
