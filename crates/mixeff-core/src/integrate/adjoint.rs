//! The part of the gradient that flows back through the mode and the curvature; the same for Laplace and quadrature.

use super::modes::{Scratch, ShardState};
use super::products::{add_outer, add_zb, lambda_times, lambda_transposed_times, ztv};
use crate::design::{Lambda, Model, Shard};
use crate::family::pair;
use crate::linalg::vector::{add_product, scaled_difference};

/// Adds the adjoints of `f` that pass through the curvature `H` and the mode.
///
/// The system holds `V`, twice the adjoint of `H` (for Laplace `H^-1`). `mode_bar` is the adjoint of the mode that does
/// not come through `H` (for Laplace zero). With `h_i = m_i' V m_i`, `v = W' * h` and
/// `a = H^-1 (M'v + 2 mode_bar)`:
///
/// `t = (v - W * (M a)) / 2`, `beta_bar += X't`, `Lambda_bar += (Z't) u' + sum_i W_i z_i (V m_i)' + (Z's) a' / 2`.
///
/// Leaves `t` in `scratch.r`; `X't` is left to the caller, who has more to add before the pass over `X`.
pub fn curvature_adjoint(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
    mode_bar: Option<&[f64]>,
    lambda_bar: &mut [Lambda],
) {
    scratch.h.fill(0.0);
    state.system.add_h(model, shard, lambdas, &mut scratch.h);
    let (rows, eta) = (model.rows(shard), &scratch.eta);
    if model.effects_in_first_only() {
        let h = &scratch.h[..rows.len()];
        model.family.third_of_first(rows, eta, h, &mut scratch.v);
    } else {
        model.family.third(rows, eta, &scratch.h, &mut scratch.v);
    }
    ztv(model, shard, &scratch.v, &mut scratch.t);
    lambda_transposed_times(model, shard, lambdas, &scratch.t, &mut scratch.a);
    if let Some(bar) = mode_bar {
        scratch
            .a
            .iter_mut()
            .zip(bar)
            .for_each(|(a, bar)| *a += 2.0 * bar);
    }
    state.system.solve(&mut scratch.a);
    lambda_times(model, shard, lambdas, &scratch.a, &mut scratch.b);
    let mut ma = std::mem::take(&mut scratch.r);
    ma.fill(0.0);
    add_zb(model, shard, &scratch.b, &mut ma);
    half_difference(model.predictors.len(), &scratch.w, &mut scratch.v, &mut ma);
    scratch.r = ma;
    ztv(model, shard, &scratch.r, &mut scratch.t);
    add_outer(model, shard, 1.0, &scratch.t, &state.u, lambda_bar);
    add_outer(model, shard, 0.5, &scratch.zs, &scratch.a, lambda_bar);
    state.system.add_q(lambdas, lambda_bar);
}

/// `ma := (v - W ma) / 2`, row by row; `v` is lost.
fn half_difference(d: usize, w: &[f64], v: &mut Vec<f64>, ma: &mut Vec<f64>) {
    if d == 1 {
        return scaled_difference(0.5, v, 0.5, w, ma);
    }
    let n = v.len() / d;
    v.iter_mut().for_each(|v| *v *= 0.5);
    ma.iter_mut().for_each(|ma| *ma *= -0.5);
    for (a, v) in v.chunks_exact_mut(n.max(1)).enumerate() {
        for (b, ma) in ma.chunks_exact(n.max(1)).enumerate() {
            add_product(&w[pair(d, a, b) * n..][..n], ma, v);
        }
    }
    std::mem::swap(v, ma);
}
