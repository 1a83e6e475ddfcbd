//! The square root link.

use super::{MeanLink, EDGE};
use crate::family::real::Real;

/// `mu = eta^2`, `eta > 0`
#[derive(Clone, Copy, Debug)]
pub struct Sqrt;

impl MeanLink for Sqrt {
    #[inline(always)]
    fn mean<T: Real>(self, eta: T) -> T {
        eta.only_if(eta.value() > EDGE).square()
    }

    #[inline(always)]
    fn log_mean<T: Real>(self, eta: T) -> T {
        eta.only_if(eta.value() > EDGE).ln() * 2.0
    }
}
