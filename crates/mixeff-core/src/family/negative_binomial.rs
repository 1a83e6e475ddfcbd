//! The negative binomial distributions, whose variance is quadratic or linear in the mean (Hilbe 2011).

use libm::lgamma;

use super::density::{Density, HELD};
use super::jet::Jet;
use super::math;
use super::real::Real;
use super::rising::ln_rising;
use super::simd::Arithmetic;

/// Log dispersions beyond count as outside the domain.
const LOG_PHI_LIMIT: f64 = 200.0;

/// `log f(y) = log Gamma(y + k) - log Gamma(k) - log y! + y log(mu / (mu + k)) - k log(1 + mu / k)`, `k = 1 / phi`
///
/// The predictors are `log mu`, the mean, and `log phi`, the dispersion: the variance is `mu + phi mu^2`. With `t = log(mu phi)`,
/// `F` the logistic function and `S(t) = log(1 + exp(t)) - F(t)`, it is written as
/// `y (log mu - log(1 + exp(t))) - k S(t) - mu F(-t)` and the logarithm of a [rising factorial](super::rising), so that nothing cancels as
/// `phi` vanishes and a Poisson distribution remains.
#[derive(Clone, Copy, Debug)]
pub struct Quadratic;

impl Density<2> for Quadratic {
    const SPLIT: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        let (t, k) = (eta + log_phi, (-log_phi).exp());
        let zero = k * t.softplus_excess() + eta.exp() * (-t).logistic();
        (eta - t.softplus()) * y - zero + ln_rising(y, -log_phi)
    }

    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, [eta, log_phi]: [f64; 2]) -> Jet<A, 2> {
        power(y, eta, log_phi).only_if(log_phi.abs() < LOG_PHI_LIMIT)
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, y: f64, [_, log_phi]: [f64; 2]) -> Jet<A, 2> {
        let [log_phi] = Jet::<A, 1>::variables([log_phi]);
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        Jet::of_second(ln_rising(y, -log_phi))
    }

    #[inline(always)]
    fn key(&self, y: f64, _: f64) -> f64 {
        y
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        -lgamma(y + 1.0)
    }
}

/// `y (log mu - log(1 + exp(t))) - k log(1 + exp(t))` in closed form, with `k p = mu q`.
#[inline(always)]
fn power<A: Arithmetic>(y: f64, eta: f64, log_phi: f64) -> Jet<A, 2> {
    let (mu, k) = (math::exp::<A>(eta), math::exp::<A>(-log_phi));
    let [log_1p, p, q, excess] = math::softplus::<A>(eta + log_phi);
    let (zero, pq, skew, above) = (k * excess, p * q, q - p, mu - y);
    let spread = A::mul_add(y, p, mu * q) * q;
    let value = A::mul_add(y, eta - log_1p, -A::mul_add(mu, q, zero));
    let first = [-above * q, A::mul_add(-y, p, zero)];
    let second = [-spread, above * pq, A::mul_add(above, pq, -zero)];
    let third = [
        -spread * skew,
        pq * A::mul_add(above, skew, mu),
        above * pq * skew,
        zero - pq * A::mul_add(2.0 * mu, p, y * skew),
    ];
    Jet::new(
        value,
        |a| first[a],
        |a, b| second[a + b],
        |a, b, c| third[a + b + c],
    )
}

/// The same with `k = mu / phi`: the variance is `mu (1 + phi)`.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

impl Density<2> for Linear {
    const HOLDS: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        let rising = ln_rising(y, eta - log_phi);
        (eta - log_phi.softplus()) * y - eta.exp() * zero(log_phi) + rising
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let [mean, log_phi] = eta.map(|x| Jet::<A, 1>::variables([x])[0]);
        let log_phi = log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT);
        let [log_k] = Jet::<A, 1>::variables([mean.value() - log_phi.value()]);
        let [x1, x2] = Jet::variables(eta);
        let rising = (x1 - x2).chain(ln_rising(y, log_k).entries(), |_| {});
        let seconds = Jet::of_second(log_phi.softplus() * y);
        x1 * y - seconds - Jet::product(mean.exp(), zero(log_phi)) + rising
    }

    /// `log phi`, `y log(1 + phi)` and `-log f(0) / mu`.
    #[inline(always)]
    fn hold<A: Arithmetic>(&self, y: f64, _: f64, [_, log_phi]: [f64; 2]) -> [f64; HELD] {
        let inside = log_phi.abs() < LOG_PHI_LIMIT;
        let log_phi = Jet::<A, 0>::constant(log_phi).only_if(inside);
        let spread = log_phi.softplus() * y;
        [
            log_phi.value(),
            spread.value(),
            zero(log_phi).value(),
            0.0,
            0.0,
        ]
    }

    #[inline(always)]
    fn of_first<A: Arithmetic>(
        &self,
        y: f64,
        _: f64,
        eta: f64,
        [log_phi, spread, zero, ..]: [f64; HELD],
    ) -> Jet<A, 1> {
        let [mean] = Jet::<A, 1>::variables([eta]);
        mean * y - mean.exp() * zero - spread + ln_rising(y, mean - log_phi)
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        -lgamma(y + 1.0)
    }
}

/// `log(1 + phi) / phi`, the probability of zero per mean.
#[inline(always)]
fn zero<T: Real>(log_phi: T) -> T {
    (-log_phi).exp() * log_phi.softplus_excess() + (-log_phi).logistic()
}
