//! A family of the core's table, changed as Python asks.

use crate::Matrix;
use mixeff_core::family::mapped::Mapped;
use mixeff_core::family::{registry, Family};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The family of a name with a link; then its zeros modified, then its predictors mapped by a matrix with its pseudoinverse.
pub fn make_family(
    family: &str,
    link: &str,
    categories: usize,
    modifiers: &[String],
    map: Option<(Matrix<'_>, Matrix<'_>)>,
) -> PyResult<Box<dyn Family>> {
    let plain = registry::lookup(family, link, categories)
        .ok_or_else(|| PyValueError::new_err(format!("no family '{family}' with link '{link}'")))?;
    let modified = registry::modified(plain, modifiers)
        .ok_or_else(|| PyValueError::new_err(format!("no such zeros: {modifiers:?}")))?;
    match map {
        Some((map, inverse)) => mapped(modified, &map, &inverse),
        None => Ok(modified),
    }
}

fn mapped(
    family: Box<dyn Family>,
    map: &Matrix<'_>,
    inverse: &Matrix<'_>,
) -> PyResult<Box<dyn Family>> {
    let rows = |m: &Matrix<'_>| m.as_array().iter().copied().collect();
    let made = Mapped::new(family, rows(map), rows(inverse)).ok_or_else(|| {
        PyValueError::new_err("map and its inverse need one entry for each predictor")
    })?;
    Ok(Box::new(made))
}
