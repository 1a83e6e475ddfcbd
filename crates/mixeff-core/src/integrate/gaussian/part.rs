//! Cross-products of a shard, and what the criterion needs of them.

use super::{Response, Solution};
use crate::design::{Lambda, Model, Shard};
use crate::integrate::products::{
    add_outer, by_column_of_theta, lambda_times, lambda_transposed_times, ztv,
};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::{axpy, dot, weighted_dot};
use crate::structure::{system, System};

/// Cross-products of a shard.
pub struct Part {
    /// Curvature; `A = Z'WZ` does not change.
    pub system: Box<dyn System>,
    /// `Z'x_c` for each column, `Z'e` last.
    pub zx: Vec<Vec<f64>>,
    /// `K_c = H^-1 Lambda'Z'x_c`.
    k: Vec<Vec<f64>>,
}

/// What the least-squares fit leaves: cross-products of it keep their digits.
fn residuals(model: &Model, shard: &Shard, response: Response<'_>, origin: &[f64]) -> Vec<f64> {
    let mut y = response.of_shard(shard);
    for (c, b) in origin.iter().enumerate() {
        axpy(-b, model.x_column(0, c, shard), &mut y);
    }
    y
}

/// Weighted least squares of the fixed part, and the weighted sum of squares of the response.
pub fn least_squares(model: &Model, response: Response<'_>, p: usize) -> (Vec<f64>, f64) {
    let mut gram = Symmetric::zeros(p);
    let (mut xy, mut yy) = (vec![0.0; p], 0.0);
    for shard in &model.shards {
        let mut ones = Vec::new();
        let w = response.weights(shard, &mut ones);
        let y = residuals(model, shard, response, &[]);
        yy += weighted_dot(&y, &y, w);
        for c in 0..p {
            let x = model.x_column(0, c, shard);
            xy[c] += weighted_dot(x, &y, w);
            for e in 0..=c {
                let value = weighted_dot(x, model.x_column(0, e, shard), w);
                gram.set(c, e, gram.at(c, e) + value);
            }
        }
    }
    (
        gram.cholesky()
            .map_or_else(|| vec![0.0; p], |f| f.solve(&xy)),
        yy,
    )
}

impl Part {
    /// Room for a shard and `p` columns.
    pub fn new(model: &Model, shard: &Shard, p: usize) -> Part {
        let room = || vec![vec![0.0; model.n_effects(shard)]; p + 1];
        Part {
            system: system(model, shard),
            zx: room(),
            k: room(),
        }
    }

    /// The cross-products of `(X, e)` with `e` the residuals of `origin`; gives `(X e)'(X e)`.
    pub fn fill(
        &mut self,
        model: &Model,
        shard: &Shard,
        response: Response<'_>,
        origin: &[f64],
    ) -> Symmetric {
        let (p, n) = (origin.len(), shard.rows.len());
        let mut ones = Vec::new();
        let w = response.weights(shard, &mut ones);
        let y = residuals(model, shard, response, origin);
        let column = |c: usize| {
            if c < p {
                model.x_column(0, c, shard)
            } else {
                &y[..]
            }
        };
        let mut gram = Symmetric::zeros(p + 1);
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
            ztv(model, shard, &weighted, &mut self.zx[c]);
        }
        let mut packed = vec![0.0; n * crate::family::pairs(model.predictors.len())];
        packed[..n].copy_from_slice(w);
        self.system.assemble(model, shard, &packed);
        gram
    }

    /// Factors `H` and fills `K`; gives `(X y)'Z Lambda H^-1 Lambda'Z'(X y)` and `log |H|`.
    pub fn eliminate(
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
    pub fn residual(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        beta: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let u = less_columns(&self.k, beta);
        let ze = self.less_fitted(model, shard, lambdas, &u, less_columns(&self.zx, beta));
        (u, ze)
    }

    /// `b = Lambda u` on the scale of the response.
    pub fn effects(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        beta: &[f64],
    ) -> Vec<f64> {
        let u = less_columns(&self.k, beta);
        let mut b = vec![0.0; u.len()];
        lambda_times(model, shard, lambdas, &u, &mut b);
        b
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
    pub fn add_reml(
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
                axpy(inverse.at(c, d), &self.k[d], &mut k);
            }
            add_outer(model, shard, -1.0, &e, &k, bar);
        }
    }

    /// `q_k' V^-1 q_l / (2 sigma^2)` for the working variates `q_k = Z c_k` of `theta`.
    pub fn add_average_information(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        solution: &Solution,
        metric: &mut Symmetric,
    ) {
        let (u, ze) = self.residual(model, shard, lambdas, &solution.deviation);
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

/// The last column less a combination of the others.
fn less_columns(columns: &[Vec<f64>], beta: &[f64]) -> Vec<f64> {
    let mut out = columns[beta.len()].clone();
    for (c, b) in beta.iter().enumerate() {
        axpy(-b, &columns[c], &mut out);
    }
    out
}
