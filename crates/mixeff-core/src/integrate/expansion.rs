//! The sixth-order expansion of Laplace's integral: Raudenbush, Yang and Yosef (2000), for nested factors.
//!
//! Around the mode, `u = u^ + d` with `d ~ N(0, H^-1)`, the rows' log-densities leave the terms
//! `T_k = sum_i c_ki (m_i'd)^k`, `c_k = l^(k) / k!`, `k = 3, 4, ..`. With `h_ij = m_i'H^-1 m_j`,
//!
//! `x = E T_4 + E T_6 + E T_3^2 / 2 = sum_i ( 3 c_4 h_ii^2 + 15 c_6 h_ii^3 ) + sum_ij c_3i c_3j ( 9 h_ii h_ij h_jj + 6 h_ij^3 ) / 2`
//!
//! and `log L = Laplace + log(1 + x)` for each cluster. In coordinates `m~ = L^-1 m`, `H = L L'`, where `h_ij = m~_i'm~_j`, the
//! sums over pairs of rows are a vector and a tensor over the cluster: `k = sum_i c_3i h_ii m~_i`,
//! `S = sum_i c_3i m~_i (x) m~_i (x) m~_i`, and `9 k'k / 2 + 3 S:S`.
//!
//! With several levels `x` falls apart into the shares of the levels: what involves effects of a level and of those it lies
//! in, but none further down. The correction is `sum over levels of log(1 + x_level)`. It is the formula above where only one
//! factor varies, whichever it is, and grows with the number of clusters inside a cluster as the log-likelihood does.

mod nodes;

use super::adjoint::curvature_adjoint;
use super::marginal::Evaluation;
use super::modes::{find, Scratch, ShardState};
use super::products::{add_outer, lambda_transposed_times, ztv};
use crate::design::{Lambda, Model, Shard};
use crate::family::EXPANDED;
use crate::linalg::vector::axpy;
use crate::structure::{Blocks, Nested};
use nodes::Nodes;

/// The correction of a shard's log-likelihood, with its adjoints.
struct Correction {
    /// `sum log(1 + x)`.
    gain: f64,
    /// By the linear predictors.
    eta: Vec<f64>,
    /// By `Lambda`, with `H` and the mode held.
    lambda: Vec<Lambda>,
    /// By `L^-T`, on its pattern.
    root: Blocks,
}

/// The correction at the mode; factor and `scratch.eta` must be current. `None` where some `1 + x` is not positive.
fn correction(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &Scratch,
    inverse_root: &mut Blocks,
) -> Option<Correction> {
    let nested = state.system.as_nested()?;
    *inverse_root = nested.zeros();
    nested.set_inverse_root(inverse_root);
    let rows = Rows::new(model, shard, &scratch.eta);
    let mut pass = Pass::new(model, shard, lambdas, nested, inverse_root);
    let mut nodes = Nodes::new(model, shard);
    pass.over_rows(|pass, i| nodes.add(&pass.path, &pass.whitened, rows.c(i)));
    let gain = nodes.close()?;
    let mut out = Correction {
        gain,
        eta: vec![0.0; scratch.eta.len()],
        lambda: lambdas.iter().map(|l| Lambda::zeros(l.p)).collect(),
        root: nested.zeros(),
    };
    pass.over_rows(|pass, i| {
        let c_bar = nodes.adjoint(&pass.path, &pass.whitened, rows.c(i), &mut pass.bar);
        rows.pull_back(i, c_bar, &mut out.eta);
        pass.pull_back(i, &mut out);
    });
    Some(out)
}

/// Value and adjoints of a shard by the expansion.
pub fn evaluate_expansion(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
) -> Option<Evaluation> {
    let log_density = find(model, shard, lambdas, state, scratch)?;
    let mut out = Evaluation::zero(model);
    let mut root = Vec::new();
    let mut gain = correction(model, shard, lambdas, state, scratch, &mut root)?;
    out.value = 0.5 * state.system.log_det() - log_density - gain.gain;
    if let Some(nested) = state.system.as_nested() {
        nested.set_curvature_adjoint(&mut gain.root, &root);
    }
    ztv(model, shard, &gain.eta, &mut scratch.t);
    add_outer(model, shard, -1.0, &scratch.zs, &state.u, &mut out.lambda);
    add_outer(model, shard, -1.0, &scratch.t, &state.u, &mut out.lambda);
    for (bar, direct) in out.lambda.iter_mut().zip(&gain.lambda) {
        axpy(-1.0, &direct.values, &mut bar.values);
    }
    let mut mode_bar = vec![0.0; state.u.len()];
    lambda_transposed_times(model, shard, lambdas, &scratch.t, &mut mode_bar);
    mode_bar.iter_mut().for_each(|b| *b = -*b);
    let bar = Some(&mode_bar[..]);
    curvature_adjoint(model, shard, lambdas, state, scratch, bar, &mut out.lambda);
    axpy(-1.0, &scratch.s, &mut scratch.r);
    axpy(-1.0, &gain.eta, &mut scratch.r);
    model.add_xtv(shard, &scratch.r, &mut out.beta);
    Some(out)
}

