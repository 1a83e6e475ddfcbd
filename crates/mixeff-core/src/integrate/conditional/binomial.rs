//! Successes given their total: the trials as a Markov chain in the number of successes still to come.
//!
//! With odds `w_i = exp(eta_i)` let `e_j(i)` be the elementary symmetric polynomial of order `j` of the odds of trials `i` and
//! later, so that `e_T(1)` is the denominator of the conditional likelihood (Gail, Lubin and Rubinstein 1981). Given that `j`
//! successes are to come, trial `i` is one with probability
//!
//! ```text
//! q_j(i) = w_i e_{j-1}(i+1) / e_j(i) = w_i / (r_j(i+1) + w_i)          r_j(i) = e_j(i) / e_{j-1}(i)
//! r_j(i) = (r_j(i+1) + w_i) (1 - q_{j-1}(i))                           r_j(n+1) = 0
//! ```
//!
//! Only the ratios `r` are kept: nothing overflows however large the cluster, nothing is subtracted. A second pass, from the
//! first trial on, carries `a_j = P(j to come)` and `m_j = E(sum of x over the successes so far; j to come)`. It gives
//!
//! ```text
//! P(y_i = 1 | T)                        = pi_i = sum_j q_j a_j
//! Cov(y_i, sum over l < i of x_l y_l | T)      = sum_j q_j m_j - pi_i sum over l < i of x_l pi_l
//! ```
//!
//! so that the exact information costs `p` numbers a state where Howard's recursion of derivatives takes `p^2`.

use super::{Cluster, Moments};
use crate::family::Rows;
use crate::linalg::vector::{axpy, dot, sum};
use std::ops::Range;

/// Trials up to which all probabilities are kept; more are kept in segments, each made anew from the ratios at its end.
const SEGMENT: usize = 64;

/// Memory for one cluster.
#[derive(Default)]
pub struct Work {
    /// Row of each trial, and whether it is a success.
    trials: Vec<(u32, bool)>,
    odds: Vec<f64>,
    ratio: Vec<f64>,
    q: Vec<f64>,
    not_q: Vec<f64>,
    kept_ratios: Vec<f64>,
    kept_q: Vec<f64>,
    to_come: Vec<f64>,
    joint: Vec<f64>,
    sums: Vec<f64>,
    part: Vec<f64>,
    expected: Vec<f64>,
}

/// False if there are only successes or only failures.
pub fn informative(rows: Rows<'_>) -> bool {
    let (successes, trials) = totals(rows);
    0.0 < successes && successes < trials
}

fn totals(rows: Rows<'_>) -> (f64, f64) {
    let trials = if rows.extra.is_empty() {
        rows.len() as f64
    } else {
        sum(rows.extra)
    };
    (sum(rows.y), trials)
}

/// Successes that may be to come, by the number of trials done.
#[derive(Clone, Copy)]
struct Band {
    trials: usize,
    successes: usize,
}

impl Band {
    /// From the fewest after trial `i` to the most before it.
    fn at(self, i: usize) -> Range<usize> {
        self.successes.saturating_sub(i + 1)..self.successes.min(self.trials - i) + 1
    }

    /// Room for any of them, and a zero.
    fn width(self) -> usize {
        (self.successes + 1).min(self.trials - self.successes + 2) + 1
    }
}

/// `log P(y | T)` of the trials in their order; adds score and information.
pub fn add(cluster: &Cluster<'_>, weight: f64, work: &mut super::Work, out: &mut Moments) -> f64 {
    let work = &mut work.binomial;
    let band = work.lay_out(cluster);
    let length = SEGMENT.max(band.trials.isqrt());
    let segments: Vec<Range<usize>> = (0..band.trials)
        .step_by(length)
        .map(|first| first..(first + length).min(band.trials))
        .collect();
    work.keep_ratios(band, &segments);
    let mut value = 0.0;
    let mut left = band.successes;
    for (s, segment) in segments.iter().enumerate() {
        let size = band.successes + 2;
        work.ratio
            .copy_from_slice(&work.kept_ratios[s * size..][..size]);
        let successes = work.trials[segment.clone()].iter().filter(|t| t.1).count();
        value += work.keep_probabilities(band, segment, left - successes);
        left -= successes;
        work.forward(cluster, weight, band, segment, out);
    }
    let p = cluster.p;
    for (x, y) in cluster.x.chunks_exact(p).zip(cluster.rows.y) {
        axpy(weight * y, x, &mut out.score);
    }
    axpy(-weight, &work.expected, &mut out.score);
    value
}

