//! The skew normal distribution.

use super::density::Density;
use super::jet::Jet;
use super::link::{log_probabilities, Probit};
use super::location_scale::{moments, residual, Residual};
use super::real::Real;
use super::simd::Arithmetic;
use super::Rows;

/// Shapes beyond count as outside the domain.
const SHAPE_LIMIT: f64 = 1e20;
const TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;
const ROOT_TWO_OVER_PI: f64 = 0.797_884_560_802_865_4;
/// `log 2 - log(2 pi) / 2`
const NORMALIZER: f64 = -0.225_791_352_644_727_43;

/// `log f(y) = log 2 + log c - log sigma - w^2 / 2 - log(2 pi) / 2 + log Phi(alpha w)`
///
/// Azzalini's (1985) distribution by its mean and standard deviation: with `z = (y - eta_1) / sigma`, `w = c z + m`,
/// `m = sqrt(2 / pi) alpha / sqrt(1 + alpha^2)` and `c = sqrt(1 - m^2)`. The first predictor is the mean, the second
/// `log sigma`, the log standard deviation, the third the shape `alpha`; zero is the normal distribution. As in
/// glmmTMB's `skewnormal`.
#[derive(Clone, Copy, Debug)]
pub struct SkewNormal;

/// Residuals beyond count as impossible: nothing overflows up to there.
const FAR: f64 = 1e60;

/// `c` and `m`.
#[inline(always)]
fn standardize<T: Real>(alpha: T) -> [T; 2] {
    let alpha = alpha.only_if(alpha.value().abs() < SHAPE_LIMIT);
    let u = (alpha.square() + 1.0).recip();
    let scale = (u * TWO_OVER_PI + (1.0 - TWO_OVER_PI)).sqrt();
    [scale, alpha * u.sqrt() * ROOT_TWO_OVER_PI]
}

/// `log Phi(x)`
#[inline(always)]
fn log_cdf<T: Real>(x: T) -> T {
    let [log, _] = log_probabilities(Probit, x);
    log
}

impl Density<3> for SkewNormal {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [mean, log_sd, alpha]: [T; 3]) -> T {
        let [scale, shift] = standardize(alpha);
        let z = residual(y, mean, log_sd);
        let w = z.only_if(z.value().abs() < FAR) * scale + shift;
        w.square() * -0.5 + log_cdf(alpha * w) + scale.ln() - log_sd
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 3]) -> Jet<A, 3> {
        let residual = Residual::new::<A>(y, eta[0], eta[1]);
        let [z] = Jet::<A, 1>::variables([residual.z]);
        let [alpha] = Jet::<A, 1>::variables([eta[2]]);
        let [scale, shift] = standardize(alpha);
        let z = z.only_if(residual.z.abs() < FAR);
        let w = Jet::product(z, scale) + Jet::of_second(shift);
        let skew = log_cdf(Jet::product(z, alpha * scale) + Jet::of_second(alpha * shift));
        let kernel = w.square() * -0.5 + skew + Jet::of_second(scale.ln());
        let mut jet = residual.jet_with_shape(kernel);
        jet.add_variable(-1.0, eta[1], 1);
        jet
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        NORMALIZER
    }

    fn guess(&self, rows: Rows<'_>) -> Option<[f64; 3]> {
        let y = || rows.y.iter().copied();
        let [mean, log_sd] = moments(y());
        let third = y().map(|y| (y - mean).powi(3)).sum::<f64>();
        Some([mean, log_sd, if third < 0.0 { -1.0 } else { 1.0 }])
    }
}
