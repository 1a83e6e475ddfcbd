//! Coordinates `z` in which the posterior is about standard normal; the map from them is exact, whatever the posterior.
//!
//! With the normal approximation at the mode, parameters are `p = p_hat + C z_p`, `C C'` their covariance, and the
//! random effects of a shard given the parameters are about `u = u_hat + J (p - p_hat) + L^-T z_u`, `L L' = H`.
//! But the standardised effects of a level have a mean `m` and a scale `R` that are no linear functions of the covariance
//! parameters. So
//!
//! ```text
//! u = m(p) + R(p) w,    w = (J - m') (p - p_hat) + L^-T z_u,
//! m = H_p^-1 Lambda' g,    g = A b_hat + Z's - Z'W X (beta - beta_hat),    R = L_p^-T L_p_hat'
//! ```
//!
//! with `m` and `R` those of a normal model of one level, its information `A` held at the mode and
//! `H_p = Lambda'A Lambda + I = L_p L_p'` ([`scalar`], [`block`]). This is the non-centred parametrisation where `A` is small,
//! the centred one where it is large, and what is best in between (Papaspiliopoulos, Roberts and Skoeld 2007).

mod block;
mod scalar;

use crate::joint::Joint;
use crate::mode::Mode;
use block::Block;
use mixeff_core::design::term::{lambdas, pull_back};
use mixeff_core::design::Lambda;
use mixeff_core::integrate::products::{for_factors, lambda_times};
use mixeff_core::integrate::{Local, Marginal};
use mixeff_core::linalg::small::cholesky;
use mixeff_core::linalg::vector::{axpy, dot};
use scalar::Scalar;
use std::ops::Range;

/// Slopes left after those of `m` are taken that are nothing but rounding.
const ROUNDING: f64 = 1e-9;

/// The effects of one factor within one shard. `g` and `u` hold the factor's own effects.
trait Bend: Send + Sync {
    /// The effects, within `u`.
    fn effects(&self) -> Range<usize>;
    /// `u := m + R u`; the result is `log |R|`.
    fn apply(&self, lambdas: &[Lambda], g: &[f64], u: &mut [f64]) -> f64;
    /// Adds the adjoints of `m + R w` and of `log |R|` to those of `Lambda`, turns `u_bar` into that of `w` and `g`
    /// into its own.
    fn pull_back(
        &self,
        lambdas: &[Lambda],
        g: &mut [f64],
        w: &[f64],
        u_bar: &mut [f64],
        bars: &mut [Lambda],
    );
    /// `dm` for `dLambda` and `dg`.
    fn tangent(&self, lambdas: &[Lambda], g: &[f64], d: &[Lambda], dg: &[f64], dm: &mut [f64]);
}

/// The map.
pub struct Whitening {
    centre: Vec<f64>,
    /// `C`, lower triangle, row by row.
    factor: Vec<f64>,
    /// The shards; `pull` here is `g` at the mode, `slopes` are `J - m'` by `(psi, beta)`, empty where they are zero.
    locals: Vec<Local>,
    bends: Vec<Box<dyn Bend>>,
}

/// What `apply` leaves for `pull_back`, and work space.
#[derive(Default)]
pub struct Trace {
    /// `w` and `g` of all effects.
    w: Vec<f64>,
    g: Vec<f64>,
    psi: Vec<f64>,
    theta: Vec<f64>,
    lambdas: Vec<Lambda>,
    bars: Vec<Lambda>,
    theta_bar: Vec<f64>,
}

impl Trace {
    /// Covariance parameters at `psi`.
    fn set(&mut self, joint: &Joint, psi: &[f64]) {
        joint.start_adjoint(&mut self.lambdas, &mut self.bars, &mut self.theta);
        self.theta_bar.resize(self.theta.len(), 0.0);
        self.psi.clear();
        self.psi.extend_from_slice(psi);
        joint.space.theta(psi, &mut self.theta);
        joint.fill_lambdas(&self.theta, &mut self.lambdas);
    }
}

