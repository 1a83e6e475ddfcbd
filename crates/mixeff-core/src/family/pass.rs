//! One evaluation of a log-density over a block of rows, vector by vector.

use super::jet::Jet;
use super::real::Real;
use super::simd::{dispatch, Arithmetic, Kernel, LANES};
use super::{pair, Rows};

/// Orders of evaluation: how far the derivatives go, and by which predictors.
pub const VALUE: u8 = 0;
pub const SCORE: u8 = 1;
pub const CURVATURE: u8 = 2;
pub const THIRD: u8 = 3;
/// The curvature by the first predictor alone.
pub const FIRST: u8 = 4;
/// Third derivatives, twice by the first predictor.
pub const THIRD_OF_FIRST: u8 = 5;

/// A function of the predictors of a row and of `N` numbers that it is given, with its derivatives. What is not read of these is
/// not computed either.
pub trait Expand<const D: usize, const N: usize>: Copy + Send + Sync {
    /// See [`super::density::Density::EVERYWHERE`].
    const EVERYWHERE: bool;

    /// Must be `#[inline(always)]`.
    fn expand<A: Arithmetic>(
        &self,
        y: f64,
        extra: f64,
        eta: [f64; D],
        given: [f64; N],
    ) -> Jet<A, D>;
}

/// The outputs are those of `curvature`, with the contracted third derivatives in the place of the score; where `l` is
/// empty it is not put down.
pub fn run<F: Expand<D, 0>, const D: usize, const ORDER: u8>(
    family: F,
    rows: Rows<'_>,
    eta: &[f64],
    h: &[f64],
    out: [&mut [f64]; 3],
) {
    run_given::<F, D, 0, ORDER>(family, rows, eta, &[], h, out);
}

/// The same, with the numbers that each row is given.
pub fn run_given<F: Expand<D, N>, const D: usize, const N: usize, const ORDER: u8>(
    family: F,
    rows: Rows<'_>,
    eta: &[f64],
    given: &[[f64; N]],
    h: &[f64],
    [l, s, w]: [&mut [f64]; 3],
) {
    let pass = Pass::<F, D, N, ORDER> {
        family,
        y: rows.y,
        extra: rows.extra,
        eta,
        given,
        h,
        l,
        s,
        w,
    };
    match rows.len() {
        0 => {}
        1..LANES => pass.run_few(),
        _ => dispatch(pass),
    }
}

struct Pass<'a, F, const D: usize, const N: usize, const ORDER: u8> {
    family: F,
    y: &'a [f64],
    extra: &'a [f64],
    eta: &'a [f64],
    given: &'a [[f64; N]],
    h: &'a [f64],
    l: &'a mut [f64],
    s: &'a mut [f64],
    w: &'a mut [f64],
}

impl<F: Expand<D, N>, const D: usize, const N: usize, const ORDER: u8> Kernel
    for Pass<'_, F, D, N, ORDER>
{
    fn rows(&self) -> usize {
        self.y.len()
    }

    #[inline(always)]
    fn run<A: Arithmetic>(&mut self, start: usize) {
        let (y, extra) = (load(self.y, start), load(self.extra, start));
        let eta: [Lanes; D] = std::array::from_fn(|d| load(self.block(self.eta, d), start));
        let (given, h) = (self.load_given(start), self.load_h(start));
        let mut l = [0.0; LANES];
        let mut s = [[0.0; LANES]; D];
        let mut w = [[[0.0; LANES]; D]; D];
        for k in 0..LANES {
            let mut at = [0.0; D];
            for d in 0..D {
                at[d] = eta[d][k];
            }
            let jet = self.family.expand::<A>(y[k], extra[k], at, given[k]);
            let inside = F::EVERYWHERE || jet.value().abs() < f64::INFINITY;
            let or = |x: f64, outside: f64| if inside { x } else { outside };
            l[k] = or(jet.value(), f64::NEG_INFINITY);
            let contracted = match ORDER {
                THIRD => contract(&jet, &h, k),
                THIRD_OF_FIRST => std::array::from_fn(|c| jet.third_of_first(c) * h[0][0][k]),
                _ => [0.0; D],
            };
            for a in 0..D {
                let entry = match ORDER {
                    THIRD | THIRD_OF_FIRST => -contracted[a],
                    _ => jet.first(a),
                };
                s[a][k] = or(entry, 0.0);
                for b in a..D {
                    w[a][b][k] = or(-jet.second(a, b), 0.0);
                }
            }
        }
        self.store(start, &l, &s, &w);
    }
}

