//! The end of a search: standard form, boundary, observed information, and Newton steps in it.

use super::bfgs::{minimize, Outcome};
use super::boundary::{settle, standard_form};
use super::hessian::{differences, symmetrised};
use super::{Control, Monitor, Objective, Point, Reason, Record, INDEFINITE};
use crate::design::Model;
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::dot;

/// Scaled gradient up to which an end is an optimum.
const CONVERGED: f64 = 1e-2;
/// Share of the gradient that a Newton step may leave before the Hessian counts as another point's: it
/// is about half the relative change of the curvature along the step.
const BENT: f64 = 2.5e-4;
/// Scaled gradient that says nothing: the modes are found to about its accuracy.
const NOISE: f64 = 2e-7;

/// What the end of a search needs to know.
pub struct Ending<'a> {
    /// The model.
    pub model: &'a Model,
    /// Position of `theta` among the parameters.
    pub first_theta: usize,
    /// Scaled gradient at which a repeated search hands over.
    pub coarse: f64,
    /// Limits.
    pub control: &'a Control,
    /// The wish to stop.
    pub monitor: &'a Monitor,
}

/// Where it ended.
pub struct End {
    /// The parameters.
    pub x: Vec<f64>,
    /// The objective.
    pub value: f64,
    /// A point with its gradient, if one is known.
    gradient: Option<(Vec<f64>, Vec<f64>)>,
    /// Positions in `x` held at zero.
    pub fixed: Vec<usize>,
    /// Hessian over the free parameters.
    pub hessian: Option<Symmetric>,
    /// Derivatives of the objective's companions, one vector per free parameter.
    pub jacobian: Vec<Vec<f64>>,
    /// Approximate Hessian over all parameters.
    pub metric: Symmetric,
    scaled_gradient: f64,
    /// Why the search ended.
    pub reason: Reason,
}

impl Ending<'_> {
    /// From the outcome of the search to its end.
    pub fn finish(
        &self,
        objective: &mut dyn Objective,
        search: Outcome,
        record: &mut Record,
    ) -> End {
        let mut end = End::new(search);
        if matches!(end.reason, Reason::BadStart | Reason::Interrupted) {
            return end;
        }
        let theta = standard_form(self.model, &end.x[self.first_theta..]);
        end.x[self.first_theta..].copy_from_slice(&theta);
        for _ in 0..3 {
            let value = &mut end.value;
            let fixed = settle(
                objective,
                self.model,
                &mut end.x,
                self.first_theta,
                value,
                &end.metric,
            );
            end.fixed = fixed.into_iter().map(|k| self.first_theta + k).collect();
            if self.observe(objective, &mut end, record) {
                self.observe(objective, &mut end, record);
            }
            let found = end.scaled_gradient < CONVERGED || end.hessian.is_none();
            if found || self.monitor.stopped() {
                break;
            }
            self.search_again(objective, &mut end, record);
        }
        end
    }

    /// Hessian at the point, then Newton steps in it. True if the curvature changed on the way.
    fn observe(&self, objective: &mut dyn Objective, end: &mut End, record: &mut Record) -> bool {
        let free = end.free();
        let Some(mut gradient) = end.gradient_here(objective, record) else {
            return false;
        };
        self.differentiate(objective, end, &free, &gradient, record);
        let Some(factor) = end.hessian.as_ref().and_then(Symmetric::cholesky) else {
            return false;
        };
        let mut first = None;
        for _ in 0..4 {
            let part: Vec<f64> = free.iter().map(|&k| gradient[k]).collect();
            let step = factor.solve(&part);
            end.scaled_gradient = dot(&step, &part).max(0.0).sqrt();
            let first = *first.get_or_insert(end.scaled_gradient);
            let small = end.scaled_gradient < self.control.tolerance;
            if small && first > self.control.tolerance && end.scaled_gradient > BENT * first + NOISE
            {
                end.gradient = Some((end.x.clone(), gradient));
                end.tell(record);
                return true;
            }
            if small || end.scaled_gradient > 10.0 * CONVERGED {
                break;
            }
            let mut moved = end.x.clone();
            free.iter().zip(&step).for_each(|(&k, s)| moved[k] -= s);
            record.evaluations += 1;
            match objective.value_and_gradient(&moved) {
                Some((value, g)) if value <= end.value + 1e-10 * (1.0 + end.value.abs()) => {
                    (end.x, end.value, gradient) = (moved, value, g);
                }
                _ => break,
            }
        }
        end.tell(record);
        false
    }

    /// Hessian and Jacobian by differences.
    fn differentiate(
        &self,
        objective: &mut dyn Objective,
        end: &mut End,
        free: &[usize],
        gradient: &[f64],
        record: &mut Record,
    ) {
        record.evaluations += free.len();
        let base = [gradient.to_vec(), objective.companions(&end.x)].concat();
        let columns = differences(objective, &end.x, &base, &end.metric, free, self.monitor);
        end.hessian = columns.as_ref().map(|c| symmetrised(c, free));
        let n = end.x.len();
        end.jacobian =
            columns.map_or_else(Vec::new, |c| c.iter().map(|c| c[n..].to_vec()).collect());
    }

    /// Goes on from a point that turned out not to be an optimum, in the metric of its Hessian.
    fn search_again(&self, objective: &mut dyn Objective, end: &mut End, record: &mut Record) {
        if let Some(hessian) = &end.hessian {
            end.metric.place(&end.free(), hessian);
        }
        let control = Control {
            tolerance: self.coarse,
            max_evaluations: record.evaluations + self.control.max_evaluations,
        };
        let (x, metric) = (end.x.clone(), end.metric.clone());
        let out = minimize(objective, x, metric, &control, self.monitor, record);
        if out.value <= end.value {
            end.gradient = Some((out.x.clone(), out.gradient));
            end.reason = out.reason;
            end.metric = out.metric;
            end.value = out.value;
            end.x = out.x;
            let theta = standard_form(self.model, &end.x[self.first_theta..]);
            end.x[self.first_theta..].copy_from_slice(&theta);
        }
    }
}

