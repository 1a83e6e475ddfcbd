//! Functions of one number that take long to compute, by pieces: polynomials through their values at Chebyshev nodes.
//!
//! A piece whose polynomials have not converged is halved; where the smallest has not, there is no polynomial. A table depends
//! on nothing but the functions and what they share, never on which numbers were asked for first, or by which thread.

use std::any::TypeId;
use std::cell::RefCell;
use std::f64::consts::PI;
use std::sync::OnceLock;

use super::simd::Arithmetic;

/// Width of the largest pieces, and how often one is halved.
const WIDTH: f64 = 0.5;
const HALVINGS: usize = 4;
/// The pieces lie between these multiples of the width.
const LOWEST: i32 = -600;
const HIGHEST: i32 = 600;
/// Nodes of a piece.
const NODES: usize = 18;
/// The last two Chebyshev coefficients of a function may be this large, beside the function itself or a hundredth of the largest:
/// for a value and for derivatives of each order, of which the higher ones are less exact themselves.
const TOLERANCES: [f64; 4] = [2e-13, 1e-12, 1e-11, 1e-9];
/// Entries of a jet in two variables.
pub const JET: usize = 10;
/// The orders of the entries of a jet in two variables, which the functions are: of one such or, entry by entry, of several.
const ORDERS: [usize; JET] = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3];
/// Tables kept by each thread: parameters next to each other are asked for in turn.
const KEPT: usize = 6;

#[derive(Clone, Copy)]
enum Piece {
    Unknown,
    /// Polynomials, whose coefficients begin here.
    Known(usize),
    /// Two halves, of which the first is this piece.
    Halved(usize),
    /// Not smooth enough, or outside the domain.
    Rough,
}

/// A number, and the functions there.
pub type Known<const K: usize> = (f64, [f64; K]);

/// Polynomials for some functions at some shared numbers.
pub struct Table {
    functions: TypeId,
    shared: Vec<u64>,
    pieces: Vec<Piece>,
    /// Piece by piece, power by power, function by function.
    coefficients: Vec<f64>,
}

/// Calls `work` with the table of these functions at these shared numbers, which this thread may have begun before.
pub fn with_table<R>(functions: TypeId, shared: &[f64], work: impl FnOnce(&mut Table) -> R) -> R {
    thread_local! {
        static TABLES: RefCell<Vec<Table>> = const { RefCell::new(Vec::new()) };
    }
    let shared: Vec<u64> = shared.iter().map(|x| x.to_bits()).collect();
    let mut table = TABLES.with_borrow_mut(|tables| {
        let own = |t: &Table| t.functions == functions && t.shared == shared;
        match tables.iter().position(own) {
            Some(at) => tables.remove(at),
            None if tables.len() == KEPT => tables.remove(0).cleared(functions, shared),
            None => Table::new(functions, shared),
        }
    });
    let result = work(&mut table);
    TABLES.with_borrow_mut(|tables| tables.push(table));
    result
}

impl Table {
    fn new(functions: TypeId, shared: Vec<u64>) -> Table {
        Table {
            functions,
            shared,
            pieces: vec![Piece::Unknown; (HIGHEST - LOWEST) as usize],
            coefficients: Vec::new(),
        }
    }

    /// For other functions, in the same memory.
    fn cleared(mut self, functions: TypeId, shared: Vec<u64>) -> Table {
        (self.functions, self.shared) = (functions, shared);
        self.coefficients.clear();
        self.pieces.clear();
        let roots = (HIGHEST - LOWEST) as usize;
        self.pieces.resize(roots, Piece::Unknown);
        self
    }

    /// Sees to it that the piece around `x` is there. The functions may make use of what they are at a number nearby; `None`
    /// outside the domain.
    pub fn cover<const K: usize>(
        &mut self,
        x: f64,
        f: &impl Fn(f64, Option<Known<K>>) -> Option<[f64; K]>,
    ) {
        let Some((mut at, mut t)) = root(x) else {
            return;
        };
        let (mut half, mut halvings) = (0.5 * WIDTH, 0);
        let mut centre = (at as f64 + f64::from(LOWEST)) * WIDTH + half;
        loop {
            match self.pieces[at] {
                Piece::Known(_) | Piece::Rough => return,
                Piece::Unknown => self.pieces[at] = self.piece(centre, half, halvings, f),
                Piece::Halved(first) => {
                    (at, t) = descend(first, t);
                    half *= 0.5;
                    halvings += 1;
                    centre += if at > first { half } else { -half };
                }
            }
        }
    }

