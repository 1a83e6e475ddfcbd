//! The likelihood of the responses given the total of each cluster, which holds nothing of the cluster's own intercept.
//!
//! Under a canonical link the total `T = sum_i y_i` is sufficient for an intercept that all rows of a cluster share, so that
//! `log p(y | T)` is free of it (Andersen 1970). It is an exponential family in `beta`:
//!
//! ```text
//! score        = X'y - E(X'y | T)
//! information  = Cov(X'y | T)
//! ```

mod binomial;
mod multinomial;

use crate::design::{Model, Shard};
use crate::family::Rows;
use crate::linalg::dense::Symmetric;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// One cluster.
pub struct Cluster<'a> {
    /// The response and the trials.
    pub rows: Rows<'a>,
    /// Linear predictor without the cluster's intercept.
    pub eta: &'a [f64],
    /// Covariates, row by row, less the cluster's means.
    pub x: &'a [f64],
    /// Number of covariates.
    pub p: usize,
}

/// How a response is distributed given the total of its cluster.
pub struct Kernel {
    name: &'static str,
    /// False if there is only one way to make the total.
    informative: fn(Rows<'_>) -> bool,
    /// `log p(y | T)` without what is free of `eta`; adds the score and the information of the cluster, times its weight.
    add: fn(&Cluster<'_>, f64, &mut Work, &mut Moments) -> f64,
}

const KERNELS: [Kernel; 2] = [
    Kernel {
        name: "binomial",
        informative: binomial::informative,
        add: binomial::add,
    },
    Kernel {
        name: "poisson",
        informative: multinomial::informative,
        add: multinomial::add,
    },
];

/// The kernel of a name.
pub fn lookup(name: &str) -> Option<&'static Kernel> {
    KERNELS.iter().find(|kernel| kernel.name == name)
}

/// Log-likelihood with its derivatives by `beta`.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Log-likelihood.
    pub value: f64,
    /// First derivatives.
    pub score: Vec<f64>,
    /// Minus the second derivatives.
    pub information: Symmetric,
}

impl Moments {
    fn zeros(p: usize) -> Self {
        Moments {
            value: 0.0,
            score: vec![0.0; p],
            information: Symmetric::zeros(p),
        }
    }

    fn add(&mut self, other: &Moments) {
        let sum = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        self.value += other.value;
        sum(&mut self.score, &other.score);
        sum(&mut self.information.values, &other.information.values);
    }

    fn is_finite(&self) -> bool {
        let all = self.score.iter().chain(&self.information.values);
        self.value.is_finite() && all.into_iter().all(|v| v.is_finite())
    }
}

/// The conditional log-likelihood of a model with one grouping factor and one linear predictor.
pub struct Conditional<'a> {
    /// The model.
    pub model: &'a Model,
    kernel: &'static Kernel,
    stop: &'a AtomicBool,
}

impl<'a> Conditional<'a> {
    /// The likelihood; an evaluation ends early, without a result, when `stop` is set.
    pub fn new(model: &'a Model, kernel: &'static Kernel, stop: &'a AtomicBool) -> Self {
        Conditional {
            model,
            kernel,
            stop,
        }
    }

    /// Value, score and information. `None` where they are not finite.
    pub fn evaluate(&self, beta: &[f64]) -> Option<Moments> {
        let parts: Vec<Moments> = self
            .model
            .shards
            .par_iter()
            .map_init(Scratch::default, |scratch, shard| {
                self.of_shard(shard, beta, scratch)
            })
            .collect();
        let mut total = Moments::zeros(self.model.n_beta());
        total.value = self.model.log_normalizer;
        parts.iter().for_each(|part| total.add(part));
        (total.is_finite() && !self.stop.load(Ordering::Relaxed)).then_some(total)
    }

    fn of_shard(&self, shard: &Shard, beta: &[f64], scratch: &mut Scratch) -> Moments {
        let (model, p) = (self.model, beta.len());
        let mut moments = Moments::zeros(p);
        scratch.eta.resize(shard.rows.len(), 0.0);
        model.fixed_part(shard, beta, &mut scratch.eta);
        let all = model.rows(shard);
        for c in 0..shard.clusters() {
            let at = shard.rows_of(c);
            let rows = all.range(at.start, at.end);
            if !(self.kernel.informative)(rows) || self.stop.load(Ordering::Relaxed) {
                continue;
            }
            scratch.x.resize(rows.len() * p, 0.0);
            (0..p).for_each(|k| {
                let column = &model.x_column(0, k, shard)[at.clone()];
                centre(column, k, p, &mut scratch.x);
            });
            let weight = rows.weights.first().copied().unwrap_or(1.0);
            let cluster = Cluster {
                rows,
                eta: &scratch.eta[at],
                x: &scratch.x,
                p,
            };
            let value = (self.kernel.add)(&cluster, weight, &mut scratch.work, &mut moments);
            moments.value += weight * value;
        }
        moments
    }
}

/// Memory of the kernels.
#[derive(Default)]
pub struct Work {
    binomial: binomial::Work,
    multinomial: multinomial::Work,
}

#[derive(Default)]
struct Scratch {
    eta: Vec<f64>,
    x: Vec<f64>,
    work: Work,
}

/// Column `k` of the row-major `x`: the values less their mean.
fn centre(column: &[f64], k: usize, p: usize, x: &mut [f64]) {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    x[k..]
        .iter_mut()
        .step_by(p)
        .zip(column)
        .for_each(|(x, v)| *x = v - mean);
}
