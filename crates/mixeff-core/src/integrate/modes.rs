//! The conditional modes of the random effects of a shard: Newton with step control, cluster by cluster.

use super::products::{add_zb, lambda_times, lambda_transposed_times, ztv};
use super::quadrature::Workspace;
use crate::design::members::{Members, Place, Runs};
use crate::design::{Lambda, Model, Shard};
use crate::family::{pair, pairs};
use crate::structure::System;

/// Newton decrement (twice the gain in log density that a step promises) at which a mode is found.
const DECREMENT: f64 = 1e-16;
/// Decrement from which rounding may keep the iteration from getting better.
const ROUNDING: f64 = 1e-9;
/// A stale factor is kept as long as each step takes the decrement down by this much.
const CONTRACTION: f64 = 0.1;
/// More iterations than any proper mode needs.
const ITERATIONS: usize = 300;

/// Work space for the rows and effects of one shard.
#[derive(Default)]
pub struct Scratch {
    /// `X beta + offset`.
    pub eta_fixed: Vec<f64>,
    /// Linear predictors at the current point.
    pub eta: Vec<f64>,
    /// Log-density by row.
    pub l: Vec<f64>,
    /// Score.
    pub s: Vec<f64>,
    /// Observed weights, packed.
    pub w: Vec<f64>,
    /// `m' V m`, packed.
    pub h: Vec<f64>,
    /// Contracted third derivatives.
    pub v: Vec<f64>,
    /// A vector over the rows.
    pub r: Vec<f64>,
    /// `Z's`, over the effects.
    pub zs: Vec<f64>,
    /// What the family holds of the predictors without random effects.
    held: Vec<f64>,
    /// Vectors over the effects.
    pub b: Vec<f64>,
    /// A second one.
    pub a: Vec<f64>,
    /// A third one.
    pub t: Vec<f64>,
    /// Of the nodes of quadrature.
    pub(super) nodes: Workspace,
    newton: Newton,
}

#[derive(Default)]
struct Newton {
    base: Vec<f64>,
    step: Vec<f64>,
    gradient: Vec<f64>,
    delta: Vec<f64>,
    phi: Vec<f64>,
    candidates: Vec<f64>,
}

impl Scratch {
    /// Sizes all vectors for a shard with `q` effects.
    pub fn resize(&mut self, model: &Model, shard: &Shard, q: usize) {
        let (n, d) = (shard.rows.len(), model.predictors.len());
        for v in [
            &mut self.eta_fixed,
            &mut self.eta,
            &mut self.s,
            &mut self.v,
            &mut self.r,
        ] {
            v.resize(n * d, 0.0);
        }
        for v in [&mut self.w, &mut self.h] {
            v.resize(n * pairs(d), 0.0);
        }
        self.l.resize(n, 0.0);
        for v in [&mut self.zs, &mut self.b, &mut self.a, &mut self.t] {
            v.resize(q, 0.0);
        }
        for v in [
            &mut self.newton.base,
            &mut self.newton.gradient,
            &mut self.newton.delta,
        ] {
            v.resize(q, 0.0);
        }
    }
}

/// What is kept of a shard between evaluations.
pub struct ShardState {
    /// Curvature of the random effects.
    pub system: Box<dyn System>,
    /// Standardised random effects: the last accepted mode, from which the next search starts.
    pub u: Vec<f64>,
    factored: bool,
}

impl ShardState {
    /// Modes at zero.
    pub fn new(model: &Model, shard: &Shard) -> Self {
        let q = model.n_effects(shard);
        ShardState {
            system: crate::structure::system(model, shard),
            u: vec![0.0; q],
            factored: false,
        }
    }
}

/// `eta := X beta + offset + Z Lambda u`.
pub fn linear_predictor(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    u: &[f64],
    scratch: &mut Scratch,
) {
    lambda_times(model, shard, lambdas, u, &mut scratch.b);
    scratch.eta.copy_from_slice(&scratch.eta_fixed);
    add_zb(model, shard, &scratch.b, &mut scratch.eta);
}

/// `log p(y_c | u_c) - u_c'u_c / 2` of each cluster.
pub fn cluster_log_densities(
    model: &Model,
    shard: &Shard,
    l: &[f64],
    u: &[f64],
    out: &mut Vec<f64>,
) {
    out.clear();
    out.extend((0..shard.clusters()).map(|c| -0.5 * cluster_square(model, shard, u, c)));
    let runs = Members::Runs(Runs {
        starts: &shard.cluster_rows,
        first: 0,
    });
    runs.add_sums([None, None], l, Place { stride: 1, at: 0 }, out);
}

/// `u_c'u_c`
fn cluster_square(model: &Model, shard: &Shard, u: &[f64], c: usize) -> f64 {
    let mut square = 0.0;
    for_cluster_effects(model, shard, c, |range| {
        square += u[range].iter().map(|u| u * u).sum::<f64>()
    });
    square
}

