//! Are the grouping factors nested in a chain? And the order of rows in which every level is one run.

use super::source::{Numbers, Source};
use crate::linalg::pages::zeros;
use rayon::prelude::*;
use std::borrow::Cow;

/// Rows of one task.
const PIECE: usize = 1 << 16;

/// A grouping factor as the user gave it: one code per row, `0..n_levels`.
#[derive(Clone, Debug)]
pub struct Codes<'a> {
    /// Level of each row.
    pub codes: Cow<'a, [u32]>,
    /// Number of levels; some may have no rows.
    pub n_levels: usize,
}

/// Factors by falling number of levels that occur: the order of elimination.
pub fn elimination_order(factors: &[Codes<'_>]) -> Vec<usize> {
    if factors.len() < 2 {
        return (0..factors.len()).collect();
    }
    let counts: Vec<usize> = factors
        .iter()
        .map(|f| observed(f).iter().filter(|&&seen| seen).count())
        .collect();
    let mut order: Vec<usize> = (0..factors.len()).collect();
    order.sort_by_key(|&f| std::cmp::Reverse(counts[f]));
    order
}

fn observed(factor: &Codes<'_>) -> Vec<bool> {
    let mut seen = vec![false; factor.n_levels];
    for &c in factor.codes.iter() {
        seen[c as usize] = true;
    }
    seen
}

/// The level of `outer` that each level of `inner` lies in, if every level of `inner` lies in one only.
pub fn parents(inner: &Codes<'_>, outer: &Codes<'_>) -> Option<Vec<u32>> {
    let mut parent = vec![u32::MAX; inner.n_levels];
    for (&i, &o) in inner.codes.iter().zip(outer.codes.iter()) {
        let p = &mut parent[i as usize];
        if *p == u32::MAX {
            *p = o;
        } else if *p != o {
            return None;
        }
    }
    Some(parent)
}

/// True if each factor in `order` is nested in the next.
pub fn is_chain(factors: &[Codes<'_>], order: &[usize]) -> bool {
    order
        .windows(2)
        .all(|pair| parents(&factors[pair[0]], &factors[pair[1]]).is_some())
}

/// Where the rows of the user's data are after sorting.
#[derive(Clone, Debug)]
pub struct Order {
    rows: usize,
    /// The user's row of each sorted one; none if no row moves.
    moved: Option<Vec<u32>>,
}

impl Order {
    /// True if no row moves.
    pub fn is_identity(&self) -> bool {
        self.moved.is_none()
    }

    /// The user's row of a sorted one.
    #[inline]
    pub fn user_row(&self, i: usize) -> usize {
        match &self.moved {
            Some(order) => order[i] as usize,
            None => i,
        }
    }

    /// The user's rows in sorted order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows).map(|i| self.user_row(i))
    }

    /// Whether the numbers must be copied.
    pub fn moves(&self, source: &Source<'_>) -> bool {
        match source {
            Source::Constant(_) => false,
            Source::Given(_) => true,
            Source::Shared(..) => !self.is_identity(),
        }
    }

    /// The numbers in sorted order, in place where they may be.
    pub fn arrange(&self, source: Source<'_>) -> Numbers {
        match source {
            Source::Constant(c) => Numbers::Own(vec![c; self.rows]),
            Source::Given(values) => Numbers::Own(self.gather(values)),
            Source::Shared(..) if self.moves(&source) => Numbers::Own(self.gather(source.values())),
            Source::Shared(owner, range) => Numbers::InPlace(owner, range),
        }
    }

    /// The numbers in sorted order; nothing for nothing.
    pub fn gather(&self, v: &[f64]) -> Vec<f64> {
        if v.is_empty() {
            return Vec::new();
        }
        let mut out = zeros(v.len());
        let pieces = out.par_chunks_mut(PIECE).enumerate();
        pieces.for_each(|(k, out)| self.gather_part(v, k * PIECE, out));
        out
    }

    /// The sorted rows from `first` on.
    pub fn gather_part(&self, v: &[f64], first: usize, out: &mut [f64]) {
        match &self.moved {
            None => out.copy_from_slice(&v[first..][..out.len()]),
            Some(order) => out
                .iter_mut()
                .zip(&order[first..])
                .for_each(|(o, &i)| *o = v[i as usize]),
        }
    }
}

/// The order that makes every level of every factor in `sorted_by` a run: the last factor is the
/// outermost. Stable, by counting.
pub fn row_order(rows: usize, factors: &[Codes<'_>], sorted_by: &[usize]) -> Order {
    let mut order = Order { rows, moved: None };
    for &f in sorted_by {
        let codes = &factors[f].codes;
        let code = |i: usize| codes[order.user_row(i)];
        let sorted = match order.moved {
            None => is_rising(codes),
            Some(_) => (1..rows).all(|i| code(i - 1) <= code(i)),
        };
        if !sorted {
            let sorted = counting_sort(order.iter(), codes, factors[f].n_levels);
            order.moved = Some(sorted);
        }
    }
    order
}

/// Whether no code is below the one before: by pieces, in which vectors of codes are compared.
fn is_rising(codes: &[u32]) -> bool {
    let falls = |piece: &[u32]| {
        let pairs = piece.iter().zip(&piece[1..]);
        pairs.fold(false, |falls, (a, b)| falls | (a > b))
    };
    let starts = (0..codes.len()).step_by(PIECE);
    starts
        .map(|start| &codes[start..codes.len().min(start + PIECE + 1)])
        .all(|piece| !falls(piece))
}

fn counting_sort(order: impl Iterator<Item = usize>, codes: &[u32], n_levels: usize) -> Vec<u32> {
    let mut next = vec![0u32; n_levels + 1];
    for &c in codes {
        next[c as usize + 1] += 1;
    }
    for l in 0..n_levels {
        next[l + 1] += next[l];
    }
    let mut sorted = vec![0u32; codes.len()];
    for i in order {
        let at = &mut next[codes[i] as usize];
        sorted[*at as usize] = i as u32;
        *at += 1;
    }
    sorted
}

/// Levels renumbered in the order in which sorted rows meet them.
pub struct Renumbered {
    new_of_old: Vec<u32>,
    /// The old level of each new one.
    pub old_of_new: Vec<u32>,
    /// The sorted row at which each new level is met, with the number of rows appended.
    first: Vec<u32>,
}

impl Renumbered {
    /// By a first look at all rows.
    pub fn new(factor: &Codes<'_>, order: &Order) -> Renumbered {
        let mut found = Renumbered {
            new_of_old: vec![u32::MAX; factor.n_levels],
            old_of_new: Vec::new(),
            first: Vec::new(),
        };
        let mut last = u32::MAX;
        let mut meet = |row: usize, old: u32| {
            if old != last {
                last = old;
                found.meet(row, old);
            }
        };
        match &order.moved {
            None => (factor.codes.iter().enumerate()).for_each(|(row, &old)| meet(row, old)),
            Some(moved) => {
                (moved.iter().enumerate()).for_each(|(row, &i)| meet(row, factor.codes[i as usize]))
            }
        }
        found.first.push(order.rows as u32);
        found
    }

    fn meet(&mut self, row: usize, old: u32) {
        let new = &mut self.new_of_old[old as usize];
        if *new == u32::MAX {
            *new = self.old_of_new.len() as u32;
            self.old_of_new.push(old);
            self.first.push(row as u32);
        }
    }

    /// The new level of every sorted row.
    pub fn codes(&self, factor: &Codes<'_>, order: &Order) -> Vec<u32> {
        order
            .iter()
            .map(|i| self.new_of_old[factor.codes[i] as usize])
            .collect()
    }

    /// First rows of each new level, where each is a run, with the end appended.
    pub fn run_starts(&self) -> Vec<u32> {
        self.first.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(c: &[u32]) -> Codes<'_> {
        Codes {
            codes: c.into(),
            n_levels: *c.iter().max().unwrap() as usize + 1,
        }
    }

    #[test]
    fn nested_factors_are_a_chain_and_crossed_ones_are_not() {
        let school = codes(&[0, 1, 0, 1, 2, 2]);
        let region = codes(&[1, 0, 1, 0, 1, 1]);
        let item = codes(&[0, 0, 1, 1, 0, 1]);
        let nested = [school.clone(), region];
        assert_eq!(elimination_order(&nested), vec![0, 1]);
        assert!(is_chain(&nested, &[0, 1]));
        assert!(!is_chain(&[school, item], &[0, 1]));
    }

    #[test]
    fn shared_numbers_stay_where_they_are_unless_rows_move() {
        let owner: super::super::source::Shared = std::sync::Arc::new(vec![1.0, 2.0, 3.0]);
        let arranged = |c: &[u32]| {
            let order = row_order(3, &[codes(c)], &[0]);
            order.arrange(Source::Shared(owner.clone(), 0..3))
        };
        let (sorted, moved) = (arranged(&[0, 0, 1]), arranged(&[1, 0, 0]));
        assert!(std::ptr::eq(&sorted[0], &(*owner).as_ref()[0]));
        assert_eq!(moved[..], [2.0, 3.0, 1.0]);
    }

    #[test]
    fn sorted_rows_make_runs() {
        let factors = [codes(&[0, 1, 0, 1, 2, 2]), codes(&[1, 0, 1, 0, 1, 1])];
        let order = row_order(6, &factors, &[0, 1]);
        for f in &factors {
            let renumbered = Renumbered::new(f, &order);
            let new = renumbered.codes(f, &order);
            assert!(new.windows(2).all(|w| w[0] == w[1] || w[1] == w[0] + 1));
            let starts = renumbered.run_starts();
            assert_eq!(*starts.last().unwrap(), 6);
            assert!((0..6)
                .all(|i| (starts[new[i] as usize]..starts[new[i] as usize + 1])
                    .contains(&(i as u32))));
        }
    }
}
