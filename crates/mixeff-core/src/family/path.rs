//! Responses that are a path of binary trials: a row is one Bernoulli response for each trial that it came to.

use std::ops::RangeInclusive;

use super::bernoulli::Bernoulli;
use super::density::{weigh, Pointwise};
use super::link::ProbabilityLink;
use super::{pair, Family, Quasi, Rows, EXPANDED};

/// Trials taken at a time.
const BATCH: usize = 128;

/// Which trials a response came to.
pub trait Path: Copy + Send + Sync + 'static {
    /// Trial `t` succeeds with probability `F(LOCATION eta_0 + OWN eta_t)`; both are 1 or -1.
    const LOCATION: f64;
    /// See there.
    const OWN: f64;
    /// Whether the second column of the response is read.
    const EXTRA: bool = false;

    /// The trials of a response, of `1..=last`, and which of them was a success; none if that is not among them.
    fn trials(&self, y: usize, extra: f64, last: usize) -> (RangeInclusive<usize>, usize);
}

/// `log f(y) = sum_t log F(z_t)` over the trials that succeeded `+ sum_t log (1 - F(z_t))` over those that failed, where
/// `z_t` is plus or minus the location, which is the first predictor, plus or minus the predictor of trial `t`.
pub struct Trials<P> {
    path: P,
    trial: Box<dyn Family>,
    /// Whether the trials have a density everywhere.
    everywhere: bool,
    quantile: Box<dyn Fn(f64) -> f64 + Send + Sync>,
    predictors: usize,
}

impl<P: Path> Trials<P> {
    /// With the predictors of all trials, and the location.
    pub fn new<L: ProbabilityLink>(path: P, link: L, predictors: usize) -> Self {
        Trials {
            path,
            trial: Box::new(Pointwise(Bernoulli(link))),
            everywhere: L::EVERYWHERE,
            quantile: Box::new(move |p| link.quantile(p)),
            predictors,
        }
    }

    /// Calls `f` with the row, the number and the outcome of each trial.
    #[inline(always)]
    fn each_trial(&self, rows: Rows<'_>, mut f: impl FnMut(usize, usize, bool)) {
        let last = self.predictors - 1;
        for (i, &y) in rows.y.iter().enumerate() {
            let extra = if P::EXTRA { rows.extra[i] } else { 0.0 };
            let (trials, success) = self.path.trials((y as usize).min(last), extra, last);
            trials.for_each(|t| f(i, t, t == success));
        }
    }

    /// Calls `f` with all trials, some at a time.
    fn each_batch(&self, rows: Rows<'_>, eta: &[f64], mut f: impl FnMut(&Batch)) {
        let (n, mut batch) = (rows.len(), Batch::new());
        self.each_trial(rows, |i, t, success| {
            let z = P::LOCATION * eta[i] + P::OWN * eta[t * n + i];
            batch.push(i, t, success, z);
            if batch.len == BATCH {
                f(&batch);
                batch.len = 0;
            }
        });
        if batch.len > 0 {
            f(&batch);
        }
    }

    /// Clears the rows with a trial outside the domain of the link.
    fn clear_outside(&self, rows: Rows<'_>, eta: &[f64], out: &mut [f64]) {
        if self.everywhere {
            return;
        }
        let (n, mut l) = (rows.len(), [0.0; BATCH]);
        self.each_batch(rows, eta, |batch| {
            self.trial
                .density(batch.rows(), batch.z(), &mut l[..batch.len]);
            for (l, i) in l.iter().zip(batch.row()) {
                if *l == f64::NEG_INFINITY {
                    clear(*i, n, out);
                }
            }
        });
    }
}

/// All derivatives of row `i` become zero.
fn clear(i: usize, n: usize, out: &mut [f64]) {
    out.chunks_exact_mut(n).for_each(|block| block[i] = 0.0);
}

