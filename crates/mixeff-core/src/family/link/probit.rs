//! The probit link: the normal distribution.

use super::{symmetric, ProbabilityLink};
use crate::family::math;
use crate::family::real::Real;

/// `F(eta) = Phi(eta)`, the standard normal distribution function.
#[derive(Clone, Copy, Debug)]
pub struct Probit;

const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

impl ProbabilityLink for Probit {
    #[inline(always)]
    fn log_probabilities<T: Real>(self, eta: T) -> [T; 2] {
        let x = eta.value().abs();
        let h = math::mills_excess::<T::A>(x);
        let ratio = x + h;
        let log_density = -0.5 * x * x - HALF_LN_TAU;
        let low = log_density - math::ln::<T::A>(ratio);
        let density = math::exp::<T::A>(log_density);
        let tail = density / ratio;
        let m = density / (1.0 - tail);
        let y = x + m;
        let tails = [
            [low, ratio, -ratio * h, ratio * math::mills_third::<T::A>(x)],
            [
                math::ln_1p_unit::<T::A>(-tail),
                m,
                -m * y,
                m * (y * (y + m) - 1.0),
            ],
        ];
        symmetric(eta, tails)
    }
}
