//! Unconstrained coordinates `psi` of the covariance matrices: log standard deviations, and the inverse hyperbolic tangents
//! of the canonical partial correlations, term by term.
//!
//! A term's factor is `Lambda = diag(sd) K` with `K` the Cholesky factor of its correlation matrix. Row `r` of `K` comes from
//! partial correlations `z`: `K_rc = z_rc q_rc` and `K_rr = q_rr`, `q_rc = prod over k < c of sqrt(1 - z_rk^2)`.

use mixeff_core::design::{Model, Term};

/// The coordinates of one term.
struct Block {
    /// Number of random effects.
    p: usize,
    /// First coordinate; standard deviations, then partial correlations row by row.
    first: usize,
    /// Where each entry of `Lambda` sits in `theta`: `p x p`, none for those that are zero.
    place: Vec<Option<usize>>,
    correlated: bool,
}

/// The coordinates of a model's covariance matrices.
pub struct Space {
    blocks: Vec<Block>,
    dim: usize,
    n_theta: usize,
}

impl Block {
    fn new(term: &Term, first: usize) -> Result<Block, String> {
        let p = term.p;
        let mut place = vec![None; p * p];
        for (k, &(r, c)) in term.entries.iter().enumerate() {
            place[r * p + c] = Some(term.theta_start + k);
        }
        let correlated = p > 1 && term.entries.len() == p * (p + 1) / 2;
        let diagonal = (0..p).all(|r| place[r * p + r].is_some());
        if !diagonal || !(correlated || term.entries.len() == p) {
            return Err("the covariance structure has no unconstrained coordinates".into());
        }
        Ok(Block {
            p,
            first,
            place,
            correlated,
        })
    }

    fn dim(&self) -> usize {
        self.p + self.partials().count()
    }

    /// `(row, column)` of the partial correlations, in the order of the coordinates.
    fn partials(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = if self.correlated { self.p } else { 0 };
        (0..rows).flat_map(|r| (0..r).map(move |c| (r, c)))
    }

    /// The place of the partial correlation `(r, 0)`.
    fn row(&self, r: usize) -> usize {
        self.first + self.p + r * (r - 1) / 2
    }

    /// Partial correlations of row `r`; none on the diagonal structure.
    fn row_length(&self, r: usize) -> usize {
        if self.correlated {
            r
        } else {
            0
        }
    }

    fn fill(&self, psi: &[f64], theta: &mut [f64]) {
        for r in 0..self.p {
            let (sd, mut q) = (psi[self.first + r].exp(), 1.0);
            for c in 0..self.row_length(r) {
                let y = psi[self.row(r) + c];
                self.put(theta, r, c, sd * q * y.tanh());
                q /= y.cosh();
            }
            self.put(theta, r, r, sd * q);
        }
    }

    fn put(&self, theta: &mut [f64], r: usize, c: usize, value: f64) {
        if let Some(k) = self.place[r * self.p + c] {
            theta[k] = value;
        }
    }

    fn get(&self, theta: &[f64], r: usize, c: usize) -> f64 {
        self.place[r * self.p + c].map_or(0.0, |k| theta[k])
    }

    /// The chain rule, row by row from the diagonal back.
    fn pull_back(&self, psi: &[f64], theta_bar: &[f64], psi_bar: &mut [f64]) {
        for r in 0..self.p {
            let sd = psi[self.first + r].exp();
            let length = self.row_length(r);
            let mut q: f64 = (0..length)
                .map(|c| 1.0 / psi[self.row(r) + c].cosh())
                .product();
            let mut q_bar = sd * self.get(theta_bar, r, r);
            let mut total = q_bar * q;
            for c in (0..length).rev() {
                let y = psi[self.row(r) + c];
                let (z, s) = (y.tanh(), 1.0 / y.cosh());
                q /= s;
                let k_bar = sd * self.get(theta_bar, r, c);
                total += k_bar * z * q;
                psi_bar[self.row(r) + c] += k_bar * q * s * s - q_bar * q * z * s;
                q_bar = k_bar * z + q_bar * s;
            }
            psi_bar[self.first + r] += total;
        }
    }

    /// Coordinates of a factor; rows shorter than `floor` are made as long as that.
    fn coordinates(&self, theta: &[f64], floor: impl Fn(usize) -> f64, psi: &mut [f64]) {
        for r in 0..self.p {
            let row: Vec<f64> = (0..=r).map(|c| self.get(theta, r, c)).collect();
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            psi[self.first + r] = length.max(floor(self.first + r)).ln();
            let mut left = length * length;
            for c in 0..self.row_length(r) {
                let sign = self.get(theta, c, c).signum();
                let z = if left > 0.0 {
                    sign * row[c] / left.sqrt()
                } else {
                    0.0
                };
                psi[self.row(r) + c] = z.clamp(-0.9, 0.9).atanh();
                left -= row[c] * row[c];
            }
        }
    }
}

impl Space {
    /// The coordinates of a model. `Err` for a covariance structure that is neither diagonal nor unstructured.
    pub fn new(model: &Model) -> Result<Space, String> {
        let mut dim = 0;
        let mut blocks = Vec::with_capacity(model.terms.len());
        for term in &model.terms {
            let block = Block::new(term, dim)?;
            dim += block.dim();
            blocks.push(block);
        }
        Ok(Space {
            blocks,
            dim,
            n_theta: model.n_theta(),
        })
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Places of the log standard deviations, term by term.
    pub fn log_sds(&self) -> impl Iterator<Item = usize> + '_ {
        self.blocks.iter().flat_map(|b| b.first..b.first + b.p)
    }

    /// Places of the partial correlations: `(term, effects of the term, column, place)`.
    pub fn partials(&self) -> impl Iterator<Item = (usize, usize, usize, usize)> + '_ {
        self.blocks.iter().enumerate().flat_map(|(t, b)| {
            b.partials()
                .enumerate()
                .map(move |(k, (_, c))| (t, b.p, c, b.first + b.p + k))
        })
    }

    /// `theta` at `psi`.
    pub fn theta(&self, psi: &[f64], theta: &mut [f64]) {
        self.blocks.iter().for_each(|b| b.fill(psi, theta));
    }

    /// `psi_bar += (d theta / d psi)' theta_bar`.
    pub fn pull_back(&self, psi: &[f64], theta_bar: &[f64], psi_bar: &mut [f64]) {
        for block in &self.blocks {
            block.pull_back(psi, theta_bar, psi_bar);
        }
    }

    /// A point near `theta`, standard deviations at least `floor` of their place and no correlation near one.
    pub fn coordinates(&self, theta: &[f64], floor: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut psi = vec![0.0; self.dim];
        for block in &self.blocks {
            block.coordinates(theta, &floor, &mut psi);
        }
        psi
    }

    /// `d theta / d psi`, row by row of `theta`.
    pub fn jacobian(&self, psi: &[f64]) -> Vec<f64> {
        let mut rows = vec![0.0; self.n_theta * self.dim];
        for (k, row) in rows.chunks_exact_mut(self.dim.max(1)).enumerate() {
            let mut unit = vec![0.0; self.n_theta];
            unit[k] = 1.0;
            self.pull_back(psi, &unit, row);
        }
        rows
    }
}
