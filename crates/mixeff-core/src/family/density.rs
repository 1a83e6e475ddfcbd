//! From one generic log-density to a [`Family`].

use super::jet::Jet;
use super::real::Real;
use super::series::Series;
use super::simd::{dispatch, Arithmetic, Kernel, Plain, LANES};
use super::{pair, Family, Quasi, Rows, EXPANDED};

/// The log-density of one observation, written once for numbers with and without derivatives.
///
/// A value that is not finite means: outside the domain of the linear predictors. Where the value
/// is finite, so must the derivatives be. Functions are `#[inline(always)]`, so that the loop over
/// rows is compiled for each instruction set with all in it.
pub trait Density<const D: usize>: Copy + Send + Sync + 'static {
    /// Whether the second column of the response is read (the number of trials, the upper end of an interval, ..).
    const EXTRA: bool = false;

    /// Whether the value is finite for every finite `eta`, so that it need not be looked at.
    const EVERYWHERE: bool = false;

    /// `l(y; eta)` without the terms free of `eta`.
    fn log_density<T: Real>(&self, y: f64, extra: f64, eta: [T; D]) -> T;

    /// The terms of the log-density free of `eta`.
    fn log_normalizer(&self, y: f64, extra: f64) -> f64;

    /// The second predictor, if there is one and `phi` depends on nothing else, is `log phi` divided by this.
    const PHI_POWER: f64 = 1.0;

    /// Mean and variance of a trial, for a response with variance `phi V(mu)` (see [`Quasi`]).
    fn quasi(&self, _eta: f64) -> Option<Quasi> {
        None
    }

    /// Constant predictors from which a search for better ones finds its way (see [`Family::guess`]).
    fn guess(&self, _rows: Rows<'_>) -> Option<[f64; D]> {
        None
    }

    /// Value and derivatives at `eta`; closed forms go here where they are faster.
    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, extra: f64, eta: [f64; D]) -> Jet<A, D> {
        self.log_density(y, extra, Jet::variables(eta))
    }
}

/// The [`Family`] of a [`Density`].
#[derive(Clone, Copy, Debug)]
pub struct Pointwise<F, const D: usize>(pub F);

impl<F: Density<D>, const D: usize> Family for Pointwise<F, D> {
    fn predictors(&self) -> usize {
        D
    }

    fn log_normalizer(&self, rows: Rows<'_>) -> f64 {
        let extra = self.extra(rows);
        let term = |i: usize| {
            let weight = if rows.weights.is_empty() {
                1.0
            } else {
                rows.weights[i]
            };
            weighted(weight, self.0.log_normalizer(rows.y[i], extra[i]))
        };
        (0..rows.len()).map(term).sum()
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        self.evaluate::<VALUE>(rows, eta, &[], [l, &mut [], &mut []]);
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        self.evaluate::<SCORE>(rows, eta, &[], [l, s, &mut []]);
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        self.evaluate::<CURVATURE>(rows, eta, &[], [l, s, w]);
    }

    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        self.evaluate::<THIRD>(rows, eta, h, [&mut [], v, &mut []]);
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        self.0.quasi(eta)
    }

    fn phi_power(&self) -> f64 {
        F::PHI_POWER
    }

    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        self.0.guess(rows).map(Vec::from)
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        let (n, extra) = (rows.len(), self.extra(rows));
        for i in 0..n {
            let at = std::array::from_fn(|d| eta[d * n + i]);
            let variables = Series::<Plain, 8, D>::variables(at);
            let series = self.0.log_density(rows.y[i], extra[i], variables);
            let inside = series.value().is_finite();
            for (k, &power) in EXPANDED.iter().enumerate() {
                c[k * n + i] = if inside { series.term(power) } else { 0.0 };
                for d in 0..D {
                    let value = if inside { series.slope(power, d) } else { 0.0 };
                    slope[(k * D + d) * n + i] = value;
                }
            }
        }
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

const VALUE: u8 = 0;
const SCORE: u8 = 1;
const CURVATURE: u8 = 2;
const THIRD: u8 = 3;

