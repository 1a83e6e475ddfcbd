//! Independent effects of variance one: `Lambda` is the identity and `theta` is empty.

use super::Covariance;

pub struct Unit;

impl Covariance for Unit {
    fn name(&self) -> &'static str {
        "unit"
    }

    fn entries(&self, _p: usize) -> Vec<(usize, usize)> {
        Vec::new()
    }

    fn ones(&self, p: usize) -> Vec<(usize, usize)> {
        (0..p).map(|r| (r, r)).collect()
    }
}
