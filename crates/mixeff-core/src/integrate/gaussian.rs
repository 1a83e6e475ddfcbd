//! Linear mixed models: the profiled ML and REML criteria, at a cost that does not depend on the number of rows.
//!
//! `theta` is relative to the residual standard deviation: `b = sigma Lambda u`. With `H = Lambda'Z'ZLambda + I`,
//! `R = X'X - X'Z Lambda H^-1 Lambda'Z'X` and `r2` the penalised residual sum of squares at the solution,
//! minus twice the log-likelihood is `n log(2 pi r2 / n) + n + log |H|` for ML and
//! `(n - p)(log(2 pi r2 / (n - p)) + 1) + log |H| + log |R|` for REML (Bates et al. 2015, eqs. 34 and 41).

use super::marginal::Posterior;
use super::moments::Moments;
use super::products::{
    add_outer, by_column_of_theta, for_factors, lambda_times, lambda_transposed_times, ztv,
};
use crate::design::term::{lambdas, pull_back};
use crate::design::{Lambda, Model, Shard};
use crate::linalg::dense::Symmetric;
use crate::linalg::small::{dot, weighted_dot};
use crate::structure::{system, System};
use rayon::prelude::*;

/// The criterion.
pub struct Gaussian<'a> {
    /// The model.
    pub model: &'a Model,
    reml: bool,
    p: usize,
    weight: f64,
    /// `(X y)'(X y)`.
    gram: Symmetric,
    parts: Vec<Part>,
    /// The last solution, to which the parts' factors belong.
    last: Option<(Vec<f64>, Solution)>,
}

/// Cross-products of a shard.
struct Part {
    system: Box<dyn System>,
    /// `Z'x_c` for each column, `Z'y` last.
    zx: Vec<Vec<f64>>,
    /// `K_c = H^-1 Lambda'Z'x_c`.
    k: Vec<Vec<f64>>,
}

/// The solution at one `theta`.
#[derive(Clone, Debug)]
pub struct Solution {
    /// Fixed effects.
    pub beta: Vec<f64>,
    /// `X'V^-1 X` in units of the residual variance: the information on `beta` is `R / sigma^2`.
    pub r: Symmetric,
    /// Residual variance.
    pub sigma2: f64,
    /// Half of minus twice the log-likelihood.
    pub value: f64,
    /// Gradient by `theta`.
    pub gradient: Vec<f64>,
    /// Gradient by `theta` of `r2 / (2 sigma^2)` alone, `sigma` held.
    pub residual_gradient: Vec<f64>,
}

impl<'a> Gaussian<'a> {
    /// Cross-products of the model's rows.
    pub fn new(model: &'a Model, reml: bool) -> Self {
        let p = model.predictors[0].p;
        let pieces: Vec<(Part, Symmetric)> = model
            .shards
            .par_iter()
            .map(|s| cross_products(model, s, p))
            .collect();
        let mut gram = Symmetric::zeros(p + 1);
        let mut parts = Vec::with_capacity(pieces.len());
        for (part, piece) in pieces {
            gram.values
                .iter_mut()
                .zip(&piece.values)
                .for_each(|(a, b)| *a += b);
            parts.push(part);
        }
        Gaussian {
            model,
            reml,
            p,
            weight: model.total_weight(),
            gram,
            parts,
            last: None,
        }
    }

    /// Rows that the residual variance is divided by.
    pub fn degrees_of_freedom(&self) -> f64 {
        if self.reml {
            self.weight - self.p as f64
        } else {
            self.weight
        }
    }

    /// The solution at `theta`, with the parts' factors in the same state.
    pub fn at(&mut self, theta: &[f64]) -> Option<Solution> {
        match &self.last {
            Some((last, solution)) if last == theta => Some(solution.clone()),
            _ => self.solve(theta),
        }
    }

    /// The criterion with its gradient; `None` where `H` or `R` is not positive definite.
    pub fn solve(&mut self, theta: &[f64]) -> Option<Solution> {
        let solution = self.compute(theta);
        self.last = solution.clone().map(|s| (theta.to_vec(), s));
        solution
    }

