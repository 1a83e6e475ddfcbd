//! The cauchit link: the Cauchy distribution.

use std::f64::consts::{FRAC_1_PI, FRAC_PI_2};

use super::{symmetric, ProbabilityLink, Taylor};
use crate::family::math;
use crate::family::simd::Arithmetic;

/// `F(eta) = 1/2 + atan(eta) / pi`
#[derive(Clone, Copy, Debug)]
pub struct Cauchit;

impl ProbabilityLink for Cauchit {
    const EVERYWHERE: bool = true;

    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let x = eta.abs();
        let far = x > 1.0;
        let angle = math::atan_unit::<A>(if far { x.recip() } else { x });
        let tail = FRAC_1_PI * if far { angle } else { FRAC_PI_2 - angle };
        let body = 1.0 - tail;
        let r = (A::mul_add(x, x, 1.0) * (tail * body)).recip();
        let u = r * (tail * body);
        let low = derivatives(math::ln::<A>(tail), FRAC_1_PI * r * body, -x, u);
        let high = derivatives(math::ln_1p_unit::<A>(-tail), FRAC_1_PI * r * tail, x, u);
        symmetric(eta, [low, high])
    }
}

/// The derivatives of `log F` at `x` from its first, `r`, and `u = 1 / (1 + x^2)`; with
/// `F'' / F' = -2 x u` the others follow.
#[inline(always)]
fn derivatives(log: f64, r: f64, x: f64, u: f64) -> Taylor {
    let bend = -2.0 * x * u - r;
    [
        log,
        r,
        r * bend,
        r * (bend * bend - r * bend + 2.0 * u * (1.0 - 2.0 * u)),
    ]
}
