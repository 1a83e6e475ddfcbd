//! Adaptive Gauss-Hermite quadrature for one grouping factor.
//!
//! Cluster by cluster, with `H = L L'` at the mode `u^`, nodes `u_k = u^ + L^-T z_k` and
//! `g(u) = log p(y | u) - u'u / 2`,
//!
//! `log L = -log |L| + log sum_k exp(log w_k + z_k'z_k / 2 + g(u_k))`.

use super::modes::{cluster_log_density, linear_predictor, Scratch, ShardState};
use super::products::{lambda_transposed_times, ztv};
use super::rule::Rule;
use crate::design::{Lambda, Model, Shard};
use crate::linalg::small::backward;

/// Sums over the nodes, cluster by cluster, weighted by the posterior weights `pi_k` of the nodes.
pub struct Sums {
    /// `log sum_k exp(log w_k + z_k'z_k/2 + g(u_k) - g(u^))`.
    pub log_gain: Vec<f64>,
    /// `sum pi_k s(u_k)`, over the rows.
    pub score: Vec<f64>,
    /// `sum pi_k dg/du_k`.
    pub r: Vec<f64>,
    /// `sum pi_k (dg/du_k) z_k'`, `p x p` per cluster.
    pub big_r: Vec<f64>,
    /// `sum pi_k (Z's(u_k)) u_k'`, over clusters: what `Lambda` gets directly.
    pub direct: Vec<f64>,
    /// `sum pi_k u_k`.
    pub mean: Vec<f64>,
    /// `sum pi_k u_k u_k'`.
    pub second: Vec<f64>,
}

/// Runs over the nodes. Modes, `scratch.eta_fixed` and the factor must be current. `None` if a node's weight overflows.
pub fn sum_over_nodes(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    state: &mut ShardState,
    scratch: &mut Scratch,
    rule: &Rule,
) -> Option<Sums> {
    let (p, clusters) = (rule.p, shard.clusters());
    let at_mode: Vec<f64> = (0..clusters)
        .map(|c| cluster_log_density(model, shard, &scratch.l, &state.u, c))
        .collect();
    let mut sums = Sums::new(p, clusters, scratch.s.len());
    let mut total = vec![0.0; clusters];
    let mut u = state.u.clone();
    let mut node = Node::new(shard, scratch.s.len(), state.u.len());
    for (z, log_weight) in rule.points.chunks_exact(p).zip(&rule.log_weights) {
        place(state, z, &mut u);
        linear_predictor_at(model, shard, lambdas, &u, scratch, &mut node);
        model
            .family
            .score(model.rows(shard), &node.eta, &mut node.l, &mut node.s);
        ztv(model, shard, &node.s, &mut node.zs);
        lambda_transposed_times(model, shard, lambdas, &node.zs, &mut node.gradient);
        for c in 0..clusters {
            let g = cluster_log_density(model, shard, &node.l, &u, c);
            let weight = (log_weight + g - at_mode[c]).exp();
            if !weight.is_finite() {
                return None;
            }
            total[c] += weight;
            if weight > 0.0 {
                sums.add(c, p, weight, z, &u[c * p..(c + 1) * p], &node, shard);
            }
        }
    }
    sums.normalise(p, &total, shard);
    Some(sums)
}

/// Work space of one node.
struct Node {
    eta: Vec<f64>,
    l: Vec<f64>,
    s: Vec<f64>,
    zs: Vec<f64>,
    gradient: Vec<f64>,
}

impl Node {
    fn new(shard: &Shard, rows: usize, q: usize) -> Node {
        Node {
            eta: vec![0.0; rows],
            l: vec![0.0; shard.rows.len()],
            s: vec![0.0; rows],
            zs: vec![0.0; q],
            gradient: vec![0.0; q],
        }
    }
}

/// `u_k = u^ + L^-T z_k` for every cluster.
fn place(state: &mut ShardState, z: &[f64], u: &mut [f64]) {
    let p = z.len();
    let Some(nested) = state.system.as_nested() else {
        return;
    };
    for (c, (u, mode)) in u
        .chunks_exact_mut(p)
        .zip(state.u.chunks_exact(p))
        .enumerate()
    {
        u.copy_from_slice(z);
        backward(nested.level_factor(c), p, p, u);
        u.iter_mut().zip(mode).for_each(|(u, m)| *u += m);
    }
}

