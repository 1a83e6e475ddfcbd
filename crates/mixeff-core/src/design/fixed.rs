//! The fixed part of the linear predictors: `eta_d = X_d beta_d + offset_d`.
//!
//! A column of `X_d` names the coefficient it belongs to. Columns of several predictors may belong to the same one: an
//! effect that the predictors share. Constant columns, the intercept above all, take no room.

use super::nesting::Order;
use super::shard::Shard;
use super::source::{Shared, Source};
use crate::linalg::pages::zeros;
use crate::linalg::vector::{axpy, axpy4, dot, dot4, sum};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// The fixed part of one linear predictor as the user gave it.
#[derive(Default)]
pub struct FixedData<'a> {
    /// The columns, each with its coefficient.
    pub columns: Vec<(usize, Source<'a>)>,
    /// Offset.
    pub offset: Option<&'a [f64]>,
}

/// A column of `X` of one linear predictor.
#[derive(Clone)]
pub struct FixedColumn {
    /// Position of its coefficient in `beta`.
    pub coefficient: usize,
    values: Values,
}

/// Where the numbers of a column are.
#[derive(Clone)]
enum Values {
    /// Once and for all shards of the same value.
    Constant(f64, Arc<[f64]>),
    /// In the block of the predictor, at this position among its columns.
    Blocked(usize),
    /// In the owner's memory.
    InPlace(Shared, Range<usize>),
}

/// The fixed part of one linear predictor, rows in sorted order.
#[derive(Clone)]
pub struct Predictor {
    /// Columns of `X`.
    pub columns: Vec<FixedColumn>,
    /// Offset.
    pub offset: Option<Vec<f64>>,
    /// Shard by shard, column by column within a shard.
    block: Arc<Vec<f64>>,
    blocked: usize,
    /// Positions of the columns that are not constant.
    varying: Vec<usize>,
}

impl Predictor {
    /// Lays out the columns for rows in this order, in these shards.
    pub fn new(data: FixedData<'_>, order: &Order, shards: &[Shard]) -> Predictor {
        let longest = shards.iter().map(|s| s.rows.len()).max().unwrap_or(0);
        let moved: Vec<&[f64]> = data
            .columns
            .iter()
            .filter(|(_, source)| order.moves(source))
            .map(|(_, source)| source.values())
            .collect();
        let block = blocked(&moved, order, shards);
        let (mut position, n_moved) = (0, moved.len());
        let columns = data.columns.into_iter().map(|(coefficient, source)| {
            let values = match source {
                Source::Constant(c) => Values::Constant(c, vec![c; longest].into()),
                source if order.moves(&source) => {
                    position += 1;
                    Values::Blocked(position - 1)
                }
                Source::Shared(owner, range) => Values::InPlace(owner, range),
                Source::Given(_) => unreachable!("numbers that are given are moved"),
            };
            FixedColumn {
                coefficient,
                values,
            }
        });
        let columns: Vec<FixedColumn> = columns.collect();
        let varies = |&c: &usize| !matches!(columns[c].values, Values::Constant(..));
        Predictor {
            varying: (0..columns.len()).filter(varies).collect(),
            columns,
            offset: data.offset.map(|o| order.gather(o)),
            block: block.into(),
            blocked: n_moved,
        }
    }

    /// Column `c` on a shard's rows.
    #[inline]
    pub fn column(&self, c: usize, shard: &Shard) -> &[f64] {
        let (n, first) = (shard.rows.len(), shard.rows.start);
        match &self.columns[c].values {
            Values::Constant(_, values) => &values[..n],
            Values::Blocked(k) => &self.block[self.blocked * first + k * n..][..n],
            Values::InPlace(owner, range) => &(**owner).as_ref()[range.start + first..][..n],
        }
    }

    /// `eta := X beta + offset` on a shard's rows.
    pub fn fixed_part(&self, shard: &Shard, beta: &[f64], eta: &mut [f64]) {
        let constant = self.constant_part(beta);
        match &self.offset {
            Some(o) => eta
                .iter_mut()
                .zip(&o[shard.rows.clone()])
                .for_each(|(e, o)| *e = o + constant),
            None => eta.fill(constant),
        }
        let part = |&c: &usize| (beta[self.columns[c].coefficient], self.column(c, shard));
        let fours = self.varying.chunks_exact(4);
        let rest = fours.remainder();
        for four in fours {
            let four = [0, 1, 2, 3].map(|k| part(&four[k]));
            axpy4(four.map(|f| f.0), four.map(|f| f.1), eta);
        }
        rest.iter().map(part).for_each(|(b, x)| axpy(b, x, eta));
    }

    /// `eta += X dbeta`.
    pub fn add_fixed_part(&self, shard: &Shard, beta: &[f64], eta: &mut [f64]) {
        for (c, column) in self.columns.iter().enumerate() {
            let b = beta[column.coefficient];
            if b != 0.0 {
                axpy(b, self.column(c, shard), eta);
            }
        }
    }

    /// `out += X' v` over a shard's rows.
    pub fn add_xtv(&self, shard: &Shard, v: &[f64], out: &mut [f64]) {
        for column in &self.columns {
            if let Values::Constant(value, _) = column.values {
                out[column.coefficient] += value * sum(v);
            }
        }
        let mut add = |c: usize, value: f64| out[self.columns[c].coefficient] += value;
        let fours = self.varying.chunks_exact(4);
        let rest = fours.remainder();
        for four in fours {
            let products = dot4([0, 1, 2, 3].map(|k| self.column(four[k], shard)), v);
            four.iter().zip(products).for_each(|(&c, x)| add(c, x));
        }
        rest.iter()
            .for_each(|&c| add(c, dot(self.column(c, shard), v)));
    }

    fn constant_part(&self, beta: &[f64]) -> f64 {
        let part = |column: &FixedColumn| match &column.values {
            Values::Constant(value, _) => value * beta[column.coefficient],
            _ => 0.0,
        };
        self.columns.iter().map(part).sum()
    }
}

/// The columns, shard by shard.
fn blocked(columns: &[&[f64]], order: &Order, shards: &[Shard]) -> Vec<f64> {
    let rows = shards.last().map_or(0, |shard| shard.rows.end);
    let mut x = zeros(columns.len() * rows);
    let mut parts = Vec::with_capacity(shards.len());
    let mut rest = &mut x[..];
    for shard in shards {
        let (part, tail) = rest.split_at_mut(columns.len() * shard.rows.len());
        parts.push((shard, part));
        rest = tail;
    }
    parts.into_par_iter().for_each(|(shard, part)| {
        let pieces = part.chunks_exact_mut(shard.rows.len().max(1));
        for (column, out) in columns.iter().zip(pieces) {
            order.gather_part(column, shard.rows.start, out);
        }
    });
    x
}
