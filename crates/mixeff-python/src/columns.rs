//! Passes over the columns of a data frame, shared out among all threads.

use crate::Floats;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use rayon::prelude::*;

/// Rows of one task; fewer are not worth another thread.
const PIECE: usize = 1 << 16;
/// Rows between two looks at whether a test has failed.
const BLOCK: usize = 1 << 12;

/// Whether every number is finite.
#[pyfunction]
pub fn is_finite(py: Python<'_>, values: Floats<'_>) -> bool {
    match values.as_slice() {
        Ok(values) => py.detach(|| all(values, |v| v.abs() < f64::INFINITY)),
        Err(_) => values.as_array().iter().all(|v| v.is_finite()),
    }
}

/// Whether all numbers are the first.
#[pyfunction]
pub fn is_constant(py: Python<'_>, values: Floats<'_>) -> bool {
    match values.as_slice() {
        Ok(values) => py.detach(|| all_equal(values)),
        Err(_) => {
            let values = values.as_array();
            values.iter().all(|v| Some(v) == values.first())
        }
    }
}

/// Whether all numbers are the first.
pub fn all_equal(values: &[f64]) -> bool {
    values
        .first()
        .is_none_or(|first| all(values, |v| v == first))
}

/// Whether a test holds for all, vectors of them at a time.
fn all<T: Sync>(values: &[T], test: impl Fn(&T) -> bool + Sync) -> bool {
    let of_block = |block: &[T]| block.iter().fold(true, |all, v| all & test(v));
    let of_piece = |piece: &[T]| piece.chunks(BLOCK).all(of_block);
    if values.len() <= PIECE {
        return of_piece(values);
    }
    values.par_chunks(PIECE).all(of_piece)
}

/// Calls `fill` with the first row and the room of every piece.
fn in_pieces<T: Send>(py: Python<'_>, out: &mut [T], fill: impl Fn(usize, &mut [T]) + Sync) {
    if out.len() <= PIECE {
        return fill(0, out);
    }
    py.detach(|| {
        let pieces = out.par_chunks_mut(PIECE).enumerate();
        pieces.for_each(|(k, out)| fill(k * PIECE, out));
    });
}

type Factorized<'py> = (Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<i64>>);

/// Codes of whole numbers and the distinct ones, rising; nothing if they span `widest` numbers or more.
#[pyfunction]
pub fn factorize_integers<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'_, i64>,
    widest: u64,
) -> PyResult<Option<Factorized<'py>>> {
    let values = values.as_slice()?;
    let (low, high) = py.detach(|| bounds(values));
    if values.is_empty() || high.abs_diff(low) >= widest {
        return Ok(None);
    }
    let table = py.detach(|| Table::new(values, low, high));
    let codes = PyArray1::<i32>::zeros(py, values.len(), false);
    in_pieces(py, codes.readwrite().as_slice_mut()?, |start, out| {
        let values = &values[start..][..out.len()];
        let codes = values.iter().map(|v| table.code[v.abs_diff(low) as usize]);
        out.iter_mut()
            .zip(codes)
            .for_each(|(out, code)| *out = code);
    });
    Ok(Some((codes, PyArray1::from_vec(py, table.levels))))
}

/// The least and the greatest number.
fn bounds(values: &[i64]) -> (i64, i64) {
    let of_piece = |piece: &[i64]| {
        let wider = |(low, high): (i64, i64), v: &i64| (low.min(*v), high.max(*v));
        piece.iter().fold((i64::MAX, i64::MIN), wider)
    };
    let pieces = values.par_chunks(PIECE).map(of_piece);
    pieces.reduce(|| (i64::MAX, i64::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The code of each number from the least on; of those that do not occur it means nothing.
struct Table {
    code: Vec<i32>,
    levels: Vec<i64>,
}

impl Table {
    fn new(values: &[i64], low: i64, high: i64) -> Table {
        let occurs = occurring(values, low, high.abs_diff(low) as usize + 1);
        let (mut code, mut levels) = (vec![0; occurs.len()], Vec::new());
        for (at, _) in occurs.iter().enumerate().filter(|(_, occurs)| **occurs) {
            code[at] = levels.len() as i32;
            levels.push(low.wrapping_add_unsigned(at as u64));
        }
        Table { code, levels }
    }
}

/// Which of the numbers from `low` on occur: each thread notes its own, and all are joined.
fn occurring(values: &[i64], low: i64, numbers: usize) -> Vec<bool> {
    let share = values.len().div_ceil(rayon::current_num_threads());
    let note = |piece: &[i64]| {
        let mut occurs = vec![false; numbers];
        piece
            .iter()
            .for_each(|v| occurs[v.abs_diff(low) as usize] = true);
        occurs
    };
    let join = |mut a: Vec<bool>, b: Vec<bool>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a |= b);
        a
    };
    let shares = values.par_chunks(share.max(PIECE)).map(note);
    shares.reduce_with(join).unwrap_or_default()
}
