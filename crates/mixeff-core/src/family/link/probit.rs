//! The probit link: the normal distribution.

use super::{symmetric, ProbabilityLink, Taylor};
use crate::family::math::{
    self,
    coefficients::{integrate, ln_of, mirror, product_term, MOST},
};
use crate::family::simd::{Arithmetic, Plain};

/// `F(eta) = Phi(eta)`, the standard normal distribution function.
#[derive(Clone, Copy, Debug)]
pub struct Probit;

/// Linear predictors beyond count as this, so that nothing overflows.
const FAR: f64 = 1e75;
/// Below, the asymptotic series is exact to rounding.
const TAIL: f64 = -8.0;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

impl ProbabilityLink for Probit {
    const EVERYWHERE: bool = true;

    /// Below the mean through the inverse Mills ratio `phi(x) / Phi(-x) = x + h`, above it
    /// through `1 - Phi(-x)`, in terms of `m = phi(x) / Phi(x)`.
    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let x = if eta.abs() < FAR { eta.abs() } else { FAR };
        let [h, third] = math::mills::<A>(x);
        let ratio = x + h;
        let log_density = A::mul_add(-0.5 * x, x, -HALF_LN_TAU);
        let density = math::exp::<A>(log_density);
        let tail = density / ratio;
        let m = density / (1.0 - tail);
        let y = x + m;
        let log = log_density - math::ln::<A>(ratio);
        let low = [log, ratio, -ratio * h, ratio * third];
        let high = [
            math::ln_1p_unit::<A>(-tail),
            m,
            -m * y,
            m * A::mul_add(y, y + m, -1.0),
        ];
        symmetric(eta, [low, high])
    }

    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]) {
        log_cdf(eta, success);
        log_cdf(-eta, failure);
        mirror(failure);
    }
}

/// `log Phi`. Its slope `m` falls by `m' = -m (x + m)`, where in the tail all digits cancel; there
/// `-x^2 / 2 - log(-x) - log(2 pi) / 2 + log(1 - 1 / x^2 + 3 / x^4 - ..)`.
fn log_cdf(x: f64, c: &mut [f64]) {
    let [[log, slope, ..], _] = Probit.log_probabilities::<Plain>(x);
    if x < TAIL {
        log_cdf_of_tail(x.max(-FAR), c);
        c[0] = log;
        return;
    }
    let (mut m, mut y) = ([0.0; MOST], [0.0; MOST]);
    (m[0], y[0]) = (slope, x + slope);
    for k in 0..MOST - 1 {
        m[k + 1] = -product_term(&m, &y, k) / (k + 1) as f64;
        y[k + 1] = m[k + 1] + if k == 0 { 1.0 } else { 0.0 };
    }
    integrate(&m, log, c);
}

fn log_cdf_of_tail(x: f64, c: &mut [f64]) {
    c.fill(0.0);
    let r = x.recip();
    let mut leading = 1.0;
    for n in 0..20 {
        let mut term = leading;
        for (k, c) in c.iter_mut().enumerate() {
            *c += term;
            term *= -r * (2 * n + k) as f64 / (k + 1) as f64;
        }
        leading *= -r * r * (2 * n + 1) as f64;
    }
    ln_of(c);
    let mut power = 1.0;
    for (k, c) in c.iter_mut().enumerate().skip(1) {
        power *= -r;
        *c += power / k as f64;
    }
    for (k, quadratic) in [(1, -x), (2, -0.5)] {
        if let Some(c) = c.get_mut(k) {
            *c += quadratic;
        }
    }
}
