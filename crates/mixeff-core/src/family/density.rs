//! From one generic log-density to a [`Family`].

use super::buffer::with_buffer;
use super::jet::Jet;
use super::pass::{run, Expand, CURVATURE, FIRST, SCORE, THIRD, THIRD_OF_FIRST, VALUE};
use super::real::Real;
use super::series::Series;
use super::simd::{Arithmetic, Plain};
use super::{held, without_first, Family, Quasi, Rows, EXPANDED};

/// Numbers that a row may hold while the modes are sought.
pub const HELD: usize = 5;

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

    /// Whether the density is the sum of the next two. It pays where terms without the first predictor take long: most
    /// evaluations are in the search for the modes, where these are constants.
    const SPLIT: bool = false;

    /// The terms that involve the first predictor, as [`Density::expand`].
    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, extra: f64, eta: [f64; D]) -> Jet<A, D> {
        const { assert!(!Self::SPLIT) }
        self.expand(y, extra, eta)
    }

    /// The terms that do not, which see of a row its [key](Density::key) and the other predictors.
    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, _key: f64, _eta: [f64; D]) -> Jet<A, D> {
        Jet::constant(0.0)
    }

    /// Whether [`Density::of_first`] stands for [`Density::with_first`] while the modes are sought. It pays where much of the
    /// latter does not depend on the first predictor, such as logarithms of the response.
    const HOLDS: bool = false;

    /// Numbers that do not depend on the first predictor, which is of no account here.
    #[inline(always)]
    fn hold<A: Arithmetic>(&self, _y: f64, _extra: f64, _eta: [f64; D]) -> [f64; HELD] {
        const { assert!(!Self::HOLDS) }
        [0.0; HELD]
    }

    /// [`Density::with_first`] as a function of the first predictor, given the numbers held.
    #[inline(always)]
    fn of_first<A: Arithmetic>(
        &self,
        _y: f64,
        _extra: f64,
        _eta: f64,
        _held: [f64; HELD],
    ) -> Jet<A, 1> {
        const { assert!(!Self::HOLDS) }
        Jet::constant(0.0)
    }

    /// What else those terms depend on; if a whole number, they are shared by rows that have it in common.
    #[inline(always)]
    fn key(&self, _y: f64, _extra: f64) -> f64 {
        0.0
    }

    /// One of the functions of a family for a block of rows without weights; see [`run`] for the outputs. The `l` of a density in two
    /// parts must be given. A density that is [`Tabulated`](super::lookup::Tabulated) looks up what rows share.
    fn block<const ORDER: u8>(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], out: [&mut [f64]; 3]) {
        row_by_row::<Self, D, ORDER>(self, rows, eta, h, out);
    }
}

/// The density of each row by itself.
pub(super) fn row_by_row<F: Density<D>, const D: usize, const ORDER: u8>(
    density: &F,
    rows: Rows<'_>,
    eta: &[f64],
    h: &[f64],
    [l, s, w]: [&mut [f64]; 3],
) {
    let all = [&mut *l, &mut *s, &mut *w];
    run::<_, D, ORDER>(WithFirst(*density), rows, eta, h, all);
    if F::SPLIT && ORDER != FIRST && ORDER != THIRD_OF_FIRST {
        without_first::add::<F, D, ORDER>(density, rows, eta, h, [l, s, w]);
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
        let n = if F::SPLIT { rows.len() } else { 0 };
        with_buffer(n, |l| self.evaluate::<THIRD>(rows, eta, h, [l, v, &mut []]));
    }

    fn without_first(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        l.fill(0.0);
        if F::SPLIT {
            without_first::add::<F, D, VALUE>(&self.0, rows, eta, &[], [l, &mut [], &mut []]);
            weigh(rows.weights, l);
        }
    }

    fn hold(&self, rows: Rows<'_>, eta: &[f64], held: &mut Vec<f64>) {
        if F::HOLDS {
            held::hold(self.0, self.whole(rows), eta, held);
        }
    }

    fn curvature_of_first(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        held: &[f64],
        l: &mut [f64],
        s: &mut [f64],
        w: &mut [f64],
    ) {
        if !F::HOLDS {
            return self.evaluate::<FIRST>(rows, eta, &[], [l, s, w]);
        }
        let out = [&mut *l, &mut *s, &mut *w];
        held::curvature(self.0, self.whole(rows), eta, held, out);
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }

    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        self.evaluate::<THIRD_OF_FIRST>(rows, eta, h, [&mut [], v, &mut []]);
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

/// The terms that involve the first predictor.
#[derive(Clone, Copy)]
struct WithFirst<F>(F);

impl<F: Density<D>, const D: usize> Expand<D, 0> for WithFirst<F> {
    const EVERYWHERE: bool = F::EVERYWHERE;

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, extra: f64, eta: [f64; D], _: [f64; 0]) -> Jet<A, D> {
        self.0.with_first(y, extra, eta)
    }
}

impl<F: Density<D>, const D: usize> Pointwise<F, D> {
    /// The second column of the response, or something of the same length that will not be read.
    fn extra<'a>(&self, rows: Rows<'a>) -> &'a [f64] {
        if F::EXTRA {
            rows.extra
        } else {
            rows.y
        }
    }

    fn whole<'a>(&self, rows: Rows<'a>) -> Rows<'a> {
        Rows {
            extra: self.extra(rows),
            ..rows
        }
    }

    /// One of the functions of a family.
    fn evaluate<const ORDER: u8>(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        h: &[f64],
        [l, s, w]: [&mut [f64]; 3],
    ) {
        let all = [&mut *l, &mut *s, &mut *w];
        self.0.block::<ORDER>(self.whole(rows), eta, h, all);
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
