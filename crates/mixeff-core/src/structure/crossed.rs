//! Crossed grouping factors: the factor with most levels is eliminated, the others stay in a Schur complement.
//!
//! With factor 0 eliminated, `H_00` is block diagonal, `B = L^-1 H_0r` has one panel per level over the
//! effects of the remaining factors that the level touches, and `S = H_rr - B'B`.

mod leverage;
mod solve;

use super::blocks::{
    add_a_lambda_v, add_at_lambda_v, backward_rows, forward_rows, sandwich, sandwich_part, spread,
};
use super::panels::{Pair, Panels};
use super::schur::{schur, Schur};
use super::System;
use crate::design::factor::coupling;
use crate::design::{Column, Lambda, Levels, Model, Shard};
use crate::linalg::small::{cholesky, inverse_from_cholesky};
use crate::linalg::vector::dot;
use std::ops::Range;

/// `H` for crossed factors.
pub struct Crossed {
    sizes: Vec<usize>,
    panels: Panels,
    n_levels: usize,
    /// `A_00`, then `L`, then `V_00`, one `p x p` block per level.
    a_own: Vec<f64>,
    own: Vec<f64>,
    v_own: Vec<f64>,
    /// `A_0r`, `B`, `V_0r`, one `p x touched` panel per level.
    a_panel: Vec<f64>,
    panel: Vec<f64>,
    v_panel: Vec<f64>,
    schur: Box<dyn Schur>,
    log_det_own: f64,
}

impl Crossed {
    /// The system of a crossed model, without numbers yet.
    pub fn new(model: &Model) -> Crossed {
        let sizes = model.sizes();
        let panels = Panels::new(model);
        let (p, n_levels) = (sizes[0], model.factors[0].n_levels);
        let schur = schur(panels.n_rest(), || panels.pattern(&sizes));
        let (own, panel) = (n_levels * p * p, panels.touched.len() * p);
        Crossed {
            sizes,
            n_levels,
            a_own: vec![0.0; own],
            own: vec![0.0; own],
            v_own: vec![0.0; own],
            a_panel: vec![0.0; panel],
            panel: vec![0.0; panel],
            v_panel: vec![0.0; panel],
            schur,
            panels,
            log_det_own: 0.0,
        }
    }

    fn own_range(&self, level: usize) -> Range<usize> {
        let size = self.sizes[0] * self.sizes[0];
        level * size..(level + 1) * size
    }

    fn panel_range(&self, level: usize) -> Range<usize> {
        let p = self.sizes[0];
        self.panels.starts[level] as usize * p..self.panels.starts[level + 1] as usize * p
    }

    /// First effect of a level of a remaining factor.
    fn effect(&self, factor: usize, level: u32) -> usize {
        self.panels.first[factor - 1] + level as usize * self.sizes[factor]
    }

    /// The block of a level, from those of factor 0 or from those of the pairs.
    fn own_block(
        &self,
        f: usize,
        level: usize,
        own: &[f64],
        of: impl Fn(&Pair) -> &[f64],
    ) -> Vec<f64> {
        if f == 0 {
            return own[self.own_range(level)].to_vec();
        }
        let size = self.sizes[f] * self.sizes[f];
        let mut pairs = self.panels.pairs.iter();
        let found = pairs.find(|pair| pair.g == f && pair.h == f);
        found.map_or_else(Vec::new, |pair| {
            of(pair)[level * size..(level + 1) * size].to_vec()
        })
    }

    /// Room for the largest block.
    fn small_block(&self) -> Vec<f64> {
        let largest = self.sizes.iter().max().copied().unwrap_or(0);
        vec![0.0; largest * largest]
    }

