//! Posterior expectations over the nodes, and what the gradient makes of them.

use crate::design::{Lambda, Model, Shard};
use crate::integrate::grid::Grid;
use crate::integrate::products::{for_factors, lambda_transposed_times, ztv};
use crate::structure::{Blocks, Nested};

/// Expectations `E` over the nodes of a shard, weighted by their posterior weights `pi_k`.
pub struct Sums {
    /// Sum over the clusters of the logarithm of the integral.
    pub log_integral: f64,
    /// `E s`, over the rows, predictor by predictor.
    pub score: Vec<f64>,
    /// `E s z'` with the nodes on the path of each row: row by row, tier by tier, predictor by predictor.
    products: Vec<f64>,
    /// `E z`, over the effects.
    mean: Vec<f64>,
    /// `E z z'` of each level with those it lies in.
    second: Blocks,
    predictors: usize,
}

/// What the gradient needs of the sums.
pub struct Adjoints {
    /// Of `Lambda`, where the nodes stay where they are, summed over the levels of each factor.
    pub lambda: Vec<Lambda>,
    /// `r = E dg/du`.
    pub r: Vec<f64>,
    /// `R = E (dg/du) z'` on the pattern of `L'`.
    pub big_r: Blocks,
}

/// One level: its own rows of `E`, and the moments of the nodes on its path.
struct Level<'a> {
    spread: &'a [f64],
    mean: &'a [f64],
    second: &'a [f64],
    width: usize,
}

impl Sums {
    /// Nothing summed yet.
    pub fn new(nested: &Nested, effects: usize, rows: usize, predictors: usize) -> Sums {
        let width = nested.widths().first().map_or(0, |&w| w);
        Sums {
            log_integral: 0.0,
            score: vec![0.0; rows * predictors],
            products: vec![0.0; rows * predictors * width],
            mean: vec![0.0; effects],
            second: nested.zeros(),
            predictors,
        }
    }

    /// The expectations of a row.
    pub fn take_row(&mut self, i: usize, scores: &[f64], products: &[f64]) {
        let rows = self.score.len() / self.predictors;
        for (d, s) in scores.iter().enumerate() {
            self.score[d * rows + i] = *s;
        }
        self.products[i * products.len()..(i + 1) * products.len()].copy_from_slice(products);
    }

    /// The expectations of a level of factor `f` whose first effect is `first`.
    pub fn take_level(
        &mut self,
        grid: &Grid,
        f: usize,
        (level, first): (usize, usize),
        mean: &[f64],
        second: &[f64],
    ) {
        let (p, width) = (grid.tiers[f].p, grid.tiers[f].width());
        self.mean[first..first + p].copy_from_slice(mean);
        let block = &mut self.second[f][level * p * width..(level + 1) * p * width];
        let (mut at, mut from) = (0, 0);
        for tier in &grid.tiers[f..] {
            for row in block.chunks_exact_mut(width) {
                row[at..at + tier.p].copy_from_slice(&second[from..from + tier.p]);
                from += tier.p;
            }
            at += tier.p;
        }
    }

    /// `Z' E s z'`: block rows with the nodes on the path of each level.
    fn z_products(&self, model: &Model, shard: &Shard, nested: &Nested) -> Blocks {
        let mut out = nested.zeros();
        let (d, widths) = (self.predictors, nested.widths());
        let per_row = d * widths[0];
        for (f, factor) in model.factors.iter().enumerate() {
            let (p, width) = (factor.p(), widths[f]);
            for c in 0..p {
                let (z, e) = (factor.column(c, &shard.rows), factor.columns[c].predictor);
                factor.for_runs(&shard.rows, &shard.levels[f], |level, run| {
                    let out = &mut out[f][(level * p + c) * width..][..width];
                    for i in run {
                        let z = z.map_or(1.0, |z| z[i]);
                        let row = &self.products[i * per_row..(i + 1) * per_row];
                        let (mut at, mut from) = (0, d * (widths[0] - width));
                        for above in &model.factors[f..] {
                            let q = above.p();
                            for a in 0..q {
                                out[at + a] += z * row[from + e * q + a];
                            }
                            (at, from) = (at + q, from + d * q);
                        }
                    }
                });
            }
        }
        out
    }

