//! Large symmetric positive definite systems, dense and sparse. The only file that names the linear
//! algebra library. Always sequential inside, so that results do not depend on the number of threads.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::triangular_solve;
use faer::sparse::linalg::cholesky as sparse_cholesky;
use faer::sparse::linalg::{SupernodalThreshold, SymbolicSupernodalParams};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMat};
use faer::{Conj, MatMut, MatRef, Par, Side};

/// Cholesky factor of a dense matrix held in column-major order; only lower triangles are used.
pub struct DenseCholesky {
    n: usize,
    memory: MemBuffer,
}

impl DenseCholesky {
    /// Work space for matrices of order `n`.
    pub fn new(n: usize) -> Self {
        let need = llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default())
            .or(llt::inverse::inverse_scratch::<f64>(n, Par::Seq))
            .or(llt::solve::solve_in_place_scratch::<f64>(n, 1, Par::Seq));
        DenseCholesky {
            n,
            memory: MemBuffer::new(need),
        }
    }

    /// `a := L` with `a = L L'`. False if `a` is not positive definite.
    pub fn factor(&mut self, a: &mut [f64]) -> bool {
        let a = MatMut::from_column_major_slice_mut(a, self.n, self.n);
        let stack = MemStack::new(&mut self.memory);
        llt::factor::cholesky_in_place(a, Default::default(), Par::Seq, stack, Default::default())
            .is_ok()
    }

    /// `x := (L L')^-1 x`.
    pub fn solve(&self, l: &[f64], x: &mut [f64]) {
        let l = MatRef::from_column_major_slice(l, self.n, self.n);
        let x = MatMut::from_column_major_slice_mut(x, self.n, 1);
        let mut memory = MemBuffer::new(llt::solve::solve_in_place_scratch::<f64>(
            self.n,
            1,
            Par::Seq,
        ));
        llt::solve::solve_in_place(l, x, Par::Seq, MemStack::new(&mut memory));
    }

    /// `x := L^-1 x`.
    pub fn forward(&self, l: &[f64], x: &mut [f64]) {
        let l = MatRef::from_column_major_slice(l, self.n, self.n);
        let x = MatMut::from_column_major_slice_mut(x, self.n, 1);
        triangular_solve::solve_lower_triangular_in_place(l, x, Par::Seq);
    }

    /// `x := L^-T x`.
    pub fn backward(&self, l: &[f64], x: &mut [f64]) {
        let l = MatRef::from_column_major_slice(l, self.n, self.n);
        let x = MatMut::from_column_major_slice_mut(x, self.n, 1);
        triangular_solve::solve_upper_triangular_in_place(l.transpose(), x, Par::Seq);
    }

    /// `out := (L L')^-1`, lower triangle.
    pub fn inverse(&mut self, l: &[f64], out: &mut [f64]) {
        let l = MatRef::from_column_major_slice(l, self.n, self.n);
        let out = MatMut::from_column_major_slice_mut(out, self.n, self.n);
        llt::inverse::inverse(out, l, Par::Seq, MemStack::new(&mut self.memory));
    }
}

/// `log |L L'|` from the diagonal of a column-major factor.
pub fn log_det_from_diagonal(diagonal: impl Iterator<Item = f64>) -> f64 {
    2.0 * diagonal.map(f64::ln).sum::<f64>()
}

/// Cholesky factor of a sparse matrix with a fixed pattern, and the entries of the inverse on the pattern of the factor.
pub struct SparseCholesky {
    n: usize,
    matrix: SymbolicSparseColMat<usize>,
    symbolic: sparse_cholesky::SymbolicCholesky<usize>,
    /// New position of each index.
    position: Vec<usize>,
    factor: Vec<f64>,
    inverse: Vec<f64>,
    memory: MemBuffer,
}

