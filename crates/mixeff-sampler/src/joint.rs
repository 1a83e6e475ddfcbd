//! The joint log-density of `x = (psi, beta, u)` and its exact gradient:
//! `log p(y | eta) + log N(u; 0, I) + log p(psi, beta)` with `eta = X beta + offset + Z Lambda(psi) u`.

use crate::prior::{lkj, Prior};
use crate::space::Space;
use mixeff_core::design::term::{pull_back, Term};
use mixeff_core::design::{Lambda, Model, Shard};
use mixeff_core::integrate::products::{
    add_outer, add_zb, lambda_times, lambda_transposed_times, ztv,
};
use std::ops::Range;
use std::sync::Arc;

/// A prior on a linear combination of coefficients.
pub struct Coefficient {
    /// Its weights: `(coefficient, weight)`.
    pub weights: Vec<(usize, f64)>,
    /// The density, of the combination or of its exponential.
    pub prior: Box<dyn Prior>,
    /// True for a density of the exponential, such as a standard deviation whose log is a coefficient.
    pub exponential: bool,
}

/// The priors of a model.
pub struct Priors {
    /// On the coefficients; those without one are free.
    pub coefficients: Vec<Coefficient>,
    /// On the standard deviations of the random effects, term by term.
    pub sds: Vec<Box<dyn Prior>>,
    /// The LKJ parameter of each term.
    pub etas: Vec<f64>,
}

/// The density.
pub struct Joint {
    /// The model.
    pub model: Arc<Model>,
    /// Coordinates of its covariance matrices.
    pub space: Space,
    /// The priors.
    pub priors: Priors,
    /// Random effects of each shard within `u`.
    effects: Vec<Range<usize>>,
}

/// Work space of one chain.
#[derive(Default)]
pub struct Work {
    theta: Vec<f64>,
    lambdas: Vec<Lambda>,
    bars: Vec<Lambda>,
    theta_bar: Vec<f64>,
    eta: Vec<f64>,
    l: Vec<f64>,
    s: Vec<f64>,
    b: Vec<f64>,
    zs: Vec<f64>,
}

impl Joint {
    /// Puts model and priors together. `Err` if they do not fit.
    pub fn new(model: Arc<Model>, priors: Priors) -> Result<Joint, String> {
        let space = Space::new(&model)?;
        let beyond = |c: &Coefficient| c.weights.iter().any(|&(k, _)| k >= model.n_beta());
        let terms_agree = priors.etas.len() == model.terms.len();
        if priors.sds.len() != space.log_sds().count()
            || !terms_agree
            || priors.coefficients.iter().any(beyond)
        {
            return Err("the priors do not fit the model".into());
        }
        let mut first = 0;
        let mut range = |shard: &Shard| {
            let start = first;
            first += model.n_effects(shard);
            start..first
        };
        let effects = model.shards.iter().map(&mut range).collect();
        Ok(Joint {
            space,
            priors,
            effects,
            model,
        })
    }

    /// Covariance parameters and coefficients.
    pub fn n_parameters(&self) -> usize {
        self.space.dim() + self.model.n_beta()
    }

    /// Random effects.
    pub fn n_effects(&self) -> usize {
        self.effects.last().map_or(0, |r| r.end)
    }

    /// The random effects of each shard within `u`.
    pub fn effects(&self) -> &[Range<usize>] {
        &self.effects
    }

    /// The shard that a random effect belongs to.
    pub fn shard_of(&self, effect: usize) -> usize {
        self.effects.partition_point(|r| r.end <= effect)
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.n_parameters() + self.n_effects()
    }

    /// Log-density of the prior of `(psi, beta)`; adds its gradient.
    pub fn add_prior(&self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let first_beta = self.space.dim();
        let mut total = 0.0;
        for coefficient in &self.priors.coefficients {
            let weights = || coefficient.weights.iter();
            let x: f64 = weights().map(|(k, w)| w * parameters[first_beta + k]).sum();
            let (value, slope) = density(&*coefficient.prior, x, coefficient.exponential);
            total += value;
            weights().for_each(|(k, w)| gradient[first_beta + k] += slope * w);
        }
        for (at, prior) in self.space.log_sds().zip(&self.priors.sds) {
            let (value, slope) = density(&**prior, parameters[at], true);
            total += value;
            gradient[at] += slope;
        }
        for (term, p, column, at) in self.space.partials() {
            let (value, slope) =
                lkj::log_density(self.priors.etas[term], p, column, parameters[at]);
            total += value;
            gradient[at] += slope;
        }
        total
    }

