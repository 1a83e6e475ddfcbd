//! The entries of `V = H^-1` that the likelihood's gradient needs, level by level from the root.

use super::{Nested, Rung, ANY};
use crate::linalg::small::inverse_from_cholesky;
use crate::structure::blocks::backward_rows;

/// Takahashi's recursion for one level: `V_fr = -C V_rr`, `V_ff = L^-T L^-1 - V_fr C'`, `C = L^-T B`.
#[inline(always)]
fn invert_level<const P: usize>(
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
    gather_above::<P>(parent, above, rest, v_rr);
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
    /// The entries of `V`, from the root to the leaves.
    pub(super) fn invert_sized<const P: usize>(&mut self) {
        for f in (0..self.rungs.len()).rev() {
            let (below, above) = self.rungs.split_at_mut(f + 1);
            let rung = &mut below[f];
            let (p, width) = (rung.size::<P>(), rung.width);
            let stride = (p * width).max(1);
            let blocks = rung.factor.chunks_exact(stride);
            for (level, (factor, inverse)) in blocks
                .zip(rung.inverse.chunks_exact_mut(stride))
                .enumerate()
            {
                let parent = rung.parent.get(level).map(|&p| p as usize);
                let scratch = &mut self.scratch;
                invert_level::<P>(factor, inverse, p, width, parent, above, scratch);
            }
        }
    }

    /// The dense `V` of a level of factor `f` and of those it lies in.
    pub(super) fn along_inverse(&self, f: usize, level: usize) -> Vec<f64> {
        let width = self.rungs[f].width;
        let mut v = vec![0.0; width * width];
        gather_above::<ANY>(Some(level), &self.rungs[f..], width, &mut v);
        v
    }
}

/// The dense `V` of the levels above, from their block rows.
#[inline(always)]
fn gather_above<const P: usize>(parent: Option<usize>, above: &[Rung], rest: usize, v: &mut [f64]) {
    let (mut at, mut level) = (0, parent.unwrap_or(0));
    for rung in above {
        let (p, block) = (rung.size::<P>(), &rung.inverse[rung.range(level)]);
        for r in 0..p {
            for c in 0..rung.width {
                let value = block[r * rung.width + c];
                v[(at + r) * rest + at + c] = value;
                v[(at + c) * rest + at + r] = value;
            }
        }
        at += p;
        level = rung.parent.get(level).map_or(0, |&l| l as usize);
    }
}
