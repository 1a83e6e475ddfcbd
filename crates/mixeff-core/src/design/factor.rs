//! A grouping factor with the columns of all its terms, and products with its part of `Z`.

use super::members::{Members, Place, Runs};
use super::source::Numbers;
use crate::family::pair;
use crate::linalg::vector::{dot, sum, weighted_dot};
use std::ops::Range;

/// One column of `Z` before it is spread over the levels.
#[derive(Clone, Debug)]
pub struct Column {
    /// Covariate values in sorted row order; `None` is the intercept.
    pub values: Option<Numbers>,
    /// The linear predictor that the effect enters.
    pub predictor: usize,
}

/// How rows belong to levels, rows in the model's sorted order.
#[derive(Clone, Debug)]
pub enum Levels {
    /// Level `l` owns the rows `starts[l]..starts[l + 1]`.
    Runs(Vec<u32>),
    /// Row `i` belongs to level `codes[i]`.
    Codes(Vec<u32>),
}

/// A grouping factor.
#[derive(Clone, Debug)]
pub struct Factor {
    /// Columns of all terms on this factor.
    pub columns: Vec<Column>,
    /// Row membership.
    pub levels: Levels,
    /// Number of levels.
    pub n_levels: usize,
}

impl Factor {
    /// Random effects per level.
    pub fn p(&self) -> usize {
        self.columns.len()
    }

    /// The part of column `c` in the given rows; `None` is a column of ones.
    #[inline]
    pub fn column(&self, c: usize, rows: &Range<usize>) -> Option<&[f64]> {
        self.columns[c].values.as_deref().map(|v| &v[rows.clone()])
    }

    /// Calls `f(level - first_level, rows relative to the shard)` for each run of equal level in the shard's rows.
    #[inline]
    pub fn for_runs(
        &self,
        rows: &Range<usize>,
        levels: &Range<usize>,
        mut f: impl FnMut(usize, Range<usize>),
    ) {
        match &self.levels {
            Levels::Runs(starts) => {
                for l in levels.clone() {
                    let run = starts[l] as usize - rows.start..starts[l + 1] as usize - rows.start;
                    f(l - levels.start, run);
                }
            }
            Levels::Codes(codes) => {
                for (i, &l) in codes[rows.clone()].iter().enumerate() {
                    f(l as usize - levels.start, i..i + 1);
                }
            }
        }
    }

    /// The members of the levels among the shard's rows.
    #[inline]
    pub fn members(&self, rows: &Range<usize>, levels: &Range<usize>) -> Members<'_> {
        match &self.levels {
            Levels::Runs(starts) => Members::Runs(Runs {
                starts: &starts[levels.start..=levels.end],
                first: rows.start,
            }),
            Levels::Codes(codes) => Members::Codes(&codes[rows.clone()]),
        }
    }

    /// `eta += Z b` on the shard's rows; `b` is level by level.
    pub fn add_zb(&self, rows: &Range<usize>, levels: &Range<usize>, b: &[f64], eta: &mut [f64]) {
        let (n, stride) = (rows.len(), self.p());
        for at in 0..stride {
            let eta = &mut eta[self.columns[at].predictor * n..][..n];
            let z = [self.column(at, rows), None];
            self.members(rows, levels)
                .add_to_rows(z, 1.0, b, Place { stride, at }, eta);
        }
    }

    /// `out += Z' v`, level by level; `v` is predictor by predictor.
    pub fn add_ztv(&self, rows: &Range<usize>, levels: &Range<usize>, v: &[f64], out: &mut [f64]) {
        let (n, stride) = (rows.len(), self.p());
        for at in 0..stride {
            let v = &v[self.columns[at].predictor * n..][..n];
            let z = [self.column(at, rows), None];
            self.members(rows, levels)
                .add_sums(z, v, Place { stride, at }, out);
        }
    }
}

/// The weights that couple two columns: the block `(d, e)` of the packed `W`.
#[inline]
pub fn coupling<'a>(
    w: &'a [f64],
    n: usize,
    predictors: usize,
    a: &Column,
    b: &Column,
) -> &'a [f64] {
    &w[pair(predictors, a.predictor, b.predictor) * n..][..n]
}

/// `sum_i z_i w_i y_i` over a run; `None` is a column of ones.
#[inline]
pub fn weighted_product(z: Option<&[f64]>, y: Option<&[f64]>, w: &[f64], run: Range<usize>) -> f64 {
    match (z, y) {
        (None, None) => sum(&w[run]),
        (Some(z), None) | (None, Some(z)) => dot(&z[run.clone()], &w[run]),
        (Some(z), Some(y)) => weighted_dot(&z[run.clone()], &y[run.clone()], &w[run]),
    }
}
