//! Linear mixed models: the profiled ML and REML criteria, at a cost that does not depend on the number of rows.
//!
//! `theta` is relative to the residual standard deviation: `b = sigma Lambda u`. With `H = Lambda'Z'ZLambda + I`,
//! `R = X'X - X'Z Lambda H^-1 Lambda'Z'X` and `r2` the penalised residual sum of squares at the solution,
//! minus twice the log-likelihood is `n log(2 pi r2 / n) + n + log |H|` for ML and
//! `(n - p)(log(2 pi r2 / (n - p)) + 1) + log |H| + log |R|` for REML (Bates et al. 2015, eqs. 34 and 41). Where the residual
//! variance is known, `r2 / sigma^2` stands in the place of the degrees of freedom, and `theta` is relative to that `sigma`.

mod part;
mod response;
mod spread;

pub use response::Response;

use super::marginal::Posterior;
use super::moments::Moments;
use super::products::{add_outer, add_zb, for_factors};
use crate::design::term::{lambdas, pull_back};
use crate::design::{Lambda, Model};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::dot;
use part::{least_squares, Part};
use rayon::prelude::*;

/// The criterion.
pub struct Gaussian<'a> {
    /// The model.
    pub model: &'a Model,
    /// Whether it is restricted to what does not depend on `beta`.
    pub reml: bool,
    /// The residual variance, where it is known.
    pub known: Option<f64>,
    p: usize,
    /// Rows, by weight.
    rows: f64,
    /// `(X y)'(X y)`.
    gram: Symmetric,
    /// Least-squares coefficients, from which all others are counted.
    origin: Vec<f64>,
    /// Weighted sum of squares of the response.
    total: f64,
    parts: Vec<Part>,
    /// The last solution, to which the parts' factors belong.
    last: Option<(Vec<f64>, Solution)>,
}

/// The solution at one `theta`.
#[derive(Clone, Debug)]
pub struct Solution {
    /// Fixed effects.
    pub beta: Vec<f64>,
    /// The same less the least-squares ones.
    pub deviation: Vec<f64>,
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
    /// Of the model's own response, weighted by its prior weights.
    pub fn new(model: &'a Model, reml: bool) -> Self {
        let mut criterion = Self::empty(model, reml, None);
        criterion.set(Response::of(model));
        criterion
    }

    /// Without a response yet; `known` is the residual variance if it is not to be estimated.
    pub fn empty(model: &'a Model, reml: bool, known: Option<f64>) -> Self {
        let p = model.predictors[0].columns.len();
        let parts = model.shards.par_iter().map(|s| Part::new(model, s, p));
        Gaussian {
            model,
            reml,
            known,
            p,
            rows: 0.0,
            gram: Symmetric::zeros(p + 1),
            parts: parts.collect(),
            origin: vec![0.0; p],
            total: 0.0,
            last: None,
        }
    }

    /// The cross-products of a response.
    pub fn set(&mut self, response: Response<'_>) {
        self.set_in(self.model, response);
    }

    /// The same with the columns of another model of the same shape.
    pub fn set_in(&mut self, model: &Model, response: Response<'_>) {
        (self.origin, self.total) = least_squares(model, response, self.p);
        let origin = &self.origin;
        let pieces: Vec<Symmetric> = self
            .parts
            .par_iter_mut()
            .zip(&model.shards)
            .map(|(part, shard)| part.fill(model, shard, response, origin))
            .collect();
        self.gram.values.fill(0.0);
        for piece in pieces {
            self.gram
                .values
                .iter_mut()
                .zip(&piece.values)
                .for_each(|(a, b)| *a += b);
        }
        self.rows = response.rows;
        self.last = None;
    }

    /// Rows that the residual variance is divided by.
    pub fn degrees_of_freedom(&self) -> f64 {
        if self.reml {
            self.rows - self.p as f64
        } else {
            self.rows
        }
    }

    /// Position of `theta` among `(beta, log sigma, theta)`, where `log sigma` is there only if it is estimated.
    pub fn first_theta(&self) -> usize {
        self.p + usize::from(self.known.is_none())
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
        let (deviation, r, r2, log_det) = self.fixed_effects(theta)?;
        let beta = self
            .origin
            .iter()
            .zip(&deviation)
            .map(|(a, b)| a + b)
            .collect();
        let df = self.degrees_of_freedom();
        let sigma2 = self.known.unwrap_or(r2 / df);
        let factor = r.cholesky()?;
        let spread = df * (2.0 * std::f64::consts::PI * sigma2).ln() + r2 / sigma2;
        let mut value = 0.5 * (log_det + spread);
        if self.reml {
            value += 0.5 * factor.log_det();
        }
        let (total, residual) = self.adjoints(
            theta,
            &deviation,
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
            deviation,
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
        let noise = r2 > 1e-14 * self.gram.at(p, p) && r2 > 1e-26 * self.total;
        (noise || self.known.is_some()).then_some((beta, r, r2, log_det))
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
        let sigma2 = self
            .known
            .unwrap_or((self.gram.at(p, p) / self.rows).max(1e-300));
        let mut moments = Moments::zero(model);
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            let scaled: Vec<f64> = part.zx[p].iter().map(|z| z / sigma2.sqrt()).collect();
            moments.add(model, shard, &scaled, &part.system.a_diagonal());
        }
        moments
    }

    /// Average information on `theta` (Gilmour, Thompson and Cullis 1995), `sigma` profiled out unless it is known.
    pub fn average_information(&mut self, theta: &[f64]) -> Option<Symmetric> {
        let solution = self.at(theta)?;
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let m = theta.len();
        let mut metric = Symmetric::zeros(m);
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            part.add_average_information(model, shard, &lambdas, &solution, &mut metric);
        }
        if self.known.is_none() {
            metric.add_outer(
                -2.0 / self.degrees_of_freedom(),
                &solution.residual_gradient,
            );
        }
        self.moments().floor(model, theta, &mut metric, 0);
        Some(metric)
    }

    /// `X beta + offset`, with `Z b` for the effects predicted at `theta` if it is given; row by row.
    pub fn linear_predictor(&mut self, beta: &[f64], theta: Option<&[f64]>) -> Vec<f64> {
        let model = self.model;
        let mut all = vec![0.0; model.n()];
        let mut padded = beta.to_vec();
        padded.resize(model.n_beta(), 0.0);
        let fitted = theta.and_then(|theta| {
            let lambdas = lambdas(&model.terms, &model.sizes(), theta);
            Some((self.at(theta)?.deviation, lambdas))
        });
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            let mut eta = vec![0.0; shard.rows.len() * model.predictors.len()];
            model.fixed_part(shard, &padded, &mut eta);
            if let Some((deviation, lambdas)) = &fitted {
                add_zb(
                    model,
                    shard,
                    &part.effects(model, shard, lambdas, deviation),
                    &mut eta,
                );
            }
            all[shard.rows.clone()].copy_from_slice(&eta[..shard.rows.len()]);
        }
        all
    }

    /// Random effects at the solution, on the scale of the response.
    pub fn posterior(&mut self, theta: &[f64]) -> Option<Posterior> {
        let solution = self.at(theta)?;
        let model = self.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), theta);
        let empty = || vec![Vec::new(); model.factors.len()];
        let (mut mode, mut cov) = (empty(), empty());
        for (part, shard) in self.parts.iter().zip(&model.shards) {
            let b = part.effects(model, shard, &lambdas, &solution.deviation);
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
