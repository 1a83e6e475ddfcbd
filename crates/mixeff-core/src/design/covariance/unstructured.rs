//! Variances and all correlations free: `theta` is the lower triangle of `Lambda`, column by column.

use super::Covariance;

pub struct Unstructured;

impl Covariance for Unstructured {
    fn name(&self) -> &'static str {
        "unstructured"
    }

    fn entries(&self, p: usize) -> Vec<(usize, usize)> {
        (0..p).flat_map(|c| (c..p).map(move |r| (r, c))).collect()
    }
}
