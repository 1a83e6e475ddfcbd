//! Draws from the posterior: priors and settings in, arrays of draws out.

use crate::convert::{random_effects, term_vectors};
use crate::run::run;
use crate::{outside, Floats, Problem};
use mixeff_core::design::Model;
use mixeff_core::integrate::Posterior;
use mixeff_sampler::chain::{self, Chain, Failure, Settings};
use mixeff_sampler::joint::{Coefficient, Joint, Priors};
use mixeff_sampler::prior::lookup;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::Arc;

/// Name and arguments of a prior.
type Named = (String, Vec<f64>);

/// Samples the posterior. Coefficient priors are `(weights, (name, arguments), of the exponential)`; `sds` holds a prior for every
/// standard deviation, `etas` the LKJ parameter of every term. A dictionary of draws.
#[pyfunction]
#[pyo3(signature = (problem, *, coefficients, sds, etas, chains, draws, warmup, target_accept, max_depth, seed, keep_effects, progress))]
#[allow(clippy::too_many_arguments)]
pub fn sample<'py>(
    py: Python<'py>,
    problem: &Problem,
    coefficients: Vec<(Floats<'py>, Named, bool)>,
    sds: Vec<Named>,
    etas: Vec<f64>,
    chains: usize,
    draws: usize,
    warmup: usize,
    target_accept: f64,
    max_depth: u64,
    seed: u64,
    keep_effects: bool,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let priors = Priors {
        coefficients: coefficients
            .iter()
            .map(coefficient)
            .collect::<PyResult<_>>()?,
        sds: sds.iter().map(prior).collect::<PyResult<_>>()?,
        etas,
    };
    let joint = Joint::new(Arc::clone(&problem.model), priors).map_err(PyValueError::new_err)?;
    let settings = Settings {
        chains,
        draws,
        warmup,
        target_accept,
        max_depth,
        seed,
        keep_effects,
    };
    let sampled = run(py, progress, move |monitor| {
        chain::sample(&Arc::new(joint), &settings, monitor)
    })?;
    let (mode, chains) = sampled.map_err(|failure| match failure {
        Failure::Outside => outside(),
        other => PyRuntimeError::new_err(other.to_string()),
    })?;
    let out = draws_dict(py, &problem.model, &chains, keep_effects)?;
    out.set_item("evaluations", mode.record.evaluations)?;
    out.set_item("start", PyArray1::from_vec(py, mode.record.start))?;
    Ok(out)
}

fn prior(named: &Named) -> PyResult<Box<dyn mixeff_sampler::prior::Prior>> {
    lookup(&named.0, &named.1).map_err(PyValueError::new_err)
}

fn coefficient(given: &(Floats<'_>, Named, bool)) -> PyResult<Coefficient> {
    let weights = given.0.as_slice()?.iter().copied().enumerate();
    Ok(Coefficient {
        weights: weights.filter(|(_, w)| *w != 0.0).collect(),
        prior: prior(&given.1)?,
        exponential: given.2,
    })
}

fn draws_dict<'py>(
    py: Python<'py>,
    model: &Model,
    chains: &[Chain],
    keep_effects: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    let (c, n) = (
        chains.len(),
        chains.first().map_or(0, |c| c.diverging.len()),
    );
    let all =
        |of: &dyn Fn(&Chain) -> Vec<f64>| -> Vec<f64> { chains.iter().flat_map(of).collect() };
    let array = |values: Vec<f64>, shape: [usize; 3]| PyArray1::from_vec(py, values).reshape(shape);
    let beta = array(all(&|k| k.beta.clone()), [c, n, model.n_beta()])?;
    out.set_item("beta", beta)?;
    let theta = array(all(&|k| k.theta.clone()), [c, n, model.n_theta()])?;
    out.set_item("theta", theta)?;
    let diverging = all(&|k| {
        k.diverging
            .iter()
            .map(|d| f64::from(u8::from(*d)))
            .collect()
    });
    out.set_item(
        "diverging",
        PyArray1::from_vec(py, diverging).reshape([c, n])?,
    )?;
    let steps = all(&|k| k.steps.iter().map(|s| *s as f64).collect());
    out.set_item("steps", PyArray1::from_vec(py, steps).reshape([c, n])?)?;
    out.set_item(
        "step_size",
        PyArray1::from_vec(py, all(&|k| vec![k.step_size])),
    )?;
    let warmup: usize = chains.iter().map(|k| k.warmup_steps).sum();
    out.set_item("warmup_steps", warmup)?;
    out.set_item("random", moments(py, model, chains)?)?;
    let effects = keep_effects
        .then(|| effects(py, model, chains))
        .transpose()?;
    out.set_item("effects", effects)?;
    Ok(out)
}

/// Posterior means and covariances of the random effects, in the places of modes and means.
fn moments<'py>(py: Python<'py>, model: &Model, chains: &[Chain]) -> PyResult<Bound<'py, PyList>> {
    let mut chains = chains.iter();
    let mut total = chains.next().map(|c| c.moments.clone()).unwrap_or_default();
    chains.for_each(|c| total.merge(&c.moments));
    let covariances = total.covariances();
    let posterior = Posterior {
        mode: total.mean.clone(),
        mode_cov: covariances.clone(),
        mean: total.mean,
        mean_cov: covariances,
    };
    random_effects(py, model, &posterior, &vec![0.0; model.n_theta()])
}

/// The draws of each term's effects: chains, draws, levels, effects.
fn effects<'py>(py: Python<'py>, model: &Model, chains: &[Chain]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for term in &model.terms {
        let (factor, levels) = (&model.factors[term.factor], model.user_levels(term.factor));
        let size = (factor.p() * factor.n_levels).max(1);
        let draws = chains
            .iter()
            .flat_map(|c| c.effects[term.factor].chunks_exact(size));
        let values: Vec<f64> = draws
            .flat_map(|draw| term_vectors(model, term, draw, levels))
            .collect();
        let n = chains.first().map_or(0, |c| c.diverging.len());
        let shape = [chains.len(), n, levels, term.p];
        list.append(PyArray1::from_vec(py, values).reshape(shape)?)?;
    }
    Ok(list)
}
