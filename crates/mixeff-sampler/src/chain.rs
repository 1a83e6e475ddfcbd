//! Draws from the posterior: chains of the no-U-turn sampler (Hoffman and Gelman 2014) in whitened coordinates.
//!
//! The kinetic energy is that of an exact rotation for a standard normal target, so that only the part of the posterior which is not
//! normal costs steps. A chain's random numbers come from the seed and its own number alone, and each chain is
//! sequential: the same draws for any number of threads.

use crate::joint::{Joint, Work};
use crate::mode::{self, Mode};
use crate::whitening::{Trace, Whitening};
use mixeff_core::design::term::lambdas;
use mixeff_core::design::Lambda;
use mixeff_core::integrate::products::{for_factors, lambda_times};
use mixeff_core::optimize::Monitor;
use nuts_rs::rand::rngs::ChaCha8Rng;
use nuts_rs::rand::{Rng, RngExt, SeedableRng};
use nuts_rs::{
    Chain as _, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, KineticEnergyKind,
    LogpError, Settings as _,
};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Attempts to find a first point inside the domain.
const ATTEMPTS: usize = 100;

/// How to sample.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Number of chains.
    pub chains: usize,
    /// Draws of each chain that are kept.
    pub draws: usize,
    /// Draws before them, for the step size and the scales.
    pub warmup: usize,
    /// Mean acceptance that the step size is adapted to.
    pub target_accept: f64,
    /// Trajectories double at most this often.
    pub max_depth: u64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Whether to keep the draws of the random effects, or only their moments.
    pub keep_effects: bool,
}

/// Why there are no draws.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No point of positive density was found.
    #[error("the posterior density cannot be evaluated")]
    Outside,
    /// The user stopped.
    #[error("interrupted by the user")]
    Stopped,
    /// The sampler gave up.
    #[error("the sampler failed: {0}")]
    Sampler(String),
}

/// Draws of one chain, row by row.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Coefficients.
    pub beta: Vec<f64>,
    /// Entries of the Cholesky factors.
    pub theta: Vec<f64>,
    /// Whether the trajectory diverged.
    pub diverging: Vec<bool>,
    /// Gradients of each draw.
    pub steps: Vec<usize>,
    /// Step size after warm-up.
    pub step_size: f64,
    /// Gradients of the warm-up.
    pub warmup_steps: usize,
    /// Random effects, if kept: for each factor, draw by draw, level by level.
    pub effects: Vec<Vec<f64>>,
    /// Their moments.
    pub moments: Moments,
}

/// Sums over draws of the random effects' deviations from the first draw, and of their products, by factor and level.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// Number of draws.
    pub count: f64,
    /// Means, level by level.
    pub mean: Vec<Vec<f64>>,
    /// Sums of squares and products around the mean, `p x p` per level.
    pub products: Vec<Vec<f64>>,
}

/// The posterior density in whitened coordinates.
struct Target {
    joint: Arc<Joint>,
    whitening: Arc<Whitening>,
    monitor: Arc<Monitor>,
    x: Vec<f64>,
    gradient: Vec<f64>,
    work: Work,
    trace: Trace,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("outside the domain")]
    Outside,
    #[error("stopped")]
    Stopped,
}

impl LogpError for Trouble {
    fn is_recoverable(&self) -> bool {
        matches!(self, Trouble::Outside)
    }
}

impl HasDims for Target {
    fn dim_sizes(&self) -> HashMap<String, u64> {
        HashMap::from([("unconstrained_parameter".into(), self.x.len() as u64)])
    }
}

impl CpuLogpFunc for Target {
    type LogpError = Trouble;
    type FlowParameters = ();
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.x.len()
    }

    fn logp(&mut self, position: &[f64], gradient: &mut [f64]) -> Result<f64, Trouble> {
        if self.monitor.stopped() {
            return Err(Trouble::Stopped);
        }
        let (joint, whitening) = (&self.joint, &self.whitening);
        let log_det = whitening.apply(joint, position, &mut self.x, &mut self.trace);
        let log_density = joint.evaluate(&self.x, &mut self.gradient, &mut self.work);
        whitening.pull_back(joint, &mut self.trace, &mut self.gradient, gradient);
        let value = log_density + log_det;
        let finite = value.is_finite() && gradient.iter().all(|g| g.is_finite());
        finite.then_some(value).ok_or(Trouble::Outside)
    }

    fn expand_vector<R: Rng + ?Sized>(
        &mut self,
        _rng: &mut R,
        position: &[f64],
    ) -> Result<Vec<f64>, CpuMathError> {
        Ok(position.to_vec())
    }
}

