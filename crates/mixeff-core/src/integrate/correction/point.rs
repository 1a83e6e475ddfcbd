//! A shard at its mode: the expansion's coefficients, and the exact part of the correction.

use super::draws::Batch;
use crate::design::{Lambda, Model, Shard};
use crate::family::{pair, pairs, EXPANDED};
use crate::integrate::modes::{Scratch, ShardState};
use crate::integrate::products::{add_outer, add_zb, lambda_times, lambda_transposed_times, ztv};
use crate::linalg::vector::dot;
use crate::structure::System;

/// What all draws share. Vectors over the rows belong to the first predictor, unless they say otherwise.
pub struct Point<'a> {
    pub model: &'a Model,
    pub shard: &'a Shard,
    lambdas: &'a [Lambda],
    pub system: &'a dyn System,
    /// Standardised modes.
    u: &'a [f64],
    /// Linear predictors, log-densities, scores and packed weights at the mode, all predictors.
    pub eta: &'a [f64],
    pub l: &'a [f64],
    pub s: &'a [f64],
    pub w: &'a [f64],
    zs: &'a [f64],
    /// `m_i'V m_i`.
    pub h: Vec<f64>,
    /// `c_3`, then `c_4`.
    c: Vec<f64>,
    /// Their derivatives by all predictors.
    slope: Vec<f64>,
    /// `D_i`: derivative of the correction by `h_ii`.
    pub d: Vec<f64>,
    /// The exact part: its value, what `Lambda` gets of it, adjoints of the coefficients and of the weights.
    exact: Bars,
}

/// Adjoints of the rows' coefficients `c_3` and `c_4` and weights, and of `Lambda` for fixed modes.
#[derive(Clone)]
pub struct Bars {
    pub value: f64,
    pub c3: Vec<f64>,
    pub c4: Vec<f64>,
    pub w: Vec<f64>,
    pub lambda: Vec<Lambda>,
}

impl<'a> Point<'a> {
    /// Modes and factor must be current.
    pub fn new(
        model: &'a Model,
        shard: &'a Shard,
        lambdas: &'a [Lambda],
        state: &'a mut ShardState,
        scratch: &'a mut Scratch,
    ) -> Self {
        let n = shard.rows.len();
        let mut packed = vec![0.0; n * pairs(model.predictors.len())];
        state.system.invert();
        state.system.add_h(model, shard, lambdas, &mut packed);
        let (mut c, mut slope) = (
            vec![0.0; EXPANDED.len() * n],
            vec![0.0; EXPANDED.len() * scratch.eta.len()],
        );
        let rows = model.rows(shard);
        model
            .family
            .expansion(rows, &scratch.eta, &mut c, &mut slope);
        let exact = Bars {
            value: 0.0,
            c3: vec![0.0; n],
            c4: vec![0.0; n],
            w: vec![0.0; n],
            lambda: lambdas.iter().map(|l| Lambda::zeros(l.p)).collect(),
        };
        let mut point = Point {
            model,
            shard,
            lambdas,
            system: &*state.system,
            u: &state.u,
            eta: &scratch.eta,
            l: &scratch.l,
            s: &scratch.s,
            w: &scratch.w,
            zs: &scratch.zs,
            h: packed[..n].to_vec(),
            c,
            slope,
            d: vec![0.0; n],
            exact,
        };
        point.close();
        point
    }

    /// `sum 3 c_4 h^2 + 9 k'V k / 2`, and the adjoints of both, but for what goes through `V M'D M V`.
    fn close(&mut self) {
        let n = self.n();
        let mut weighted: Vec<f64> = (0..n).map(|i| self.c3()[i] * self.h[i]).collect();
        let mut t = vec![0.0; self.u.len()];
        let mut k = t.clone();
        self.transposed(&weighted, &mut t, &mut k);
        let mut vk = k.clone();
        self.system.solve(&mut vk);
        let mut along = vec![0.0; n];
        self.times(&vk, &mut t, &mut along);
        self.exact.value = 4.5 * dot(&k, &vk);
        for i in 0..n {
            let (h, c3, c4) = (self.h[i], self.c3()[i], self.c4()[i]);
            self.exact.value += 3.0 * c4 * h * h;
            self.d[i] = 6.0 * c4 * h + 9.0 * c3 * along[i];
            self.exact.c3[i] = 9.0 * h * along[i];
            self.exact.c4[i] = 3.0 * h * h;
            self.exact.w[i] = -4.5 * along[i] * along[i];
            weighted[i] -= self.w[i] * along[i];
        }
        let mut bar = std::mem::take(&mut self.exact.lambda);
        self.outer(9.0, &weighted, &vk, &mut t, &mut bar);
        self.exact.lambda = bar;
    }

