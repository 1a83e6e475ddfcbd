//! Nested grouping factors: elimination from the leaves to the root without fill.
//!
//! Each level of factor `f` keeps one block row: its own `p x p` block, then its couplings with the
//! levels it lies in, factor by factor up to the root. Its width is the number of columns of
//! `f` and of all factors above.

mod inverse;
mod leverage;
mod paths;

use super::blocks::{add_a_lambda_v, add_at_lambda_v, lift, sandwich};
use super::System;
use crate::design::factor::coupling;
use crate::design::members::Place;
use crate::design::{Factor, Lambda, Levels, Model, Shard};
use crate::linalg::small::{add_at_b, backward, cholesky, forward};
use crate::linalg::vector::axpy;
use inverse::invert_level;
use leverage::{add_quadratic_form, columns_from};
pub use paths::Blocks;

/// Block rows of one factor.
struct Rung {
    /// Columns of this factor.
    p: usize,
    /// Columns of this factor and of those above.
    width: usize,
    /// First of the factor's effects in a vector.
    first: usize,
    n_levels: usize,
    /// Level of the next factor that each level lies in; empty at the root.
    parent: Vec<u32>,
    /// `A`.
    a: Vec<f64>,
    /// Cholesky factor of the own block, and `B = L^-1 H_{f, above}`.
    factor: Vec<f64>,
    /// `V = H^-1`.
    inverse: Vec<f64>,
}

impl Rung {
    fn stride(&self) -> usize {
        self.p * self.width
    }

    fn range(&self, level: usize) -> std::ops::Range<usize> {
        level * self.stride()..(level + 1) * self.stride()
    }

    /// The own block of a level in `a` or one like it.
    fn own_block(&self, of: &[f64], level: usize) -> Vec<f64> {
        let rows = of[self.range(level)].chunks_exact(self.width);
        rows.flat_map(|row| row[..self.p].to_vec()).collect()
    }
}

/// `H` for nested factors.
pub struct Nested {
    rungs: Vec<Rung>,
    log_det: f64,
    scratch: Vec<f64>,
}

impl Nested {
    /// The system of a shard, without numbers yet.
    pub fn new(model: &Model, shard: &Shard) -> Nested {
        let sizes = model.sizes();
        let mut first = 0;
        let rungs: Vec<Rung> = (0..sizes.len())
            .map(|f| {
                let (p, width) = (sizes[f], sizes[f..].iter().sum::<usize>());
                let n_levels = shard.levels[f].len();
                let start = first;
                first += p * n_levels;
                Rung {
                    p,
                    width,
                    first: start,
                    n_levels,
                    parent: parents(&model.factors, shard, f),
                    a: vec![0.0; n_levels * p * width],
                    factor: vec![0.0; n_levels * p * width],
                    inverse: vec![0.0; n_levels * p * width],
                }
            })
            .collect();
        let width = rungs.first().map_or(0, |r| r.width);
        Nested {
            rungs,
            log_det: 0.0,
            scratch: vec![0.0; 3 * width * width],
        }
    }

    /// `H := Lambda' A Lambda + I`, in the place of the factor.
    fn whiten(&mut self, lambdas: &[Lambda]) {
        let scalars = lambdas.iter().all(|l| l.p == 1);
        for (f, rung) in self.rungs.iter_mut().enumerate() {
            let (p, width) = (rung.p, rung.width);
            if scalars {
                let scales: Vec<f64> = lambdas[f..]
                    .iter()
                    .map(|l| lambdas[f].values[0] * l.values[0])
                    .collect();
                for (h, a) in rung
                    .factor
                    .chunks_exact_mut(width)
                    .zip(rung.a.chunks_exact(width))
                {
                    for ((h, a), scale) in h.iter_mut().zip(a).zip(&scales) {
                        *h = scale * a;
                    }
                    h[0] += 1.0;
                }
                continue;
            }
            for level in 0..rung.n_levels {
                let range = rung.range(level);
                let (a, h) = (&rung.a[range.clone()], &mut rung.factor[range]);
                let mut at = 0;
                for lambda in &lambdas[f..] {
                    sandwich(
                        &lambdas[f],
                        &a[at..],
                        width,
                        lambda,
                        &mut h[at..],
                        width,
                        &mut self.scratch,
                    );
                    at += lambda.p;
                }
                for c in 0..p {
                    h[c * width + c] += 1.0;
                }
            }
        }
    }
}

/// For each level of factor `f` in the shard, the level of the next factor, both relative to the shard.
fn parents(factors: &[Factor], shard: &Shard, f: usize) -> Vec<u32> {
    let (Some(outer), Levels::Runs(inner)) = (factors.get(f + 1), &factors[f].levels) else {
        return Vec::new();
    };
    let Levels::Runs(outer) = &outer.levels else {
        return Vec::new();
    };
    let first = shard.levels[f + 1].start;
    shard.levels[f]
        .clone()
        .map(|l| (outer.partition_point(|s| *s <= inner[l]) - 1 - first) as u32)
        .collect()
}

