//! The identity link.

use super::{MeanLink, EDGE};
use crate::family::real::Real;

/// `mu = eta`
#[derive(Clone, Copy, Debug)]
pub struct Identity;

impl MeanLink for Identity {
    #[inline(always)]
    fn mean<T: Real>(self, eta: T) -> T {
        eta
    }

    #[inline(always)]
    fn log_mean<T: Real>(self, eta: T) -> T {
        eta.only_if(eta.value() > EDGE).ln()
    }
}
