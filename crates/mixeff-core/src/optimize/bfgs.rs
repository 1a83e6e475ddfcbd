//! BFGS in a given first metric, with a line search for the strong decrease that the gradient promises.

use super::{Control, Monitor, Objective, Point, Reason, Record};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::dot;

/// Sufficient decrease (Armijo).
const DECREASE: f64 = 1e-4;
/// Largest slope left after a step, relative to the first (Wolfe).
const SLOPE: f64 = 0.9;
/// Trials of one line search.
const TRIALS: usize = 25;

/// Where a search ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The point.
    pub x: Vec<f64>,
    /// Objective there.
    pub value: f64,
    /// Gradient there.
    pub gradient: Vec<f64>,
    /// Approximate Hessian.
    pub metric: Symmetric,
    /// Why it ended.
    pub reason: Reason,
}

struct Trial {
    x: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// Minimises from `x` in the metric `b`.
pub fn minimize(
    objective: &mut dyn Objective,
    x: Vec<f64>,
    b: Symmetric,
    control: &Control,
    monitor: &Monitor,
    record: &mut Record,
) -> Outcome {
    record.evaluations += 1;
    let Some((value, gradient)) = objective.value_and_gradient(&x) else {
        let gradient = vec![f64::NAN; x.len()];
        return Outcome {
            x,
            value: f64::INFINITY,
            gradient,
            metric: b,
            reason: Reason::BadStart,
        };
    };
    let mut at = Trial { x, value, gradient };
    let mut b = positive_definite(b);
    let mut step = 0.0;
    let reason = loop {
        let direction = newton_direction(&mut b, &at.gradient);
        let slope = dot(&direction, &at.gradient);
        let point = Point {
            evaluation: record.evaluations,
            value: at.value,
            scaled_gradient: (-slope).max(0.0).sqrt(),
            step,
        };
        monitor.tell(&point);
        record.path.push(point);
        if -slope <= control.tolerance * control.tolerance {
            break Reason::SmallGradient;
        }
        if record.evaluations >= control.max_evaluations {
            break Reason::EvaluationLimit;
        }
        match search(objective, &at, &direction, slope, control, monitor, record) {
            Ok((next, t)) => {
                match objective.metric(&next.x, (-slope).sqrt()) {
                    Some(better) => b = positive_definite(better),
                    None => update(&mut b, &at, &next),
                }
                at = next;
                step = t;
            }
            Err(reason) => break reason,
        }
    };
    Outcome {
        x: at.x,
        value: at.value,
        gradient: at.gradient,
        metric: b,
        reason,
    }
}

/// The matrix, or its diagonal where it is not positive definite.
fn positive_definite(b: Symmetric) -> Symmetric {
    if b.cholesky().is_some() {
        return b;
    }
    let mut diagonal = Symmetric::zeros(b.n);
    let typical = (0..b.n)
        .map(|i| b.at(i, i))
        .filter(|v| v.is_finite() && *v > 0.0)
        .fold(0.0, f64::max)
        .max(1.0);
    for i in 0..b.n {
        let v = b.at(i, i);
        diagonal.set(
            i,
            i,
            if v.is_finite() && v > 1e-8 * typical {
                v
            } else {
                typical * 1e-2
            },
        );
    }
    diagonal
}

fn newton_direction(b: &mut Symmetric, gradient: &[f64]) -> Vec<f64> {
    let factor = b.cholesky().or_else(|| {
        *b = positive_definite(b.clone());
        b.cholesky()
    });
    let minus: Vec<f64> = gradient.iter().map(|g| -g).collect();
    factor.map_or(minus.clone(), |f| f.solve(&minus))
}

/// A step that decreases the value enough and leaves a flatter slope, by cubic interpolation.
fn search(
    objective: &mut dyn Objective,
    from: &Trial,
    direction: &[f64],
    slope: f64,
    control: &Control,
    monitor: &Monitor,
    record: &mut Record,
) -> Result<(Trial, f64), Reason> {
    let rounding = 1e-12 * (1.0 + from.value.abs());
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut t = 1.0f64;
    let mut best: Option<(Trial, f64)> = None;
    for _ in 0..TRIALS {
        if monitor.stopped() {
            return Err(Reason::Interrupted);
        }
        if record.evaluations >= control.max_evaluations {
            return best.ok_or(Reason::EvaluationLimit);
        }
        record.evaluations += 1;
        let x: Vec<f64> = from
            .x
            .iter()
            .zip(direction)
            .map(|(x, d)| x + t * d)
            .collect();
        let Some((value, gradient)) = objective.value_and_gradient(&x) else {
            high = t;
            t = low + 0.25 * (t - low);
            continue;
        };
        let slope_here = dot(&gradient, direction);
        if value > from.value + DECREASE * t * slope + rounding {
            high = t;
            t = interpolate(low, t, from.value, value, slope)
                .clamp(low + 0.05 * (t - low), low + 0.7 * (t - low));
            continue;
        }
        let flat = slope_here >= SLOPE * slope;
        let too_far =
            slope_here > -SLOPE * slope && high.is_infinite() && value > from.value - rounding;
        best = Some((Trial { x, value, gradient }, t));
        if flat || too_far {
            break;
        }
        low = t;
        let stretched = t * (slope / (slope - slope_here)).clamp(1.5, 8.0);
        t = if high.is_infinite() {
            stretched
        } else {
            0.5 * (low + high)
        };
        if high.is_finite() && high - low < 1e-8 * high {
            break;
        }
    }
    best.ok_or(Reason::NoProgress)
}

/// Minimum of the parabola through the start and the failed trial.
fn interpolate(low: f64, t: f64, value: f64, trial: f64, slope: f64) -> f64 {
    let curvature = (trial - value - slope * t) / (t * t);
    if low == 0.0 && curvature > 0.0 {
        -0.5 * slope / curvature
    } else {
        0.5 * (low + t)
    }
}

/// The BFGS update, damped (Powell 1978) where the curvature along the step is not positive.
fn update(b: &mut Symmetric, from: &Trial, to: &Trial) {
    let s: Vec<f64> = to.x.iter().zip(&from.x).map(|(a, b)| a - b).collect();
    let mut y: Vec<f64> = to
        .gradient
        .iter()
        .zip(&from.gradient)
        .map(|(a, b)| a - b)
        .collect();
    let bs = b.times(&s);
    let (sbs, sy) = (dot(&s, &bs), dot(&s, &y));
    if !(sbs > 0.0 && sbs.is_finite() && sy.is_finite()) {
        return;
    }
    if sy < 0.1 * sbs {
        let keep = 0.9 * sbs / (sbs - sy);
        y.iter_mut()
            .zip(&bs)
            .for_each(|(y, bs)| *y = keep * *y + (1.0 - keep) * bs);
    }
    b.add_outer(-1.0 / sbs, &bs);
    b.add_outer(1.0 / dot(&s, &y), &y);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, undefined left of -2.
    struct Valley;

    impl Objective for Valley {
        fn dim(&self) -> usize {
            2
        }

        fn value_and_gradient(&mut self, x: &[f64]) -> Option<(f64, Vec<f64>)> {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            let gradient = vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b];
            (x[0] > -2.0).then_some((a * a + 100.0 * b * b, gradient))
        }
    }

    #[test]
    fn finds_the_floor_of_the_valley() {
        let mut record = Record::default();
        let metric = Symmetric {
            n: 2,
            values: vec![100.0, 0.0, 0.0, 100.0],
        };
        let control = Control {
            max_evaluations: 200,
            tolerance: 1e-8,
        };
        let out = minimize(
            &mut Valley,
            vec![-1.2, 1.0],
            metric,
            &control,
            &Monitor::default(),
            &mut record,
        );
        assert_eq!(out.reason, Reason::SmallGradient);
        assert!(
            (out.x[0] - 1.0).abs() < 1e-7 && (out.x[1] - 1.0).abs() < 1e-7,
            "{:?}",
            out.x
        );
        assert!(record.evaluations < 100, "{}", record.evaluations);
    }

    #[test]
    fn a_start_outside_the_domain_is_said() {
        let metric = Symmetric {
            n: 2,
            values: vec![1.0, 0.0, 0.0, 1.0],
        };
        let out = minimize(
            &mut Valley,
            vec![-3.0, 0.0],
            metric,
            &Control::default(),
            &Monitor::default(),
            &mut Record::default(),
        );
        assert_eq!(out.reason, Reason::BadStart);
    }
}