impl SparseCholesky {
    /// Orders and analyses the pattern of the lower triangle, column by column with the diagonal. `None` if that fails.
    pub fn new(n: usize, column_starts: Vec<usize>, row_indices: Vec<usize>) -> Option<Self> {
        let matrix = SymbolicSparseColMat::new_checked(n, n, column_starts, None, row_indices);
        let params = sparse_cholesky::CholeskySymbolicParams {
            supernodal_flop_ratio_threshold: SupernodalThreshold::FORCE_SIMPLICIAL,
            supernodal_params: SymbolicSupernodalParams::default(),
            ..Default::default()
        };
        let symbolic = sparse_cholesky::factorize_symbolic_cholesky(
            matrix.as_ref(),
            Side::Lower,
            sparse_cholesky::SymmetricOrdering::Amd,
            params,
        )
        .ok()?;
        let position = symbolic
            .perm()
            .map_or_else(|| (0..n).collect(), |p| p.arrays().1.to_vec());
        let need = symbolic
            .factorize_numeric_llt_scratch::<f64>(Par::Seq, Default::default())
            .or(symbolic.solve_in_place_scratch::<f64>(1, Par::Seq));
        let length = symbolic.len_val();
        Some(SparseCholesky {
            n,
            matrix,
            symbolic,
            position,
            factor: vec![0.0; length],
            inverse: vec![0.0; length],
            memory: MemBuffer::new(need),
        })
    }

    /// Number of entries of the factor.
    pub fn entries(&self) -> usize {
        self.factor.len()
    }

    fn pattern(&self) -> (&[usize], &[usize]) {
        match self.symbolic.raw() {
            sparse_cholesky::SymbolicCholeskyRaw::Simplicial(s) => (s.col_ptr(), s.row_idx()),
            sparse_cholesky::SymbolicCholeskyRaw::Supernodal(_) => (&[], &[]),
        }
    }

    /// Factors the matrix with these values on the pattern. False if it is not positive definite.
    pub fn factor(&mut self, values: &[f64]) -> bool {
        let a = SparseColMatRef::new(self.matrix.as_ref(), values);
        let stack = MemStack::new(&mut self.memory);
        self.symbolic
            .factorize_numeric_llt(
                &mut self.factor,
                a,
                Side::Lower,
                Default::default(),
                Par::Seq,
                stack,
                Default::default(),
            )
            .is_ok()
    }

    /// `log |A|`.
    pub fn log_det(&self) -> f64 {
        let (starts, _) = self.pattern();
        log_det_from_diagonal((0..self.n).map(|j| self.factor[starts[j]]))
    }

    /// `x := A^-1 x`.
    pub fn solve(&self, x: &mut [f64]) {
        let x = MatMut::from_column_major_slice_mut(x, self.n, 1);
        let mut memory = MemBuffer::new(self.symbolic.solve_in_place_scratch::<f64>(1, Par::Seq));
        sparse_cholesky::LltRef::<'_, usize, f64>::new(&self.symbolic, &self.factor)
            .solve_in_place_with_conj(Conj::No, x, Par::Seq, MemStack::new(&mut memory));
    }

    /// `x := L^-1 P x`, where `A = P'L L'P`.
    pub fn forward(&self, x: &mut [f64]) {
        let (starts, rows) = self.pattern();
        let mut y = vec![0.0; self.n];
        for (x, &at) in x.iter().zip(&self.position) {
            y[at] = *x;
        }
        for j in 0..self.n {
            let (from, to) = (starts[j], starts[j + 1]);
            y[j] /= self.factor[from];
            for k in from + 1..to {
                y[rows[k]] -= self.factor[k] * y[j];
            }
        }
        x.copy_from_slice(&y);
    }

    /// `x := P'L^-T x`.
    pub fn backward(&self, x: &mut [f64]) {
        let (starts, rows) = self.pattern();
        let mut y = x.to_vec();
        for j in (0..self.n).rev() {
            let (from, to) = (starts[j], starts[j + 1]);
            let below: f64 = (from + 1..to).map(|k| self.factor[k] * y[rows[k]]).sum();
            y[j] = (y[j] - below) / self.factor[from];
        }
        for (x, &at) in x.iter_mut().zip(&self.position) {
            *x = y[at];
        }
    }

