//! The log-log link: the maximum extreme value (Gumbel) distribution.

use super::{mirror, Cloglog, ProbabilityLink, Taylor};
use crate::family::math::coefficients;
use crate::family::simd::Arithmetic;

/// `F(eta) = exp(-exp(-eta))`
#[derive(Clone, Copy, Debug)]
pub struct Loglog;

impl ProbabilityLink for Loglog {
    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let [failure, success] = Cloglog.log_probabilities::<A>(-eta);
        [mirror(success), mirror(failure)]
    }

    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]) {
        Cloglog.coefficients(-eta, failure, success);
        [success, failure]
            .into_iter()
            .for_each(coefficients::mirror);
    }
}
