//! The working linear mixed model at the conditional modes: penalized quasi-likelihood quantities that give the
//! start and the first metric of the optimizer.

use super::marginal::Marginal;
use super::modes::{find, Scratch, ShardState};
use super::moments::Moments;
use super::products::{add_zb, by_column_of_theta, lambda_transposed_times, ztv};
use crate::design::term::lambdas;
use crate::design::{Lambda, Model, Shard};
use crate::family::{pair, pairs};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::{add_product, axpy, dot};

/// Sums over the data at the modes.
#[derive(Clone, Debug)]
pub struct Working {
    /// `log p(y | u) - u'u / 2` at the modes, without constants.
    pub value: f64,
    /// `X's`, the gradient by `beta` with the random effects maximised out.
    pub score: Vec<f64>,
    /// Curvature by `(beta, theta)`: `X'(W - W M H^-1 M'W) X` and the average information of the working model
    /// (Gilmour, Thompson and Cullis 1995) for `theta`, without their cross part.
    pub metric: Symmetric,
    /// Sum of `b b' + Cov(b | y)` over the levels of each factor.
    pub second_moment: Vec<Lambda>,
    /// Moments of the scores by level.
    pub moments: Moments,
    /// Number of levels of each factor that were summed over.
    pub levels: Vec<usize>,
}

impl Working {
    fn zero(model: &Model) -> Self {
        Working {
            value: 0.0,
            score: vec![0.0; model.n_beta()],
            metric: Symmetric::zeros(model.n_beta() + model.n_theta()),
            second_moment: model.sizes().into_iter().map(Lambda::zeros).collect(),
            moments: Moments::zero(model),
            levels: vec![0; model.factors.len()],
        }
    }

    fn add(mut self, other: &Working) -> Self {
        self.value += other.value;
        self.moments.merge(&other.moments);
        self.levels
            .iter_mut()
            .zip(&other.levels)
            .for_each(|(a, b)| *a += b);
        self.score
            .iter_mut()
            .zip(&other.score)
            .for_each(|(a, b)| *a += b);
        self.metric
            .values
            .iter_mut()
            .zip(&other.metric.values)
            .for_each(|(a, b)| *a += b);
        for (a, b) in self.second_moment.iter_mut().zip(&other.second_moment) {
            a.values
                .iter_mut()
                .zip(&b.values)
                .for_each(|(a, b)| *a += b);
        }
        self
    }
}

impl Marginal<'_> {
    /// Moments of the scores by level at these coefficients, without random effects.
    pub fn moments(&mut self, beta: &[f64]) -> Moments {
        let parts = self.over_shards(|model, shard, state, scratch| {
            model.fixed_part(shard, beta, &mut scratch.eta);
            let rows = model.rows(shard);
            model.family.curvature(
                rows,
                &scratch.eta,
                &mut scratch.l,
                &mut scratch.s,
                &mut scratch.w,
            );
            state.system.assemble(model, shard, &scratch.w);
            ztv(model, shard, &scratch.s, &mut scratch.zs);
            let mut moments = Moments::zero(model);
            moments.add(model, shard, &scratch.zs, &state.system.a_diagonal());
            moments
        });
        let mut total = Moments::zero(self.model);
        parts.iter().for_each(|part| total.merge(part));
        total
    }

    /// The working model at these parameters; `None` outside the domain.
    pub fn working(&mut self, beta: &[f64], theta: &[f64]) -> Option<Working> {
        let lambdas = lambdas(&self.model.terms, &self.model.sizes(), theta);
        let parts = self.over_shards(|model, shard, state, scratch| {
            model.fixed_part(shard, beta, &mut scratch.eta_fixed);
            working_shard(model, shard, &lambdas, state, scratch)
        });
        let mut total = Working::zero(self.model);
        for part in parts {
            total = total.add(&part?);
        }
        total
            .moments
            .floor(self.model, theta, &mut total.metric, self.model.n_beta());
        Some(total)
    }
}

fn working_shard(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
) -> Option<Working> {
    let mut out = Working::zero(model);
    out.value = find(model, shard, lambdas, state, scratch)?;
    model.add_xtv(shard, &scratch.s, &mut out.score);
    out.levels = shard.levels.iter().map(|l| l.len()).collect();
    out.moments
        .add(model, shard, &scratch.zs, &state.system.a_diagonal());
    add_second_moments(model, shard, lambdas, state, &mut out.second_moment);
    let columns = Columns::new(model, shard, lambdas, state, scratch);
    columns.add_projected_gram(model, shard, lambdas, state, scratch, &mut out.metric);
    Some(out)
}

