//! Gauss-Hermite quadrature over nested levels, adaptive or ordinary, with the exact gradient.
//!
//! Let `u^` be the joint mode of the effects of a top-level cluster and `H = L L'` the block Cholesky factor there, leaves first
//! (Pinheiro and Chao 2006). The nodes are `u = u^ + L^-T z`: a level's effects at a node involve its own coordinates `z` and
//! those of the levels it lies in, inner centres moving with the outer deviation, and the integral over each child is taken at
//! every node of its parent,
//!
//! `log L = -log |L| + log sum_k exp(log w_k + z_k'z_k / 2 + g(u_k))`, `g(u) = log p(y | u) - u'u / 2`.
//!
//! The ordinary rule has its nodes at `u = z`.

mod items;
mod leaves;
mod loops;
mod sums;
mod walk;

use super::adjoint::curvature_adjoint;
use super::grid::Grid;
use super::marginal::{lift_matrix, lift_vectors, Evaluation};
use super::modes::{find, Scratch, ShardState};
use crate::design::{Lambda, Model, Shard};
use crate::structure::{Blocks, Nested};
use sums::{Adjoints, Sums};
pub use walk::Workspace;
use walk::{Centre, Walk};

/// A grid, and where it is put.
#[derive(Clone, Debug)]
pub struct Quadrature {
    /// The rules of all factors.
    pub grid: Grid,
    /// About the joint mode; else about zero.
    pub adaptive: bool,
}

impl Quadrature {
    /// Minus the log-likelihood of a shard with its gradient.
    pub fn evaluate(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        state: &mut ShardState,
        scratch: &mut Scratch,
    ) -> Option<Evaluation> {
        let mut out = Evaluation::zero(model);
        if self.adaptive {
            find(model, shard, lambdas, state, scratch)?;
            out.value = 0.5 * state.system.log_det();
        }
        let (spread, sums) = self.sums(model, shard, lambdas, state, scratch)?;
        out.value -= sums.log_integral;
        let nested = state.system.as_nested()?;
        let u = self.centre(&state.u);
        let mut adjoints = sums.adjoints(model, shard, lambdas, nested, &u, &spread);
        scratch.r.fill(0.0);
        if self.adaptive {
            nested.set_curvature_adjoint(&mut adjoints.big_r, &spread);
            let bar: Vec<f64> = adjoints.r.iter().map(|r| -r).collect();
            let lambda_bar = &mut out.lambda;
            curvature_adjoint(
                model,
                shard,
                lambdas,
                state,
                scratch,
                Some(&bar),
                lambda_bar,
            );
        }
        subtract_direct(&adjoints, &mut out.lambda);
        for (r, s) in scratch.r.iter_mut().zip(&sums.score) {
            *r -= s;
        }
        model.add_xtv(shard, &scratch.r, &mut out.beta);
        Some(out)
    }

    /// Means and covariances of `b`, factor by factor; the modes must be current.
    pub fn moments(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        state: &mut ShardState,
        scratch: &mut Scratch,
    ) -> Option<Vec<(Vec<f64>, Vec<f64>)>> {
        let (spread, sums) = self.sums(model, shard, lambdas, state, scratch)?;
        let nested = state.system.as_nested()?;
        let moments = sums.moments(model, shard, nested, &self.centre(&state.u), &spread);
        let lifted = moments
            .into_iter()
            .zip(lambdas)
            .map(|((mean, cov), lambda)| {
                let cov = cov.chunks_exact(lambda.p * lambda.p);
                let cov = cov.flat_map(|v| lift_matrix(lambda, v)).collect();
                (lift_vectors(lambda, &mean), cov)
            });
        Some(lifted.collect())
    }

    /// Runs over the nodes. For the adaptive rule the modes, `scratch.eta` and the factor must be current.
    fn sums(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        state: &mut ShardState,
        scratch: &mut Scratch,
    ) -> Option<(Blocks, Sums)> {
        let nested: &Nested = state.system.as_nested()?;
        let spread = self.spread(nested);
        let loads = loads(nested, lambdas, &spread);
        let u = self.centre(&state.u);
        let mut sums = Sums::new(nested, u.len(), shard.rows.len(), model.predictors.len());
        let centre = Centre {
            nested,
            u: &u,
            spread: &spread,
            loads: &loads,
            eta: if self.adaptive {
                &scratch.eta
            } else {
                &scratch.eta_fixed
            },
        };
        Walk::new(model, shard, &self.grid, centre, &mut scratch.nodes).run(&mut sums)?;
        Some((spread, sums))
    }

    /// `E` in `u = u^ + E z`.
    fn spread(&self, nested: &Nested) -> Blocks {
        let mut spread = nested.zeros();
        if self.adaptive {
            nested.set_inverse_root(&mut spread);
            return spread;
        }
        for ((blocks, width), tier) in spread.iter_mut().zip(nested.widths()).zip(&self.grid.tiers)
        {
            for block in blocks.chunks_exact_mut(width * tier.p) {
                (0..tier.p).for_each(|c| block[c * width + c] = 1.0);
            }
        }
        spread
    }

    /// `u^`.
    fn centre(&self, mode: &[f64]) -> Vec<f64> {
        if self.adaptive {
            mode.to_vec()
        } else {
            vec![0.0; mode.len()]
        }
    }
}

/// `Lambda E`, level by level.
fn loads(nested: &Nested, lambdas: &[Lambda], spread: &Blocks) -> Blocks {
    let mut loads = nested.zeros();
    for (((loads, spread), lambda), width) in loads
        .iter_mut()
        .zip(spread)
        .zip(lambdas)
        .zip(nested.widths())
    {
        let size = lambda.p * width;
        for (out, e) in loads.chunks_exact_mut(size).zip(spread.chunks_exact(size)) {
            for r in 0..lambda.p {
                for k in 0..=r {
                    let (value, row) = (lambda.values[r * lambda.p + k], k * width);
                    for w in 0..width {
                        out[r * width + w] += value * e[row + w];
                    }
                }
            }
        }
    }
    loads
}

fn subtract_direct(adjoints: &Adjoints, bar: &mut [Lambda]) {
    for (bar, direct) in bar.iter_mut().zip(&adjoints.lambda) {
        for (bar, direct) in bar.values.iter_mut().zip(&direct.values) {
            *bar -= direct;
        }
    }
}
