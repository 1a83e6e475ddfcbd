//! The Schur complement that is left when the largest factor is eliminated: dense or sparse.

use super::panels::as_range;
use crate::linalg::large::{log_det_from_diagonal, DenseCholesky, SparseCholesky};
use crate::linalg::vector::{axpy, dot};

/// Orders up to which the complement is kept dense without asking for its pattern.
const ALWAYS_DENSE: usize = 200;
/// Share of the dense triangle that the sparse factor may fill before dense is faster.
const SPARSE_FILL: f64 = 0.15;

/// A symmetric positive definite matrix that is filled, factored and inverted on its pattern. Indices
/// `(i, j)` have `i >= j`.
pub trait Schur: Send + Sync {
    /// All entries zero.
    fn clear(&mut self);
    /// Adds to entry `(i, j)`.
    fn add(&mut self, i: usize, j: usize, value: f64);
    /// Takes `B'B` from the rows and columns `touched` (rising); `B` is `p x touched.len()`.
    fn subtract_gram(&mut self, touched: &[u32], b: &[f64], p: usize);
    /// Factors. False if not positive definite.
    fn factor(&mut self) -> bool;
    /// Log-determinant.
    fn log_det(&self) -> f64;
    /// Solves in place.
    fn solve(&self, x: &mut [f64]);
    /// `x := L^-1 P x`, where the matrix is `P'L L'P` with an order `P` of the effects.
    fn forward(&self, x: &mut [f64]);
    /// `x := P'L^-T x`.
    fn backward(&self, x: &mut [f64]);
    /// Inverse on the pattern.
    fn invert(&mut self);
    /// Entry of the inverse, `i >= j`.
    fn inverse_at(&self, i: usize, j: usize) -> f64;
    /// `v := -c V_tt` for the rows and columns `touched` (rising) of the inverse; `c` and `v` are `p x touched.len()`.
    fn minus_times_inverse(&self, touched: &[u32], c: &[f64], p: usize, v: &mut [f64]);
}

/// Dense or sparse, whichever the pattern favours. `pattern` gives, for each column, the rows at and below the diagonal.
pub fn schur(n: usize, pattern: impl FnOnce() -> Vec<Vec<u32>>) -> Box<dyn Schur> {
    if n > ALWAYS_DENSE {
        if let Some(sparse) = Sparse::new(&pattern()) {
            if (sparse.cholesky.entries() as f64) < SPARSE_FILL * 0.5 * (n as f64) * (n as f64) {
                return Box::new(sparse);
            }
        }
    }
    Box::new(Dense::new(n))
}

/// Column-major, lower triangle.
pub struct Dense {
    n: usize,
    matrix: Vec<f64>,
    inverse: Vec<f64>,
    cholesky: DenseCholesky,
}

impl Dense {
    /// The zero matrix of order `n`.
    pub fn new(n: usize) -> Self {
        Dense {
            n,
            matrix: vec![0.0; n * n],
            inverse: vec![0.0; n * n],
            cholesky: DenseCholesky::new(n),
        }
    }
}

impl Schur for Dense {
    fn clear(&mut self) {
        self.matrix.fill(0.0);
    }

    fn add(&mut self, i: usize, j: usize, value: f64) {
        self.matrix[j * self.n + i] += value;
    }

    fn subtract_gram(&mut self, touched: &[u32], b: &[f64], p: usize) {
        let k = touched.len();
        let whole = as_range(touched).is_some();
        for r in 0..p {
            let b = &b[r * k..(r + 1) * k];
            for (c, &j) in touched.iter().enumerate() {
                let column = &mut self.matrix[j as usize * self.n..(j as usize + 1) * self.n];
                let x = b[c];
                if whole {
                    axpy(-x, &b[c..], &mut column[j as usize..]);
                    continue;
                }
                for (&i, y) in touched[c..].iter().zip(&b[c..]) {
                    column[i as usize] -= x * y;
                }
            }
        }
    }

    fn factor(&mut self) -> bool {
        self.matrix
            .iter()
            .step_by(self.n + 1)
            .all(|d| d.is_finite())
            && self.cholesky.factor(&mut self.matrix)
    }

    fn log_det(&self) -> f64 {
        log_det_from_diagonal(self.matrix.iter().step_by(self.n + 1).copied())
    }

    fn solve(&self, x: &mut [f64]) {
        self.cholesky.solve(&self.matrix, x);
    }

    fn forward(&self, x: &mut [f64]) {
        self.cholesky.forward(&self.matrix, x);
    }

    fn backward(&self, x: &mut [f64]) {
        self.cholesky.backward(&self.matrix, x);
    }

    fn invert(&mut self) {
        self.cholesky.inverse(&self.matrix, &mut self.inverse);
    }

