//! The LKJ density `|R|^(eta - 1)` of correlation matrices (Lewandowski, Kurowicka and Joe 2009), through partial correlations.
//!
//! The canonical partial correlations of a `p x p` matrix are independent: column `c` of the lower triangle has
//! `(z + 1) / 2 ~ Beta(b, b)` with `b = eta + (p - 2 - c) / 2` (their section 2.4).

use libm::lgamma;

/// Log-density of the coordinate `y = atanh(z)` of a partial correlation in column `column` of a `p x p` matrix, and its
/// derivative by `y`: `(1 - z^2)^(b - 1)` times the Jacobian `1 - z^2`.
pub fn log_density(eta: f64, p: usize, column: usize, y: f64) -> (f64, f64) {
    let b = eta + 0.5 * (p as f64 - 2.0 - column as f64);
    let log_beta = 2.0 * lgamma(b) - lgamma(2.0 * b);
    let log_constant = -log_beta - (2.0 * b - 1.0) * std::f64::consts::LN_2;
    (log_constant - 2.0 * b * log_cosh(y), -2.0 * b * y.tanh())
}

fn log_cosh(y: f64) -> f64 {
    y.abs() + (-2.0 * y.abs()).exp().ln_1p() - std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::log_density;

    #[test]
    fn integrates_to_one() {
        for (eta, p, column) in [(1.0, 2, 0), (2.0, 4, 0), (2.0, 4, 2), (0.7, 3, 1)] {
            let h = 1e-3;
            let total: f64 = (-20_000..20_000)
                .map(|k| log_density(eta, p, column, (k as f64 + 0.5) * h).0.exp() * h)
                .sum();
            assert!((total - 1.0).abs() < 1e-6, "{eta} {p} {column}: {total}");
        }
    }
}
