//! The logarithms of sums that negative binomial densities and mixtures are made of, without cancellation near zero.

use super::exp::exp;
use super::log::{ln, twice_atanh_rest};
use crate::family::simd::Arithmetic;

/// Up to here the series of the logarithm needs no scaling.
const UNSCALED: f64 = 0.414;

/// `log(1 + exp(x))`, its slope `F(x) = 1 / (1 + exp(-x))`, `1 - F(x)`, and the excess `log(1 + exp(x)) - F(x)`, about
/// `exp(2 x) / 2` far below zero; relative errors of 2e-15.
#[inline(always)]
pub fn softplus<A: Arithmetic>(x: f64) -> [f64; 4] {
    let e = exp::<A>(-x.abs());
    let scaled = e > UNSCALED;
    let (f, g) = if scaled {
        (e - 1.0, e + 3.0)
    } else {
        (e, e + 2.0)
    };
    let r = ((e + 1.0) * g).recip();
    let (large, s) = (r * g, f * (r * (e + 1.0)));
    let small = e * large;
    let rest = twice_atanh_rest::<A>(s);
    let shift = if scaled { std::f64::consts::LN_2 } else { 0.0 };
    let log = rest + (s + s) + shift;
    let near = A::mul_add(s, small, rest);
    let below = if scaled { log - small } else { near };
    if x > 0.0 {
        [x + log, large, small, x + (log - large)]
    } else {
        [log, small, large, below]
    }
}

/// [`softplus`] of `log(y / k)` for `y, k > 0`, given `log k` and `log(k + y)`: without an exponential.
#[inline(always)]
pub fn softplus_of_ratio<A: Arithmetic>(y: f64, k: f64, log_k: f64, log_sum: f64) -> [f64; 4] {
    let near = y <= UNSCALED * k;
    let (f, g) = if near {
        (y, A::mul_add(2.0, k, y))
    } else {
        (y - k, A::mul_add(3.0, k, y))
    };
    let sum = k + y;
    let r = (sum * g).recip();
    let (s, per_sum) = (f * (r * sum), r * g);
    let less = y.min(k) * per_sum;
    let (p, q) = if y < k {
        (less, 1.0 - less)
    } else {
        (1.0 - less, less)
    };
    let rest = twice_atanh_rest::<A>(s);
    let shift = if near { 0.0 } else { std::f64::consts::LN_2 };
    let far = y > 2.0 * k;
    let log = if far {
        log_sum - log_k
    } else {
        rest + (s + s) + shift
    };
    let excess = if near {
        A::mul_add(s, p, rest)
    } else {
        log - p
    };
    [log, p, q, excess]
}

/// `log(1 + x) - x` for `x > -1`, given `1 + x`, which may be known better; relative error 2e-15.
#[inline(always)]
pub fn ln_1p_mx<A: Arithmetic>(x: f64, above: f64) -> f64 {
    let s = x / (x + 2.0);
    let near = A::mul_add(-s, x, twice_atanh_rest::<A>(s));
    let far = ln::<A>(above) - x;
    if x > -0.29 && x < UNSCALED {
        near
    } else {
        far
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::simd::{Fused, Plain};

    fn check<A: Arithmetic>() {
        for i in -600..=600 {
            let (y, x) = (3.0, 0.05 * f64::from(i));
            let k = libm::exp(libm::log(y) - x);
            let got = softplus_of_ratio::<A>(y, k, libm::log(k), libm::log(k + y));
            let want = softplus::<A>(libm::log(y / k));
            for (got, want) in got.into_iter().zip(want) {
                assert!(
                    (got - want).abs() <= 2e-14 * want.abs(),
                    "{x}: {got:e}, {want:e}"
                );
            }
        }
    }

    #[test]
    fn the_ratio_stands_for_its_logarithm() {
        check::<Fused>();
        check::<Plain>();
    }
}