    fn compute(&mut self, theta: &[f64]) -> Option<Solution> {
        let (beta, r, r2, log_det) = self.fixed_effects(theta)?;
        let df = self.degrees_of_freedom();
        let sigma2 = r2 / df;
        let factor = r.cholesky()?;
        let mut value = 0.5 * (log_det + df * ((2.0 * std::f64::consts::PI * sigma2).ln() + 1.0));
        if self.reml {
            value += 0.5 * factor.log_det();
        }
        let (total, residual) = self.adjoints(
            theta,
            &beta,
            sigma2,
            self.reml.then(|| factor.inverse()).as_ref(),
        );
        let pull = |bar: &[Lambda]| {
            let mut gradient = vec![0.0; theta.len()];
            pull_back(&self.model.terms, bar, &mut gradient);
            gradient
        };
        let gradient = pull(&total);
        let residual_gradient = pull(&residual);
        value.is_finite().then_some(Solution {
            beta,
            r,
            sigma2,
            value,
            gradient,
            residual_gradient,
        })
    }

    /// Eliminates the random effects, then the fixed ones: `beta`, `R`, the residual sum of squares and `log |H|`.
    fn fixed_effects(&mut self, theta: &[f64]) -> Option<(Vec<f64>, Symmetric, f64, f64)> {
        let (model, p) = (self.model, self.p);
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let pieces: Vec<Option<(Symmetric, f64)>> = self
            .parts
            .par_iter_mut()
            .zip(&model.shards)
            .with_min_len(8)
            .map(|(part, shard)| part.eliminate(model, shard, &lambdas))
            .collect();
        let mut gram = self.gram.clone();
        let mut log_det = 0.0;
        for piece in pieces {
            let (taken, log_det_part) = piece?;
            gram.values
                .iter_mut()
                .zip(&taken.values)
                .for_each(|(a, b)| *a -= b);
            log_det += log_det_part;
        }
        let r = gram.part(&(0..p).collect::<Vec<_>>());
        let xy: Vec<f64> = (0..p).map(|c| gram.at(c, p)).collect();
        let beta = if p == 0 {
            Vec::new()
        } else {
            r.cholesky()?.solve(&xy)
        };
        let r2 = gram.at(p, p) - dot(&beta, &xy);
        (r2 > 1e-14 * self.gram.at(p, p)).then_some((beta, r, r2, log_det))
    }

    /// Adjoints of the criterion by `Lambda`, and of the residual part alone.
    fn adjoints(
        &mut self,
        theta: &[f64],
        beta: &[f64],
        sigma2: f64,
        inverse: Option<&Symmetric>,
    ) -> (Vec<Lambda>, Vec<Lambda>) {
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let zero = || -> Vec<Lambda> { model.sizes().into_iter().map(Lambda::zeros).collect() };
        let pieces: Vec<(Vec<Lambda>, Vec<Lambda>)> = self
            .parts
            .par_iter_mut()
            .zip(&model.shards)
            .with_min_len(8)
            .map(|(part, shard)| {
                let (mut curvature, mut residual) = (zero(), zero());
                part.system.invert();
                part.system.add_q(&lambdas, &mut curvature);
                let (u, ze) = part.residual(model, shard, &lambdas, beta);
                add_outer(model, shard, -1.0 / sigma2, &ze, &u, &mut residual);
                if let Some(inverse) = inverse {
                    part.add_reml(model, shard, &lambdas, inverse, &mut curvature);
                }
                (curvature, residual)
            })
            .collect();
        let (mut total, mut residual) = (zero(), zero());
        let add = |to: &mut [Lambda], from: &[Lambda]| {
            for (to, from) in to.iter_mut().zip(from) {
                to.values
                    .iter_mut()
                    .zip(&from.values)
                    .for_each(|(a, b)| *a += b);
            }
        };
        for (c, r) in &pieces {
            add(&mut total, c);
            add(&mut total, r);
            add(&mut residual, r);
        }
        (total, residual)
    }

