//! Responses and linear predictors to evaluate families at.

use mixeff_core::family::density::Density;
use mixeff_core::family::jet::Jet;
use mixeff_core::family::registry::{Row, Support};
use mixeff_core::family::simd::Arithmetic;

/// A reproducible sequence in the unit interval.
pub struct Uniform(pub u64);

impl Iterator for Uniform {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }
}

pub fn responses(support: Support) -> Vec<f64> {
    match support {
        Support::Binary => vec![0.0, 0.3, 1.0],
        Support::Successes => vec![0.0, 2.0, 7.0],
        Support::Counts => vec![0.0, 1.0, 17.0],
        Support::CountsFromOne => vec![1.0, 2.0, 17.0],
        Support::NonNegative => vec![0.0, 1.0, 31.0],
        Support::Positive => vec![0.02, 1.0, 31.0],
        Support::Real => vec![-4.0, 0.0, 2.5],
        Support::Unit => vec![0.02, 0.5, 0.93],
        Support::UnitClosed => vec![0.0, 0.3, 1.0],
        Support::Interval => vec![f64::NEG_INFINITY, 2.0, TRIALS],
        Support::Categories => vec![0.0, 1.0, 2.0, 3.0],
        Support::Duration => vec![1.0, 2.0, 3.0, 4.0],
    }
}

/// The second column of a response: for a duration, whether it ended.
pub fn extra(support: Support, y: f64) -> f64 {
    match support {
        Support::Duration => y % 2.0,
        _ => TRIALS,
    }
}

pub const TRIALS: f64 = 7.0;

/// Linear predictors at which every response has a density.
pub fn predictors(row: &Row, d: usize, uniform: &mut Uniform) -> Vec<f64> {
    let mut draw = |(low, high): (f64, f64)| {
        let x = 6.0 * uniform.next().unwrap() - 3.0;
        match (low == 0.0, high == 0.0) {
            (true, _) => 0.1 + x.abs(),
            (_, true) => -0.1 - x.abs(),
            _ => x,
        }
    };
    let domain = |k: usize| if k == 0 { row.domain } else { row.others };
    let mut eta: Vec<f64> = (0..d).map(|k| draw(domain(k))).collect();
    eta[1..].iter_mut().for_each(|x| *x *= 0.6);
    if row.ordered {
        (1..d).for_each(|k| eta[k] = [-2.0, eta[k - 1] + 0.3][k.min(2) - 1] + 0.25 * eta[k].abs());
    }
    eta
}

pub fn close(got: f64, want: f64, relative: f64, absolute: f64) -> bool {
    (got - want).abs() <= relative * want.abs() + absolute
}

/// A density by its closed forms, with all its terms.
pub fn closed_form<A: Arithmetic, F: Density<D>, const D: usize>(
    family: F,
    y: f64,
    extra: f64,
    eta: [f64; D],
) -> Jet<A, D> {
    family.with_first(y, extra, eta) + family.without_first(family.key(y, extra), eta)
}
