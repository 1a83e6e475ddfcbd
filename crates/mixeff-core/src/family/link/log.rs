//! The log link.

use super::{MeanLink, ProbabilityLink, Taylor, EDGE};
use crate::family::math::{
    self,
    coefficients::{integrate, product_term, MOST},
};
use crate::family::real::Real;
use crate::family::simd::{Arithmetic, Plain};

/// `mu = exp(eta)`; as a probability, `eta < 0`.
#[derive(Clone, Copy, Debug)]
pub struct Log;

impl MeanLink for Log {
    #[inline(always)]
    fn mean<T: Real>(self, eta: T) -> T {
        eta.exp()
    }

    #[inline(always)]
    fn log_mean<T: Real>(self, eta: T) -> T {
        eta
    }
}

impl ProbabilityLink for Log {
    #[inline(always)]
    fn log_probabilities<A: Arithmetic>(self, eta: f64) -> [Taylor; 2] {
        let inside = eta < -EDGE;
        let x = if inside { -eta } else { 1.0 };
        let (log, odds) = math::ln_1m_exp_neg::<A>(x);
        let second = -odds * (1.0 + odds);
        let success = if inside { eta } else { f64::NAN };
        let failure = if inside { log } else { f64::NAN };
        [
            [success, 1.0, 0.0, 0.0],
            [failure, -odds, second, second * A::mul_add(2.0, odds, 1.0)],
        ]
    }

    /// The odds `o`, minus the slope of `log(1 - F)`, rise by `o' = o (1 + o)`.
    fn coefficients(self, eta: f64, success: &mut [f64], failure: &mut [f64]) {
        let [[log_p, ..], [log_q, slope, ..]] = self.log_probabilities::<Plain>(eta);
        success.fill(0.0);
        (success[0], success[1]) = (log_p, 1.0);
        let mut minus_odds = [0.0; MOST];
        minus_odds[0] = slope;
        for k in 0..MOST - 1 {
            let rise = minus_odds[k] - product_term(&minus_odds, &minus_odds, k);
            minus_odds[k + 1] = rise / (k + 1) as f64;
        }
        integrate(&minus_odds, log_q, failure);
    }
}
