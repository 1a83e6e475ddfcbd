//! Random-effects terms and their places in `theta` and in `Lambda`.

use super::covariance::{Covariance, Lambda};

/// One term `(columns | factor)`: where its columns sit in its factor, where its parameters sit in `theta`.
#[derive(Clone)]
pub struct Term {
    /// Grouping factor, in the model's elimination order.
    pub factor: usize,
    /// First column of the term among the factor's columns.
    pub first: usize,
    /// Number of columns.
    pub p: usize,
    /// First entry in `theta`.
    pub theta_start: usize,
    /// Entries of the term's `Lambda` that `theta` fills.
    pub entries: Vec<(usize, usize)>,
    /// Entries of it that are one.
    pub ones: Vec<(usize, usize)>,
}

impl Term {
    /// A term of `p` columns with the given structure.
    pub fn new(
        factor: usize,
        first: usize,
        p: usize,
        theta_start: usize,
        structure: &dyn Covariance,
    ) -> Self {
        Term {
            factor,
            first,
            p,
            theta_start,
            entries: structure.entries(p),
            ones: structure.ones(p),
        }
    }

    /// Number of free parameters.
    pub fn n_theta(&self) -> usize {
        self.entries.len()
    }

    /// Covariance matrix `Lambda Lambda'` of the term, `p x p`.
    pub fn covariance(&self, theta: &[f64]) -> Vec<f64> {
        let p = self.p;
        let mut l = vec![0.0; p * p];
        for (k, &(r, c)) in self.entries.iter().enumerate() {
            l[r * p + c] = theta[self.theta_start + k];
        }
        self.ones.iter().for_each(|&(r, c)| l[r * p + c] = 1.0);
        (0..p * p)
            .map(|i| (0..p).map(|k| l[i / p * p + k] * l[i % p * p + k]).sum())
            .collect()
    }

    /// The places of `theta` among the entries of a factor with `size` columns: `(k, position)`.
    pub fn places(&self, size: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.entries.iter().enumerate().map(move |(k, &(r, c))| {
            (
                self.theta_start + k,
                (self.first + r) * size + self.first + c,
            )
        })
    }
}

/// The factor `Lambda` of every grouping factor; `sizes` are the numbers of random effects per level.
pub fn lambdas(terms: &[Term], sizes: &[usize], theta: &[f64]) -> Vec<Lambda> {
    let mut all: Vec<Lambda> = sizes.iter().map(|&p| Lambda::zeros(p)).collect();
    for term in terms {
        for (k, at) in term.places(sizes[term.factor]) {
            all[term.factor].values[at] = theta[k];
        }
        let size = sizes[term.factor];
        for (r, c) in &term.ones {
            all[term.factor].values[(term.first + r) * size + term.first + c] = 1.0;
        }
    }
    all
}

/// The chain rule back from adjoints of `Lambda` to `theta`.
pub fn pull_back(terms: &[Term], adjoints: &[Lambda], theta_bar: &mut [f64]) {
    for term in terms {
        for (k, at) in term.places(adjoints[term.factor].p) {
            theta_bar[k] += adjoints[term.factor].values[at];
        }
    }
}