impl System for Nested {
    fn assemble(&mut self, model: &Model, shard: &Shard, w: &[f64]) {
        let (n, predictors) = (shard.rows.len(), model.predictors.len());
        for (f, rung) in self.rungs.iter_mut().enumerate() {
            let (factor, p, width, stride) = (&model.factors[f], rung.p, rung.width, rung.stride());
            let members = factor.members(&shard.rows, &shard.levels[f]);
            rung.a.fill(0.0);
            for c in 0..p {
                let z = factor.column(c, &shard.rows);
                let mut at = 0;
                for (g, above) in model.factors[f..].iter().enumerate() {
                    for e in if g == 0 { c } else { 0 }..above.p() {
                        let w = coupling(w, n, predictors, &factor.columns[c], &above.columns[e]);
                        let y = above.column(e, &shard.rows);
                        let at = c * width + at + e;
                        members.add_sums([z, y], w, Place { stride, at }, &mut rung.a);
                    }
                    at += above.p();
                }
            }
            rung.a
                .chunks_exact_mut(stride.max(1))
                .for_each(|block| symmetrise(block, p, width));
        }
    }

    fn factor(&mut self, lambdas: &[Lambda]) -> bool {
        self.whiten(lambdas);
        self.log_det = 0.0;
        for f in 0..self.rungs.len() {
            let (below, above) = self.rungs.split_at_mut(f + 1);
            let rung = &mut below[f];
            let (p, width) = (rung.p, rung.width);
            let mut product = 1.0f64;
            for level in 0..rung.n_levels {
                let block = &mut rung.factor[level * p * width..(level + 1) * p * width];
                if !cholesky(block, p, width) {
                    return false;
                }
                for c in 0..p {
                    product *= block[c * width + c];
                }
                if !(1e-100..1e100).contains(&product) {
                    self.log_det += 2.0 * product.ln();
                    product = 1.0;
                }
                if !above.is_empty() {
                    solve_panel(block, p, width);
                    eliminate(block, p, width, rung.parent[level] as usize, above);
                }
            }
            self.log_det += 2.0 * product.ln();
        }
        self.log_det.is_finite()
    }

    fn log_det(&self) -> f64 {
        self.log_det
    }

    fn forward(&self, x: &mut [f64]) {
        for (f, rung) in self.rungs.iter().enumerate() {
            for level in 0..rung.n_levels {
                let block = &rung.factor[rung.range(level)];
                let (own, rest) = x[rung.first + level * rung.p..].split_at_mut(rung.p);
                forward(block, rung.p, rung.width, own);
                let offset = rung.first + (level + 1) * rung.p;
                self.for_ancestors(f, level, |at, first, p| {
                    let above = &mut rest[first - offset..][..p];
                    for (row, own) in block.chunks_exact(rung.width).zip(&*own) {
                        let terms = above.iter_mut().zip(&row[at..]);
                        terms.for_each(|(x, b)| *x -= b * own);
                    }
                });
            }
        }
    }

    fn backward(&self, x: &mut [f64]) {
        for (f, rung) in self.rungs.iter().enumerate().rev() {
            for level in 0..rung.n_levels {
                let block = &rung.factor[rung.range(level)];
                let (own, rest) = x[rung.first + level * rung.p..].split_at_mut(rung.p);
                let offset = rung.first + (level + 1) * rung.p;
                self.for_ancestors(f, level, |at, first, p| {
                    let above = &rest[first - offset..][..p];
                    for (row, own) in block.chunks_exact(rung.width).zip(&mut *own) {
                        let terms = row[at..].iter().zip(above);
                        terms.for_each(|(b, x)| *own -= b * x);
                    }
                });
                backward(block, rung.p, rung.width, own);
            }
        }
    }

    fn invert(&mut self) {
        for f in (0..self.rungs.len()).rev() {
            let (below, above) = self.rungs.split_at_mut(f + 1);
            let rung = &mut below[f];
            for level in 0..rung.n_levels {
                let range = rung.range(level);
                let (factor, inverse) = (&rung.factor[range.clone()], &mut rung.inverse[range]);
                let parent = rung.parent.get(level).map(|&p| p as usize);
                invert_level(
                    factor,
                    inverse,
                    rung.p,
                    rung.width,
                    parent,
                    above,
                    &mut self.scratch,
                );
            }
        }
    }

    fn add_h(&self, model: &Model, shard: &Shard, lambdas: &[Lambda], h: &mut [f64]) {
        let width = self.rungs.first().map_or(0, |r| r.width);
        let mut covariance = Vec::new();
        let mut scratch = vec![0.0; width * width];
        let predictors = model.predictors.len();
        for (f, rung) in self.rungs.iter().enumerate() {
            let stride = rung.stride();
            covariance.resize(rung.n_levels * stride, 0.0);
            for (level, block) in covariance.chunks_exact_mut(stride.max(1)).enumerate() {
                let v = &rung.inverse[rung.range(level)];
                let mut at = 0;
                for lambda in &lambdas[f..] {
                    let out = &mut block[at..];
                    lift(&lambdas[f], &v[at..], lambda, out, rung.width, &mut scratch);
                    at += lambda.p;
                }
            }
            let members = model.factors[f].members(&shard.rows, &shard.levels[f]);
            let columns = columns_from(model, shard, f);
            add_quadratic_form(&columns, members, rung.p, &covariance, predictors, h);
        }
    }

