//! Numbers that carry their Taylor series in the first of `D` variables, and how it changes with the others.

use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

use super::math::coefficients::MOST;
use super::real::Real;
use super::simd::Arithmetic;

/// The coefficients of `1, t, .., t^(N-1)` at `x_1 + t`, and their first derivatives by `x_2 .. x_D`; `N` below [`MOST`].
///
/// Where [`super::jet::Jet`] has all derivatives to third order, this has those of high order that expansions of an
/// integral in one direction need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series<A, const N: usize, const D: usize> {
    terms: [f64; N],
    slopes: [[f64; N]; D],
    arithmetic: PhantomData<A>,
}

impl<A: Arithmetic, const N: usize, const D: usize> Series<A, N, D> {
    fn new(terms: [f64; N], slopes: [[f64; N]; D]) -> Self {
        Series {
            terms,
            slopes,
            arithmetic: PhantomData,
        }
    }

    /// The variables themselves, at `x`.
    pub fn variables(x: [f64; D]) -> [Self; D] {
        std::array::from_fn(|d| {
            let mut variable = Self::constant(x[d]);
            if d == 0 {
                variable.terms[1] = 1.0;
            } else {
                variable.slopes[d][0] = 1.0;
            }
            variable
        })
    }

    /// The coefficient of `t^k`.
    pub fn term(&self, k: usize) -> f64 {
        self.terms[k]
    }

    /// The derivative of the coefficient of `t^k` by variable `d`.
    pub fn slope(&self, k: usize, d: usize) -> f64 {
        if d == 0 {
            (k + 1) as f64 * self.terms[k + 1]
        } else {
            self.slopes[d][k]
        }
    }

    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let each = |x: &[f64; N], y: &[f64; N]| std::array::from_fn(|k| f(x[k], y[k]));
        let slopes = std::array::from_fn(|d| each(&self.slopes[d], &other.slopes[d]));
        Self::new(each(&self.terms, &other.terms), slopes)
    }
}

/// The product of two series.
pub(super) fn product<const N: usize>(x: &[f64; N], y: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|k| (0..=k).map(|j| x[j] * y[k - j]).sum())
}

/// `sum_k f_k (x - x_0)^k`.
pub(super) fn compose<const N: usize>(f: &[f64], x: &[f64; N]) -> [f64; N] {
    let mut out = [0.0; N];
    if x[1..].iter().all(|x| *x == 0.0) {
        out[0] = f[0];
    } else if x[2..].iter().all(|x| *x == 0.0) {
        let mut power = 1.0;
        for (out, f) in out.iter_mut().zip(f) {
            *out = f * power;
            power *= x[1];
        }
    } else {
        let mut step = *x;
        step[0] = 0.0;
        for f in f[..N].iter().rev() {
            out = product(&out, &step);
            out[0] = *f;
        }
    }
    out
}

impl<A: Arithmetic, const N: usize, const D: usize> Real for Series<A, N, D> {
    type A = A;

    fn constant(x: f64) -> Self {
        let mut terms = [0.0; N];
        terms[0] = x;
        Self::new(terms, [[0.0; N]; D])
    }

    fn value(self) -> f64 {
        self.terms[0]
    }

    fn chain(self, _: [f64; 4], coefficients: impl Fn(&mut [f64])) -> Self {
        let mut f = [0.0; MOST];
        coefficients(&mut f[..=N]);
        let terms = compose(&f, &self.terms);
        let mut slopes = [[0.0; N]; D];
        if D > 1 {
            let derivative: [f64; N] = std::array::from_fn(|k| (k + 1) as f64 * f[k + 1]);
            let inner = compose(&derivative, &self.terms);
            slopes = self.slopes.map(|slope| product(&inner, &slope));
        }
        Self::new(terms, slopes)
    }

    fn select(self, condition: bool, other: Self) -> Self {
        if condition {
            self
        } else {
            other
        }
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Mul for Series<A, N, D> {
    type Output = Self;

    #[allow(clippy::suspicious_arithmetic_impl)]
    fn mul(self, other: Self) -> Self {
        let slopes = std::array::from_fn(|d| {
            let left = product(&self.slopes[d], &other.terms);
            let right = product(&self.terms, &other.slopes[d]);
            std::array::from_fn(|k| left[k] + right[k])
        });
        Self::new(product(&self.terms, &other.terms), slopes)
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Add for Series<A, N, D> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Sub for Series<A, N, D> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.zip(other, |x, y| x - y)
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Neg for Series<A, N, D> {
    type Output = Self;

    fn neg(self) -> Self {
        self * -1.0
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Add<f64> for Series<A, N, D> {
    type Output = Self;

    fn add(mut self, x: f64) -> Self {
        self.terms[0] += x;
        self
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Sub<f64> for Series<A, N, D> {
    type Output = Self;

    fn sub(self, x: f64) -> Self {
        self + -x
    }
}

impl<A: Arithmetic, const N: usize, const D: usize> Mul<f64> for Series<A, N, D> {
    type Output = Self;

    fn mul(self, x: f64) -> Self {
        self.zip(self, |a, _| a * x)
    }
}
