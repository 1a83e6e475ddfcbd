//! Solutions with the Cholesky factor, level by level.

use super::Nested;
use crate::linalg::small::{backward, forward};

impl Nested {
    /// From the leaves to the root.
    pub(super) fn forward_sized<const P: usize>(&self, x: &mut [f64]) {
        for (f, rung) in self.rungs.iter().enumerate() {
            let (p, width) = (rung.size::<P>(), rung.width);
            let blocks = rung.factor.chunks_exact((p * width).max(1));
            for (level, block) in blocks.enumerate() {
                let (own, rest) = x[rung.first + level * p..].split_at_mut(p);
                forward(block, p, width, own);
                let offset = rung.first + (level + 1) * p;
                self.for_ancestors::<P>(f, level, |at, first, q| {
                    let above = &mut rest[first - offset..][..q];
                    for (r, own) in own.iter().enumerate() {
                        let terms = above.iter_mut().zip(&block[r * width + at..][..q]);
                        terms.for_each(|(x, b)| *x -= b * own);
                    }
                });
            }
        }
    }

    /// From the root to the leaves.
    pub(super) fn backward_sized<const P: usize>(&self, x: &mut [f64]) {
        for (f, rung) in self.rungs.iter().enumerate().rev() {
            let (p, width) = (rung.size::<P>(), rung.width);
            let blocks = rung.factor.chunks_exact((p * width).max(1));
            for (level, block) in blocks.enumerate() {
                let (own, rest) = x[rung.first + level * p..].split_at_mut(p);
                let offset = rung.first + (level + 1) * p;
                self.for_ancestors::<P>(f, level, |at, first, q| {
                    let above = &rest[first - offset..][..q];
                    for (r, own) in own.iter_mut().enumerate() {
                        let terms = block[r * width + at..][..q].iter().zip(above);
                        terms.for_each(|(b, x)| *own -= b * x);
                    }
                });
                backward(block, p, width, own);
            }
        }
    }

    /// Calls `visit(column in the block row, first effect in a vector, p)` for each level above.
    #[inline(always)]
    pub(super) fn for_ancestors<const P: usize>(
        &self,
        f: usize,
        level: usize,
        mut visit: impl FnMut(usize, usize, usize),
    ) {
        let (mut at, mut level) = (self.rungs[f].size::<P>(), level);
        for pair in self.rungs[f..].windows(2) {
            level = pair[0].parent[level] as usize;
            let (rung, p) = (&pair[1], pair[1].size::<P>());
            visit(at, rung.first + level * p, p);
            at += p;
        }
    }
}
