//! How often the categories of a response occur, for starting values.

use super::Rows;

/// The weighted number of responses `0 .. categories - 1`, each and a half, so that none is zero.
pub fn frequencies(rows: Rows<'_>, categories: usize) -> Vec<f64> {
    let mut counts = vec![0.5; categories];
    for (i, &y) in rows.y.iter().enumerate() {
        counts[(y as usize).min(categories - 1)] += rows.weights.get(i).unwrap_or(&1.0);
    }
    counts
}
