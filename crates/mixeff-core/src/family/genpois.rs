//! The generalized Poisson distribution (Consul & Jain 1973) with a mean and a dispersion.

use super::density::Density;
use super::jet::Jet;
use super::math::{exp_m1, stirling_remainder};
use super::real::Real;
use super::simd::{Arithmetic, Plain};

/// Log dispersions beyond count as outside the domain.
const LOG_PHI_LIMIT: f64 = 200.0;
/// Beyond this factor, `theta + lambda y` is too far from the count.
const FAR: f64 = 1e90;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `log f(y) = log theta + (y - 1) log(theta + lambda y) - theta - lambda y - log y!`
///
/// with `theta = mu s`, `lambda = 1 - s` and `s = phi^(-1/2)`, as in glmmTMB. The predictors are `log mu`, the mean, and `log phi`, the
/// dispersion: the variance is `mu phi`. For `phi < 1` counts with `theta + lambda y <= 0` are impossible, and the rest sums to one but
/// approximately. Written with `q = s (mu - y) / y` as `log theta + (y - 1) (log(1 + q) - q) - q`, less terms free of the predictors,
/// nothing cancels for large counts.
#[derive(Clone, Copy, Debug)]
pub struct GeneralizedPoisson;

impl Density<2> for GeneralizedPoisson {
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let (mu, s) = (eta.exp(), half_precision(log_phi));
        let rate = rate::<T::A>(log_phi.value());
        rest(
            y,
            eta - log_phi * 0.5,
            (mu - y) * s,
            mu.value() * s.value() + rate * y,
        )
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let [mean, log_phi] = eta.map(|x| Jet::<A, 1>::variables([x])[0]);
        let [x1, x2] = Jet::variables(eta);
        let (mu, s) = (mean.exp(), half_precision(log_phi));
        let rate = rate::<A>(log_phi.value());
        let total = mu.value() * s.value() + rate * y;
        rest(y, x1 - x2 * 0.5, Jet::product(mu - y, s), total)
    }

    /// `(y - 1) log y - y - log y!`
    fn log_normalizer(&self, y: f64, _: f64) -> f64 {
        if y == 0.0 {
            return 0.0;
        }
        let log = libm::log(y);
        -1.5 * log - HALF_LN_TAU - stirling_remainder::<Plain>(y, log)[0]
    }
}

/// `phi^(-1/2)`
#[inline(always)]
fn half_precision<T: Real>(log_phi: T) -> T {
    (log_phi.only_if(log_phi.value().abs() < LOG_PHI_LIMIT) * -0.5).exp()
}

/// `lambda = 1 - s`, without cancellation.
#[inline(always)]
fn rate<A: Arithmetic>(log_phi: f64) -> f64 {
    -exp_m1::<A>(-0.5 * log_phi)
}

/// The log-density from `log theta`, `s (mu - y)`, and the value of `theta + lambda y`.
#[inline(always)]
fn rest<T: Real>(y: f64, log_theta: T, above: T, total: f64) -> T {
    let some = if y > 0.0 { y } else { 1.0 };
    let (q, total) = (above * some.recip(), total / some);
    let q = q.only_if(total > FAR.recip() && total < FAR);
    let some = log_theta + q.ln_1p_mx(total) * (some - 1.0) - q;
    some.select(y > 0.0, -above)
}
