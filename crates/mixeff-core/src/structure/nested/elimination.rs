//! From `A` to the Cholesky factor of `H`, from the leaves to the root.

use super::{Nested, Rung};
use crate::design::Lambda;
use crate::linalg::small::{add_at_b, cholesky};
use crate::linalg::vector::axpy;
use crate::structure::blocks::sandwich;

/// Bounds of a product of pivots beyond which its logarithm is taken.
const SAFE: std::ops::Range<f64> = 1e-100..1e100;

impl Nested {
    /// `H := Lambda' A Lambda + I`, in the place of the factor.
    pub(super) fn whiten(&mut self, lambdas: &[Lambda]) {
        for (f, rung) in self.rungs.iter_mut().enumerate() {
            if self.size == 1 {
                whiten_numbers(rung, &lambdas[f..]);
            } else {
                whiten_blocks(rung, &lambdas[f..], &mut self.scratch);
            }
        }
    }

    /// The factor in the place of `H`, and `log |H|`. False if `H` is not positive definite.
    pub(super) fn eliminate_all<const P: usize>(&mut self) -> bool {
        self.log_det = 0.0;
        for f in 0..self.rungs.len() {
            let (below, above) = self.rungs.split_at_mut(f + 1);
            let Some(log_det) = eliminate_rung::<P>(&mut below[f], above) else {
                return false;
            };
            self.log_det += log_det;
        }
        self.log_det.is_finite()
    }
}

/// `H` of the levels of a factor from `Lambda` of the factor and of those above, each of them a number.
fn whiten_numbers(rung: &mut Rung, lambdas: &[Lambda]) {
    let own = lambdas[0].values[0];
    let scales: Vec<f64> = lambdas.iter().map(|l| own * l.values[0]).collect();
    let rows = rung.a.chunks_exact(rung.width);
    for (h, a) in rung.factor.chunks_exact_mut(rung.width).zip(rows) {
        for ((h, a), scale) in h.iter_mut().zip(a).zip(&scales) {
            *h = scale * a;
        }
        h[0] += 1.0;
    }
}

/// The same for blocks of any size.
fn whiten_blocks(rung: &mut Rung, lambdas: &[Lambda], scratch: &mut [f64]) {
    let (p, width) = (rung.p, rung.width);
    for level in 0..rung.n_levels {
        let range = rung.range(level);
        let (a, h) = (&rung.a[range.clone()], &mut rung.factor[range]);
        let (left, mut at) = (&lambdas[0], 0);
        for right in lambdas {
            sandwich(left, &a[at..], width, right, &mut h[at..], width, scratch);
            at += right.p;
        }
        for c in 0..p {
            h[c * width + c] += 1.0;
        }
    }
}

/// Eliminates the levels of a factor; the logarithm of the determinant of their own blocks.
fn eliminate_rung<const P: usize>(rung: &mut Rung, above: &mut [Rung]) -> Option<f64> {
    let (p, width) = (rung.size::<P>(), rung.width);
    let (mut log_det, mut product) = (0.0, 1.0f64);
    let blocks = rung.factor.chunks_exact_mut((p * width).max(1));
    for (level, block) in blocks.enumerate() {
        if !cholesky(block, p, width) {
            return None;
        }
        for c in 0..p {
            product *= block[c * width + c];
        }
        if !SAFE.contains(&product) {
            log_det += 2.0 * product.ln();
            product = 1.0;
        }
        if !above.is_empty() {
            solve_panel(block, p, width);
            eliminate::<P>(block, p, width, rung.parent[level] as usize, above);
        }
    }
    Some(log_det + 2.0 * product.ln())
}

/// `B := L^-1 H_{f, above}`, in place.
#[inline(always)]
fn solve_panel(block: &mut [f64], p: usize, width: usize) {
    for i in 0..p {
        for k in 0..i {
            let (done, own) = block.split_at_mut(i * width);
            let l = own[k];
            axpy(
                -l,
                &done[k * width + p..(k + 1) * width],
                &mut own[p..width],
            );
        }
        let scale = 1.0 / block[i * width + i];
        let own = &mut block[i * width + p..(i + 1) * width];
        own.iter_mut().for_each(|b| *b *= scale);
    }
}

/// Takes `B'B` from the block rows above a level.
#[inline(always)]
fn eliminate<const P: usize>(
    block: &[f64],
    p: usize,
    width: usize,
    parent: usize,
    above: &mut [Rung],
) {
    let (mut at, mut level) = (p, parent);
    for rung in above {
        let (columns, all) = (rung.size::<P>(), rung.width);
        let stride = columns * all;
        let (own, target) = (&block[at..], &mut rung.factor[level * stride..][..stride]);
        if p == 1 && columns == 1 {
            let terms = target.iter_mut().zip(own);
            terms.for_each(|(h, b)| *h -= own[0] * b);
        } else {
            add_at_b(-1.0, own, width, own, width, target, all, p, columns, all);
        }
        at += columns;
        level = rung.parent.get(level).map_or(0, |&l| l as usize);
    }
}
