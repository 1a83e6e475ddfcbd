//! The beta distribution.

use super::density::{Density, HELD};
use super::jet::Jet;
use super::link::{log_probabilities, ProbabilityLink, Taylor};
use super::math::{
    self,
    coefficients::{exp_of, integrate, product_term, MOST},
};
use super::real::Real;
use super::simd::{Arithmetic, Plain};

/// Log precisions, and logarithms of the two parameters, beyond count as outside the domain.
const LOG_LIMIT: f64 = 200.0;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `log f(y) = log Gamma(phi) - log Gamma(a) - log Gamma(b) + (a - 1) log y + (b - 1) log(1 - y)`, `a = mu phi`, `b = (1 - mu) phi`
///
/// `0 < y < 1`. The link gives the mean `mu` from the first predictor; the second is `log phi`, the log precision: the
/// variance is `mu (1 - mu) / (1 + phi)` (Ferrari and Cribari-Neto 2004). With the divergence
/// `k = mu log(mu / y) + (1 - mu) log((1 - mu) / (1 - y))` and the remainder `r` of Stirling's formula it is
/// `-phi k + log(phi mu (1 - mu)) / 2 + r(phi) - r(a) - r(b) - log(2 pi) / 2 - log(y (1 - y))`, in which nothing cancels.
#[derive(Clone, Copy, Debug)]
pub struct Beta<L>(pub L);

/// `log y` and `log(1 - y)`.
#[inline(always)]
fn logs<A: Arithmetic>(y: f64) -> [f64; 2] {
    let low = y < 0.5;
    let near = math::ln_1p_unit::<A>(if low { -y } else { 0.0 });
    let far = math::ln::<A>(1.0 - y);
    [math::ln::<A>(y), if low { near } else { far }]
}

/// The derivatives of `k` from the logarithms of `y` and `1 - y`, `mu` and `1 - mu`, and the derivatives of the logarithms of
/// these: `k' = mu' (logit mu - logit y)`.
#[inline(always)]
fn divergence<A: Arithmetic>(
    [log_y, log_rest]: [f64; 2],
    [mu, rest]: [f64; 2],
    [p, q]: [Taylor; 2],
) -> Taylor {
    let (u, v) = (p[0] - log_y, q[0] - log_rest);
    let value = mu * math::exp_m1_mx::<A>(-u) + rest * math::exp_m1_mx::<A>(-v);
    let slope = mu * p[1];
    let bend = mu * A::mul_add(p[1], p[1], p[2]);
    let third = mu * A::mul_add(p[1], A::mul_add(p[1], p[1], 3.0 * p[2]), p[3]);
    let (logit, logit_1, logit_2) = (u - v, p[1] - q[1], p[2] - q[2]);
    [
        value,
        slope * logit,
        A::mul_add(bend, logit, slope * logit_1),
        third * logit + 2.0 * bend * logit_1 + slope * logit_2,
    ]
}

/// `r(exp(s))` for Stirling's remainder `r`.
#[inline(always)]
fn remainder<T: Real>(log: T) -> T {
    remainder_known(log, math::exp::<T::A>(log.value()))
}

/// The same where the exponential is known.
#[inline(always)]
fn remainder_known<T: Real>(log: T, number: f64) -> T {
    let log = log.only_if(log.value().abs() < LOG_LIMIT);
    log.exp_known(number).stirling_remainder(log.value())
}

impl<L: ProbabilityLink> Beta<L> {
    #[inline(always)]
    fn divergence<A: Arithmetic>(&self, y: f64, logs_of_mu: [Taylor; 2]) -> Taylor {
        let mu = self.0.probabilities::<A>(&logs_of_mu);
        divergence::<A>(logs::<A>(y), mu, logs_of_mu)
    }

    /// The Taylor coefficients of the divergence, by integrating its derivative.
    fn divergence_coefficients(&self, y: f64, eta: f64, c: &mut [f64]) {
        let [mut p, mut q] = [[0.0; MOST]; 2];
        self.0.coefficients(eta, &mut p, &mut q);
        let value = self.divergence::<Plain>(y, self.0.log_probabilities::<Plain>(eta))[0];
        let [log_y, log_rest] = logs::<Plain>(y);
        let mut logit: [f64; MOST] = std::array::from_fn(|k| p[k] - q[k]);
        logit[0] = (p[0] - log_y) - (q[0] - log_rest);
        exp_of(&mut p);
        let mut slope = [0.0; MOST];
        for k in 0..MOST - 1 {
            slope[k] = (k + 1) as f64 * p[k + 1];
        }
        let product: [f64; MOST] = std::array::from_fn(|k| product_term(&slope, &logit, k));
        integrate(&product, value, c);
    }
}

