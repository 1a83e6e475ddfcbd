//! One random effect per level. With information `a` and `h = 1 + sd^2 a`, `m = sd g / h` and `R = sqrt(h_hat / h)`.

use super::Bend;
use mixeff_core::design::Lambda;
use mixeff_core::integrate::Local;
use std::ops::Range;

/// The effects of a factor with one random effect per level, within one shard.
pub struct Scalar {
    effects: Range<usize>,
    f: usize,
    /// `a` of each level.
    information: Vec<f64>,
    /// `h_hat` of each level.
    precision: Vec<f64>,
}

impl Scalar {
    /// The levels of factor `f`.
    pub fn new(effects: Range<usize>, f: usize, at: &Lambda, local: &Local) -> Scalar {
        let sd = at.values[0];
        let of = |level: usize| local.system.level_block(f, level)[0].max(0.0);
        let information: Vec<f64> = (0..effects.len()).map(of).collect();
        Scalar {
            effects,
            f,
            precision: information.iter().map(|a| 1.0 + sd * sd * a).collect(),
            information,
        }
    }

    /// `(a, h_hat)` of each level.
    fn levels(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let precision = self.precision.iter().copied();
        self.information.iter().copied().zip(precision)
    }
}

impl Bend for Scalar {
    fn effects(&self) -> Range<usize> {
        self.effects.clone()
    }

    fn apply(&self, lambdas: &[Lambda], g: &[f64], u: &mut [f64]) -> f64 {
        let sd = lambdas[self.f].values[0];
        let (mut log_det, mut product) = (0.0, 1.0f64);
        for ((u, g), (a, h_hat)) in u.iter_mut().zip(g).zip(self.levels()) {
            let h = 1.0 + sd * sd * a;
            let ratio = h_hat / h;
            *u = sd * g / h + ratio.sqrt() * *u;
            product *= ratio;
            if !(1e-100..1e100).contains(&product) {
                log_det += product.ln();
                product = 1.0;
            }
        }
        0.5 * (log_det + product.ln())
    }

    fn pull_back(
        &self,
        lambdas: &[Lambda],
        g: &mut [f64],
        w: &[f64],
        u_bar: &mut [f64],
        bars: &mut [Lambda],
    ) {
        let sd = lambdas[self.f].values[0];
        let mut sd_bar = 0.0;
        let vectors = g.iter_mut().zip(w).zip(u_bar);
        for (((g, w), u_bar), (a, h_hat)) in vectors.zip(self.levels()) {
            let h = 1.0 + sd * sd * a;
            let (r, share) = ((h_hat / h).sqrt(), sd * a / h);
            sd_bar += *u_bar * (*g / h * (1.0 - 2.0 * sd * share) - r * share * w) - share;
            *g = *u_bar * sd / h;
            *u_bar *= r;
        }
        bars[self.f].values[0] += sd_bar;
    }

    fn tangent(&self, lambdas: &[Lambda], g: &[f64], d: &[Lambda], dg: &[f64], dm: &mut [f64]) {
        let (sd, d_sd) = (lambdas[self.f].values[0], d[self.f].values[0]);
        for (((dm, g), dg), a) in dm.iter_mut().zip(g).zip(dg).zip(&self.information) {
            let h = 1.0 + sd * sd * a;
            *dm = d_sd * g / h * (1.0 - 2.0 * sd * sd * a / h) + sd * dg / h;
        }
    }
}
