//! Parts of the data that are integrated on their own.

use super::factor::{Factor, Levels};
use std::ops::Range;

/// Rows that a shard gathers before it ends at the next cluster: its matrices then stay in the cache.
const SHARD_ROWS: usize = 1024;

/// A part of the data that can be integrated on its own: whole top-level clusters.
#[derive(Clone, Debug)]
pub struct Shard {
    /// Rows, in sorted order.
    pub rows: Range<usize>,
    /// Levels of each factor.
    pub levels: Vec<Range<usize>>,
    /// First row of each cluster, relative to the shard, and the end.
    pub cluster_rows: Vec<u32>,
    /// For each factor, the first level of each cluster, relative to the shard, and the end.
    pub cluster_levels: Vec<Vec<u32>>,
}

impl Shard {
    /// Number of clusters.
    pub fn clusters(&self) -> usize {
        self.cluster_rows.len() - 1
    }

    /// The rows of cluster `c`, relative to the shard.
    pub fn rows_of(&self, c: usize) -> Range<usize> {
        self.cluster_rows[c] as usize..self.cluster_rows[c + 1] as usize
    }

    /// The levels of factor `f` in cluster `c`, relative to the shard.
    pub fn levels_of(&self, f: usize, c: usize) -> Range<usize> {
        self.cluster_levels[f][c] as usize..self.cluster_levels[f][c + 1] as usize
    }
}

/// All rows as one shard, for crossed factors.
pub fn whole_shard(n: usize, factors: &[Factor]) -> Shard {
    Shard {
        rows: 0..n,
        levels: factors.iter().map(|f| 0..f.n_levels).collect(),
        cluster_rows: vec![0, n as u32],
        cluster_levels: factors.iter().map(|f| vec![0, f.n_levels as u32]).collect(),
    }
}

fn starts(factor: &Factor) -> &[u32] {
    match &factor.levels {
        Levels::Runs(starts) => starts,
        Levels::Codes(_) => unreachable!("nested factors are laid out in runs"),
    }
}

/// Shards of whole clusters of the outermost factor; without factors, shards of rows.
pub fn nested_shards(n: usize, factors: &[Factor]) -> Vec<Shard> {
    let Some(root) = factors.last() else {
        return (0..n.max(1))
            .step_by(SHARD_ROWS)
            .map(|a| row_shard(a, (a + SHARD_ROWS).min(n)))
            .collect();
    };
    let tops = starts(root);
    let mut shards = Vec::new();
    let mut first = 0;
    while first < root.n_levels {
        let mut last = first + 1;
        while last < root.n_levels && tops[last + 1] as usize - tops[first] as usize <= SHARD_ROWS {
            last += 1;
        }
        shards.push(cluster_shard(factors, &tops[first..=last]));
        first = last;
    }
    shards
}

fn row_shard(first: usize, last: usize) -> Shard {
    let cluster_rows = vec![0, (last - first) as u32];
    Shard {
        rows: first..last,
        levels: Vec::new(),
        cluster_rows,
        cluster_levels: Vec::new(),
    }
}

fn cluster_shard(factors: &[Factor], tops: &[u32]) -> Shard {
    let first_row = tops[0];
    let level_starts = |f: &Factor| -> Vec<u32> {
        tops.iter()
            .map(|row| starts(f).partition_point(|s| s < row) as u32)
            .collect()
    };
    let at: Vec<Vec<u32>> = factors.iter().map(level_starts).collect();
    Shard {
        rows: first_row as usize..tops[tops.len() - 1] as usize,
        levels: at
            .iter()
            .map(|a| a[0] as usize..a[a.len() - 1] as usize)
            .collect(),
        cluster_rows: tops.iter().map(|t| t - first_row).collect(),
        cluster_levels: at
            .iter()
            .map(|a| a.iter().map(|l| l - a[0]).collect())
            .collect(),
    }
}
