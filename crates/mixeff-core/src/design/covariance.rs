//! Covariance structures of a random-effects term: free parameters `theta` to the Cholesky factor `Lambda`.
//!
//! The covariance matrix of the term's effects is `Lambda Lambda'`. The diagonal of `Lambda` is free in
//! sign: the likelihood is even in each column, so a zero variance is an ordinary point.

mod diagonal;
mod unit;
mod unstructured;

pub(crate) use unit::Unit;

/// How the free parameters of one term fill its lower-triangular `p x p` factor `Lambda` (row-major).
pub trait Covariance: Send + Sync {
    /// The name in the table of structures.
    fn name(&self) -> &'static str;
    /// The entries `(row, column)` of `Lambda` that `theta` fills, in the order of `theta`.
    fn entries(&self, p: usize) -> Vec<(usize, usize)>;
    /// The entries of `Lambda` that are held at one.
    fn ones(&self, _p: usize) -> Vec<(usize, usize)> {
        Vec::new()
    }
}

/// The table of structures.
static STRUCTURES: [&dyn Covariance; 3] = [
    &unstructured::Unstructured,
    &diagonal::Diagonal,
    &unit::Unit,
];

/// The structure of this name.
pub fn lookup(name: &str) -> Option<&'static dyn Covariance> {
    STRUCTURES.iter().copied().find(|s| s.name() == name)
}

/// The factor `Lambda` of one grouping factor: block diagonal over its terms, `p x p`, row-major, lower triangle.
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// Number of random effects per level.
    pub p: usize,
    /// Entries, row-major.
    pub values: Vec<f64>,
}

impl Lambda {
    /// The zero matrix.
    pub fn zeros(p: usize) -> Self {
        Lambda {
            p,
            values: vec![0.0; p * p],
        }
    }

    /// `out := Lambda u`.
    #[inline]
    pub fn apply(&self, u: &[f64], out: &mut [f64]) {
        let p = self.p;
        for r in 0..p {
            let mut v = 0.0;
            for c in 0..=r {
                v += self.values[r * p + c] * u[c];
            }
            out[r] = v;
        }
    }

    /// `out := Lambda' x`.
    #[inline]
    pub fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        let p = self.p;
        for c in 0..p {
            let mut v = 0.0;
            for r in c..p {
                v += self.values[r * p + c] * x[r];
            }
            out[c] = v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_its_rows() {
        for s in STRUCTURES {
            assert!(lookup(s.name()).is_some());
            assert!(s.entries(3).iter().all(|&(r, c)| r >= c && r < 3));
        }
        assert!(lookup("nonsense").is_none());
        assert_eq!(
            lookup("unstructured").unwrap().entries(2),
            vec![(0, 0), (1, 0), (1, 1)]
        );
        assert_eq!(lookup("diagonal").unwrap().entries(2), vec![(0, 0), (1, 1)]);
        assert!(lookup("unit").unwrap().entries(2).is_empty());
        assert_eq!(lookup("unit").unwrap().ones(2), vec![(0, 0), (1, 1)]);
    }

    #[test]
    fn apply_and_its_transpose_are_adjoint() {
        let lambda = Lambda {
            p: 2,
            values: vec![2.0, 0.0, -1.0, 3.0],
        };
        let (u, x) = ([0.3, 0.7], [1.5, -0.2]);
        let (mut lu, mut ltx) = ([0.0; 2], [0.0; 2]);
        lambda.apply(&u, &mut lu);
        lambda.apply_transposed(&x, &mut ltx);
        assert!((lu[0] * x[0] + lu[1] * x[1] - ltx[0] * u[0] - ltx[1] * u[1]).abs() < 1e-15);
    }
}
