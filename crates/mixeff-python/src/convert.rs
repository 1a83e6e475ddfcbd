//! Arrays in, dictionaries of arrays out.

use crate::columns::all_equal;
use crate::{Floats, Matrix, TermTuple};
use mixeff_core::design::fixed::FixedData;
use mixeff_core::design::model::TermData;
use mixeff_core::design::nesting::Codes;
use mixeff_core::design::source::{Shared, Source};
use mixeff_core::design::{Model, Term};
use mixeff_core::integrate::{Correction, Posterior};
use mixeff_core::optimize::{Fitted, Point};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::Arc;

/// What the arrays of a model must agree on.
pub struct Inputs {
    /// Rows.
    pub n: usize,
    /// Linear predictors of the family.
    pub predictors: usize,
}

impl Inputs {
    /// The columns and one offset per predictor, with as many rows as the response.
    pub fn check(&self, x: &[Vec<Floats<'_>>], offset: &[Option<Floats<'_>>]) -> PyResult<()> {
        let mut vectors = x.iter().flatten().chain(offset.iter().flatten());
        let rows_agree = vectors.all(|v| v.len() == self.n);
        if x.len() != self.predictors || offset.len() != self.predictors || !rows_agree {
            return Err(PyValueError::new_err(
                "x and offset need one entry per linear predictor, with as many rows as y",
            ));
        }
        Ok(())
    }

    /// An optional column of the response; empty if absent.
    pub fn rows<'a>(&self, values: Option<&'a Floats<'_>>) -> PyResult<&'a [f64]> {
        let Some(values) = values else { return Ok(&[]) };
        let values = values.as_slice()?;
        if values.len() != self.n {
            return Err(PyValueError::new_err(
                "trials and weights need as many rows as y",
            ));
        }
        Ok(values)
    }

    /// Codes of a grouping factor, checked.
    pub fn codes<'a>(
        &self,
        codes: &'a PyReadonlyArray1<'_, u32>,
        n_levels: usize,
    ) -> PyResult<Codes<'a>> {
        let codes = codes.as_slice()?;
        let inside = codes.iter().max().is_none_or(|&c| (c as usize) < n_levels);
        if codes.len() != self.n || !inside {
            return Err(PyValueError::new_err(
                "a grouping factor needs one code in 0..n_levels for each row",
            ));
        }
        Ok(Codes {
            codes: codes.into(),
            n_levels,
        })
    }
}

/// The columns of a matrix in Fortran order.
pub fn column_slices<'a>(x: &'a Matrix<'_>) -> PyResult<Vec<&'a [f64]>> {
    let (n, p) = (x.shape()[0], x.shape()[1]);
    if p == 0 || n == 0 {
        return Ok(vec![&[]; p]);
    }
    if !x.is_fortran_contiguous() {
        return Err(PyValueError::new_err(
            "the columns of random effects must be in Fortran order",
        ));
    }
    Ok(x.as_slice()?.chunks_exact(n).collect())
}

/// An array that Python has frozen, so that the core may read it where it is.
struct Frozen {
    _owner: Py<PyAny>,
    values: &'static [f64],
}

impl AsRef<[f64]> for Frozen {
    fn as_ref(&self) -> &[f64] {
        self.values
    }
}

/// The fixed part of every predictor. Without `coefficients` each column has one of its own, in order.
pub fn fixed_data<'a>(
    x: &'a [Vec<Floats<'_>>],
    offset: &'a [Option<Floats<'_>>],
    coefficients: Option<Vec<Vec<usize>>>,
) -> PyResult<Vec<FixedData<'a>>> {
    let widths = x.iter().map(Vec::len);
    let coefficients = coefficients.unwrap_or_else(|| consecutive(widths.clone()));
    if !coefficients.iter().map(Vec::len).eq(widths) {
        return Err(PyValueError::new_err(
            "coefficients need one number for each column of x",
        ));
    }
    let offset = optional_slices(offset)?;
    x.iter()
        .zip(coefficients)
        .zip(offset)
        .map(|((x, k), offset)| {
            let sources = x.iter().map(source).collect::<PyResult<Vec<_>>>()?;
            let columns = k.into_iter().zip(sources).collect();
            Ok(FixedData { columns, offset })
        })
        .collect()
}

