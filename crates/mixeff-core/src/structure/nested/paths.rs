//! The Cholesky factor `L` of `H` along the path from each level to the root, for the nodes of nested quadrature.
//!
//! [`Blocks`] keep one block row for each level, like the rungs: `p x width`, the columns of the level's own factor and then
//! of the factors above. `L^-T` and `L^-1 H L^-T` of two levels involve only the levels that both lie in.

use super::{Nested, Rung};
use crate::linalg::small::add_at_b;
use crate::structure::blocks::{backward_rows, forward_rows};

/// One block row for each level of each factor.
pub type Blocks = Vec<Vec<f64>>;

impl Nested {
    /// Numbers of columns of each factor together with those above.
    pub fn widths(&self) -> Vec<usize> {
        self.rungs.iter().map(|r| r.width).collect()
    }

    /// Block rows of zeros.
    pub fn zeros(&self) -> Blocks {
        self.rungs
            .iter()
            .map(|r| vec![0.0; r.n_levels * r.stride()])
            .collect()
    }

    /// The level of factor `g` that a level of factor `f` lies in.
    pub fn ancestor(&self, f: usize, level: usize, g: usize) -> usize {
        (f..g).fold(level, |level, h| self.rungs[h].parent[level] as usize)
    }

    /// The dense upper triangle of blocks of the path of a level of factor `f`: row after row the block rows of the level
    /// and of those above, each from its own columns on. `out` is `width x width`.
    pub fn along_path(&self, blocks: &Blocks, f: usize, level: usize, out: &mut [f64]) {
        gather(&self.rungs[f..], &blocks[f..], level, out);
    }

    /// The block rows of `L^-T`, from the root to the leaves: `[L_jj^-T, -L_jj^-T B F]`, `F` that of the levels above.
    pub fn set_inverse_root(&self, out: &mut Blocks) {
        let width = self.rungs.first().map_or(0, |r| r.width);
        let mut above = vec![0.0; width * width];
        for f in (0..self.rungs.len()).rev() {
            let rung = &self.rungs[f];
            let (low, high) = out.split_at_mut(f + 1);
            for level in 0..rung.n_levels {
                if let Some(&parent) = rung.parent.get(level) {
                    gather(&self.rungs[f + 1..], high, parent as usize, &mut above);
                }
                let block = &mut low[f][rung.range(level)];
                inverse_root_row(&rung.factor[rung.range(level)], &above, rung, block);
            }
        }
    }

    /// `V := L^-T Q L^-1` on the pattern of `H`, twice the adjoint of `H`, `Q = P + P'`, `P = Phi(R'L^-T + I)`, where `Phi`
    /// keeps the lower triangle and halves the diagonal. `r` holds `R` on the pattern of `L'` and is used up;
    /// `inverse_root` holds `L^-T`.
    pub fn set_curvature_adjoint(&mut self, r: &mut Blocks, inverse_root: &Blocks) {
        self.solve_blocks(r);
        for (rung, r) in self.rungs.iter().zip(r.iter_mut()) {
            for q in r.chunks_exact_mut(rung.stride()) {
                symmetrise(q, rung.p, rung.width);
            }
        }
        let width = self.rungs.first().map_or(0, |r| r.width);
        let mut scratch = vec![0.0; 3 * width * width];
        for f in 0..self.rungs.len() {
            let (width, n_levels) = (self.rungs[f].width, self.rungs[f].n_levels);
            let (q, rest) = scratch.split_at_mut(width * width);
            let (root, half) = rest.split_at_mut(width * width);
            for level in 0..n_levels {
                gather(&self.rungs[f..], &r[f..], level, q);
                gather(&self.rungs[f..], &inverse_root[f..], level, root);
                mirror(q, width);
                let rung = &mut self.rungs[f];
                let range = rung.range(level);
                sandwich(root, q, rung.p, width, half, &mut rung.inverse[range]);
            }
        }
    }

    /// `r := L^-1 r` on its pattern, from the leaves to the root.
    fn solve_blocks(&self, r: &mut Blocks) {
        for f in 0..self.rungs.len() {
            let rung = &self.rungs[f];
            let (low, high) = r.split_at_mut(f + 1);
            for level in 0..rung.n_levels {
                let factor = &rung.factor[rung.range(level)];
                let block = &mut low[f][rung.range(level)];
                forward_rows(factor, rung.width, rung.p, block, rung.width, rung.width);
                self.for_ancestors_of(f, level, |g, at, above| {
                    let target = &self.rungs[g];
                    add_at_b(
                        -1.0,
                        &factor[at..],
                        rung.width,
                        &block[at..],
                        rung.width,
                        &mut high[g - f - 1][target.range(above)],
                        target.width,
                        rung.p,
                        target.p,
                        target.width,
                    );
                });
            }
        }
    }

    /// Calls `visit(factor, first column in the block row, level)` for each level above.
    fn for_ancestors_of(&self, f: usize, level: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let (mut at, mut level) = (self.rungs[f].p, level);
        for g in f + 1..self.rungs.len() {
            level = self.rungs[g - 1].parent[level] as usize;
            visit(g, at, level);
            at += self.rungs[g].p;
        }
    }
}

