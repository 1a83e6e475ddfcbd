//! Numbers that a log-density is written in: plain ones, and ones that carry their derivatives.

use std::ops::{Add, Mul, Neg, Sub};

use super::math::{self, coefficients};
use super::simd::Arithmetic;

/// A real number, possibly with derivatives with respect to the linear predictors.
///
/// A density written for any `Real` gives its value and its derivatives to third order. A new
/// elementary function is its four numbers `f, f', f'', f'''` handed to [`Real::chain`], with a function for
/// its Taylor coefficients; those not needed cost nothing, since everything is inlined. Branches should be [`Real::select`], so that
/// loops over rows vectorise.
pub trait Real:
    Copy
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
{
    /// The multiply-add of the machine the code is compiled for.
    type A: Arithmetic;

    /// A number that does not depend on the linear predictors.
    fn constant(x: f64) -> Self;

    /// The number without its derivatives.
    fn value(self) -> f64;

    /// `f(self)`, where `f` and its first three derivatives at `self.value()` are given; `coefficients` fills a slice with the
    /// Taylor coefficients `f^(k) / k!` there, as many as it holds.
    fn chain(self, f: [f64; 4], coefficients: impl Fn(&mut [f64])) -> Self;

    /// `self` if `condition` holds, else `other`, computing both.
    fn select(self, condition: bool, other: Self) -> Self;

    /// `self` where `condition` holds, else not a number: outside the domain.
    #[inline(always)]
    fn only_if(self, condition: bool) -> Self {
        self.select(condition, Self::constant(f64::NAN))
    }

    /// `k * self`, which is zero for `k = 0` even if `self` is infinite.
    #[inline(always)]
    fn times(self, k: f64) -> Self {
        (self * k).select(k != 0.0, Self::constant(0.0))
    }

    /// `exp(self)`
    #[inline(always)]
    fn exp(self) -> Self {
        self.exp_known(math::exp::<Self::A>(self.value()))
    }

    /// `exp(self)`, whose value is known.
    #[inline(always)]
    fn exp_known(self, e: f64) -> Self {
        self.chain([e, e, e, e], |c| coefficients::exp(e, c))
    }

    /// The natural logarithm; not a number below zero.
    #[inline(always)]
    fn ln(self) -> Self {
        let (x, r) = (self.value(), self.value().recip());
        let log = math::ln::<Self::A>(x);
        self.chain([log, r, -r * r, 2.0 * r * r * r], |c| {
            coefficients::ln(x, log, c)
        })
    }

    /// `exp(self) - 1`, without cancellation near zero.
    #[inline(always)]
    fn exp_m1(self) -> Self {
        let x = self.value();
        let (e, m1) = (math::exp::<Self::A>(x), math::exp_m1::<Self::A>(x));
        self.chain([m1, e, e, e], |c| {
            coefficients::exp(e, c);
            c[0] = m1;
        })
    }

    /// `exp(self) - 1 - self`, without cancellation near zero.
    #[inline(always)]
    fn exp_m1_mx(self) -> Self {
        let x = self.value();
        let (e, m1) = (math::exp::<Self::A>(x), math::exp_m1::<Self::A>(x));
        let value = math::exp_m1_mx::<Self::A>(x);
        self.chain([value, m1, e, e], |c| {
            coefficients::exp(e, c);
            [c[0], c[1]] = [value, m1];
        })
    }

    /// `log(1 + self)`, for a number that is not negative.
    #[inline(always)]
    fn ln_1p(self) -> Self {
        let (x, r) = (self.value(), (1.0 + self.value()).recip());
        let [log, _] = math::ln_1p_and_mx::<Self::A>(x);
        self.chain([log, r, -r * r, 2.0 * r * r * r], |c| {
            coefficients::ln(1.0 + x, log, c)
        })
    }

    /// `log(1 - exp(-self))`; minus infinity at zero, not a number below.
    #[inline(always)]
    fn ln_1m_exp_neg(self) -> Self {
        let (log, odds) = math::ln_1m_exp_neg::<Self::A>(self.value());
        let bend = odds * (1.0 + odds);
        self.chain([log, odds, -bend, bend * (1.0 + 2.0 * odds)], |c| {
            coefficients::ln_1m_exp_neg(log, odds, c)
        })
    }

    /// `F(self) = 1 / (1 + exp(-self))`, the logistic function.
    #[inline(always)]
    fn logistic(self) -> Self {
        let [_, p, q, _] = math::softplus::<Self::A>(self.value());
        let slope = p * q;
        let third = slope * <Self::A as Arithmetic>::mul_add(-6.0, slope, 1.0);
        self.chain([p, slope, slope * (q - p), third], |c| {
            coefficients::logistic(p, q, c)
        })
    }

    /// `log(1 + exp(self))`
    #[inline(always)]
    fn softplus(self) -> Self {
        let [value, p, q, _] = math::softplus::<Self::A>(self.value());
        let second = p * q;
        self.chain([value, p, second, second * (q - p)], |c| {
            coefficients::softplus([value, p, q], c)
        })
    }

    /// `log(1 + exp(self)) - F(self)`, without cancellation far below zero.
    #[inline(always)]
    fn softplus_excess(self) -> Self {
        let [_, p, q, value] = math::softplus::<Self::A>(self.value());
        let (first, second) = (p * p, 2.0 * (p * p) * q);
        let third = second * <Self::A as Arithmetic>::mul_add(-3.0, p, 2.0);
        self.chain([value, first, second, third], |c| {
            coefficients::softplus_excess([value, p, q], c)
        })
    }

    /// `log(1 + self) - self`, without cancellation near zero, given `1 + self`, which may be known better.
    #[inline(always)]
    fn ln_1p_mx(self, above: f64) -> Self {
        let x = self.value();
        let (value, r) = (math::ln_1p_mx::<Self::A>(x, above), above.recip());
        self.chain([value, -x * r, -r * r, 2.0 * r * r * r], |c| {
            coefficients::ln(above, value, c);
            c[1] = -x * r;
        })
    }

    /// The square root.
    #[inline(always)]
    fn sqrt(self) -> Self {
        let (x, root) = (self.value(), self.value().sqrt());
        let (half, r) = (0.5 / root, x.recip());
        let second = -0.5 * half * r;
        self.chain([root, half, second, -1.5 * second * r], |c| {
            coefficients::sqrt(x, c)
        })
    }

    /// `self` squared.
    #[inline(always)]
    fn square(self) -> Self {
        self * self
    }

    /// `1 / self`
    #[inline(always)]
    fn recip(self) -> Self {
        let r = self.value().recip();
        let r2 = r * r;
        self.chain([r, -r2, 2.0 * r2 * r, -6.0 * r2 * r2], |c| {
            coefficients::recip(self.value(), c)
        })
    }

    /// `log Gamma(self)` less its leading term `(x - 1/2) log x - x + log(2 pi) / 2`, for a
    /// positive number with the given logarithm: what is left of Stirling's formula, about
    /// `1 / (12 x)`.
    #[inline(always)]
    fn stirling_remainder(self, log: f64) -> Self {
        let x = self.value();
        self.chain(math::stirling_remainder::<Self::A>(x, log), |c| {
            coefficients::stirling_remainder(x, c)
        })
    }

    /// `log Gamma(self)`, for a positive number.
    #[inline(always)]
    fn ln_gamma(self) -> Self {
        const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
        let log = self.ln();
        (self - 0.5) * log - self + HALF_LN_TAU + self.stirling_remainder(log.value())
    }
}
