//! Observed information by forward differences of the exact gradient.

use super::{Monitor, Objective, Record};
use crate::linalg::dense::Symmetric;

/// Step in units of the conditional standard deviation of each parameter.
const STEP: f64 = 1e-4;

/// The Hessian over the parameters in `free`, at `x` with gradient `gradient`; `metric` gives the scales. `None` if a
/// point next to `x` cannot be evaluated or the user stops.
pub fn hessian(
    objective: &mut dyn Objective,
    x: &[f64],
    gradient: &[f64],
    metric: &Symmetric,
    free: &[usize],
    monitor: &Monitor,
    record: &mut Record,
) -> Option<Symmetric> {
    record.evaluations += free.len();
    let columns = differences(objective, x, gradient, metric, free, monitor)?;
    Some(symmetrised(&columns, free))
}

/// The symmetric part of the derivatives of a gradient, `columns[b][free[a]]`.
pub fn symmetrised(columns: &[Vec<f64>], free: &[usize]) -> Symmetric {
    let mut hessian = Symmetric::zeros(free.len());
    for a in 0..free.len() {
        for b in 0..=a {
            hessian.set(a, b, 0.5 * (columns[b][free[a]] + columns[a][free[b]]));
        }
    }
    hessian
}

/// Derivatives of the gradient and the companions, `base` at `x`, along the coordinates in `free`: forwards, or backwards where
/// that is outside the domain.
pub fn differences(
    objective: &mut dyn Objective,
    x: &[f64],
    base: &[f64],
    metric: &Symmetric,
    free: &[usize],
    monitor: &Monitor,
) -> Option<Vec<Vec<f64>>> {
    let steps: Vec<f64> = free.iter().map(|&j| step(x[j], metric.at(j, j))).collect();
    let ahead: Vec<Vec<f64>> = free
        .iter()
        .zip(&steps)
        .map(|(&j, h)| moved(x, j, *h))
        .collect();
    let found = objective.gradients_near(x, &ahead);
    let mut columns = Vec::with_capacity(free.len());
    for ((&j, h), (mut there, found)) in free.iter().zip(&steps).zip(ahead.into_iter().zip(found)) {
        if monitor.stopped() {
            return None;
        }
        let gradient = match found {
            Some(gradient) => gradient,
            None => {
                there = moved(x, j, -h);
                objective
                    .gradients_near(x, std::slice::from_ref(&there))
                    .pop()??
            }
        };
        let h = there[j] - x[j];
        columns.push(
            gradient
                .iter()
                .zip(base)
                .map(|(a, b)| (a - b) / h)
                .collect(),
        );
    }
    Some(columns)
}

fn step(x: f64, scale: f64) -> f64 {
    if scale > 0.0 {
        STEP / scale.sqrt()
    } else {
        STEP * (1.0 + x.abs())
    }
}

fn moved(x: &[f64], j: usize, h: f64) -> Vec<f64> {
    let mut moved = x.to_vec();
    moved[j] += h;
    moved
}
