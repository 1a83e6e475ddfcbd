//! The search for the modes with numbers that each row holds: what does not depend on the first predictor is computed once.

use super::density::{Density, HELD};
use super::jet::Jet;
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
    let mut blocks = held[start..].chunks_exact_mut(n.max(1));
    run(Blocks {
        function: Hold(density),
        own: [rows.y, rows.extra],
        more: std::array::from_fn(|d| &eta[d * n..][..n]),
        out: std::array::from_fn(|_| blocks.next().unwrap_or_default()),
    });
}

#[derive(Clone, Copy)]
struct Hold<F>(F);

impl<F: Density<D>, const D: usize> RowFunction<2, D, HELD> for Hold<F> {
    #[inline(always)]
    fn at<A: Arithmetic>(&self, [y, extra]: [f64; 2], eta: [f64; D]) -> [f64; HELD] {
        self.0.hold::<A>(y, extra, eta)
    }
}

/// The log-density with its score and weight by the first predictor.
pub fn curvature<F: Density<D>, const D: usize>(
    density: F,
    rows: Rows<'_>,
    eta: &[f64],
    held: &[f64],
    out: [&mut [f64]; 3],
) {
    let n = rows.len();
    run(Blocks {
        function: Curvature::<F, D>(density),
        own: [rows.y, rows.extra, &eta[..n]],
        more: std::array::from_fn(|k| &held[k * n..][..n]),
        out,
    });
}

#[derive(Clone, Copy)]
struct Curvature<F, const D: usize>(F);

impl<F: Density<D>, const D: usize> RowFunction<3, HELD, 3> for Curvature<F, D> {
    /// `l`, its slope and its curvature; outside the domain minus infinity and zeros.
    #[inline(always)]
    fn at<A: Arithmetic>(&self, [y, extra, eta]: [f64; 3], held: [f64; HELD]) -> [f64; 3] {
        let jet: Jet<A, 1> = self.0.of_first(y, extra, eta, held);
        let inside = F::EVERYWHERE || jet.value().abs() < f64::INFINITY;
        let or = |x: f64, outside: f64| if inside { x } else { outside };
        [
            or(jet.value(), f64::NEG_INFINITY),
            or(jet.first(0), 0.0),
            or(-jet.second(0, 0), 0.0),
        ]
    }
}

/// A function of the numbers of a row.
trait RowFunction<const M: usize, const N: usize, const OUT: usize>: Copy {
    /// Must be `#[inline(always)]`.
    fn at<A: Arithmetic>(&self, own: [f64; M], more: [f64; N]) -> [f64; OUT];
}

/// Blocks of rows: those that a function reads, and those that it fills.
struct Blocks<'a, F, const M: usize, const N: usize, const OUT: usize> {
    function: F,
    own: [&'a [f64]; M],
    more: [&'a [f64]; N],
    out: [&'a mut [f64]; OUT],
}

fn run<F: RowFunction<M, N, OUT>, const M: usize, const N: usize, const OUT: usize>(
    mut blocks: Blocks<'_, F, M, N, OUT>,
) {
    let n = blocks.rows();
    if n >= LANES {
        return dispatch(blocks);
    }
    for i in 0..n {
        let (own, more) = (blocks.own.map(|x| x[i]), blocks.more.map(|x| x[i]));
        let row = blocks.function.at::<Plain>(own, more);
        (0..OUT).for_each(|j| blocks.out[j][i] = row[j]);
    }
}

impl<F: RowFunction<M, N, OUT>, const M: usize, const N: usize, const OUT: usize> Kernel
    for Blocks<'_, F, M, N, OUT>
{
    fn rows(&self) -> usize {
        self.own[0].len()
    }

    #[inline(always)]
    fn run<A: Arithmetic>(&mut self, start: usize) {
        let own: [Lanes; M] = std::array::from_fn(|j| load(self.own[j], start));
        let more: [Lanes; N] = std::array::from_fn(|j| load(self.more[j], start));
        let mut out = [[0.0; LANES]; OUT];
        for k in 0..LANES {
            let (mut own_k, mut more_k) = ([0.0; M], [0.0; N]);
            for j in 0..M {
                own_k[j] = own[j][k];
            }
            for j in 0..N {
                more_k[j] = more[j][k];
            }
            let row = self.function.at::<A>(own_k, more_k);
            for j in 0..OUT {
                out[j][k] = row[j];
            }
        }
        for (out, lanes) in self.out.iter_mut().zip(&out) {
            store(out, start, lanes);
        }
    }
}
