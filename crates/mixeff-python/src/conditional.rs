//! The conditional likelihood of a model with one grouping factor.

use crate::convert::fitted_dict;
use crate::run::run;
use crate::{outside, Array, Floats, Problem};
use mixeff_core::integrate::conditional::{lookup, Conditional, Kernel};
use mixeff_core::optimize::conditional::{fit, Task};
use mixeff_core::optimize::Control;
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;

/// The kernel, for a model that it fits.
fn kernel_for(problem: &Problem, name: &str) -> PyResult<&'static Kernel> {
    let model = &problem.model;
    let fits = model.factors.len() == 1
        && model.terms.is_empty()
        && model.predictors.len() == 1
        && model.n_beta() > 0;
    let kernel = lookup(name).filter(|_| fits);
    kernel.ok_or_else(|| {
        PyValueError::new_err(format!(
            "the conditional likelihood '{name}' needs one grouping factor without random effects, and covariates"
        ))
    })
}

fn coefficients(problem: &Problem, beta: &Floats<'_>) -> PyResult<Vec<f64>> {
    let beta = beta.as_slice()?;
    problem.check_parameters(beta, &[])?;
    Ok(beta.to_vec())
}

/// Conditional maximum likelihood. A dictionary of numbers.
#[pyfunction]
#[pyo3(signature = (problem, kernel, *, start, penalty, max_evaluations, tolerance, progress))]
#[allow(clippy::too_many_arguments)]
pub fn fit_conditional<'py>(
    py: Python<'py>,
    problem: &Problem,
    kernel: &str,
    start: Option<Floats<'py>>,
    penalty: Option<Floats<'py>>,
    max_evaluations: usize,
    tolerance: f64,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let kernel = kernel_for(problem, kernel)?;
    let start = start.map_or_else(|| Ok(Vec::new()), |s| coefficients(problem, &s))?;
    let penalty = penalty.map_or_else(|| Ok(Vec::new()), |p| coefficients(problem, &p))?;
    let task = Task {
        start,
        penalty,
        control: Control {
            max_evaluations,
            tolerance,
        },
    };
    let model = Arc::clone(&problem.model);
    let fitted = run(py, progress, move |monitor| {
        fit(
            &Conditional::new(&model, kernel, &monitor.stop),
            &task,
            monitor,
        )
    })?;
    fitted_dict(py, &problem.model, fitted.ok_or_else(outside)?)
}

/// Conditional log-likelihood, score and information at coefficients.
#[pyfunction]
pub fn evaluate_conditional<'py>(
    py: Python<'py>,
    problem: &Problem,
    kernel: &str,
    beta: Floats<'py>,
) -> PyResult<(f64, Array<'py>, Bound<'py, PyArray2<f64>>)> {
    let kernel = kernel_for(problem, kernel)?;
    let beta = coefficients(problem, &beta)?;
    let never = AtomicBool::new(false);
    let moments = py
        .detach(|| Conditional::new(&problem.model, kernel, &never).evaluate(&beta))
        .ok_or_else(outside)?;
    let p = beta.len();
    Ok((
        moments.value,
        PyArray1::from_vec(py, moments.score),
        PyArray1::from_vec(py, moments.information.values).reshape([p, p])?,
    ))
}
