//! Unordered categories: multinomial logits against a reference.

use super::bernoulli::Bernoulli;
use super::density::Pointwise;
use super::frequencies::frequencies;
use super::link::Logit;
use super::simd::LANES;
use super::softmax::{lanes, Categories, Coding, Lanes, Softmax};
use super::{Family, Rows, EXPANDED};

/// Each predictor is the utility of a category but the first, whose utility is zero.
#[derive(Clone, Copy, Debug)]
pub struct Utilities {
    categories: usize,
}

/// `log f(y) = eta_y - log (1 + sum_c exp(eta_c))`, where `eta_0 = 0`
///
/// The predictors are the `J - 1` log odds `log P(y = c) / P(y = 0)` of the categories `c = 1 .. J-1` against category 0.
pub fn multinomial(categories: usize) -> Softmax<Utilities> {
    Softmax(Utilities { categories })
}

/// The category of the first predictor.
const FIRST: usize = 1;

impl Utilities {
    /// The predictors with their categories.
    fn each(&self) -> impl Iterator<Item = (usize, usize)> {
        (FIRST..self.categories).enumerate()
    }

    /// The log odds of the category of the first predictor, and the other categories' shares of the rest.
    fn against_rest(&self, eta: &[f64], n: usize, i: usize) -> (f64, Vec<f64>) {
        let utility = |c: usize| match c.checked_sub(FIRST) {
            Some(a) => eta[a * n + i],
            None => 0.0,
        };
        let others = (0..self.categories).filter(|&c| c != FIRST);
        let most = others
            .clone()
            .map(utility)
            .fold(f64::NEG_INFINITY, f64::max);
        let terms: Vec<f64> = (0..self.categories)
            .map(|c| {
                if c == FIRST {
                    0.0
                } else {
                    (utility(c) - most).exp()
                }
            })
            .collect();
        let sum: f64 = terms.iter().sum();
        let z = utility(FIRST) - most - sum.ln();
        (z, terms.iter().map(|term| term / sum).collect())
    }
}

impl Coding for Utilities {
    fn categories(&self) -> usize {
        self.categories
    }

    fn predictors(&self) -> usize {
        self.categories - FIRST
    }

    #[inline(always)]
    fn utilities(&self, eta: impl Fn(usize) -> Lanes, u: &mut [Lanes]) {
        u[0] = [0.0; LANES];
        self.each().for_each(|(a, c)| u[c] = eta(a));
    }

    #[inline(always)]
    fn score(&self, at: &Categories, y: &Lanes, mut put: impl FnMut(usize, Lanes)) {
        for (a, c) in self.each() {
            let (p, rest) = (&at.p[c], &at.rest[c]);
            put(a, lanes(|k| if y[k] == c as f64 { rest[k] } else { -p[k] }));
        }
    }

    #[inline(always)]
    fn weight(&self, at: &Categories, mut put: impl FnMut(usize, usize, Lanes)) {
        for (a, c) in self.each() {
            let p = &at.p[c];
            put(a, a, lanes(|k| p[k] * at.rest[c][k]));
            for (b, e) in self.each().skip(a + 1) {
                put(a, b, lanes(|k| -(p[k] * at.p[e][k])));
            }
        }
    }

    /// `p_c (r_c - sum_e p_e r_e)` with `r_c = h_cc - 2 sum_e h_ce p_e`.
    #[inline(always)]
    fn third(
        &self,
        at: &mut Categories,
        h: impl Fn(usize, usize) -> Lanes,
        mut put: impl FnMut(usize, Lanes),
    ) {
        let Categories {
            p, rest, top, own, ..
        } = at;
        let r = &mut own[0];
        let (mut all, mut others) = ([0.0; LANES], [0.0; LANES]);
        for (a, c) in self.each() {
            let mut sum = [0.0; LANES];
            for (b, e) in self.each() {
                let h = h(a, b);
                sum = lanes(|k| sum[k] + h[k] * p[e][k]);
            }
            let diagonal = h(a, a);
            r[a] = lanes(|k| diagonal[k] - 2.0 * sum[k]);
            let term = lanes(|k| p[c][k] * r[a][k]);
            all = lanes(|k| all[k] + term[k]);
            others = lanes(|k| others[k] + if top[k] == c as f64 { 0.0 } else { term[k] });
        }
        for (a, c) in self.each() {
            let (p, rest, r) = (&p[c], &rest[c], &r[a]);
            put(
                a,
                lanes(|k| {
                    let most = top[k] == c as f64;
                    let less = if most {
                        rest[k] * r[k] - others[k]
                    } else {
                        r[k] - all[k]
                    };
                    p[k] * less
                }),
            );
        }
    }

    fn guess(&self, rows: Rows<'_>) -> Vec<f64> {
        let logs: Vec<f64> = frequencies(rows, self.categories)
            .iter()
            .map(|count| count.ln())
            .collect();
        logs[FIRST..].iter().map(|log| log - logs[0]).collect()
    }

    /// Along the first predictor, its category is one of a Bernoulli response, the others are the rest.
    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let (n, d) = (rows.len(), self.predictors());
        for i in 0..n {
            let (z, shares) = self.against_rest(eta, n, i);
            let own = f64::from(u8::from(rows.y[i] == FIRST as f64));
            let row = Rows {
                y: &[own],
                extra: &[],
                weights: &[],
            };
            let [mut terms, mut slopes] = [[0.0; EXPANDED.len()]; 2];
            Pointwise(Bernoulli(Logit)).expansion(row, &[z], &mut terms, &mut slopes);
            for p in 0..EXPANDED.len() {
                c[p * n + i] = terms[p];
                for (a, category) in self.each() {
                    let by_z = if a == 0 { 1.0 } else { -shares[category] };
                    slope[(p * d + a) * n + i] = slopes[p] * by_z;
                }
            }
        }
    }
}
