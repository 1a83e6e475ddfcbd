//! Student's t with location and scale.

use super::Prior;
use libm::lgamma;

/// `t` with `df` degrees of freedom.
pub struct Student {
    df: f64,
    location: f64,
    scale: f64,
    log_constant: f64,
}

impl Student {
    /// With a gain in log-density for a truncated one.
    pub fn new(df: f64, location: f64, scale: f64, gain: f64) -> Self {
        let normalizer = lgamma(0.5 * (df + 1.0)) - lgamma(0.5 * df);
        let log_constant = gain + normalizer - 0.5 * (df * std::f64::consts::PI).ln() - scale.ln();
        Student {
            df,
            location,
            scale,
            log_constant,
        }
    }
}

impl Prior for Student {
    fn log_density(&self, x: f64) -> (f64, f64) {
        let z = (x - self.location) / self.scale;
        let value = self.log_constant - 0.5 * (self.df + 1.0) * (z * z / self.df).ln_1p();
        (value, -(self.df + 1.0) * z / (self.df + z * z) / self.scale)
    }

    fn scale(&self) -> f64 {
        self.scale
    }
}
