//! What families say of their first predictor alone agrees with what they say of all.

mod common;

use common::families;
use common::points::{close, extra, predictors, responses, Uniform};
use mixeff_core::family::registry::Row;
use mixeff_core::family::{pairs, Family, Rows};

/// Enough for tables.
const ROWS: usize = 80;

/// Responses, the second column and weights of some rows, and their predictors; the same for all rows but the first predictor's
/// if `shared`.
struct Block {
    y: Vec<f64>,
    extra: Vec<f64>,
    weights: Vec<f64>,
    eta: Vec<f64>,
}

impl Block {
    fn new(row: &Row, d: usize, shared: bool, uniform: &mut Uniform) -> Block {
        let possible = responses(row.support);
        let y: Vec<f64> = (0..ROWS).map(|i| possible[i % possible.len()]).collect();
        let mut eta = vec![0.0; ROWS * d];
        for i in 0..ROWS {
            let own = predictors(row, d, uniform);
            for k in 0..d {
                let first = if i == 0 || k == 0 || !shared {
                    own[k]
                } else {
                    eta[k * ROWS]
                };
                eta[k * ROWS + i] = first;
            }
        }
        Block {
            extra: y.iter().map(|&y| extra(row.support, y)).collect(),
            weights: uniform.take(ROWS).map(|x| x.max(0.1)).collect(),
            y,
            eta,
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            y: &self.y,
            extra: &self.extra,
            weights: &self.weights,
        }
    }
}

fn agree(got: &[f64], want: &[f64], name: &str) {
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let same = g == w || close(*g, *w, 1e-9, 1e-11);
        assert!(same, "{name}, entry {i}: {g:e} not {w:e}");
    }
}

fn check(name: &str, family: &dyn Family, block: &Block) {
    let (d, rows, eta) = (family.predictors(), block.rows(), &block.eta);
    let [mut l, mut apart, mut own_l, mut own_s, mut own_w] =
        [(); 5].map(|()| vec![f64::NAN; ROWS]);
    let (mut s, mut w) = (vec![f64::NAN; ROWS * d], vec![f64::NAN; ROWS * pairs(d)]);
    family.curvature(rows, eta, &mut l, &mut s, &mut w);
    let mut held = Vec::new();
    family.hold(rows, eta, &mut held);
    family.without_first(rows, eta, &mut apart);
    family.curvature_of_first(rows, eta, &held, &mut own_l, &mut own_s, &mut own_w);
    let sum: Vec<f64> = own_l.iter().zip(&apart).map(|(a, b)| a + b).collect();
    agree(&sum, &l, &format!("{name}, value"));
    let inside = |x: &[f64]| -> Vec<f64> {
        let rows = x.iter().zip(&l);
        rows.map(|(x, l)| if l.is_finite() { *x } else { 0.0 })
            .collect()
    };
    agree(&inside(&own_s), &s[..ROWS], &format!("{name}, score"));
    agree(&inside(&own_w), &w[..ROWS], &format!("{name}, weight"));
    let h: Vec<f64> = (0..ROWS).map(|i| 0.1 + i as f64 / 9.0).collect();
    let mut wide = vec![0.0; ROWS * pairs(d)];
    wide[..ROWS].copy_from_slice(&h);
    let (mut v, mut own_v) = (vec![f64::NAN; ROWS * d], vec![f64::NAN; ROWS * d]);
    family.third(rows, eta, &wide, &mut v);
    family.third_of_first(rows, eta, &h, &mut own_v);
    agree(&own_v, &v, &format!("{name}, third"));
}

#[test]
fn the_first_predictor_alone_has_the_same_derivatives() {
    let mut uniform = Uniform(11);
    for row in families() {
        let family = row.example();
        for shared in [true, false] {
            let block = Block::new(&row, family.predictors(), shared, &mut uniform);
            let name = format!("{} {} shared {shared}", row.family, row.link);
            check(&name, &*family, &block);
        }
    }
}
