//! Runs loops over rows with the widest vector instructions of the machine.
//!
//! The only file that names the dispatching library. A [`Kernel`] is an ordinary loop that the
//! compiler vectorises once for each instruction set.

use std::fmt::Debug;
use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

/// How `a * b + c` is computed: with one rounding where the machine has the instruction, with
/// two where calling a library function for it would cost more than all the rest.
pub trait Arithmetic: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// `a * b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
}

/// Fused multiply and add.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fused;

/// Multiply, round, add, round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain;

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

impl Arithmetic for Plain {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

/// Rows in the widest vector: eight doubles.
pub const LANES: usize = 8;

/// A loop over rows, each independent of the others: doing a row twice does no harm.
pub trait Kernel {
    /// Number of rows, at least [`LANES`].
    fn rows(&self) -> usize;

    /// Does one vector of rows.
    ///
    /// Must be `#[inline(always)]`, and so must all that it calls, but for small closures: what is
    /// not inlined is compiled for the oldest machine. No vectors come of loops that are not unrolled: long closures in an
    /// array's `map`, and loops three deep over more than two predictors.
    fn run<A: Arithmetic>(&mut self, start: usize);
}

/// Runs a kernel over all its rows.
pub fn dispatch<K: Kernel>(kernel: K) {
    arch().dispatch(Loop(kernel));
}

fn arch() -> &'static Arch {
    static WIDEST: OnceLock<Arch> = OnceLock::new();
    WIDEST.get_or_init(Arch::new)
}

struct Loop<K>(K);

impl<K: Kernel> WithSimd for Loop<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if S::IS_SCALAR {
            run::<Plain, K>(self.0);
        } else {
            run::<Fused, K>(self.0);
        }
    }
}

/// Vector by vector; the last overlaps the one before, in place of a loop over single rows.
#[inline(always)]
fn run<A: Arithmetic, K: Kernel>(mut kernel: K) {
    let n = kernel.rows();
    let mut start = 0;
    while start < n {
        kernel.run::<A>(start.min(n - LANES));
        start += LANES;
    }
}

/// Work to be compiled for each instruction set.
pub trait Work {
    /// What it gives.
    type Output;

    /// Does it. Must be `#[inline(always)]`, with all that it calls.
    fn run<A: Arithmetic>(self) -> Self::Output;
}

/// Does work with the widest vector instructions of the machine.
pub fn widest<W: Work>(work: W) -> W::Output {
    arch().dispatch(Whole(work))
}

struct Whole<W>(W);

impl<W: Work> WithSimd for Whole<W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> W::Output {
        if S::IS_SCALAR {
            self.0.run::<Plain>()
        } else {
            self.0.run::<Fused>()
        }
    }
}
