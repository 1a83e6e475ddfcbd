//! Independent effects: `theta` is the diagonal of `Lambda`, the standard deviations.

use super::Covariance;

pub struct Diagonal;

impl Covariance for Diagonal {
    fn name(&self) -> &'static str {
        "diagonal"
    }

    fn entries(&self, p: usize) -> Vec<(usize, usize)> {
        (0..p).map(|r| (r, r)).collect()
    }
}
