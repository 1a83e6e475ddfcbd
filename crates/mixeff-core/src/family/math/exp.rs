//! The exponential function and its relatives near zero.

use super::polynomial;
use crate::family::simd::Arithmetic;

/// Added and subtracted again, rounds to an integer and leaves it in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
/// `log 2` in two parts; multiples of the first by exponents are exact.
pub const LN_2_HI: f64 = 6.931_471_803_691_238e-1;
/// The rest of `log 2`.
pub const LN_2_LO: f64 = 1.908_214_929_270_587_7e-10;
/// Above, `exp` is infinite; below the negative of the second, zero.
const OVERFLOW: f64 = 709.4;
const UNDERFLOW: f64 = -708.39;

/// `(exp(r) - 1 - r) / r^2` for `|r| <= log(2) / 2`, interpolated at Chebyshev nodes: relative
/// error 2.4e-16.
const QUADRATIC: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_69,
    0.041_666_666_666_624_13,
    0.008_333_333_333_330_062,
    0.001_388_888_891_721_371_7,
    0.000_198_412_698_630_536_18,
    2.480_152_129_595_437_6e-5,
    2.755_726_845_999_706_4e-6,
    2.762_008_844_540_974_6e-7,
    2.510_038_549_551_032e-8,
];

/// `x = k log 2 + r`: returns `2^k`, `r` and `(exp(r) - 1 - r) / r^2`. For `x` between the limits.
#[inline(always)]
fn reduce<A: Arithmetic>(x: f64) -> (f64, f64, f64) {
    let shifted = A::mul_add(x, std::f64::consts::LOG2_E, SHIFT);
    let k = shifted - SHIFT;
    let r = A::mul_add(k, -LN_2_LO, A::mul_add(k, -LN_2_HI, x));
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    (scale, r, polynomial::<A, 10>(r, &QUADRATIC))
}

/// `exp(x)` within 1 ulp; infinite above 709.4, zero below -708.39 (no subnormal results).
#[inline(always)]
pub fn exp<A: Arithmetic>(x: f64) -> f64 {
    let (scale, r, q) = reduce::<A>(x);
    let e = scale * (1.0 + A::mul_add(r * r, q, r));
    let e = if x > OVERFLOW { f64::INFINITY } else { e };
    if x < UNDERFLOW {
        0.0
    } else {
        e
    }
}

/// `exp(x) - 1` within 2 ulp; infinite above 709.4.
#[inline(always)]
pub fn exp_m1<A: Arithmetic>(x: f64) -> f64 {
    let (scale, r, q) = reduce::<A>(x);
    let e = A::mul_add(scale, A::mul_add(r * r, q, r), scale - 1.0);
    let e = if x > OVERFLOW { f64::INFINITY } else { e };
    if x < -40.0 {
        -1.0
    } else {
        e
    }
}

/// `exp(x) - 1 - x` within 4 ulp; infinite above 709.4.
#[inline(always)]
pub fn exp_m1_mx<A: Arithmetic>(x: f64) -> f64 {
    let (scale, r, q) = reduce::<A>(x);
    let e = exp_m1::<A>(x) - x;
    if scale == 1.0 {
        r * r * q
    } else {
        e
    }
}
