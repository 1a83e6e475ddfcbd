//! The log link.

use super::{MeanLink, ProbabilityLink, Taylor, EDGE};
use crate::family::math;
use crate::family::real::Real;
use crate::family::simd::Arithmetic;

/// `mu = exp(eta)`; as a probability, `eta < 0`.
#[derive(Clone, Copy, Debug)]
pub struct Log;

impl MeanLink for Log {
    #[inline(always)]
    fn mean<T: Real>(self, eta: T) -> T {
        eta.exp()
    }

    #[inline(always)]
    fn log_mean<T: Real>(self, eta: T) -> T {
        eta
    }
}

impl ProbabilityLink for Log {
    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let inside = eta < -EDGE;
        let x = if inside { -eta } else { 1.0 };
        let (log, odds) = math::ln_1m_exp_neg::<A>(x);
        let second = -odds * (1.0 + odds);
        let success = if inside { eta } else { f64::NAN };
        let failure = if inside { log } else { f64::NAN };
        [
            [success, 1.0, 0.0, 0.0],
            [failure, -odds, second, second * A::mul_add(2.0, odds, 1.0)],
        ]
    }
}