    /// The entries of the inverse on the pattern of the factor (Takahashi, Fagan and Chen 1973).
    pub fn invert(&mut self) {
        let mut inverse = std::mem::take(&mut self.inverse);
        let (starts, rows) = self.pattern();
        let mut z = vec![0.0; self.n];
        for j in (0..self.n).rev() {
            let (from, to) = (starts[j], starts[j + 1]);
            let (below, l) = (&rows[from + 1..to], &self.factor[from + 1..to]);
            for (a, &k) in below.iter().enumerate() {
                let mut at = starts[k];
                z[k] += l[a] * inverse[at];
                for (b, &r) in below.iter().enumerate().skip(a + 1) {
                    while rows[at] != r {
                        at += 1;
                    }
                    z[r] += l[a] * inverse[at];
                    z[k] += l[b] * inverse[at];
                }
            }
            let d = self.factor[from];
            let mut own = 1.0 / d;
            for (a, &k) in below.iter().enumerate() {
                let v = -z[k] / d;
                inverse[from + 1 + a] = v;
                own -= l[a] * v;
                z[k] = 0.0;
            }
            inverse[from] = own / d;
        }
        self.inverse = inverse;
    }

    /// Entry `(i, j)` of the inverse; must be on the pattern.
    pub fn inverse_at(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (self.position[i], self.position[j]);
        let (row, column) = (a.max(b), a.min(b));
        let (starts, rows) = self.pattern();
        let part = &rows[starts[column]..starts[column + 1]];
        part.binary_search(&row)
            .map_or(0.0, |k| self.inverse[starts[column] + k])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sparse positive definite matrix: an arrow and a few couplings, column-major dense.
    fn example(n: usize) -> Vec<f64> {
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            a[i * n + i] = 4.0 + i as f64 * 0.1;
            let last = n - 1;
            if i < last {
                a[i * n + last] = 0.5;
                a[last * n + i] = 0.5;
            }
            if i >= 3 && i < last {
                a[i * n + i - 3] = -0.7;
                a[(i - 3) * n + i] = -0.7;
            }
        }
        a
    }

    fn sparse(a: &[f64], n: usize) -> (SparseCholesky, Vec<f64>) {
        let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
        for j in 0..n {
            for i in j..n {
                if a[j * n + i] != 0.0 {
                    rows.push(i);
                    values.push(a[j * n + i]);
                }
            }
            starts.push(rows.len());
        }
        (SparseCholesky::new(n, starts, rows).unwrap(), values)
    }

    #[test]
    fn dense_and_sparse_agree() {
        let n = 12;
        let a = example(n);
        let mut dense = DenseCholesky::new(n);
        let (mut l, mut inverse) = (a.clone(), vec![0.0; n * n]);
        assert!(dense.factor(&mut l));
        dense.inverse(&l, &mut inverse);
        let (mut s, values) = sparse(&a, n);
        assert!(s.factor(&values));
        s.invert();
        let log_det = log_det_from_diagonal((0..n).map(|i| l[i * n + i]));
        assert!((log_det - s.log_det()).abs() < 1e-12);
        for j in 0..n {
            for i in j..n {
                if a[j * n + i] != 0.0 {
                    assert!(
                        (inverse[j * n + i] - s.inverse_at(i, j)).abs() < 1e-13,
                        "{i} {j}"
                    );
                }
            }
        }
        let rhs: Vec<f64> = (0..n).map(|i| i as f64 - 3.0).collect();
        let (mut x, mut y) = (rhs.clone(), rhs.clone());
        dense.solve(&l, &mut x);
        s.solve(&mut y);
        for i in 0..n {
            assert!((x[i] - y[i]).abs() < 1e-13);
            let ax: f64 = (0..n).map(|k| a[i * n + k] * x[k]).sum();
            assert!((ax - rhs[i]).abs() < 1e-12);
        }
        let (mut x, mut y) = (rhs.clone(), rhs.clone());
        dense.forward(&l, &mut x);
        dense.backward(&l, &mut x);
        s.forward(&mut y);
        s.backward(&mut y);
        for i in 0..n {
            let ax: f64 = (0..n).map(|k| a[i * n + k] * x[k]).sum();
            assert!((x[i] - y[i]).abs() < 1e-13 && (ax - rhs[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn indefinite_matrices_are_refused() {
        let n = 5;
        let mut a = example(n);
        a[0] = -1.0;
        assert!(!DenseCholesky::new(n).factor(&mut a.clone()));
        let (mut s, values) = sparse(&a, n);
        assert!(!s.factor(&values));
    }
}
