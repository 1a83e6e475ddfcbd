//! Families that look up what takes long, where rows share all predictors but the first.

use std::any::TypeId;

use super::density::{weigh, Density, Pointwise};
use super::jet::Jet;
use super::pass::{run, Expand, CURVATURE, FIRST, SCORE, THIRD, THIRD_OF_FIRST, VALUE};
use super::simd::Arithmetic;
use super::table::{with_table, Table};
use super::without_first::same;
use super::{Family, Quasi, Rows};

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

/// The [`Family`] of a [`Tabulated`] density.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<F, const D: usize, const K: usize>(pub F);

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

impl<F: Tabulated<D, K>, const D: usize, const K: usize> Lookup<F, D, K> {
    fn evaluate<const ORDER: u8>(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        h: &[f64],
        out: [&mut [f64]; 3],
    ) {
        let needed = F::FOR_FIRST || !matches!(ORDER, FIRST | THIRD_OF_FIRST);
        match shared::<D>(rows.len(), eta) {
            Some(shared) if needed => self.look_up::<ORDER>(rows, eta, h, out, shared),
            _ => Pointwise(self.0).evaluate::<ORDER>(rows, eta, h, out),
        }
    }

    fn look_up<const ORDER: u8>(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        h: &[f64],
        [l, s, w]: [&mut [f64]; 3],
        shared: [f64; D],
    ) {
        let n = rows.len();
        let whole = Rows {
            extra: rows.y,
            ..rows
        };
        with_table(TypeId::of::<F>(), &shared[1..], |table| {
            for i in 0..n {
                let own = std::array::from_fn(|d| eta[d * n + i]);
                let x = self.0.argument(rows.y[i], &own);
                table.cover(x, &|x| self.0.numbers(x, &shared));
            }
            let density = FromTable::<F, D, K> {
                density: self.0,
                shared,
                table,
            };
            run::<_, D, ORDER>(density, whole, eta, h, [&mut *l, &mut *s, &mut *w]);
        });
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

/// The predictors of the first row, if it shares all but the first with enough others.
fn shared<const D: usize>(n: usize, eta: &[f64]) -> Option<[f64; D]> {
    let share = n >= LEAST_ROWS && eta.chunks_exact(n).skip(1).all(same);
    share.then(|| std::array::from_fn(|d| eta[d * n]))
}

impl<F: Tabulated<D, K>, const D: usize, const K: usize> Family for Lookup<F, D, K> {
    fn predictors(&self) -> usize {
        D
    }

    fn log_normalizer(&self, rows: Rows<'_>) -> f64 {
        Pointwise(self.0).log_normalizer(rows)
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        self.evaluate::<VALUE>(rows, eta, &[], [l, &mut [], &mut []]);
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        self.evaluate::<SCORE>(rows, eta, &[], [l, s, &mut []]);
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        self.evaluate::<CURVATURE>(rows, eta, &[], [l, s, w]);
    }

    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        match shared::<D>(rows.len(), eta) {
            Some(shared) => {
                self.look_up::<THIRD>(rows, eta, h, [&mut [], v, &mut []], shared);
            }
            None => Pointwise(self.0).third(rows, eta, h, v),
        }
    }

    fn without_first(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        Pointwise(self.0).without_first(rows, eta, l);
    }

    fn hold(&self, rows: Rows<'_>, eta: &[f64], held: &mut Vec<f64>) {
        Pointwise(self.0).hold(rows, eta, held);
    }

    fn curvature_of_first(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        held: &[f64],
        l: &mut [f64],
        s: &mut [f64],
        w: &mut [f64],
    ) {
        if F::HOLDS {
            return Pointwise(self.0).curvature_of_first(rows, eta, held, l, s, w);
        }
        self.evaluate::<FIRST>(rows, eta, &[], [l, s, w]);
    }

    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        self.evaluate::<THIRD_OF_FIRST>(rows, eta, h, [&mut [], v, &mut []]);
    }

    fn quasi(&self, eta: f64) -> Option<Quasi> {
        self.0.quasi(eta)
    }

    fn phi_power(&self) -> f64 {
        F::PHI_POWER
    }

    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        self.0.guess(rows).map(Vec::from)
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        Pointwise(self.0).expansion(rows, eta, c, slope);
    }
}
