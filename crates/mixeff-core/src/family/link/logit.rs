//! The logit link: the logistic distribution.

use super::{ProbabilityLink, Taylor};
use crate::family::math::{
    self,
    coefficients::{integrate, product_term, MOST},
};
use crate::family::simd::{Arithmetic, Plain};

/// `F(eta) = 1 / (1 + exp(-eta))`
#[derive(Clone, Copy, Debug)]
pub struct Logit;

/// The smaller of `F` and `1 - F` as a series: `F' = F (1 - F)`.
fn tail(value: f64, rises: bool) -> [f64; MOST] {
    let mut tail = [0.0; MOST];
    tail[0] = value;
    for k in 0..MOST - 1 {
        let slope = tail[k] - product_term(&tail, &tail, k);
        tail[k + 1] = if rises { slope } else { -slope } / (k + 1) as f64;
    }
    tail
}

/// `log(1 + exp(-|eta|))`, `F(eta)` and `1 - F(eta)`.
#[inline(always)]
fn logistic<A: Arithmetic>(eta: f64) -> [f64; 3] {
    let e = math::exp::<A>(-eta.abs());
    let (log, large) = math::ln_1p_and_recip::<A>(e);
    let small = e * large;
    if eta > 0.0 {
        [log, large, small]
    } else {
        [log, small, large]
    }
}

impl ProbabilityLink for Logit {
    const EVERYWHERE: bool = true;

    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let failure = self.log_likelihood::<A>(0.0, 1.0, eta);
        [self.log_likelihood::<A>(1.0, 0.0, eta), failure]
    }

    /// In closed form, since successes and failures share all derivatives but the first.
    #[inline(always)]
    fn log_likelihood<A: Arithmetic>(self, successes: f64, failures: f64, eta: f64) -> Taylor {
        let [log, p, q] = logistic::<A>(eta);
        let n = successes + failures;
        let positive = if eta > 0.0 { eta } else { 0.0 };
        let variance = n * (p * q);
        [
            A::mul_add(successes, eta, -n * positive) - n * log,
            A::mul_add(successes, q, -failures * p),
            -variance,
            variance * (p - q),
        ]
    }

    /// The slopes of the logarithms are `1 - F` and `-F`.
    #[inline(always)]
    fn probabilities<A: Arithmetic>(self, [success, failure]: &[Taylor; 2]) -> [f64; 2] {
        [-failure[1], success[1]]
    }

    /// By the same slopes.
    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]) {
        let [[log_p, ..], [log_q, ..]] = self.log_probabilities::<Plain>(eta);
        let [_, p, q] = logistic::<Plain>(eta);
        let tail = tail(p.min(q), p < q);
        let minus = tail.map(|x| -x);
        let (mut slope_p, mut slope_q) = if p < q { (minus, minus) } else { (tail, tail) };
        (slope_p[0], slope_q[0]) = (q, -p);
        integrate(&slope_p, log_p, success);
        integrate(&slope_q, log_q, failure);
    }
}
