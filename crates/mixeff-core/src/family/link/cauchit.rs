//! The cauchit link: the Cauchy distribution.

use std::f64::consts::{FRAC_1_PI, FRAC_PI_2};

use super::{symmetric, ProbabilityLink, Taylor};
use crate::family::math::{
    self,
    coefficients::{integrate, ln_of, MOST},
};
use crate::family::simd::{Arithmetic, Plain};

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

    /// From the density `1 / (pi (1 + x^2))`, whose reciprocal is a polynomial.
    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]) {
        let [[log_p, ..], [log_q, ..]] = self.log_probabilities::<Plain>(eta);
        let square = 1.0 + eta * eta;
        let mut density = [0.0; MOST];
        density[0] = FRAC_1_PI / square;
        density[1] = -2.0 * eta * density[0] / square;
        for k in 2..MOST {
            density[k] = -(2.0 * eta * density[k - 1] + density[k - 2]) / square;
        }
        for (c, log, sign) in [(success, log_p, 1.0), (failure, log_q, -1.0)] {
            integrate(&density.map(|f| sign * f), libm::exp(log), c);
            ln_of(c);
            c[0] = log;
        }
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