/// Calls `visit` with the ranges of effects of a cluster, factor by factor.
#[inline]
pub fn for_cluster_effects(
    model: &Model,
    shard: &Shard,
    c: usize,
    mut visit: impl FnMut(std::ops::Range<usize>),
) {
    let mut first = 0;
    for (f, factor) in model.factors.iter().enumerate() {
        let (p, levels) = (factor.p(), shard.levels_of(f, c));
        visit(first + p * levels.start..first + p * levels.end);
        first += p * shard.levels[f].len();
    }
}

/// Finds the modes from the warm start in `state.u`, given `scratch.eta_fixed`.
///
/// On success `state.u` is the mode; `eta, l, s, w, zs` in `scratch` and the factor of `state.system` belong to it;
/// the result is the sum over clusters of `log p(y | u) - u'u/2`. `None` outside the domain, or where the
/// curvature at the mode is not positive definite.
pub fn find(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
) -> Option<f64> {
    let mut newton = std::mem::take(&mut scratch.newton);
    let found = iterate(model, shard, lambdas, state, scratch, &mut newton);
    if found.is_none() {
        state.factored = false;
    }
    scratch.newton = newton;
    found
}

fn iterate(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
    newton: &mut Newton,
) -> Option<f64> {
    newton.start(shard, &state.u);
    let derivatives = Derivatives::new(model, shard, scratch);
    let mut last = f64::INFINITY;
    let mut keep = state.factored && state.system.is_expensive();
    let mut near = false;
    for _ in 0..ITERATIONS {
        linear_predictor(model, shard, lambdas, &state.u, scratch);
        if std::mem::take(&mut near) {
            let value = derivatives.at_mode(lambdas, state, scratch, newton);
            if value.is_some() {
                return value;
            }
        }
        derivatives.evaluate(scratch);
        if !newton.accept(model, shard, &scratch.l, &mut state.u) {
            continue;
        }
        newton.gradient(model, shard, lambdas, &state.u, scratch);
        let mut fresh = false;
        let mut proper = true;
        if !keep {
            proper = refactor(model, shard, lambdas, state, scratch)?;
            fresh = true;
        }
        let mut decrement = newton.direction(model, shard, state);
        if !fresh && decrement > DECREMENT && decrement > CONTRACTION * last {
            proper = refactor(model, shard, lambdas, state, scratch)?;
            fresh = true;
            decrement = newton.direction(model, shard, state);
        }
        keep = state.system.is_expensive();
        if decrement < DECREMENT || (decrement < ROUNDING && decrement > 0.25 * last) {
            if !fresh {
                proper = refactor(model, shard, lambdas, state, scratch)?;
            }
            let value = derivatives.finish(scratch, &state.u, newton);
            return (proper && value.is_finite()).then_some(value);
        }
        near = fresh && derivatives.first_only && expected(decrement, last) < 0.1 * DECREMENT;
        last = decrement;
        newton.advance(&mut state.u);
    }
    None
}

/// The decrement after a Newton step: in proportion to the square of the one before it.
fn expected(decrement: f64, last: f64) -> f64 {
    let ratio = decrement / last;
    let rate = if last.is_finite() { ratio / last } else { 1.0 };
    rate * decrement * decrement
}

/// The derivatives that the search needs: by the first predictor alone, if random effects stand in no other.
struct Derivatives<'a> {
    model: &'a Model,
    shard: &'a Shard,
    first_only: bool,
}

impl<'a> Derivatives<'a> {
    fn new(model: &'a Model, shard: &'a Shard, scratch: &mut Scratch) -> Self {
        let first_only = model.effects_in_first_only();
        scratch.held.clear();
        if first_only {
            // The predictors without random effects are those of the fixed part.
            let (rows, eta) = (model.rows(shard), &scratch.eta_fixed);
            model.family.hold(rows, eta, &mut scratch.held);
        }
        Derivatives {
            model,
            shard,
            first_only,
        }
    }

    /// At the linear predictors in `scratch`.
    fn evaluate(&self, scratch: &mut Scratch) {
        if !self.first_only {
            return self.evaluate_all(scratch);
        }
        let (rows, n) = (self.model.rows(self.shard), self.shard.rows.len());
        self.model.family.curvature_of_first(
            rows,
            &scratch.eta,
            &scratch.held,
            &mut scratch.l,
            &mut scratch.s[..n],
            &mut scratch.w[..n],
        );
    }

    /// The sum of a mode, if the point turns out to be one by all derivatives, which are then there without another pass.
    fn at_mode(
        &self,
        lambdas: &[Lambda],
        state: &mut ShardState,
        scratch: &mut Scratch,
        newton: &mut Newton,
    ) -> Option<f64> {
        let (model, shard) = (self.model, self.shard);
        self.evaluate_all(scratch);
        newton.gradient(model, shard, lambdas, &state.u, scratch);
        if !refactor(model, shard, lambdas, state, scratch)? {
            return None;
        }
        if newton.direction(model, shard, state) >= DECREMENT {
            return None;
        }
        let value = self.sum(scratch, &state.u, &mut newton.candidates);
        value.is_finite().then_some(value)
    }

