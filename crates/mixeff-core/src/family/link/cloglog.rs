//! The complementary log-log link: the minimum extreme value (Gumbel) distribution.

use super::{select, ProbabilityLink, Taylor};
use crate::family::math::{self, coefficients, coefficients::MOST};
use crate::family::simd::{Arithmetic, Plain};

/// `F(eta) = 1 - exp(-exp(eta))`
#[derive(Clone, Copy, Debug)]
pub struct Cloglog;

impl ProbabilityLink for Cloglog {
    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let mu = math::exp::<A>(eta);
        [ln_1m_exp_neg_exp::<A>(eta, mu), [-mu; 4]]
    }

    /// With `mu = exp(eta)`, the slope `b = mu / (exp(mu) - 1)` of the first changes by `b' = b (1 - mu - b)`.
    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]) {
        let [[log, slope, ..], [minus_mu, ..]] = self.log_probabilities::<Plain>(eta);
        coefficients::exp(minus_mu, failure);
        let mut mu = [0.0; MOST];
        coefficients::exp(-minus_mu.max(-FAR), &mut mu);
        let (mut b, mut c) = ([0.0; MOST], [0.0; MOST]);
        (b[0], c[0]) = (slope, 1.0 - mu[0] - slope);
        for k in 0..MOST - 1 {
            b[k + 1] = coefficients::product_term(&b, &c, k) / (k + 1) as f64;
            c[k + 1] = -mu[k + 1] - b[k + 1];
        }
        coefficients::integrate(&b, log, success);
    }
}

/// Means beyond count as this: a failure is impossible.
const FAR: f64 = 800.0;

/// `log(sinh(x / 2) / (x / 2))` in powers of `x^2` from the first: `B_2n / (2n (2n)!)`.
const LN_SINHC: [f64; 6] = [
    0.041_666_666_666_666_664,
    -0.000_347_222_222_222_222_2,
    5.511_463_844_797_178e-6,
    -1.033_399_470_899_471e-7,
    2.087_675_698_786_81e-9,
    -4.403_491_782_239_578e-11,
];

/// The coefficients after `order` applications of `x d/dx`.
const fn euler(order: usize) -> [f64; 6] {
    let mut c = LN_SINHC;
    let mut n = 0;
    while n < 6 {
        let mut k = 0;
        while k < order {
            c[n] *= (2 * n + 2) as f64;
            k += 1;
        }
        n += 1;
    }
    c
}

const LN_SINHC_1: [f64; 6] = euler(1);
const LN_SINHC_2: [f64; 6] = euler(2);
const LN_SINHC_3: [f64; 6] = euler(3);

/// `log(1 - exp(-mu))` with `mu = exp(eta)`, as a function of `eta`.
///
/// With `b = mu / (exp(mu) - 1)` the derivatives are `b`, `b c`, `b (c^2 - b c - mu)`, where
/// `c = 1 - mu - b`; for small `mu` a series, since `c` cancels.
#[inline(always)]
fn ln_1m_exp_neg_exp<A: Arithmetic>(eta: f64, mu: f64) -> Taylor {
    let near = mu < 0.25;
    let x = if mu < FAR { mu } else { FAR };
    let (log, odds) = math::ln_1m_exp_neg::<A>(x);
    let b = x * odds;
    let c = 1.0 - x - b;
    let far = [log, b, b * c, b * (c * c - b * c - x)];
    let x2 = x * x;
    let close = [
        eta + A::mul_add(x2, math::polynomial::<A, 6>(x2, &LN_SINHC), -0.5 * x),
        1.0 + A::mul_add(x2, math::polynomial::<A, 6>(x2, &LN_SINHC_1), -0.5 * x),
        A::mul_add(x2, math::polynomial::<A, 6>(x2, &LN_SINHC_2), -0.5 * x),
        A::mul_add(x2, math::polynomial::<A, 6>(x2, &LN_SINHC_3), -0.5 * x),
    ];
    select(near, close, far)
}
