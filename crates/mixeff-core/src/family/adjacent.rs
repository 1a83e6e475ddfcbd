//! Adjacent-categories logits of an ordered response.

use super::frequencies::frequencies;
use super::math::coefficients::{ln_of, product_term};
use super::simd::LANES;
use super::softmax::{lanes, Categories, Coding, Lanes, Softmax};
use super::{Rows, EXPANDED};

/// `log P(y = j) / P(y = j - 1) = eta - kappa_j`, `j = 1 .. J-1`
///
/// The first predictor is the location `eta`: the larger, the larger the category. The others are the thresholds
/// `kappa_1 .. kappa_(J-1)`, in any order. With `z_j = eta - kappa_j`, utilities are sums of the first `z`, and all
/// derivatives by these are products of the probabilities `T_j` of the categories from `j` on and `B_j = 1 - T_j` of those below.
#[derive(Clone, Copy, Debug)]
pub struct Adjacent {
    categories: usize,
}

/// The family of a number of categories, with as many predictors.
pub fn adjacent(categories: usize) -> Softmax<Adjacent> {
    Softmax(Adjacent { categories })
}

impl Coding for Adjacent {
    fn categories(&self) -> usize {
        self.categories
    }

    fn predictors(&self) -> usize {
        self.categories
    }

    #[inline(always)]
    fn utilities(&self, eta: impl Fn(usize) -> Lanes, u: &mut [Lanes]) {
        let location = eta(0);
        u[0] = [0.0; LANES];
        for j in 1..self.categories {
            let threshold = eta(j);
            u[j] = lanes(|k| u[j - 1][k] + (location[k] - threshold[k]));
        }
    }

    /// `T` and `B`.
    #[inline(always)]
    fn prepare(&self, at: &mut Categories) {
        let Categories { p, own, .. } = at;
        let [above, below] = own;
        let mut sum = [0.0; LANES];
        for j in (1..self.categories).rev() {
            sum = lanes(|k| sum[k] + p[j][k]);
            above[j] = sum;
        }
        sum = [0.0; LANES];
        for j in 1..self.categories {
            sum = lanes(|k| sum[k] + p[j - 1][k]);
            below[j] = sum;
        }
    }

    #[inline(always)]
    fn score(&self, at: &Categories, y: &Lanes, mut put: impl FnMut(usize, Lanes)) {
        let ([above, below], mut sum) = (&at.own, [0.0; LANES]);
        for j in 1..self.categories {
            let (above, below) = (&above[j], &below[j]);
            let by_z = lanes(|k| {
                if y[k] >= j as f64 {
                    below[k]
                } else {
                    -above[k]
                }
            });
            sum = lanes(|k| sum[k] + by_z[k]);
            put(j, lanes(|k| -by_z[k]));
        }
        put(0, sum);
    }

    /// `T_j B_i` for `i <= j`.
    #[inline(always)]
    fn weight(&self, at: &Categories, mut put: impl FnMut(usize, usize, Lanes)) {
        let ([above, below], mut all) = (&at.own, [0.0; LANES]);
        for j in 1..self.categories {
            let mut sum = [0.0; LANES];
            for i in 1..self.categories {
                let (above, below) = (&above[i.max(j)], &below[i.min(j)]);
                let weight = lanes(|k| above[k] * below[k]);
                sum = lanes(|k| sum[k] + weight[k]);
                if i >= j {
                    put(j, i, weight);
                }
            }
            all = lanes(|k| all[k] + sum[k]);
            put(0, j, lanes(|k| -sum[k]));
        }
        put(0, 0, all);
    }

    /// `B_j sum_(c >= j) p_c r_c - T_j sum_(c < j) p_c r_c` by `z_j`, where `r_c = x'h x - 2 x'h T` for the vector `x` of ones up
    /// to `c`.
    #[inline(always)]
    fn third(
        &self,
        at: &mut Categories,
        h: impl Fn(usize, usize) -> Lanes,
        mut put: impl FnMut(usize, Lanes),
    ) {
        self.weigh_squares(at, h);
        let (terms, [above, below]) = (&at.rest, &at.own);
        let (mut sum, mut low) = ([0.0; LANES], [0.0; LANES]);
        for j in 1..self.categories {
            low = lanes(|k| low[k] + terms[j - 1][k]);
            let mut high = [0.0; LANES];
            for term in &terms[j..self.categories] {
                high = lanes(|k| high[k] + term[k]);
            }
            let (above, below) = (&above[j], &below[j]);
            let by_z = lanes(|k| below[k] * high[k] - above[k] * low[k]);
            sum = lanes(|k| sum[k] + by_z[k]);
            put(j, lanes(|k| -by_z[k]));
        }
        put(0, sum);
    }

