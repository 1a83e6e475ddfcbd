//! Python bindings of `mixeff-core`: convert arrays, map errors, release the interpreter, hear Ctrl-C.

mod columns;
mod conditional;
mod convert;
mod family;
mod run;
mod sample;

use convert::{
    column, correction_dict, fitted_dict, fixed_data, random_effects, term_data, Inputs,
};
use family::Response;
use mixeff_core::design::model::ModelData;
use mixeff_core::design::Model;
use mixeff_core::family::{pairs, registry};
use mixeff_core::integrate::gaussian::Gaussian;
use mixeff_core::integrate::{Integral, Marginal};
use mixeff_core::linalg::dense::Symmetric;
use mixeff_core::optimize::glmm::{self, Task};
use mixeff_core::optimize::{gaussian, quasi, start, Control, Fitted, Monitor};
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::{PyFloatingPointError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use run::run;
use std::sync::Arc;

/// A vector for Python.
type Array<'py> = Bound<'py, PyArray1<f64>>;
type Floats<'py> = PyReadonlyArray1<'py, f64>;
type Matrix<'py> = PyReadonlyArray2<'py, f64>;
type TermTuple<'py> = (usize, Option<Matrix<'py>>, Vec<usize>, String);

/// An immutable model: response, design matrices, grouping structure, family.
#[pyclass(frozen, module = "mixeff._native")]
struct Problem {
    pub(crate) model: Arc<Model>,
}

fn outside() -> PyErr {
    PyFloatingPointError::new_err("the likelihood cannot be evaluated at these parameters")
}

#[pymethods]
impl Problem {
    /// Sorts the rows and lays out the design. Arrays are copied, but for `y` and the columns of `x` and of terms where they are
    /// read-only and no row moves: nobody may write to their memory as long as they live.
    #[new]
    #[pyo3(signature = (*, response, y, extra, weights, x, offset, factors, terms, coefficients=None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        response: &Response,
        y: Floats<'_>,
        extra: Option<Floats<'_>>,
        weights: Option<Floats<'_>>,
        x: Vec<Vec<Floats<'_>>>,
        offset: Vec<Option<Floats<'_>>>,
        factors: Vec<(PyReadonlyArray1<'_, u32>, usize)>,
        terms: Vec<TermTuple<'_>>,
        coefficients: Option<Vec<Vec<usize>>>,
    ) -> PyResult<Self> {
        let family = Arc::clone(&response.family);
        let inputs = Inputs {
            n: y.as_slice()?.len(),
            predictors: family.predictors(),
        };
        inputs.check(&x, &offset)?;
        let data = ModelData {
            family,
            y: column(&y)?,
            extra: inputs.rows(extra.as_ref())?,
            weights: inputs.rows(weights.as_ref())?,
            fixed: fixed_data(&x, &offset, coefficients)?,
            factors: factors
                .iter()
                .map(|(codes, n)| inputs.codes(codes, *n))
                .collect::<PyResult<_>>()?,
            terms: terms
                .iter()
                .map(|t| term_data(&inputs, factors.len(), t))
                .collect::<PyResult<_>>()?,
        };
        let model = py
            .detach(|| rayon::scope(|_| Model::new(data)))
            .map_err(PyValueError::new_err)?;
        Ok(Problem {
            model: Arc::new(model),
        })
    }

