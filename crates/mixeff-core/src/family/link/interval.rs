//! The probability of an interval under a link, `F(high) - F(low)`, without cancellation: neither in the tails nor for
//! ends that are close.
//!
//! For each link a closed form turns the difference into factors. With the width `g = high - low` and
//! `d(g) = log(1 - exp(-g))`:
//!
//! - logit: `log F(high) + log(1 - F(low)) + d(g)`;
//! - cloglog: `log(1 - F(low)) + log F(high + d(g))`, since `exp(high) - exp(low) = exp(high + d(g))`;
//! - loglog: `log F(high) + log(1 - F(low - d(g)))`, its mirror image;
//! - cauchit: `log(1 - F((1 + low high) / g))`, by the addition theorem of the tangent;
//! - probit: see the file of its own.
//!
//! Where an end is missing its factor and `d(g)` are.

use super::{select, Cauchit, Cloglog, Logit, Loglog, ProbabilityLink, Taylor, EDGE};
use crate::family::jet::Jet;
use crate::family::math;
use crate::family::real::Real;
use crate::family::simd::Arithmetic;

/// An interval of the line, open to one side or not.
#[derive(Clone, Copy, Debug)]
pub struct Interval<T> {
    /// Lower end, any number where there is none.
    pub low: T,
    /// Upper end, any number where there is none.
    pub high: T,
    /// `high - low`.
    pub width: T,
    /// Whether there is a lower end.
    pub from: bool,
    /// Whether there is an upper end.
    pub to: bool,
}

impl<T: Real> Interval<T> {
    /// From `lower - eta` to `upper - eta`; without the lower end for a negative `side`, without the upper one for a
    /// positive one.
    #[inline(always)]
    pub fn new(side: f64, [eta, lower, upper]: [T; 3]) -> Self {
        Interval {
            low: lower - eta,
            high: upper - eta,
            width: upper - lower,
            from: side >= 0.0,
            to: side <= 0.0,
        }
    }

    /// Whether both ends are there.
    #[inline(always)]
    pub fn closed(&self) -> bool {
        self.from && self.to
    }

    /// `d(width)`, zero for an interval without an end.
    #[inline(always)]
    fn d(&self) -> T {
        given(self.closed(), self.width.ln_1m_exp_neg())
    }

    /// Whether the ends are in order, and no nearer than `edge`.
    #[inline(always)]
    pub fn ordered(&self, edge: f64) -> bool {
        !self.closed() || self.width.value() > edge
    }
}

/// `x` if the condition holds, else nothing.
#[inline(always)]
fn given<T: Real>(condition: bool, x: T) -> T {
    x.select(condition, T::constant(0.0))
}

/// A link with the probability of an interval.
pub trait IntervalLink: ProbabilityLink {
    /// `log(F(high) - F(low))`; not a number where the ends are not in order.
    fn log_between<T: Real>(self, interval: Interval<T>) -> T;

    /// The same with its derivatives by `eta`, `lower` and `upper`; closed forms go here where they are faster.
    #[inline(always)]
    fn between<A: Arithmetic>(self, side: f64, eta: [f64; 3]) -> Jet<A, 3> {
        self.log_between(Interval::new(side, Jet::variables(eta)))
    }
}

/// No term.
const NONE: Taylor = [0.0; 4];

/// `d` with its derivatives, nothing where an end is missing.
#[inline(always)]
fn d_of<A: Arithmetic>(side: f64, width: f64) -> Taylor {
    let (log, odds) = math::ln_1m_exp_neg::<A>(width);
    let bend = odds * (1.0 + odds);
    select(
        side == 0.0,
        [log, odds, -bend, bend * (1.0 + 2.0 * odds)],
        NONE,
    )
}

#[inline(always)]
fn ordered(side: f64, width: f64) -> bool {
    side != 0.0 || width > EDGE
}

/// `a(lower - eta) + b(upper - eta) + d(upper - lower)`
#[inline(always)]
fn separate<A: Arithmetic>(a: Taylor, b: Taylor, d: Taylor) -> Jet<A, 3> {
    Jet::new(
        a[0] + b[0] + d[0],
        |i| match i {
            0 => -(a[1] + b[1]),
            1 => a[1] - d[1],
            _ => b[1] + d[1],
        },
        |i, j| match (i, j) {
            (0, 0) => a[2] + b[2],
            (0, 1) => -a[2],
            (0, _) => -b[2],
            (1, 1) => a[2] + d[2],
            (1, _) => -d[2],
            _ => b[2] + d[2],
        },
        |i, j, k| match (i, j, k) {
            (0, 0, 0) => -(a[3] + b[3]),
            (0, 0, 1) => a[3],
            (0, 0, _) => b[3],
            (0, 1, 1) => -a[3],
            (0, 1, _) => 0.0,
            (0, _, _) => -b[3],
            (1, 1, 1) => a[3] - d[3],
            (1, 1, _) => d[3],
            (1, _, _) => -d[3],
            _ => b[3] + d[3],
        },
    )
}