impl End {
    fn new(search: Outcome) -> End {
        End {
            value: search.value,
            gradient: Some((search.x.clone(), search.gradient)),
            x: search.x,
            fixed: Vec::new(),
            hessian: None,
            jacobian: Vec::new(),
            metric: search.metric,
            scaled_gradient: f64::NAN,
            reason: search.reason,
        }
    }

    /// Parameters that are not held at zero.
    pub fn free(&self) -> Vec<usize> {
        (0..self.x.len())
            .filter(|k| !self.fixed.contains(k))
            .collect()
    }

    /// Inverse of the Hessian, if it is positive definite.
    pub fn inverse(&self) -> Option<Symmetric> {
        let factor = self.hessian.as_ref().and_then(Symmetric::cholesky)?;
        Some(factor.inverse())
    }

    /// Whether this is an optimum; `proper` says whether the information is positive definite.
    pub fn converged(&self, proper: bool) -> bool {
        let still = self.scaled_gradient < CONVERGED || self.x.is_empty();
        proper && still && self.reason != Reason::Interrupted
    }

    /// Convergence in words.
    pub fn words(&self, proper: bool) -> String {
        if self.converged(proper) {
            return format!(
                "converged: the gradient is {:.1e} standard errors and the Hessian is positive definite{}",
                self.scaled_gradient.max(0.0),
                if self.fixed.is_empty() { "" } else { " off the boundary" }
            );
        }
        if matches!(self.reason, Reason::BadStart | Reason::Interrupted) || proper {
            return format!("not converged: {}", self.reason.words());
        }
        INDEFINITE.into()
    }

    /// The gradient at the point, which the search may have left.
    fn gradient_here(
        &mut self,
        objective: &mut dyn Objective,
        record: &mut Record,
    ) -> Option<Vec<f64>> {
        match self.gradient.take() {
            Some((x, gradient)) if x == self.x => Some(gradient),
            _ => {
                record.evaluations += 1;
                let (value, gradient) = objective.value_and_gradient(&self.x)?;
                self.value = value;
                Some(gradient)
            }
        }
    }

    /// The end as the last point of the path.
    fn tell(&self, record: &mut Record) {
        record.path.push(Point {
            evaluation: record.evaluations,
            value: self.value,
            scaled_gradient: self.scaled_gradient,
            step: 1.0,
        });
    }
}
