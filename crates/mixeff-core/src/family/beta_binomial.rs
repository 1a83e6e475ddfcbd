//! The beta-binomial distribution.

use libm::lgamma;

use super::density::{Density, HELD};
use super::jet::Jet;
use super::link::{ProbabilityLink, Taylor};
use super::math::{self, coefficients::MOST};
use super::real::Real;
use super::rising::{ln_rising, ln_rising_known, LOG_LIMIT};
use super::simd::Arithmetic;

/// Log precisions beyond count as outside the domain.
const LOG_PHI_LIMIT: f64 = 200.0;

/// `log f(y) = log (n choose y) + log B(y + a, n - y + b) - log B(a, b)`, `a = mu phi`, `b = (1 - mu) phi`
///
/// `y` successes in `n` trials, whose probability has a beta distribution. The link gives its mean `mu` from the first predictor; the
/// second is `log phi`, the log precision, as in glmmTMB: the variance of a proportion is `mu (1 - mu) (n + phi) / (n (1 + phi))`. Written as
/// the binomial log-density with three [rising factorials](super::rising), which vanish for a large precision.
#[derive(Clone, Copy, Debug)]
pub struct BetaBinomial<L>(pub L);

impl<L: ProbabilityLink> Density<2> for BetaBinomial<L> {
    const EXTRA: bool = true;
    const SPLIT: bool = true;
    const HOLDS: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, trials: f64, [eta, log_phi]: [T; 2]) -> T {
        let (at, failures) = (eta.value(), trials - y);
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        let binomial = eta.chain(self.0.log_likelihood::<T::A>(y, failures, at), |c| {
            self.0.log_likelihood_coefficients(y, failures, at, c)
        });
        let [success, failure] = self.log_probabilities(eta);
        let parts = ln_rising(y, success + log_phi) + ln_rising(failures, failure + log_phi);
        binomial + parts - ln_rising(trials, log_phi)
    }

    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, trials: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let failures = trials - y;
        let [success, failure] = self.0.log_probabilities::<A>(eta[0]);
        let binomial = of_first(self.0.log_likelihood::<A>(y, failures, eta[0]));
        let all = binomial + parts(y, success, eta[1]) + parts(failures, failure, eta[1]);
        all.only_if(eta[1].abs() < LOG_PHI_LIMIT)
    }

    /// `log phi` and `phi`.
    #[inline(always)]
    fn hold<A: Arithmetic>(&self, _: f64, _: f64, [_, log_phi]: [f64; 2]) -> [f64; HELD] {
        let inside = log_phi.abs() < LOG_PHI_LIMIT;
        let log_phi = if inside { log_phi } else { f64::NAN };
        [log_phi, math::exp::<A>(log_phi), 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn of_first<A: Arithmetic>(
        &self,
        y: f64,
        trials: f64,
        eta: f64,
        [log_phi, phi, ..]: [f64; HELD],
    ) -> Jet<A, 1> {
        let failures = trials - y;
        let logs = self.0.log_probabilities::<A>(eta);
        let [p, q] = self.0.probabilities::<A>(&logs);
        let success = Jet::<A, 1>::taylor(logs[0]) + log_phi;
        let failure = Jet::<A, 1>::taylor(logs[1]) + log_phi;
        let binomial = Jet::<A, 1>::taylor(self.0.log_likelihood::<A>(y, failures, eta));
        binomial + part(y, success, phi * p) + part(failures, failure, phi * q)
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, trials: f64, [_, log_phi]: [f64; 2]) -> Jet<A, 2> {
        let [log_phi] = Jet::<A, 1>::variables([log_phi]);
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        Jet::of_second(-ln_rising(trials, log_phi))
    }

    #[inline(always)]
    fn key(&self, _: f64, trials: f64) -> f64 {
        trials
    }

    fn log_normalizer(&self, y: f64, trials: f64) -> f64 {
        lgamma(trials + 1.0) - lgamma(y + 1.0) - lgamma(trials - y + 1.0)
    }
}

impl<L: ProbabilityLink> BetaBinomial<L> {
    /// `log mu` and `log(1 - mu)`.
    #[inline(always)]
    fn log_probabilities<T: Real>(&self, eta: T) -> [T; 2] {
        let at = eta.value();
        let coefficients = |which: usize, c: &mut [f64]| {
            let mut logs = [[0.0; MOST]; 2];
            let [success, failure] = &mut logs;
            self.0
                .coefficients(at, &mut success[..c.len()], &mut failure[..c.len()]);
            c.copy_from_slice(&logs[which][..c.len()]);
        };
        let [success, failure] = self.0.log_probabilities::<T::A>(at);
        [
            eta.chain(success, |c| coefficients(0, c)),
            eta.chain(failure, |c| coefficients(1, c)),
        ]
    }
}

/// A function of the first predictor alone.
#[inline(always)]
fn of_first<A: Arithmetic>(f: Taylor) -> Jet<A, 2> {
    let at = |second: usize, order: usize| if second == 0 { f[order] } else { 0.0 };
    Jet::new(
        f[0],
        |a| at(a, 1),
        |a, b| at(a + b, 2),
        |a, b, c| at(a + b + c, 3),
    )
}

/// The rising factorial of `count` in both predictors, from `log mu` and `log phi`.
#[inline(always)]
fn parts<A: Arithmetic>(count: f64, log_mu: Taylor, log_phi: f64) -> Jet<A, 2> {
    let [_, log_phi] = Jet::variables([0.0, log_phi]);
    let log_k = of_first(log_mu) + log_phi;
    part(count, log_k, math::exp::<A>(log_k.value()))
}

/// The rising factorial of `count`, from `log k` and `k`, on the first of which it depends linearly far below zero.
#[inline(always)]
fn part<A: Arithmetic, const N: usize>(count: f64, all: Jet<A, N>, k: f64) -> Jet<A, N> {
    let [log_k] = Jet::<A, 1>::variables([all.value()]);
    let rising = ln_rising_known(count, log_k, k).entries();
    let bent = log_k.value() > -LOG_LIMIT;
    let near = all.select(bent, Jet::constant(0.0)).chain(rising, |_| {});
    let line = (all - log_k.value()) * rising[1] + rising[0];
    near.select(bent, line)
        .select(count > 0.0, Jet::constant(0.0))
}
