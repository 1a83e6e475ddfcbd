//! Counts given their total: multinomial with `pi_i = exp(eta_i) / sum_j exp(eta_j)` (Hausman, Hall and Griliches 1984).

use super::{Cluster, Moments};
use crate::family::Rows;
use crate::linalg::vector::{axpy, dot};

/// Memory for one cluster.
#[derive(Default)]
pub struct Work {
    pi: Vec<f64>,
    mean: Vec<f64>,
    off: Vec<f64>,
}

/// False if all counts are zero.
pub fn informative(rows: Rows<'_>) -> bool {
    rows.y.iter().sum::<f64>() > 0.0
}

/// `log T! + sum_i y_i log pi_i`; the counts have the means `T pi_i` and the covariances `T (diag pi - pi pi')`.
pub fn add(cluster: &Cluster<'_>, weight: f64, work: &mut super::Work, out: &mut Moments) -> f64 {
    let (y, eta, p) = (cluster.rows.y, cluster.eta, cluster.p);
    let Work { pi, mean, off } = &mut work.multinomial;
    let total: f64 = y.iter().sum();
    let top = eta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    pi.clear();
    pi.extend(eta.iter().map(|e| (e - top).exp()));
    let sum: f64 = pi.iter().sum();
    pi.iter_mut().for_each(|v| *v /= sum);
    mean.clear();
    mean.resize(p, 0.0);
    let rows = || cluster.x.chunks_exact(p);
    rows().zip(&*pi).for_each(|(x, pi)| axpy(*pi, x, mean));
    for (i, x) in rows().enumerate() {
        axpy(weight * (y[i] - total * pi[i]), x, &mut out.score);
        off.clear();
        off.extend(x.iter().zip(&*mean).map(|(x, m)| x - m));
        out.information.add_outer(weight * total * pi[i], off);
    }
    libm::lgamma(total + 1.0) + dot(y, eta) - total * (top + sum.ln())
}