/// `a(lower - eta) + b(upper - eta + d(upper - lower))`
#[inline(always)]
fn lifted<A: Arithmetic>(a: Taylor, b: Taylor, d: Taylor) -> Jet<A, 3> {
    let (r, c) = (-d[1], 1.0 + d[1]);
    let (bend, twist, third) = (b[1] * d[2], b[2] * d[2], b[1] * d[3]);
    Jet::new(
        a[0] + b[0],
        |i| match i {
            0 => -(a[1] + b[1]),
            1 => a[1] + b[1] * r,
            _ => b[1] * c,
        },
        |i, j| match (i, j) {
            (0, 0) => a[2] + b[2],
            (0, 1) => -(a[2] + b[2] * r),
            (0, _) => -b[2] * c,
            (1, 1) => a[2] + b[2] * r * r + bend,
            (1, _) => b[2] * r * c - bend,
            _ => b[2] * c * c + bend,
        },
        |i, j, k| match (i, j, k) {
            (0, 0, 0) => -(a[3] + b[3]),
            (0, 0, 1) => a[3] + b[3] * r,
            (0, 0, _) => b[3] * c,
            (0, 1, 1) => -(a[3] + b[3] * r * r + twist),
            (0, 1, _) => twist - b[3] * r * c,
            (0, _, _) => -(b[3] * c * c + twist),
            (1, 1, 1) => a[3] + (b[3] * r * r + 3.0 * twist) * r - third,
            (1, 1, _) => b[3] * r * r * c + twist * (c - 2.0 * r) + third,
            (1, _, _) => b[3] * r * c * c + twist * (r - 2.0 * c) - third,
            _ => (b[3] * c * c + 3.0 * twist) * c + third,
        },
    )
}

/// As a function of the negatives, with lower and upper end exchanged; indices are literal, so that all vectorises.
#[inline(always)]
fn mirrored<A: Arithmetic>(f: Jet<A, 3>) -> Jet<A, 3> {
    Jet::new(
        f.value(),
        |i| match i {
            0 => -f.first(0),
            1 => -f.first(2),
            _ => -f.first(1),
        },
        |i, j| match (i, j) {
            (0, 0) => f.second(0, 0),
            (0, 1) => f.second(0, 2),
            (0, _) => f.second(0, 1),
            (1, 1) => f.second(2, 2),
            (1, _) => f.second(1, 2),
            _ => f.second(1, 1),
        },
        |i, j, k| match (i, j, k) {
            (0, 0, 0) => -f.third(0, 0, 0),
            (0, 0, 1) => -f.third(0, 0, 2),
            (0, 0, _) => -f.third(0, 0, 1),
            (0, 1, 1) => -f.third(0, 2, 2),
            (0, 1, _) => -f.third(0, 1, 2),
            (0, _, _) => -f.third(0, 1, 1),
            (1, 1, 1) => -f.third(2, 2, 2),
            (1, 1, _) => -f.third(1, 2, 2),
            (1, _, _) => -f.third(1, 1, 2),
            _ => -f.third(1, 1, 1),
        },
    )
}

/// The cloglog's, also for its mirror image.
#[inline(always)]
fn cloglog<A: Arithmetic>(side: f64, [eta, lower, upper]: [f64; 3]) -> Jet<A, 3> {
    let d = d_of::<A>(side, upper - lower);
    let [below, _] = Cloglog.log_probabilities::<A>(upper - eta + d[0]);
    let [_, above] = Cloglog.log_probabilities::<A>(lower - eta);
    let a = select(side >= 0.0, above, NONE);
    let b = select(side <= 0.0, below, NONE);
    lifted(a, b, d).only_if(ordered(side, upper - lower))
}

impl IntervalLink for Logit {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let below = given(i.to, self.log_likelihood_of(1.0, 0.0, i.high));
        let above = given(i.from, self.log_likelihood_of(0.0, 1.0, i.low));
        (below + above + i.d()).only_if(i.ordered(EDGE))
    }

    #[inline(always)]
    fn between<A: Arithmetic>(self, side: f64, [eta, lower, upper]: [f64; 3]) -> Jet<A, 3> {
        let d = d_of::<A>(side, upper - lower);
        let from = if side >= 0.0 { 1.0 } else { 0.0 };
        let to = if side <= 0.0 { 1.0 } else { 0.0 };
        let a = self.log_likelihood::<A>(0.0, from, lower - eta);
        let b = self.log_likelihood::<A>(to, 0.0, upper - eta);
        separate(a, b, d).only_if(ordered(side, upper - lower))
    }
}

impl IntervalLink for Cloglog {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let below = given(i.to, self.log_likelihood_of(1.0, 0.0, i.high + i.d()));
        let above = given(i.from, self.log_likelihood_of(0.0, 1.0, i.low));
        (below + above).only_if(i.ordered(EDGE))
    }

    #[inline(always)]
    fn between<A: Arithmetic>(self, side: f64, eta: [f64; 3]) -> Jet<A, 3> {
        cloglog(side, eta)
    }
}

impl IntervalLink for Loglog {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let below = given(i.to, self.log_likelihood_of(1.0, 0.0, i.high));
        let above = given(i.from, self.log_likelihood_of(0.0, 1.0, i.low - i.d()));
        (below + above).only_if(i.ordered(EDGE))
    }

    /// The mirror image of the cloglog's.
    #[inline(always)]
    fn between<A: Arithmetic>(self, side: f64, [eta, lower, upper]: [f64; 3]) -> Jet<A, 3> {
        mirrored(cloglog(-side, [-eta, -upper, -lower]))
    }
}

/// Ends beyond count as outside, and ends nearer than the second: products of them would overflow.
const CAUCHIT_FAR: f64 = 1e25;
const CAUCHIT_EDGE: f64 = 1e-20;

impl IntervalLink for Cauchit {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let both = (i.low * i.high + 1.0) * i.width.recip();
        let one = i.low.select(i.from, -i.high);
        let at = both.select(i.closed(), one);
        let near = i.low.value().abs().max(i.high.value().abs()) < CAUCHIT_FAR;
        let inside = i.ordered(CAUCHIT_EDGE) && (near || !i.closed());
        self.log_likelihood_of(0.0, 1.0, at).only_if(inside)
    }
}
