//! Student's t distribution with a location and a scale.

use super::density::Density;
use super::jet::Jet;
use super::location_scale::{moments, residual, Residual};
use super::math;
use super::real::Real;
use super::simd::Arithmetic;
use super::Rows;

/// Log degrees of freedom beyond count as outside the domain.
const LOG_DF_LIMIT: f64 = 100.0;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `log f(y) = log Gamma((nu + 1) / 2) - log Gamma(nu / 2) - log(pi nu) / 2 - log sigma - (nu + 1) / 2 log(1 + z^2 / nu)`
///
/// where `z = (y - eta_1) / sigma`. The first predictor is the location, the second `log sigma`, the log scale, the third
/// `log nu`, the log degrees of freedom (Lange, Little and Taylor 1989). For large `nu` the normal distribution, to all digits.
#[derive(Clone, Copy, Debug)]
pub struct Student;

/// `log nu` within its limits.
#[inline(always)]
fn limited<T: Real>(log_df: T) -> T {
    log_df.only_if(log_df.value().abs() < LOG_DF_LIMIT)
}

/// What is free of the response but for `-log(2 pi) / 2`: with `x = nu / 2` and Stirling's remainder `r`,
/// `x (log(1 + 1 / (2 x)) - 1 / (2 x)) + r(x + 1/2) - r(x)`, in which nothing cancels.
#[inline(always)]
fn constant<T: Real>(log_df: T) -> T {
    let (half, inverse) = (log_df.exp() * 0.5, (-log_df).exp());
    let more = half + 0.5;
    let log = math::ln::<T::A>(more.value());
    half * inverse.ln_1p_mx(1.0 + inverse.value()) + more.stirling_remainder(log)
        - half.stirling_remainder(log_df.value() - std::f64::consts::LN_2)
}

/// `-(nu + 1) / 2 log(1 + z^2 / nu)` in `z` and `log nu`.
///
/// With `t = z^2 / nu`, `r = 1 / (1 + t)` and `w = t r`. The derivatives by `log nu` are those of `nu log(1 + t)`, small
/// differences for a large `nu`: there `log(1 + t) - t` is the number to begin with.
#[inline(always)]
fn kernel<A: Arithmetic>(z: f64, log_df: f64) -> Jet<A, 2> {
    let (nu, inverse) = (math::exp::<A>(log_df), math::exp::<A>(-log_df));
    let t = z * z * inverse;
    let r = (1.0 + t).recip();
    let (w, c) = (t * r, 1.0 + inverse);
    let [log, log_less] = math::ln_1p_and_mx::<A>(t);
    let near = t < 1.0;
    let base = if near { log_less } else { log };
    let more = |close: f64, far: f64| nu * (base + if near { close } else { far });
    let m1 = more(t * w, -w);
    let m2 = more(t * w * w, -w - w * w);
    let m3 = more(w * w * r * (1.0 + t * t), -w - w * w - w * w * (w - r));
    let zr = z * r;
    let zz = [
        -c * zr,
        -c * r * (r - w),
        2.0 * c * inverse * zr * r * (3.0 * r - w),
    ];
    let mixed = inverse * r - w;
    let zs = [zr * mixed, zr * mixed * (w - r)];
    let zzs = r * (inverse * r * (r - 3.0 * w) + w * (w - 3.0 * r));
    let ss = [m1 - w, m2 + w * r, m3 - w * r * (r - w)];
    Jet::from_entries(
        -0.5 * (nu * log + log),
        [zz[0], -0.5 * ss[0]],
        [[zz[1], zs[0]], [0.0, -0.5 * ss[1]]],
        [
            [[zz[2], zzs], [0.0, zs[1]]],
            [[0.0; 2], [0.0, -0.5 * ss[2]]],
        ],
    )
}

impl Density<3> for Student {
    const SPLIT: bool = true;

    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [location, log_scale, log_df]: [T; 3]) -> T {
        let log_df = limited(log_df);
        let t = residual(y, location, log_scale).square() * (-log_df).exp();
        let half = log_df.exp() * 0.5;
        constant(log_df) - log_scale - (half + 0.5) * t.ln_1p()
    }

    #[inline(always)]
    fn with_first<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 3]) -> Jet<A, 3> {
        let residual = Residual::new::<A>(y, eta[0], eta[1]);
        let [log_df] = Jet::<A, 1>::variables([eta[2]]);
        let kernel = kernel::<A>(residual.z, limited(log_df).value());
        residual.jet_with_shape(kernel)
    }

    #[inline(always)]
    fn without_first<A: Arithmetic>(&self, _: f64, eta: [f64; 3]) -> Jet<A, 3> {
        let [log_df] = Jet::<A, 1>::variables([eta[2]]);
        let mut jet = Jet::constant(0.0);
        jet.add_single(constant(limited(log_df)), 2);
        jet.add_variable(-1.0, eta[1], 1);
        jet
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        -HALF_LN_TAU
    }

    fn guess(&self, rows: Rows<'_>) -> Option<[f64; 3]> {
        let [mean, log_sd] = moments(rows.y.iter().copied());
        Some([mean, log_sd, 2.0])
    }
}
