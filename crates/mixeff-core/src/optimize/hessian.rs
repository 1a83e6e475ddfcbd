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
    let mut of = |x: &[f64]| objective.value_and_gradient(x).map(|(_, g)| g);
    let columns = differences(&mut of, x, gradient, metric, free, monitor)?;
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

/// Derivatives of a vector-valued function along the coordinates in `free`, forwards, or backwards where that is outside
/// the domain.
pub fn differences(
    of: &mut dyn FnMut(&[f64]) -> Option<Vec<f64>>,
    x: &[f64],
    base: &[f64],
    metric: &Symmetric,
    free: &[usize],
    monitor: &Monitor,
) -> Option<Vec<Vec<f64>>> {
    let mut column = |j: usize| {
        let scale = metric.at(j, j);
        let h = if scale > 0.0 {
            STEP / scale.sqrt()
        } else {
            STEP * (1.0 + x[j].abs())
        };
        [h, -h].into_iter().find_map(|h| {
            if monitor.stopped() {
                return None;
            }
            let mut moved = x.to_vec();
            moved[j] += h;
            let h = moved[j] - x[j];
            let there = of(&moved)?;
            Some(
                there
                    .iter()
                    .zip(base)
                    .map(|(a, b)| (a - b) / h)
                    .collect::<Vec<f64>>(),
            )
        })
    };
    free.iter().map(|&j| column(j)).collect()
}
