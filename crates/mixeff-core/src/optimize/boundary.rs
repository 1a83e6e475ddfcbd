//! Zero variances: points on the boundary of the parameter space that the optimizer sees as ordinary ones.
//!
//! The objective is even in each column of `Lambda`, so at a zero variance the gradient by `theta` vanishes. A zero is accepted
//! only if the objective rises when the variance does.

use super::Objective;
use crate::design::{Model, Term};
use crate::linalg::dense::Symmetric;

/// A diagonal entry this small, in units of its conditional standard deviation, is tried at zero.
const NEAR: f64 = 0.05;
/// Rise of the objective up to which zero is as good.
const EQUAL: f64 = 1e-6;

/// `theta` in its standard form: for every term the lower-triangular factor of the same covariance matrix with a non-negative
/// diagonal, and zero columns where the covariance is singular.
pub fn standard_form(model: &Model, theta: &[f64]) -> Vec<f64> {
    let mut out = theta.to_vec();
    for term in &model.terms {
        let l = canonical(term, theta);
        for (k, &(r, c)) in term.entries.iter().enumerate() {
            out[term.theta_start + k] = l[r * term.p + c];
        }
    }
    out
}

/// Semi-definite Cholesky factor of a term's covariance.
fn canonical(term: &Term, theta: &[f64]) -> Vec<f64> {
    let p = term.p;
    let mut sigma = term.covariance(theta);
    let largest: Vec<f64> = (0..p).map(|r| sigma[r * p + r]).collect();
    for j in 0..p {
        let d = sigma[j * p + j]
            - (0..j)
                .map(|k| sigma[j * p + k] * sigma[j * p + k])
                .sum::<f64>();
        let d = if d > 1e-14 * largest[j] {
            d.max(0.0).sqrt()
        } else {
            0.0
        };
        sigma[j * p + j] = d;
        for i in j + 1..p {
            let v = sigma[i * p + j]
                - (0..j)
                    .map(|k| sigma[i * p + k] * sigma[j * p + k])
                    .sum::<f64>();
            sigma[i * p + j] = if d > 0.0 { v / d } else { 0.0 };
            sigma[j * p + i] = 0.0;
        }
    }
    sigma
}

/// Positions in `theta` of each column of each term's `Lambda`, the diagonal entry first.
fn columns(model: &Model) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for term in &model.terms {
        for c in 0..term.p {
            let mut column: Vec<(usize, usize)> = Vec::new();
            for (k, &(r, col)) in term.entries.iter().enumerate() {
                if col == c {
                    column.push((r, term.theta_start + k));
                }
            }
            column.sort_unstable();
            if !column.is_empty() {
                all.push(column.into_iter().map(|(_, at)| at).collect());
            }
        }
    }
    all
}

/// Sets the columns of `Lambda` that are zero up to rounding to zero, where that does not raise the objective and the one-sided derivative
/// by the variance is not negative. `x[offset..]` is `theta` in standard form. Returns the positions in `theta` held at zero.
pub fn settle(
    objective: &mut dyn Objective,
    model: &Model,
    x: &mut [f64],
    offset: usize,
    value: &mut f64,
    metric: &Symmetric,
) -> Vec<usize> {
    let mut fixed = Vec::new();
    for column in columns(model) {
        let k = offset + column[0];
        let scale = metric.at(k, k).max(0.0).sqrt();
        if x[k] != 0.0 && x[k].abs() * scale > NEAR {
            continue;
        }
        let mut zeroed = x.to_vec();
        zeroed[k] = 0.0;
        // The covariances of the column move to the later ones.
        let theta = standard_form(model, &zeroed[offset..]);
        zeroed[offset..].copy_from_slice(&theta);
        let at_zero = objective.value(&zeroed);
        if at_zero > *value + EQUAL || !rises(objective, &zeroed, k, scale, at_zero) {
            continue;
        }
        x.copy_from_slice(&zeroed);
        *value = at_zero;
        fixed.extend(column);
    }
    fixed
}

/// True if the objective does not fall when entry `k` leaves zero.
fn rises(
    objective: &mut dyn Objective,
    zeroed: &[f64],
    k: usize,
    scale: f64,
    at_zero: f64,
) -> bool {
    let mut moved = zeroed.to_vec();
    moved[k] = if scale > 0.0 { 0.1 / scale } else { 1e-2 };
    objective.value(&moved) >= at_zero - 1e-9 * (1.0 + at_zero.abs())
}
