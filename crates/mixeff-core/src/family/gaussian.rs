//! The normal distribution.

use super::density::Density;
use super::jet::Jet;
use super::link::MeanLink;
use super::quasi::Quasi;
use super::real::Real;
use super::simd::Arithmetic;

/// Residual log standard deviations beyond count as outside the domain.
const LOG_SD_LIMIT: f64 = 100.0;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `log f(y) = -(y - mu)^2 / (2 sigma^2) - log sigma - log(2 pi) / 2`
///
/// The link gives the mean `mu` from the first predictor; the second is `log sigma`, the log
/// residual standard deviation.
#[derive(Clone, Copy, Debug)]
pub struct Gaussian<L>(pub L);

impl<L: MeanLink> Density<2> for Gaussian<L> {
    const PHI_POWER: f64 = 2.0;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_sd]: [T; 2]) -> T {
        let residual = (self.0.mean(eta) - y) * (-log_sd).exp();
        let inside = log_sd.value().abs() < LOG_SD_LIMIT;
        residual.square() * -0.5 - log_sd.only_if(inside)
    }

    /// The square depends on the first predictor, its factor on the second.
    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let [[eta], [log_sd]] = eta.map(|x| Jet::<A, 1>::variables([x]));
        let log_sd = log_sd.only_if(log_sd.value().abs() < LOG_SD_LIMIT);
        let half_precision = (log_sd * -2.0).exp() * 0.5;
        -Jet::product((self.0.mean(eta) - y).square(), half_precision) - Jet::of_second(log_sd)
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        -HALF_LN_TAU
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_mean(self.0, eta, |_| 1.0))
    }
}
