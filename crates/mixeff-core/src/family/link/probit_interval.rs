//! The probability of an interval under the normal distribution, `P = Phi(b) - Phi(a)`.
//!
//! With `m = (a + b) / 2`, taken positive by symmetry, and `h = (b - a) / 2`, ends that are close are integrated by the
//! Taylor series of the density about `m`, `P = 2 h phi(m) sum_k He_2k(m) h^2k / (2k + 1)!`; others are
//! the difference `S(a) (1 - S(b) / S(a))` of upper tails `S`, through the ratios `phi / S`. All derivatives follow from
//! `p = phi(a) / P` and `q = phi(b) / P`, with `p - q = p (1 - exp(-2 m h))` exact also where both are huge.

use super::interval::{Interval, IntervalLink};
use super::{ProbabilityLink, Probit, Taylor, EDGE};
use crate::family::jet::Jet;
use crate::family::math;
use crate::family::real::Real;
use crate::family::simd::Arithmetic;

/// Ends are close up to this `h`, and this `m h`.
const CLOSE: f64 = 0.35;
const CLOSE_PRODUCT: f64 = 1.0;
/// Ends beyond count as outside: products of them would overflow.
const FAR: f64 = 1e75;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// The mean of the density over `m - h .. m + h` relative to its value at `m`, and the derivative of that by `m`: eight terms of
/// the series, by the recurrence `He_(n+1)(m) = m He_n(m) - n He_(n-1)(m)`.
#[inline(always)]
fn mean_density<T: Real>(m: T, h: T) -> [T; 2] {
    let (step, square) = (m * h, h * h);
    let (mut last, mut term) = (T::constant(1.0), step);
    let (mut sum, mut slope, mut factorial) = (last, T::constant(0.0), 1.0);
    for k in 1..9 {
        let n = (2 * k) as f64;
        factorial *= n * (n + 1.0);
        slope = slope + term * (n / factorial);
        let even = step * term - square * last * (n - 1.0);
        term = step * even - square * term * n;
        last = even;
        sum = sum + even * (1.0 / factorial);
    }
    [sum, slope * h]
}

#[inline(always)]
fn close(m: f64, h: f64) -> bool {
    h < CLOSE && m.abs() * h < CLOSE_PRODUCT
}

impl IntervalLink for Probit {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let upper = |x: T| self.log_likelihood_of(0.0, 1.0, x);
        let (m, h) = ((i.low + i.high) * 0.5, i.width * 0.5);
        let near = i.width.ln() + mean_density(m, h)[0].ln() - m * m * 0.5 - HALF_LN_TAU;
        let negative = m.value() < 0.0;
        let a = upper((-i.high).select(negative, i.low));
        let b = upper((-i.low).select(negative, i.high));
        let far = a + (a - b).ln_1m_exp_neg();
        let both = near.select(close(m.value(), h.value()), far);
        let one = upper(i.low.select(i.from, -i.high));
        both.only_if(i.ordered(EDGE)).select(i.closed(), one)
    }

    #[inline(always)]
    fn between<A: Arithmetic>(self, side: f64, eta: [f64; 3]) -> Jet<A, 3> {
        let [location, lower, upper] = eta;
        let (low, high, width) = (lower - location, upper - location, upper - lower);
        let (two, below) = (side == 0.0, side < 0.0);
        let mirrored = if two { low + high < 0.0 } else { below };
        let (a, b) = if mirrored { (-high, -low) } else { (low, high) };
        let [_, near] = self.log_probabilities::<A>(a);
        let [_, far] = self.log_probabilities::<A>(b);
        let share = Share::new::<A>([near, far], [a, b, width]);
        let inside = width > EDGE && low.abs().max(high.abs()) < FAR;
        derivatives::<A>(share, [low, high, width], mirrored)
            .only_if(inside)
            .select(two, one_sided(mirrored, eta, near))
    }
}

/// `log S` at the distance of the only end, with its derivatives by all three.
#[inline(always)]
fn one_sided<A: Arithmetic>(mirrored: bool, eta: [f64; 3], f: Taylor) -> Jet<A, 3> {
    let [eta, lower, upper] = Jet::variables(eta);
    (eta - upper).select(mirrored, lower - eta).chain(f, |_| {})
}

/// The probability and, relative to it, the densities at its ends.
struct Share {
    log: f64,
    p: f64,
    q: f64,
    /// `p - q`.
    excess: f64,
    /// `m` less that.
    lag: f64,
}

impl Share {
    /// From `log S` at `a < b`, `b` farther from zero, and the width.
    #[inline(always)]
    fn new<A: Arithmetic>([near, far]: [Taylor; 2], [a, b, width]: [f64; 3]) -> Self {
        let (m, h) = (0.5 * (a + b), 0.5 * width);
        let [mean, bend] = mean_density(Jet::<A, 0>::constant(m), Jet::constant(h));
        let (mean, bend) = (mean.value(), bend.value());
        let fall = math::exp::<A>(-m * width);
        let part = 1.0 - fall * (near[1] / far[1]);
        let density = math::exp::<A>(h * (m - 0.5 * h));
        let level = A::mul_add(-0.5 * m, m, -HALF_LN_TAU);
        let pick = |x: f64, y: f64| if close(m, h) { x } else { y };
        let of = pick(width * mean, part);
        let p = pick(density, -near[1]) / of;
        let excess = -p * math::exp_m1::<A>(-m * width);
        Share {
            log: pick(level, near[0]) + math::ln::<A>(of),
            p,
            q: p * fall,
            excess,
            lag: pick(bend / mean, m - excess),
        }
    }
}

/// The derivatives of `log P` by `eta`, `lower` and `upper`, with `P' = -phi(a)` and `phi(b)` by its ends.
#[inline(always)]
fn derivatives<A: Arithmetic>(share: Share, ends: [f64; 3], mirrored: bool) -> Jet<A, 3> {
    let [a, b, width] = ends;
    let (h, sign) = (0.5 * width, if mirrored { -1.0 } else { 1.0 });
    let (p, q) = if mirrored {
        (share.q, share.p)
    } else {
        (share.p, share.q)
    };
    let (e, lag) = (sign * share.excess, sign * share.lag);
    let (from, to, sum) = (h - lag, h + lag, h * (p + q));
    let bend = e * lag - sum;
    let (left, right) = (2.0 * p - a, b + 2.0 * q);
    let third = lag * (bend - sum) - e * (1.0 + bend - h * h);
    Jet::new(
        share.log,
        |i| [e, -p, q][i],
        |i, j| match (i, j) {
            (0, 0) => bend,
            (0, 1) => p * from,
            (0, _) => q * to,
            (1, 1) => p * (a - p),
            (1, _) => p * q,
            _ => -q * (b + q),
        },
        |i, j, k| match (i, j, k) {
            (0, 0, 0) => third,
            (0, 0, 1) => p * (bend + 1.0 - from * from),
            (0, 0, _) => q * (to * to - 1.0 - bend),
            (0, 1, 1) => p * (left * from - 1.0),
            (0, 1, _) => 2.0 * p * q * lag,
            (0, _, _) => q * (1.0 - right * to),
            (1, 1, 1) => p * (1.0 - left * (p - a)),
            (1, 1, _) => p * q * left,
            (1, _, _) => -p * q * right,
            _ => q * (right * (b + q) - 1.0),
        },
    )
}
