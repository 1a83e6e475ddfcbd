//! Proportions that may be exactly 0 or 1: ordered beta regression.

use super::beta::Beta;
use super::density::{Density, HELD};
use super::jet::Jet;
use super::link::{log_probabilities, Log, Logit};
use super::math;
use super::real::Real;
use super::simd::Arithmetic;

/// Log differences of the cutpoints beyond count as outside the domain.
const LOG_STEP_LIMIT: f64 = 100.0;
/// What is fed to a part that does not count.
const INNER: f64 = 0.5;

/// `P(y = 0) = 1 - F(eta - c_1)`, `P(y = 1) = F(eta - c_2)`; in between `F(eta - c_1) - F(eta - c_2)` times a beta density
///
/// where `F` is the logistic distribution function and the beta density has the mean `F(eta)` (Kubinec 2022; glmmTMB's
/// `ordbeta`). The first predictor is the location `eta`, the second `log phi`, the log precision of the [`Beta`] part, the
/// third the cutpoint `c_1`, the fourth `log(c_2 - c_1)`. With `u = eta - c_1` and `v = eta - c_2` the difference is
/// `F(u) (1 - F(v)) (1 - exp(-(c_2 - c_1)))`.
#[derive(Clone, Copy, Debug)]
pub struct OrderedBeta;

/// `log(1 - exp(-x))` for `x = exp(log_step)`.
#[inline(always)]
fn log_gap<T: Real>(log_step: T) -> T {
    let [_, log] = log_probabilities(Log, -log_step.exp());
    log
}

#[inline(always)]
fn limited<T: Real>(log_step: T) -> T {
    log_step.only_if(log_step.value().abs() < LOG_STEP_LIMIT)
}

impl Density<4> for OrderedBeta {
    const SPLIT: bool = true;
    const HOLDS: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi, cut, log_step]: [T; 4]) -> T {
        let (zero, one, log_step) = (y == 0.0, y == 1.0, limited(log_step));
        let u = eta - cut;
        let [above, below] = log_probabilities(Logit, u);
        let [top, under] = log_probabilities(Logit, u - log_step.exp());
        let inner = if zero || one { INNER } else { y };
        let beta = Beta(Logit).log_density(inner, 0.0, [eta, log_phi]);
        let between = above + under + log_gap(log_step) + beta;
        below.select(zero, top.select(one, between))
    }

    /// The beta density meets the first two predictors, and the others only their sums.
    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 4]) -> Jet<A, 4> {
        let (zero, one) = (y == 0.0, y == 1.0);
        let between = !(zero || one);
        let [log_step] = Jet::<A, 1>::variables([eta[3]]);
        let log_step = limited(log_step);
        let [u] = Jet::<A, 1>::variables([eta[0] - eta[2]]);
        let [above, below] = log_probabilities(Logit, u);
        let of_u = below.select(zero, above.times(between as u8 as f64));
        let [top, under] = upper::<A>(u.value(), log_step);
        let mut cuts = top.select(one, under.times(between as u8 as f64));
        cuts.add_single(of_u, 0);
        let inner = if between { y } else { INNER };
        let beta = Beta(Logit).with_first::<A>(inner, 0.0, [eta[0], eta[1]]);
        let mut jet = Jet::constant(0.0);
        jet.add_pair(&beta.times(between as u8 as f64), [0, 1]);
        jet.add_difference(&cuts, [0, 2, 3]);
        jet
    }

    /// The logarithms of `y` and `1 - y`, `log phi`, and both cuts.
    #[inline(always)]
    fn hold<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 4]) -> [f64; HELD] {
        let inner = if y == 0.0 || y == 1.0 { INNER } else { y };
        let [log_y, log_rest, log_phi, ..] = Beta(Logit).hold::<A>(inner, 0.0, [0.0, eta[1]]);
        let step = limited(Jet::<A, 0>::constant(eta[3])).exp();
        [log_y, log_rest, log_phi, eta[2], eta[2] + step.value()]
    }

    #[inline(always)]
    fn of_first<A: Arithmetic>(
        &self,
        y: f64,
        _: f64,
        eta: f64,
        [log_y, log_rest, log_phi, low, high]: [f64; HELD],
    ) -> Jet<A, 1> {
        let (zero, one) = (y == 0.0, y == 1.0);
        let [x] = Jet::<A, 1>::variables([eta]);
        let [above, below] = log_probabilities(Logit, x - low);
        let [top, under] = log_probabilities(Logit, x - high);
        let held = [log_y, log_rest, log_phi, math::exp::<A>(log_phi), 0.0];
        let beta = Beta(Logit).of_first::<A>(y, 0.0, eta, held);
        let inside = above + under + beta;
        below
            .select(zero, top.select(one, inside))
            .only_if(!high.is_nan())
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, between: f64, eta: [f64; 4]) -> Jet<A, 4> {
        let [log_step] = Jet::<A, 1>::variables([eta[3]]);
        let beta = Beta(Logit).without_first::<A>(0.0, [eta[0], eta[1]]);
        let mut jet = Jet::constant(0.0);
        jet.add_pair(&beta.times(between), [0, 1]);
        jet.add_single(log_gap(limited(log_step)).times(between), 3);
        jet
    }

    /// Whether a response is in between.
    #[inline(always)]
    fn key(&self, y: f64, _: f64) -> f64 {
        !(y == 0.0 || y == 1.0) as u8 as f64
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        if y == 0.0 || y == 1.0 {
            0.0
        } else {
            Beta(Logit).log_normalizer(y, 0.0)
        }
    }
}

/// `log F(v)` and `log(1 - F(v))` in `u` and `s`, where `v = u - exp(s)`.
#[inline(always)]
fn upper<A: Arithmetic>(u: f64, log_step: Jet<A, 1>) -> [Jet<A, 2>; 2] {
    let [linear, _] = Jet::<A, 2>::variables([u, 0.0]);
    log_probabilities(Logit, linear - Jet::of_second(log_step.exp()))
}