    fn evaluate_all(&self, scratch: &mut Scratch) {
        self.model.family.curvature(
            self.model.rows(self.shard),
            &scratch.eta,
            &mut scratch.l,
            &mut scratch.s,
            &mut scratch.w,
        );
    }

    /// All derivatives at the modes, and the sum over clusters of `log p(y | u) - u'u/2`.
    fn finish(&self, scratch: &mut Scratch, u: &[f64], newton: &mut Newton) -> f64 {
        if !self.first_only {
            return newton.phi.iter().sum();
        }
        self.evaluate_all(scratch);
        self.sum(scratch, u, &mut newton.candidates)
    }

    fn sum(&self, scratch: &Scratch, u: &[f64], clusters: &mut Vec<f64>) -> f64 {
        cluster_log_densities(self.model, self.shard, &scratch.l, u, clusters);
        clusters.iter().sum()
    }
}

/// Assembles and factors `H`; where it is indefinite, a convex one in its place (and `false`). `None` if even that fails.
fn refactor(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
) -> Option<bool> {
    state.factored = true;
    state.system.assemble(model, shard, &scratch.w);
    if state.system.factor(lambdas) {
        return Some(true);
    }
    convexify(&scratch.w, model.predictors.len(), &mut scratch.h);
    state.system.assemble(model, shard, &scratch.h);
    state.factored = state.system.factor(lambdas);
    state.factored.then_some(false)
}

/// The non-negative diagonal of `W`.
fn convexify(w: &[f64], d: usize, out: &mut [f64]) {
    let n = w.len() / pairs(d);
    out.fill(0.0);
    for a in 0..d {
        let at = pair(d, a, a) * n;
        for (o, w) in out[at..at + n].iter_mut().zip(&w[at..at + n]) {
            *o = w.max(0.0);
        }
    }
}

impl Newton {
    fn start(&mut self, shard: &Shard, u: &[f64]) {
        self.base.copy_from_slice(u);
        self.delta.fill(0.0);
        self.phi.clear();
        self.phi.resize(shard.clusters(), f64::NEG_INFINITY);
        self.step.clear();
        self.step.resize(shard.clusters(), 1.0);
    }

    /// Keeps the clusters that did not get worse; halves the step of the others and says so.
    fn accept(&mut self, model: &Model, shard: &Shard, l: &[f64], u: &mut [f64]) -> bool {
        let mut all = true;
        cluster_log_densities(model, shard, l, u, &mut self.candidates);
        for c in 0..shard.clusters() {
            let phi = self.candidates[c];
            let slack = 1e-11 * (1.0 + self.phi[c].abs());
            let better =
                phi >= self.phi[c] - slack || self.phi[c] == f64::NEG_INFINITY && !phi.is_nan();
            if better || self.step[c] < 1e-12 {
                self.phi[c] = phi;
                for_cluster_effects(model, shard, c, |range| {
                    self.base[range.clone()].copy_from_slice(&u[range])
                });
            } else {
                all = false;
                self.step[c] *= 0.5;
                let step = self.step[c];
                for_cluster_effects(model, shard, c, |range| {
                    for i in range {
                        u[i] = self.base[i] + step * self.delta[i];
                    }
                });
            }
        }
        all
    }

    /// `Lambda' Z's - u`.
    fn gradient(
        &mut self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        u: &[f64],
        scratch: &mut Scratch,
    ) {
        ztv(model, shard, &scratch.s, &mut scratch.zs);
        lambda_transposed_times(model, shard, lambdas, &scratch.zs, &mut self.gradient);
        for (g, u) in self.gradient.iter_mut().zip(u) {
            *g -= u;
        }
    }

    /// The step, and the largest decrement of a cluster.
    fn direction(&mut self, model: &Model, shard: &Shard, state: &ShardState) -> f64 {
        self.delta.copy_from_slice(&self.gradient);
        state.system.solve(&mut self.delta);
        let mut largest = 0.0f64;
        for c in 0..shard.clusters() {
            let mut decrement = 0.0;
            for_cluster_effects(model, shard, c, |range| {
                decrement += self.gradient[range.clone()]
                    .iter()
                    .zip(&self.delta[range])
                    .map(|(g, d)| g * d)
                    .sum::<f64>();
            });
            largest = largest.max(decrement);
        }
        largest
    }

    fn advance(&mut self, u: &mut [f64]) {
        self.step.fill(1.0);
        for ((u, base), delta) in u.iter_mut().zip(&self.base).zip(&self.delta) {
            *u = base + delta;
        }
    }
}