    /// Moments of the least-squares residuals by level.
    pub fn moments(&self) -> Moments {
        let (model, p) = (self.model, self.p);
        let r = self.gram.part(&(0..p).collect::<Vec<_>>());
        let xy: Vec<f64> = (0..p).map(|c| self.gram.at(c, p)).collect();
        let beta = r.cholesky().map_or_else(|| vec![0.0; p], |f| f.solve(&xy));
        let sigma2 = ((self.gram.at(p, p) - dot(&beta, &xy)) / self.weight).max(1e-300);
        let mut moments = Moments::zero(model);
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            let mut ze = part.zx[p].clone();
            beta.iter()
                .enumerate()
                .for_each(|(c, b)| crate::linalg::small::axpy(-b, &part.zx[c], &mut ze));
            ze.iter_mut().for_each(|z| *z /= sigma2.sqrt());
            moments.add(model, shard, &ze, &part.system.a_diagonal());
        }
        moments
    }

    /// Average information on `theta` (Gilmour, Thompson and Cullis 1995), `sigma` profiled out.
    pub fn average_information(&mut self, theta: &[f64]) -> Option<Symmetric> {
        let solution = self.at(theta)?;
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let m = theta.len();
        let mut metric = Symmetric::zeros(m);
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            part.add_average_information(model, shard, &lambdas, &solution, &mut metric);
        }
        let df = self.degrees_of_freedom();
        metric.add_outer(-2.0 / df, &solution.residual_gradient);
        self.moments().floor(model, theta, &mut metric, 0);
        Some(metric)
    }

    /// Random effects at the solution, on the scale of the response.
    pub fn posterior(&mut self, theta: &[f64]) -> Option<Posterior> {
        let solution = self.at(theta)?;
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let empty = || vec![Vec::new(); model.factors.len()];
        let (mut mode, mut cov) = (empty(), empty());
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            let (u, _) = part.residual(model, shard, &lambdas, &solution.beta);
            let mut b = vec![0.0; u.len()];
            lambda_times(model, shard, &lambdas, &u, &mut b);
            for_factors(model, shard, |f, range| {
                mode[f].extend(&b[range]);
                for level in 0..shard.levels[f].len() {
                    let lifted = super::marginal::lift_matrix(
                        &lambdas[f],
                        &part.system.level_inverse(f, level),
                    );
                    cov[f].extend(lifted.iter().map(|v| v * solution.sigma2));
                }
            });
        }
        Some(Posterior {
            mode: mode.clone(),
            mode_cov: cov.clone(),
            mean: mode,
            mean_cov: cov,
        })
    }
}

fn cross_products(model: &Model, shard: &Shard, p: usize) -> (Part, Symmetric) {
    let rows = model.rows(shard);
    let n = shard.rows.len();
    let ones = vec![1.0; if rows.weights.is_empty() { n } else { 0 }];
    let w = if rows.weights.is_empty() {
        &ones[..]
    } else {
        rows.weights
    };
    let y: Vec<f64> = match &model.predictors[0].offset {
        Some(o) => rows
            .y
            .iter()
            .zip(&o[shard.rows.clone()])
            .map(|(y, o)| y - o)
            .collect(),
        None => rows.y.to_vec(),
    };
    let column = |c: usize| {
        if c < p {
            model.x_column(0, c, shard)
        } else {
            &y[..]
        }
    };
    let mut gram = Symmetric::zeros(p + 1);
    let mut zx = Vec::with_capacity(p + 1);
    let q = model.n_effects(shard);
    let mut weighted = vec![0.0; n * model.predictors.len()];
    for c in 0..=p {
        for e in 0..=c {
            gram.set(c, e, weighted_dot(column(c), column(e), w));
        }
        weighted
            .iter_mut()
            .zip(column(c))
            .zip(w)
            .for_each(|((o, x), w)| *o = x * w);
        let mut z = vec![0.0; q];
        ztv(model, shard, &weighted, &mut z);
        zx.push(z);
    }
    let mut packed = vec![0.0; n * crate::family::pairs(model.predictors.len())];
    packed[..n].copy_from_slice(w);
    let mut system = system(model, shard);
    system.assemble(model, shard, &packed);
    let k = vec![vec![0.0; q]; p + 1];
    (Part { system, zx, k }, gram)
}

