//! The terms of the sums: where they are, and how large.

use std::sync::OnceLock;

use crate::family::math;
use crate::family::real::Real;
use crate::family::simd::{Arithmetic, Plain, Work, LANES};

/// Terms that are this much smaller than the largest do not count.
const NEGLIGIBLE: f64 = 1e-20;
/// More terms than these are not summed.
const MOST: usize = 1 << 17;
/// Modes from here on are what `u` refers to; below, `log x!` is from a table.
const LARGE: f64 = 64.0;
/// The step of a trapezoidal rule, in standard deviations: its error is `exp(-2 pi^2 / STEP^2)`.
const STEP: f64 = 0.6;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// The terms `exp(theta x - nu u(x))`, with `u(x) = log x! - x a + b`, which is `log x!` in another name of the same exponential
/// family: `b = exp(a)` is the mode of a large mean, near which `u` is small; otherwise `a = b = 0`.
///
/// They are summed over all integers that count or, where the distribution is smooth and zero is far, by a trapezoidal rule, which is
/// then exact to rounding.
#[derive(Clone, Copy, Debug)]
pub struct Nodes {
    pub theta: f64,
    pub nu: f64,
    a: f64,
    b: f64,
    pub start: f64,
    pub mode: f64,
    pub step: f64,
    /// The exponent at the mode.
    pub reference: f64,
}

impl Nodes {
    /// The terms for a given `log lambda`.
    pub fn new(log_lambda: f64, nu: f64) -> Nodes {
        let a = log_lambda / nu;
        let alpha = libm::exp(a);
        let large = alpha >= LARGE;
        let sd = (alpha / nu).sqrt();
        let smooth = STEP * sd > 1.0 && alpha - 16.0 * sd > LARGE;
        let mode = if smooth { alpha } else { alpha.floor() };
        let mut nodes = Nodes {
            theta: if large { 0.0 } else { log_lambda },
            nu,
            a: if large { a } else { 0.0 },
            b: if large { alpha } else { 0.0 },
            start: if large { mode } else { 0.0 },
            mode,
            step: if smooth { STEP * sd } else { 1.0 },
            reference: 0.0,
        };
        nodes.reference = nodes.exponent(mode);
        nodes
    }

    /// `u(x)`
    pub fn statistic(&self, x: f64) -> f64 {
        if x >= LARGE || x.fract() == 0.0 {
            self.near_statistic::<Plain>(x)
        } else {
            libm::lgamma(x + 1.0) - x * self.a + self.b
        }
    }

    /// `theta x - nu u(x)`
    pub fn exponent(&self, x: f64) -> f64 {
        self.theta * x - self.nu * self.statistic(x)
    }

    /// From changes of `theta` and `nu` and the sum's logarithm those for `log x!` in the place of `u(x)`: `log lambda` and `log Z`.
    pub fn without_shift<T: Real>(&self, theta: T, nu: T, log_sum: T) -> [T; 2] {
        let (log_lambda, rest) = (self.theta + self.nu * self.a, self.nu * self.b);
        [
            theta + nu * self.a + log_lambda,
            log_sum + nu * self.b + rest,
        ]
    }

    /// The weight of zero, beside that of the mode.
    pub fn zero(&self) -> f64 {
        if self.step == 1.0 {
            libm::exp(-self.nu * self.b - self.reference)
        } else {
            0.0
        }
    }

    /// By Stirling's formula, `b h(x / b) + log(2 pi x) / 2 + ..`, `h(v) = v log v - v + 1`.
    #[inline(always)]
    fn far_statistic<A: Arithmetic>(&self, x: f64) -> f64 {
        let (r, above) = (x.recip(), x - self.b);
        let (log, main) = if self.b > 0.0 {
            let d = above / self.b;
            let rest = math::ln_1p_mx::<A>(d, x / self.b);
            (self.a + (rest + d), A::mul_add(x, rest, above * d))
        } else {
            let log = math::ln::<A>(x);
            (log, x * (log - 1.0))
        };
        let r2 = r * r;
        let tail = A::mul_add(r2, 1.0 / 1260.0, -1.0 / 360.0);
        main + A::mul_add(0.5, log, HALF_LN_TAU) + r * A::mul_add(r2, tail, 1.0 / 12.0)
    }

