//! Cumulative models of an ordered response, such as the proportional-odds model (McCullagh 1980).

use super::density::{Density, Pointwise};
use super::frequencies::frequencies;
use super::jet::Jet;
use super::link::{Interval, IntervalLink};
use super::real::Real;
use super::simd::Arithmetic;
use super::{pair, Family, Quasi, Rows, EXPANDED};

/// Rows taken at a time.
const CHUNK: usize = 64;

/// `log (F(upper - eta) - F(lower - eta))`, of the three predictors that a row takes.
///
/// The response is the side on which an end is missing: -1 for the first category, 1 for the last, 0 in between.
#[derive(Clone, Copy, Debug)]
struct Between<L>(L);

impl<L: IntervalLink> Density<3> for Between<L> {
    #[inline(always)]
    fn log_density<T: Real>(&self, side: f64, _: f64, eta: [T; 3]) -> T {
        self.0.log_between(Interval::new(side, eta))
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, side: f64, _: f64, eta: [f64; 3]) -> Jet<A, 3> {
        self.0.between(side, eta)
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        0.0
    }
}

/// `P(y <= j) = F(kappa_(j+1) - eta)` for the categories `j = 0 .. J-1`, so
/// `log f(y) = log (F(kappa_(y+1) - eta) - F(kappa_y - eta))` with `kappa_0 = -inf`, `kappa_J = inf`.
///
/// The first predictor is the location `eta`: the larger, the larger the category. The others are the thresholds
/// `kappa_1 < .. < kappa_(J-1)`; where those about a response are not in this order it has no density. A row depends on the
/// location and the two thresholds about its response only.
pub struct Cumulative {
    between: Box<dyn Family>,
    quantile: Box<dyn Fn(f64) -> f64 + Send + Sync>,
    categories: usize,
}

impl Cumulative {
    /// For a number of categories, at least two.
    pub fn new(link: impl IntervalLink, categories: usize) -> Self {
        Cumulative {
            between: Box::new(Pointwise(Between(link))),
            quantile: Box::new(move |p| link.quantile(p)),
            categories,
        }
    }

    /// Does something with each chunk of rows, and the predictors that each of them takes.
    fn each_chunk(&self, rows: Rows<'_>, eta: &[f64], mut f: impl FnMut(&Chunk<'_>, &[f64])) {
        let (n, mut own) = (rows.len(), [0.0; 3 * CHUNK]);
        for start in (0..n).step_by(CHUNK) {
            let part = rows.range(start, n.min(start + CHUNK));
            let chunk = Chunk::new(part, [start, n], self.categories);
            let own = &mut own[..3 * part.len()];
            chunk.gather(eta, own, Chunk::place);
            f(&chunk, own);
        }
    }
}

impl Family for Cumulative {
    fn predictors(&self) -> usize {
        self.categories
    }