/// The block rows of a level of the first rung and of those it lies in, as one dense matrix; zeros below the diagonal blocks.
fn gather(rungs: &[Rung], blocks: &[Vec<f64>], level: usize, out: &mut [f64]) {
    let width = rungs.first().map_or(0, |r| r.width);
    let (mut at, mut level) = (0, level);
    for (rung, blocks) in rungs.iter().zip(blocks) {
        let block = &blocks[rung.range(level)];
        for row in block.chunks_exact(rung.width) {
            let start = width - rung.width;
            let out = &mut out[at * width..(at + 1) * width];
            out[..start].fill(0.0);
            out[start..].copy_from_slice(row);
            at += 1;
        }
        level = rung.parent.get(level).map_or(0, |&l| l as usize);
    }
}

/// `L^-T [I, -B F]`.
fn inverse_root_row(factor: &[f64], above: &[f64], rung: &Rung, out: &mut [f64]) {
    let (p, width) = (rung.p, rung.width);
    let rest = width - p;
    for i in 0..p {
        let (own, row) = out[i * width..(i + 1) * width].split_at_mut(p);
        own.fill(0.0);
        own[i] = 1.0;
        for (j, x) in row.iter_mut().enumerate() {
            *x = -(0..=j)
                .map(|k| factor[i * width + p + k] * above[k * rest + j])
                .sum::<f64>();
        }
    }
    backward_rows(factor, width, p, out, width, width);
}

/// The lower triangle of the transposed own block plus the identity, on both sides of the diagonal.
fn symmetrise(q: &mut [f64], p: usize, width: usize) {
    for a in 0..p {
        q[a * width + a] += 1.0;
        for b in 0..a {
            q[a * width + b] = q[b * width + a];
        }
    }
}

/// The upper triangle into the lower one.
fn mirror(q: &mut [f64], width: usize) {
    for a in 0..width {
        for b in 0..a {
            q[a * width + b] = q[b * width + a];
        }
    }
}

/// The first `p` rows of `root q root'`; `root` is upper triangular in blocks.
fn sandwich(root: &[f64], q: &[f64], p: usize, width: usize, half: &mut [f64], out: &mut [f64]) {
    for i in 0..p {
        for j in 0..width {
            half[i * width + j] = (0..width)
                .map(|k| root[i * width + k] * q[k * width + j])
                .sum();
        }
        for j in 0..width {
            out[i * width + j] = (0..width)
                .map(|k| half[i * width + k] * root[j * width + k])
                .sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::small::cholesky;

    /// Two leaves with one effect each under a root with two.
    fn small() -> (Nested, Vec<f64>) {
        let rung = |p, width, first, n_levels, parent: &[u32], h: &[f64]| Rung {
            p,
            width,
            first,
            n_levels,
            parent: parent.to_vec(),
            a: vec![0.0; h.len()],
            factor: h.to_vec(),
            inverse: vec![0.0; h.len()],
        };
        // H by hand; its factor from the dense Cholesky, whose fill is on the pattern.
        let dense = [
            3.0, 0.0, 0.5, -0.2, 0.0, 2.0, 0.3, 0.4, 0.5, 0.3, 4.0, 0.6, -0.2, 0.4, 0.6, 5.0,
        ];
        let mut l = dense;
        assert!(cholesky(&mut l, 4, 4));
        let leaves = [l[0], l[8], l[12], l[5], l[9], l[13]];
        let root = [l[10], 0.0, l[14], l[15]];
        let nested = Nested {
            size: super::super::ANY,
            rungs: vec![
                rung(1, 3, 0, 2, &[0, 0], &leaves),
                rung(2, 2, 2, 1, &[], &root),
            ],
            log_det: 0.0,
            scratch: Vec::new(),
        };
        (nested, dense.to_vec())
    }

    #[test]
    fn the_inverse_root_squares_to_the_inverse() {
        let (nested, h) = small();
        let mut root = nested.zeros();
        nested.set_inverse_root(&mut root);
        let mut path = vec![0.0; 9];
        nested.along_path(&root, 0, 1, &mut path);
        // The second leaf with the root: rows and columns 1, 2, 3 of H^-1.
        let places = [1, 2, 3];
        for (i, &r) in places.iter().enumerate() {
            for (j, &c) in places.iter().enumerate() {
                let v = |i: usize, j: usize| -> f64 {
                    (0..3).map(|k| path[i * 3 + k] * path[j * 3 + k]).sum()
                };
                // H^-1 restricted to a path is the product of the path's roots.
                let product: f64 = (0..4).map(|k| h[r * 4 + k] * inverse_entry(&h, k, c)).sum();
                assert!((product - if r == c { 1.0 } else { 0.0 }).abs() < 1e-12);
                assert!((v(i, j) - inverse_entry(&h, r, c)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn without_a_gradient_the_adjoint_is_half_the_inverse() {
        let (mut nested, h) = small();
        let (mut r, mut root) = (nested.zeros(), nested.zeros());
        nested.set_inverse_root(&mut root);
        nested.set_curvature_adjoint(&mut r, &root);
        assert!((nested.rungs[0].inverse[5] - inverse_entry(&h, 1, 3)).abs() < 1e-12);
        assert!((nested.rungs[1].inverse[1] - inverse_entry(&h, 2, 3)).abs() < 1e-12);
    }

    fn inverse_entry(h: &[f64], r: usize, c: usize) -> f64 {
        let mut l = h.to_vec();
        assert!(cholesky(&mut l, 4, 4));
        let mut x = [0.0; 4];
        x[c] = 1.0;
        crate::linalg::small::forward(&l, 4, 4, &mut x);
        crate::linalg::small::backward(&l, 4, 4, &mut x);
        x[r]
    }
}
