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

use super::{Cauchit, Cloglog, Logit, Loglog, ProbabilityLink, EDGE};
use crate::family::jet::Jet;
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

impl IntervalLink for Logit {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let below = given(i.to, self.log_likelihood_of(1.0, 0.0, i.high));
        let above = given(i.from, self.log_likelihood_of(0.0, 1.0, i.low));
        (below + above + i.d()).only_if(i.ordered(EDGE))
    }
}

impl IntervalLink for Cloglog {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let below = given(i.to, self.log_likelihood_of(1.0, 0.0, i.high + i.d()));
        let above = given(i.from, self.log_likelihood_of(0.0, 1.0, i.low));
        (below + above).only_if(i.ordered(EDGE))
    }
}

impl IntervalLink for Loglog {
    #[inline(always)]
    fn log_between<T: Real>(self, i: Interval<T>) -> T {
        let below = given(i.to, self.log_likelihood_of(1.0, 0.0, i.high));
        let above = given(i.from, self.log_likelihood_of(0.0, 1.0, i.low - i.d()));
        (below + above).only_if(i.ordered(EDGE))
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
