//! The two halves of a solve with `H`: elimination of factor 0 from a right-hand side, and back substitution.

use super::Crossed;
use crate::linalg::small::{backward, forward};
use crate::structure::panels::{gather_dot, scatter};

impl Crossed {
    /// The part of a vector that belongs to the factors that were not eliminated.
    pub(super) fn rest_of<'a>(&self, x: &'a mut [f64]) -> &'a mut [f64] {
        &mut x[self.n_levels * self.sizes[0]..]
    }

    /// `x_0 := L^-1 x_0` and `x_r := x_r - B'x_0`.
    pub(super) fn reduce(&self, x: &mut [f64]) {
        let p = self.sizes[0];
        let (own, rest) = x.split_at_mut(self.n_levels * p);
        for level in 0..self.n_levels {
            let y = &mut own[level * p..(level + 1) * p];
            forward(&self.own[self.own_range(level)], p, p, y);
            let touched = self.panels.touched_by(level);
            let b = &self.panel[self.panel_range(level)];
            for (y, b) in y.iter().zip(b.chunks_exact(touched.len().max(1))) {
                scatter(-y, touched, b, rest);
            }
        }
    }

    /// `x_0 := L^-T (x_0 - B x_r)`.
    pub(super) fn substitute(&self, x: &mut [f64]) {
        let p = self.sizes[0];
        let (own, rest) = x.split_at_mut(self.n_levels * p);
        for level in 0..self.n_levels {
            let y = &mut own[level * p..(level + 1) * p];
            let touched = self.panels.touched_by(level);
            let b = &self.panel[self.panel_range(level)];
            for (y, b) in y.iter_mut().zip(b.chunks_exact(touched.len().max(1))) {
                *y -= gather_dot(touched, b, rest);
            }
            backward(&self.own[self.own_range(level)], p, p, y);
        }
    }
}