    fn piece<const K: usize>(
        &mut self,
        centre: f64,
        half: f64,
        halvings: usize,
        f: &impl Fn(f64, Option<Known<K>>) -> Option<[f64; K]>,
    ) -> Piece {
        if let Some(polynomials) = polynomials(centre, half, f) {
            let start = self.coefficients.len();
            self.coefficients.extend(polynomials.as_flattened());
            return Piece::Known(start);
        }
        if halvings == HALVINGS {
            return Piece::Rough;
        }
        self.pieces.extend([Piece::Unknown; 2]);
        Piece::Halved(self.pieces.len() - 2)
    }

    /// The place of a number that is [covered](Table::cover); `None` where there is no polynomial.
    pub fn place(&self, x: f64) -> Option<Place> {
        let (mut at, mut t) = root(x)?;
        loop {
            match self.pieces[at] {
                Piece::Known(start) => return Some(Place { start, t }),
                Piece::Halved(first) => (at, t) = descend(first, t),
                Piece::Rough | Piece::Unknown => return None,
            }
        }
    }

    /// Writes the first `W` of the `K` functions at a place, or all if there are fewer; not the others.
    #[inline(always)]
    pub fn write<A: Arithmetic, const K: usize, const W: usize>(
        &self,
        place: Place,
        out: &mut [f64; K],
    ) {
        let (rows, _) = self.coefficients[place.start..][..NODES * K].as_chunks::<K>();
        let mut sums = [0.0; W];
        for row in rows.iter().rev() {
            for k in 0..W.min(K) {
                sums[k] = A::mul_add(sums[k], place.t, row[k]);
            }
        }
        out[..W.min(K)].copy_from_slice(&sums[..W.min(K)]);
    }
}

/// Where the polynomials around a number begin, and where in their piece it is, from -1 to 1.
#[derive(Clone, Copy)]
pub struct Place {
    start: usize,
    t: f64,
}

/// The largest piece that `x` is in, and where in it, from -1 to 1.
#[inline(always)]
fn root(x: f64) -> Option<(usize, f64)> {
    let scaled = x / WIDTH;
    let inside = scaled >= f64::from(LOWEST) && scaled < f64::from(HIGHEST);
    inside.then(|| {
        let piece = (scaled - f64::from(LOWEST)) as usize;
        let start = piece as f64 + f64::from(LOWEST);
        (piece, 2.0 * (scaled - start) - 1.0)
    })
}

/// The half that `t` is in, and where in it.
#[inline(always)]
fn descend(first: usize, t: f64) -> (usize, f64) {
    if t < 0.0 {
        (first, 2.0 * t + 1.0)
    } else {
        (first + 1, 2.0 * t - 1.0)
    }
}

/// Coefficients, power by power; `None` if the functions are not there, or the polynomials have not converged.
fn polynomials<const K: usize>(
    centre: f64,
    half: f64,
    f: &impl Fn(f64, Option<Known<K>>) -> Option<[f64; K]>,
) -> Option<[[f64; K]; NODES]> {
    let rule = rule();
    let mut values = [[0.0; K]; NODES];
    let mut last = None;
    for (values, t) in values.iter_mut().zip(rule.nodes) {
        let x = centre + half * t;
        *values = f(x, last)?;
        last = Some((x, *values));
    }
    let chebyshev = combine(&rule.chebyshev, &values);
    let sizes: [f64; K] = std::array::from_fn(|k| {
        let size = |row: &[f64; K]| row[k].abs();
        values.iter().map(size).fold(0.0, f64::max)
    });
    let largest = sizes.into_iter().fold(0.0, f64::max);
    let converged = (0..K).all(|k| {
        let last = chebyshev[NODES - 1][k].abs() + chebyshev[NODES - 2][k].abs();
        last <= TOLERANCES[ORDERS[k / (K / JET).max(1)]] * sizes[k].max(0.01 * largest)
    });
    converged.then(|| combine(&rule.powers, &chebyshev))
}

