//! Densities that meet a location `eta_1` and a log scale `eta_2` only in the residual `z = (y - eta_1) exp(-eta_2)`.
//!
//! Every derivative by the two is a short polynomial in `z` and `k = exp(-eta_2)`, linear in the derivatives by `z`.

use super::jet::Jet;
use super::math;
use super::real::Real;
use super::simd::Arithmetic;

/// Log scales beyond count as outside the domain.
pub const LOG_SCALE_LIMIT: f64 = 100.0;

/// A response with its location and scale.
#[derive(Clone, Copy, Debug)]
pub struct Residual {
    /// The residual.
    pub z: f64,
    /// `dz / dy`.
    pub k: f64,
}

impl Residual {
    /// Not a number if the scale is outside its domain.
    #[inline(always)]
    pub fn new<A: Arithmetic>(y: f64, location: f64, log_scale: f64) -> Self {
        let inside = log_scale.abs() < LOG_SCALE_LIMIT;
        let k = math::exp::<A>(if inside { -log_scale } else { f64::NAN });
        let z = (y - location) * k;
        Residual { z, k }
    }

    /// `g(z)` in the location and the log scale, from `g` in `z`.
    #[inline(always)]
    pub fn jet<A: Arithmetic>(self, g: Jet<A, 1>) -> Jet<A, 2> {
        let g = g.entries();
        Jet::new(
            g[0],
            |a| self.derivative(1 - a, a, g),
            |a, b| self.derivative(2 - a - b, a + b, g),
            |a, b, c| self.derivative(3 - a - b - c, a + b + c, g),
        )
    }

    /// `g(z, s)` in the location, the log scale and a shape `s`, from `g` in `z` and `s`.
    #[inline(always)]
    pub fn jet_with_shape<A: Arithmetic>(self, g: Jet<A, 2>) -> Jet<A, 3> {
        let by_shape = [
            [g.value(), g.first(0), g.second(0, 0), g.third(0, 0, 0)],
            [g.first(1), g.second(0, 1), g.third(0, 0, 1), 0.0],
            [g.second(1, 1), g.third(0, 1, 1), 0.0, 0.0],
            [g.third(1, 1, 1), 0.0, 0.0, 0.0],
        ];
        let is = |a: usize, d: usize| (a == d) as usize;
        let at = |location: usize, scale: usize, shape: usize| {
            self.derivative(location, scale, by_shape[shape])
        };
        let count = |d: usize, a: usize, b: usize| is(a, d) + is(b, d);
        Jet::new(
            g.value(),
            |a| at(is(a, 0), is(a, 1), is(a, 2)),
            |a, b| at(count(0, a, b), count(1, a, b), count(2, a, b)),
            |a, b, c| {
                let all = |d: usize| count(d, a, b) + is(c, d);
                at(all(0), all(1), all(2))
            },
        )
    }

    /// The derivative of `g(z)`, as often by the location and the log scale as said.
    #[inline(always)]
    fn derivative(self, location: usize, scale: usize, [g, g1, g2, g3]: [f64; 4]) -> f64 {
        let Residual { z, k } = self;
        match (location, scale) {
            (0, 0) => g,
            (1, 0) => -k * g1,
            (0, 1) => -z * g1,
            (2, 0) => k * k * g2,
            (1, 1) => k * (g1 + z * g2),
            (0, 2) => z * (g1 + z * g2),
            (3, 0) => -k * (k * (k * g3)),
            (2, 1) => -k * (k * (2.0 * g2 + z * g3)),
            (1, 2) => -k * (g1 + z * (3.0 * g2 + z * g3)),
            _ => -z * (g1 + z * (3.0 * g2 + z * g3)),
        }
    }
}

/// The same residual of numbers with derivatives.
#[inline(always)]
pub fn residual<T: Real>(y: f64, location: T, log_scale: T) -> T {
    let inside = log_scale.value().abs() < LOG_SCALE_LIMIT;
    (-location + y) * (-log_scale.only_if(inside)).exp()
}

/// Mean and log standard deviation of finite values, for a start.
pub fn moments(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let finite = || values.clone().filter(|y| y.is_finite());
    let n = finite().count().max(1) as f64;
    let mean = finite().sum::<f64>() / n;
    let variance = finite().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
    [
        mean,
        0.5 * libm::log(if variance > 0.0 { variance } else { 1.0 }),
    ]
}
