//! The chain rule for a function of one number that depends on the linear predictors.

use super::Parts;
use crate::family::pair;

/// A row of `q(eta)`: the inner family's log-density of zero, perhaps less a last predictor of its own.
pub struct Inner<'a> {
    pub parts: &'a Parts<'a>,
    /// Number of rows in the block, and this one.
    pub n: usize,
    pub i: usize,
    /// Number of predictors of the inner family, and of `q`.
    pub inner: usize,
    pub all: usize,
}

impl Inner<'_> {
    /// `dq / deta_a`
    fn slope(&self, a: usize) -> f64 {
        if a < self.inner {
            self.parts.s[a * self.n + self.i]
        } else {
            -1.0
        }
    }

    /// `-d2q / deta_a deta_b`
    fn weight(&self, a: usize, b: usize) -> f64 {
        if a.max(b) < self.inner {
            self.parts.w[pair(self.inner, a, b) * self.n + self.i]
        } else {
            0.0
        }
    }

    fn third(&self, c: usize) -> f64 {
        if c < self.inner {
            self.parts.v[c * self.n + self.i]
        } else {
            0.0
        }
    }

    /// Adds the derivatives of `f(q)` to a score. Where the first of `f` vanishes, so do all.
    pub fn add_score(&self, f: [f64; 4], s: &mut [f64]) {
        if f[1] == 0.0 {
            return;
        }
        for a in 0..self.all {
            s[a * self.n + self.i] += f[1] * self.slope(a);
        }
    }

    /// Adds them to a weight.
    pub fn add_weight(&self, f: [f64; 4], w: &mut [f64]) {
        if f[1] == 0.0 {
            return;
        }
        for a in 0..self.all {
            for b in a..self.all {
                let second = f[1] * self.weight(a, b) - f[2] * self.slope(a) * self.slope(b);
                w[pair(self.all, a, b) * self.n + self.i] += second;
            }
        }
    }

    /// Adds them to third derivatives contracted with `h`.
    pub fn add_third(&self, f: [f64; 4], h: &[f64], v: &mut [f64]) {
        if f[1] == 0.0 {
            return;
        }
        let h = |a: usize, b: usize| h[pair(self.all, a, b) * self.n + self.i];
        let along = |a: usize| -> f64 { (0..self.all).map(|b| h(a, b) * self.slope(b)).sum() };
        let (mut trace, mut square) = (0.0, 0.0);
        for a in 0..self.all {
            square += self.slope(a) * along(a);
            trace += (0..self.all)
                .map(|b| h(a, b) * self.weight(a, b))
                .sum::<f64>();
        }
        for c in 0..self.all {
            let bend: f64 = (0..self.all).map(|a| self.weight(a, c) * along(a)).sum();
            let second = f[2] * (self.slope(c) * trace + 2.0 * bend);
            let third = f[3] * self.slope(c) * square;
            v[c * self.n + self.i] += f[1] * self.third(c) + second - third;
        }
    }
}
