//! Proportions that may be exactly 0 or 1, by processes of their own.

use super::bernoulli::Bernoulli;
use super::beta::Beta;
use super::density::Density;
use super::jet::Jet;
use super::link::Logit;
use super::real::Real;
use super::simd::Arithmetic;

/// What is fed to a part that does not count.
const INNER: f64 = 0.5;
/// What stands for all proportions that are not at an end.
const BETWEEN: f64 = 2.0;

/// `P(y in {0, 1}) = p`, `P(y = 1 | y in {0, 1}) = q`; in between `1 - p` times a beta density
///
/// The first predictor is the logit of the mean and the second `log phi`, the log precision, of the [`Beta`] part; the third
/// is the logit of `p`, the fourth that of `q` (Ospina and Ferrari 2010; brms' `zero_one_inflated_beta`).
#[derive(Clone, Copy, Debug)]
pub struct ZeroOneInflatedBeta;

/// Whether a proportion is at an end, and what it has for the beta part.
#[inline(always)]
fn split(y: f64) -> (bool, f64) {
    let end = y == 0.0 || y == 1.0;
    (end, if end { INNER } else { y })
}

impl Density<4> for ZeroOneInflatedBeta {
    const SPLIT: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi, end, one]: [T; 4]) -> T {
        let (at_end, inner) = split(y);
        let is_end = Bernoulli(Logit).log_density(at_end as u8 as f64, 0.0, [end]);
        let is_one = Bernoulli(Logit).log_density(y, 0.0, [one]);
        let beta = Beta(Logit).log_density(inner, 0.0, [eta, log_phi]);
        is_end + is_one.select(at_end, beta)
    }

    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 4]) -> Jet<A, 4> {
        let (at_end, inner) = split(y);
        let beta = Beta(Logit).with_first::<A>(inner, 0.0, [eta[0], eta[1]]);
        let mut jet = Jet::constant(0.0);
        jet.add_pair(&beta.times(!at_end as u8 as f64), [0, 1]);
        jet
    }

    /// A sum of functions of different predictors.
    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, kind: f64, eta: [f64; 4]) -> Jet<A, 4> {
        let at_end = kind != BETWEEN;
        let beta = Beta(Logit).without_first::<A>(0.0, [eta[0], eta[1]]);
        let is_one = Bernoulli(Logit).expand::<A>(kind, 0.0, [eta[3]]);
        let is_end = Bernoulli(Logit).expand::<A>(at_end as u8 as f64, 0.0, [eta[2]]);
        let mut jet = Jet::constant(0.0);
        jet.add_pair(&beta.times(!at_end as u8 as f64), [0, 1]);
        jet.add_single(is_end, 2);
        jet.add_single(is_one.times(at_end as u8 as f64), 3);
        jet
    }

    /// Zero, one or [`BETWEEN`].
    #[inline(always)]
    fn key(&self, y: f64, _: f64) -> f64 {
        if split(y).0 {
            y
        } else {
            BETWEEN
        }
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        let (at_end, inner) = split(y);
        if at_end {
            0.0
        } else {
            Beta(Logit).log_normalizer(inner, 0.0)
        }
    }
}
