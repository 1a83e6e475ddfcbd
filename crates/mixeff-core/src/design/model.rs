//! The immutable model that the algorithms see: sorted rows in shards, factors in elimination order.

use super::covariance;
use super::factor::{Column, Factor, Levels};
use super::nesting::{elimination_order, is_chain, renumber, row_order, run_starts, Codes};
use super::shard::{nested_shards, whole_shard, Shard};
use super::term::Term;
use crate::family::{Family, Rows};
use crate::linalg::pages::zeros;
use crate::linalg::small::{axpy, axpy4, dot};
use rayon::prelude::*;
use std::sync::Arc;

/// One random-effects term as the user gave it.
pub struct TermData {
    /// Index into `ModelData::factors`.
    pub factor: usize,
    /// Columns, one value per row; `None` is the intercept.
    pub z: Vec<Option<Vec<f64>>>,
    /// Linear predictor of each column.
    pub predictor: Vec<usize>,
    /// Name of the covariance structure.
    pub structure: String,
}

/// Numbers that another owner keeps, and that nobody changes.
pub type Shared = Arc<dyn AsRef<[f64]> + Send + Sync>;

/// Fixed-effects columns as the user gave them.
pub struct MatrixData<'a> {
    /// The columns.
    pub columns: Vec<&'a [f64]>,
    /// The same numbers, one column after the other, to be used in place where no row moves.
    pub shared: Option<Shared>,
}

/// A model in the user's row order.
pub struct ModelData<'a> {
    /// Response distribution.
    pub family: Box<dyn Family>,
    /// Response.
    pub y: &'a [f64],
    /// Trials, or empty.
    pub trials: &'a [f64],
    /// Prior weights, or empty.
    pub weights: &'a [f64],
    /// Fixed-effects columns of each linear predictor.
    pub x: Vec<MatrixData<'a>>,
    /// Offset of each linear predictor.
    pub offset: Vec<Option<&'a [f64]>>,
    /// Grouping factors.
    pub factors: Vec<Codes>,
    /// Random-effects terms.
    pub terms: Vec<TermData>,
}

/// The fixed part of one linear predictor.
#[derive(Clone)]
pub struct Predictor {
    /// Number of coefficients.
    pub p: usize,
    /// First coefficient in `beta`.
    pub first: usize,
    x: Columns,
    /// Offset in sorted row order.
    pub offset: Option<Vec<f64>>,
}

/// Where the columns of `X` are.
#[derive(Clone)]
enum Columns {
    /// Shard by shard, column by column within a shard.
    Blocked(Arc<Vec<f64>>),
    /// Column by column, in the owner's memory.
    InPlace(Shared),
}

/// The model.
#[derive(Clone)]
pub struct Model {
    /// Response distribution.
    pub family: Arc<dyn Family>,
    y: Vec<f64>,
    trials: Vec<f64>,
    weights: Vec<f64>,
    /// Fixed parts of the linear predictors.
    pub predictors: Vec<Predictor>,
    /// Grouping factors, in elimination order.
    pub factors: Vec<Factor>,
    /// Position of each factor in the user's order.
    pub user_factor: Vec<usize>,
    /// Old code of each level, factor by factor.
    pub level_order: Vec<Vec<u32>>,
    /// Number of levels of each factor as the user gave it, some perhaps without rows.
    n_user_levels: Vec<usize>,
    /// Random-effects terms, in the user's order, with `factor` in elimination order.
    pub terms: Vec<Term>,
    /// Row of the user's data that each sorted row came from.
    pub row_order: Vec<u32>,
    /// True if the factors are nested in a chain (one factor included).
    pub nested: bool,
    /// Independent parts.
    pub shards: Vec<Shard>,
    /// Sum over rows of the terms of the log-density that are free of the parameters.
    pub log_normalizer: f64,
}