/// Numbers in order, in groups of the given sizes.
fn consecutive(sizes: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut next = 0;
    let group = |size: usize| {
        let first = next;
        next += size;
        (first..next).collect()
    };
    sizes.map(group).collect()
}

/// A column of `X`: a number if it is constant.
fn source<'a>(x: &'a Floats<'_>) -> PyResult<Source<'a>> {
    if x.len() > 0 && x.strides()[0] == 0 {
        return Ok(Source::Constant(x.as_array()[0]));
    }
    match x.as_slice()? {
        values @ [first, ..] if all_equal(values) => Ok(Source::Constant(*first)),
        _ => column(x),
    }
}

/// A column, shared with the core if the array is frozen.
pub fn column<'a>(x: &'a Floats<'_>) -> PyResult<Source<'a>> {
    let values = x.as_slice()?;
    let owner = shared(x.as_any(), values)?;
    Ok(owner.map_or(Source::Given(values), |owner| {
        Source::Shared(owner, 0..values.len())
    }))
}

/// The numbers of an array as those of a shared owner, if it is frozen.
#[allow(unsafe_code)]
fn shared(array: &Bound<'_, PyAny>, values: &[f64]) -> PyResult<Option<Shared>> {
    let writeable: bool = array.getattr("flags")?.getattr("writeable")?.extract()?;
    if writeable || values.is_empty() {
        return Ok(None);
    }
    // SAFETY: `_owner` keeps the array alive as long as the slice, and the array its memory; an array that
    // something else refers to is not resized. Nobody writes to the memory: a `Design` has read-only arrays
    // only where the package froze them before anything else referred to them, or where they are columns of
    // a pandas frame that copies before it writes (`reading.py`), which excludes memory that was not
    // allocated for the frame; that nobody gets around pandas is what its users warrant, here as in numpy itself.
    let values = unsafe { std::slice::from_raw_parts(values.as_ptr(), values.len()) };
    Ok(Some(Arc::new(Frozen {
        _owner: array.clone().unbind(),
        values,
    })))
}

/// Optional vectors as optional slices.
pub fn optional_slices<'a>(values: &'a [Option<Floats<'_>>]) -> PyResult<Vec<Option<&'a [f64]>>> {
    values
        .iter()
        .map(|v| {
            v.as_ref()
                .map(|v| v.as_slice().map_err(PyErr::from))
                .transpose()
        })
        .collect()
}

/// A term; a column of ones is the intercept.
pub fn term_data<'a>(
    inputs: &Inputs,
    n_factors: usize,
    term: &'a TermTuple<'_>,
) -> PyResult<TermData<'a>> {
    let (factor, z, predictor, structure) = term;
    let z = match z {
        None => vec![None],
        Some(z) => effects(z)?,
    };
    let mut columns = z.iter().flatten();
    let fits = columns.all(|c| c.values().len() == inputs.n) && predictor.len() == z.len();
    if *factor >= n_factors || !fits || predictor.iter().any(|&d| d >= inputs.predictors) {
        return Err(PyValueError::new_err(
            "a random-effects term does not fit the model's rows, factors or predictors",
        ));
    }
    Ok(TermData {
        factor: *factor,
        z,
        predictor: predictor.clone(),
        structure: structure.clone(),
    })
}

/// The columns of a term, those of ones as intercepts.
fn effects<'a>(z: &'a Matrix<'_>) -> PyResult<Vec<Option<Source<'a>>>> {
    let columns = column_slices(z)?;
    let owner = shared(z.as_any(), z.as_slice().unwrap_or(&[]))?;
    let effect = |(k, column): (usize, &&'a [f64])| {
        let place = k * column.len()..(k + 1) * column.len();
        let source = match &owner {
            Some(owner) => Source::Shared(Arc::clone(owner), place),
            None => Source::Given(column),
        };
        (!is_ones(column)).then_some(source)
    };
    Ok(columns.iter().enumerate().map(effect).collect())
}

fn is_ones(column: &[f64]) -> bool {
    column.first().is_none_or(|&first| first == 1.0) && all_equal(column)
}

