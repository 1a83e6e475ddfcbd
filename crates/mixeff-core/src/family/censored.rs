//! Censored responses of a location-scale distribution.

use super::density::Density;
use super::jet::Jet;
use super::link::{log_probabilities, Cloglog, Log, ProbabilityLink, Probit};
use super::location_scale::{moments, residual, Residual, LOG_SCALE_LIMIT};
use super::minimum_extreme;
use super::real::Real;
use super::simd::Arithmetic;
use super::Rows;

/// A standard distribution.
pub trait Standard: Copy + Send + Sync + 'static {
    /// Its distribution function, as a link.
    type Link: ProbabilityLink;
    /// That link.
    const LINK: Self::Link;
    /// Whether it is symmetric about zero.
    const SYMMETRIC: bool;
    /// Residuals further out on either side count as infinite: derivatives would overflow.
    const ENDS: [f64; 2];
    /// A constant of the log-density.
    const NORMALIZER: f64;

    /// The rest of the log-density.
    fn log_density<T: Real>(z: T) -> T;
}

/// The normal distribution.
#[derive(Clone, Copy, Debug)]
pub struct Normal;

impl Standard for Normal {
    type Link = Probit;
    const LINK: Probit = Probit;
    const SYMMETRIC: bool = true;
    const ENDS: [f64; 2] = [-1e40, 1e40];
    const NORMALIZER: f64 = -0.918_938_533_204_672_8;

    #[inline(always)]
    fn log_density<T: Real>(z: T) -> T {
        z.square() * -0.5
    }
}

/// The minimum extreme value (Gumbel) distribution.
#[derive(Clone, Copy, Debug)]
pub struct Minimum;

impl Standard for Minimum {
    type Link = Cloglog;
    const LINK: Cloglog = Cloglog;
    const SYMMETRIC: bool = false;
    const ENDS: [f64; 2] = [-600.0, 100.0];
    const NORMALIZER: f64 = 0.0;

    #[inline(always)]
    fn log_density<T: Real>(z: T) -> T {
        minimum_extreme::log_standard(z)
    }
}

/// `log f(y)` as an exact observation if the two ends are equal, else `log (F(b) - F(a))`, where `a` and `b` are the residuals
/// of the lower and the upper end
///
/// The response is the lower end, minus infinity if censored from the left; the second column is the upper end, infinity if
/// censored from the right. The first predictor is the location, the second the log scale. With `S = 1 - F` the interval has
/// `log S(a) + log(1 - S(b) / S(a))`, accurate in the upper tail; a symmetric distribution is reflected to have the interval
/// there, and `S` of the other is accurate everywhere. Relative errors are about 1e-15 over the width of the interval.
#[derive(Clone, Copy, Debug)]
pub struct Censored<S>(pub S);

impl<S: Standard> Censored<S> {
    /// The ends whose upper tails differ by the interval, and -1 if it has been reflected for that, else 1.
    #[inline(always)]
    fn ends(lower: f64, upper: f64, location: f64) -> ([f64; 2], f64) {
        if S::SYMMETRIC && lower - location < location - upper {
            ([upper, lower], -1.0)
        } else {
            ([lower, upper], 1.0)
        }
    }

    /// The nearest residual that does not count as infinite.
    #[inline(always)]
    fn inner(z: f64) -> f64 {
        let [low, high] = S::ENDS;
        let z = if z < high { z } else { high };
        if z > low {
            z
        } else {
            low
        }
    }

    /// The logarithm of the upper tail.
    #[inline(always)]
    fn log_tail<T: Real>(z: T) -> T {
        let [_, log] = log_probabilities(S::LINK, z);
        log
    }

    /// The same in the location and the log scale, at an end of the interval.
    #[inline(always)]
    fn tail<A: Arithmetic>(y: f64, sign: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let Residual { z, k } = Residual::new::<A>(y, eta[0], eta[1]);
        let (z, k) = (z * sign, k * sign);
        let inner = Self::inner(z);
        let [variable] = Jet::<A, 1>::variables([inner]);
        let tail = Self::log_tail(variable);
        let jet = Residual { z, k }.jet(tail);
        jet.select(z == inner, Jet::constant(tail.value()))
    }

    /// `log (S(a) - S(b))` from `log S(a)` and `log S(b)`.
    #[inline(always)]
    fn log_interval<T: Real>([near, far]: [T; 2]) -> T {
        let [_, log_rest] = log_probabilities(Log, far - near);
        near + log_rest
    }
}

impl<S: Standard> Density<2> for Censored<S> {
    const EXTRA: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, lower: f64, upper: f64, [location, log_scale]: [T; 2]) -> T {
        let (ends, sign) = Self::ends(lower, upper, location.value());
        let inside = log_scale.value().abs() < LOG_SCALE_LIMIT;
        let tails = ends.map(|y| {
            let z = residual(y, location, log_scale) * sign;
            let inner = Self::inner(z.value());
            Self::log_tail(z.select(z.value() == inner, T::constant(inner)))
        });
        let exact = S::log_density(residual(lower, location, log_scale));
        let interval = Self::log_interval(tails).only_if(inside);
        (exact - log_scale).select(lower == upper, interval)
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, lower: f64, upper: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let (ends, sign) = Self::ends(lower, upper, eta[0]);
        let near = Self::tail(ends[0], sign, eta);
        let far = Self::tail(ends[1], sign, eta);
        let residual = Residual::new::<A>(lower, eta[0], eta[1]);
        let [z] = Jet::variables([residual.z]);
        let mut exact = residual.jet(S::log_density(z));
        exact.add_variable(-1.0, eta[1], 1);
        let inside = eta[1].abs() < LOG_SCALE_LIMIT;
        let interval = Self::log_interval([near, far]).only_if(inside);
        exact.select(lower == upper, interval)
    }

    fn log_normalizer(&self, lower: f64, upper: f64) -> f64 {
        if lower == upper {
            S::NORMALIZER
        } else {
            0.0
        }
    }

    fn guess(&self, rows: Rows<'_>) -> Option<[f64; 2]> {
        let ends = rows.y.iter().zip(rows.extra);
        let inner = ends.map(|(&low, &high)| match (low.is_finite(), high.is_finite()) {
            (true, true) => 0.5 * (low + high),
            (true, false) => low,
            _ => high,
        });
        Some(moments(inner))
    }
}