    /// Maximum likelihood by Laplace (`nodes=None`, `expanded` or not) or quadrature, with one number of nodes for each factor, penalised
    /// where `penalty` holds the precisions of a normal prior on the coefficients. A dictionary of numbers.
    #[pyo3(signature = (*, nodes, adaptive, start, metric, penalty, max_evaluations, tolerance, progress, expanded=false))]
    #[allow(clippy::too_many_arguments)]
    fn fit<'py>(
        &self,
        py: Python<'py>,
        nodes: Option<Vec<usize>>,
        adaptive: bool,
        start: Option<(Floats<'py>, Floats<'py>)>,
        metric: Option<Floats<'py>>,
        penalty: Option<Floats<'py>>,
        max_evaluations: usize,
        tolerance: f64,
        progress: Option<Bound<'py, PyAny>>,
        expanded: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let start = pair(start)?;
        let metric = metric
            .map(|m| {
                Ok::<_, PyErr>(Symmetric {
                    n: self.dim(),
                    values: m.as_slice()?.to_vec(),
                })
            })
            .transpose()?;
        let penalty =
            penalty.map_or_else(|| Ok(Vec::new()), |p| p.as_slice().map(<[f64]>::to_vec))?;
        let task = Task {
            penalty,
            integral: self.integral(nodes, adaptive, expanded)?,
            start,
            metric,
            control: Control {
                max_evaluations,
                tolerance,
            },
        };
        self.run(py, progress, move |model, monitor| {
            glmm::fit(model, &task, monitor)
        })
    }

    /// ML or REML through the profiled criterion; for the gaussian identity model only.
    #[pyo3(signature = (*, reml, start, max_evaluations, tolerance, progress))]
    fn fit_gaussian<'py>(
        &self,
        py: Python<'py>,
        reml: bool,
        start: Option<Floats<'py>>,
        max_evaluations: usize,
        tolerance: f64,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let start = start
            .map(|t| Ok::<_, PyErr>(t.as_slice()?.to_vec()))
            .transpose()?;
        let control = Control {
            max_evaluations,
            tolerance,
        };
        self.run(py, progress, move |model, monitor| {
            gaussian::fit(model, reml, start.as_deref(), &control, monitor)
        })
    }

    /// Quasi-likelihood: penalized, or marginal, to first or second order, with the working model by ML or REML.
    #[pyo3(signature = (*, penalized, second, reml, estimate_phi, start, max_evaluations, tolerance, progress))]
    #[allow(clippy::too_many_arguments)]
    fn fit_quasi<'py>(
        &self,
        py: Python<'py>,
        penalized: bool,
        second: bool,
        reml: bool,
        estimate_phi: bool,
        start: Option<(Floats<'py>, Floats<'py>)>,
        max_evaluations: usize,
        tolerance: f64,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let task = quasi::Task {
            penalized,
            second,
            reml,
            estimate_phi,
            start: pair(start)?,
            control: Control {
                max_evaluations,
                tolerance,
            },
        };
        let model = Arc::clone(&self.model);
        let found = run(py, progress, move |monitor| {
            quasi::fit(&model, &task, monitor)
        })?;
        let found = found.ok_or_else(outside)?;
        let out = fitted_dict(py, &self.model, found.fitted)?;
        out.set_item("scale", found.phi)?;
        out.set_item("scale_se", found.phi_se)?;
        Ok(out)
    }

    /// Log-likelihood and its gradient by `(beta, theta)`.
    #[pyo3(signature = (beta, theta, nodes, adaptive, expanded=false))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        beta: Floats<'py>,
        theta: Floats<'py>,
        nodes: Option<Vec<usize>>,
        adaptive: bool,
        expanded: bool,
    ) -> PyResult<(f64, Array<'py>)> {
        let (beta, theta) = (beta.as_slice()?, theta.as_slice()?);
        self.check_parameters(beta, theta)?;
        let integral = self.integral(nodes, adaptive, expanded)?;
        let value = py.detach(|| {
            let mut marginal = Marginal::new(&self.model);
            marginal.set_integral(&integral);
            marginal.evaluate(beta, theta)
        });
        let (value, mut gradient) = value.ok_or_else(outside)?;
        gradient.iter_mut().for_each(|g| *g = -*g);
        Ok((-value, PyArray1::from_vec(py, gradient)))
    }

    /// Random effects given the data at `(beta, theta)`, by Laplace: modes, covariances, means, covariances of each term.
    fn posterior<'py>(
        &self,
        py: Python<'py>,
        beta: Floats<'py>,
        theta: Floats<'py>,
    ) -> PyResult<Bound<'py, PyList>> {
        let (beta, theta) = (beta.as_slice()?, theta.as_slice()?);
        self.check_parameters(beta, theta)?;
        let found = py.detach(|| Marginal::new(&self.model).posterior(beta, theta));
        random_effects(py, &self.model, &found.ok_or_else(outside)?, theta)
    }

    /// What Laplace's approximation lacks at `(beta, theta)`, with standard errors from draws that are always the same.
    fn correction<'py>(
        &self,
        py: Python<'py>,
        beta: Floats<'py>,
        theta: Floats<'py>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (beta, theta) = (beta.as_slice()?, theta.as_slice()?);
        self.check_parameters(beta, theta)?;
        let found = py.detach(|| Marginal::new(&self.model).correction(beta, theta));
        correction_dict(py, found.ok_or_else(outside)?)
    }

    /// The profiled criterion at `theta` relative to the residual SD: `(log-likelihood, sigma2, degrees of freedom)`.
    fn profile(&self, py: Python<'_>, theta: Floats<'_>, reml: bool) -> PyResult<(f64, f64, f64)> {
        let theta = theta.as_slice()?;
        py.detach(|| {
            let mut criterion = Gaussian::new(&self.model, reml);
            let df = criterion.degrees_of_freedom();
            criterion.solve(theta).map(|s| (-s.value, s.sigma2, df))
        })
        .ok_or_else(outside)
    }

    /// Starting values `(beta, theta)`.
    fn start<'py>(&self, py: Python<'py>) -> PyResult<(Array<'py>, Array<'py>)> {
        let found =
            py.detach(|| start::start(&mut Marginal::new(&self.model), &Monitor::default()));
        let found = found.ok_or_else(outside)?;
        Ok((
            PyArray1::from_vec(py, found.beta),
            PyArray1::from_vec(py, found.theta),
        ))
    }

    /// Log-density, score and observed weight of every row, weighted, at linear predictors `(D, n)` in the user's row order.
    fn row_derivatives<'py>(
        &self,
        py: Python<'py>,
        eta: Floats<'py>,
    ) -> PyResult<(Array<'py>, Array<'py>, Array<'py>)> {
        let eta = eta.as_slice()?;
        let (n, d) = (self.model.n(), self.model.predictors.len());
        if eta.len() != n * d {
            return Err(PyValueError::new_err(
                "eta must have one value per predictor and row",
            ));
        }
        let (l, s, w) = py.detach(|| row_derivatives(&self.model, eta, n, d));
        Ok((
            PyArray1::from_vec(py, l),
            PyArray1::from_vec(py, s),
            PyArray1::from_vec(py, w),
        ))
    }

    /// Number of rows.
    #[getter]
    fn n(&self) -> usize {
        self.model.n()
    }

    /// Whether the family is told by its mean and variance function.
    #[getter]
    fn has_variance_function(&self) -> bool {
        self.model.family.quasi(1.0).is_some()
    }

    /// True if the grouping factors are nested in one another, one factor and none included.
    #[getter]
    fn nested(&self) -> bool {
        self.model.nested
    }

    /// Random effects per level of each grouping factor, in the user's order.
    #[getter]
    fn effects_per_level(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.model.factors.len()];
        for (factor, &user) in self.model.factors.iter().zip(&self.model.user_factor) {
            sizes[user] = factor.p();
        }
        sizes
    }
}

