//! Numbers that carry all their derivatives to third order with respect to `N` variables.

use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

use super::real::Real;
use super::simd::Arithmetic;

/// A value with its first three derivatives in `N` variables.
///
/// Derivatives are symmetric; only entries with `a <= b <= c` are kept, the rest stay zero. With
/// `N = 0` it is a plain number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet<A, const N: usize> {
    value: f64,
    first: [f64; N],
    second: [[f64; N]; N],
    third: [[[f64; N]; N]; N],
    arithmetic: PhantomData<A>,
}

impl<A: Arithmetic, const N: usize> Jet<A, N> {
    /// A jet from its entries, those with `a <= b <= c` the only ones that are not zero.
    #[inline(always)]
    pub fn from_entries(
        value: f64,
        first: [f64; N],
        second: [[f64; N]; N],
        third: [[[f64; N]; N]; N],
    ) -> Self {
        Self {
            value,
            first,
            second,
            third,
            arithmetic: PhantomData,
        }
    }

    /// A jet from functions for its entries, called for `a <= b <= c`.
    #[inline(always)]
    pub fn new(
        value: f64,
        first: impl Fn(usize) -> f64,
        second: impl Fn(usize, usize) -> f64,
        third: impl Fn(usize, usize, usize) -> f64,
    ) -> Self {
        let mut jet = Self {
            value,
            first: [0.0; N],
            second: [[0.0; N]; N],
            third: [[[0.0; N]; N]; N],
            arithmetic: PhantomData,
        };
        for a in 0..N {
            jet.first[a] = first(a);
            for b in 0..N {
                if a <= b {
                    jet.second[a][b] = second(a, b);
                }
                for c in 0..N {
                    if a <= b && b <= c {
                        jet.third[a][b][c] = third(a, b, c);
                    }
                }
            }
        }
        jet
    }

    /// The variables themselves, at `x`.
    #[inline(always)]
    pub fn variables(x: [f64; N]) -> [Self; N] {
        let mut all = [Self::constant(0.0); N];
        for d in 0..N {
            all[d].value = x[d];
            all[d].first[d] = 1.0;
        }
        all
    }

    /// First derivative.
    #[inline(always)]
    pub fn first(&self, a: usize) -> f64 {
        self.first[a]
    }

    /// Second derivative, in any order of the variables.
    #[inline(always)]
    pub fn second(&self, a: usize, b: usize) -> f64 {
        self.second[a.min(b)][a.max(b)]
    }

    /// Third derivative, in any order of the variables.
    #[inline(always)]
    pub fn third(&self, a: usize, b: usize, c: usize) -> f64 {
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        self.third[low][a + b + c - low - high][high]
    }

    /// Third derivative, twice by the first variable.
    #[inline(always)]
    pub fn third_of_first(&self, c: usize) -> f64 {
        self.third[0][0][c]
    }

    /// Adds a function of the variables `i < j`, entry by entry: of few variables among many, without loops over the rest.
    #[inline(always)]
    pub fn add_pair(&mut self, f: &Jet<A, 2>, [i, j]: [usize; 2]) {
        self.value += f.value;
        self.first[i] += f.first[0];
        self.first[j] += f.first[1];
        self.second[i][i] += f.second[0][0];
        self.second[i][j] += f.second[0][1];
        self.second[j][j] += f.second[1][1];
        self.third[i][i][i] += f.third[0][0][0];
        self.third[i][i][j] += f.third[0][0][1];
        self.third[i][j][j] += f.third[0][1][1];
        self.third[j][j][j] += f.third[1][1][1];
    }

    /// Adds a function `f(x_i - x_j, x_k)`, `i < j < k`, from `f` in two variables.
    #[inline(always)]
    pub fn add_difference(&mut self, f: &Jet<A, 2>, [i, j, k]: [usize; 3]) {
        self.add_pair(f, [i, k]);
        self.first[j] -= f.first[0];
        self.second[i][j] -= f.second[0][0];
        self.second[j][j] += f.second[0][0];
        self.second[j][k] -= f.second[0][1];
        self.third[i][i][j] -= f.third[0][0][0];
        self.third[i][j][j] += f.third[0][0][0];
        self.third[j][j][j] -= f.third[0][0][0];
        self.third[i][j][k] -= f.third[0][0][1];
        self.third[j][j][k] += f.third[0][0][1];
        self.third[j][k][k] -= f.third[0][1][1];
    }

    /// Adds a multiple of variable `i`, whose value is `x`.
    #[inline(always)]
    pub fn add_variable(&mut self, factor: f64, x: f64, i: usize) {
        self.value += factor * x;
        self.first[i] += factor;
    }

    /// Adds a function of variable `i`.
    #[inline(always)]
    pub fn add_single(&mut self, f: Jet<A, 1>, i: usize) {
        let f = f.entries();
        self.value += f[0];
        self.first[i] += f[1];
        self.second[i][i] += f[2];
        self.third[i][i][i] += f[3];
    }

    /// Applies a linear function of two jets entry by entry.
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self::new(
            f(self.value, other.value),
            |a| f(self.first[a], other.first[a]),
            |a, b| f(self.second[a][b], other.second[a][b]),
            |a, b, c| f(self.third[a][b][c], other.third[a][b][c]),
        )
    }
}

