//! Logarithms.

use super::exp::{exp, exp_m1, LN_2_HI, LN_2_LO};
use super::polynomial;
use crate::family::simd::Arithmetic;

/// `(2 atanh(s) - 2 s) / s^3` in `s^2`, for `|s| <= (sqrt(2) - 1) / (sqrt(2) + 1)`, interpolated
/// at Chebyshev nodes: relative error 4.7e-16, in a term of at most 1 % of the whole.
const ATANH: [f64; 7] = [
    0.666_666_666_666_667,
    0.399_999_999_998_995_05,
    0.285_714_286_259_754_87,
    0.222_222_111_347_950_8,
    0.181_828_891_252_617_23,
    0.153_317_216_005_560_42,
    0.146_164_496_850_434_06,
];

/// `2 atanh(s) = log((1 + s) / (1 - s))`
#[inline(always)]
fn twice_atanh<A: Arithmetic>(s: f64) -> f64 {
    let s2 = s * s;
    A::mul_add(s * s2, polynomial::<A, 7>(s2, &ATANH), s + s)
}

/// `2 atanh(s) - 2 s`
#[inline(always)]
pub(super) fn twice_atanh_rest<A: Arithmetic>(s: f64) -> f64 {
    let s2 = s * s;
    s * s2 * polynomial::<A, 7>(s2, &ATANH)
}

/// `log(x)` within 1.5 ulp: minus infinity at zero and for subnormal numbers, not a number below.
#[inline(always)]
pub fn ln<A: Arithmetic>(x: f64) -> f64 {
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const MANTISSA: u64 = (1 << 52) - 1;
    const INTEGER: u64 = 0x4330_0000_0000_0000; // 2^52, whose low bits count ones
    let bits = x.to_bits().wrapping_add(1.0_f64.to_bits() - ROOT_HALF);
    let k = f64::from_bits((bits >> 52) | INTEGER) - (4_503_599_627_370_496.0 + 1023.0);
    let f = f64::from_bits((bits & MANTISSA).wrapping_add(ROOT_HALF)) - 1.0;
    let log = A::mul_add(k, LN_2_LO, twice_atanh::<A>(f / (f + 2.0)));
    let log = A::mul_add(k, LN_2_HI, log);
    let low = if x < 0.0 { f64::NAN } else { f64::NEG_INFINITY };
    let log = if x < f64::MIN_POSITIVE { low } else { log };
    if x <= f64::MAX {
        log
    } else {
        x
    }
}

/// `log(1 + x)` for `-1/2 <= x <= 1` within 2 ulp.
#[inline(always)]
pub fn ln_1p_unit<A: Arithmetic>(x: f64) -> f64 {
    let (scale, log_scale) = if x > 0.414 {
        (0.5, -std::f64::consts::LN_2)
    } else {
        (1.0, 0.0)
    };
    let low = x < -0.293;
    let (scale, log_scale) = if low {
        (2.0, std::f64::consts::LN_2)
    } else {
        (scale, log_scale)
    };
    let f = A::mul_add(scale, x, scale - 1.0);
    twice_atanh::<A>(f / (f + 2.0)) - log_scale
}

/// `log(1 + x)` within 2 ulp and `log(1 + x) - x` within 10 ulp, for `x >= 0`.
#[inline(always)]
pub fn ln_1p_and_mx<A: Arithmetic>(x: f64) -> [f64; 2] {
    let s = x / (x + 2.0);
    let s2 = s * s;
    let cubic = s * s2 * polynomial::<A, 7>(s2, &ATANH);
    let log = ln::<A>(1.0 + x);
    if x < 0.414 {
        [s + s + cubic, A::mul_add(-s, x, cubic)]
    } else {
        [log, log - x]
    }
}

/// `log(1 + x)` and `1 / (1 + x)` for `0 <= x <= 1` within 3 ulp, with a single division.
#[inline(always)]
pub fn ln_1p_and_recip<A: Arithmetic>(x: f64) -> (f64, f64) {
    let high = x > 0.414;
    let (f, g) = if high {
        (x - 1.0, x + 3.0)
    } else {
        (x, x + 2.0)
    };
    let shift = if high { std::f64::consts::LN_2 } else { 0.0 };
    let one = x + 1.0;
    let r = (one * g).recip();
    (twice_atanh::<A>(f * (r * one)) + shift, r * g)
}

/// `log(1 - exp(-x))` and `1 / (exp(x) - 1)` for `x > 0` within 3 ulp.
#[inline(always)]
pub fn ln_1m_exp_neg<A: Arithmetic>(x: f64) -> (f64, f64) {
    let (e, u) = (exp::<A>(-x), -exp_m1::<A>(-x));
    let r = u.recip();
    let lost = if x < std::f64::consts::LN_2 {
        0.0
    } else {
        ((1.0 - u) - e) * r
    };
    (ln::<A>(u) + lost, e * r)
}
