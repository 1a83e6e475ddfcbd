//! The log-log link: the maximum extreme value (Gumbel) distribution.

use super::{Cloglog, ProbabilityLink};
use crate::family::real::Real;

/// `F(eta) = exp(-exp(-eta))`
#[derive(Clone, Copy, Debug)]
pub struct Loglog;

impl ProbabilityLink for Loglog {
    #[inline(always)]
    fn log_probabilities<T: Real>(self, eta: T) -> [T; 2] {
        let [failure, success] = Cloglog.log_probabilities(-eta);
        [success, failure]
    }
}
