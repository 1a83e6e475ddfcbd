//! The Tweedie distribution with a power between one and two: a Poisson number of gamma amounts.

mod memo;
mod series;

use super::density::{Density, HELD};
use super::jet::Jet;
use super::link::{log_probabilities, Logit};
use super::lookup::{self, Tabulated};
use super::math;
use super::real::Real;
use super::simd::{Arithmetic, Plain};
use super::table::Known;
use super::Rows;

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
    const SPLIT: bool = true;
    const HOLDS: bool = true;

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

    /// The derivatives of what is [lost](Lost): a multiple of `exp(-x_2)`, so that each one by `x_2` changes its sign.
    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 3]) -> Jet<A, 3> {
        let lost = Lost::new::<A>(y, eta);
        let [d, d_e, d_ee, d_eee] = lost.value;
        let [d1, d1_e, d1_ee, _] = lost.slope;
        let [d11, d11_e, ..] = lost.bend;
        let none = [0.0; 3];
        Jet::from_entries(
            -d,
            [-d1, d, -d_e],
            [[-d11, d1, -d1_e], [0.0, -d, d_e], [0.0, 0.0, -d_ee]],
            [
                [
                    [-lost.third, d11, -d11_e],
                    [0.0, -d1, d1_e],
                    [0.0, 0.0, -d1_ee],
                ],
                [none, [0.0, d, -d_e], [0.0, 0.0, d_ee]],
                [none, none, [0.0, 0.0, -d_eee]],
            ],
        )
        .only_if(d < -LOWEST)
    }

    /// `log y`, `P`, `Q` and `y^Q / phi`, with zero for the logarithm of a zero.
    #[inline(always)]
    fn hold<A: Arithmetic>(&self, y: f64, _: f64, [_, log_phi, logit]: [f64; 3]) -> [f64; HELD] {
        let inside = log_phi.abs() < LOG_PHI_LIMIT && logit.abs() < LOGIT_LIMIT;
        let [_, p, q, _] = math::softplus::<A>(if inside { logit } else { f64::NAN });
        let log_y = math::ln::<A>(if y > 0.0 { y } else { 1.0 });
        [log_y, p, q, math::exp::<A>(q * log_y - log_phi), 0.0]
    }

    /// As [`Lost`], whose third derivative is not asked for.
    #[inline(always)]
    fn of_first<A: Arithmetic>(
        &self,
        y: f64,
        _: f64,
        eta: f64,
        [log_y, p, q, scale, _]: [f64; HELD],
    ) -> Jet<A, 1> {
        let positive = y > 0.0;
        let z = eta - log_y;
        let (up, down) = (q * z, -(p * z));
        let r = (p * q).recip();
        let (rise, fall) = (math::exp_m1_mx::<A>(up), math::exp_m1_mx::<A>(down));
        let deviance = scale * (rise * (p * r) + fall * (q * r));
        let (u, v) = (scale * math::exp::<A>(up), scale * math::exp::<A>(down));
        let v = if positive { v } else { 0.0 };
        let near = positive && z.abs() < 1.0;
        let change = math::exp_m1::<A>(if near { z } else { 0.0 });
        let value = if positive { deviance } else { u * (p * r) };
        let slope = if near { v * change } else { u - v };
        let bend = A::mul_add(q, u, p * v);
        let inside = eta.abs() < LOG_MEAN_LIMIT
            && (!positive || up.max(down) < EXPONENT_LIMIT)
            && value < -LOWEST;
        Jet::taylor([-value, -slope, -bend, p * p * v - q * q * u]).only_if(inside)
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, y: f64, [_, log_phi, logit]: [f64; 3]) -> Jet<A, 3> {
        let sum = if y == 0.0 {
            Jet::constant(0.0)
        } else {
            sum_of(libm::log(y), log_phi, logit)
        };
        let second = |a, b| sum.second(a, b);
        let third = |a, b, c| sum.third(a, b, c);
        let sum = Jet::new(sum.value(), |a| sum.first(a), second, third);
        let mut jet = Jet::constant(0.0);
        jet.add_pair(&sum, [1, 2]);
        jet
    }

    #[inline(always)]
    fn key(&self, y: f64, _: f64) -> f64 {
        y
    }

    fn block<const ORDER: u8>(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], out: [&mut [f64]; 3]) {
        lookup::block::<Self, 3, 10, ORDER>(self, rows, eta, h, out);
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        if y == 0.0 {
            0.0
        } else {
            -LN_TAU - libm::log(y)
        }
    }
}

