//! A family whose linear predictors are fixed combinations of fewer ones: `eta = B zeta`.
//!
//! Thresholds that are equidistant or symmetric, a baseline hazard that is a polynomial or a spline of time: the family has
//! the predictors `eta`, the model those of `zeta`. Derivatives follow by the chain rule: `s_zeta = B's`, `W_zeta = B'WB`, and
//! the third derivatives contracted with `h` are `B'` times those of the family contracted with `B h B'`.

use super::{pair, pairs, Family, Quasi, Rows, EXPANDED};

/// The family; the first predictor of both is the same.
pub struct Mapped {
    inner: Box<dyn Family>,
    /// `B`, row by row.
    map: Vec<f64>,
    /// Its pseudoinverse, row by row: the nearest `zeta` for an `eta`.
    inverse: Vec<f64>,
    outer: usize,
}

impl Mapped {
    /// `None` if the matrices do not fit the family, or move the first predictor.
    pub fn new(inner: Box<dyn Family>, map: Vec<f64>, inverse: Vec<f64>) -> Option<Mapped> {
        let outer = map.len() / inner.predictors();
        let fits = outer > 0 && map.len() == inner.predictors() * outer;
        let unit = |k: usize| if k == 0 { 1.0 } else { 0.0 };
        let first_row = map.iter().take(outer).enumerate();
        let first_column = map.iter().step_by(outer.max(1)).enumerate();
        let same = first_row.chain(first_column).all(|(k, b)| *b == unit(k));
        (fits && same && inverse.len() == map.len()).then_some(Mapped {
            inner,
            map,
            inverse,
            outer,
        })
    }

    fn entry(&self, d: usize, e: usize) -> f64 {
        self.map[d * self.outer + e]
    }

    /// `B zeta`.
    fn predictors_of(&self, n: usize, zeta: &[f64]) -> Vec<f64> {
        let mut eta = vec![0.0; n * self.inner.predictors()];
        for (d, eta) in eta.chunks_exact_mut(n.max(1)).enumerate() {
            for (e, zeta) in zeta.chunks_exact(n.max(1)).enumerate() {
                add(self.entry(d, e), zeta, eta);
            }
        }
        eta
    }

    /// `out := B' x`.
    fn pull(&self, n: usize, x: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (d, x) in x.chunks_exact(n.max(1)).enumerate() {
            for (e, out) in out.chunks_exact_mut(n.max(1)).enumerate() {
                add(self.entry(d, e), x, out);
            }
        }
    }

    /// `w_zeta := B'wB`.
    fn pull_pairs(&self, n: usize, w: &[f64], out: &mut [f64]) {
        let inner = self.inner.predictors();
        out.fill(0.0);
        for (e, f) in upper(self.outer) {
            let out = &mut out[pair(self.outer, e, f) * n..][..n];
            for (a, b) in square(inner) {
                let w = &w[pair(inner, a, b) * n..][..n];
                add(self.entry(a, e) * self.entry(b, f), w, out);
            }
        }
    }

    /// `B h B'`.
    fn push_pairs(&self, n: usize, h: &[f64]) -> Vec<f64> {
        let inner = self.inner.predictors();
        let mut out = vec![0.0; n * pairs(inner)];
        for (a, b) in upper(inner) {
            let out = &mut out[pair(inner, a, b) * n..][..n];
            for (e, f) in square(self.outer) {
                let h = &h[pair(self.outer, e, f) * n..][..n];
                add(self.entry(a, e) * self.entry(b, f), h, out);
            }
        }
        out
    }
}

/// `y += a x`, nothing for `a = 0`.
fn add(a: f64, x: &[f64], y: &mut [f64]) {
    if a != 0.0 {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
    }
}

fn upper(d: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..d).flat_map(move |a| (a..d).map(move |b| (a, b)))
}

fn square(d: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..d).flat_map(move |a| (0..d).map(move |b| (a, b)))
}

impl Family for Mapped {
    fn predictors(&self) -> usize {
        self.outer
    }

    fn log_normalizer(&self, rows: Rows<'_>) -> f64 {
        self.inner.log_normalizer(rows)
    }

    fn density(&self, rows: Rows<'_>, zeta: &[f64], l: &mut [f64]) {
        self.inner
            .density(rows, &self.predictors_of(rows.len(), zeta), l);
    }

    fn score(&self, rows: Rows<'_>, zeta: &[f64], l: &mut [f64], s: &mut [f64]) {
        let eta = self.predictors_of(rows.len(), zeta);
        let mut inner = vec![0.0; eta.len()];
        self.inner.score(rows, &eta, l, &mut inner);
        self.pull(rows.len(), &inner, s);
    }

    fn curvature(&self, rows: Rows<'_>, zeta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        let n = rows.len();
        let eta = self.predictors_of(n, zeta);
        let (mut score, mut weight) = (
            vec![0.0; eta.len()],
            vec![0.0; n * pairs(self.inner.predictors())],
        );
        self.inner.curvature(rows, &eta, l, &mut score, &mut weight);
        self.pull(n, &score, s);
        self.pull_pairs(n, &weight, w);
    }

    fn third(&self, rows: Rows<'_>, zeta: &[f64], h: &[f64], v: &mut [f64]) {
        let n = rows.len();
        let eta = self.predictors_of(n, zeta);
        let mut inner = vec![0.0; eta.len()];
        self.inner
            .third(rows, &eta, &self.push_pairs(n, h), &mut inner);
        self.pull(n, &inner, v);
    }

    fn without_first(&self, rows: Rows<'_>, zeta: &[f64], l: &mut [f64]) {
        self.inner
            .without_first(rows, &self.predictors_of(rows.len(), zeta), l);
    }

    fn hold(&self, rows: Rows<'_>, zeta: &[f64], held: &mut Vec<f64>) {
        self.inner
            .hold(rows, &self.predictors_of(rows.len(), zeta), held);
    }

    fn curvature_of_first(
        &self,
        rows: Rows<'_>,
        zeta: &[f64],
        held: &[f64],
        l: &mut [f64],
        s: &mut [f64],
        w: &mut [f64],
    ) {
        let eta = self.predictors_of(rows.len(), zeta);
        self.inner.curvature_of_first(rows, &eta, held, l, s, w);
    }

    fn third_of_first(&self, rows: Rows<'_>, zeta: &[f64], h: &[f64], v: &mut [f64]) {
        let n = rows.len();
        let eta = self.predictors_of(n, zeta);
        let mut inner = vec![0.0; eta.len()];
        self.inner.third_of_first(rows, &eta, h, &mut inner);
        self.pull(n, &inner, v);
    }

    fn quasi(&self, _eta: f64) -> Option<Quasi> {
        None
    }

    fn phi_power(&self) -> f64 {
        self.inner.phi_power()
    }

    fn expansion(&self, rows: Rows<'_>, zeta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let (n, d) = (rows.len(), self.inner.predictors());
        let mut inner = vec![0.0; EXPANDED.len() * d * n];
        self.inner
            .expansion(rows, &self.predictors_of(n, zeta), c, &mut inner);
        if n > 0 {
            let blocks = inner.chunks_exact(d * n);
            for (x, out) in blocks.zip(slope.chunks_exact_mut(self.outer * n)) {
                self.pull(n, x, out);
            }
        }
    }

    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        let eta = self.inner.guess(rows)?;
        let nearest = |row: &[f64]| row.iter().zip(&eta).map(|(b, e)| b * e).sum();
        Some(self.inverse.chunks_exact(eta.len()).map(nearest).collect())
    }
}
