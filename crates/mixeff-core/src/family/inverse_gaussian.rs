//! The inverse Gaussian distribution.

use super::density::Density;
use super::jet::Jet;
use super::link::MeanLink;
use super::math;
use super::quasi::Quasi;
use super::real::Real;
use super::simd::Arithmetic;

/// Log dispersions beyond count as outside the domain.
const LOG_PHI_LIMIT: f64 = 200.0;
/// Log-densities below count as minus infinity: their derivatives would overflow.
const LOWEST: f64 = -1e300;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `log f(y) = -(y - mu)^2 / (2 phi mu^2 y) - log(2 pi phi y^3) / 2`, `y > 0`
///
/// The link gives the mean `mu` from the first predictor; the second is `log phi`, the log dispersion: the variance is
/// `phi mu^3` (McCullagh and Nelder 1989). The square is that of `exp(z) - 1`, where `z = log(y / mu)`.
#[derive(Clone, Copy, Debug)]
pub struct InverseGaussian<L>(pub L);

/// The log dispersion within its limits.
#[inline(always)]
fn limited<T: Real>(log_phi: T) -> T {
    log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT)
}

impl<L: MeanLink> InverseGaussian<L> {
    /// `(y / mu - 1)^2 / (2 y)`
    #[inline(always)]
    fn half_deviance<T: Real>(&self, y: f64, eta: T) -> T {
        let z = -self.0.log_mean(eta) + T::constant(math::ln::<T::A>(y));
        z.exp_m1().square() * (0.5 / y)
    }
}

impl<L: MeanLink> Density<2> for InverseGaussian<L> {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let log_phi = limited(log_phi);
        let l = -(self.half_deviance(y, eta) * (-log_phi).exp()) - log_phi * 0.5;
        l.only_if(l.value() > LOWEST)
    }

    /// The deviance depends on the first predictor, its factor on the second.
    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let [[eta], [log_phi]] = eta.map(|x| Jet::<A, 1>::variables([x]));
        let log_phi = limited(log_phi);
        let l = -Jet::product(self.half_deviance(y, eta), (-log_phi).exp())
            - Jet::of_second(log_phi * 0.5);
        l.only_if(l.value() > LOWEST)
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        -HALF_LN_TAU - 1.5 * libm::log(y)
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_mean(self.0, eta, |mu| mu * mu * mu))
    }
}
