//! The immutable model that the algorithms see: sorted rows in shards, factors in elimination order.

use super::covariance;
use super::factor::{Column, Factor, Levels};
use super::fixed::{FixedData, Predictor};
use super::nesting::{elimination_order, is_chain, row_order, Codes, Order, Renumbered};
use super::shard::{nested_shards, whole_shard, Shard};
use super::source::{Numbers, Source};
use super::term::Term;
use crate::family::{Family, Rows};
use crate::linalg::pages::zeros;
use rayon::prelude::*;
use std::sync::Arc;

/// One random-effects term as the user gave it.
pub struct TermData<'a> {
    /// Index into `ModelData::factors`.
    pub factor: usize,
    /// Columns, one value per row; `None` is the intercept.
    pub z: Vec<Option<Source<'a>>>,
    /// Linear predictor of each column.
    pub predictor: Vec<usize>,
    /// Name of the covariance structure.
    pub structure: String,
}

/// A model in the user's row order.
pub struct ModelData<'a> {
    /// Response distribution.
    pub family: Arc<dyn Family>,
    /// Response.
    pub y: Source<'a>,
    /// Second column of the response, or empty.
    pub extra: &'a [f64],
    /// Prior weights, or empty.
    pub weights: &'a [f64],
    /// Fixed part of each linear predictor.
    pub fixed: Vec<FixedData<'a>>,
    /// Grouping factors.
    pub factors: Vec<Codes<'a>>,
    /// Random-effects terms.
    pub terms: Vec<TermData<'a>>,
}

/// The model.
#[derive(Clone)]
pub struct Model {
    /// Response distribution.
    pub family: Arc<dyn Family>,
    y: Numbers,
    extra: Vec<f64>,
    weights: Vec<f64>,
    /// Fixed parts of the linear predictors.
    pub predictors: Vec<Predictor>,
    n_beta: usize,
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
    pub row_order: Order,
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
        let n = data.y.values().len();
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
        let terms = lay_out_terms(data.terms, &user_factor, &order, &mut factors)?;
        let shards = if nested {
            nested_shards(n, &factors)
        } else {
            vec![whole_shard(n, &factors)]
        };
        let y = order.arrange(data.y);
        let (trials, weights) = (order.gather(data.extra), order.gather(data.weights));
        let rows = Rows {
            y: &y,
            extra: &trials,
            weights: &weights,
        };
        let log_normalizer = log_normalizer(&*data.family, rows);
        let n_user_levels = user_factor
            .iter()
            .map(|&f| data.factors[f].n_levels)
            .collect();
        let coefficients = data.fixed.iter().flat_map(|x| &x.columns).map(|c| c.0 + 1);
        let n_beta = coefficients.max().unwrap_or(0);
        let fixed = data.fixed.into_iter();
        let predictors = fixed.map(|x| Predictor::new(x, &order, &shards)).collect();
        Ok(Model {
            family: data.family,
            y,
            extra: trials,
            weights,
            predictors,
            n_beta,
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
                values: Some(Numbers::Own(zeros(self.n()))),
                predictor: 0,
            }));
            wide.terms.push(term);
        }
        wide
    }

    /// Whether there are further predictors than the first, and random effects in none of them.
    pub fn effects_in_first_only(&self) -> bool {
        let mut columns = self.factors.iter().flat_map(|factor| &factor.columns);
        self.predictors.len() > 1 && columns.all(|column| column.predictor == 0)
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
            extra: &self.extra,
            weights: &self.weights,
        }
    }

    /// Number of fixed effects over all predictors.
    pub fn n_beta(&self) -> usize {
        self.n_beta
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
        self.predictors[d].column(c, shard)
    }

    /// The columns of `X` that belong to a coefficient, as predictor and column.
    pub fn columns_of(&self, coefficient: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.fixed_columns()
            .filter(move |(_, _, k)| *k == coefficient)
            .map(|(d, c, _)| (d, c))
    }

    /// All columns of `X`: predictor, column and coefficient.
    pub fn fixed_columns(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.predictors.iter().enumerate().flat_map(|(d, x)| {
            let columns = x.columns.iter().enumerate();
            columns.map(move |(c, column)| (d, c, column.coefficient))
        })
    }

    /// `eta := X beta + offset` on a shard's rows, predictor by predictor.
    pub fn fixed_part(&self, shard: &Shard, beta: &[f64], eta: &mut [f64]) {
        let n = shard.rows.len();
        for (d, predictor) in self.predictors.iter().enumerate() {
            predictor.fixed_part(shard, beta, &mut eta[d * n..][..n]);
        }
    }

    /// `out += X' v` over a shard's rows.
    pub fn add_xtv(&self, shard: &Shard, v: &[f64], out: &mut [f64]) {
        let n = shard.rows.len();
        for (d, predictor) in self.predictors.iter().enumerate() {
            predictor.add_xtv(shard, &v[d * n..][..n], out);
        }
    }
}

/// Over pieces of the rows, in parallel.
fn log_normalizer(family: &dyn Family, rows: Rows<'_>) -> f64 {
    const PIECE: usize = 1 << 14;
    let n = rows.len();
    let pieces = (0..n.div_ceil(PIECE)).into_par_iter();
    let of_piece = |k: usize| rows.range(k * PIECE, n.min((k + 1) * PIECE));
    let parts: Vec<f64> = pieces.map(|k| family.log_normalizer(of_piece(k))).collect();
    parts.iter().sum()
}

fn lay_out_factors(
    codes: &[Codes<'_>],
    user_factor: &[usize],
    order: &Order,
    nested: bool,
) -> (Vec<Factor>, Vec<Vec<u32>>) {
    user_factor
        .iter()
        .enumerate()
        .map(|(position, &f)| {
            let renumbered = Renumbered::new(&codes[f], order);
            let levels = if nested || position == 0 {
                Levels::Runs(renumbered.run_starts())
            } else {
                Levels::Codes(renumbered.codes(&codes[f], order))
            };
            let factor = Factor {
                columns: Vec::new(),
                levels,
                n_levels: renumbered.old_of_new.len(),
            };
            (factor, renumbered.old_of_new)
        })
        .unzip()
}

fn lay_out_terms(
    terms: Vec<TermData<'_>>,
    user_factor: &[usize],
    order: &Order,
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
        for (z, predictor) in data.z.into_iter().zip(data.predictor) {
            columns.push(Column {
                values: z.map(|z| order.arrange(z)),
                predictor,
            });
        }
        laid_out.push(term);
    }
    Ok(laid_out)
}