/// The logarithm of the sum in the log dispersion and the logit, at the logarithm of a response.
impl Tabulated<3, 10> for Tweedie {
    const FOR_FIRST: bool = false;

    #[inline(always)]
    fn argument(&self, y: f64, _: &[f64; 3]) -> f64 {
        if y > 0.0 {
            math::ln::<Plain>(y)
        } else {
            f64::NAN
        }
    }

    fn numbers(
        &self,
        log_y: f64,
        [_, log_phi, logit]: &[f64; 3],
        _: Option<Known<10>>,
    ) -> Option<[f64; 10]> {
        let sum = sum_of(log_y, *log_phi, *logit);
        sum.value().is_finite().then(|| sum.entries())
    }

    #[inline(always)]
    fn assemble<A: Arithmetic>(
        &self,
        y: f64,
        _: f64,
        eta: [f64; 3],
        numbers: [f64; 10],
    ) -> Jet<A, 3> {
        let mut jet = self.with_first(y, 0.0, eta);
        jet.add_pair(&Jet::from_list(numbers), [1, 2]);
        jet
    }
}

/// The deviance, or the rate of a zero, with derivatives by the log mean; each with those by the logit.
///
/// With `u = mu^Q / phi` and `v = y mu^(-P) / phi` the slope by the log mean is `u - v`, the bend `Q u + P v`.
struct Lost {
    value: [f64; 4],
    slope: [f64; 4],
    bend: [f64; 4],
    third: f64,
}

impl Lost {
    #[inline(always)]
    fn new<A: Arithmetic>(y: f64, [eta, log_phi, logit]: [f64; 3]) -> Self {
        let positive = y > 0.0;
        let inside = eta.abs() < LOG_MEAN_LIMIT
            && log_phi.abs() < LOG_PHI_LIMIT
            && logit.abs() < LOGIT_LIMIT;
        let [logit] = Jet::<A, 1>::variables([logit]);
        let [log_p, log_q] = log_probabilities(Logit, logit.only_if(inside));
        let (p, q) = (log_p.exp(), log_q.exp());
        let log_y = math::ln::<A>(if positive { y } else { 1.0 });
        let z = eta - log_y;
        let part = |x: Jet<A, 1>, log: Jet<A, 1>| {
            x.only_if(x.value() < EXPONENT_LIMIT).exp_m1_mx() * (-log).exp()
        };
        let scale = (q * log_y - log_phi).exp();
        let deviance = scale * (part(q * z, log_q) + part(-(p * z), log_p));
        let u = scale * (q * z).exp();
        let v = (scale * (-(p * z)).exp()).select(positive, Jet::constant(0.0));
        let near = positive && z.abs() < 1.0;
        let change = math::exp_m1::<A>(if near { z } else { 0.0 });
        let slope = (v * change).select(near, u - v);
        let bend = q * u + p * v;
        let third = q * q * u - p * p * v;
        Lost {
            value: deviance.select(positive, u * (-log_q).exp()).entries(),
            slope: slope.entries(),
            bend: bend.entries(),
            third: third.value(),
        }
    }
}

/// The logarithm of the sum less half the logit, in the log dispersion and the logit.
#[inline(never)]
fn sum_of(log_y: f64, log_phi: f64, logit: f64) -> Jet<Plain, 2> {
    if !(log_phi.abs() < LOG_PHI_LIMIT && logit.abs() < LOGIT_LIMIT) {
        return Jet::constant(f64::NAN);
    }
    let [log_phi, logit] = Jet::variables([log_phi, logit]);
    let [_, log_q] = log_probabilities(Logit, logit);
    let log_rate = log_q.exp() * log_y - log_phi - log_q;
    of_two(log_sum, [log_rate, logit]) - logit * 0.5
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
