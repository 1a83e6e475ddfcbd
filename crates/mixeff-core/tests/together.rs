//! Rows evaluated together, where they may share work, agree with rows evaluated one by one.

mod common;

use common::families;
use common::points::{close, extra, predictors, responses, Uniform};
use mixeff_core::family::registry::Row;
use mixeff_core::family::{pairs, Family, Rows};

/// Enough for tables.
const ROWS: usize = 100;

/// Everything that a family says of rows.
struct Said {
    l: [Vec<f64>; 3],
    s: [Vec<f64>; 2],
    w: Vec<f64>,
    v: Vec<f64>,
}

fn said(family: &dyn Family, rows: Rows<'_>, eta: &[f64], h: &[f64]) -> Said {
    let (n, d) = (rows.len(), family.predictors());
    let rows_of = |blocks: usize| vec![f64::NAN; n * blocks];
    let mut l = [rows_of(1), rows_of(1), rows_of(1)];
    let mut s = [rows_of(d), rows_of(d)];
    let (mut w, mut v) = (rows_of(pairs(d)), rows_of(d));
    family.density(rows, eta, &mut l[0]);
    family.score(rows, eta, &mut l[1], &mut s[0]);
    family.curvature(rows, eta, &mut l[2], &mut s[1], &mut w);
    family.third(rows, eta, h, &mut v);
    Said { l, s, w, v }
}

/// Row `i` of blocks of `n` rows.
fn row_of(x: &[f64], i: usize, n: usize) -> Vec<f64> {
    x.iter().skip(i).step_by(n).copied().collect()
}

fn agree(together: &[f64], i: usize, alone: &[f64], name: &str) {
    for (got, want) in row_of(together, i, ROWS).iter().zip(alone) {
        let same = got == want || close(*got, *want, 1e-10, 1e-10);
        assert!(same, "{name}: {got:e} not {want:e}");
    }
}

fn check(row: &Row, family: &dyn Family, uniform: &mut Uniform) {
    let (d, possible) = (family.predictors(), responses(row.support));
    let y: Vec<f64> = (0..ROWS).map(|i| possible[i % possible.len()]).collect();
    let extra: Vec<f64> = y.iter().map(|&y| extra(row.support, y)).collect();
    let shared = predictors(row, d, uniform);
    let first: Vec<f64> = (0..ROWS).map(|_| predictors(row, d, uniform)[0]).collect();
    let others = shared[1..].iter().flat_map(|&x| vec![x; ROWS]);
    let eta: Vec<f64> = first.iter().copied().chain(others).collect();
    let h: Vec<f64> = uniform.take(ROWS * pairs(d)).collect();
    let block = |y, extra| Rows {
        y,
        extra,
        weights: &[],
    };
    let all = said(family, block(&y, &extra), &eta, &h);
    for i in 0..ROWS {
        let name = format!(
            "{} {}, {} at {:?}",
            row.family,
            row.link,
            y[i],
            row_of(&eta, i, ROWS)
        );
        let alone = block(&y[i..=i], &extra[i..=i]);
        let one = said(family, alone, &row_of(&eta, i, ROWS), &row_of(&h, i, ROWS));
        for (together, alone) in all.l.iter().zip(&one.l) {
            agree(together, i, alone, &name);
        }
        for (together, alone) in all.s.iter().zip(&one.s) {
            agree(together, i, alone, &name);
        }
        agree(&all.w, i, &one.w, &name);
        agree(&all.v, i, &one.v, &name);
    }
}

#[test]
fn rows_together_and_alone() {
    let mut uniform = Uniform(5);
    for row in families() {
        let family = row.example();
        for _ in 0..4 {
            check(&row, &*family, &mut uniform);
        }
    }
}