    /// `H_rr` before the elimination.
    fn fill_rest(&mut self, lambdas: &[Lambda]) {
        self.schur.clear();
        let (mut block, mut half) = (self.small_block(), self.small_block());
        for pair in &self.panels.pairs {
            let (g, h) = (pair.g, pair.h);
            let (m, n) = (self.sizes[g], self.sizes[h]);
            for (k, a) in pair.a.chunks_exact(m * n).enumerate() {
                sandwich(&lambdas[g], a, n, &lambdas[h], &mut block, n, &mut half);
                let j = self.effect(g, pair.level_g[k]);
                let i = self.effect(h, pair.level_h[k]);
                for c in 0..m {
                    for r in 0..n {
                        if g != h || r >= c {
                            let unit = if g == h && r == c { 1.0 } else { 0.0 };
                            self.schur.add(i + r, j + c, block[c * n + r] + unit);
                        }
                    }
                }
            }
        }
    }

    /// Factors one level of factor 0 and takes its part from the Schur complement.
    fn eliminate(&mut self, level: usize, lambdas: &[Lambda], half: &mut [f64]) -> bool {
        let p = self.sizes[0];
        let (own_range, panel_range) = (self.own_range(level), self.panel_range(level));
        let touched = self.panels.touched_by(level);
        let k = touched.len();
        let own = &mut self.own[own_range.clone()];
        sandwich(
            &lambdas[0],
            &self.a_own[own_range],
            p,
            &lambdas[0],
            own,
            p,
            half,
        );
        for c in 0..p {
            own[c * p + c] += 1.0;
        }
        if !cholesky(own, p, p) {
            return false;
        }
        let a = &self.a_panel[panel_range.clone()];
        let b = &mut self.panel[panel_range];
        for (factor, part) in self.panels.parts(level) {
            sandwich_part(
                &lambdas[0],
                &a[part.start..],
                &lambdas[factor],
                &mut b[part.start..],
                k,
                part.len(),
                half,
            );
        }
        forward_rows(own, p, p, b, k, k);
        self.schur.subtract_gram(touched, b, p);
        true
    }

    fn invert_level(&mut self, level: usize, scratch: &mut Vec<f64>) {
        let p = self.sizes[0];
        let (own_range, panel_range) = (self.own_range(level), self.panel_range(level));
        let touched = self.panels.touched_by(level);
        let k = touched.len();
        scratch.clear();
        scratch.extend_from_slice(&self.panel[panel_range.clone()]);
        backward_rows(&self.own[own_range.clone()], p, p, scratch, k, k);
        let v = &mut self.v_panel[panel_range];
        self.schur.minus_times_inverse(touched, scratch, p, v);
        let own = &mut self.v_own[own_range.clone()];
        inverse_from_cholesky(&self.own[own_range], p, p, own);
        for i in 0..p {
            for j in 0..p {
                own[i * p + j] -= dot(&v[i * k..(i + 1) * k], &scratch[j * k..(j + 1) * k]);
            }
        }
    }

    /// The blocks of `V` of the levels that occur together.
    fn invert_pairs(&mut self) {
        for pair in &mut self.panels.pairs {
            let (m, n) = (self.sizes[pair.g], self.sizes[pair.h]);
            for (k, v) in pair.v.chunks_exact_mut(m * n).enumerate() {
                let j = self.panels.first[pair.g - 1] + pair.level_g[k] as usize * m;
                let i = self.panels.first[pair.h - 1] + pair.level_h[k] as usize * n;
                for (e, v) in v.iter_mut().enumerate() {
                    let (a, b) = (i + e % n, j + e / n);
                    *v = self.schur.inverse_at(a.max(b), a.min(b));
                }
            }
        }
    }
}

/// All pairs of columns of two factors with the weights that couple them.
fn for_column_pairs<'a>(
    model: &'a Model,
    shard: &Shard,
    g: usize,
    h: usize,
    w: &'a [f64],
    mut visit: impl FnMut(usize, usize, Option<&'a [f64]>, Option<&'a [f64]>, &'a [f64]),
) {
    let n = shard.rows.len();
    for (c, a) in model.factors[g].columns.iter().enumerate() {
        for (e, b) in model.factors[h].columns.iter().enumerate() {
            let values =
                |column: &'a Column| column.values.as_deref().map(|v| &v[shard.rows.clone()]);
            visit(
                c,
                e,
                values(a),
                values(b),
                coupling(w, n, model.predictors.len(), a, b),
            );
        }
    }
}

