//! Responses whose logarithm has a distribution of the table: lognormal, Weibull.

use super::density::Density;
use super::jet::Jet;
use super::math;
use super::real::Real;
use super::simd::{Arithmetic, Plain};
use super::Rows;

/// `log f(y) = log g(log y) - log y`, `y > 0`, where `g` is the density of the logarithm
///
/// An interval (see [`super::censored`]) is that of its logarithms, without the Jacobian.
#[derive(Clone, Copy, Debug)]
pub struct Logged<F>(pub F);

/// Minus infinity for what is not positive: an open lower end.
#[inline(always)]
fn log<A: Arithmetic>(y: f64) -> f64 {
    math::ln::<A>(if y > 0.0 { y } else { 0.0 })
}

impl<F: Density<D>, const D: usize> Density<D> for Logged<F> {
    const EXTRA: bool = F::EXTRA;
    const EVERYWHERE: bool = F::EVERYWHERE;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, extra: f64, eta: [T; D]) -> T {
        self.0.log_density(log::<T::A>(y), log::<T::A>(extra), eta)
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, extra: f64, eta: [f64; D]) -> Jet<A, D> {
        self.0.expand(log::<A>(y), log::<A>(extra), eta)
    }

    fn log_normalizer(&self, y: f64, extra: f64) -> f64 {
        let (log_y, log_extra) = (log::<Plain>(y), log::<Plain>(extra));
        let exact = !F::EXTRA || y == extra;
        self.0.log_normalizer(log_y, log_extra) - if exact { log_y } else { 0.0 }
    }

    fn guess(&self, rows: Rows<'_>) -> Option<[f64; D]> {
        let logs = |x: &[f64]| -> Vec<f64> { x.iter().map(|&y| log::<Plain>(y)).collect() };
        let (y, extra) = (logs(rows.y), logs(rows.extra));
        self.0.guess(Rows {
            y: &y,
            extra: &extra,
            ..rows
        })
    }
}
