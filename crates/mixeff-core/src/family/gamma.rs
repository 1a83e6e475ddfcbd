//! The gamma distribution.

use super::density::Density;
use super::jet::Jet;
use super::link::MeanLink;
use super::math;
use super::quasi::Quasi;
use super::real::Real;
use super::simd::Arithmetic;

/// Log dispersions beyond count as outside the domain.
const LOG_PHI_LIMIT: f64 = 200.0;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `log f(y) = a log(a / mu) + (a - 1) log y - a y / mu - log Gamma(a)`, `a = 1 / phi`
///
/// The link gives the mean `mu` from the first predictor; the second is `log phi`, the log
/// dispersion: the variance is `phi mu^2`. Written as
/// `-a (exp(z) - 1 - z) + log(a) / 2 - r(a) - log(2 pi) / 2 - log y`, where `z = log(y / mu)` and
/// `r` is the remainder of Stirling's formula, nothing cancels for a large shape `a`.
#[derive(Clone, Copy, Debug)]
pub struct Gamma<L>(pub L);

impl<L: MeanLink> Density<2> for Gamma<L> {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let z = -self.0.log_mean(eta) + T::constant(math::ln::<T::A>(y));
        let shape = shape(log_phi);
        -(shape * z.exp_m1_mx()) - log_phi * 0.5 - shape.stirling_remainder(-log_phi.value())
    }

    const SPLIT: bool = true;

    /// The shape depends on the second predictor, its factor on the first.
    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let [[eta], [log_phi]] = eta.map(|x| Jet::<A, 1>::variables([x]));
        let z = -self.0.log_mean(eta) + Jet::constant(math::ln::<A>(y));
        -Jet::product(z.exp_m1_mx(), shape(log_phi))
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, _: f64, [_, log_phi]: [f64; 2]) -> Jet<A, 2> {
        let [log_phi] = Jet::<A, 1>::variables([log_phi]);
        let rest = log_phi * 0.5 + shape(log_phi).stirling_remainder(-log_phi.value());
        -Jet::of_second(rest)
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        -HALF_LN_TAU - libm::log(y)
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        Some(Quasi::of_mean(self.0, eta, |mu| mu * mu))
    }
}

/// `a`, within the limits of the dispersion.
#[inline(always)]
fn shape<T: Real>(log_phi: T) -> T {
    (-log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT)).exp()
}