impl Whitening {
    /// The map at a mode. `None` if the modes of the random effects cannot be found there.
    pub fn new(joint: &Joint, mode: &Mode) -> Option<Whitening> {
        let model = &joint.model;
        let (psi, beta) = mode.parameters.split_at(joint.space.dim());
        let theta = joint.theta(psi);
        let at = lambdas(&model.terms, &model.sizes(), &theta);
        let mut locals = Marginal::new(model).into_local(beta, &theta)?;
        let jacobian = joint.space.jacobian(psi);
        let n = mode.parameters.len();
        let mut factor = mode.precision.cholesky()?.inverse().values;
        cholesky(&mut factor, n, n).then_some(())?;
        for (shard, local) in model.shards.iter().zip(&mut locals) {
            let mut b = local.mode.clone();
            lambda_times(model, shard, &at, &local.mode, &mut b);
            local.slopes = by_parameters(local, &jacobian, psi.len(), beta.len());
            for_factors(model, shard, |f, part| {
                add_information_times(local, f, &b[part.clone()], part);
            });
        }
        let mut whitening = Whitening {
            centre: mode.parameters.clone(),
            factor,
            bends: bends(joint, &at, &locals),
            locals,
        };
        whitening.take_means_from_slopes(joint, &at, &jacobian);
        Some(whitening)
    }

    /// `J := J - m'`.
    fn take_means_from_slopes(&mut self, joint: &Joint, at: &[Lambda], jacobian: &[f64]) {
        let (model, n_psi) = (&joint.model, joint.space.dim());
        let direction = |k: usize| {
            let theta: Vec<f64> = jacobian.chunks_exact(n_psi).map(|row| row[k]).collect();
            lambdas(&model.terms, &model.sizes(), &theta)
        };
        let directions: Vec<Vec<Lambda>> = (0..n_psi).map(direction).collect();
        let still: Vec<Lambda> = model.sizes().into_iter().map(Lambda::zeros).collect();
        for (shard, (local, range)) in self.locals.iter_mut().zip(joint.effects()).enumerate() {
            let q = range.len();
            let size = local.slopes.iter().fold(0.0f64, |a, s| a.max(s.abs()));
            let zeros = vec![0.0; q];
            let mut dm = vec![0.0; q];
            for (k, slope) in local.slopes.chunks_exact_mut(q.max(1)).enumerate() {
                let (d, dg) = match k.checked_sub(n_psi) {
                    None => (&directions[k], &zeros[..]),
                    Some(k) => (&still, &local.coupling[k * q..(k + 1) * q]),
                };
                for bend in &self.bends {
                    let all = bend.effects();
                    if joint.shard_of(all.start) == shard && !all.is_empty() {
                        let own = all.start - range.start..all.end - range.start;
                        let (g, dg) = (&local.pull[own.clone()], &dg[own.clone()]);
                        bend.tangent(at, g, d, dg, &mut dm[own]);
                    }
                }
                axpy(-1.0, &dm, slope);
            }
            if local.slopes.iter().all(|s| s.abs() <= ROUNDING * size) {
                local.slopes.clear();
            }
        }
    }

    /// `x` at `z`; the result is `log |dx / dz|` up to a constant.
    pub fn apply(&self, joint: &Joint, z: &[f64], x: &mut [f64], trace: &mut Trace) -> f64 {
        let n = self.centre.len();
        let (z_p, z_u) = z.split_at(n);
        let (p, u) = x.split_at_mut(n);
        for i in 0..n {
            p[i] = dot(&self.factor[i * n..=i * n + i], &z_p[..=i]);
        }
        let moved_beta = &p[joint.space.dim()..];
        u.copy_from_slice(z_u);
        trace.g.resize(u.len(), 0.0);
        for (local, range) in self.locals.iter().zip(joint.effects()) {
            let (u, g) = (&mut u[range.clone()], &mut trace.g[range.clone()]);
            local.system.backward(u);
            let q = u.len().max(1);
            for (slope, moved) in local.slopes.chunks_exact(q).zip(&*p) {
                axpy(*moved, slope, u);
            }
            g.copy_from_slice(&local.pull);
            for (coupling, moved) in local.coupling.chunks_exact(q).zip(moved_beta) {
                axpy(*moved, coupling, g);
            }
        }
        trace.w.clear();
        trace.w.extend_from_slice(u);
        axpy(1.0, &self.centre, p);
        trace.set(joint, &p[..joint.space.dim()]);
        let mut log_det = 0.0;
        for bend in &self.bends {
            let range = bend.effects();
            log_det += bend.apply(&trace.lambdas, &trace.g[range.clone()], &mut u[range]);
        }
        log_det
    }

