//! Dense symmetric matrices of the size of the parameter vector, row-major.

use super::small::{backward, cholesky, forward};

/// A symmetric matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Symmetric {
    /// Order.
    pub n: usize,
    /// Entries, row-major, both triangles.
    pub values: Vec<f64>,
}

impl Symmetric {
    /// The zero matrix.
    pub fn zeros(n: usize) -> Self {
        Symmetric {
            n,
            values: vec![0.0; n * n],
        }
    }

    /// Entry `(i, j)`.
    #[inline]
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.n + j]
    }

    /// Sets the entries `(i, j)` and `(j, i)`.
    #[inline]
    pub fn set(&mut self, i: usize, j: usize, value: f64) {
        self.values[i * self.n + j] = value;
        self.values[j * self.n + i] = value;
    }

    /// `self += alpha * x x'`.
    pub fn add_outer(&mut self, alpha: f64, x: &[f64]) {
        for i in 0..self.n {
            for j in 0..self.n {
                self.values[i * self.n + j] += alpha * x[i] * x[j];
            }
        }
    }

    /// `self x`.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        (0..self.n)
            .map(|i| super::vector::dot(&self.values[i * self.n..(i + 1) * self.n], x))
            .collect()
    }

    /// Overwrites the rows and columns `at` with another matrix.
    pub fn place(&mut self, at: &[usize], other: &Symmetric) {
        for (a, &i) in at.iter().enumerate() {
            for (b, &j) in at.iter().enumerate() {
                self.set(i, j, other.at(a, b));
            }
        }
    }

    /// The rows and columns in `keep`.
    pub fn part(&self, keep: &[usize]) -> Symmetric {
        let values = keep
            .iter()
            .flat_map(|&i| keep.iter().map(move |&j| self.at(i, j)))
            .collect();
        Symmetric {
            n: keep.len(),
            values,
        }
    }

    /// The Cholesky factor of the matrix scaled to unit diagonal, if it is positive definite.
    pub fn cholesky(&self) -> Option<Cholesky> {
        let n = self.n;
        let scale: Vec<f64> = (0..n).map(|i| self.at(i, i).sqrt()).collect();
        if scale.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
            return None;
        }
        let mut l: Vec<f64> = (0..n * n)
            .map(|k| self.values[k] / (scale[k / n] * scale[k % n]))
            .collect();
        let proper = cholesky(&mut l, n, n) && (0..n).all(|i| l[i * n + i] > 1e-7);
        proper.then_some(Cholesky { n, l, scale })
    }

    /// Solves `(A + r D) x = b`, `D` the absolute diagonal and `r` the first of some that make it positive definite: a step of
    /// ascent also where the matrix is singular or indefinite, and zero where it is not finite.
    pub fn solve_damped(&self, b: &[f64]) -> Vec<f64> {
        let most = (0..self.n).fold(1.0f64, |most, i| most.max(self.at(i, i).abs()));
        let damped = |r: f64| {
            let mut a = self.clone();
            for i in 0..self.n {
                let own = self.at(i, i);
                a.set(i, i, own + r * own.abs().max(1e-10 * most));
            }
            a.cholesky()
        };
        [0.0, 1e-6, 1e-4, 1e-2, 1.0, 100.0]
            .into_iter()
            .find_map(damped)
            .map_or_else(|| vec![0.0; self.n], |factor| factor.solve(b))
    }
}

/// A factored positive definite matrix.
#[derive(Clone, Debug)]
pub struct Cholesky {
    n: usize,
    l: Vec<f64>,
    scale: Vec<f64>,
}

impl Cholesky {
    /// Solves `A x = b`.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = b.iter().zip(&self.scale).map(|(b, s)| b / s).collect();
        forward(&self.l, self.n, self.n, &mut x);
        backward(&self.l, self.n, self.n, &mut x);
        x.iter_mut().zip(&self.scale).for_each(|(x, s)| *x /= s);
        x
    }

    /// The inverse.
    pub fn inverse(&self) -> Symmetric {
        let mut inverse = Symmetric::zeros(self.n);
        for j in 0..self.n {
            let mut unit = vec![0.0; self.n];
            unit[j] = 1.0;
            for (i, x) in self.solve(&unit).into_iter().enumerate().skip(j) {
                inverse.set(i, j, x);
            }
        }
        inverse
    }

    /// Log-determinant.
    pub fn log_det(&self) -> f64 {
        (0..self.n)
            .map(|i| 2.0 * (self.l[i * self.n + i] * self.scale[i]).ln())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_on_wild_scales() {
        let mut a = Symmetric::zeros(3);
        let values = [
            [4e12, 1e6, 0.5e-3],
            [1e6, 3.0, -2e-10],
            [0.5e-3, -2e-10, 2e-18],
        ];
        for i in 0..3 {
            for j in 0..3 {
                a.values[i * 3 + j] = values[i][j];
            }
        }
        let cholesky = a.cholesky().unwrap();
        let x = cholesky.solve(&a.times(&[1e-6, 2.0, 3e9]));
        for (x, want) in x.iter().zip([1e-6, 2.0, 3e9]) {
            assert!((x / want - 1.0).abs() < 1e-9);
        }
        let inverse = cholesky.inverse();
        assert!((inverse.times(&a.times(&[0.0, 1.0, 0.0]))[1] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_singular_matrix_has_no_factor() {
        let a = Symmetric {
            n: 2,
            values: vec![1.0, 1.0, 1.0, 1.0],
        };
        assert!(a.cholesky().is_none());
    }

    #[test]
    fn a_damped_step_ascends_where_there_is_no_factor() {
        for (values, b) in [
            ([1.0, 1.0, 1.0, 1.0], [2.0, 2.0]),
            ([1.0, 2.0, 2.0, -1.0], [1.0, 3.0]),
            ([1.0, 0.0, 0.0, 0.0], [1.0, 0.0]),
        ] {
            let values = values.to_vec();
            let x = Symmetric { n: 2, values }.solve_damped(&b);
            let gain = x[0] * b[0] + x[1] * b[1];
            assert!(gain > 0.0 && gain < 1e3, "{x:?}");
        }
    }
}