    fn log_normalizer(&self, _: Rows<'_>) -> f64 {
        0.0
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        self.each_chunk(rows, eta, |chunk, eta| {
            self.between.density(chunk.rows(), eta, chunk.part(l));
        });
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        s.fill(0.0);
        let mut own = [0.0; 3 * CHUNK];
        self.each_chunk(rows, eta, |chunk, eta| {
            let own = &mut own[..3 * chunk.len];
            self.between.score(chunk.rows(), eta, chunk.part(l), own);
            chunk.scatter(own, s, Chunk::place);
        });
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        s.fill(0.0);
        w.fill(0.0);
        let (mut own, mut own_w) = ([0.0; 3 * CHUNK], [0.0; 6 * CHUNK]);
        self.each_chunk(rows, eta, |chunk, eta| {
            let (own, own_w) = (&mut own[..3 * chunk.len], &mut own_w[..6 * chunk.len]);
            self.between
                .curvature(chunk.rows(), eta, chunk.part(l), own, own_w);
            chunk.scatter(own, s, Chunk::place);
            chunk.scatter(own_w, w, Chunk::place_of_pair);
        });
    }

    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        v.fill(0.0);
        let (mut own, mut own_h) = ([0.0; 3 * CHUNK], [0.0; 6 * CHUNK]);
        self.each_chunk(rows, eta, |chunk, eta| {
            let (own, own_h) = (&mut own[..3 * chunk.len], &mut own_h[..6 * chunk.len]);
            chunk.gather(h, own_h, Chunk::place_of_pair);
            self.between.third(chunk.rows(), eta, own_h, own);
            chunk.scatter(own, v, Chunk::place);
        });
    }

    fn curvature_of_first(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        _: &[f64],
        l: &mut [f64],
        s: &mut [f64],
        w: &mut [f64],
    ) {
        self.each_chunk(rows, eta, |chunk, eta| {
            let [l, s, w] = [&mut *l, &mut *s, &mut *w].map(|x| chunk.part(x));
            self.between
                .curvature_of_first(chunk.rows(), eta, &[], l, s, w);
        });
    }

    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        v.fill(0.0);
        let mut own = [0.0; 3 * CHUNK];
        self.each_chunk(rows, eta, |chunk, eta| {
            let (own, h) = (&mut own[..3 * chunk.len], &h[chunk.start..][..chunk.len]);
            self.between.third_of_first(chunk.rows(), eta, h, own);
            chunk.scatter(own, v, Chunk::place);
        });
    }

    fn quasi(&self, _: f64) -> Option<Quasi> {
        None
    }

    fn phi_power(&self) -> f64 {
        1.0
    }

    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        let counts = frequencies(rows, self.categories);
        let total: f64 = counts.iter().sum();
        let mut below = 0.0;
        let thresholds = counts[1..].iter().zip(&counts).map(|(_, count)| {
            below += count;
            (self.quantile)(below / total)
        });
        Some([0.0].into_iter().chain(thresholds).collect())
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        const POWERS: usize = EXPANDED.len();
        slope.fill(0.0);
        let (mut own, mut slopes) = ([0.0; POWERS * CHUNK], [0.0; 3 * POWERS * CHUNK]);
        let n = rows.len();
        self.each_chunk(rows, eta, |chunk, eta| {
            let own = &mut own[..POWERS * chunk.len];
            let slopes = &mut slopes[..3 * own.len()];
            self.between.expansion(chunk.rows(), eta, own, slopes);
            for (c, own) in c.chunks_exact_mut(n).zip(own.chunks_exact(chunk.len)) {
                chunk.part(c).copy_from_slice(own);
            }
            let blocks = slope.chunks_exact_mut(self.categories * n);
            for (slope, own) in blocks.zip(slopes.chunks_exact(3 * chunk.len)) {
                chunk.scatter(own, slope, Chunk::place);
            }
        });
    }
}

/// The pairs of three predictors, in the order of [`pair`].
const PAIRS: [(usize, usize); 6] = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];

/// A few rows, and which three predictors each takes; that of a missing end is that of the other, so that a zero is added there.
struct Chunk<'a> {
    weights: &'a [f64],
    start: usize,
    len: usize,
    /// Rows of the whole.
    n: usize,
    predictors: usize,
    active: [[usize; 3]; CHUNK],
    side: [f64; CHUNK],
}

impl<'a> Chunk<'a> {
    fn new(rows: Rows<'a>, [start, n]: [usize; 2], predictors: usize) -> Self {
        let last = predictors - 1;
        let (mut active, mut side) = ([[0; 3]; CHUNK], [0.0; CHUNK]);
        for ((&y, active), side) in rows.y.iter().zip(&mut active).zip(&mut side) {
            let y = (y as usize).min(last);
            *active = [0, y.max(1), (y + 1).min(last)];
            *side = f64::from(u8::from(y == last)) - f64::from(u8::from(y == 0));
        }
        Chunk {
            weights: rows.weights,
            start,
            len: rows.len(),
            n,
            predictors,
            active,
            side,
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            y: &self.side[..self.len],
            extra: &[],
            weights: self.weights,
        }
    }

    /// These rows of a block.
    fn part<'b>(&self, x: &'b mut [f64]) -> &'b mut [f64] {
        &mut x[self.start..][..self.len]
    }

    /// Where predictor `slot` of row `k` is kept among all.
    #[inline(always)]
    fn place(&self, k: usize, slot: usize) -> usize {
        self.active[k][slot] * self.n + self.start + k
    }

    /// Where the pair `slot` of row `k` is kept among all.
    #[inline(always)]
    fn place_of_pair(&self, k: usize, slot: usize) -> usize {
        let (a, b) = (self.active[k][PAIRS[slot].0], self.active[k][PAIRS[slot].1]);
        pair(self.predictors, a, b) * self.n + self.start + k
    }

    #[inline(always)]
    fn gather(&self, all: &[f64], own: &mut [f64], place: impl Fn(&Self, usize, usize) -> usize) {
        for (slot, own) in own.chunks_exact_mut(self.len).enumerate() {
            for (k, own) in own.iter_mut().enumerate() {
                *own = all[place(self, k, slot)];
            }
        }
    }

    #[inline(always)]
    fn scatter(&self, own: &[f64], all: &mut [f64], place: impl Fn(&Self, usize, usize) -> usize) {
        for (slot, own) in own.chunks_exact(self.len).enumerate() {
            for (k, own) in own.iter().enumerate() {
                all[place(self, k, slot)] += own;
            }
        }
    }
}
