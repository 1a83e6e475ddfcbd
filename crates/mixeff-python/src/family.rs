//! The distribution of the response, made of the core's families as Python asks.

use crate::{Floats, Matrix};
use mixeff_core::family::choice::Choice;
use mixeff_core::family::mapped::Mapped;
use mixeff_core::family::mixed::Mixed;
use mixeff_core::family::{registry, Family};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;

/// The distribution of a response.
#[pyclass(frozen, module = "mixeff._native")]
pub struct Response {
    pub(crate) family: Arc<dyn Family>,
}

/// A family that was made, or else an error of these words.
fn response<F: Family + 'static>(made: Option<F>, or: &str) -> PyResult<Response> {
    let family = made.ok_or_else(|| PyValueError::new_err(or.to_owned()))?;
    Ok(Response {
        family: Arc::new(family),
    })
}

#[pymethods]
impl Response {
    /// The family of a name with a link; then its zeros modified, then its predictors mapped by a matrix with its pseudoinverse.
    #[staticmethod]
    #[pyo3(signature = (family, link, categories=0, modifiers=Vec::new(), map=None))]
    fn named(
        family: &str,
        link: &str,
        categories: usize,
        modifiers: Vec<String>,
        map: Option<(Matrix<'_>, Matrix<'_>)>,
    ) -> PyResult<Response> {
        let plain = registry::lookup(family, link, categories).ok_or_else(|| {
            PyValueError::new_err(format!("no family '{family}' with link '{link}'"))
        })?;
        let modified = registry::modified(plain, &modifiers)
            .ok_or_else(|| PyValueError::new_err(format!("no such zeros: {modifiers:?}")))?;
        let Some((map, inverse)) = map else {
            return Ok(Response {
                family: modified.into(),
            });
        };
        response(
            Mapped::new(modified, row_by_row(&map), row_by_row(&inverse)),
            "map and its inverse need one entry for each predictor",
        )
    }

    /// Choices: attributes of all alternatives, the offset of their utilities, and where the alternatives of each case begin.
    #[staticmethod]
    fn choice(
        attributes: Matrix<'_>,
        offset: Option<Floats<'_>>,
        starts: Vec<usize>,
    ) -> PyResult<Response> {
        let width = attributes.as_array().ncols();
        let offset = match &offset {
            Some(offset) => offset.as_slice()?.to_vec(),
            None => Vec::new(),
        };
        response(
            Choice::new(row_by_row(&attributes), width, offset, starts),
            "attributes, offset and starts do not agree",
        )
    }

    /// Several responses: which of them each row is of, and the second column of its response.
    #[staticmethod]
    fn mixed(
        responses: Vec<PyRef<'_, Response>>,
        part: Vec<usize>,
        extra: Floats<'_>,
    ) -> PyResult<Response> {
        let parts = responses.iter().map(|r| Arc::clone(&r.family)).collect();
        response(
            Mixed::new(parts, part, extra.as_slice()?.to_vec()),
            "part and extra do not agree with the responses",
        )
    }
}

fn row_by_row(m: &Matrix<'_>) -> Vec<f64> {
    m.as_array().iter().copied().collect()
}