    pub fn n(&self) -> usize {
        self.shard.rows.len()
    }

    pub fn effects(&self) -> usize {
        self.u.len()
    }

    pub fn c3(&self) -> &[f64] {
        &self.c[..self.n()]
    }

    pub fn c4(&self) -> &[f64] {
        &self.c[self.n()..2 * self.n()]
    }

    /// The exact part.
    pub fn exact(&self) -> Bars {
        self.exact.clone()
    }

    /// `out := M u`; `b` is work space over the effects.
    pub fn times(&self, u: &[f64], b: &mut [f64], out: &mut [f64]) {
        lambda_times(self.model, self.shard, self.lambdas, u, b);
        out.fill(0.0);
        add_zb(self.model, self.shard, b, out);
    }

    /// `out := M'v`.
    pub fn transposed(&self, v: &[f64], t: &mut [f64], out: &mut [f64]) {
        ztv(self.model, self.shard, v, t);
        lambda_transposed_times(self.model, self.shard, self.lambdas, t, out);
    }

    /// `Lambda_bar += alpha sum_i v_i z_i y'`.
    pub fn outer(&self, alpha: f64, v: &[f64], y: &[f64], t: &mut [f64], bar: &mut [Lambda]) {
        ztv(self.model, self.shard, v, t);
        add_outer(self.model, self.shard, alpha, t, y, bar);
    }

    /// From the adjoints of coefficients and weights through the modes to `beta` and `Lambda`.
    pub fn pull_back(&self, bars: Bars, batch: &mut Batch) {
        let (n, predictors) = (self.n(), self.model.predictors.len());
        let mut packed = vec![0.0; n * pairs(predictors)];
        packed[..n].copy_from_slice(&bars.w);
        let mut eta_bar = vec![0.0; n * predictors];
        let rows = self.model.rows(self.shard);
        self.model
            .family
            .third(rows, self.eta, &packed, &mut eta_bar);
        for (at, bar) in eta_bar.iter_mut().enumerate() {
            *bar += bars.c3[at % n] * self.slope[at];
            *bar += bars.c4[at % n] * self.slope[n * predictors + at];
        }
        batch.adjoint.lambda = bars.lambda;
        self.through_modes(&mut eta_bar, &mut batch.adjoint.lambda);
        self.model
            .add_xtv(self.shard, &eta_bar, &mut batch.adjoint.beta);
    }

    /// With `a = V M't`: `t := t - W M a`, `Lambda_bar += (Z't) u' + (Z's) a'`.
    fn through_modes(&self, eta_bar: &mut [f64], bar: &mut [Lambda]) {
        let n = self.n();
        let (mut t, mut a) = (vec![0.0; self.u.len()], vec![0.0; self.u.len()]);
        self.transposed(eta_bar, &mut t, &mut a);
        self.system.solve(&mut a);
        let mut ma = vec![0.0; n];
        self.times(&a, &mut t, &mut ma);
        let predictors = self.model.predictors.len();
        for d in 0..predictors {
            let w = &self.w[pair(predictors, 0, d) * n..][..n];
            let block = eta_bar[d * n..][..n].iter_mut();
            block
                .zip(w)
                .zip(&ma)
                .for_each(|((bar, w), ma)| *bar -= w * ma);
        }
        self.outer(1.0, eta_bar, self.u, &mut t, bar);
        add_outer(self.model, self.shard, 1.0, self.zs, &a, bar);
    }
}