fn clear_where_outside(l: &[f64], out: &mut [f64]) {
    let outside = (0..l.len()).filter(|&i| l[i] == f64::NEG_INFINITY);
    outside.for_each(|i| clear(i, l.len(), out));
}

impl<P: Path> Family for Trials<P> {
    fn predictors(&self) -> usize {
        self.predictors
    }

    fn log_normalizer(&self, _: Rows<'_>) -> f64 {
        0.0
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        l.fill(0.0);
        let mut own = [0.0; BATCH];
        self.each_batch(rows, eta, |batch| {
            let own = &mut own[..batch.len];
            self.trial.density(batch.rows(), batch.z(), own);
            batch.row().iter().zip(own).for_each(|(&i, x)| l[i] += *x);
        });
        weigh(rows.weights, l);
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        l.fill(0.0);
        s.fill(0.0);
        let (n, [mut own_l, mut own_s]) = (rows.len(), [[0.0; BATCH]; 2]);
        self.each_batch(rows, eta, |batch| {
            let (own_l, own_s) = (&mut own_l[..batch.len], &mut own_s[..batch.len]);
            self.trial.score(batch.rows(), batch.z(), own_l, own_s);
            for (k, (i, t)) in batch.places() {
                l[i] += own_l[k];
                s[i] += P::LOCATION * own_s[k];
                s[t * n + i] = P::OWN * own_s[k];
            }
        });
        clear_where_outside(l, s);
        [l, s].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        for x in [&mut *l, &mut *s, &mut *w] {
            x.fill(0.0);
        }
        let (n, d) = (rows.len(), self.predictors);
        let [mut own_l, mut own_s, mut own_w] = [[0.0; BATCH]; 3];
        self.each_batch(rows, eta, |batch| {
            let [own_l, own_s, own_w] =
                [&mut own_l, &mut own_s, &mut own_w].map(|x| &mut x[..batch.len]);
            self.trial
                .curvature(batch.rows(), batch.z(), own_l, own_s, own_w);
            for (k, (i, t)) in batch.places() {
                l[i] += own_l[k];
                s[i] += P::LOCATION * own_s[k];
                s[t * n + i] = P::OWN * own_s[k];
                w[i] += own_w[k];
                w[t * n + i] = P::LOCATION * P::OWN * own_w[k];
                w[pair(d, t, t) * n + i] = own_w[k];
            }
        });
        clear_where_outside(l, s);
        clear_where_outside(l, w);
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    /// The `h` of a trial is that of its `z`.
    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        v.fill(0.0);
        let (n, d) = (rows.len(), self.predictors);
        let [mut own_h, mut own_v] = [[0.0; BATCH]; 2];
        self.each_batch(rows, eta, |batch| {
            for (k, (i, t)) in batch.places() {
                let mixed = 2.0 * P::LOCATION * P::OWN * h[t * n + i];
                own_h[k] = h[i] + mixed + h[pair(d, t, t) * n + i];
            }
            let (own_h, own_v) = (&own_h[..batch.len], &mut own_v[..batch.len]);
            self.trial.third(batch.rows(), batch.z(), own_h, own_v);
            for (k, (i, t)) in batch.places() {
                v[i] += P::LOCATION * own_v[k];
                v[t * n + i] = P::OWN * own_v[k];
            }
        });
        self.clear_outside(rows, eta, v);
        weigh(rows.weights, v);
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
        for x in [&mut *l, &mut *s, &mut *w] {
            x.fill(0.0);
        }
        let [mut own_l, mut own_s, mut own_w] = [[0.0; BATCH]; 3];
        self.each_batch(rows, eta, |batch| {
            let [own_l, own_s, own_w] =
                [&mut own_l, &mut own_s, &mut own_w].map(|x| &mut x[..batch.len]);
            self.trial
                .curvature(batch.rows(), batch.z(), own_l, own_s, own_w);
            for (k, &i) in batch.row().iter().enumerate() {
                l[i] += own_l[k];
                s[i] += P::LOCATION * own_s[k];
                w[i] += own_w[k];
            }
        });
        clear_where_outside(l, s);
        clear_where_outside(l, w);
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        v.fill(0.0);
        let n = rows.len();
        let [mut own_h, mut own_v] = [[0.0; BATCH]; 2];
        self.each_batch(rows, eta, |batch| {
            let (own_h, own_v) = (&mut own_h[..batch.len], &mut own_v[..batch.len]);
            own_h
                .iter_mut()
                .zip(batch.row())
                .for_each(|(own, &i)| *own = h[i]);
            self.trial.third(batch.rows(), batch.z(), own_h, own_v);
            for (k, (i, t)) in batch.places() {
                v[i] += P::LOCATION * own_v[k];
                v[t * n + i] = P::OWN * own_v[k];
            }
        });
        self.clear_outside(rows, eta, v);
        weigh(rows.weights, v);
    }

