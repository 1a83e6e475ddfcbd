//! The leaves of a cluster: densities and scores of their rows at all joint nodes, in batches that stay in the cache.

use super::loops::{expect, linear_form};
use super::walk::{Step, Walk};
use crate::family::simd::Arithmetic;
use crate::family::Rows;
use std::ops::Range;

impl<'a> Walk<'a> {
    /// Packs of leaves whose rows fit the batch, or one leaf with more, batch after batch.
    pub(super) fn leaves(&mut self, c: usize) -> Option<()> {
        let all = self.shard.levels_of(0, c);
        let mut first = all.start;
        while first < all.end {
            let begin = self.starts[0][first];
            let mut last = first + 1;
            while last < all.end && self.starts[0][last + 1] - begin <= self.segment {
                last += 1;
            }
            self.pack(first..last)?;
            self.step(Step::Leaves(first..last, c))?;
            first = last;
        }
        Some(())
    }

    /// Densities and scores of the rows of some leaves at all nodes.
    fn pack(&mut self, leaves: Range<usize>) -> Option<()> {
        let (length, d) = (self.grid.tiers[0].len(), self.model.predictors.len());
        let rows = self.starts[0][leaves.start]..self.starts[0][leaves.end];
        let needed = rows.len() * length * d;
        if self.work.scores.len() < needed {
            self.work.scores.resize(needed, 0.0);
        }
        let logs = &mut self.work.logs[0];
        logs.clear();
        logs.resize(leaves.len() * length, 0.0);
        for begin in rows.clone().step_by(self.segment) {
            let part = begin..(begin + self.segment).min(rows.end);
            self.step(Step::Fill(part.clone(), leaves.clone()))?;
            self.evaluate(&part, rows.start, length, d);
            self.step(Step::Add(part, leaves.clone()))?;
        }
        Some(())
    }

    /// Calls the family for the rows in the batch.
    fn evaluate(&mut self, part: &Range<usize>, first: usize, length: usize, d: usize) {
        let work = &mut *self.work;
        let n = part.len() * length;
        let some = |v: &'a [f64], batch: usize| if v.is_empty() { 0 } else { batch };
        let rows = Rows {
            y: &work.batch.y[..n],
            extra: &work.batch.extra[..some(self.rows.extra, n)],
            weights: &work.batch.weights[..some(self.rows.weights, n)],
        };
        let scores = &mut work.scores[(part.start - first) * length * d..][..n * d];
        let (eta, l) = (&work.batch.eta[..n * d], &mut work.batch.l[..n]);
        self.model.family.score(rows, eta, l, scores);
    }

    #[inline(always)]
    pub(super) fn fill<A: Arithmetic>(&mut self, part: Range<usize>, leaves: Range<usize>) -> bool {
        let tier = &self.grid.tiers[0];
        let (length, width, n) = (tier.len(), tier.width(), part.len());
        for leaf in leaves {
            let rows = self.rows_in(0, leaf, &part);
            if rows.is_empty() {
                continue;
            }
            let path = &mut self.work.path;
            self.centre
                .nested
                .along_path(self.centre.loads, 0, leaf, path);
            if self.constant {
                self.load(rows.start);
            }
            for i in rows {
                if !self.constant {
                    self.load(i);
                }
                let at = (i - part.start) * length;
                repeat(self.rows.y, i, &mut self.work.batch.y[at..at + length]);
                for (column, batch) in [
                    (self.rows.extra, &mut self.work.batch.extra),
                    (self.rows.weights, &mut self.work.batch.weights),
                ] {
                    if !column.is_empty() {
                        repeat(column, i, &mut batch[at..at + length]);
                    }
                }
                for d in 0..self.active.len() {
                    let base = self.centre.eta[d * self.shard.rows.len() + i];
                    let out = &mut self.work.batch.eta[d * n * length + at..][..length];
                    if self.active[d] {
                        let a = &self.work.coefficients[d * width..(d + 1) * width];
                        linear_form::<A>(tier, base, a, &mut self.work.over, out);
                    } else {
                        out.fill(base);
                    }
                }
            }
        }
        true
    }

    /// The coefficients of the coordinates of the nodes on a row's path: `z_i' Lambda E`, predictor by predictor.
    #[inline(always)]
    fn load(&mut self, i: usize) {
        let width = self.grid.tiers[0].width();
        let work = &mut *self.work;
        work.coefficients.fill(0.0);
        let columns = self.model.factors.iter().flat_map(|f| &f.columns);
        for (column, row) in columns.zip(work.path.chunks_exact(width)) {
            let z = column
                .values
                .as_ref()
                .map_or(1.0, |v| v[self.shard.rows.start + i]);
            let out = &mut work.coefficients[column.predictor * width..][..width];
            for (out, x) in out.iter_mut().zip(row) {
                *out += z * x;
            }
        }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, part: Range<usize>, leaves: Range<usize>) -> bool {
        let length = self.grid.tiers[0].len();
        for (k, leaf) in leaves.enumerate() {
            let rows = self.rows_in(0, leaf, &part);
            let log = &mut self.work.logs[0][k * length..(k + 1) * length];
            for i in rows {
                let l = &self.work.batch.l[(i - part.start) * length..][..length];
                for (log, l) in log.iter_mut().zip(l) {
                    *log += l;
                }
            }
        }
        true
    }

    #[inline(always)]
    pub(super) fn finish_leaves<A: Arithmetic>(&mut self, leaves: Range<usize>, c: usize) -> bool {
        let tier = &self.grid.tiers[0];
        let (length, d) = (tier.len(), self.model.predictors.len());
        let rows = self.starts[0][leaves.start]..self.starts[0][leaves.end];
        let cluster = self.shard.rows_of(c).start;
        let mut proper = true;
        for (k, leaf) in leaves.enumerate() {
            proper &= self.weigh::<A>(0, leaf, k, c);
            let own = self.starts[0][leaf]..self.starts[0][leaf + 1];
            let work = &mut *self.work;
            let weight = &work.logs[0][k * length..(k + 1) * length];
            for i in own {
                // The scores lie batch by batch, and in each predictor by predictor.
                let begin = (i - rows.start) / self.segment * self.segment;
                let n = self.segment.min(rows.len() - begin);
                let (means, products) = work.rows.begin(i - cluster, tier.above);
                let products = products.chunks_exact_mut(tier.p * tier.above);
                for ((e, mean), with_z) in
                    means.chunks_exact_mut(tier.above).enumerate().zip(products)
                {
                    let at = (begin * d + e * n + i - rows.start - begin) * length;
                    let s = &work.scores[at..at + length];
                    expect::<A>(tier, weight, &work.weight_z, s, mean, with_z);
                }
            }
        }
        proper
    }
}

#[inline(always)]
fn repeat(column: &[f64], i: usize, out: &mut [f64]) {
    out.fill(column[i]);
}
