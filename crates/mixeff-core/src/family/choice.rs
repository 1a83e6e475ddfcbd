//! Choices between alternatives with attributes of their own: McFadden's conditional logit.
//!
//! Row `i` is a case, and its response the position of the alternative chosen there. Alternative `j` has the utility
//! `v_j = o_j + sum_k z_jk zeta_k` of its attributes `z_j`; the linear predictors `zeta` are the attributes' coefficients, each
//! with fixed and random effects as any linear predictor has them (Skrondal and Rabe-Hesketh 2003, Psychometrika 68:267).
//!
//! With shares `p = softmax(v)`, mean attributes `m = sum_j p_j z_j` and `d_j = z_j - m`, the score is `d_y`, the weight
//! `sum_j p_j d_j d_j'`, and the third derivatives contracted with `h` are `sum_j p_j (d_j' h d_j) d_j`.

use super::density::weigh;
use super::{pair, pairs, Family, Quasi, Rows, EXPANDED};

/// The family. The second column of the response is the case's position in these lists.
#[derive(Clone, Debug)]
pub struct Choice {
    attributes: Vec<f64>,
    offset: Vec<f64>,
    starts: Vec<usize>,
    width: usize,
}

/// A case: shares of its alternatives, and their attributes less the mean.
struct Case {
    share: Vec<f64>,
    apart: Vec<f64>,
    log_share: f64,
    chosen: usize,
}

impl Choice {
    /// From the attributes of all alternatives, row by row, `width` each, with an offset of the utility or none; case `i` has
    /// the alternatives `starts[i]..starts[i + 1]`. `None` if the sizes do not fit, or a case is empty.
    pub fn new(
        attributes: Vec<f64>,
        width: usize,
        offset: Vec<f64>,
        starts: Vec<usize>,
    ) -> Option<Choice> {
        let n = *starts.last()?;
        let rises = starts[0] == 0 && starts.windows(2).all(|s| s[0] < s[1]);
        let fits = attributes.len() == n * width && (offset.is_empty() || offset.len() == n);
        (width > 0 && rises && fits).then_some(Choice {
            attributes,
            offset,
            starts,
            width,
        })
    }

    fn case(&self, rows: Rows<'_>, eta: &[f64], i: usize) -> Case {
        let (n, case) = (rows.len(), rows.extra[i] as usize);
        let range = self.starts[case]..self.starts[case + 1];
        let z = &self.attributes[range.start * self.width..range.end * self.width];
        let mut share: Vec<f64> = z
            .chunks_exact(self.width)
            .map(|z| (0..self.width).map(|k| z[k] * eta[k * n + i]).sum())
            .collect();
        if !self.offset.is_empty() {
            let offset = &self.offset[range];
            share.iter_mut().zip(offset).for_each(|(v, o)| *v += o);
        }
        let chosen = rows.y[i] as usize;
        let own = share[chosen];
        let most = share.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        share.iter_mut().for_each(|v| *v = (*v - most).exp());
        let sum: f64 = share.iter().sum();
        share.iter_mut().for_each(|v| *v /= sum);
        Case {
            apart: self.apart(z, &share),
            log_share: own - most - sum.ln(),
            share,
            chosen,
        }
    }

    fn apart(&self, z: &[f64], share: &[f64]) -> Vec<f64> {
        let mut mean = vec![0.0; self.width];
        for (z, p) in z.chunks_exact(self.width).zip(share) {
            mean.iter_mut().zip(z).for_each(|(m, z)| *m += p * z);
        }
        let less = |(z, m): (&f64, &f64)| z - m;
        z.chunks_exact(self.width)
            .flat_map(|z| z.iter().zip(&mean).map(less))
            .collect()
    }

    fn score_of(&self, case: &Case, n: usize, i: usize, s: &mut [f64]) {
        let own = &case.apart[case.chosen * self.width..][..self.width];
        own.iter().enumerate().for_each(|(k, d)| s[k * n + i] = *d);
    }
}

