//! What quasi-likelihood knows of a response: its mean, and its variance as a function of the mean (Wedderburn 1974).

use super::jet::Jet;
use super::link::{MeanLink, ProbabilityLink};
use super::simd::Plain;

/// A trial at a linear predictor; the variance of a response of `n` trials and prior weight `w`, per trial, is
/// `phi V(mu) / (n w)`. Not numbers outside the domain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quasi {
    /// `mu`.
    pub mean: f64,
    /// `dmu / deta`.
    pub slope: f64,
    /// `d2mu / deta2`.
    pub bend: f64,
    /// `V(mu)`.
    pub variance: f64,
}

impl Quasi {
    /// A probability, with the variance `mu (1 - mu)`.
    pub fn of_probability(link: impl ProbabilityLink, eta: f64) -> Self {
        let [[log, first, second, _], [log_rest, ..]] = link.log_probabilities::<Plain>(eta);
        let mean = log.exp();
        Quasi {
            mean,
            slope: mean * first,
            bend: mean * (second + first * first),
            variance: (log + log_rest).exp(),
        }
    }

    /// A mean with the given variance function.
    pub fn of_mean(link: impl MeanLink, eta: f64, variance: impl Fn(f64) -> f64) -> Self {
        let [variable] = Jet::<Plain, 1>::variables([eta]);
        let [mean, slope, bend, _] = link.mean(variable).entries();
        Quasi {
            mean,
            slope,
            bend,
            variance: variance(mean),
        }
    }
}