fn pair(start: Option<(Floats<'_>, Floats<'_>)>) -> PyResult<Option<(Vec<f64>, Vec<f64>)>> {
    start
        .map(|(b, t)| Ok((b.as_slice()?.to_vec(), t.as_slice()?.to_vec())))
        .transpose()
}

impl Problem {
    /// The integral that numbers of nodes stand for.
    fn integral(
        &self,
        nodes: Option<Vec<usize>>,
        adaptive: bool,
        expanded: bool,
    ) -> PyResult<Integral> {
        if expanded && !self.model.nested {
            return Err(PyValueError::new_err(
                "the sixth-order expansion needs nested grouping factors",
            ));
        }
        let Some(nodes) = nodes else {
            return Ok(if expanded {
                Integral::Expanded
            } else {
                Integral::Laplace
            });
        };
        if !self.model.nested || nodes.len() != self.model.factors.len() || nodes.contains(&0) {
            return Err(PyValueError::new_err(
                "quadrature needs nested grouping factors and a number of nodes for each",
            ));
        }
        Ok(if adaptive {
            Integral::Adaptive(nodes)
        } else {
            Integral::Ordinary(nodes)
        })
    }

    fn dim(&self) -> usize {
        self.model.n_beta() + self.model.n_theta()
    }

    fn check_parameters(&self, beta: &[f64], theta: &[f64]) -> PyResult<()> {
        if beta.len() == self.model.n_beta() && theta.len() == self.model.n_theta() {
            return Ok(());
        }
        Err(PyValueError::new_err(format!(
            "beta must have {} entries and theta {}, not {} and {}",
            self.model.n_beta(),
            self.model.n_theta(),
            beta.len(),
            theta.len()
        )))
    }

