//! Several responses in one model: each row is of one of them, and has its density.
//!
//! The linear predictors are shared out by position: the first is that of every response's mean, the second of the dispersion of
//! those that have one. What ties the responses together is the random effects in their predictors.

use super::{pair, pairs, Family, Quasi, Rows, EXPANDED};
use std::sync::Arc;

/// The family. The second column of the response is the row's position in these lists.
pub struct Mixed {
    parts: Vec<Arc<dyn Family>>,
    /// Which response each row is of.
    part: Vec<usize>,
    /// The second column of its response.
    extra: Vec<f64>,
    predictors: usize,
}

/// Rows of one response, picked from a block of `n`.
struct Picked {
    at: Vec<usize>,
    n: usize,
    y: Vec<f64>,
    extra: Vec<f64>,
    weights: Vec<f64>,
}

impl Picked {
    fn rows(&self) -> Rows<'_> {
        Rows {
            y: &self.y,
            extra: &self.extra,
            weights: &self.weights,
        }
    }

    /// Blocks of the rows picked, from the blocks of all rows named.
    fn gather(&self, x: &[f64], blocks: impl Iterator<Item = usize>) -> Vec<f64> {
        blocks
            .flat_map(|block| self.at.iter().map(move |i| x[block * self.n + i]))
            .collect()
    }

    fn scatter(&self, from: &[f64], blocks: impl Iterator<Item = usize>, out: &mut [f64]) {
        for (from, block) in from.chunks_exact(self.at.len()).zip(blocks) {
            for (x, i) in from.iter().zip(&self.at) {
                out[block * self.n + i] = *x;
            }
        }
    }
}

/// Positions of the pairs of the first `few` of `many` predictors.
fn pairs_among(few: usize, many: usize) -> impl Iterator<Item = usize> + Clone {
    (0..few).flat_map(move |a| (a..few).map(move |b| pair(many, a, b)))
}

impl Mixed {
    /// From the families of the responses, and for each row its response and second column; `None` if there is no family,
    /// or a row names none.
    pub fn new(parts: Vec<Arc<dyn Family>>, part: Vec<usize>, extra: Vec<f64>) -> Option<Mixed> {
        let predictors = parts.iter().map(|f| f.predictors()).max()?;
        let fits = part.len() == extra.len() && part.iter().all(|&k| k < parts.len());
        fits.then_some(Mixed {
            parts,
            part,
            extra,
            predictors,
        })
    }

    fn pick(&self, k: usize, rows: Rows<'_>) -> Picked {
        let place = |i: usize| rows.extra[i] as usize;
        let mine = |&i: &usize| self.part[place(i)] == k;
        let at: Vec<usize> = (0..rows.len()).filter(mine).collect();
        let of = |x: &[f64]| match x {
            [] => Vec::new(),
            x => at.iter().map(|&i| x[i]).collect(),
        };
        Picked {
            y: of(rows.y),
            extra: at.iter().map(|&i| self.extra[place(i)]).collect(),
            weights: of(rows.weights),
            n: rows.len(),
            at,
        }
    }

    /// Each response that has rows in a block, with its rows.
    fn each<'a>(&'a self, rows: Rows<'a>) -> impl Iterator<Item = (&'a dyn Family, Picked)> {
        let picked = self.parts.iter().enumerate();
        picked
            .map(move |(k, family)| (&**family, self.pick(k, rows)))
            .filter(|(_, picked)| !picked.at.is_empty())
    }
}

impl Family for Mixed {
    fn predictors(&self) -> usize {
        self.predictors
    }

    fn log_normalizer(&self, rows: Rows<'_>) -> f64 {
        self.each(rows)
            .map(|(family, picked)| family.log_normalizer(picked.rows()))
            .sum()
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        for (family, picked) in self.each(rows) {
            let mut own = vec![0.0; picked.at.len()];
            let eta = picked.gather(eta, 0..family.predictors());
            family.density(picked.rows(), &eta, &mut own);
            picked.scatter(&own, 0..1, l);
        }
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        s[..rows.len() * self.predictors].fill(0.0);
        for (family, picked) in self.each(rows) {
            let (n, d) = (picked.at.len(), family.predictors());
            let (mut own, mut score) = (vec![0.0; n], vec![0.0; n * d]);
            let eta = picked.gather(eta, 0..d);
            family.score(picked.rows(), &eta, &mut own, &mut score);
            picked.scatter(&own, 0..1, l);
            picked.scatter(&score, 0..d, s);
        }
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        s[..rows.len() * self.predictors].fill(0.0);
        w[..rows.len() * pairs(self.predictors)].fill(0.0);
        for (family, picked) in self.each(rows) {
            let (n, d) = (picked.at.len(), family.predictors());
            let (mut own, mut score) = (vec![0.0; n], vec![0.0; n * d]);
            let mut weight = vec![0.0; n * pairs(d)];
            let eta = picked.gather(eta, 0..d);
            family.curvature(picked.rows(), &eta, &mut own, &mut score, &mut weight);
            picked.scatter(&own, 0..1, l);
            picked.scatter(&score, 0..d, s);
            picked.scatter(&weight, pairs_among(d, self.predictors), w);
        }
    }

    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        v[..rows.len() * self.predictors].fill(0.0);
        for (family, picked) in self.each(rows) {
            let d = family.predictors();
            let mut own = vec![0.0; picked.at.len() * d];
            let h = picked.gather(h, pairs_among(d, self.predictors));
            let eta = picked.gather(eta, 0..d);
            family.third(picked.rows(), &eta, &h, &mut own);
            picked.scatter(&own, 0..d, v);
        }
    }

    fn quasi(&self, _eta: f64) -> Option<Quasi> {
        None
    }

    fn phi_power(&self) -> f64 {
        1.0
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let all = self.predictors;
        slope[..EXPANDED.len() * all * rows.len()].fill(0.0);
        for (family, picked) in self.each(rows) {
            let (n, d) = (picked.at.len(), family.predictors());
            let mut own = vec![0.0; EXPANDED.len() * n];
            let mut slopes = vec![0.0; EXPANDED.len() * d * n];
            let eta = picked.gather(eta, 0..d);
            family.expansion(picked.rows(), &eta, &mut own, &mut slopes);
            picked.scatter(&own, 0..EXPANDED.len(), c);
            let blocks = (0..EXPANDED.len()).flat_map(|k| (0..d).map(move |e| k * all + e));
            picked.scatter(&slopes, blocks, slope);
        }
    }
}