    fn inverse_at(&self, i: usize, j: usize) -> f64 {
        self.inverse[j * self.n + i]
    }

    fn minus_times_inverse(&self, touched: &[u32], c: &[f64], p: usize, v: &mut [f64]) {
        let column = |j: u32| &self.inverse[j as usize * self.n..(j as usize + 1) * self.n];
        if as_range(touched).is_some() {
            return minus_times_contiguous(touched, c, p, v, |j| &column(j)[j as usize..]);
        }
        minus_times(touched, c, p, v, |j| {
            let column = column(j);
            move |i: u32| column[i as usize]
        });
    }
}

/// Columns compressed, lower triangle.
pub struct Sparse {
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
    cholesky: SparseCholesky,
}

impl Sparse {
    /// The zero matrix with this pattern.
    pub fn new(pattern: &[Vec<u32>]) -> Option<Self> {
        let mut starts = vec![0];
        let mut rows = Vec::new();
        for column in pattern {
            rows.extend(column.iter().map(|&r| r as usize));
            starts.push(rows.len());
        }
        let cholesky = SparseCholesky::new(pattern.len(), starts.clone(), rows.clone())?;
        Some(Sparse {
            values: vec![0.0; rows.len()],
            starts,
            rows,
            cholesky,
        })
    }
}

impl Schur for Sparse {
    fn clear(&mut self) {
        self.values.fill(0.0);
    }

    fn add(&mut self, i: usize, j: usize, value: f64) {
        let (from, to) = (self.starts[j], self.starts[j + 1]);
        if let Ok(k) = self.rows[from..to].binary_search(&i) {
            self.values[from + k] += value;
        }
    }

    fn subtract_gram(&mut self, touched: &[u32], b: &[f64], p: usize) {
        let k = touched.len();
        for (c, &j) in touched.iter().enumerate() {
            let mut at = self.starts[j as usize];
            for (e, &i) in touched.iter().enumerate().skip(c) {
                while self.rows[at] != i as usize {
                    at += 1;
                }
                self.values[at] -= (0..p).map(|r| b[r * k + c] * b[r * k + e]).sum::<f64>();
            }
        }
    }

    fn factor(&mut self) -> bool {
        self.values.iter().all(|v| v.is_finite()) && self.cholesky.factor(&self.values)
    }

    fn log_det(&self) -> f64 {
        self.cholesky.log_det()
    }

    fn solve(&self, x: &mut [f64]) {
        self.cholesky.solve(x);
    }

    fn forward(&self, x: &mut [f64]) {
        self.cholesky.forward(x);
    }

    fn backward(&self, x: &mut [f64]) {
        self.cholesky.backward(x);
    }

    fn invert(&mut self) {
        self.cholesky.invert();
    }

    fn inverse_at(&self, i: usize, j: usize) -> f64 {
        self.cholesky.inverse_at(i, j)
    }

    fn minus_times_inverse(&self, touched: &[u32], c: &[f64], p: usize, v: &mut [f64]) {
        minus_times(touched, c, p, v, |j| {
            move |i: u32| self.cholesky.inverse_at(i as usize, j as usize)
        });
    }
}

/// `v := -c S` for the symmetric matrix whose column `touched[a]` is `column(touched[a])` at and below the diagonal.
#[inline]
fn minus_times<F: Fn(u32) -> f64>(
    touched: &[u32],
    c: &[f64],
    p: usize,
    v: &mut [f64],
    column: impl Fn(u32) -> F,
) {
    let k = touched.len();
    v.fill(0.0);
    for (a, &j) in touched.iter().enumerate() {
        let entry = column(j);
        let diagonal = entry(j);
        for r in 0..p {
            v[r * k + a] -= c[r * k + a] * diagonal;
        }
        for (b, &i) in touched.iter().enumerate().skip(a + 1) {
            let s = entry(i);
            for r in 0..p {
                v[r * k + a] -= c[r * k + b] * s;
                v[r * k + b] -= c[r * k + a] * s;
            }
        }
    }
}

/// The same where `touched` has no gaps; `column(j)` begins at the diagonal.
fn minus_times_contiguous<'a>(
    touched: &[u32],
    c: &[f64],
    p: usize,
    v: &mut [f64],
    column: impl Fn(u32) -> &'a [f64],
) {
    let k = touched.len();
    v.fill(0.0);
    for (a, &j) in touched.iter().enumerate() {
        let below = &column(j)[1..k - a];
        let diagonal = column(j)[0];
        for r in 0..p {
            let (c, v) = (&c[r * k..(r + 1) * k], &mut v[r * k..(r + 1) * k]);
            v[a] -= c[a] * diagonal + dot(&c[a + 1..], below);
            axpy(-c[a], below, &mut v[a + 1..]);
        }
    }
}