/// What Laplace's approximation lacks, as a dictionary.
pub fn correction_dict(py: Python<'_>, found: Correction) -> PyResult<Bound<'_, PyDict>> {
    let out = PyDict::new(py);
    out.set_item("log_likelihood", found.log_likelihood)?;
    out.set_item("rest", found.rest)?;
    out.set_item("error", found.error)?;
    out.set_item("gradient", PyArray1::from_vec(py, found.gradient))?;
    let errors = PyArray1::from_vec(py, found.gradient_error);
    out.set_item("gradient_error", errors)?;
    Ok(out)
}

/// The estimate as a dictionary; random effects term by term, levels in the user's order.
pub fn fitted_dict<'py>(
    py: Python<'py>,
    model: &Model,
    fitted: Fitted,
) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    let n = fitted.cov.n;
    let random = random_effects(py, model, &fitted.posterior, &fitted.theta)?;
    out.set_item("random", random)?;
    out.set_item("beta", PyArray1::from_vec(py, fitted.beta))?;
    out.set_item("theta", PyArray1::from_vec(py, fitted.theta))?;
    out.set_item(
        "cov",
        PyArray1::from_vec(py, fitted.cov.values).reshape([n, n])?,
    )?;
    out.set_item("metric", PyArray1::from_vec(py, fitted.metric.values))?;
    out.set_item("llf", fitted.log_likelihood)?;
    out.set_item("converged", fitted.converged)?;
    out.set_item("singular", fitted.singular)?;
    out.set_item("reason", fitted.reason)?;
    out.set_item("evaluations", fitted.record.evaluations)?;
    out.set_item("start", PyArray1::from_vec(py, fitted.record.start))?;
    let path = |f: &dyn Fn(&Point) -> f64| {
        PyArray1::from_vec(py, fitted.record.path.iter().map(f).collect())
    };
    out.set_item("path_evaluation", path(&|p| p.evaluation as f64))?;
    out.set_item("path_objective", path(&|p| p.value))?;
    out.set_item("path_gradient", path(&|p| p.scaled_gradient))?;
    out.set_item("path_step", path(&|p| p.step))?;
    Ok(out)
}

/// Modes and means with their covariances, term by term, levels in the user's order.
pub fn random_effects<'py>(
    py: Python<'py>,
    model: &Model,
    posterior: &Posterior,
    theta: &[f64],
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for term in &model.terms {
        let f = term.factor;
        let levels = model.user_levels(f);
        let vectors = |v: &[Vec<f64>]| {
            let values = v.get(f).map_or_else(
                || vec![f64::NAN; levels * term.p],
                |v| term_vectors(model, term, v, levels),
            );
            PyArray1::from_vec(py, values).reshape([levels, term.p])
        };
        let matrices = |v: &[Vec<f64>]| {
            let size = levels * term.p * term.p;
            let values = v.get(f).map_or_else(
                || vec![f64::NAN; size],
                |v| term_matrices(model, term, v, theta),
            );
            PyArray1::from_vec(py, values).reshape([levels, term.p, term.p])
        };
        list.append((
            vectors(&posterior.mode)?,
            matrices(&posterior.mode_cov)?,
            vectors(&posterior.mean)?,
            matrices(&posterior.mean_cov)?,
        ))?;
    }
    Ok(list)
}

/// A term's part of its factor's effects; zero for a level without rows.
pub fn term_vectors(model: &Model, term: &Term, values: &[f64], levels: usize) -> Vec<f64> {
    let size = model.factors[term.factor].p();
    let mut out = vec![0.0; levels * term.p];
    for (new, &old) in model.level_order[term.factor].iter().enumerate() {
        let from = &values[new * size + term.first..][..term.p];
        out[old as usize * term.p..][..term.p].copy_from_slice(from);
    }
    out
}

/// Covariances; a level without rows keeps its prior covariance.
fn term_matrices(model: &Model, term: &Term, values: &[f64], theta: &[f64]) -> Vec<f64> {
    let (size, p) = (model.factors[term.factor].p(), term.p);
    let mut out = term
        .covariance(theta)
        .repeat(model.user_levels(term.factor));
    for (new, &old) in model.level_order[term.factor].iter().enumerate() {
        let block = &values[new * size * size..][..size * size];
        let out = &mut out[old as usize * p * p..][..p * p];
        for r in 0..p {
            for c in 0..p {
                out[r * p + c] = block[(term.first + r) * size + term.first + c];
            }
        }
    }
    out
}