impl System for Crossed {
    fn assemble(&mut self, model: &Model, shard: &Shard, w: &[f64]) {
        let p = self.sizes[0];
        let Levels::Runs(runs) = &model.factors[0].levels else {
            return;
        };
        self.a_own.fill(0.0);
        self.a_panel.fill(0.0);
        let a_own = &mut self.a_own;
        for_column_pairs(model, shard, 0, 0, w, |c, e, z, y, w| {
            model.factors[0].for_runs(&shard.rows, &shard.levels[0], |level, run| {
                a_own[level * p * p + c * p + e] =
                    crate::design::factor::weighted_product(z, y, w, run);
            });
        });
        for g in 1..self.sizes.len() {
            let (position, starts, a_panel) = (
                &self.panels.position[g - 1],
                &self.panels.starts,
                &mut self.a_panel,
            );
            for_column_pairs(model, shard, 0, g, w, |c, e, z, y, w| {
                for (level, run) in runs.windows(2).enumerate() {
                    let run = run[0] as usize..run[1] as usize;
                    let start = starts[level] as usize;
                    let k = starts[level + 1] as usize - start;
                    let row = &mut a_panel[start * p + c * k..][..k];
                    let part = |v: Option<&'_ [f64]>| v.map(|v| v[run.clone()].to_vec());
                    let position = &position[run.clone()];
                    match (z, y) {
                        (None, None) => position
                            .iter()
                            .zip(&w[run])
                            .for_each(|(&at, w)| row[at as usize + e] += w),
                        _ => {
                            let (z, y) = (part(z), part(y));
                            spread(z.as_deref(), y.as_deref(), &w[run], |i, v| {
                                row[position[i] as usize + e] += v
                            });
                        }
                    }
                }
            });
        }
        for pair in &mut self.panels.pairs {
            let Pair {
                g, h, of_row, a, ..
            } = pair;
            let (m, n) = (self.sizes[*g], self.sizes[*h]);
            a.fill(0.0);
            for_column_pairs(model, shard, *g, *h, w, |c, e, z, y, w| {
                spread(z, y, w, |i, v| {
                    a[of_row[i] as usize * m * n + c * n + e] += v
                });
            });
        }
    }

    fn factor(&mut self, lambdas: &[Lambda]) -> bool {
        self.fill_rest(lambdas);
        let mut half = self.small_block();
        let mut diagonal = 0.0;
        let p = self.sizes[0];
        for level in 0..self.n_levels {
            if !self.eliminate(level, lambdas, &mut half) {
                return false;
            }
            let own = &self.own[self.own_range(level)];
            diagonal += (0..p).map(|c| own[c * p + c].ln()).sum::<f64>();
        }
        self.log_det_own = 2.0 * diagonal;
        self.log_det_own.is_finite() && self.schur.factor()
    }

    fn log_det(&self) -> f64 {
        self.log_det_own + self.schur.log_det()
    }

    fn forward(&self, x: &mut [f64]) {
        self.reduce(x);
        self.schur.forward(self.rest_of(x));
    }

    fn backward(&self, x: &mut [f64]) {
        self.schur.backward(self.rest_of(x));
        self.substitute(x);
    }

    fn solve(&self, x: &mut [f64]) {
        self.reduce(x);
        self.schur.solve(self.rest_of(x));
        self.substitute(x);
    }

    fn invert(&mut self) {
        self.schur.invert();
        let mut scratch = Vec::new();
        for level in 0..self.n_levels {
            self.invert_level(level, &mut scratch);
        }
        self.invert_pairs();
    }

    fn add_h(&self, model: &Model, shard: &Shard, lambdas: &[Lambda], h: &mut [f64]) {
        let intercepts = model
            .factors
            .iter()
            .all(|f| matches!(&f.columns[..], [c] if c.values.is_none()));
        if intercepts && model.factors.iter().all(|f| f.columns[0].predictor == 0) {
            self.add_h_of_intercepts(model, shard, lambdas, h);
        } else {
            self.add_h_of_rows(model, shard, lambdas, h);
        }
    }

