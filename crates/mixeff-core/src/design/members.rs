//! Which rows belong to which level, and the loops over them, in the widest instructions of the machine.

use crate::family::simd::{widest, Arithmetic, Work};
use crate::linalg::vector::{short_sum, Plain, Product, Triple};

/// Covariate values in the rows of a shard; `None` is a column of ones.
pub type Covariate<'a> = Option<&'a [f64]>;

/// The rows of some levels of a factor, relative to a shard.
#[derive(Clone, Copy)]
pub struct Runs<'a> {
    /// First row of each level, and the end, in the whole data.
    pub starts: &'a [u32],
    /// First row of the shard.
    pub first: usize,
}

/// One number for each level, in a vector of several.
#[derive(Clone, Copy)]
pub struct Place {
    /// Numbers of a level.
    pub stride: usize,
    /// Position among these.
    pub at: usize,
}

impl Place {
    #[inline(always)]
    fn of(self, level: usize) -> usize {
        level * self.stride + self.at
    }
}

/// The rows of a shard that belong to each level.
#[derive(Clone, Copy)]
pub enum Members<'a> {
    /// A run of rows for each level.
    Runs(Runs<'a>),
    /// The level of each row.
    Codes(&'a [u32]),
}

impl Members<'_> {
    /// `out_i += scale x_i y_i b_l` in each row `i` of each level `l`.
    pub fn add_to_rows(
        self,
        columns: [Covariate<'_>; 2],
        scale: f64,
        b: &[f64],
        place: Place,
        out: &mut [f64],
    ) {
        match self {
            Members::Runs(runs) => widest(AddToRows {
                runs,
                columns,
                scale,
                b,
                place,
                out,
            }),
            Members::Codes(codes) => {
                for (i, (out, &l)) in out.iter_mut().zip(codes).enumerate() {
                    *out += scale * b[place.of(l as usize)] * product(columns, i);
                }
            }
        }
    }

    /// `out_l += sum of x_i y_i v_i` over the rows of each level `l`.
    pub fn add_sums(self, columns: [Covariate<'_>; 2], v: &[f64], place: Place, out: &mut [f64]) {
        match self {
            Members::Runs(runs) => widest(AddSums {
                runs,
                columns,
                v,
                place,
                out,
            }),
            Members::Codes(codes) => {
                for (i, (v, &l)) in v.iter().zip(codes).enumerate() {
                    out[place.of(l as usize)] += v * product(columns, i);
                }
            }
        }
    }
}

#[inline(always)]
fn product(columns: [Covariate<'_>; 2], i: usize) -> f64 {
    let [x, y] = columns.map(|column| column.map_or(1.0, |column| column[i]));
    x * y
}

impl Runs<'_> {
    #[inline(always)]
    fn levels(self) -> usize {
        self.starts.len() - 1
    }

    /// Whether every level is one row.
    #[inline(always)]
    fn are_rows(self, rows: usize) -> bool {
        let first = self.starts.first().copied().unwrap_or(0);
        rows == self.levels() && self.starts.iter().zip(first..).all(|(s, row)| *s == row)
    }

    #[inline(always)]
    fn rows(self, level: usize) -> std::ops::Range<usize> {
        let [start, end] = [self.starts[level], self.starts[level + 1]];
        start as usize - self.first..end as usize - self.first
    }
}

struct AddToRows<'a> {
    runs: Runs<'a>,
    columns: [Covariate<'a>; 2],
    scale: f64,
    b: &'a [f64],
    place: Place,
    out: &'a mut [f64],
}

impl Work for AddToRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        if let ([None, None], true) = (self.columns, self.runs.are_rows(self.out.len())) {
            let b = self.b.iter().skip(self.place.at).step_by(self.place.stride);
            let pairs = self.out.iter_mut().zip(b);
            return pairs.for_each(|(out, b)| *out += self.scale * b);
        }
        for level in 0..self.runs.levels() {
            let run = self.runs.rows(level);
            let value = self.scale * self.b[self.place.of(level)];
            let out = &mut self.out[run.clone()];
            match self.columns {
                [None, None] => {
                    for out in out {
                        *out += value;
                    }
                }
                [Some(x), None] | [None, Some(x)] => {
                    for (out, x) in out.iter_mut().zip(&x[run]) {
                        *out += value * x;
                    }
                }
                [Some(x), Some(y)] => {
                    for ((out, x), y) in out.iter_mut().zip(&x[run.clone()]).zip(&y[run]) {
                        *out += value * x * y;
                    }
                }
            }
        }
    }
}

