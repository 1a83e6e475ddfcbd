//! The log link.

use super::{MeanLink, ProbabilityLink, EDGE};
use crate::family::math;
use crate::family::real::Real;

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
    fn log_probabilities<T: Real>(self, eta: T) -> [T; 2] {
        let inside = eta.value() < -EDGE;
        let x = if inside { -eta.value() } else { 1.0 };
        let a = math::exp_m1::<T::A>(x).recip();
        let b = a * (1.0 + a);
        let failure = [math::ln_1m_exp_neg::<T::A>(x), -a, -b, -b * (1.0 + 2.0 * a)];
        [eta.only_if(inside), eta.chain(failure).only_if(inside)]
    }
}
