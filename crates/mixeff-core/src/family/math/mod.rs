//! Elementary and special functions without branches or calls, so that loops over rows vectorise.
//!
//! Error bounds are stated with each function, in units in the last place (ulp), and tested
//! against frozen high-precision values.

mod atan;
pub mod coefficients;
mod exp;
mod gamma;
mod log;
mod normal;
mod softplus;

pub use atan::atan_unit;
pub use exp::{exp, exp_m1, exp_m1_mx};
pub use gamma::stirling_remainder;
pub use log::{ln, ln_1m_exp_neg, ln_1p_and_mx, ln_1p_and_recip, ln_1p_unit};
pub use normal::mills;
pub use softplus::{ln_1p_mx, softplus, softplus_of_ratio};

use super::simd::Arithmetic;

/// The polynomial `c[0] + c[1] x + ...` of at least two terms, even and odd powers apart to halve
/// the chain of dependent operations.
#[inline(always)]
pub fn polynomial<A: Arithmetic, const N: usize>(x: f64, c: &[f64; N]) -> f64 {
    let (x2, odd_top, even_top) = (x * x, (N / 2) * 2 - 1, (N - 1) / 2 * 2);
    let (mut even, mut odd) = (c[even_top], c[odd_top]);
    for k in (0..even_top / 2).rev() {
        even = A::mul_add(even, x2, c[2 * k]);
    }
    for k in (0..odd_top / 2).rev() {
        odd = A::mul_add(odd, x2, c[2 * k + 1]);
    }
    A::mul_add(odd, x, even)
}