struct AddSums<'a> {
    runs: Runs<'a>,
    columns: [Covariate<'a>; 2],
    v: &'a [f64],
    place: Place,
    out: &'a mut [f64],
}

impl Work for AddSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        if let ([None, None], true) = (self.columns, self.runs.are_rows(self.v.len())) {
            let sums = self.out.iter_mut().skip(self.place.at);
            let pairs = sums.step_by(self.place.stride).zip(self.v);
            return pairs.for_each(|(sum, v)| *sum += v);
        }
        for level in 0..self.runs.levels() {
            let run = self.runs.rows(level);
            let v = &self.v[run.clone()];
            self.out[self.place.of(level)] += match self.columns {
                [None, None] => short_sum(Plain(v)),
                [Some(x), None] | [None, Some(x)] => short_sum(Product(&x[run], v)),
                [Some(x), Some(y)] => short_sum(Triple(&x[run.clone()], &y[run], v)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { stride: 2, at: 1 };

    #[test]
    fn levels_of_one_row_each_are_the_rows() {
        let runs = |starts| Runs { starts, first: 4 };
        assert!(runs(&[4, 5, 6]).are_rows(2));
        assert!(!runs(&[4, 4, 6]).are_rows(2));
        let members = Members::Runs(runs(&[4, 5, 6]));
        let (mut rows, mut sums) = ([1.0, 1.0], [0.0; 4]);
        members.add_to_rows([None, None], 2.0, &[0.0, 3.0, 0.0, 5.0], PLACE, &mut rows);
        members.add_sums([None, None], &rows, PLACE, &mut sums);
        assert_eq!((rows, sums), ([7.0, 11.0], [0.0, 7.0, 0.0, 11.0]));
    }

    fn numbers(step: f64) -> Vec<f64> {
        (0..23).map(|i| (i as f64 * step).sin()).collect()
    }

    #[test]
    fn rows_get_the_number_of_their_level_and_give_it_back() {
        let codes: Vec<u32> = (0..23).map(|i| if i < 2 { 0 } else { 2 }).collect();
        let runs = Members::Runs(Runs {
            starts: &[10, 12, 12, 33],
            first: 10,
        });
        let (x, y, ones) = (numbers(1.0), numbers(0.4), vec![1.0; 23]);
        let b = [0.0, 2.0, 0.0, 3.0, 0.0, 5.0];
        let choices = [
            [None, None],
            [Some(&x[..]), None],
            [Some(&x[..]), Some(&y[..])],
        ];
        for (members, columns) in [runs, Members::Codes(&codes)]
            .into_iter()
            .flat_map(|m| choices.map(|c| (m, c)))
        {
            let [p, q] = columns.map(|c| c.unwrap_or(&ones));
            let (mut rows, mut sums) = (ones.clone(), [0.0; 6]);
            members.add_to_rows(columns, 0.5, &b, PLACE, &mut rows);
            members.add_sums(columns, &y, PLACE, &mut sums);
            let mut expected = [0.0; 6];
            for i in 0..23 {
                let at = PLACE.of(codes[i] as usize);
                assert!((rows[i] - (1.0 + 0.5 * b[at] * p[i] * q[i])).abs() < 1e-14);
                expected[at] += p[i] * q[i] * y[i];
            }
            for (sum, expected) in sums.iter().zip(expected) {
                assert!((sum - expected).abs() < 1e-13);
            }
        }
    }
}
