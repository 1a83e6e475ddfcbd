//! The inverse link.

use super::{MeanLink, EDGE};
use crate::family::real::Real;

/// `mu = 1 / eta`, `eta > 0`
#[derive(Clone, Copy, Debug)]
pub struct Inverse;

impl MeanLink for Inverse {
    #[inline(always)]
    fn mean<T: Real>(self, eta: T) -> T {
        eta.only_if(eta.value() > EDGE).recip()
    }

    #[inline(always)]
    fn log_mean<T: Real>(self, eta: T) -> T {
        -eta.only_if(eta.value() > EDGE).ln()
    }
}