    fn guess(&self, rows: Rows<'_>) -> Vec<f64> {
        let counts = frequencies(rows, self.categories);
        let thresholds = counts.windows(2).map(|pair| (pair[0] / pair[1]).ln());
        [0.0].into_iter().chain(thresholds).collect()
    }

    /// The category along the first predictor is a family of exponential type: its cumulants.
    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let (n, d) = (rows.len(), self.categories);
        for i in 0..n {
            let tilted = Tilted::new((0..d).map(|a| eta[a * n + i]));
            let mut log = tilted.series(0, d);
            let whole = log;
            ln_of(&mut log);
            for (p, &power) in EXPANDED.iter().enumerate() {
                c[p * n + i] = -log[power];
                slope[p * d * n + i] = -((power + 1) as f64) * log[power + 1];
                for j in 1..d {
                    slope[(p * d + j) * n + i] = tilted.tail(j, &whole)[power];
                }
            }
        }
    }
}

impl Adjacent {
    /// `p_c r_c`, in the place of `rest`.
    #[inline(always)]
    fn weigh_squares(&self, at: &mut Categories, h: impl Fn(usize, usize) -> Lanes) {
        let (location, mut r) = (h(0, 0), [0.0; LANES]);
        at.rest[0] = [0.0; LANES];
        for j in 1..self.categories {
            let (mixed, mut step) = (h(0, j), [0.0; LANES]);
            for i in 1..self.categories {
                let (other, own, above) = (h(0, i), h(i, j), &at.own[0][i]);
                let inside = if i < j {
                    2.0
                } else {
                    f64::from(u8::from(i == j))
                };
                step = lanes(|k| {
                    let h = location[k] - mixed[k] - other[k] + own[k];
                    step[k] + h * (inside - 2.0 * above[k])
                });
            }
            r = lanes(|k| r[k] + step[k]);
            at.rest[j] = lanes(|k| at.p[j][k] * r[k]);
        }
    }
}

/// Terms of a series.
const TERMS: usize = 8;

/// The probabilities of the categories at a row, tilted by `exp(t (j - top))` about the likeliest one.
struct Tilted {
    p: Vec<f64>,
    top: usize,
}

impl Tilted {
    fn new(mut eta: impl Iterator<Item = f64>) -> Self {
        let location = eta.next().unwrap_or(0.0);
        let mut utilities = vec![0.0];
        for (j, threshold) in eta.enumerate() {
            utilities.push(utilities[j] + (location - threshold));
        }
        let better = |top: usize, j: usize| {
            if utilities[j] > utilities[top] {
                j
            } else {
                top
            }
        };
        let top = (0..utilities.len()).fold(0, better);
        let mut p: Vec<f64> = utilities
            .iter()
            .map(|u| (u - utilities[top]).exp())
            .collect();
        let sum: f64 = p.iter().sum();
        p.iter_mut().for_each(|p| *p /= sum);
        Tilted { p, top }
    }

    /// `sum_j p_j exp(t (j - top))` over the categories `from .. to`; the probabilities of all are one exactly.
    fn series(&self, from: usize, to: usize) -> [f64; TERMS] {
        let mut series = [0.0; TERMS];
        for j in from..to {
            let mut term = self.p[j];
            for (k, s) in series.iter_mut().enumerate() {
                *s += term;
                term *= (j as f64 - self.top as f64) / (k + 1) as f64;
            }
        }
        series
    }

    /// The probability of the categories from `j` on, but for its first term: less that of those below where `top` is not.
    fn tail(&self, j: usize, whole: &[f64; TERMS]) -> [f64; TERMS] {
        let (series, sign) = if self.top < j {
            (self.series(j, self.p.len()), 1.0)
        } else {
            (self.series(0, j), -1.0)
        };
        let mut tail = [0.0; TERMS];
        for k in 0..TERMS {
            let known = product_term(&whole[..], &tail, k);
            tail[k] = (series[k] * sign - known) / whole[0];
        }
        tail
    }
}
