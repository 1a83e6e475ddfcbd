//! Densities that look up what takes long, where rows share all predictors but the first.

use std::any::TypeId;

use super::density::{row_by_row, Density};
use super::jet::Jet;
use super::pass::{run, Expand, FIRST, THIRD_OF_FIRST};
use super::simd::Arithmetic;
use super::table::{with_table, Table};
use super::without_first::same;
use super::Rows;

/// Fewer rows than these are computed one by one.
const LEAST_ROWS: usize = 64;

/// A density made of `K` numbers that take long: functions of one number of the row's own, and of the predictors but the first.
pub trait Tabulated<const D: usize, const K: usize>: Density<D> {
    /// Whether derivatives by the first predictor alone need the numbers.
    const FOR_FIRST: bool;

    /// The row's own number; not a number for a row that needs none of them. The same on every machine, or a row might be
    /// taken for one of the next piece of a table.
    fn argument(&self, y: f64, eta: &[f64; D]) -> f64;

    /// The numbers at an argument, the first predictor being of no account; `None` outside the domain.
    fn numbers(&self, argument: f64, shared: &[f64; D]) -> Option<[f64; K]>;

    /// The whole log-density from its numbers, as [`Density::expand`].
    fn assemble<A: Arithmetic>(&self, y: f64, eta: [f64; D], numbers: [f64; K]) -> Jet<A, D>;
}

/// The density of rows that share predictors.
struct FromTable<'a, F, const D: usize, const K: usize> {
    density: F,
    shared: [f64; D],
    table: &'a Table,
}

impl<F: Copy, const D: usize, const K: usize> Clone for FromTable<'_, F, D, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Copy, const D: usize, const K: usize> Copy for FromTable<'_, F, D, K> {}

impl<F: Tabulated<D, K>, const D: usize, const K: usize> Expand<D> for FromTable<'_, F, D, K> {
    const EVERYWHERE: bool = false;

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; D]) -> Jet<A, D> {
        let x = self.density.argument(y, &eta);
        let numbers = match self.table.at::<A, K>(x) {
            None if x.is_nan() => Some([0.0; K]),
            None => self.density.numbers(x, &self.shared),
            found => found,
        };
        let numbers = numbers.unwrap_or([f64::NAN; K]);
        self.density.assemble(y, eta, numbers)
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
    with_table(TypeId::of::<F>(), &shared[1..], |table| {
        for i in 0..n {
            let own = std::array::from_fn(|d| eta[d * n + i]);
            let x = density.argument(rows.y[i], &own);
            table.cover(x, &|x| density.numbers(x, &shared));
        }
        let density = FromTable::<F, D, K> {
            density: *density,
            shared,
            table,
        };
        run::<_, D, ORDER>(density, rows, eta, h, out);
    });
}

/// The predictors of the first row, if it shares all but the first with enough others.
fn shared<const D: usize>(n: usize, eta: &[f64]) -> Option<[f64; D]> {
    let share = n >= LEAST_ROWS && eta.chunks_exact(n).skip(1).all(same);
    share.then(|| std::array::from_fn(|d| eta[d * n]))
}