impl Model {
    /// Sorts the rows and lays out factors, terms and shards. `Err` names an unknown structure.
    pub fn new(data: ModelData<'_>) -> Result<Model, String> {
        let n = data.y.len();
        let user_factor = elimination_order(&data.factors);
        let nested = is_chain(&data.factors, &user_factor);
        let sorted_by = if nested {
            &user_factor[..]
        } else {
            &user_factor[..1]
        };
        let order = row_order(n, &data.factors, sorted_by);
        let (mut factors, level_order) =
            lay_out_factors(&data.factors, &user_factor, &order, nested);
        let terms = lay_out_terms(&data.terms, &user_factor, &order, &mut factors)?;
        let shards = if nested {
            nested_shards(n, &factors)
        } else {
            vec![whole_shard(n, &factors)]
        };
        let y = gather(data.y, &order);
        let (trials, weights) = (gather(data.trials, &order), gather(data.weights, &order));
        let rows = Rows {
            y: &y,
            trials: &trials,
            weights: &weights,
        };
        let log_normalizer = data.family.log_normalizer(rows);
        let n_user_levels = user_factor
            .iter()
            .map(|&f| data.factors[f].n_levels)
            .collect();
        let predictors = lay_out_predictors(&data.x, &data.offset, &order, &shards);
        Ok(Model {
            family: data.family.into(),
            y,
            trials,
            weights,
            predictors,
            factors,
            user_factor,
            level_order,
            n_user_levels,
            terms,
            row_order: order,
            nested,
            shards,
            log_normalizer,
        })
    }

    /// The same with further effects of variance one, so many for each factor, whose columns are zeros.
    pub fn widened(&self, by: &[usize]) -> Model {
        let (mut wide, theta_start) = (self.clone(), self.n_theta());
        for (f, &p) in by.iter().enumerate().filter(|(_, &p)| p > 0) {
            let columns = &mut wide.factors[f].columns;
            let term = Term::new(f, columns.len(), p, theta_start, &covariance::Unit);
            columns.extend((0..p).map(|_| Column {
                values: Some(zeros(self.n())),
                predictor: 0,
            }));
            wide.terms.push(term);
        }
        wide
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.y.len()
    }

    /// Number of levels of a factor as the user gave it.
    pub fn user_levels(&self, factor: usize) -> usize {
        self.n_user_levels[factor]
    }

    /// All response rows, in sorted order.
    pub fn all_rows(&self) -> Rows<'_> {
        Rows {
            y: &self.y,
            trials: &self.trials,
            weights: &self.weights,
        }
    }

    /// Number of fixed effects over all predictors.
    pub fn n_beta(&self) -> usize {
        self.predictors.iter().map(|d| d.p).sum()
    }

    /// Number of covariance parameters.
    pub fn n_theta(&self) -> usize {
        self.terms.iter().map(Term::n_theta).sum()
    }

    /// Random effects per level of each factor.
    pub fn sizes(&self) -> Vec<usize> {
        self.factors.iter().map(Factor::p).collect()
    }

    /// Number of random effects of a shard.
    pub fn n_effects(&self, shard: &Shard) -> usize {
        self.factors
            .iter()
            .zip(&shard.levels)
            .map(|(f, l)| f.p() * l.len())
            .sum()
    }

    /// Sum of the prior weights.
    pub fn total_weight(&self) -> f64 {
        if self.weights.is_empty() {
            self.n() as f64
        } else {
            self.weights.iter().sum()
        }
    }

    /// The response rows of a shard.
    pub fn rows(&self, shard: &Shard) -> Rows<'_> {
        self.all_rows().range(shard.rows.start, shard.rows.end)
    }

    /// Column `c` of `X` of predictor `d` on a shard's rows.
    #[inline]
    pub fn x_column(&self, d: usize, c: usize, shard: &Shard) -> &[f64] {
        let (predictor, n) = (&self.predictors[d], shard.rows.len());
        match &predictor.x {
            Columns::Blocked(x) => &x[predictor.p * shard.rows.start + c * n..][..n],
            Columns::InPlace(x) => &(**x).as_ref()[self.n() * c + shard.rows.start..][..n],
        }
    }

    /// `eta := X beta + offset` on a shard's rows, predictor by predictor.
    pub fn fixed_part(&self, shard: &Shard, beta: &[f64], eta: &mut [f64]) {
        let n = shard.rows.len();
        for (d, predictor) in self.predictors.iter().enumerate() {
            let eta = &mut eta[d * n..][..n];
            match &predictor.offset {
                Some(o) => eta.copy_from_slice(&o[shard.rows.clone()]),
                None => eta.fill(0.0),
            }
            let whole = predictor.p - predictor.p % 4;
            for c in (0..whole).step_by(4) {
                let columns = [0, 1, 2, 3].map(|k| self.x_column(d, c + k, shard));
                let b = &beta[predictor.first + c..][..4];
                axpy4([b[0], b[1], b[2], b[3]], columns, eta);
            }
            for c in whole..predictor.p {
                axpy(beta[predictor.first + c], self.x_column(d, c, shard), eta);
            }
        }
    }

    /// `out += X' v` over a shard's rows.
    pub fn add_xtv(&self, shard: &Shard, v: &[f64], out: &mut [f64]) {
        let n = shard.rows.len();
        for (d, predictor) in self.predictors.iter().enumerate() {
            for c in 0..predictor.p {
                out[predictor.first + c] += dot(self.x_column(d, c, shard), &v[d * n..][..n]);
            }
        }
    }
}

