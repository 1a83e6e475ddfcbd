//! The Tweedie distribution with a power between one and two: a Poisson number of gamma amounts.

mod memo;
mod series;

use super::density::Density;
use super::jet::Jet;
use super::link::{log_probabilities, Logit};
use super::real::Real;
use super::simd::{Arithmetic, Plain};

/// Log means, log dispersions, logits of the power, and log rates beyond count as outside the domain.
const LOG_MEAN_LIMIT: f64 = 1e50;
const LOG_PHI_LIMIT: f64 = 200.0;
const LOGIT_LIMIT: f64 = 30.0;
const LOG_RATE_LIMIT: f64 = 250.0;
/// Exponents beyond, of the mean over the response, count as an impossible response.
const EXPONENT_LIMIT: f64 = 500.0;
/// Log-densities below count as minus infinity: their derivatives would overflow.
const LOWEST: f64 = -1e250;
const LN_TAU: f64 = 1.837_877_066_409_345_3;

/// `f(0) = exp(-mu^(2 - p) / (phi (2 - p)))`, and for `y > 0` the sum over `j >= 1` of the Poisson probability of `j` at that
/// rate times the density of a gamma variable of shape `j (2 - p) / (p - 1)` and scale `phi (p - 1) mu^(p - 1)`
///
/// The first predictor is `log mu`, the log mean; the second `log phi`, the log dispersion: the variance is `phi mu^p`; the third
/// the logit of `p - 1` (glmmTMB's `psi`). Only a deviance depends on the mean: with `z = log(mu / y)`, `P = p - 1`, `Q = 2 - p`,
/// `M(x) = exp(x) - 1 - x`, the rate `lambda = y^Q / (phi Q)` of the mean `y` and Stirling's remainder `r`, the log-density is
///
/// `-y^Q / phi (M(Q z) / Q + M(-P z) / P) + log sum_j exp(-j M(log(lambda / j)) / P - r(j) - r(j Q / P)) + log(Q / P) / 2 - log(2 pi) - log y`,
///
/// which is the series of Dunn and Smyth (2005) without its cancellation.
#[derive(Clone, Copy, Debug)]
pub struct Tweedie;

impl Density<3> for Tweedie {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi, logit]: [T; 3]) -> T {
        let eta = eta.only_if(eta.value().abs() < LOG_MEAN_LIMIT);
        let logit = logit.only_if(logit.value().abs() < LOGIT_LIMIT);
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        let [log_p, log_q] = log_probabilities(Logit, logit);
        let (p, q) = (log_p.exp(), log_q.exp());
        let l = if y == 0.0 {
            -(q * eta - log_phi - log_q).exp()
        } else {
            let log_y = libm::log(y);
            let log_rate = q * log_y - log_phi - log_q;
            let z = eta - log_y;
            let part = |x: T, log_factor: T| {
                let x = x.only_if(x.value() < EXPONENT_LIMIT);
                x.exp_m1_mx() * log_factor.exp()
            };
            let deviance = part(q * z, log_rate) + part(-(p * z), log_rate - logit);
            of_two(log_sum, [log_rate, logit]) - logit * 0.5 - deviance
        };
        l.only_if(l.value() > LOWEST)
    }

    /// Mostly the sum, which has vector loops of its own.
    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 3]) -> Jet<A, 3> {
        let jet = jet(y, eta);
        let second = |a, b| jet.second(a, b);
        let third = |a, b, c| jet.third(a, b, c);
        Jet::new(jet.value(), |a| jet.first(a), second, third)
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        if y == 0.0 {
            0.0
        } else {
            -LN_TAU - libm::log(y)
        }
    }
}

/// The sum is a function of dispersion and power alone; the deviance is one of mean and power, divided by the dispersion.
#[inline(never)]
fn jet(y: f64, eta: [f64; 3]) -> Jet<Plain, 3> {
    if y == 0.0 {
        return Tweedie.log_density(y, 0.0, Jet::variables(eta));
    }
    let log_y = libm::log(y);
    let inside =
        eta[0].abs() < LOG_MEAN_LIMIT && eta[1].abs() < LOG_PHI_LIMIT && eta[2].abs() < LOGIT_LIMIT;
    if !inside {
        return Jet::constant(f64::NAN);
    }
    let (sum, deviance) = (sum_of(log_y, eta), deviance(log_y, eta));
    assembled(&sum, &deviance).only_if(sum.value() - deviance.value() > LOWEST)
}