    fn quasi(&self, _: f64) -> Option<Quasi> {
        None
    }

    fn phi_power(&self) -> f64 {
        1.0
    }

    /// The share of successes in each trial, with half a success and half a failure more.
    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        let mut counts = vec![[0.5, 1.0]; self.predictors];
        self.each_trial(rows, |i, t, success| {
            let weight = rows.weights.get(i).unwrap_or(&1.0);
            counts[t][0] += if success { *weight } else { 0.0 };
            counts[t][1] += weight;
        });
        let own = |[successes, all]: &[f64; 2]| P::OWN * (self.quantile)(successes / all);
        Some(
            [0.0]
                .into_iter()
                .chain(counts[1..].iter().map(own))
                .collect(),
        )
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        c.fill(0.0);
        slope.fill(0.0);
        let (n, d) = (rows.len(), self.predictors);
        let [mut own, mut slopes] = [[0.0; EXPANDED.len() * BATCH]; 2];
        self.each_batch(rows, eta, |batch| {
            let m = batch.len;
            let [own, slopes] = [&mut own, &mut slopes].map(|x| &mut x[..EXPANDED.len() * m]);
            self.trial.expansion(batch.rows(), batch.z(), own, slopes);
            for (p, &power) in EXPANDED.iter().enumerate() {
                let sign = P::LOCATION.powi(power as i32);
                for (k, (i, t)) in batch.places() {
                    c[p * n + i] += sign * own[p * m + k];
                    slope[p * d * n + i] += sign * P::LOCATION * slopes[p * m + k];
                    slope[(p * d + t) * n + i] = sign * P::OWN * slopes[p * m + k];
                }
            }
        });
        for x in [c, slope] {
            self.clear_outside(rows, eta, x);
            weigh(rows.weights, x);
        }
    }
}

/// Some trials: of which row, which of its trials, the outcome, and `z`.
struct Batch {
    len: usize,
    row: [usize; BATCH],
    trial: [usize; BATCH],
    y: [f64; BATCH],
    z: [f64; BATCH],
}

impl Batch {
    fn new() -> Self {
        Batch {
            len: 0,
            row: [0; BATCH],
            trial: [0; BATCH],
            y: [0.0; BATCH],
            z: [0.0; BATCH],
        }
    }

    #[inline(always)]
    fn push(&mut self, row: usize, trial: usize, success: bool, z: f64) {
        let k = self.len;
        (self.row[k], self.trial[k]) = (row, trial);
        (self.y[k], self.z[k]) = (f64::from(u8::from(success)), z);
        self.len += 1;
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            y: &self.y[..self.len],
            extra: &[],
            weights: &[],
        }
    }

    fn z(&self) -> &[f64] {
        &self.z[..self.len]
    }

    fn row(&self) -> &[usize] {
        &self.row[..self.len]
    }

    /// Each trial's row and number.
    fn places(&self) -> impl Iterator<Item = (usize, (usize, usize))> + '_ {
        let both = self.row().iter().copied().zip(self.trial.iter().copied());
        both.enumerate()
    }
}