impl Case {
    /// Shares with the attributes of their alternatives, `width` each, less the mean.
    fn alternatives(&self, width: usize) -> impl Iterator<Item = (f64, &[f64])> {
        self.share
            .iter()
            .copied()
            .zip(self.apart.chunks_exact(width))
    }
}

impl Family for Choice {
    fn predictors(&self) -> usize {
        self.width
    }

    fn log_normalizer(&self, _rows: Rows<'_>) -> f64 {
        0.0
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        (0..rows.len()).for_each(|i| l[i] = self.case(rows, eta, i).log_share);
        weigh(rows.weights, l);
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        let n = rows.len();
        for i in 0..n {
            let case = self.case(rows, eta, i);
            l[i] = case.log_share;
            self.score_of(&case, n, i, s);
        }
        [l, s].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        let (n, width) = (rows.len(), self.width);
        w[..n * pairs(width)].fill(0.0);
        for i in 0..n {
            let case = self.case(rows, eta, i);
            l[i] = case.log_share;
            self.score_of(&case, n, i, s);
            for (p, d) in case.alternatives(width) {
                for a in 0..width {
                    for b in a..width {
                        w[pair(width, a, b) * n + i] += p * d[a] * d[b];
                    }
                }
            }
        }
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        let (n, width) = (rows.len(), self.width);
        v[..n * width].fill(0.0);
        for i in 0..n {
            for (p, d) in self.case(rows, eta, i).alternatives(width) {
                let entry = |a: usize, b: usize| d[a] * d[b] * h[pair(width, a, b) * n + i];
                let form: f64 = (0..width)
                    .map(|a| (0..width).map(|b| entry(a, b)).sum::<f64>())
                    .sum();
                (0..width).for_each(|k| v[k * n + i] += p * form * d[k]);
            }
        }
        weigh(rows.weights, v);
    }

    fn quasi(&self, _eta: f64) -> Option<Quasi> {
        None
    }

    fn phi_power(&self) -> f64 {
        1.0
    }

    /// `-log sum_j p_j exp(t d_j1)`, by the recurrence of the logarithm of a power series.
    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let (n, width) = (rows.len(), self.width);
        for i in 0..n {
            let case = self.case(rows, eta, i);
            let sums = moments(&case, width, None);
            let log = log_series(&sums);
            for (k, &power) in EXPANDED.iter().enumerate() {
                c[k * n + i] = -log[power];
            }
            for d in 0..width {
                let mean = ratio(&moments(&case, width, Some(d)), &sums);
                for (k, &power) in EXPANDED.iter().enumerate() {
                    slope[(k * width + d) * n + i] = -mean[power];
                }
            }
        }
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

/// Highest power of an expansion.
const POWERS: usize = 7;

type Series = [f64; POWERS];

/// `sum_j p_j exp(t d_j1)`, each term times `d_jk` for a predictor `k` given: coefficients of the powers of `t`.
fn moments(case: &Case, width: usize, k: Option<usize>) -> Series {
    let mut out = [0.0; POWERS];
    for (p, d) in case.alternatives(width) {
        let mut term = p * k.map_or(1.0, |k| d[k]);
        for (m, out) in out.iter_mut().enumerate() {
            *out += term;
            term *= d[0] / (m + 1) as f64;
        }
    }
    out
}

/// `log A(t)` where `A(0) = 1`, from `A' = A (log A)'`.
fn log_series(a: &Series) -> Series {
    let mut out = [0.0; POWERS];
    for m in 1..POWERS {
        let known: f64 = (1..m).map(|k| k as f64 * out[k] * a[m - k]).sum();
        out[m] = a[m] - known / m as f64;
    }
    out
}

/// `B(t) / A(t)` where `A(0) = 1`.
fn ratio(b: &Series, a: &Series) -> Series {
    let mut out = [0.0; POWERS];
    for m in 0..POWERS {
        let known: f64 = (0..m).map(|k| out[k] * a[m - k]).sum();
        out[m] = b[m] - known;
    }
    out
}
