//! How far the random effects lie from where they are predicted: a root of their covariance, row by row.
//!
//! `C = R R'` with `R` upper triangular over the columns of a level and of those it lies in, the outermost last, so that
//! `t_i = R'z_i` has one block for each factor and `z_i'C z_j` is the sum of `t_i't_j` over the levels that both rows are in.

use super::Gaussian;
use crate::design::term::lambdas;
use crate::design::{Lambda, Model};
use std::ops::Range;

/// Share of a variance up to which what is left of it is rounding.
const ROUNDING: f64 = 1e-14;

/// Factors whose effects are taken together, of which the first `sizes` columns count.
struct Group<'m> {
    model: &'m Model,
    factors: Range<usize>,
    sizes: &'m [usize],
    /// `sigma Lambda`, the columns that count by all columns.
    lift: Vec<f64>,
    /// Columns that count.
    rows: usize,
    /// All columns.
    width: usize,
}

impl Gaussian<'_> {
    /// `t`, column after column, for the first `sizes` columns of the factors: of the conditional covariance given the
    /// response at `theta`, level by level, or of the prior one.
    pub fn spread(
        &mut self,
        theta: &[f64],
        sizes: &[usize],
        conditional: bool,
    ) -> Option<Vec<f64>> {
        let sigma = self.at(theta)?.sigma2.sqrt();
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let mut out = Vec::with_capacity(model.n() * sizes.iter().sum::<usize>());
        for factors in groups(model) {
            let group = Group::new(model, factors, sizes, &lambdas, sigma);
            let mut t = vec![0.0; model.n() * group.rows];
            for (part, shard) in self.parts.iter().zip(&model.shards) {
                let f = group.factors.start;
                model.factors[f].for_runs(&shard.rows, &shard.levels[f], |level, run| {
                    let v = match conditional {
                        true => part.system.path_inverse(f, level),
                        false => identity(group.width),
                    };
                    let run = run.start + shard.rows.start..run.end + shard.rows.start;
                    group.fill(&group.root(&v), run, &mut t);
                });
            }
            out.extend(t);
        }
        Some(out)
    }
}

/// Nested factors together, crossed ones one by one.
fn groups(model: &Model) -> Vec<Range<usize>> {
    let m = model.factors.len();
    match model.nested {
        true => (0..m.min(1)).map(|_| 0..m).collect(),
        false => (0..m).map(|f| f..f + 1).collect(),
    }
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n)
        .map(|k| f64::from(u8::from(k / n == k % n)))
        .collect()
}

impl<'m> Group<'m> {
    fn new(
        model: &'m Model,
        factors: Range<usize>,
        sizes: &'m [usize],
        lambdas: &[Lambda],
        sigma: f64,
    ) -> Self {
        let rows = sizes[factors.clone()].iter().sum();
        let width = lambdas[factors.clone()].iter().map(|l| l.p).sum();
        let mut lift = vec![0.0; rows * width];
        let (mut row, mut column) = (0, 0);
        for f in factors.clone() {
            let p = lambdas[f].p;
            for own in lambdas[f].values.chunks_exact(p).take(sizes[f]) {
                let to = &mut lift[row * width + column..][..p];
                to.iter_mut().zip(own).for_each(|(to, v)| *to = sigma * v);
                row += 1;
            }
            column += p;
        }
        Group {
            model,
            factors,
            sizes,
            lift,
            rows,
            width,
        }
    }

    /// `R` for the covariance `v` of the whitened effects.
    fn root(&self, v: &[f64]) -> Vec<f64> {
        let (n, m) = (self.rows, self.width);
        let row = |r: usize| &self.lift[r * m..][..m];
        let mut c = vec![0.0; n * n];
        for i in 0..n {
            let half: Vec<f64> = (0..m)
                .map(|k| {
                    row(i)
                        .iter()
                        .enumerate()
                        .map(|(l, x)| x * v[l * m + k])
                        .sum()
                })
                .collect();
            for j in 0..n {
                c[i * n + j] = half.iter().zip(row(j)).map(|(a, b)| a * b).sum();
            }
        }
        upper_root(&c, n)
    }

    /// `t` of the rows of one level.
    fn fill(&self, root: &[f64], run: Range<usize>, t: &mut [f64]) {
        let n = self.model.n();
        let factors = self.factors.clone();
        let columns = factors.flat_map(|f| (0..self.sizes[f]).map(move |c| (f, c)));
        for (r, (f, c)) in columns.enumerate() {
            let z = self.model.factors[f].column(c, &run);
            for k in r..self.rows {
                let by = root[r * self.rows + k];
                let t = t[k * n..][run.clone()].iter_mut().enumerate();
                t.for_each(|(i, t)| *t += by * z.map_or(1.0, |z| z[i]));
            }
        }
    }
}

/// Upper triangular `R` with `R R' = c`, zero columns where `c` is singular.
fn upper_root(c: &[f64], n: usize) -> Vec<f64> {
    let mut root = vec![0.0; n * n];
    for j in (0..n).rev() {
        let left = |r: &[f64], i: usize| -> f64 {
            let taken: f64 = (j + 1..n).map(|k| r[i * n + k] * r[j * n + k]).sum();
            c[i * n + j] - taken
        };
        let d = left(&root, j);
        if d > ROUNDING * c[j * n + j] {
            for i in 0..=j {
                root[i * n + j] = left(&root, i) / d.sqrt();
            }
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_squares_to_the_matrix_singular_or_not() {
        let regular = [4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 2.0];
        let singular = [4.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 1.0];
        for c in [regular, singular] {
            let r = upper_root(&c, 3);
            for i in 0..3 {
                for j in 0..3 {
                    let value: f64 = (0..3).map(|k| r[i * 3 + k] * r[j * 3 + k]).sum();
                    assert!((value - c[i * 3 + j]).abs() < 1e-14);
                    assert!(j >= i || r[i * 3 + j] == 0.0);
                }
            }
        }
    }
}