    fn run<'py>(
        &self,
        py: Python<'py>,
        progress: Option<Bound<'py, PyAny>>,
        task: impl FnOnce(&Model, &Monitor) -> Option<Fitted> + Send + 'static,
    ) -> PyResult<Bound<'py, PyDict>> {
        let model = Arc::clone(&self.model);
        let fitted =
            run(py, progress, move |monitor| task(&model, monitor))?.ok_or_else(outside)?;
        fitted_dict(py, &self.model, fitted)
    }
}

fn row_derivatives(
    model: &Model,
    eta: &[f64],
    n: usize,
    d: usize,
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut l, mut s, mut w) = (vec![0.0; n], vec![0.0; n * d], vec![0.0; n * pairs(d)]);
    let blocks = eta.chunks_exact(n.max(1));
    let sorted: Vec<f64> = blocks.flat_map(|eta| model.row_order.gather(eta)).collect();
    model
        .family
        .curvature(model.all_rows(), &sorted, &mut l, &mut s, &mut w);
    let unsort = |v: &[f64]| -> Vec<f64> {
        let mut out = vec![0.0; v.len()];
        for (block, out) in v.chunks_exact(n.max(1)).zip(out.chunks_exact_mut(n.max(1))) {
            block
                .iter()
                .zip(model.row_order.iter())
                .for_each(|(v, i)| out[i] = *v);
        }
        out
    };
    (unsort(&l), unsort(&s), unsort(&w))
}

/// Names of the families with their links, as the core knows them.
#[pyfunction]
fn families(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(py, registry::all().iter().map(|row| (row.family, row.link)))
}

/// Nodes and log-weights of the Gauss-Hermite rule for the standard normal density.
#[pyfunction]
fn gauss_hermite(
    py: Python<'_>,
    nodes: usize,
) -> (Bound<'_, PyArray1<f64>>, Bound<'_, PyArray1<f64>>) {
    let (z, w) = mixeff_core::integrate::rule::gauss_hermite(nodes);
    (PyArray1::from_vec(py, z), PyArray1::from_vec(py, w))
}

/// Number of points of the rule for so many random effects.
#[pyfunction]
fn rule_points(nodes: usize, effects: usize) -> u64 {
    mixeff_core::integrate::rule::points(nodes, effects)
}

/// The extension module.
#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Problem>()?;
    m.add_class::<Response>()?;
    m.add_function(wrap_pyfunction!(columns::is_constant, m)?)?;
    m.add_function(wrap_pyfunction!(columns::is_finite, m)?)?;
    m.add_function(wrap_pyfunction!(columns::factorize_integers, m)?)?;
    m.add_function(wrap_pyfunction!(conditional::fit_conditional, m)?)?;
    m.add_function(wrap_pyfunction!(conditional::evaluate_conditional, m)?)?;
    m.add_function(wrap_pyfunction!(families, m)?)?;
    m.add_function(wrap_pyfunction!(gauss_hermite, m)?)?;
    m.add_function(wrap_pyfunction!(rule_points, m)?)?;
    m.add_function(wrap_pyfunction!(sample::sample, m)?)?;
    Ok(())
}
