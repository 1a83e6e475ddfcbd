//! Densities that look up what takes long, where rows share all predictors but the first.

use std::any::TypeId;

use super::buffer::with_room;
use super::density::{row_by_row, Density};
use super::jet::Jet;
use super::pass::{run_given, Expand, CURVATURE, FIRST, SCORE, THIRD, THIRD_OF_FIRST, VALUE};
use super::simd::{widest, Arithmetic, Work, LANES};
use super::table::{with_table, Known, Table, JET};
use super::without_first::same;
use super::Rows;

const TWICE: usize = 2 * LANES;
/// Fewer rows than these are computed one by one.
const LEAST_ROWS: usize = 64;
/// Entries of such a jet up to the last that is needed, by the order of the derivatives.
const ENTRIES: [usize; 6] = {
    let mut entries = [0; 6];
    entries[VALUE as usize] = 1;
    entries[SCORE as usize] = 3;
    entries[CURVATURE as usize] = 6;
    entries[THIRD as usize] = 10;
    entries[FIRST as usize] = 4;
    entries[THIRD_OF_FIRST as usize] = 8;
    entries
};

/// A density made of `K` numbers that take long, functions of one number of the row's own, and of the predictors but the first: entry
/// by entry those of `K / JET` jets in two variables.
pub trait Tabulated<const D: usize, const K: usize>: Density<D> {
    /// Whether derivatives by the first predictor alone need the numbers.
    const FOR_FIRST: bool;

    /// The row's own number; not a number for a row that needs none of them. The same on every machine, or a row might be
    /// taken for one of the next piece of a table.
    fn argument(&self, y: f64, eta: &[f64; D]) -> f64;

    /// The numbers at an argument, the first predictor being of no account; `None` outside the domain. Those at an argument nearby
    /// may show where to begin.
    fn numbers(&self, argument: f64, shared: &[f64; D], near: Option<Known<K>>)
        -> Option<[f64; K]>;

    /// What of a row takes long and depends on its response alone.
    fn constant(&self, _y: f64) -> f64 {
        0.0
    }

    /// The whole log-density from its constant and its numbers, as [`Density::expand`].
    fn assemble<A: Arithmetic>(
        &self,
        y: f64,
        constant: f64,
        eta: [f64; D],
        numbers: [f64; K],
    ) -> Jet<A, D>;
}

/// The density of rows that are given their numbers; in the place of the second column of the response stands what else takes long.
#[derive(Clone, Copy)]
struct Assembled<F>(F);

impl<F: Tabulated<D, K>, const D: usize, const K: usize> Expand<D, K> for Assembled<F> {
    const EVERYWHERE: bool = false;

    #[inline(always)]
    fn expand<A: Arithmetic>(
        &self,
        y: f64,
        constant: f64,
        eta: [f64; D],
        numbers: [f64; K],
    ) -> Jet<A, D> {
        self.0.assemble(y, constant, eta, numbers)
    }
}

/// Looks up the first `W` numbers of each row, or all if there are fewer; the others are of no account.
struct LookUp<'a, F, const D: usize, const K: usize, const W: usize> {
    density: &'a F,
    shared: &'a [f64; D],
    table: &'a Table,
    arguments: &'a [f64],
    out: &'a mut [[f64; K]],
}

impl<F: Tabulated<D, K>, const D: usize, const K: usize, const W: usize> Work
    for LookUp<'_, F, D, K, W>
{
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for (&x, out) in self.arguments.iter().zip(self.out) {
            match self.table.place(x) {
                Some(place) => self.table.write::<A, K, W>(place, out),
                None if x.is_nan() => *out = [0.0; K],
                None => {
                    let found = self.density.numbers(x, self.shared, None);
                    *out = found.unwrap_or([f64::NAN; K]);
                }
            }
        }
    }
}

/// [`Density::block`] with what rows share looked up, if they do.
pub fn block<F: Tabulated<D, K>, const D: usize, const K: usize, const ORDER: u8>(
    density: &F,
    rows: Rows<'_>,
    eta: &[f64],
    h: &[f64],
    out: [&mut [f64]; 3],
) {
    let needed = F::FOR_FIRST || !matches!(ORDER, FIRST | THIRD_OF_FIRST);
    let shared = shared::<D>(rows.len(), eta).filter(|_| needed);
    let Some(shared) = shared else {
        return row_by_row::<F, D, ORDER>(density, rows, eta, h, out);
    };
    let n = rows.len();
    with_room(n * (K + 2), |buffer| {
        let (arguments, buffer) = buffer.split_at_mut(n);
        let (constants, buffer) = buffer.split_at_mut(n);
        for i in 0..n {
            let own = std::array::from_fn(|d| eta[d * n + i]);
            arguments[i] = density.argument(rows.y[i], &own);
            constants[i] = density.constant(rows.y[i]);
        }
        let (numbers, _) = buffer.as_chunks_mut::<K>();
        // One vector of them, two, or all.
        let needed = ENTRIES[ORDER as usize] * (K / JET);
        let look_up = if needed <= LANES {
            look_up::<F, D, K, LANES>
        } else if needed <= TWICE {
            look_up::<F, D, K, TWICE>
        } else {
            look_up::<F, D, K, K>
        };
        look_up(density, &shared, arguments, numbers);
        let rows = Rows {
            extra: constants,
            ..rows
        };
        run_given::<_, D, K, ORDER>(Assembled(*density), rows, eta, numbers, h, out);
    });
}

fn look_up<F: Tabulated<D, K>, const D: usize, const K: usize, const W: usize>(
    density: &F,
    shared: &[f64; D],
    arguments: &[f64],
    out: &mut [[f64; K]],
) {
    with_table(TypeId::of::<F>(), &shared[1..], |table| {
        for &x in arguments {
            table.cover(x, &|x, near| density.numbers(x, shared, near));
        }
        widest(LookUp::<F, D, K, W> {
            density,
            shared,
            table,
            arguments,
            out,
        });
    });
}

/// The predictors of the first row, if it shares all but the first with enough others.
fn shared<const D: usize>(n: usize, eta: &[f64]) -> Option<[f64; D]> {
    let share = n >= LEAST_ROWS && eta.chunks_exact(n).skip(1).all(same);
    share.then(|| std::array::from_fn(|d| eta[d * n]))
}
