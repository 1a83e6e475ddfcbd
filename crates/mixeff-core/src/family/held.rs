//! The search for the modes with numbers that each row holds: what does not depend on the first predictor is computed once.

use super::density::{Density, HELD};
use super::pass::{load, store, Lanes};
use super::real::Real;
use super::simd::{dispatch, Arithmetic, Kernel, Plain, LANES};
use super::Rows;

/// Appends the numbers of these rows.
pub fn hold<F: Density<D>, const D: usize>(
    density: F,
    rows: Rows<'_>,
    eta: &[f64],
    held: &mut Vec<f64>,
) {
    let (n, start) = (rows.len(), held.len());
    held.resize(start + HELD * n, 0.0);
    let out = &mut held[start..];
    let mut work = Hold {
        density,
        rows,
        eta,
        out,
    };
    if n >= LANES {
        dispatch(work);
    } else {
        (0..n).for_each(|i| work.one(i));
    }
}

struct Hold<'a, F, const D: usize> {
    density: F,
    rows: Rows<'a>,
    eta: &'a [f64],
    out: &'a mut [f64],
}

impl<F: Density<D>, const D: usize> Hold<'_, F, D> {
    fn one(&mut self, i: usize) {
        let n = self.rows.len();
        let eta = std::array::from_fn(|d| self.eta[d * n + i]);
        let (y, extra) = (self.rows.y[i], self.rows.extra[i]);
        let numbers = self.density.hold::<Plain>(y, extra, eta);
        (0..HELD).for_each(|k| self.out[k * n + i] = numbers[k]);
    }
}

impl<F: Density<D>, const D: usize> Kernel for Hold<'_, F, D> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    #[inline(always)]
    fn run<A: Arithmetic>(&mut self, start: usize) {
        let n = self.rows.len();
        let (y, extra) = (load(self.rows.y, start), load(self.rows.extra, start));
        let eta: [Lanes; D] = std::array::from_fn(|d| load(&self.eta[d * n..][..n], start));
        let mut held = [[0.0; LANES]; HELD];
        for k in 0..LANES {
            let mut own = [0.0; D];
            for d in 0..D {
                own[d] = eta[d][k];
            }
            let numbers = self.density.hold::<A>(y[k], extra[k], own);
            for j in 0..HELD {
                held[j][k] = numbers[j];
            }
        }
        for (j, lanes) in held.iter().enumerate() {
            store(self.out, j * n + start, lanes);
        }
    }
}

/// The log-density with its score and weight by the first predictor.
pub fn curvature<F: Density<D>, const D: usize>(
    density: F,
    rows: Rows<'_>,
    eta: &[f64],
    held: &[f64],
    [l, s, w]: [&mut [f64]; 3],
) {
    let n = rows.len();
    let mut work = Curvature {
        density,
        rows,
        eta: &eta[..n],
        held,
        l,
        s,
        w,
    };
    if n >= LANES {
        dispatch(work);
    } else {
        (0..n).for_each(|i| work.one(i));
    }
}

struct Curvature<'a, F, const D: usize> {
    density: F,
    rows: Rows<'a>,
    eta: &'a [f64],
    held: &'a [f64],
    l: &'a mut [f64],
    s: &'a mut [f64],
    w: &'a mut [f64],
}

/// `l`, its slope and its curvature; outside the domain minus infinity and zeros.
#[inline(always)]
fn entries<A: Arithmetic, F: Density<D>, const D: usize>(
    density: F,
    [y, extra, eta]: [f64; 3],
    held: [f64; HELD],
) -> [f64; 3] {
    let jet = density.of_first::<A>(y, extra, eta, held);
    let inside = F::EVERYWHERE || jet.value().abs() < f64::INFINITY;
    let or = |x: f64, outside: f64| if inside { x } else { outside };
    [
        or(jet.value(), f64::NEG_INFINITY),
        or(jet.first(0), 0.0),
        or(-jet.second(0, 0), 0.0),
    ]
}

impl<F: Density<D>, const D: usize> Curvature<'_, F, D> {
    fn one(&mut self, i: usize) {
        let n = self.rows.len();
        let held = std::array::from_fn(|k| self.held[k * n + i]);
        let own = [self.rows.y[i], self.rows.extra[i], self.eta[i]];
        [self.l[i], self.s[i], self.w[i]] = entries::<Plain, F, D>(self.density, own, held);
    }
}

impl<F: Density<D>, const D: usize> Kernel for Curvature<'_, F, D> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    #[inline(always)]
    fn run<A: Arithmetic>(&mut self, start: usize) {
        let n = self.rows.len();
        let (y, extra) = (load(self.rows.y, start), load(self.rows.extra, start));
        let eta = load(self.eta, start);
        let held: [Lanes; HELD] = std::array::from_fn(|j| load(&self.held[j * n..][..n], start));
        let mut out = [[0.0; LANES]; 3];
        for k in 0..LANES {
            let mut own = [0.0; HELD];
            for j in 0..HELD {
                own[j] = held[j][k];
            }
            let row = entries::<A, F, D>(self.density, [y[k], extra[k], eta[k]], own);
            for j in 0..3 {
                out[j][k] = row[j];
            }
        }
        store(self.l, start, &out[0]);
        store(self.s, start, &out[1]);
        store(self.w, start, &out[2]);
    }
}