fn combine<const K: usize>(
    matrix: &[[f64; NODES]; NODES],
    rows: &[[f64; K]; NODES],
) -> [[f64; K]; NODES] {
    let mut out = [[0.0; K]; NODES];
    for (out, weights) in out.iter_mut().zip(matrix) {
        for (row, weight) in rows.iter().zip(weights) {
            for k in 0..K {
                out[k] += weight * row[k];
            }
        }
    }
    out
}

/// Chebyshev nodes, the map from values there to Chebyshev coefficients, and from those to coefficients of powers.
struct Rule {
    nodes: [f64; NODES],
    chebyshev: [[f64; NODES]; NODES],
    powers: [[f64; NODES]; NODES],
}

fn rule() -> &'static Rule {
    static RULE: OnceLock<Rule> = OnceLock::new();
    RULE.get_or_init(|| {
        let n = NODES as f64;
        let angle = |i: usize| PI * (i as f64 + 0.5) / n;
        let weight = |j: usize| if j == 0 { 1.0 / n } else { 2.0 / n };
        let chebyshev = std::array::from_fn(|j| {
            std::array::from_fn(|i| weight(j) * libm::cos(j as f64 * angle(i)))
        });
        Rule {
            nodes: std::array::from_fn(|i| libm::cos(angle(i))),
            chebyshev,
            powers: powers(),
        }
    })
}

/// The coefficients of the Chebyshev polynomials, `T_j+1 = 2 t T_j - T_j-1`: row by power, column by polynomial.
fn powers() -> [[f64; NODES]; NODES] {
    let mut c = [[0.0; NODES]; NODES];
    (c[0][0], c[1][1]) = (1.0, 1.0);
    for j in 2..NODES {
        for power in 0..NODES {
            let raised = if power > 0 { c[power - 1][j - 1] } else { 0.0 };
            c[power][j] = 2.0 * raised - c[power][j - 2];
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::super::simd::Plain;
    use super::*;

    struct Waves;

    fn waves(x: f64, _: Option<Known<2>>) -> Option<[f64; 2]> {
        (x > -1.0).then(|| [libm::sin(x), 1.0 / (0.02 + x * x)])
    }

    fn at<const K: usize>(table: &Table, x: f64) -> Option<[f64; K]> {
        let mut out = [f64::NAN; K];
        table.write::<Plain, K, K>(table.place(x)?, &mut out);
        Some(out)
    }

    #[test]
    fn polynomials_are_the_functions() {
        with_table(TypeId::of::<Waves>(), &[1.0], |table| {
            for i in 0..2000 {
                let x = -2.0 + 0.003 * f64::from(i);
                table.cover(x, &waves);
                let found = at::<2>(table, x);
                match (found, waves(x, None)) {
                    (Some(found), Some(expected)) => {
                        for k in 0..2 {
                            let bound = 1e-12 * expected[k].abs().max(0.5);
                            assert!((found[k] - expected[k]).abs() < bound, "{x}");
                        }
                    }
                    (None, None) => {}
                    (found, _) => assert!(found.is_none() && x < -0.9, "{x}"),
                }
            }
        });
    }

    #[test]
    fn numbers_without_a_place_have_no_polynomial() {
        with_table(TypeId::of::<Waves>(), &[2.0], |table| {
            for x in [f64::NAN, f64::INFINITY, -1e9, 1e9] {
                table.cover(x, &waves);
                assert!(table.place(x).is_none());
            }
        });
    }

    #[test]
    fn tables_are_kept_apart() {
        let scaled = |by: f64| move |x: f64, _: Option<Known<1>>| Some([by * libm::exp(x)]);
        for round in 0..2 {
            for by in 1..=2 * KEPT {
                let by = by as f64;
                with_table(TypeId::of::<Waves>(), &[0.0, by], |table| {
                    table.cover(0.3, &scaled(by));
                    let [found] = at(table, 0.3).expect("a smooth function");
                    assert!(
                        (found / (by * libm::exp(0.3)) - 1.0).abs() < 1e-14,
                        "{round}"
                    );
                });
            }
        }
    }
}
