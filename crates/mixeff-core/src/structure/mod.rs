//! The curvature `H = Lambda' A Lambda + I` of the random effects of a shard, `A = Z'WZ`, and what the
//! integrals need of it: factor, solve, log-determinant, and the entries of the inverse on the pattern of `A`.
//!
//! Vectors of random effects are factor by factor, level by level, column by column.

mod blocks;
mod crossed;
mod nested;
mod panels;
mod schur;

pub use nested::{Blocks, Nested};

use crate::design::{Lambda, Model, Shard};

/// `H` of one shard.
pub trait System: Send + Sync {
    /// `A := Z'WZ` from the packed weights of the shard's rows.
    fn assemble(&mut self, model: &Model, shard: &Shard, w: &[f64]);
    /// Factors `H`. False if it is not positive definite.
    fn factor(&mut self, lambdas: &[Lambda]) -> bool;
    /// `log |H|`.
    fn log_det(&self) -> f64;
    /// `x := L^-1 x`, where `H = L L'` up to the order of the effects.
    fn forward(&self, x: &mut [f64]);
    /// `x := L^-T x`: of standard normal `x`, one with covariance `H^-1`.
    fn backward(&self, x: &mut [f64]);
    /// `x := H^-1 x`.
    fn solve(&self, x: &mut [f64]) {
        self.forward(x);
        self.backward(x);
    }
    /// The entries of `V = H^-1` on the pattern of `A`.
    fn invert(&mut self);
    /// `h_i += m_i' V m_i`, packed over pairs of predictors, `m_i = Lambda' z_i`.
    fn add_h(&self, model: &Model, shard: &Shard, lambdas: &[Lambda], h: &mut [f64]);
    /// `Q_f += sum over levels of (A Lambda V)_ff`: half the derivative of `log |H|` by `Lambda_f`.
    fn add_q(&self, lambdas: &[Lambda], q: &mut [Lambda]);
    /// The diagonal of `A`.
    fn a_diagonal(&self) -> Vec<f64>;
    /// The block of `A` of one level of factor `f`, `p x p`.
    fn level_block(&self, f: usize, level: usize) -> Vec<f64>;
    /// `out += A b`.
    fn add_a_times(&self, b: &[f64], out: &mut [f64]);
    /// The block of `V` of one level of factor `f`, `p x p`.
    fn level_inverse(&self, f: usize, level: usize) -> Vec<f64>;
    /// The block of `V` of one level of factor `f` and, nested, of the levels it lies in, one after the other.
    fn path_inverse(&self, f: usize, level: usize) -> Vec<f64> {
        self.level_inverse(f, level)
    }
    /// True if a factorisation costs much more than a pass over the rows.
    fn is_expensive(&self) -> bool {
        false
    }
    /// The system as the nested one that quadrature needs.
    fn as_nested(&mut self) -> Option<&mut Nested> {
        None
    }
}

/// The system of a shard.
pub fn system(model: &Model, shard: &Shard) -> Box<dyn System> {
    if model.nested {
        Box::new(Nested::new(model, shard))
    } else {
        Box::new(crossed::Crossed::new(model))
    }
}