    /// The adjoints, at nodes `u^ + E z`.
    pub fn adjoints(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        nested: &Nested,
        u: &[f64],
        spread: &Blocks,
    ) -> Adjoints {
        let zt = self.z_products(model, shard, nested);
        let mut zs = vec![0.0; u.len()];
        ztv(model, shard, &self.score, &mut zs);
        let mut r = vec![0.0; u.len()];
        lambda_transposed_times(model, shard, lambdas, &zs, &mut r);
        let mut out = Adjoints {
            lambda: lambdas.iter().map(|l| Lambda::zeros(l.p)).collect(),
            r,
            big_r: nested.zeros(),
        };
        self.for_levels(model, shard, nested, spread, |f, level, first, at| {
            let (p, width) = (lambdas[f].p, at.width);
            let (u, zs) = (&u[first..first + p], &zs[first..first + p]);
            let block = level * p * width..(level + 1) * p * width;
            let zt = &zt[f][block.clone()];
            at.add_direct(zs, u, zt, &mut out.lambda[f].values);
            for (r, mean) in out.r[first..].iter_mut().zip(at.mean_effect(u)) {
                *r -= mean;
            }
            at.big_r(&lambdas[f], u, zt, &mut out.big_r[f][block]);
        });
        out
    }

    /// Means and covariances of `u`, factor by factor, level by level.
    pub fn moments(
        &self,
        model: &Model,
        shard: &Shard,
        nested: &Nested,
        u: &[f64],
        spread: &Blocks,
    ) -> Vec<(Vec<f64>, Vec<f64>)> {
        let mut out = vec![(Vec::new(), Vec::new()); model.factors.len()];
        self.for_levels(model, shard, nested, spread, |f, _, first, at| {
            let p = model.factors[f].p();
            out[f].0.extend(at.mean_effect(&u[first..first + p]));
            at.covariance(p, &mut out[f].1);
        });
        out
    }

    /// Calls `visit(factor, level, first effect, level's moments)`.
    fn for_levels(
        &self,
        model: &Model,
        shard: &Shard,
        nested: &Nested,
        spread: &Blocks,
        mut visit: impl FnMut(usize, usize, usize, &Level<'_>),
    ) {
        let widths = nested.widths();
        let mut second = vec![0.0; widths.first().map_or(0, |w| w * w)];
        let mut mean = vec![0.0; widths.first().map_or(0, |&w| w)];
        let mut starts = Vec::new();
        for_factors(model, shard, |_, range| starts.push(range.start));
        for (f, factor) in model.factors.iter().enumerate() {
            let (p, width) = (factor.p(), widths[f]);
            for level in 0..shard.levels[f].len() {
                nested.along_path(&self.second, f, level, &mut second);
                let mut at = 0;
                for g in f..widths.len() {
                    let q = model.factors[g].p();
                    let first = starts[g] + nested.ancestor(f, level, g) * q;
                    mean[at..at + q].copy_from_slice(&self.mean[first..first + q]);
                    at += q;
                }
                let spread = &spread[f][level * p * width..(level + 1) * p * width];
                let level_moments = Level {
                    spread,
                    mean: &mean[..width],
                    second: &second[..width * width],
                    width,
                };
                visit(f, level, starts[f] + level * p, &level_moments);
            }
        }
    }
}

impl Level<'_> {
    /// `E z_w z_x`; the lower triangle is not filled.
    fn second(&self, w: usize, x: usize) -> f64 {
        self.second[w.min(x) * self.width + w.max(x)]
    }

    fn row(&self, c: usize) -> &[f64] {
        &self.spread[c * self.width..(c + 1) * self.width]
    }

    /// `E u`.
    fn mean_effect<'a>(&'a self, u: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        u.iter()
            .enumerate()
            .map(|(c, u)| u + dot(self.row(c), self.mean))
    }

    /// `Cov u`, appended.
    fn covariance(&self, p: usize, out: &mut Vec<f64>) {
        let central = |w: usize, x: usize| self.second(w, x) - self.mean[w] * self.mean[x];
        for a in 0..p {
            for b in 0..p {
                let entry = (0..self.width).map(|w| {
                    let row = (0..self.width).map(|x| central(w, x) * self.row(b)[x]);
                    self.row(a)[w] * row.sum::<f64>()
                });
                out.push(entry.sum());
            }
        }
    }

    /// `Z'(E s u')` of the level.
    fn add_direct(&self, zs: &[f64], u: &[f64], zt: &[f64], out: &mut [f64]) {
        let p = u.len();
        for (a, zt) in zt.chunks_exact(self.width).enumerate() {
            for c in 0..p {
                out[a * p + c] += zs[a] * u[c] + dot(zt, self.row(c));
            }
        }
    }

    /// `Lambda' Z'(E s z') - E u z'`.
    fn big_r(&self, lambda: &Lambda, u: &[f64], zt: &[f64], out: &mut [f64]) {
        let (p, width) = (u.len(), self.width);
        for c in 0..p {
            for w in 0..width {
                let data: f64 = (c..p)
                    .map(|a| lambda.values[a * p + c] * zt[a * width + w])
                    .sum();
                let spread: f64 = (0..width).map(|x| self.row(c)[x] * self.second(x, w)).sum();
                out[c * width + w] = data - u[c] * self.mean[w] - spread;
            }
        }
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}