impl<F: Density<D>, const D: usize> Pointwise<F, D> {
    /// The second column of the response, or something of the same length that will not be read.
    fn extra<'a>(&self, rows: Rows<'a>) -> &'a [f64] {
        if F::EXTRA {
            rows.extra
        } else {
            rows.y
        }
    }

    /// One of the four functions of a family. The outputs are those of `curvature`, with the
    /// contracted third derivatives in the place of the score.
    fn evaluate<const ORDER: u8>(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        h: &[f64],
        out: [&mut [f64]; 3],
    ) {
        let (n, extra) = (rows.len(), self.extra(rows));
        let [l, s, w] = out;
        let pass = Pass::<F, D, ORDER> {
            family: &self.0,
            y: rows.y,
            extra,
            eta,
            h,
            l: &mut *l,
            s: &mut *s,
            w: &mut *w,
        };
        match n {
            0 => {}
            1..LANES => pass.run_few(),
            _ => dispatch(pass),
        }
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

/// Multiplies each block of rows of `out` by the weights, if there are any.
pub(super) fn weigh(weights: &[f64], out: &mut [f64]) {
    if weights.is_empty() {
        return;
    }
    for block in out.chunks_exact_mut(weights.len()) {
        for (x, &weight) in block.iter_mut().zip(weights) {
            *x = weighted(weight, *x);
        }
    }
}

/// A weighted term; one of weight zero does not count even if infinite.
fn weighted(weight: f64, x: f64) -> f64 {
    if weight == 0.0 {
        0.0
    } else {
        weight * x
    }
}

/// One evaluation of a density over a block of rows.
struct Pass<'a, F, const D: usize, const ORDER: u8> {
    family: &'a F,
    y: &'a [f64],
    extra: &'a [f64],
    eta: &'a [f64],
    h: &'a [f64],
    l: &'a mut [f64],
    s: &'a mut [f64],
    w: &'a mut [f64],
}

impl<F: Density<D>, const D: usize, const ORDER: u8> Kernel for Pass<'_, F, D, ORDER> {
    fn rows(&self) -> usize {
        self.y.len()
    }

    #[inline(always)]
    fn run<A: Arithmetic>(&mut self, start: usize) {
        let (y, extra) = (load(self.y, start), load(self.extra, start));
        let eta: [Lanes; D] = std::array::from_fn(|d| load(self.block(self.eta, d), start));
        let h = self.load_h(start);
        let mut l = [0.0; LANES];
        let mut s = [[0.0; LANES]; D];
        let mut w = [[[0.0; LANES]; D]; D];
        for k in 0..LANES {
            let mut at = [0.0; D];
            for d in 0..D {
                at[d] = eta[d][k];
            }
            let jet = self.family.expand::<A>(y[k], extra[k], at);
            let inside = F::EVERYWHERE || jet.value().abs() < f64::INFINITY;
            let or = |x: f64, outside: f64| if inside { x } else { outside };
            l[k] = or(jet.value(), f64::NEG_INFINITY);
            let contracted = match ORDER {
                THIRD => contract(&jet, &h, k),
                _ => [0.0; D],
            };
            for a in 0..D {
                let entry = match ORDER {
                    THIRD => -contracted[a],
                    _ => jet.first(a),
                };
                s[a][k] = or(entry, 0.0);
                for b in a..D {
                    w[a][b][k] = or(-jet.second(a, b), 0.0);
                }
            }
        }
        self.store(start, &l, &s, &w);
    }
}

