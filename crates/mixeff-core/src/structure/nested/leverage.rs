//! `h_i = m_i' V m_i` of the rows of a level.

use crate::design::members::{Covariate, Members, Place};
use crate::design::{Factor, Model, Shard};
use crate::family::{pair, pairs};

/// Values and predictors of the columns of factor `f` and those above.
pub(super) fn columns_from<'a>(
    model: &'a Model,
    shard: &Shard,
    f: usize,
) -> Vec<(Covariate<'a>, usize)> {
    let of = |factor: &'a Factor| (0..factor.p()).map(move |c| (factor, c));
    model.factors[f..]
        .iter()
        .flat_map(of)
        .map(|(g, c)| (g.column(c, &shard.rows), g.columns[c].predictor))
        .collect()
}

/// `h += sum over pairs of columns of G_cd z_c z_d` in the rows of each level, the pairs that have one of the level's `p`
/// own columns; `g` is level by level.
pub(super) fn add_quadratic_form(
    columns: &[(Covariate<'_>, usize)],
    members: Members<'_>,
    p: usize,
    g: &[f64],
    predictors: usize,
    h: &mut [f64],
) {
    let (width, n) = (columns.len(), h.len() / pairs(predictors));
    for c in 0..p {
        for d in c..width {
            let ((zc, a), (zd, b)) = (columns[c], columns[d]);
            let twice = if c != d && a == b { 2.0 } else { 1.0 };
            let place = Place {
                stride: p * width,
                at: c * width + d,
            };
            let h = &mut h[pair(predictors, a, b) * n..][..n];
            members.add_to_rows([zc, zd], twice, g, place, h);
        }
    }
}
