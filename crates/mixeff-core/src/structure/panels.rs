//! Which levels of the other factors meet each level of the eliminated factor, and each other.

use crate::design::{Factor, Levels, Model};
use crate::linalg::vector::{axpy, dot};
use std::ops::Range;

/// Levels of two of the remaining factors that occur together in some row.
pub struct Pair {
    /// The factors, `g <= h`.
    pub g: usize,
    /// The second factor.
    pub h: usize,
    /// Level of `g` of each block.
    pub level_g: Vec<u32>,
    /// Level of `h` of each block.
    pub level_h: Vec<u32>,
    /// Block of each row.
    pub of_row: Vec<u32>,
    /// The blocks of `A`, `p_g x p_h`.
    pub a: Vec<f64>,
    /// The blocks of `V`.
    pub v: Vec<f64>,
}

/// The couplings of a crossed design, factor 0 being the eliminated one.
pub struct Panels {
    /// First scalar of each remaining factor (1, 2, ..) among the remaining effects; the end appended.
    pub first: Vec<usize>,
    /// Where the touched effects of each level of factor 0 begin.
    pub starts: Vec<u32>,
    /// Remaining effects touched by each level of factor 0, rising.
    pub touched: Vec<u32>,
    /// For each remaining factor, the column in its panel at which each row's level begins.
    pub position: Vec<Vec<u32>>,
    /// Couplings among the remaining factors, each with itself included.
    pub pairs: Vec<Pair>,
}

/// Level codes of a factor that is not laid out in runs.
pub fn codes(factor: &Factor) -> &[u32] {
    match &factor.levels {
        Levels::Codes(codes) => codes,
        Levels::Runs(_) => &[],
    }
}

/// The indices (rising) as a range, if none is left out.
#[inline]
pub fn as_range(indices: &[u32]) -> Option<Range<usize>> {
    let (first, last) = (*indices.first()? as usize, *indices.last()? as usize);
    (last - first + 1 == indices.len()).then_some(first..last + 1)
}

/// `y[indices] += a x`.
#[inline]
pub fn scatter(a: f64, indices: &[u32], x: &[f64], y: &mut [f64]) {
    match as_range(indices) {
        Some(range) => axpy(a, x, &mut y[range]),
        None => {
            for (&j, x) in indices.iter().zip(x) {
                y[j as usize] += a * x;
            }
        }
    }
}

/// `x'y[indices]`.
#[inline]
pub fn gather_dot(indices: &[u32], x: &[f64], y: &[f64]) -> f64 {
    match as_range(indices) {
        Some(range) => dot(x, &y[range]),
        None => {
            let pairs = indices.iter().zip(x);
            pairs.map(|(&j, x)| x * y[j as usize]).sum()
        }
    }
}

impl Panels {
    /// Finds the couplings of a crossed model.
    pub fn new(model: &Model) -> Panels {
        let rest = &model.factors[1..];
        let mut first = vec![0];
        for f in rest {
            first.push(first[first.len() - 1] + f.p() * f.n_levels);
        }
        let mut panels = Panels {
            starts: vec![0],
            touched: Vec::new(),
            position: rest.iter().map(|_| vec![0; model.n()]).collect(),
            pairs: pairs(model),
            first,
        };
        let Levels::Runs(runs) = &model.factors[0].levels else {
            return panels;
        };
        for run in runs.windows(2) {
            panels.add_level(rest, run[0] as usize..run[1] as usize);
        }
        panels
    }

    fn add_level(&mut self, rest: &[Factor], rows: Range<usize>) {
        let start = self.touched.len();
        for (g, factor) in rest.iter().enumerate() {
            let codes = &codes(factor)[rows.clone()];
            let mut levels = codes.to_vec();
            levels.sort_unstable();
            levels.dedup();
            let at = self.touched.len() - start;
            for (i, code) in rows.clone().zip(codes) {
                let place = levels.partition_point(|l| l < code);
                self.position[g][i] = (at + place * factor.p()) as u32;
            }
            let scalar = |l: u32| self.first[g] + l as usize * factor.p();
            self.touched.extend(
                levels
                    .iter()
                    .flat_map(|&l| scalar(l)..scalar(l) + factor.p())
                    .map(|s| s as u32),
            );
        }
        self.starts.push(self.touched.len() as u32);
    }

    /// Number of remaining effects.
    pub fn n_rest(&self) -> usize {
        self.first[self.first.len() - 1]
    }

    /// The remaining effects that a level of factor 0 touches.
    pub fn touched_by(&self, level: usize) -> &[u32] {
        &self.touched[self.starts[level] as usize..self.starts[level + 1] as usize]
    }

    /// The parts of a level's panel: `(factor, columns)`.
    pub fn parts(&self, level: usize) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        let touched = self.touched_by(level);
        let mut from = 0;
        (1..self.first.len()).filter_map(move |factor| {
            let end = self.first[factor] as u32;
            let part = from..from + touched[from..].partition_point(|&effect| effect < end);
            from = part.end;
            (!part.is_empty()).then_some((factor, part))
        })
    }

    /// The pattern of the Schur complement: for each column the rows at and below the diagonal.
    pub fn pattern(&self, sizes: &[usize]) -> Vec<Vec<u32>> {
        let n = self.n_rest();
        let mut columns: Vec<Vec<u32>> = (0..n).map(|j| vec![j as u32]).collect();
        for level in 0..self.starts.len() - 1 {
            let touched = self.touched_by(level);
            for (c, &j) in touched.iter().enumerate() {
                let column = &mut columns[j as usize];
                column.extend(&touched[c..]);
                if column.len() > 4 * n + 64 {
                    column.sort_unstable();
                    column.dedup();
                }
            }
        }
        for pair in &self.pairs {
            for (&a, &b) in pair.level_g.iter().zip(&pair.level_h) {
                for c in 0..sizes[pair.g] {
                    let j = self.first[pair.g - 1] + a as usize * sizes[pair.g] + c;
                    let i = self.first[pair.h - 1] + b as usize * sizes[pair.h];
                    columns[j].extend((i..i + sizes[pair.h]).filter(|&i| i >= j).map(|i| i as u32));
                }
            }
        }
        for column in &mut columns {
            column.sort_unstable();
            column.dedup();
        }
        columns
    }
}

fn pairs(model: &Model) -> Vec<Pair> {
    let m = model.factors.len();
    (1..m)
        .flat_map(|g| (g..m).map(move |h| (g, h)))
        .map(|(g, h)| pair(&model.factors, g, h))
        .collect()
}

fn pair(factors: &[Factor], g: usize, h: usize) -> Pair {
    let (first, second) = (codes(&factors[g]), codes(&factors[h]));
    let size = factors[g].p() * factors[h].p();
    if g == h {
        let levels: Vec<u32> = (0..factors[g].n_levels as u32).collect();
        let a = vec![0.0; levels.len() * size];
        return Pair {
            g,
            h,
            level_g: levels.clone(),
            level_h: levels,
            of_row: first.to_vec(),
            v: a.clone(),
            a,
        };
    }
    let key = |i: usize| (u64::from(first[i]) << 32) | u64::from(second[i]);
    let mut keys: Vec<u64> = (0..first.len()).map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    let of_row = (0..first.len())
        .map(|i| keys.partition_point(|&k| k < key(i)) as u32)
        .collect();
    let a = vec![0.0; keys.len() * size];
    let level_g = keys.iter().map(|k| (k >> 32) as u32).collect();
    Pair {
        g,
        h,
        level_g,
        level_h: keys.iter().map(|&k| k as u32).collect(),
        of_row,
        v: a.clone(),
        a,
    }
}
