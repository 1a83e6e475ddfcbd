//! Sequential models of an ordered response (continuation ratios), in both directions.

use std::ops::RangeInclusive;

use super::link::ProbabilityLink;
use super::path::{Path, Trials};

/// Categories are come to from the lowest; each either stops or goes on:
/// `P(y = j | y >= j) = F(kappa_(j+1) - eta)`, `j = 0 .. J-2`.
///
/// The first predictor is the location `eta`: the larger, the larger the category. The others are the thresholds
/// `kappa_1 .. kappa_(J-1)`, in any order.
#[derive(Clone, Copy, Debug)]
pub struct Forward;

impl Path for Forward {
    const LOCATION: f64 = -1.0;
    const OWN: f64 = 1.0;

    fn trials(&self, y: usize, _: f64, last: usize) -> (RangeInclusive<usize>, usize) {
        (1..=last.min(y + 1), y + 1)
    }
}

/// Categories are come to from the highest: `P(y = j | y <= j) = F(eta - kappa_j)`, `j = 1 .. J-1`; otherwise as [`Forward`].
#[derive(Clone, Copy, Debug)]
pub struct Backward;

impl Path for Backward {
    const LOCATION: f64 = 1.0;
    const OWN: f64 = -1.0;

    fn trials(&self, y: usize, _: f64, last: usize) -> (RangeInclusive<usize>, usize) {
        (y.max(1)..=last, y)
    }
}

/// The family of a number of categories, with as many predictors.
pub fn sequential<P: Path, L: ProbabilityLink>(path: P, link: L, categories: usize) -> Trials<P> {
    Trials::new(path, link, categories)
}
