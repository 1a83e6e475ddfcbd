//! The logit link: the logistic distribution.

use super::{ProbabilityLink, Taylor};
use crate::family::math;
use crate::family::simd::Arithmetic;

/// `F(eta) = 1 / (1 + exp(-eta))`
#[derive(Clone, Copy, Debug)]
pub struct Logit;

/// `log(1 + exp(-|eta|))`, `F(eta)` and `1 - F(eta)`.
#[inline(always)]
fn logistic<A: Arithmetic>(eta: f64) -> [f64; 3] {
    let e = math::exp::<A>(-eta.abs());
    let (log, large) = math::ln_1p_and_recip::<A>(e);
    let small = e * large;
    if eta > 0.0 {
        [log, large, small]
    } else {
        [log, small, large]
    }
}

impl ProbabilityLink for Logit {
    const EVERYWHERE: bool = true;

    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        [(1.0, 0.0), (0.0, 1.0)].map(|(s, f)| self.log_likelihood::<A>(s, f, eta))
    }

    /// In closed form, since successes and failures share all derivatives but the first.
    #[inline(always)]
    fn log_likelihood<A: Arithmetic>(self, successes: f64, failures: f64, eta: f64) -> Taylor {
        let [log, p, q] = logistic::<A>(eta);
        let n = successes + failures;
        let positive = if eta > 0.0 { eta } else { 0.0 };
        let variance = n * (p * q);
        [
            A::mul_add(successes, eta, -n * positive) - n * log,
            A::mul_add(successes, q, -failures * p),
            -variance,
            variance * (p - q),
        ]
    }
}
