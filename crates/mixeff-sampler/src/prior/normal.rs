//! Normal.

use super::Prior;

/// `N(location, scale^2)`.
pub struct Normal {
    location: f64,
    scale: f64,
    log_constant: f64,
}

impl Normal {
    /// With a gain in log-density for a truncated one.
    pub fn new(location: f64, scale: f64, gain: f64) -> Self {
        let log_constant = gain - scale.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln();
        Normal {
            location,
            scale,
            log_constant,
        }
    }
}

impl Prior for Normal {
    fn log_density(&self, x: f64) -> (f64, f64) {
        let z = (x - self.location) / self.scale;
        (self.log_constant - 0.5 * z * z, -z / self.scale)
    }

    fn scale(&self) -> f64 {
        self.scale
    }
}
