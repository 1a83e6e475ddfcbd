//! `h_i = m_i' V m_i` of the rows of a level.

use crate::design::{Factor, Model, Shard};

/// Values and predictors of the columns of factor `f` and those above.
pub(super) fn columns_from<'a>(
    model: &'a Model,
    shard: &Shard,
    f: usize,
) -> Vec<(Option<&'a [f64]>, usize)> {
    let of = |factor: &'a Factor| (0..factor.p()).map(move |c| (factor, c));
    model.factors[f..]
        .iter()
        .flat_map(of)
        .map(|(g, c)| (g.column(c, &shard.rows), g.columns[c].predictor))
        .collect()
}

/// `h += sum over pairs of columns of G_cd z_c z_d` on a run of rows, the pairs that have a column of the level's own factor.
#[allow(clippy::too_many_arguments)]
pub(super) fn add_quadratic_form(
    columns: &[(Option<&[f64]>, usize)],
    g: &[f64],
    p: usize,
    width: usize,
    predictors: usize,
    run: std::ops::Range<usize>,
    n: usize,
    h: &mut [f64],
) {
    for c in 0..p {
        for d in c..width {
            let (zc, a) = columns[c];
            let (zd, b) = columns[d];
            let twice = if c != d && a == b { 2.0 } else { 1.0 };
            let value = twice * g[c * width + d];
            let h = &mut h[crate::family::pair(predictors, a, b) * n..][run.clone()];
            match (zc.map(|z| &z[run.clone()]), zd.map(|z| &z[run.clone()])) {
                (None, None) => h.iter_mut().for_each(|h| *h += value),
                (Some(z), None) | (None, Some(z)) => {
                    h.iter_mut().zip(z).for_each(|(h, z)| *h += value * z)
                }
                (Some(z), Some(y)) => {
                    h.iter_mut()
                        .zip(z)
                        .zip(y)
                        .for_each(|((h, z), y)| *h += value * z * y);
                }
            }
        }
    }
}