    fn add_q(&self, lambdas: &[Lambda], q: &mut [Lambda]) {
        let p = self.sizes[0];
        for level in 0..self.n_levels {
            let range = self.own_range(level);
            add_a_lambda_v(
                &self.a_own[range.clone()],
                p,
                &lambdas[0],
                &self.v_own[range],
                p,
                &mut q[0],
            );
            let k = self.panels.touched_by(level).len();
            let (a, v) = (
                &self.a_panel[self.panel_range(level)],
                &self.v_panel[self.panel_range(level)],
            );
            for (g, part) in self.panels.parts(level) {
                if lambdas[0].p == 1 && lambdas[g].p == 1 {
                    let av = dot(&a[part.clone()], &v[part]);
                    q[0].values[0] += lambdas[g].values[0] * av;
                    q[g].values[0] += lambdas[0].values[0] * av;
                    continue;
                }
                for at in part.step_by(self.sizes[g]) {
                    add_a_lambda_v(&a[at..], k, &lambdas[g], &v[at..], k, &mut q[0]);
                    add_at_lambda_v(&a[at..], k, &lambdas[0], &v[at..], k, &mut q[g]);
                }
            }
        }
        for Pair { g, h, a, v, .. } in &self.panels.pairs {
            let n = self.sizes[*h];
            for (a, v) in a
                .chunks_exact(self.sizes[*g] * n)
                .zip(v.chunks_exact(self.sizes[*g] * n))
            {
                add_a_lambda_v(a, n, &lambdas[*h], v, n, &mut q[*g]);
                if g != h {
                    add_at_lambda_v(a, n, &lambdas[*g], v, n, &mut q[*h]);
                }
            }
        }
    }

    fn add_a_times(&self, b: &[f64], out: &mut [f64]) {
        let p = self.sizes[0];
        let rest = self.n_levels * p;
        for level in 0..self.n_levels {
            let own = level * p;
            let a = &self.a_own[self.own_range(level)];
            let touched = self.panels.touched_by(level);
            let panel = &self.a_panel[self.panel_range(level)];
            for r in 0..p {
                out[own + r] += (0..p).map(|c| a[r * p + c] * b[own + c]).sum::<f64>();
                for (&j, a) in touched.iter().zip(&panel[r * touched.len()..]) {
                    out[own + r] += a * b[rest + j as usize];
                    out[rest + j as usize] += a * b[own + r];
                }
            }
        }
        for pair in &self.panels.pairs {
            let (m, n) = (self.sizes[pair.g], self.sizes[pair.h]);
            for (k, a) in pair.a.chunks_exact(m * n).enumerate() {
                let j = rest + self.effect(pair.g, pair.level_g[k]);
                let i = rest + self.effect(pair.h, pair.level_h[k]);
                for c in 0..m {
                    for r in 0..n {
                        out[j + c] += a[c * n + r] * b[i + r];
                        if pair.g != pair.h {
                            out[i + r] += a[c * n + r] * b[j + c];
                        }
                    }
                }
            }
        }
    }

    fn a_diagonal(&self) -> Vec<f64> {
        let blocks = |a: &[f64], p: usize| -> Vec<f64> {
            a.chunks_exact(p * p)
                .flat_map(|block| (0..p).map(|c| block[c * p + c]).collect::<Vec<_>>())
                .collect()
        };
        let mut diagonal = blocks(&self.a_own, self.sizes[0]);
        for pair in self.panels.pairs.iter().filter(|pair| pair.g == pair.h) {
            diagonal.extend(blocks(&pair.a, self.sizes[pair.g]));
        }
        diagonal
    }

    fn level_block(&self, f: usize, level: usize) -> Vec<f64> {
        self.own_block(f, level, &self.a_own, |pair| &pair.a)
    }

    fn level_inverse(&self, f: usize, level: usize) -> Vec<f64> {
        self.own_block(f, level, &self.v_own, |pair| &pair.v)
    }

    fn is_expensive(&self) -> bool {
        self.panels.n_rest() > 100
    }
}