    /// The log-density at `x`; `gradient` is overwritten. Not finite outside the domain.
    pub fn evaluate(&self, x: &[f64], gradient: &mut [f64], work: &mut Work) -> f64 {
        let (parameters, u) = x.split_at(self.n_parameters());
        let (psi, beta) = parameters.split_at(self.space.dim());
        gradient.fill(0.0);
        let mut total = self.model.log_normalizer + self.add_prior(parameters, gradient);
        let (parameters_bar, u_bar) = gradient.split_at_mut(self.n_parameters());
        let (psi_bar, beta_bar) = parameters_bar.split_at_mut(self.space.dim());
        work.set_lambdas(self, psi);
        for (shard, range) in self.model.shards.iter().zip(&self.effects) {
            work.resize(&self.model, shard, range.len());
            let (u, u_bar) = (&u[range.clone()], &mut u_bar[range.clone()]);
            total += work.add_shard(&self.model, shard, beta, u, beta_bar, u_bar);
        }
        total -= 0.5 * u.iter().map(|u| u * u).sum::<f64>();
        total -= 0.5 * u.len() as f64 * (2.0 * std::f64::consts::PI).ln();
        u_bar.iter_mut().zip(u).for_each(|(g, u)| *g -= u);
        work.theta_bar.fill(0.0);
        pull_back(&self.model.terms, &work.bars, &mut work.theta_bar);
        self.space.pull_back(psi, &work.theta_bar, psi_bar);
        total
    }

    /// Sizes the work space of a chain: `Lambda` of every factor, their adjoints, `theta`.
    pub fn start_adjoint(
        &self,
        lambdas: &mut Vec<Lambda>,
        bars: &mut Vec<Lambda>,
        theta: &mut Vec<f64>,
    ) {
        if lambdas.len() != self.model.factors.len() {
            *lambdas = self.model.sizes().into_iter().map(Lambda::zeros).collect();
            bars.clone_from(lambdas);
        }
        theta.resize(self.model.n_theta(), 0.0);
    }

    /// `Lambda` of every factor at `theta`.
    pub fn fill_lambdas(&self, theta: &[f64], lambdas: &mut [Lambda]) {
        fill(&self.model.terms, theta, lambdas);
    }

    /// `theta` at `psi`.
    pub fn theta(&self, psi: &[f64]) -> Vec<f64> {
        let mut theta = vec![0.0; self.model.n_theta()];
        self.space.theta(psi, &mut theta);
        theta
    }
}

/// Log-density and derivative at `x` of a prior of `x`, or of one of `exp(x)`.
fn density(prior: &dyn Prior, x: f64, exponential: bool) -> (f64, f64) {
    if !exponential {
        return prior.log_density(x);
    }
    let value = x.exp();
    let (log_density, slope) = prior.log_density(value);
    (log_density + x, slope * value + 1.0)
}

impl Work {
    /// `Lambda` of every factor at `psi`, and zero in the place of its adjoint.
    fn set_lambdas(&mut self, joint: &Joint, psi: &[f64]) {
        joint.start_adjoint(&mut self.lambdas, &mut self.bars, &mut self.theta);
        self.theta_bar.resize(self.theta.len(), 0.0);
        joint.space.theta(psi, &mut self.theta);
        joint.fill_lambdas(&self.theta, &mut self.lambdas);
        self.bars.iter_mut().for_each(|bar| bar.values.fill(0.0));
    }

    fn resize(&mut self, model: &Model, shard: &Shard, q: usize) {
        let (n, d) = (shard.rows.len(), model.predictors.len());
        self.l.resize(n, 0.0);
        [&mut self.eta, &mut self.s]
            .into_iter()
            .for_each(|v| v.resize(n * d, 0.0));
        [&mut self.b, &mut self.zs]
            .into_iter()
            .for_each(|v| v.resize(q, 0.0));
    }

    /// `log p(y | eta)` of one shard; adds to the gradients.
    fn add_shard(
        &mut self,
        model: &Model,
        shard: &Shard,
        beta: &[f64],
        u: &[f64],
        beta_bar: &mut [f64],
        u_bar: &mut [f64],
    ) -> f64 {
        model.fixed_part(shard, beta, &mut self.eta);
        lambda_times(model, shard, &self.lambdas, u, &mut self.b);
        add_zb(model, shard, &self.b, &mut self.eta);
        model
            .family
            .score(model.rows(shard), &self.eta, &mut self.l, &mut self.s);
        model.add_xtv(shard, &self.s, beta_bar);
        ztv(model, shard, &self.s, &mut self.zs);
        add_outer(model, shard, 1.0, &self.zs, u, &mut self.bars);
        lambda_transposed_times(model, shard, &self.lambdas, &self.zs, u_bar);
        mixeff_core::linalg::vector::sum(&self.l)
    }
}

fn fill(terms: &[Term], theta: &[f64], lambdas: &mut [Lambda]) {
    for term in terms {
        let lambda = &mut lambdas[term.factor];
        for (k, at) in term.places(lambda.p) {
            lambda.values[at] = theta[k];
        }
    }
}
