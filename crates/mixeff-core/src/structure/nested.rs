//! Nested grouping factors: elimination from the leaves to the root without fill.
//!
//! Each level of factor `f` keeps one block row: its own `p x p` block, then its couplings with the
//! levels it lies in, factor by factor up to the root. Its width is the number of columns of
//! `f` and of all factors above.

mod elimination;
mod inverse;
mod leverage;
mod paths;
mod solve;

use super::blocks::{add_a_lambda_v, add_at_lambda_v, lift};
use super::System;
use crate::design::factor::coupling;
use crate::design::members::Place;
use crate::design::{Factor, Lambda, Levels, Model, Shard};
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

/// Any number of columns, as each factor says.
const ANY: usize = 0;

/// Calls a method of `Nested` with the number of columns as a constant where all factors have the same one or two: loops over
/// them are then unrolled.
macro_rules! sized {
    ($nested:ident.$method:ident($($argument:expr),*)) => {
        match $nested.size {
            1 => $nested.$method::<1>($($argument),*),
            2 => $nested.$method::<2>($($argument),*),
            _ => $nested.$method::<ANY>($($argument),*),
        }
    };
}

impl Rung {
    /// `p`, a constant unless `P` is `ANY`.
    #[inline(always)]
    fn size<const P: usize>(&self) -> usize {
        if P == ANY {
            self.p
        } else {
            P
        }
    }

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
    /// `p` of every factor, or `ANY`.
    size: usize,
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
        let first = sizes.first().copied().unwrap_or(ANY);
        let same = sizes.iter().all(|&p| p == first);
        Nested {
            rungs,
            size: if same { first } else { ANY },
            log_det: 0.0,
            scratch: vec![0.0; 3 * width * width],
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
        sized!(self.eliminate_all())
    }

    fn log_det(&self) -> f64 {
        self.log_det
    }

    fn forward(&self, x: &mut [f64]) {
        sized!(self.forward_sized(x));
    }

    fn backward(&self, x: &mut [f64]) {
        sized!(self.backward_sized(x));
    }

    fn invert(&mut self) {
        sized!(self.invert_sized());
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
                self.for_ancestors::<ANY>(f, level, |at, first, p| {
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

/// The own block of a block row, from its upper triangle.
fn symmetrise(block: &mut [f64], p: usize, width: usize) {
    for c in 0..p {
        for r in c + 1..p {
            block[r * width + c] = block[c * width + r];
        }
    }
}
