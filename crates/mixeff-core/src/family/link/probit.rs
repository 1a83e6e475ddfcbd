//! The probit link: the normal distribution.

use super::{symmetric, ProbabilityLink, Taylor};
use crate::family::math;
use crate::family::simd::Arithmetic;

/// `F(eta) = Phi(eta)`, the standard normal distribution function.
#[derive(Clone, Copy, Debug)]
pub struct Probit;

/// Linear predictors beyond count as this, so that nothing overflows.
const FAR: f64 = 1e75;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

impl ProbabilityLink for Probit {
    const EVERYWHERE: bool = true;

    /// Below the mean through the inverse Mills ratio `phi(x) / Phi(-x) = x + h`, above it
    /// through `1 - Phi(-x)`, in terms of `m = phi(x) / Phi(x)`.
    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let x = if eta.abs() < FAR { eta.abs() } else { FAR };
        let [h, third] = math::mills::<A>(x);
        let ratio = x + h;
        let log_density = A::mul_add(-0.5 * x, x, -HALF_LN_TAU);
        let density = math::exp::<A>(log_density);
        let tail = density / ratio;
        let m = density / (1.0 - tail);
        let y = x + m;
        let log = log_density - math::ln::<A>(ratio);
        let low = [log, ratio, -ratio * h, ratio * third];
        let high = [
            math::ln_1p_unit::<A>(-tail),
            m,
            -m * y,
            m * A::mul_add(y, y + m, -1.0),
        ];
        symmetric(eta, [low, high])
    }
}