fn linear_predictor_at(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    u: &[f64],
    scratch: &mut Scratch,
    node: &mut Node,
) {
    std::mem::swap(&mut scratch.eta, &mut node.eta);
    linear_predictor(model, shard, lambdas, u, scratch);
    std::mem::swap(&mut scratch.eta, &mut node.eta);
}

impl Sums {
    fn new(p: usize, clusters: usize, rows: usize) -> Sums {
        Sums {
            log_gain: vec![0.0; clusters],
            score: vec![0.0; rows],
            r: vec![0.0; clusters * p],
            big_r: vec![0.0; clusters * p * p],
            direct: vec![0.0; clusters * p * p],
            mean: vec![0.0; clusters * p],
            second: vec![0.0; clusters * p * p],
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        c: usize,
        p: usize,
        weight: f64,
        z: &[f64],
        u: &[f64],
        node: &Node,
        shard: &Shard,
    ) {
        let n = shard.rows.len();
        for d in 0..node.s.len() / n {
            let rows = shard.rows_of(c);
            let rows = d * n + rows.start..d * n + rows.end;
            crate::linalg::small::axpy(weight, &node.s[rows.clone()], &mut self.score[rows]);
        }
        let (zs, gradient) = (&node.zs[c * p..], &node.gradient[c * p..]);
        for a in 0..p {
            let g = gradient[a] - u[a];
            self.r[c * p + a] += weight * g;
            self.mean[c * p + a] += weight * u[a];
            for b in 0..p {
                let at = (c * p + a) * p + b;
                self.big_r[at] += weight * g * z[b];
                self.direct[at] += weight * zs[a] * u[b];
                self.second[at] += weight * u[a] * u[b];
            }
        }
    }

    fn normalise(&mut self, p: usize, total: &[f64], shard: &Shard) {
        let n = shard.rows.len();
        for (c, &total) in total.iter().enumerate() {
            self.log_gain[c] = total.ln();
            let scale = 1.0 / total;
            for v in [&mut self.r, &mut self.mean] {
                v[c * p..(c + 1) * p].iter_mut().for_each(|x| *x *= scale);
            }
            for v in [&mut self.big_r, &mut self.direct, &mut self.second] {
                v[c * p * p..(c + 1) * p * p]
                    .iter_mut()
                    .for_each(|x| *x *= scale);
            }
            let rows = shard.rows_of(c);
            for d in 0..self.score.len() / n.max(1) {
                self.score[d * n + rows.start..d * n + rows.end]
                    .iter_mut()
                    .for_each(|x| *x *= scale);
            }
        }
    }
}

/// Puts twice the adjoint of `H` in the place of `H^-1`:
/// `H_bar = L^-T (P + P') L^-1 / 2`, `P = Phi(R'L^-T + I)`, where `Phi` keeps the lower triangle and halves the diagonal.
pub fn set_curvature_adjoint(state: &mut ShardState, sums: &Sums, p: usize) {
    let clusters = sums.log_gain.len();
    let Some(nested) = state.system.as_nested() else {
        return;
    };
    let mut half = vec![0.0; p * p];
    let mut bar = vec![0.0; p * p];
    for c in 0..clusters {
        let l = nested.level_factor(c).to_vec();
        let r = &sums.big_r[c * p * p..(c + 1) * p * p];
        phi_of_product(&l, r, p, &mut half);
        symmetric_product(&l, &half, p, &mut bar);
        nested.set_level_inverse(c, &bar);
    }
}

/// `P + P'` with `P = Phi(R'L^-T + I)`.
fn phi_of_product(l: &[f64], r: &[f64], p: usize, out: &mut [f64]) {
    // Row a of R'L^-T is L^-1 applied to column a of R.
    let mut product = vec![0.0; p * p];
    for a in 0..p {
        let row = &mut product[a * p..(a + 1) * p];
        for (k, x) in row.iter_mut().enumerate() {
            *x = r[k * p + a];
        }
        crate::linalg::small::forward(l, p, p, row);
        row[a] += 1.0;
    }
    for a in 0..p {
        for b in 0..p {
            out[a * p + b] = product[a.max(b) * p + a.min(b)];
        }
    }
}

/// `L^-T s L^-1` for symmetric `s`.
fn symmetric_product(l: &[f64], s: &[f64], p: usize, out: &mut [f64]) {
    out.copy_from_slice(s);
    for _ in 0..2 {
        for row in out.chunks_exact_mut(p) {
            backward(l, p, p, row);
        }
        for a in 0..p {
            for b in 0..a {
                out.swap(a * p + b, b * p + a);
            }
        }
    }
}