impl<L: ProbabilityLink> Density<2> for Beta<L> {
    const SPLIT: bool = true;
    const HOLDS: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let at = eta.value();
        let entries = self.divergence::<T::A>(y, self.0.log_probabilities::<T::A>(at));
        let k = eta.chain(entries, |c| self.divergence_coefficients(y, at, c));
        let [p, q] = log_probabilities(self.0, eta);
        let rest = remainder(log_phi) - remainder(p + log_phi) - remainder(q + log_phi);
        rest + (log_phi + p + q) * 0.5 - k * log_phi.exp()
    }

    /// The divergence depends on the first predictor, its factor on the second.
    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, [eta, log_phi]: [f64; 2]) -> Jet<A, 2> {
        let [p, q] = self.0.log_probabilities::<A>(eta);
        let k = Jet::<A, 1>::taylor(self.divergence::<A>(y, [p, q]));
        let (p, q) = (Jet::<A, 1>::taylor(p), Jet::<A, 1>::taylor(q));
        let [log_phi] = Jet::<A, 1>::variables([log_phi]);
        let mut jet = -Jet::product(k, log_phi.exp());
        jet.add_single((p + q) * 0.5, 0);
        let [a, b] = [shape(p, log_phi.value()), shape(q, log_phi.value())];
        jet - (a + b)
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, _: f64, [_, log_phi]: [f64; 2]) -> Jet<A, 2> {
        let [log_phi] = Jet::<A, 1>::variables([log_phi]);
        Jet::of_second(remainder(log_phi) + log_phi * 0.5)
    }

    /// `log y`, `log(1 - y)`, `log phi` and `phi`.
    #[inline(always)]
    fn hold<A: Arithmetic>(&self, y: f64, _: f64, [_, log_phi]: [f64; 2]) -> [f64; HELD] {
        let [log_y, log_rest] = logs::<A>(y);
        [log_y, log_rest, log_phi, math::exp::<A>(log_phi), 0.0]
    }

    #[inline(always)]
    fn of_first<A: Arithmetic>(
        &self,
        _: f64,
        _: f64,
        eta: f64,
        [log_y, log_rest, log_phi, phi, _]: [f64; HELD],
    ) -> Jet<A, 1> {
        let logs_of_mu = self.0.log_probabilities::<A>(eta);
        let mu = self.0.probabilities::<A>(&logs_of_mu);
        let k = Jet::<A, 1>::taylor(divergence::<A>([log_y, log_rest], mu, logs_of_mu));
        let p = Jet::<A, 1>::taylor(logs_of_mu[0]);
        let q = Jet::<A, 1>::taylor(logs_of_mu[1]);
        let [a, b] = [p + log_phi, q + log_phi];
        let remainders = remainder_known(a, phi * mu[0]) + remainder_known(b, phi * mu[1]);
        (p + q) * 0.5 - k * phi - remainders
    }

    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        let [log_y, log_rest] = logs::<Plain>(y);
        -HALF_LN_TAU - log_y - log_rest
    }
}

/// The remainder at the sum of a function of the first predictor and the second.
#[inline(always)]
fn shape<A: Arithmetic>(log: Jet<A, 1>, log_phi: f64) -> Jet<A, 2> {
    let [s] = Jet::<A, 1>::variables([log.value() + log_phi]);
    let [value, r1, r2, r3] = remainder(s).entries();
    let [_, u1, u2, u3] = log.entries();
    let square = u1 * u1;
    let bend = A::mul_add(r2, square, r1 * u2);
    let third = [
        r3 * square * u1 + 3.0 * r2 * u1 * u2 + r1 * u3,
        A::mul_add(r3, square, r2 * u2),
        r3 * u1,
        r3,
    ];
    Jet::from_entries(
        value,
        [r1 * u1, r1],
        [[bend, r2 * u1], [0.0, r2]],
        [
            [[third[0], third[1]], [0.0, third[2]]],
            [[0.0, 0.0], [0.0, third[3]]],
        ],
    )
}