impl<A: Arithmetic> Jet<A, 1> {
    /// A function of one variable from its value and derivatives.
    #[inline(always)]
    pub fn taylor(f: [f64; 4]) -> Self {
        Self::new(f[0], |_| f[1], |_, _| f[2], |_, _, _| f[3])
    }

    /// The value and derivatives.
    #[inline(always)]
    pub fn entries(self) -> [f64; 4] {
        [
            self.value,
            self.first[0],
            self.second[0][0],
            self.third[0][0][0],
        ]
    }
}

impl<A: Arithmetic> Jet<A, 2> {
    /// A function of the second variable alone.
    #[inline(always)]
    pub fn of_second(v: Jet<A, 1>) -> Self {
        let v = v.entries();
        let at = |second: usize, all: usize| if second == all { v[all] } else { 0.0 };
        Self::new(
            v[0],
            |a| at(a, 1),
            |a, b| at(a + b, 2),
            |a, b, c| at(a + b + c, 3),
        )
    }

    /// The value and the derivatives: none, `x`, `y`, `xx`, `xy`, `yy`, `xxx`, `xxy`, `xyy`, `yyy`.
    #[inline(always)]
    pub fn entries(&self) -> [f64; 10] {
        let ([x, y], s, t) = (self.first, &self.second, &self.third);
        [
            self.value, x, y, s[0][0], s[0][1], s[1][1], t[0][0][0], t[0][0][1], t[0][1][1],
            t[1][1][1],
        ]
    }

    /// A jet from such entries.
    #[inline(always)]
    pub fn from_list(e: [f64; 10]) -> Self {
        Self::from_entries(
            e[0],
            [e[1], e[2]],
            [[e[3], e[4]], [0.0, e[5]]],
            [[[e[6], e[7]], [0.0, e[8]]], [[0.0; 2], [0.0, e[9]]]],
        )
    }

    /// `u(x) * v(y)`, from `u` and `v` each as a jet in its own variable.
    #[inline(always)]
    pub fn product(u: Jet<A, 1>, v: Jet<A, 1>) -> Self {
        let (u, v) = (u.entries(), v.entries());
        Self::new(
            u[0] * v[0],
            |a| u[1 - a] * v[a],
            |a, b| u[2 - a - b] * v[a + b],
            |a, b, c| u[3 - a - b - c] * v[a + b + c],
        )
    }
}

impl<A: Arithmetic, const N: usize> Real for Jet<A, N> {
    type A = A;

    #[inline(always)]
    fn constant(x: f64) -> Self {
        Self::new(x, |_| 0.0, |_, _| 0.0, |_, _, _| 0.0)
    }

    #[inline(always)]
    fn value(self) -> f64 {
        self.value
    }

    #[inline(always)]
    fn chain(self, f: [f64; 4], _: impl Fn(&mut [f64])) -> Self {
        let (u, h, t) = (self.first, self.second, self.third);
        Self::new(
            f[0],
            |a| f[1] * u[a],
            |a, b| A::mul_add(f[2] * u[a], u[b], f[1] * h[a][b]),
            |a, b, c| {
                let mixed = u[a] * h[b][c] + u[b] * h[a][c] + u[c] * h[a][b];
                let pure = u[a] * u[b] * u[c];
                A::mul_add(f[3], pure, A::mul_add(f[2], mixed, f[1] * t[a][b][c]))
            },
        )
    }

    #[inline(always)]
    fn select(self, condition: bool, other: Self) -> Self {
        self.zip(other, |x, y| if condition { x } else { y })
    }
}

impl<A: Arithmetic, const N: usize> Mul for Jet<A, N> {
    type Output = Self;

    /// Leibniz' rule.
    #[inline(always)]
    #[allow(clippy::suspicious_arithmetic_impl)]
    fn mul(self, other: Self) -> Self {
        let (x, u, h, t) = (self.value, self.first, self.second, self.third);
        let (y, v, k, s) = (other.value, other.first, other.second, other.third);
        Self::new(
            x * y,
            |a| A::mul_add(x, v[a], y * u[a]),
            |a, b| A::mul_add(x, k[a][b], y * h[a][b]) + A::mul_add(u[a], v[b], u[b] * v[a]),
            |a, b, c| {
                let ends = A::mul_add(x, s[a][b][c], y * t[a][b][c]);
                let left = u[a] * k[b][c] + u[b] * k[a][c] + u[c] * k[a][b];
                let right = v[a] * h[b][c] + v[b] * h[a][c] + v[c] * h[a][b];
                ends + left + right
            },
        )
    }
}

impl<A: Arithmetic, const N: usize> Add for Jet<A, N> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }
}

impl<A: Arithmetic, const N: usize> Sub for Jet<A, N> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |x, y| x - y)
    }
}

impl<A: Arithmetic, const N: usize> Neg for Jet<A, N> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        self * -1.0
    }
}

impl<A: Arithmetic, const N: usize> Add<f64> for Jet<A, N> {
    type Output = Self;

    #[inline(always)]
    fn add(mut self, x: f64) -> Self {
        self.value += x;
        self
    }
}

impl<A: Arithmetic, const N: usize> Sub<f64> for Jet<A, N> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, x: f64) -> Self {
        self + -x
    }
}

impl<A: Arithmetic, const N: usize> Mul<f64> for Jet<A, N> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, x: f64) -> Self {
        self.zip(self, |a, _| a * x)
    }
}