impl Part {
    /// Factors `H` and fills `K`; gives `(X y)'Z Lambda H^-1 Lambda'Z'(X y)` and `log |H|`.
    fn eliminate(
        &mut self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
    ) -> Option<(Symmetric, f64)> {
        if !self.system.factor(lambdas) {
            return None;
        }
        let m = self.zx.len();
        let mut taken = Symmetric::zeros(m);
        let mut white = vec![vec![0.0; self.zx[0].len()]; m];
        for c in 0..m {
            lambda_transposed_times(model, shard, lambdas, &self.zx[c], &mut white[c]);
            self.k[c].copy_from_slice(&white[c]);
            self.system.solve(&mut self.k[c]);
            for e in 0..=c {
                taken.set(c, e, dot(&white[e], &self.k[c]));
            }
        }
        Some((taken, self.system.log_det()))
    }

    /// Modes `u` in units of the residual standard deviation times `sigma`, and `Z'(y - X beta - Z Lambda u)`.
    fn residual(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        beta: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let p = beta.len();
        let combine = |columns: &[Vec<f64>]| -> Vec<f64> {
            let mut out = columns[p].clone();
            for (c, b) in beta.iter().enumerate() {
                crate::linalg::small::axpy(-b, &columns[c], &mut out);
            }
            out
        };
        let u = combine(&self.k);
        let ze = self.less_fitted(model, shard, lambdas, &u, combine(&self.zx));
        (u, ze)
    }

    /// `z - A Lambda u`.
    fn less_fitted(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        u: &[f64],
        mut z: Vec<f64>,
    ) -> Vec<f64> {
        let mut b = vec![0.0; u.len()];
        lambda_times(model, shard, lambdas, u, &mut b);
        let mut ab = vec![0.0; u.len()];
        self.system.add_a_times(&b, &mut ab);
        z.iter_mut().zip(&ab).for_each(|(z, ab)| *z -= ab);
        z
    }

    /// The part of `log |R| / 2`: `-sum_cd R^-1_cd (Z'x_c - A Lambda K_c) K_d'`.
    fn add_reml(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        inverse: &Symmetric,
        bar: &mut [Lambda],
    ) {
        for c in 0..inverse.n {
            let e = self.less_fitted(model, shard, lambdas, &self.k[c], self.zx[c].clone());
            let mut k = vec![0.0; e.len()];
            for d in 0..inverse.n {
                crate::linalg::small::axpy(inverse.at(c, d), &self.k[d], &mut k);
            }
            add_outer(model, shard, -1.0, &e, &k, bar);
        }
    }

    /// `q_k' V^-1 q_l / (2 sigma^2)` for the working variates `q_k = Z c_k` of `theta`.
    fn add_average_information(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        solution: &Solution,
        metric: &mut Symmetric,
    ) {
        let (u, ze) = self.residual(model, shard, lambdas, &solution.beta);
        let mut variates = Vec::new();
        by_column_of_theta(model, shard, lambdas, &u, &ze, |b| {
            variates.push(b.to_vec())
        });
        let mut projected: Vec<Vec<f64>> = Vec::with_capacity(variates.len());
        for (k, c) in variates.iter().enumerate() {
            let mut ac = vec![0.0; c.len()];
            self.system.add_a_times(c, &mut ac);
            let mut white = vec![0.0; c.len()];
            lambda_transposed_times(model, shard, lambdas, &ac, &mut white);
            let mut solved = white.clone();
            self.system.solve(&mut solved);
            projected.push(solved);
            for l in 0..=k {
                let value = dot(&variates[l], &ac) - dot(&white, &projected[l]);
                metric.set(k, l, metric.at(k, l) + 0.5 * value / solution.sigma2);
            }
        }
    }
}