    /// Weights and statistics of some nodes; those that are not positive have no weight.
    #[inline(always)]
    fn evaluate<A: Arithmetic>(&self, x: &[f64; LANES]) -> [[f64; LANES]; 2] {
        let mut u = [0.0; LANES];
        if x[0].min(x[LANES - 1]) < LARGE {
            u = x.map(|x| self.near_statistic::<A>(x));
        } else {
            for k in 0..LANES {
                u[k] = self.far_statistic::<A>(x[k]);
            }
        }
        let mut w = [0.0; LANES];
        for k in 0..LANES {
            let exponent = A::mul_add(self.theta, x[k], -self.nu * u[k]) - self.reference;
            let weight = math::exp::<A>(exponent);
            w[k] = if x[k] > 0.0 { weight } else { 0.0 };
        }
        [w, u]
    }

    #[inline(always)]
    fn near_statistic<A: Arithmetic>(&self, x: f64) -> f64 {
        if x < LARGE {
            ln_factorials()[x.max(0.0) as usize] - x * self.a + self.b
        } else {
            self.far_statistic::<A>(x)
        }
    }

    /// Hands every node that counts to a function, with its statistic.
    pub fn visit(&self, mut f: impl FnMut(f64, f64)) {
        for (start, step) in self.sides() {
            let mut x = start;
            while x >= 0.0 {
                f(x, self.statistic(x));
                if self.done(x, step, libm::exp(self.exponent(x) - self.reference)) {
                    break;
                }
                x += step;
            }
        }
    }

    /// Starts and steps to the right and to the left.
    fn sides(&self) -> [(f64, f64); 2] {
        [
            (self.start, self.step),
            (self.start - self.step, -self.step),
        ]
    }

    /// Whether the nodes beyond `x` do not count.
    #[inline(always)]
    fn done(&self, x: f64, step: f64, weight: f64) -> bool {
        (step < 0.0 || x > self.mode) && weight < NEGLIGIBLE
    }
}

/// `log x!`
#[inline(always)]
pub fn ln_factorial(x: f64) -> f64 {
    match ln_factorials().get(x as usize) {
        Some(known) if x as usize as f64 == x => *known,
        _ => libm::lgamma(x + 1.0),
    }
}

fn ln_factorials() -> &'static [f64; LARGE as usize] {
    static TABLE: OnceLock<[f64; LARGE as usize]> = OnceLock::new();
    TABLE.get_or_init(|| std::array::from_fn(|x| libm::lgamma(x as f64 + 1.0)))
}

/// The sums over all positive nodes of their weights, beside that of the mode, times functions of `x` and `u(x)`. Not numbers if
/// there are too many nodes.
pub struct Sum<'a, F> {
    pub nodes: &'a Nodes,
    pub terms: F,
}

impl<const N: usize, F: Fn(f64, f64) -> [f64; N]> Work for Sum<'_, F> {
    type Output = [f64; N];

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> [f64; N] {
        let mut sums = [[0.0; LANES]; N];
        for (start, step) in self.nodes.sides() {
            let mut x: [f64; LANES] = std::array::from_fn(|k| start + step * k as f64);
            for chunk in 0.. {
                if x[0] < 0.0 {
                    break;
                }
                let [w, u] = self.nodes.evaluate::<A>(&x);
                for k in 0..LANES {
                    let terms = (self.terms)(x[k], u[k]);
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        sum[k] = A::mul_add(w[k], term, sum[k]);
                    }
                }
                if self.nodes.done(x[LANES - 1], step, w[LANES - 1]) {
                    break;
                }
                if chunk * LANES > MOST {
                    return [f64::NAN; N];
                }
                x = x.map(|x| x + LANES as f64 * step);
            }
        }
        sums.map(|lanes| self.nodes.step * lanes.iter().sum::<f64>())
    }
}
