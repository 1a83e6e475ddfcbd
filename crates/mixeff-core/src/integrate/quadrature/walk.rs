//! From the leaves of a cluster to its root: each level is integrated at every joint node of the levels above it.

use super::items::Items;
use super::loops::{add_prior, add_scaled, expect_nodes, linear_form, normalise, weights_times_z};
use super::sums::Sums;
use crate::design::{Levels, Model, Shard};
use crate::family::simd::{widest, Arithmetic, Work};
use crate::family::Rows;
use crate::integrate::grid::Grid;
use crate::structure::{Blocks, Nested};
use std::ops::Range;

/// Numbers that the family is handed at once: they stay in the nearest cache.
const BATCH: usize = 1024;

/// Where the nodes lie: `u = u^ + E z`, with `E` in block rows.
pub struct Centre<'a> {
    /// Knows which level lies in which.
    pub nested: &'a Nested,
    /// `u^`.
    pub u: &'a [f64],
    /// `E`, `L^-T` for adaptive quadrature.
    pub spread: &'a Blocks,
    /// `Lambda E`.
    pub loads: &'a Blocks,
    /// Linear predictors at `u^`.
    pub eta: &'a [f64],
}

/// Work space.
#[derive(Default)]
pub struct Workspace {
    pub(super) batch: Batch,
    pub(super) over: Vec<f64>,
    pub(super) effect: Vec<f64>,
    pub(super) weight_z: Vec<f64>,
    pub(super) total: Vec<f64>,
    pub(super) path: Vec<f64>,
    pub(super) coefficients: Vec<f64>,
    /// Log-densities at the joint nodes, by factor and level; then conditional weights.
    pub(super) logs: Vec<Vec<f64>>,
    pub(super) scores: Vec<f64>,
    pub(super) rows: Items,
    pub(super) levels: Vec<Items>,
}

/// Rows repeated for every node.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) y: Vec<f64>,
    pub(super) extra: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) eta: Vec<f64>,
    pub(super) l: Vec<f64>,
}

/// The walk over the clusters of a shard.
pub struct Walk<'a> {
    pub(super) model: &'a Model,
    pub(super) shard: &'a Shard,
    pub(super) grid: &'a Grid,
    pub(super) centre: Centre<'a>,
    pub(super) rows: Rows<'a>,
    /// First row of each level, relative to the shard, factor by factor.
    pub(super) starts: Vec<Vec<usize>>,
    /// First effect of each factor.
    first: Vec<usize>,
    /// Predictors that random effects enter.
    pub(super) active: Vec<bool>,
    /// True if all random effects are intercepts.
    pub(super) constant: bool,
    pub(super) segment: usize,
    pub(super) work: &'a mut Workspace,
}

/// A part of the work, to be compiled for each instruction set.
pub(super) enum Step {
    /// Linear predictors of rows in the batch, the rows of these leaves.
    Fill(Range<usize>, Range<usize>),
    /// Log-densities from the batch to their leaves.
    Add(Range<usize>, Range<usize>),
    /// Weights and expectations of leaves, of this cluster.
    Leaves(Range<usize>, usize),
    /// The same for the levels of a factor in a cluster.
    Levels(usize, usize),
}

impl Work for (&mut Walk<'_>, Step) {
    type Output = bool;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> bool {
        let (walk, step) = self;
        match step {
            Step::Fill(rows, leaves) => walk.fill::<A>(rows, leaves),
            Step::Add(rows, leaves) => walk.add(rows, leaves),
            Step::Leaves(leaves, c) => walk.finish_leaves::<A>(leaves, c),
            Step::Levels(g, c) => walk.finish_levels::<A>(g, c),
        }
    }
}

