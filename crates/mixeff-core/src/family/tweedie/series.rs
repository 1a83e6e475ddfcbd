//! The sum over the numbers of amounts, with its derivatives through moments of the terms.

use crate::family::jet::Jet;
use crate::family::math;
use crate::family::simd::{widest, Arithmetic, Plain, Work, LANES};

/// Terms smaller than the largest by this factor are left out.
const LOG_NEGLIGIBLE: f64 = -42.0;
/// From here on, for the rate over `P`, the terms have vanished before the first: a smooth bell.
const SMOOTH: f64 = 48.0;
/// Steps in a standard deviation of a smooth bell: the sum of every step's term is exact to rounding.
const STEPS: f64 = 1.6;

/// `log sum_j exp V_j`, `V_j = -j M(log(lambda / j)) / P - r(j) - r(gamma j)`, in the logarithm of the rate `lambda` and the
/// logit `e` of `P`; `gamma = exp(-e)`, `1 / P = 1 + gamma`.
///
/// The derivatives are cumulants of those of the terms. Where the sum has many terms it is taken over fewer `j`, not whole, a step
/// apart: for smooth terms the trapezoidal rule has an error of `exp(-2 pi^2 / step^2)`, the step in standard deviations.
pub fn log_sum(log_rate: f64, logit: f64) -> Jet<Plain, 2> {
    let rate = libm::exp(log_rate);
    let gamma = libm::exp(-logit);
    let inverse = 1.0 + gamma;
    let smooth = rate * inverse > SMOOTH;
    let step = if smooth {
        (rate / inverse).sqrt() / STEPS
    } else {
        1.0
    };
    let whole = !smooth || step <= 1.0;
    let centre = if whole { rate.round().max(1.0) } else { rate };
    let sum = Sum {
        rate,
        log_rate,
        gamma,
        inverse,
        centre,
        step: step.max(1.0),
    };
    sum.derivatives(widest(sum))
}

/// What a sum is taken over.
#[derive(Clone, Copy)]
struct Sum {
    rate: f64,
    log_rate: f64,
    gamma: f64,
    inverse: f64,
    centre: f64,
    step: f64,
}

/// Of a term: `V`, its first three derivatives by the logit alone.
type Term = [f64; 4];

/// The largest term's logarithm, the sum of the terms relative to it, and their moments about the centre.
struct Moments {
    log: f64,
    total: f64,
    /// Of the distance `d` from the centre, the first derivative `e` less that of the central term, and both.
    d: f64,
    e: f64,
    dd: f64,
    de: f64,
    ee: f64,
    ddd: f64,
    dde: f64,
    dee: f64,
    eee: f64,
    /// Of the second and third derivative.
    second: f64,
    third: f64,
    d_second: f64,
    e_second: f64,
    /// The first derivative of the central term.
    base: f64,
}

impl Work for Sum {
    type Output = Moments;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> Moments {
        let [log, base, ..] = self.term::<A>(0.0);
        let mut sums = [[0.0; LANES]; 14];
        for direction in [1.0, -1.0] {
            let mut first = if direction > 0.0 { 0.0 } else { 1.0 };
            while self.block::<A>(direction, first, [log, base], &mut sums) {
                first += LANES as f64;
            }
        }
        let mut s = sums.map(|lanes| lanes.iter().sum::<f64>());
        let total = s[0];
        s.iter_mut().for_each(|x| *x /= total);
        let [_, d, e, dd, de, ee, ddd, dde, dee, eee, second, third, d_second, e_second] = s;
        Moments {
            log,
            total,
            d,
            e,
            dd,
            de,
            ee,
            ddd,
            dde,
            dee,
            eee,
            second,
            third,
            d_second,
            e_second,
            base,
        }
    }
}

