//! What a linear model is fitted to.

use crate::design::{Model, Shard};
use crate::linalg::vector::axpy;

/// A response with the weights of its rows, in the model's row order: the variance of row `i` is `sigma^2 / w_i`.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// The response.
    pub y: &'a [f64],
    /// What is taken from it before.
    pub offset: Option<&'a [f64]>,
    /// Weights; empty when all are one.
    pub w: &'a [f64],
    /// Rows, by the weight with which they count.
    pub rows: f64,
}

impl<'a> Response<'a> {
    /// The model's own: prior weights count rows.
    pub fn of(model: &'a Model) -> Self {
        let rows = model.all_rows();
        Response {
            y: rows.y,
            offset: model.predictors[0].offset.as_deref(),
            w: rows.weights,
            rows: model.total_weight(),
        }
    }

    /// Response less offset on a shard's rows.
    pub(super) fn of_shard(&self, shard: &Shard) -> Vec<f64> {
        let mut y = self.y[shard.rows.clone()].to_vec();
        if let Some(offset) = self.offset {
            axpy(-1.0, &offset[shard.rows.clone()], &mut y);
        }
        y
    }

    /// Weights on a shard's rows.
    pub(super) fn weights<'b>(&'b self, shard: &Shard, ones: &'b mut Vec<f64>) -> &'b [f64] {
        if self.w.is_empty() {
            ones.resize(shard.rows.len(), 1.0);
            return ones;
        }
        &self.w[shard.rows.clone()]
    }
}
