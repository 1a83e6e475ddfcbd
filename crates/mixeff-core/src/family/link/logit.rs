//! The logit link: the logistic distribution.

use super::ProbabilityLink;
use crate::family::math;
use crate::family::real::Real;

/// `F(eta) = 1 / (1 + exp(-eta))`
#[derive(Clone, Copy, Debug)]
pub struct Logit;

/// `log(1 + exp(-|eta|))`, `F(eta)` and `1 - F(eta)`.
#[inline(always)]
pub fn logistic<T: Real>(eta: f64) -> [f64; 3] {
    let e = math::exp::<T::A>(-eta.abs());
    let (log, large) = math::ln_1p_and_recip::<T::A>(e);
    let small = e * large;
    if eta > 0.0 {
        [log, large, small]
    } else {
        [log, small, large]
    }
}

impl ProbabilityLink for Logit {
    #[inline(always)]
    fn log_probabilities<T: Real>(self, eta: T) -> [T; 2] {
        let x = eta.value();
        let [log, p, q] = logistic::<T>(x);
        let (second, third) = (-p * q, -p * q * (q - p));
        let positive = if x > 0.0 { x } else { 0.0 };
        [
            eta.chain([x - positive - log, q, second, third]),
            eta.chain([-positive - log, -p, second, third]),
        ]
    }
}
