//! Taylor series in the first predictor, for expansions of high order.

use super::{zero_normalizers, Order, Parts};
use crate::family::link::{Log, ProbabilityLink};
use crate::family::math::{coefficients, softplus};
use crate::family::series::{compose, product};
use crate::family::simd::Plain;
use crate::family::{pair, pairs, Family, Rows, EXPANDED};

/// Coefficients that a composition needs and gives.
const TERMS: usize = 8;

/// The Taylor series of `q` in its first predictor, and its slopes by the others.
struct Along {
    terms: [f64; TERMS],
    slopes: Vec<[f64; TERMS]>,
}

impl Along {
    /// The series of `f(q)`, where `f` has the given coefficients, one more than [`TERMS`].
    fn composed(&self, f: &[f64; TERMS + 1]) -> Along {
        let derivative: [f64; TERMS] = std::array::from_fn(|k| (k + 1) as f64 * f[k + 1]);
        let inner = compose(&derivative, &self.terms);
        Along {
            terms: compose(&f[..TERMS], &self.terms),
            slopes: self.slopes.iter().map(|s| product(&inner, s)).collect(),
        }
    }

    /// The derivative of the coefficient of `t^k` by a predictor.
    fn slope(&self, k: usize, d: usize) -> f64 {
        match d {
            0 => (k + 1) as f64 * self.terms[k + 1],
            _ => self.slopes[d - 1][k],
        }
    }
}

/// The output of [`Family::expansion`] for a block of rows.
struct Expansion<'a> {
    n: usize,
    predictors: usize,
    c: &'a mut [f64],
    slope: &'a mut [f64],
}

impl Expansion<'_> {
    /// Adds to a row.
    fn add(&mut self, i: usize, along: &Along) {
        for (k, &power) in EXPANDED.iter().enumerate() {
            self.c[k * self.n + i] += along.terms[power];
            for d in 0..self.predictors {
                self.slope[(k * self.predictors + d) * self.n + i] += along.slope(power, d);
            }
        }
    }

    fn clear(&mut self, i: usize) {
        for x in [&mut *self.c, &mut *self.slope] {
            x.iter_mut().skip(i).step_by(self.n).for_each(|x| *x = 0.0);
        }
    }
}

/// All that is known of a family at a block of rows.
struct Known {
    n: usize,
    d: usize,
    buffer: Vec<f64>,
    constant: Vec<f64>,
    c: Vec<f64>,
    slope: Vec<f64>,
}

impl Known {
    fn new(family: &dyn Family, rows: Rows<'_>, eta: &[f64]) -> Known {
        let (n, d) = (rows.len(), family.predictors());
        let mut known = Known {
            n,
            d,
            buffer: vec![0.0; Parts::length(n, d)],
            constant: vec![0.0; n],
            c: vec![0.0; EXPANDED.len() * n],
            slope: vec![0.0; EXPANDED.len() * n * d],
        };
        let mut first = vec![0.0; n * pairs(d)];
        first[..n].fill(1.0);
        Parts::new(&mut known.buffer, n, d).fill(family, Order::Third, rows, eta, &first);
        family.expansion(rows, eta, &mut known.c, &mut known.slope);
        known
    }

    /// The log-density of zeros, whole.
    fn of_zeros(family: &dyn Family, rows: Rows<'_>, eta: &[f64]) -> Known {
        let zeros = vec![0.0; rows.len()];
        let mut known = Known::new(family, Rows { y: &zeros, ..rows }, eta);
        zero_normalizers(family, rows, &mut known.constant);
        known
    }

    /// The series of a row, as far as slopes and coefficients tell it.
    fn along(&mut self, i: usize) -> Along {
        let (n, d) = (self.n, self.d);
        let parts = Parts::new(&mut self.buffer, n, d);
        let (c, slope) = (&self.c, &self.slope);
        let high = |k: usize| c[k * n + i];
        let bend = |k: usize, e: usize| slope[(k * d + e) * n + i];
        let weight = |e: usize| parts.w[pair(d, 0, e) * n + i];
        let [c3, c4, c6, c5] = [0, 1, 2, 3].map(high);
        let value = parts.l[i] + self.constant[i];
        let terms = [
            value,
            parts.s[i],
            -0.5 * weight(0),
            c3,
            c4,
            c5,
            c6,
            bend(2, 0) / 7.0,
        ];
        let of = |e: usize| {
            let [b3, b4, b6, b5] = [0, 1, 2, 3].map(|k| bend(k, e));
            let low = [parts.s[e * n + i], -weight(e), -0.5 * parts.v[e * n + i]];
            [low[0], low[1], low[2], b3, b4, b5, b6, 0.0]
        };
        let slopes = (1..d).map(of).collect();
        Along { terms, slopes }
    }
}

/// That of [`super::ZeroTruncated`].
pub fn truncated(inner: &dyn Family, rows: Rows<'_>, eta: &[f64], [c, slope]: [&mut [f64]; 2]) {
    let (n, predictors) = (rows.len(), inner.predictors());
    let mut value = vec![0.0; n];
    inner.density(rows, eta, &mut value);
    inner.expansion(rows, eta, c, slope);
    let mut zeros = Known::of_zeros(inner, rows, eta);
    let mut out = Expansion {
        n,
        predictors,
        c,
        slope,
    };
    for i in 0..n {
        let along = zeros.along(i);
        let mut f = [0.0; TERMS + 1];
        Log.coefficients(along.terms[0], &mut [0.0; TERMS + 1], &mut f);
        if rows.y[i] > 0.0 && (value[i] - f[0]).is_finite() {
            out.add(i, &along.composed(&f.map(|f| -f)));
        } else {
            out.clear(i);
        }
    }
}

/// That of [`super::ExtraZeros`]; `rows` are those of the inner family, and `y` the responses.
pub fn extra(
    inner: &dyn Family,
    (rows, y): (Rows<'_>, &[f64]),
    eta: &[f64],
    inflated: bool,
    [c, slope]: [&mut [f64]; 2],
) {
    let (n, d) = (rows.len(), inner.predictors());
    let (eta, zeta) = eta.split_at(n * d);
    let mut own = Known::new(inner, rows, eta);
    zero_normalizers(inner, rows, &mut own.constant);
    c.fill(0.0);
    slope.fill(0.0);
    let mut out = Expansion {
        n,
        predictors: d + 1,
        c,
        slope,
    };
    for i in 0..n {
        let mut along = own.along(i);
        let mut last = [0.0; TERMS];
        if y[i] == 0.0 {
            along.terms[0] -= zeta[i];
            last[0] = -1.0;
        }
        along.slopes.push(last);
        match (y[i] == 0.0, inflated) {
            (false, _) => out.add(i, &along),
            (true, true) if along.terms[0] > f64::NEG_INFINITY => {
                out.add(i, &along.composed(&mixed(along.terms[0])));
            }
            (true, _) => {}
        }
    }
}

/// The coefficients of `log(1 + exp(q))`.
fn mixed(q: f64) -> [f64; TERMS + 1] {
    let [value, p, rest, _] = softplus::<Plain>(q);
    let mut f = [0.0; TERMS + 1];
    coefficients::softplus([value, p, rest], &mut f);
    f
}
