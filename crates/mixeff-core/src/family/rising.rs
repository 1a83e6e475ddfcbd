//! The logarithm of a rising factorial, which tells a negative binomial from a Poisson, and a beta-binomial from a binomial.

use super::math::{self, coefficients};
use super::real::Real;

/// Stirling's formula is used up to here; beyond, the limit is exact.
pub const LOG_LIMIT: f64 = 200.0;

/// `k` at the limits.
const LEAST: f64 = 1.383_896_526_736_737_6e-87;
const MOST: f64 = 7.225_973_768_125_749e86;

/// `log Gamma(k + y) - log Gamma(k) - y log k`, the sum of `log(1 + j / k)` over `j < y`, as a function of `log k`.
///
/// By Stirling's formula, with `z = y / k`, it is `(k + y) (log(1 + z) - z / (1 + z)) - log(1 + z) / 2 + r(k + y) - r(k)`, all of whose terms
/// vanish for a large `k`. For a small one it approaches `(1 - y) log k + log Gamma(y)`.
#[inline(always)]
pub fn ln_rising<T: Real>(y: f64, log_k: T) -> T {
    ln_rising_known(y, log_k, math::exp::<T::A>(log_k.value()))
}

/// The same where `k` is known.
#[inline(always)]
pub fn ln_rising_known<T: Real>(y: f64, log_k: T, k: f64) -> T {
    let at = log_k.value();
    let end = if at < 0.0 { -LOG_LIMIT } else { LOG_LIMIT };
    let near = T::constant(end).select(at.abs() >= LOG_LIMIT, log_k);
    let beyond = (log_k - end).select(at < -LOG_LIMIT, T::constant(0.0));
    let some = if y > 0.0 { y } else { 1.0 };
    let k = near.exp_known(k.clamp(LEAST, MOST));
    let last = k + some;
    let log_last = math::ln::<T::A>(last.value());
    let [log_1p, excess] = softplus_of_ratio(some, k.value(), near, log_last);
    let remainder = last.stirling_remainder(log_last) - k.stirling_remainder(near.value());
    let sum = last * excess - log_1p * 0.5 + remainder + beyond * (1.0 - some);
    sum.select(y > 0.0, T::constant(0.0))
}

/// `log(1 + y / k)`, and that less `y / (k + y)`, as functions of `log k`.
#[inline(always)]
fn softplus_of_ratio<T: Real>(y: f64, k: f64, log_k: T, log_last: f64) -> [T; 2] {
    let [log, p, q, excess] = math::softplus_of_ratio::<T::A>(y, k, log_k.value(), log_last);
    let (log_ratio, pq, pp) = (-log_k, p * q, p * p);
    let bend = 2.0 * pp * q;
    [
        log_ratio.chain([log, p, pq, pq * (q - p)], |c| {
            coefficients::softplus([log, p, q], c)
        }),
        log_ratio.chain([excess, pp, bend, bend * (2.0 - 3.0 * p)], |c| {
            coefficients::softplus_excess([excess, p, q], c)
        }),
    ]
}
