//! The logarithm of a rising factorial, which tells a negative binomial from a Poisson, and a beta-binomial from a binomial.

use super::math;
use super::real::Real;

/// Stirling's formula is used up to here; beyond, the limit is exact.
pub const LOG_LIMIT: f64 = 200.0;

/// `log Gamma(k + y) - log Gamma(k) - y log k`, the sum of `log(1 + j / k)` over `j < y`, as a function of `log k`.
///
/// By Stirling's formula, with `z = y / k`, it is `(k + y) (log(1 + z) - z / (1 + z)) - log(1 + z) / 2 + r(k + y) - r(k)`, all of whose terms
/// vanish for a large `k`. For a small one it approaches `(1 - y) log k + log Gamma(y)`.
#[inline(always)]
pub fn ln_rising<T: Real>(y: f64, log_k: T) -> T {
    let at = log_k.value();
    let end = if at < 0.0 { -LOG_LIMIT } else { LOG_LIMIT };
    let near = T::constant(end).select(at.abs() >= LOG_LIMIT, log_k);
    let beyond = (log_k - end).select(at < -LOG_LIMIT, T::constant(0.0));
    let some = if y > 0.0 { y } else { 1.0 };
    let log_ratio = -near + math::ln::<T::A>(some);
    let (log_1p, k) = (log_ratio.softplus(), near.exp());
    let last = k + some;
    let remainder =
        last.stirling_remainder(near.value() + log_1p.value()) - k.stirling_remainder(near.value());
    let sum = last * log_ratio.softplus_excess() - log_1p * 0.5 + remainder + beyond * (1.0 - some);
    sum.select(y > 0.0, T::constant(0.0))
}
