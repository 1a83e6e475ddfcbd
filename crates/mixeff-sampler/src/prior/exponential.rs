//! Exponential.

use super::Prior;

/// Mean `1 / rate`.
pub struct Exponential {
    rate: f64,
}

impl Exponential {
    /// With this rate.
    pub fn new(rate: f64) -> Self {
        Exponential { rate }
    }
}

impl Prior for Exponential {
    fn log_density(&self, x: f64) -> (f64, f64) {
        (self.rate.ln() - self.rate * x, -self.rate)
    }

    fn scale(&self) -> f64 {
        1.0 / self.rate
    }
}