impl Sum {
    /// Adds a vector of terms; true if the last of them still counts.
    #[inline(always)]
    fn block<A: Arithmetic>(
        &self,
        direction: f64,
        first: f64,
        [log, base]: [f64; 2],
        sums: &mut [[f64; LANES]; 14],
    ) -> bool {
        let mut last = f64::NEG_INFINITY;
        for k in 0..LANES {
            let d = direction * self.step * (first + k as f64);
            let valid = self.centre + d > 0.5;
            let [v, e, second, third] = self.term::<A>(if valid { d } else { 0.0 });
            let w = if valid { math::exp::<A>(v - log) } else { 0.0 };
            let e = e - base;
            let (wd, we) = (w * d, w * e);
            let (wdd, wde, wee) = (wd * d, wd * e, we * e);
            let own = [
                w,
                wd,
                we,
                wdd,
                wde,
                wee,
                wdd * d,
                wdd * e,
                wde * e,
                wee * e,
                w * second,
                w * third,
                wd * second,
                we * second,
            ];
            for (sum, own) in sums.iter_mut().zip(own) {
                sum[k] += own;
            }
            last = if valid { v - log } else { f64::NEG_INFINITY };
        }
        last > LOG_NEGLIGIBLE
    }

    /// The term at a distance from the centre.
    #[inline(always)]
    fn term<A: Arithmetic>(&self, d: f64) -> Term {
        let j = self.centre + d;
        let log_j = math::ln::<A>(j);
        let excess = self.excess::<A>(j, d, log_j);
        let k = self.gamma * j;
        let log_k = math::ln::<A>(k);
        let [r, ..] = math::stirling_remainder::<A>(j, log_j);
        let [s, s1, s2, s3] = math::stirling_remainder::<A>(k, log_k);
        let (s1, s2, s3) = (k * s1, k * k * s2, k * k * k * s3);
        let g = self.gamma * excess;
        [
            -self.inverse * excess - r - s,
            g + s1,
            -g - s1 - s2,
            g + s1 + 3.0 * s2 + s3,
        ]
    }

    /// `j M(log(lambda / j))`; near a large rate from `x = j / lambda - 1` as `lambda ((1 + x) log(1 + x) - x)`.
    #[inline(always)]
    fn excess<A: Arithmetic>(&self, j: f64, d: f64, log_j: f64) -> f64 {
        let x = (self.centre - self.rate + d) / self.rate;
        let near = x.abs() < 0.5;
        let log = math::ln_1p_unit::<A>(if near { x } else { 0.0 });
        let u = if near { -log } else { self.log_rate - log_j };
        j * math::exp_m1_mx::<A>(u)
    }

    /// The derivatives from the moments, see the module.
    fn derivatives(&self, m: Moments) -> Jet<Plain, 2> {
        let (gamma, inverse) = (self.gamma, self.inverse);
        let away = self.centre - self.rate + m.d;
        let dd = m.dd - m.d * m.d;
        let de = m.de - m.d * m.e;
        let ee = m.ee - m.e * m.e;
        let ddd = m.ddd - 3.0 * m.d * m.dd + 2.0 * m.d * m.d * m.d;
        let dde = m.dde - 2.0 * m.d * de - m.e * m.dd;
        let dee = m.dee - 2.0 * m.e * de - m.d * m.ee;
        let eee = m.eee - 3.0 * m.e * m.ee + 2.0 * m.e * m.e * m.e;
        let d_second = m.d_second - m.d * m.second;
        let e_second = m.e_second - m.e * m.second;
        let curvature = -self.rate * inverse;
        let square = inverse * inverse;
        let seconds = [
            curvature + square * dd,
            inverse * de - gamma * away,
            m.second + ee,
        ];
        let thirds = [
            curvature + square * inverse * ddd,
            gamma * self.rate + square * dde - 2.0 * gamma * inverse * dd,
            gamma * away + inverse * (dee + d_second) - 2.0 * gamma * de,
            m.third + 3.0 * e_second + eee,
        ];
        Jet::new(
            m.log + libm::log(m.total * self.step),
            |a| [inverse * away, m.base + m.e][a],
            |a, b| seconds[a + b],
            |a, b, c| thirds[a + b + c],
        )
    }
}