/// Finds the mode, then runs the chains in parallel.
pub fn sample(
    joint: &Arc<Joint>,
    settings: &Settings,
    monitor: &Arc<Monitor>,
) -> Result<(Mode, Vec<Chain>), Failure> {
    let stopped_or = |other: Failure| {
        if monitor.stopped() {
            Failure::Stopped
        } else {
            other
        }
    };
    let mode = mode::find(joint, monitor).ok_or_else(|| stopped_or(Failure::Outside))?;
    let whitening = Whitening::new(joint, &mode).ok_or_else(|| stopped_or(Failure::Outside))?;
    let whitening = Arc::new(whitening);
    let progress = Progress::new(settings);
    let chains = (0..settings.chains)
        .into_par_iter()
        .map(|k| {
            let target = Target::new(joint, &whitening, monitor);
            run_chain(target, settings, k as u64, &progress)
        })
        .collect::<Result<_, _>>()
        .map_err(stopped_or)?;
    Ok((mode, chains))
}

/// Draws so far, over all chains.
struct Progress {
    done: AtomicUsize,
    diverging: AtomicUsize,
    total: usize,
}

impl Progress {
    fn new(settings: &Settings) -> Progress {
        Progress {
            done: AtomicUsize::new(0),
            diverging: AtomicUsize::new(0),
            total: settings.chains * (settings.warmup + settings.draws),
        }
    }

    fn tell(&self, monitor: &Monitor, diverging: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let bad = self
            .diverging
            .fetch_add(usize::from(diverging), Ordering::Relaxed);
        monitor.show(
            done,
            self.total as f64,
            (bad + usize::from(diverging)) as f64,
        );
    }
}

impl Target {
    fn new(joint: &Arc<Joint>, whitening: &Arc<Whitening>, monitor: &Arc<Monitor>) -> Target {
        let dim = joint.dim();
        Target {
            joint: Arc::clone(joint),
            whitening: Arc::clone(whitening),
            monitor: Arc::clone(monitor),
            x: vec![0.0; dim],
            gradient: vec![0.0; dim],
            work: Work::default(),
            trace: Trace::default(),
        }
    }

    /// A first point: a draw from the normal approximation.
    fn first(&mut self, rng: &mut ChaCha8Rng) -> Option<Vec<f64>> {
        let mut gradient = vec![0.0; self.dim()];
        (0..ATTEMPTS).find_map(|k| {
            let spread = 0.9f64.powi(k as i32);
            let z: Vec<f64> = (0..self.dim()).map(|_| spread * normal(rng)).collect();
            self.logp(&z, &mut gradient).is_ok().then_some(z)
        })
    }
}

/// A standard normal number (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (a, b): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
}

fn nuts_settings(settings: &Settings) -> DiagNutsSettings {
    let mut nuts = DiagNutsSettings {
        num_tune: settings.warmup as u64,
        num_draws: settings.draws as u64,
        maxdepth: settings.max_depth,
        trajectory_kind: KineticEnergyKind::ExactNormal,
        ..DiagNutsSettings::default()
    };
    let step = &mut nuts.adapt_options.step_size_settings;
    step.target_accept = settings.target_accept;
    // Half a rotation of a normal target would map x to -x.
    step.adapt_options.dual_average.max_step_size = std::f64::consts::FRAC_PI_2;
    nuts
}

fn run_chain(
    mut target: Target,
    settings: &Settings,
    number: u64,
    progress: &Progress,
) -> Result<Chain, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Sampler(error.to_string());
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(number);
    let first = target.first(&mut rng).ok_or(Failure::Outside)?;
    let mut recorder = Recorder::new(&target, settings);
    let monitor = Arc::clone(&target.monitor);
    let mut sampler = nuts_settings(settings)
        .new_chain(number, CpuMath::new(target), &mut rng)
        .map_err(|e| failed(&e))?;
    sampler.set_position(&first).map_err(|e| failed(&e))?;
    for k in 0..settings.warmup + settings.draws {
        let (z, info) = sampler.draw().map_err(|e| failed(&e))?;
        let kept = k >= settings.warmup;
        progress.tell(&monitor, kept && info.diverging);
        if kept {
            recorder.chain.diverging.push(info.diverging);
            recorder.chain.steps.push(info.num_steps as usize);
            recorder.chain.step_size = info.step_size;
            recorder.add(&z);
        } else {
            recorder.chain.warmup_steps += info.num_steps as usize;
        }
    }
    Ok(recorder.chain)
}

/// Turns points into draws of what users know.
struct Recorder {
    joint: Arc<Joint>,
    whitening: Arc<Whitening>,
    keep_effects: bool,
    x: Vec<f64>,
    trace: Trace,
    b: Vec<f64>,
    /// Random effects of the current draw, by factor.
    effects: Vec<Vec<f64>>,
    chain: Chain,
}