fn add_second_moments(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    out: &mut [Lambda],
) {
    state.system.invert();
    super::products::for_factors(model, shard, |f, range| {
        let p = model.factors[f].p();
        for (level, u) in state.u[range].chunks_exact(p).enumerate() {
            let mut v = state.system.level_inverse(f, level);
            for (k, v) in v.iter_mut().enumerate() {
                *v += u[k / p] * u[k % p];
            }
            let lifted = super::marginal::lift_matrix(&lambdas[f], &v);
            out[f]
                .values
                .iter_mut()
                .zip(&lifted)
                .for_each(|(o, v)| *o += v);
        }
    });
}

/// The columns of `X`, then for each entry of `theta` the working variate `Z (dLambda u + Lambda dLambda' Z's)`.
struct Columns {
    /// Predictor by predictor, row by row.
    theta: Vec<Vec<f64>>,
}

impl Columns {
    fn new(
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        state: &ShardState,
        scratch: &mut Scratch,
    ) -> Columns {
        let n = shard.rows.len() * model.predictors.len();
        let mut theta = Vec::with_capacity(model.n_theta());
        by_column_of_theta(model, shard, lambdas, &state.u, &scratch.zs, |b| {
            let mut column = vec![0.0; n];
            add_zb(model, shard, b, &mut column);
            theta.push(column);
        });
        Columns { theta }
    }

    /// `metric += E'(W - W M H^-1 M' W) E`, halved for `theta`.
    fn add_projected_gram(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        state: &ShardState,
        scratch: &mut Scratch,
        metric: &mut Symmetric,
    ) {
        let n_beta = model.n_beta();
        let d = model.predictors.len();
        let n = shard.rows.len();
        let (mut we, mut e) = (vec![0.0; n * d], vec![0.0; n * d]);
        let mut projected: Vec<(Vec<f64>, Vec<f64>)> =
            Vec::with_capacity(n_beta + self.theta.len());
        for k in 0..n_beta + self.theta.len() {
            self.fill(model, shard, k, &mut e);
            weigh(d, &scratch.w, &e, &mut we);
            ztv(model, shard, &we, &mut scratch.t);
            let mut c = vec![0.0; state.u.len()];
            lambda_transposed_times(model, shard, lambdas, &scratch.t, &mut c);
            let mut solved = c.clone();
            state.system.solve(&mut solved);
            projected.push((c, solved));
            let (c, _) = &projected[k];
            let first = if k < n_beta { 0 } else { n_beta };
            for j in first..=k {
                let own = if j < n_beta {
                    self.product(model, shard, j, &we)
                } else {
                    dot(&self.theta[j - n_beta], &we)
                };
                let value = own - dot(c, &projected[j].1);
                let half = if k < n_beta { 1.0 } else { 0.5 };
                metric.set(k, j, metric.at(k, j) + half * value);
            }
        }
    }

    fn fill(&self, model: &Model, shard: &Shard, k: usize, e: &mut [f64]) {
        let n = shard.rows.len();
        match k.checked_sub(model.n_beta()) {
            Some(k) => e.copy_from_slice(&self.theta[k]),
            None => {
                e.fill(0.0);
                for (d, c) in model.columns_of(k) {
                    axpy(1.0, model.x_column(d, c, shard), &mut e[d * n..][..n]);
                }
            }
        }
    }

    /// `x_j' we`.
    fn product(&self, model: &Model, shard: &Shard, j: usize, we: &[f64]) -> f64 {
        let n = shard.rows.len();
        let columns = model.columns_of(j);
        columns
            .map(|(d, c)| dot(model.x_column(d, c, shard), &we[d * n..][..n]))
            .sum()
    }
}

/// `we := W e`.
pub(super) fn weigh(d: usize, w: &[f64], e: &[f64], we: &mut [f64]) {
    let n = w.len() / pairs(d);
    for a in 0..d {
        let out = &mut we[a * n..(a + 1) * n];
        out.fill(0.0);
        for b in 0..d {
            let at = pair(d, a, b) * n;
            add_product(&w[at..at + n], &e[b * n..(b + 1) * n], out);
        }
    }
}
