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
        let (first, second) = (self.first(g[1]), self.second(g[1], g[2]));
        let third = self.third(g[1], g[2], g[3]);
        Jet::from_entries(
            g[0],
            first,
            [[second[0], second[1]], [0.0, second[2]]],
            [
                [[third[0], third[1]], [0.0, third[2]]],
                [[0.0, 0.0], [0.0, third[3]]],
            ],
        )
    }

    /// `g(z, s)` in the location, the log scale and a shape `s`, from `g` in `z` and `s`.
    #[inline(always)]
    pub fn jet_with_shape<A: Arithmetic>(self, g: Jet<A, 2>) -> Jet<A, 3> {
        let (g1, g2, s1) = (g.first(0), g.second(0, 0), g.second(0, 1));
        let (first, second) = (self.first(g1), self.second(g1, g2));
        let third = self.third(g1, g2, g.third(0, 0, 0));
        let by_shape = self.first(s1);
        let bend = self.second(s1, g.third(0, 0, 1));
        let twice = self.first(g.third(0, 1, 1));
        let none = [0.0; 3];
        Jet::from_entries(
            g.value(),
            [first[0], first[1], g.first(1)],
            [
                [second[0], second[1], by_shape[0]],
                [0.0, second[2], by_shape[1]],
                [0.0, 0.0, g.second(1, 1)],
            ],
            [
                [
                    [third[0], third[1], bend[0]],
                    [0.0, third[2], bend[1]],
                    [0.0, 0.0, twice[0]],
                ],
                [none, [0.0, third[3], bend[2]], [0.0, 0.0, twice[1]]],
                [none, none, [0.0, 0.0, g.third(1, 1, 1)]],
            ],
        )
    }

    /// The derivatives of `g(z)` by the location and the log scale, from `g'`.
    #[inline(always)]
    fn first(self, g1: f64) -> [f64; 2] {
        [-self.k * g1, -self.z * g1]
    }

    /// Those of the second order, from `g'` and `g''`.
    #[inline(always)]
    fn second(self, g1: f64, g2: f64) -> [f64; 3] {
        let Residual { z, k } = self;
        let rise = g1 + z * g2;
        [k * k * g2, k * rise, z * rise]
    }

    /// Those of the third order.
    #[inline(always)]
    fn third(self, g1: f64, g2: f64, g3: f64) -> [f64; 4] {
        let Residual { z, k } = self;
        let rise = g1 + z * (3.0 * g2 + z * g3);
        [
            -k * (k * (k * g3)),
            -k * (k * (2.0 * g2 + z * g3)),
            -k * rise,
            -z * rise,
        ]
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