    fn add_q(&self, lambdas: &[Lambda], q: &mut [Lambda]) {
        for (f, rung) in self.rungs.iter().enumerate() {
            let width = rung.width;
            for level in 0..rung.n_levels {
                let (a, v) = (&rung.a[rung.range(level)], &rung.inverse[rung.range(level)]);
                let mut at = 0;
                for (g, lambda) in lambdas.iter().enumerate().skip(f) {
                    add_a_lambda_v(&a[at..], width, lambda, &v[at..], width, &mut q[f]);
                    if g > f {
                        add_at_lambda_v(&a[at..], width, &lambdas[f], &v[at..], width, &mut q[g]);
                    }
                    at += lambda.p;
                }
            }
        }
    }

    fn add_a_times(&self, b: &[f64], out: &mut [f64]) {
        for (f, rung) in self.rungs.iter().enumerate() {
            for level in 0..rung.n_levels {
                let a = &rung.a[rung.range(level)];
                let own = rung.first + level * rung.p;
                for r in 0..rung.p {
                    for c in 0..rung.p {
                        out[own + r] += a[r * rung.width + c] * b[own + c];
                    }
                }
                self.for_ancestors(f, level, |at, first, p| {
                    for r in 0..rung.p {
                        for c in 0..p {
                            out[own + r] += a[r * rung.width + at + c] * b[first + c];
                            out[first + c] += a[r * rung.width + at + c] * b[own + r];
                        }
                    }
                });
            }
        }
    }

    fn a_diagonal(&self) -> Vec<f64> {
        let of = |rung: &Rung, level: usize, c: usize| {
            rung.a[level * rung.stride() + c * rung.width + c]
        };
        let mut diagonal = Vec::new();
        for rung in &self.rungs {
            diagonal.extend((0..rung.n_levels * rung.p).map(|k| of(rung, k / rung.p, k % rung.p)));
        }
        diagonal
    }

    fn level_block(&self, f: usize, level: usize) -> Vec<f64> {
        self.rungs[f].own_block(&self.rungs[f].a, level)
    }

    fn level_inverse(&self, f: usize, level: usize) -> Vec<f64> {
        self.rungs[f].own_block(&self.rungs[f].inverse, level)
    }

    fn path_inverse(&self, f: usize, level: usize) -> Vec<f64> {
        self.along_inverse(f, level)
    }

    fn as_nested(&mut self) -> Option<&mut Nested> {
        Some(self)
    }
}

impl Nested {
    /// Calls `visit(column in the block row, first effect in a vector, p)` for each level above.
    #[inline]
    fn for_ancestors(&self, f: usize, level: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let (mut at, mut level) = (self.rungs[f].p, level);
        for g in f + 1..self.rungs.len() {
            level = self.rungs[g - 1].parent[level] as usize;
            let rung = &self.rungs[g];
            visit(at, rung.first + level * rung.p, rung.p);
            at += rung.p;
        }
    }
}

/// The own block of a block row, from its upper triangle.
fn symmetrise(block: &mut [f64], p: usize, width: usize) {
    for c in 0..p {
        for r in c + 1..p {
            block[r * width + c] = block[c * width + r];
        }
    }
}

/// `B := L^-1 H_{f, above}`, in place.
fn solve_panel(block: &mut [f64], p: usize, width: usize) {
    for i in 0..p {
        for k in 0..i {
            let (done, own) = block.split_at_mut(i * width);
            let l = own[k];
            axpy(
                -l,
                &done[k * width + p..(k + 1) * width],
                &mut own[p..width],
            );
        }
        let d = block[i * width + i];
        block[i * width + p..(i + 1) * width]
            .iter_mut()
            .for_each(|b| *b /= d);
    }
}

/// Takes `B'B` from the block rows above a level.
fn eliminate(block: &[f64], p: usize, width: usize, parent: usize, above: &mut [Rung]) {
    let (mut at, mut level) = (p, parent);
    for g in 0..above.len() {
        let rung = &mut above[g];
        let range = rung.range(level);
        let (own, target) = (&block[at..], &mut rung.factor[range]);
        if p == 1 && rung.p == 1 {
            let terms = target.iter_mut().zip(own);
            terms.for_each(|(h, b)| *h -= own[0] * b);
        } else {
            let (columns, all) = (rung.p, rung.width);
            add_at_b(-1.0, own, width, own, width, target, all, p, columns, all);
        }
        at += rung.p;
        level = rung.parent.get(level).map_or(0, |&l| l as usize);
    }
}