impl Work {
    /// Trials, odds about one, and the state before the first trial.
    fn lay_out(&mut self, cluster: &Cluster<'_>) -> Band {
        let (rows, eta) = (cluster.rows, cluster.eta);
        let (low, high) = eta
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), e| {
                (l.min(*e), h.max(*e))
            });
        let middle = 0.5 * (low + high);
        refill(&mut self.odds, eta.iter().map(|e| (e - middle).exp()));
        self.trials.clear();
        for (i, y) in rows.y.iter().enumerate() {
            let trials = rows.extra.get(i).copied().unwrap_or(1.0) as usize;
            let successes = *y as usize;
            self.trials
                .extend((0..trials).map(|t| (i as u32, t < successes)));
        }
        let (successes, _) = totals(rows);
        let band = Band {
            trials: self.trials.len(),
            successes: successes as usize,
        };
        let (size, p) = (band.successes + 2, cluster.p);
        for state in [
            &mut self.ratio,
            &mut self.q,
            &mut self.not_q,
            &mut self.to_come,
        ] {
            refill(state, (0..size).map(|_| 0.0));
        }
        self.to_come[band.successes] = 1.0;
        refill(&mut self.joint, (0..size * p).map(|_| 0.0));
        refill(&mut self.expected, (0..p).map(|_| 0.0));
        refill(&mut self.part, (0..p).map(|_| 0.0));
        refill(&mut self.sums, (0..band.width()).map(|_| 0.0));
        band
    }

    /// The ratios at the end of each segment, from the last trial back.
    fn keep_ratios(&mut self, band: Band, segments: &[Range<usize>]) {
        let size = band.successes + 2;
        self.kept_ratios.resize(segments.len() * size, 0.0);
        for (s, segment) in segments.iter().enumerate().rev() {
            self.kept_ratios[s * size..][..size].copy_from_slice(&self.ratio);
            if s > 0 {
                segment.clone().rev().for_each(|i| self.back(band, i));
            }
        }
    }

    /// The ratios before trial `i` from those after it, and the probabilities of the trial.
    fn back(&mut self, band: Band, i: usize) {
        let w = self.odds[self.trials[i].0 as usize];
        let states = band.at(i);
        let positive = states.start.max(1)..states.end;
        let r = &mut self.ratio[positive.clone()];
        let q = &mut self.q[positive.clone()];
        let not_q = &mut self.not_q[positive.clone()];
        for j in 0..r.len() {
            let inverse = 1.0 / (r[j] + w);
            (q[j], not_q[j]) = (w * inverse, r[j] * inverse);
        }
        if states.start == 0 {
            (self.q[0], self.not_q[0]) = (0.0, 1.0);
        }
        let upper = &mut self.ratio[states.start + 1..states.end];
        for (r, not_q) in upper.iter_mut().zip(&self.not_q[states.start..]) {
            *r = (*r + w) * not_q;
        }
    }

    /// The probabilities of a segment's trials, and the log-probability of what they were; `left` successes come after it.
    fn keep_probabilities(&mut self, band: Band, segment: &Range<usize>, mut left: usize) -> f64 {
        let width = band.width();
        self.kept_q.resize(segment.len() * width, 0.0);
        let mut value = 0.0;
        for i in segment.clone().rev() {
            self.back(band, i);
            let (states, success) = (band.at(i), self.trials[i].1);
            left += usize::from(success);
            value += if success {
                self.q[left].ln()
            } else {
                self.not_q[left].ln()
            };
            let kept = &mut self.kept_q[(i - segment.start) * width..][..states.len() + 1];
            kept[..states.len()].copy_from_slice(&self.q[states.clone()]);
            kept[states.len()] = 0.0;
        }
        value
    }

    /// Carries the states through a segment, and adds the information.
    fn forward(
        &mut self,
        cluster: &Cluster<'_>,
        weight: f64,
        band: Band,
        segment: &Range<usize>,
        out: &mut Moments,
    ) {
        let (p, size) = (cluster.p, band.successes + 2);
        for i in segment.clone() {
            let row = self.trials[i].0 as usize;
            let x = &cluster.x[row * p..][..p];
            let states = band.at(i);
            let n = states.len();
            let q = &self.kept_q[(i - segment.start) * band.width()..][..n + 1];
            let flow = &mut self.sums[..n + 1];
            let to_come = &mut self.to_come[states.start..][..n + 1];
            for j in 0..n {
                flow[j] = q[j] * to_come[j];
            }
            flow[n] = 0.0;
            for j in 0..n {
                to_come[j] += flow[j + 1] - flow[j];
            }
            let pi = sum(&flow[..n]);
            for a in 0..p {
                let joint = &mut self.joint[a * size + states.start..][..n + 1];
                self.part[a] = dot(&q[..n], &joint[..n]) - pi * self.expected[a]
                    + 0.5 * pi * (1.0 - pi) * x[a];
                advance(joint, q, flow, x[a]);
            }
            axpy(pi, x, &mut self.expected);
            add_symmetric(weight, x, &self.part, &mut out.information.values);
        }
    }
}

/// `m_j := (1 - q_j) m_j + q_{j+1} (m_{j+1} + a_{j+1} x)`, where `flow` is `q a`.
#[inline]
fn advance(joint: &mut [f64], q: &[f64], flow: &[f64], x: f64) {
    let n = joint.len() - 1;
    let (q, flow) = (&q[..n + 1], &flow[..n + 1]);
    for j in 0..n {
        joint[j] += q[j + 1] * joint[j + 1] - q[j] * joint[j] + flow[j + 1] * x;
    }
}

/// `out += weight (x v' + v x')`.
fn add_symmetric(weight: f64, x: &[f64], v: &[f64], out: &mut [f64]) {
    let p = x.len();
    for (a, row) in out.chunks_exact_mut(p).enumerate() {
        for (b, out) in row.iter_mut().enumerate() {
            *out += weight * (x[a] * v[b] + v[a] * x[b]);
        }
    }
}

fn refill(v: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    v.clear();
    v.extend(values);
}