/// The coefficients `c_3, c_4, c_6` of the rows, and their derivatives by the linear predictors.
struct Rows {
    n: usize,
    c: Vec<f64>,
    slope: Vec<f64>,
}

impl Rows {
    fn new(model: &Model, shard: &Shard, eta: &[f64]) -> Rows {
        let n = shard.rows.len();
        let mut rows = Rows {
            n,
            c: vec![0.0; EXPANDED.len() * n],
            slope: vec![0.0; EXPANDED.len() * eta.len()],
        };
        model
            .family
            .expansion(model.rows(shard), eta, &mut rows.c, &mut rows.slope);
        rows
    }

    fn c(&self, i: usize) -> [f64; 3] {
        std::array::from_fn(|k| self.c[k * self.n + i])
    }

    fn pull_back(&self, i: usize, c_bar: [f64; 3], eta_bar: &mut [f64]) {
        let length = eta_bar.len();
        for at in (i..length).step_by(self.n) {
            eta_bar[at] = (0..3).map(|k| c_bar[k] * self.slope[k * length + at]).sum();
        }
    }
}

/// A pass over the rows of a shard, leaf by leaf, with each row's `m` and `m~` along the path of its levels.
struct Pass<'a> {
    model: &'a Model,
    shard: &'a Shard,
    lambdas: &'a [Lambda],
    nested: &'a Nested,
    inverse_root: &'a Blocks,
    width: usize,
    /// The row's level of each factor.
    path: Vec<usize>,
    /// `L^-T` of the path.
    root: Vec<f64>,
    m: Vec<f64>,
    whitened: Vec<f64>,
    /// Adjoint of `m~`.
    bar: Vec<f64>,
}

impl<'a> Pass<'a> {
    fn new(
        model: &'a Model,
        shard: &'a Shard,
        lambdas: &'a [Lambda],
        nested: &'a Nested,
        inverse_root: &'a Blocks,
    ) -> Self {
        let width = model.sizes().iter().sum();
        Pass {
            model,
            shard,
            lambdas,
            nested,
            inverse_root,
            width,
            path: vec![0; model.factors.len()],
            root: vec![0.0; width * width],
            m: vec![0.0; width],
            whitened: vec![0.0; width],
            bar: vec![0.0; width],
        }
    }

    fn over_rows(&mut self, mut visit: impl FnMut(&mut Self, usize)) {
        let (model, shard) = (self.model, self.shard);
        let Some(leaves) = model.factors.first() else {
            return;
        };
        leaves.for_runs(&shard.rows, &shard.levels[0], |leaf, run| {
            for (f, level) in self.path.iter_mut().enumerate() {
                *level = self.nested.ancestor(0, leaf, f);
            }
            self.nested
                .along_path(self.inverse_root, 0, leaf, &mut self.root);
            for i in run {
                self.load(i);
                visit(self, i);
            }
        });
    }

    /// `m_i = Lambda'z_i` and `m~_i = L^-1 m_i`.
    fn load(&mut self, i: usize) {
        self.m.fill(0.0);
        let mut first = 0;
        for (factor, lambda) in self.model.factors.iter().zip(self.lambdas) {
            let p = lambda.p;
            for c in 0..p {
                let z = factor.column(c, &self.shard.rows).map_or(1.0, |z| z[i]);
                for e in 0..=c {
                    self.m[first + e] += lambda.values[c * p + e] * z;
                }
            }
            first += p;
        }
        for (j, out) in self.whitened.iter_mut().enumerate() {
            *out = (0..self.width)
                .map(|k| self.root[k * self.width + j] * self.m[k])
                .sum();
        }
    }

    /// From the adjoint of `m~_i = F'm_i` to those of `F = L^-T` and, by `m_i`, of `Lambda`.
    fn pull_back(&self, i: usize, out: &mut Correction) {
        let width = self.width;
        let mut first = 0;
        for (f, lambda_bar) in out.lambda.iter_mut().enumerate() {
            let (p, stride) = (lambda_bar.p, width - first);
            let block = &mut out.root[f][self.path[f] * p * stride..][..p * stride];
            for e in 0..p {
                let bar = &self.bar[first..];
                axpy(self.m[first + e], bar, &mut block[e * stride..][..stride]);
                let m_bar: f64 = (0..width)
                    .map(|k| self.root[(first + e) * width + k] * self.bar[k])
                    .sum();
                for c in e..p {
                    let z = self.model.factors[f].column(c, &self.shard.rows);
                    lambda_bar.values[c * p + e] += z.map_or(1.0, |z| z[i]) * m_bar;
                }
            }
            first += p;
        }
    }
}
