//! Densities that look up what takes long, where rows share all predictors but the first.

use std::any::TypeId;

use super::buffer::with_buffer;
use super::density::{row_by_row, Density};
use super::jet::Jet;
use super::pass::{run, Expand, FIRST, THIRD_OF_FIRST};
use super::simd::{widest, Arithmetic, Work};
use super::table::{with_table, Table};
use super::without_first::same;
use super::Rows;

/// Fewer rows than these are computed one by one.
const LEAST_ROWS: usize = 64;
/// As many numbers as the widest vector holds.
pub const FEW: usize = 8;

/// A density made of `K` numbers that take long: functions of one number of the row's own, and of the predictors but the first.
pub trait Tabulated<const D: usize, const K: usize>: Density<D> {
    /// Whether derivatives by the first predictor alone need the numbers: the first [`FEW`] for value, score and curvature.
    const FOR_FIRST: bool;

    /// The row's own number; not a number for a row that needs none of them. The same on every machine, or a row might be
    /// taken for one of the next piece of a table.
    fn argument(&self, y: f64, eta: &[f64; D]) -> f64;

    /// The numbers at an argument, the first predictor being of no account; `None` outside the domain.
    fn numbers(&self, argument: f64, shared: &[f64; D]) -> Option<[f64; K]>;

    /// The whole log-density from its numbers, as [`Density::expand`].
    fn assemble<A: Arithmetic>(&self, y: f64, eta: [f64; D], numbers: [f64; K]) -> Jet<A, D>;
}

/// The density of rows whose numbers are there; in the place of the second column of the response stands the row.
#[derive(Clone, Copy)]
struct Assembled<'a, F, const K: usize> {
    density: F,
    numbers: &'a [[f64; K]],
}

impl<F: Tabulated<D, K>, const D: usize, const K: usize> Expand<D> for Assembled<'_, F, K> {
    const EVERYWHERE: bool = false;

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, row: f64, eta: [f64; D]) -> Jet<A, D> {
        self.density.assemble(y, eta, self.numbers[row as usize])
    }
}

/// Looks up the first `W` numbers of each row.
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
                Some(place) => out[..W].copy_from_slice(&self.table.at::<A, K, W>(place)),
                None if x.is_nan() => *out = [0.0; K],
                None => {
                    *out = self
                        .density
                        .numbers(x, self.shared)
                        .unwrap_or([f64::NAN; K])
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
    with_buffer(n * (K + 2), |buffer| {
        let (arguments, buffer) = buffer.split_at_mut(n);
        let (places, buffer) = buffer.split_at_mut(n);
        for i in 0..n {
            let own = std::array::from_fn(|d| eta[d * n + i]);
            arguments[i] = density.argument(rows.y[i], &own);
            places[i] = i as f64;
        }
        let (numbers, _) = buffer.as_chunks_mut::<K>();
        if ORDER == FIRST {
            look_up::<F, D, K, FEW>(density, &shared, arguments, numbers);
        } else {
            look_up::<F, D, K, K>(density, &shared, arguments, numbers);
        }
        let density = Assembled {
            density: *density,
            numbers,
        };
        let extra = places;
        run::<_, D, ORDER>(density, Rows { extra, ..rows }, eta, h, out);
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
            table.cover(x, &|x| density.numbers(x, shared));
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
