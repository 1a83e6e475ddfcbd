//! Durations in discrete time, such as grouped survival times.

use std::ops::RangeInclusive;

use super::link::ProbabilityLink;
use super::path::{Path, Trials};

/// Of the periods `1 .. T`, `y` is the last one at risk; `extra` is 1 if the event happened in it, 0 if it was censored after.
///
/// `log f = sum_(t < y) log (1 - h_t) + (log h_y or log (1 - h_y))` with the hazards `h_t = F(alpha_t + eta)`. The first predictor
/// is `eta`, which raises the hazard; the others are `alpha_1 .. alpha_T`. With the complementary log-log link these are
/// proportional hazards in continuous time, grouped (Prentice and Gloeckler 1978).
#[derive(Clone, Copy, Debug)]
pub struct Survival;

impl Path for Survival {
    const LOCATION: f64 = 1.0;
    const OWN: f64 = 1.0;
    const EXTRA: bool = true;

    fn trials(&self, y: usize, event: f64, _: usize) -> (RangeInclusive<usize>, usize) {
        (1..=y, if event > 0.0 { y } else { 0 })
    }
}

/// The family of a number of periods.
pub fn duration<L: ProbabilityLink>(link: L, periods: usize) -> Trials<Survival> {
    Trials::new(Survival, link, 1 + periods)
}