fn gather(v: &[f64], order: &[u32]) -> Vec<f64> {
    if v.is_empty() {
        return Vec::new();
    }
    let mut out = zeros(v.len());
    if is_identity(order) {
        out.copy_from_slice(v);
    } else {
        let pairs = out.par_iter_mut().with_min_len(1 << 16).zip(order);
        pairs.for_each(|(o, &i)| *o = v[i as usize]);
    }
    out
}

fn is_identity(order: &[u32]) -> bool {
    order.iter().enumerate().all(|(i, &o)| i == o as usize)
}

fn lay_out_factors(
    codes: &[Codes],
    user_factor: &[usize],
    order: &[u32],
    nested: bool,
) -> (Vec<Factor>, Vec<Vec<u32>>) {
    user_factor
        .iter()
        .enumerate()
        .map(|(position, &f)| {
            let (new, old) = renumber(&codes[f], order);
            let n_levels = old.len();
            let runs = nested || position == 0;
            let levels = if runs {
                Levels::Runs(run_starts(&new, n_levels))
            } else {
                Levels::Codes(new)
            };
            (
                Factor {
                    columns: Vec::new(),
                    levels,
                    n_levels,
                },
                old,
            )
        })
        .unzip()
}

fn lay_out_terms(
    terms: &[TermData],
    user_factor: &[usize],
    order: &[u32],
    factors: &mut [Factor],
) -> Result<Vec<Term>, String> {
    let mut theta_start = 0;
    let mut laid_out = Vec::with_capacity(terms.len());
    for data in terms {
        let position = user_factor
            .iter()
            .position(|&f| f == data.factor)
            .ok_or("a term names no factor")?;
        let structure = covariance::lookup(&data.structure)
            .ok_or_else(|| format!("unknown covariance structure '{}'", data.structure))?;
        let columns = &mut factors[position].columns;
        let term = Term::new(
            position,
            columns.len(),
            data.z.len(),
            theta_start,
            structure,
        );
        theta_start += term.n_theta();
        for (z, &predictor) in data.z.iter().zip(&data.predictor) {
            columns.push(Column {
                values: z.as_ref().map(|v| gather(v, order)),
                predictor,
            });
        }
        laid_out.push(term);
    }
    Ok(laid_out)
}

fn lay_out_predictors(
    x: &[MatrixData<'_>],
    offset: &[Option<&[f64]>],
    order: &[u32],
    shards: &[Shard],
) -> Vec<Predictor> {
    let mut first = 0;
    x.iter()
        .zip(offset)
        .map(|(x, offset)| {
            let p = x.columns.len();
            let in_place = x.shared.as_ref().filter(|_| is_identity(order));
            let predictor = Predictor {
                p,
                first,
                x: match in_place {
                    Some(x) => Columns::InPlace(Arc::clone(x)),
                    None => Columns::Blocked(Arc::new(blocked(&x.columns, order, shards))),
                },
                offset: offset.map(|o| gather(o, order)),
            };
            first += p;
            predictor
        })
        .collect()
}

/// The columns, shard by shard.
fn blocked(columns: &[&[f64]], order: &[u32], shards: &[Shard]) -> Vec<f64> {
    let mut x = zeros(columns.len() * order.len());
    let identity = is_identity(order);
    let mut parts = Vec::with_capacity(shards.len());
    let mut rest = &mut x[..];
    for shard in shards {
        let (part, tail) = rest.split_at_mut(columns.len() * shard.rows.len());
        parts.push((shard, part));
        rest = tail;
    }
    parts.into_par_iter().for_each(|(shard, part)| {
        for (column, out) in columns
            .iter()
            .zip(part.chunks_exact_mut(shard.rows.len().max(1)))
        {
            if identity {
                out.copy_from_slice(&column[shard.rows.clone()]);
                continue;
            }
            for (o, &i) in out.iter_mut().zip(&order[shard.rows.clone()]) {
                *o = column[i as usize];
            }
        }
    });
    x
}