impl Recorder {
    fn new(target: &Target, settings: &Settings) -> Recorder {
        let model = &target.joint.model;
        let zeros = |size: &dyn Fn(usize) -> usize| -> Vec<Vec<f64>> {
            let factors = model.factors.iter();
            factors
                .map(|f| vec![0.0; f.n_levels * size(f.p())])
                .collect()
        };
        Recorder {
            joint: Arc::clone(&target.joint),
            whitening: Arc::clone(&target.whitening),
            keep_effects: settings.keep_effects,
            x: target.x.clone(),
            trace: Trace::default(),
            b: Vec::new(),
            effects: zeros(&|p| p),
            chain: Chain {
                effects: vec![Vec::new(); model.factors.len()],
                moments: Moments {
                    count: 0.0,
                    mean: zeros(&|p| p),
                    products: zeros(&|p| p * p),
                },
                ..Chain::default()
            },
        }
    }

    fn add(&mut self, z: &[f64]) {
        self.whitening
            .apply(&self.joint, z, &mut self.x, &mut self.trace);
        let (parameters, u) = self.x.split_at(self.joint.n_parameters());
        let (psi, beta) = parameters.split_at(self.joint.space.dim());
        let theta = self.joint.theta(psi);
        let model = &self.joint.model;
        let lambdas = lambdas(&model.terms, &model.sizes(), &theta);
        self.chain.beta.extend(beta);
        self.chain.theta.extend(theta);
        lift(&self.joint, &lambdas, u, &mut self.b, &mut self.effects);
        self.chain.moments.add(&self.effects);
        if self.keep_effects {
            for (all, draw) in self.chain.effects.iter_mut().zip(&self.effects) {
                all.extend(draw);
            }
        }
    }
}

/// `b = Lambda u`, by factor.
fn lift(joint: &Joint, lambdas: &[Lambda], u: &[f64], b: &mut Vec<f64>, effects: &mut [Vec<f64>]) {
    let model = &joint.model;
    for (shard, range) in model.shards.iter().zip(joint.effects()) {
        b.resize(range.len(), 0.0);
        lambda_times(model, shard, lambdas, &u[range.clone()], b);
        for_factors(model, shard, |f, part| {
            let first = shard.levels[f].start * model.factors[f].p();
            effects[f][first..first + part.len()].copy_from_slice(&b[part]);
        });
    }
}

impl Moments {
    /// One more draw (Welford 1962).
    fn add(&mut self, effects: &[Vec<f64>]) {
        self.count += 1.0;
        for ((mean, products), draw) in self.mean.iter_mut().zip(&mut self.products).zip(effects) {
            let p = products.len() / mean.len().max(1);
            let levels = mean
                .chunks_exact_mut(p.max(1))
                .zip(products.chunks_exact_mut((p * p).max(1)));
            for ((mean, products), draw) in levels.zip(draw.chunks_exact(p.max(1))) {
                add_level(mean, products, draw, self.count);
            }
        }
    }

    /// Those of two sets of draws (Chan, Golub and LeVeque 1979).
    pub fn merge(&mut self, other: &Moments) {
        let total = self.count + other.count;
        let share = other.count / total;
        for f in 0..self.mean.len() {
            let p = (self.products[f].len() / self.mean[f].len().max(1)).max(1);
            for (k, value) in self.products[f].iter_mut().enumerate() {
                let (level, r, c) = (k / (p * p), k / p % p, k % p);
                let gap = |i: usize| other.mean[f][level * p + i] - self.mean[f][level * p + i];
                *value += other.products[f][k] + gap(r) * gap(c) * self.count * share;
            }
            for (a, b) in self.mean[f].iter_mut().zip(&other.mean[f]) {
                *a += share * (b - *a);
            }
        }
        self.count = total;
    }

    /// Covariances, `p x p` per level.
    pub fn covariances(&self) -> Vec<Vec<f64>> {
        let scale = 1.0 / (self.count - 1.0).max(1.0);
        let scaled = |v: &Vec<f64>| v.iter().map(|x| x * scale).collect();
        self.products.iter().map(scaled).collect()
    }
}

fn add_level(mean: &mut [f64], products: &mut [f64], draw: &[f64], count: f64) {
    let p = mean.len();
    let weight = (count - 1.0) / count;
    for r in 0..p {
        for c in 0..p {
            products[r * p + c] += weight * (draw[r] - mean[r]) * (draw[c] - mean[c]);
        }
    }
    mean.iter_mut()
        .zip(draw)
        .for_each(|(m, x)| *m += (x - *m) / count);
}