impl<F: Expand<D, N>, const D: usize, const N: usize, const ORDER: u8> Pass<'_, F, D, N, ORDER> {
    /// The rows of one predictor or pair of predictors.
    #[inline(always)]
    fn block<'b>(&self, x: &'b [f64], index: usize) -> &'b [f64] {
        &x[index * self.y.len()..][..self.y.len()]
    }

    #[inline(always)]
    fn load_given(&self, start: usize) -> &[[f64; N]; LANES] {
        if N == 0 {
            return const { &[[0.0; N]; LANES] };
        }
        self.given[start..start + LANES]
            .try_into()
            .expect("as many as asked for")
    }

    #[inline(always)]
    fn load_h(&self, start: usize) -> [[Lanes; D]; D] {
        std::array::from_fn(|a| {
            std::array::from_fn(|b| match ORDER {
                THIRD => load(self.block(self.h, pair(D, a, b)), start),
                THIRD_OF_FIRST if a + b == 0 => load(self.h, start),
                _ => [0.0; LANES],
            })
        })
    }

    #[inline(always)]
    fn store(&mut self, start: usize, l: &Lanes, s: &[Lanes; D], w: &[[Lanes; D]; D]) {
        let (n, predictors) = (self.y.len(), if ORDER == FIRST { 1 } else { D });
        if !self.l.is_empty() {
            store(self.l, start, l);
        }
        for a in 0..predictors {
            if ORDER != VALUE {
                store(self.s, a * n + start, &s[a]);
            }
            for b in a..predictors {
                if ORDER == CURVATURE || ORDER == FIRST {
                    store(self.w, pair(D, a, b) * n + start, &w[a][b]);
                }
            }
        }
    }

    /// Fewer rows than a vector has: filled up with the last one.
    fn run_few(self) {
        let (y, extra) = (fill(self.y), fill(self.extra));
        let eta: [Lanes; D] = std::array::from_fn(|d| fill(self.block(self.eta, d)));
        let mut h = [[[0.0; LANES]; D]; D];
        for (lanes, block) in h
            .as_flattened_mut()
            .iter_mut()
            .zip(self.h.chunks_exact(self.y.len()))
        {
            *lanes = fill(block);
        }
        let last = self.given.len().saturating_sub(1);
        let given: [[f64; N]; LANES] =
            std::array::from_fn(|k| self.given.get(k.min(last)).copied().unwrap_or([0.0; N]));
        let (mut l, mut s, mut w) = (y, eta, h);
        dispatch(Pass::<F, D, N, ORDER> {
            family: self.family,
            y: &y,
            extra: &extra,
            eta: eta.as_flattened(),
            given: &given,
            h: h.as_flattened().as_flattened(),
            l: &mut l,
            s: s.as_flattened_mut(),
            w: w.as_flattened_mut().as_flattened_mut(),
        });
        let n = self.y.len();
        empty(&[l], n, self.l);
        empty(&s, n, self.s);
        empty(w.as_flattened(), n, self.w);
    }
}

/// `sum_ab d3l / (deta_a deta_b deta_c) h_ab` for one row and every `c`: each entry of the third derivatives once.
///
/// Written out, since the compiler does not unroll loops as deep as this, and then no vectors come of them.
#[inline(always)]
fn contract<A: Arithmetic, const D: usize>(
    jet: &Jet<A, D>,
    h: &[[Lanes; D]; D],
    k: usize,
) -> [f64; D] {
    const { assert!(D <= 4) };
    let mut sum = [0.0; D];
    macro_rules! entries {
        ($($a:literal $b:literal $c:literal),*) => {
            $(if $c < D { entry(jet, h, k, [$a, $b, $c], &mut sum); })*
        };
    }
    entries!(0 0 0, 0 0 1, 0 1 1, 1 1 1, 0 0 2, 0 1 2, 0 2 2, 1 1 2, 1 2 2, 2 2 2);
    entries!(0 0 3, 0 1 3, 0 2 3, 0 3 3, 1 1 3, 1 2 3, 1 3 3, 2 2 3, 2 3 3, 3 3 3);
    sum
}

/// What one entry, `a <= b <= c`, adds in all its orders.
#[inline(always)]
fn entry<A: Arithmetic, const D: usize>(
    jet: &Jet<A, D>,
    h: &[[Lanes; D]; D],
    k: usize,
    [a, b, c]: [usize; 3],
    sum: &mut [f64; D],
) {
    let t = jet.third(a, b, c);
    let orders = |equal: bool| if equal { t } else { 2.0 * t };
    sum[c] = A::mul_add(orders(a == b), h[a][b][k], sum[c]);
    if b < c {
        sum[b] = A::mul_add(orders(a == c), h[a][c][k], sum[b]);
    }
    if a < b {
        sum[a] = A::mul_add(orders(b == c), h[b][c][k], sum[a]);
    }
}

/// A vector of numbers, one for each row.
pub type Lanes = [f64; LANES];

/// Those from a row on.
#[inline(always)]
pub fn load(x: &[f64], start: usize) -> Lanes {
    x[start..start + LANES]
        .try_into()
        .expect("as many as asked for")
}

/// Puts them down there.
#[inline(always)]
pub fn store(x: &mut [f64], start: usize, lanes: &Lanes) {
    x[start..start + LANES].copy_from_slice(lanes);
}

/// Fewer rows than a vector has, the last one repeated.
fn fill(x: &[f64]) -> Lanes {
    std::array::from_fn(|k| x[k.min(x.len() - 1)])
}

/// Vectors back to blocks of `n` rows.
fn empty(vectors: &[Lanes], n: usize, x: &mut [f64]) {
    for (lanes, block) in vectors.iter().zip(x.chunks_exact_mut(n)) {
        block.copy_from_slice(&lanes[..n]);
    }
}
