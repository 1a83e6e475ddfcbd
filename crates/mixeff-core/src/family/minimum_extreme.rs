//! The minimum extreme value (Gumbel) distribution: the logarithm of a Weibull time.

use super::density::Density;
use super::jet::Jet;
use super::location_scale::{moments, residual, Residual};
use super::real::Real;
use super::simd::Arithmetic;
use super::Rows;

/// Residuals beyond count as impossible: nothing overflows up to there.
const FAR: f64 = 300.0;
/// The mean of the standard distribution, minus Euler's constant, and the logarithm of its standard deviation.
const MEAN: f64 = -0.577_215_664_901_532_9;
const LOG_SD: f64 = 0.248_850_151_235_372_66;

/// `log f(y) = z - exp(z) - log sigma`, `z = (y - eta_1) / sigma`
///
/// The first predictor is the location, the second `log sigma`, the log scale. A Weibull time `exp(y)` has the scale
/// `exp(eta_1)` and the shape `1 / sigma`, as in R's `survreg`.
#[derive(Clone, Copy, Debug)]
pub struct MinimumExtreme;

/// `log f` of the standard distribution; not a number too far out.
#[inline(always)]
pub fn log_standard<T: Real>(z: T) -> T {
    let z = z.only_if(z.value() < FAR);
    z - z.exp()
}

impl Density<2> for MinimumExtreme {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [location, log_scale]: [T; 2]) -> T {
        log_standard(residual(y, location, log_scale)) - log_scale
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, [location, log_scale]: [f64; 2]) -> Jet<A, 2> {
        let residual = Residual::new::<A>(y, location, log_scale);
        let [z] = Jet::variables([residual.z]);
        let mut jet = residual.jet(log_standard(z));
        jet.add_variable(-1.0, log_scale, 1);
        jet
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        0.0
    }

    fn guess(&self, rows: Rows<'_>) -> Option<[f64; 2]> {
        let [mean, log_sd] = moments(rows.y.iter().copied());
        let log_scale = log_sd - LOG_SD;
        Some([mean - MEAN * log_scale.exp(), log_scale])
    }
}
