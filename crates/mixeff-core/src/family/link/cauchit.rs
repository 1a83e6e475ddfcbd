//! The cauchit link: the Cauchy distribution.

use std::f64::consts::{FRAC_1_PI, FRAC_PI_2};

use super::{symmetric, ProbabilityLink};
use crate::family::math;
use crate::family::real::Real;

/// `F(eta) = 1/2 + atan(eta) / pi`
#[derive(Clone, Copy, Debug)]
pub struct Cauchit;

impl ProbabilityLink for Cauchit {
    #[inline(always)]
    fn log_probabilities<T: Real>(self, eta: T) -> [T; 2] {
        let x = eta.value().abs();
        let far = x > 1.0;
        let angle = math::atan_unit::<T::A>(if far { x.recip() } else { x });
        let tail = FRAC_1_PI * if far { angle } else { FRAC_PI_2 - angle };
        let u = (1.0 + x * x).recip();
        let (low, high) = (math::ln::<T::A>(tail), math::ln_1p_unit::<T::A>(-tail));
        let tails = [
            log_derivatives(low, FRAC_1_PI * u / tail, 2.0 * x * u, u),
            log_derivatives(high, FRAC_1_PI * u / (1.0 - tail), -2.0 * x * u, u),
        ];
        symmetric(eta, tails)
    }
}

/// The derivatives of `log F` from `F'/F = r`, `F''/F' = g` and `u = 1 / (1 + x^2)`.
#[inline(always)]
fn log_derivatives(log: f64, r: f64, g: f64, u: f64) -> [f64; 4] {
    let curl = g - r;
    [
        log,
        r,
        r * curl,
        r * (curl * curl - r * curl + 2.0 * u * (1.0 - 2.0 * u)),
    ]
}