    /// The gradient by `z` of a function with gradient `gradient` by `x`, and of `log |dx / dz|`, where `apply` left
    /// `trace`; `gradient` is used up.
    pub fn pull_back(
        &self,
        joint: &Joint,
        trace: &mut Trace,
        gradient: &mut [f64],
        out: &mut [f64],
    ) {
        let n = self.centre.len();
        let (p_bar, u_bar) = gradient.split_at_mut(n);
        trace.bars.iter_mut().for_each(|bar| bar.values.fill(0.0));
        for bend in &self.bends {
            let range = bend.effects();
            bend.pull_back(
                &trace.lambdas,
                &mut trace.g[range.clone()],
                &trace.w[range.clone()],
                &mut u_bar[range],
                &mut trace.bars,
            );
        }
        let (psi_bar, beta_bar) = p_bar.split_at_mut(joint.space.dim());
        trace.theta_bar.fill(0.0);
        pull_back(&joint.model.terms, &trace.bars, &mut trace.theta_bar);
        joint.space.pull_back(&trace.psi, &trace.theta_bar, psi_bar);
        for (local, range) in self.locals.iter().zip(joint.effects()) {
            let g_bar = &trace.g[range.clone()];
            for (coupling, bar) in local
                .coupling
                .chunks_exact(g_bar.len().max(1))
                .zip(&mut *beta_bar)
            {
                *bar += dot(coupling, g_bar);
            }
        }
        for (local, range) in self.locals.iter().zip(joint.effects()) {
            let u_bar = &mut u_bar[range.clone()];
            for (slope, bar) in local
                .slopes
                .chunks_exact(u_bar.len().max(1))
                .zip(&mut *p_bar)
            {
                *bar += dot(slope, u_bar);
            }
            local.system.forward(u_bar);
        }
        let (out_p, out_u) = out.split_at_mut(n);
        out_u.copy_from_slice(u_bar);
        for j in 0..n {
            out_p[j] = (j..n).map(|i| self.factor[i * n + j] * p_bar[i]).sum();
        }
    }
}

/// `pull += A b` over the levels of factor `f`, `A` what the map takes for their information.
fn add_information_times(local: &mut Local, f: usize, b: &[f64], part: Range<usize>) {
    let levels = local.mode.len().max(1);
    let p = (1..=levels)
        .find(|p| local.system.level_block(f, 0).len() == p * p)
        .unwrap_or(1);
    let pull = local.pull[part].chunks_exact_mut(p).zip(b.chunks_exact(p));
    for (level, (pull, b)) in pull.enumerate() {
        let a = block::convex(local.system.level_block(f, level), p);
        for (i, pull) in pull.iter_mut().enumerate() {
            *pull += dot(&a[i * p..(i + 1) * p], b);
        }
    }
}

/// The factors, shard by shard.
fn bends(joint: &Joint, at: &[Lambda], locals: &[Local]) -> Vec<Box<dyn Bend>> {
    let model = &joint.model;
    let mut found: Vec<Box<dyn Bend>> = Vec::new();
    for ((shard, local), range) in model.shards.iter().zip(locals).zip(joint.effects()) {
        for_factors(model, shard, |f, part| {
            let effects = range.start + part.start..range.start + part.end;
            found.push(match at[f].p {
                1 => Box::new(Scalar::new(effects, f, &at[f], local)),
                _ => Box::new(Block::new(effects, f, &at[f], local)),
            });
        });
    }
    found
}

/// Slopes by `(psi, beta)` from those by `(beta, theta)`.
fn by_parameters(local: &Local, jacobian: &[f64], n_psi: usize, n_beta: usize) -> Vec<f64> {
    let q = local.mode.len();
    let (by_beta, by_theta) = local.slopes.split_at(q * n_beta);
    let mut slopes = vec![0.0; q * n_psi];
    for (k, slope) in slopes.chunks_exact_mut(q.max(1)).enumerate() {
        for (t, by_theta) in by_theta.chunks_exact(q.max(1)).enumerate() {
            axpy(jacobian[t * n_psi + k], by_theta, slope);
        }
    }
    slopes.extend(by_beta);
    slopes
}
