//! The entries of `V = H^-1` that the likelihood's gradient needs, level by level from the root.

use super::{Nested, Rung};
use crate::linalg::small::inverse_from_cholesky;
use crate::structure::blocks::backward_rows;

/// Takahashi's recursion for one level: `V_fr = -C V_rr`, `V_ff = L^-T L^-1 - V_fr C'`, `C = L^-T B`.
pub(super) fn invert_level(
    factor: &[f64],
    inverse: &mut [f64],
    p: usize,
    width: usize,
    parent: Option<usize>,
    above: &[Rung],
    scratch: &mut [f64],
) {
    let rest = width - p;
    let (v_rr, tail) = scratch.split_at_mut(rest * rest);
    let (c, own) = tail.split_at_mut(p * rest);
    gather_above(parent, above, rest, v_rr);
    for (c, b) in c
        .chunks_exact_mut(rest.max(1))
        .zip(factor.chunks_exact(width))
    {
        c.copy_from_slice(&b[p..]);
    }
    backward_rows(factor, width, p, c, rest, rest);
    for i in 0..p {
        for j in 0..rest {
            let v: f64 = (0..rest)
                .map(|k| c[i * rest + k] * v_rr[k * rest + j])
                .sum();
            inverse[i * width + p + j] = -v;
        }
    }
    inverse_from_cholesky(factor, p, width, own);
    for i in 0..p {
        for j in 0..p {
            let v: f64 = (0..rest)
                .map(|k| inverse[i * width + p + k] * c[j * rest + k])
                .sum();
            inverse[i * width + j] = own[i * p + j] - v;
        }
    }
}

impl Nested {
    /// The dense `V` of a level of factor `f` and of those it lies in.
    pub(super) fn along_inverse(&self, f: usize, level: usize) -> Vec<f64> {
        let width = self.rungs[f].width;
        let mut v = vec![0.0; width * width];
        gather_above(Some(level), &self.rungs[f..], width, &mut v);
        v
    }
}

/// The dense `V` of the levels above, from their block rows.
fn gather_above(parent: Option<usize>, above: &[Rung], rest: usize, v: &mut [f64]) {
    let (mut at, mut level) = (0, parent.unwrap_or(0));
    for rung in above {
        let block = &rung.inverse[rung.range(level)];
        for r in 0..rung.p {
            for c in 0..rung.width {
                let value = block[r * rung.width + c];
                v[(at + r) * rest + at + c] = value;
                v[(at + c) * rest + at + r] = value;
            }
        }
        at += rung.p;
        level = rung.parent.get(level).map_or(0, |&l| l as usize);
    }
}