impl<'a> Walk<'a> {
    /// A walk over a shard.
    pub fn new(
        model: &'a Model,
        shard: &'a Shard,
        grid: &'a Grid,
        centre: Centre<'a>,
        work: &'a mut Workspace,
    ) -> Walk<'a> {
        let columns = || model.factors.iter().flat_map(|f| &f.columns);
        let active = (0..model.predictors.len())
            .map(|d| columns().any(|c| c.predictor == d))
            .collect();
        let mut first = vec![0];
        for (f, factor) in model.factors.iter().enumerate() {
            first.push(first[f] + factor.p() * shard.levels[f].len());
        }
        Walk {
            model,
            shard,
            grid,
            centre,
            rows: model.rows(shard),
            starts: (0..model.factors.len())
                .map(|f| starts(model, shard, f))
                .collect(),
            first,
            active,
            constant: columns().all(|c| c.values.is_none()),
            segment: (BATCH / grid.tiers[0].len()).max(1),
            work,
        }
    }

    /// Integrates every cluster. `None` if the integral of one is not a positive number.
    pub fn run(&mut self, sums: &mut Sums) -> Option<()> {
        for c in 0..self.shard.clusters() {
            self.prepare(c);
            self.leaves(c)?;
            for g in 1..self.grid.tiers.len() {
                self.step(Step::Levels(g, c))?;
                self.climbed(g);
            }
            sums.log_integral += self.work.total[0];
            if !sums.log_integral.is_finite() {
                return None;
            }
            self.collect(c, sums);
        }
        Some(())
    }

    pub(super) fn step(&mut self, step: Step) -> Option<()> {
        widest((self, step)).then_some(())
    }

    fn prepare(&mut self, c: usize) {
        let (tiers, d) = (&self.grid.tiers, self.model.predictors.len());
        let work = &mut *self.work;
        let leaf = tiers[0].len();
        let rows = self.shard.rows_of(c).len();
        work.rows.prepare(d, tiers, rows);
        work.levels.resize_with(tiers.len(), Items::default);
        work.logs.resize_with(tiers.len(), Vec::new);
        for (f, tier) in tiers.iter().enumerate() {
            let count = self.shard.levels_of(f, c).len();
            work.levels[f].prepare(tier.p, &tiers[f..], count);
            if f > 0 {
                work.logs[f].clear();
                work.logs[f].resize(count * tier.len(), 0.0);
            }
        }
        let segment = self.segment * leaf;
        for (v, size) in [
            (&mut work.over, tiers[0].above),
            (&mut work.total, tiers[0].above),
            (&mut work.effect, leaf),
            (
                &mut work.weight_z,
                tiers.iter().map(|t| t.p * t.points).max().unwrap_or(0),
            ),
            (&mut work.path, tiers[0].width().pow(2)),
            (&mut work.coefficients, d * tiers[0].width()),
            (&mut work.batch.y, segment),
            (
                &mut work.batch.extra,
                if self.rows.extra.is_empty() {
                    0
                } else {
                    segment
                },
            ),
            (
                &mut work.batch.weights,
                if self.rows.weights.is_empty() {
                    0
                } else {
                    segment
                },
            ),
            (&mut work.batch.eta, d * segment),
            (&mut work.batch.l, segment),
        ] {
            v.resize(size, 0.0);
        }
    }

    #[inline(always)]
    fn finish_levels<A: Arithmetic>(&mut self, g: usize, c: usize) -> bool {
        let tier = &self.grid.tiers[g];
        let length = tier.len();
        let (cluster, all) = (self.shard.rows_of(c).start, self.shard.levels_of(g, c));
        let mut proper = true;
        for (k, level) in all.clone().enumerate() {
            proper &= self.weigh::<A>(g, level, k, c);
        }
        let work = &mut *self.work;
        let weights = |k: usize| k * length..(k + 1) * length;
        // Products of weights and coordinates are read at the root only, which is one level.
        for (k, level) in all.clone().enumerate() {
            let weight = &work.logs[g][weights(k)];
            for i in self.starts[g][level]..self.starts[g][level + 1] {
                work.rows
                    .climb::<A>(i - cluster, tier, weight, &work.weight_z);
            }
        }
        for f in 0..g {
            for (item, below) in self.shard.levels_of(f, c).enumerate() {
                let k = self.centre.nested.ancestor(f, below, g) - all.start;
                let weight = &work.logs[g][weights(k)];
                work.levels[f].climb::<A>(item, tier, weight, &work.weight_z);
            }
        }
        proper
    }

    /// Weights of the nodes of a level given those above; its log-integrals go to the level above, or to the cluster.
    #[inline(always)]
    pub(super) fn weigh<A: Arithmetic>(
        &mut self,
        g: usize,
        level: usize,
        k: usize,
        c: usize,
    ) -> bool {
        let tier = &self.grid.tiers[g];
        let length = tier.len();
        let work = &mut *self.work;
        let (low, high) = work.logs.split_at_mut(g + 1);
        let log = &mut low[g][k * length..(k + 1) * length];
        for a in 0..tier.p {
            let row = &self.centre.spread[g][(level * tier.p + a) * tier.width()..][..tier.width()];
            let base = self.centre.u[self.first[g] + level * tier.p + a];
            let effect = &mut work.effect[..length];
            linear_form::<A>(tier, base, row, &mut work.over, effect);
            add_prior::<A>(effect, log);
        }
        let total = &mut work.total[..tier.above];
        let proper = normalise::<A>(tier, log, total);
        if let Some(above) = high.first_mut() {
            let parent = self.centre.nested.ancestor(g, level, g + 1);
            let at = (parent - self.shard.levels_of(g + 1, c).start) * tier.above;
            add_scaled::<A>(1.0, total, &mut above[at..at + tier.above]);
        }
        weights_times_z(tier, log, &mut work.weight_z);
        let item = level - self.shard.levels_of(g, c).start;
        let (mean, second) = work.levels[g].begin(item, tier.above);
        expect_nodes::<A>(tier, log, &work.weight_z, mean, second);
        proper
    }

    fn climbed(&mut self, g: usize) {
        let tier = &self.grid.tiers[g];
        self.work.rows.climbed(tier);
        self.work.levels[..g]
            .iter_mut()
            .for_each(|items| items.climbed(tier));
    }

    /// The expectations of a cluster's rows and levels.
    fn collect(&self, c: usize, sums: &mut Sums) {
        for (item, i) in self.shard.rows_of(c).enumerate() {
            let (scores, products) = self.work.rows.at_root(item);
            sums.take_row(i, scores, products);
        }
        for f in 0..self.grid.tiers.len() {
            for (item, level) in self.shard.levels_of(f, c).enumerate() {
                let (mean, second) = self.work.levels[f].at_root(item);
                let first = self.first[f] + level * self.grid.tiers[f].p;
                sums.take_level(self.grid, f, (level, first), mean, second);
            }
        }
    }

    /// The rows of a level within a range.
    #[inline(always)]
    pub(super) fn rows_in(&self, f: usize, level: usize, part: &Range<usize>) -> Range<usize> {
        let (first, last) = (self.starts[f][level], self.starts[f][level + 1]);
        first.max(part.start)..last.min(part.end)
    }
}

/// First rows of the levels of a factor in a shard, relative to the shard, with the end.
fn starts(model: &Model, shard: &Shard, f: usize) -> Vec<usize> {
    let Levels::Runs(starts) = &model.factors[f].levels else {
        return Vec::new();
    };
    starts[shard.levels[f].start..=shard.levels[f].end]
        .iter()
        .map(|&s| s as usize - shard.rows.start)
        .collect()
}