/// The logarithm of the sum less half the logit, in the log dispersion and the logit.
fn sum_of(log_y: f64, [_, log_phi, logit]: [f64; 3]) -> Jet<Plain, 2> {
    let [log_phi, logit] = Jet::variables([log_phi, logit]);
    let [_, log_q] = log_probabilities(Logit, logit);
    let log_rate = log_q.exp() * log_y - log_phi - log_q;
    of_two(log_sum, [log_rate, logit]) - logit * 0.5
}

/// The deviance, in the log mean and the logit.
fn deviance(log_y: f64, [eta, log_phi, logit]: [f64; 3]) -> Jet<Plain, 2> {
    let [eta, logit] = Jet::<Plain, 2>::variables([eta, logit]);
    let [log_p, log_q] = log_probabilities(Logit, logit);
    let (p, q) = (log_p.exp(), log_q.exp());
    let log_rate = q * log_y - log_q - log_phi;
    let z = eta - log_y;
    let part = |x: Jet<Plain, 2>, log_factor: Jet<Plain, 2>| {
        let x = x.only_if(x.value() < EXPONENT_LIMIT);
        x.exp_m1_mx() * log_factor.exp()
    };
    part(q * z, log_rate) + part(-(p * z), log_rate - logit)
}

/// `sum(x_2, x_3) - deviance(x_1, x_3)`, where the deviance is a multiple of `exp(-x_2)`: each derivative by `x_2` changes its sign.
fn assembled(s: &Jet<Plain, 2>, d: &Jet<Plain, 2>) -> Jet<Plain, 3> {
    let first = [-d.first(0), s.first(0) + d.value(), s.first(1) - d.first(1)];
    let mut second = [[0.0; 3]; 3];
    second[0] = [-d.second(0, 0), d.first(0), -d.second(0, 1)];
    second[1][1] = s.second(0, 0) - d.value();
    second[1][2] = s.second(0, 1) + d.first(1);
    second[2][2] = s.second(1, 1) - d.second(1, 1);
    let mut third = [[[0.0; 3]; 3]; 3];
    third[0][0] = [-d.third(0, 0, 0), d.second(0, 0), -d.third(0, 0, 1)];
    third[0][1][1] = -d.first(0);
    third[0][1][2] = d.second(0, 1);
    third[0][2][2] = -d.third(0, 1, 1);
    third[1][1][1] = s.third(0, 0, 0) + d.value();
    third[1][1][2] = s.third(0, 0, 1) - d.first(1);
    third[1][2][2] = s.third(0, 1, 1) + d.second(1, 1);
    third[2][2][2] = s.third(1, 1, 1) - d.third(1, 1, 1);
    Jet::from_entries(s.value() - d.value(), first, second, third)
}

/// The logarithm of the sum, in the log rate and the logit of the power.
fn log_sum([log_rate, logit]: [f64; 2]) -> Jet<Plain, 2> {
    if log_rate < LOG_RATE_LIMIT && logit.is_finite() {
        memo::log_sum(log_rate, logit)
    } else {
        Jet::constant(f64::NAN)
    }
}

/// A function of two numbers with derivatives, by its Taylor polynomial of the third order.
fn of_two<T: Real>(f: impl Fn([f64; 2]) -> Jet<Plain, 2>, at: [T; 2]) -> T {
    let f = f(at.map(T::value));
    let [x, y] = at.map(|x| x - x.value());
    let linear = x * f.first(0) + y * f.first(1);
    let of_x = x * f.second(0, 0) + y * (2.0 * f.second(0, 1));
    let quadratic = x * of_x + y.square() * f.second(1, 1);
    let of_xx = x * f.third(0, 0, 0) + y * (3.0 * f.third(0, 0, 1));
    let of_yy = x * (3.0 * f.third(0, 1, 1)) + y * f.third(1, 1, 1);
    let cubic = x.square() * of_xx + y.square() * of_yy;
    linear + quadratic * 0.5 + cubic * (1.0 / 6.0) + f.value()
}
