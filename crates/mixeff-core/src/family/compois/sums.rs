//! A Conway-Maxwell-Poisson distribution with a given mean, summed over its support.

use super::nodes::{Nodes, Sum};
use crate::family::simd::widest;

/// Beyond, the density counts as outside the domain.
const LOG_PHI_LIMIT: f64 = 12.0;
const LOG_MU_LIMITS: (f64, f64) = (-230.0, 25.0);
/// Variances below count as zero.
const LEAST_VARIANCE: f64 = 1e-150;
const ROUNDS: usize = 60;
/// After a smaller step, there is nothing left.
const SMALL: f64 = 1e-9;

/// The distribution: its terms are `exp(theta x - nu u(x)) / Z`.
pub struct Conway {
    pub mu: f64,
    pub log_z: f64,
    pub nodes: Nodes,
    /// The mean of `u`.
    mean: f64,
    /// The sum of the terms beside that of the mode.
    sum: f64,
}

/// Joint cumulants of `x` and `-u`; `mean` is that of `u`.
pub struct Cumulants {
    pub mean: f64,
    pub x2: f64,
    pub xu: f64,
    pub u2: f64,
    pub x3: f64,
    pub x2u: f64,
    pub xu2: f64,
    pub u3: f64,
    pub x4: f64,
    pub x3u: f64,
    pub x2u2: f64,
    pub xu3: f64,
}

impl Conway {
    /// Finds `lambda`, from a `log lambda` if one is known to be near; `None` outside the domain.
    pub fn new(log_mu: f64, log_phi: f64, near: Option<f64>) -> Option<Conway> {
        let (low, high) = LOG_MU_LIMITS;
        if !(log_mu > low && log_mu < high && log_phi.abs() < LOG_PHI_LIMIT) {
            return None;
        }
        let (mu, nu) = (libm::exp(log_mu), libm::exp(-log_phi));
        let (nodes, [rest, _, _, statistic]) = solve(mu, nu, near)?;
        let (zero, far) = (nodes.zero(), nodes.mode > 0.0);
        let sum = zero + rest;
        let log = if far { sum.ln() } else { rest.ln_1p() };
        Some(Conway {
            mu,
            log_z: nodes.reference + log,
            nodes,
            mean: (statistic + zero * nodes.statistic(0.0)) / sum,
            sum,
        })
    }

    /// `theta y - nu u(y) - log Z`
    pub fn log_density(&self, y: f64) -> f64 {
        self.nodes.exponent(y) - self.log_z
    }

    /// `None` where the variance vanishes.
    pub fn cumulants(&self) -> Option<Cumulants> {
        let (mu, mean) = (self.mu, self.mean);
        let terms = |x: f64, u: f64| {
            let (x, u) = (x - mu, mean - u);
            let (xx, xu, uu) = (x * x, x * u, u * u);
            [
                xx,
                xu,
                uu,
                xx * x,
                xx * u,
                x * uu,
                uu * u,
                xx * xx,
                xx * xu,
                xx * uu,
                xu * uu,
            ]
        };
        let rest = widest(Sum {
            nodes: &self.nodes,
            terms,
        });
        let (zero, scale) = (self.nodes.zero(), self.sum.recip());
        let at_zero = terms(0.0, self.nodes.statistic(0.0));
        let m: [f64; 11] = std::array::from_fn(|k| (rest[k] + zero * at_zero[k]) * scale);
        (m[0] > LEAST_VARIANCE).then(|| Cumulants::of_moments(mean, m))
    }
}

impl Cumulants {
    fn of_moments(mean: f64, m: [f64; 11]) -> Cumulants {
        let [x2, xu, u2, x3, x2u, xu2, u3, x4, x3u, x2u2, xu3] = m;
        Cumulants {
            mean,
            x2,
            xu,
            u2,
            x3,
            x2u,
            xu2,
            u3,
            x4: x4 - 3.0 * x2 * x2,
            x3u: x3u - 3.0 * x2 * xu,
            x2u2: x2u2 - x2 * u2 - 2.0 * xu * xu,
            xu3: xu3 - 3.0 * u2 * xu,
        }
    }
}

/// Newton's method for `log lambda`, on the logarithm of the mean, between bounds: by Jensen's inequality `lambda = E x^nu` is on one
/// side of `mu^nu`, and below `(mu + 1)^nu`, since `P(x > 0) = lambda E (x + 1)^-nu`.
fn solve(mu: f64, nu: f64, near: Option<f64>) -> Option<(Nodes, [f64; 4])> {
    let (power, most) = (nu * mu.ln(), nu * mu.ln_1p());
    let (mut low, mut high) = if nu < 1.0 {
        ((mu / (1.0 + mu)).ln().min(power), power)
    } else {
        (power, most)
    };
    let mut at = near.unwrap_or_else(|| start(mu, nu)).clamp(low, high);
    let mut settled = false;
    for _ in 0..ROUNDS {
        let nodes = Nodes::new(at, nu);
        let sums = moments(&nodes, mu);
        let step = step(&nodes, sums, mu)?;
        (low, high) = if step > 0.0 { (at, high) } else { (low, at) };
        if settled || step.abs().min(high - low) <= 4.0 * f64::EPSILON * (1.0 + at.abs()) {
            return Some((nodes, sums));
        }
        settled = step.abs() < SMALL;
        let next = at + step;
        let inside = next > low && next < high;
        at = if inside { next } else { 0.5 * (low + high) };
    }
    None
}

/// An approximate `log lambda`, exact for `nu = 1`.
fn start(mu: f64, nu: f64) -> f64 {
    let mode = mu + 0.5 * (nu - 1.0) / nu;
    if mu > 1.0 && mode > 0.5 * mu {
        nu * mode.ln()
    } else {
        mu.ln() - (1.0 - nu.min(1.0)) * mu.ln_1p()
    }
}

/// The sums over positive `x` of `1, x - mu, (x - mu)^2, u`.
fn moments(nodes: &Nodes, mu: f64) -> [f64; 4] {
    let terms = |x: f64, u: f64| [1.0, x - mu, (x - mu) * (x - mu), u];
    widest(Sum { nodes, terms })
}

/// A step of Newton's method; `None` if there are too many terms.
fn step(nodes: &Nodes, [rest, first, second, _]: [f64; 4], mu: f64) -> Option<f64> {
    let zero = nodes.zero();
    let sum = zero + rest;
    let above = (first - zero * mu) / sum;
    let variance = (second + zero * mu * mu) / sum - above * above;
    let step = -(above / mu).ln_1p() * (mu + above) / variance;
    (!step.is_nan()).then_some(step)
}