impl<F: Density<D>, const D: usize, const ORDER: u8> Pass<'_, F, D, ORDER> {
    /// The rows of one predictor or pair of predictors.
    #[inline(always)]
    fn block<'b>(&self, x: &'b [f64], index: usize) -> &'b [f64] {
        &x[index * self.y.len()..][..self.y.len()]
    }

    #[inline(always)]
    fn load_h(&self, start: usize) -> [[Lanes; D]; D] {
        std::array::from_fn(|a| {
            std::array::from_fn(|b| match ORDER {
                THIRD => load(self.block(self.h, pair(D, a, b)), start),
                _ => [0.0; LANES],
            })
        })
    }

    #[inline(always)]
    fn store(&mut self, start: usize, l: &Lanes, s: &[Lanes; D], w: &[[Lanes; D]; D]) {
        let n = self.y.len();
        if ORDER != THIRD {
            store(self.l, start, l);
        }
        for a in 0..D {
            if ORDER != VALUE {
                store(self.s, a * n + start, &s[a]);
            }
            for b in a..D {
                if ORDER == CURVATURE {
                    store(self.w, pair(D, a, b) * n + start, &w[a][b]);
                }
            }
        }
    }

    /// Fewer rows than a vector has: filled up with the last one.
    fn run_few(self) {
        let (y, extra) = (fill(self.y), fill(self.extra));
        let eta: [Lanes; D] = std::array::from_fn(|d| fill(self.block(self.eta, d)));
        let mut h = [[[0.0; LANES]; D]; D];
        for (lanes, block) in h
            .as_flattened_mut()
            .iter_mut()
            .zip(self.h.chunks_exact(self.y.len()))
        {
            *lanes = fill(block);
        }
        let (mut l, mut s, mut w) = (y, eta, h);
        dispatch(Pass::<F, D, ORDER> {
            family: self.family,
            y: &y,
            extra: &extra,
            eta: eta.as_flattened(),
            h: h.as_flattened().as_flattened(),
            l: &mut l,
            s: s.as_flattened_mut(),
            w: w.as_flattened_mut().as_flattened_mut(),
        });
        let n = self.y.len();
        empty(&[l], n, self.l);
        empty(&s, n, self.s);
        empty(w.as_flattened(), n, self.w);
    }
}

/// `sum_ab d3l / (deta_a deta_b deta_c) h_ab` for one row and every `c`: each entry of the third derivatives once.
///
/// Written out, since the compiler does not unroll loops as deep as this, and then no vectors come of them.
#[inline(always)]
fn contract<A: Arithmetic, const D: usize>(
    jet: &Jet<A, D>,
    h: &[[Lanes; D]; D],
    k: usize,
) -> [f64; D] {
    const { assert!(D <= 4) };
    let mut sum = [0.0; D];
    macro_rules! entries {
        ($($a:literal $b:literal $c:literal),*) => {
            $(if $c < D { entry(jet, h, k, [$a, $b, $c], &mut sum); })*
        };
    }
    entries!(0 0 0, 0 0 1, 0 1 1, 1 1 1, 0 0 2, 0 1 2, 0 2 2, 1 1 2, 1 2 2, 2 2 2);
    entries!(0 0 3, 0 1 3, 0 2 3, 0 3 3, 1 1 3, 1 2 3, 1 3 3, 2 2 3, 2 3 3, 3 3 3);
    sum
}

/// What one entry, `a <= b <= c`, adds in all its orders.
#[inline(always)]
fn entry<A: Arithmetic, const D: usize>(
    jet: &Jet<A, D>,
    h: &[[Lanes; D]; D],
    k: usize,
    [a, b, c]: [usize; 3],
    sum: &mut [f64; D],
) {
    let t = jet.third(a, b, c);
    let orders = |equal: bool| if equal { t } else { 2.0 * t };
    sum[c] = A::mul_add(orders(a == b), h[a][b][k], sum[c]);
    if b < c {
        sum[b] = A::mul_add(orders(a == c), h[a][c][k], sum[b]);
    }
    if a < b {
        sum[a] = A::mul_add(orders(b == c), h[b][c][k], sum[a]);
    }
}

type Lanes = [f64; LANES];

#[inline(always)]
fn load(x: &[f64], start: usize) -> Lanes {
    x[start..start + LANES]
        .try_into()
        .expect("as many as asked for")
}

#[inline(always)]
fn store(x: &mut [f64], start: usize, lanes: &Lanes) {
    x[start..start + LANES].copy_from_slice(lanes);
}

/// Fewer rows than a vector has, the last one repeated.
fn fill(x: &[f64]) -> Lanes {
    std::array::from_fn(|k| x[k.min(x.len() - 1)])
}

/// Vectors back to blocks of `n` rows.
fn empty(vectors: &[Lanes], n: usize, x: &mut [f64]) {
    for (lanes, block) in vectors.iter().zip(x.chunks_exact_mut(n)) {
        block.copy_from_slice(&lanes[..n]);
    }
}
