//! Gauss-Hermite rules for the standard normal density.

use super::sparse;

/// A kind of grid for vectors of random effects.
struct Kind {
    /// Random effects up to which it is used.
    most_effects: usize,
    rule: fn(usize, usize) -> Rule,
    points: fn(usize, usize) -> u64,
}

/// The table of grids.
const KINDS: [Kind; 2] = [
    Kind {
        most_effects: 5,
        rule: Rule::product,
        points: |nodes, p| (nodes as u64).saturating_pow(p as u32),
    },
    Kind {
        most_effects: usize::MAX,
        rule: sparse::rule,
        points: sparse::points,
    },
];

fn kind_for(p: usize) -> &'static Kind {
    let fits = |kind: &&Kind| p <= kind.most_effects;
    KINDS.iter().find(fits).unwrap_or(&KINDS[KINDS.len() - 1])
}

/// Number of points of the rule for `p` random effects.
pub fn points(nodes: usize, p: usize) -> u64 {
    (kind_for(p).points)(nodes, p)
}

/// Nodes and log-weights of a rule: `E f(z) = sum_k exp(log_weight_k) f(z_k)`, `z ~ N(0, I_p)`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Dimension.
    pub p: usize,
    /// Nodes, one after the other.
    pub points: Vec<f64>,
    /// `log_weight + z'z / 2`: what is needed when the density is divided out.
    pub log_weights: Vec<f64>,
    /// Signs of the weights; empty where all are positive.
    pub signs: Vec<f64>,
}

impl Rule {
    /// The rule for `p` random effects with the accuracy of `nodes` points for each: the first kind of grid in the table that
    /// takes as many.
    pub fn of_effects(nodes: usize, p: usize) -> Rule {
        (kind_for(p).rule)(nodes, p)
    }

    /// The product rule with `nodes` points in each of `p` dimensions.
    pub fn product(nodes: usize, p: usize) -> Rule {
        let (z, w) = gauss_hermite(nodes);
        let total = nodes.pow(p as u32);
        let mut points = Vec::with_capacity(total * p);
        let mut log_weights = Vec::with_capacity(total);
        for k in 0..total {
            let mut index = k;
            let mut log_weight = 0.0;
            for _ in 0..p {
                let (z, w) = (z[index % nodes], w[index % nodes]);
                points.push(z);
                log_weight += w + 0.5 * z * z;
                index /= nodes;
            }
            log_weights.push(log_weight);
        }
        Rule {
            p,
            points,
            log_weights,
            signs: Vec::new(),
        }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.log_weights.len()
    }

    /// True without points.
    pub fn is_empty(&self) -> bool {
        self.log_weights.is_empty()
    }
}

/// Nodes (rising) and log-weights for `N(0, 1)`: roots of the Hermite polynomial `He_n`, the eigenvalues of Golub and
/// Welsch's (1969) tridiagonal matrix, bracketed by Sturm counts and polished by Newton's method.
pub fn gauss_hermite(n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut nodes = vec![0.0; n];
    for k in 0..n / 2 {
        let z = root(n, n - 1 - k);
        nodes[n - 1 - k] = z;
        nodes[k] = -z;
    }
    let log_weights = nodes.iter().map(|&z| log_weight(n, z)).collect();
    (nodes, log_weights)
}

/// The root with `index` roots below it.
fn root(n: usize, index: usize) -> f64 {
    let (mut low, mut high) = (0.0, 2.0 * (n as f64).sqrt());
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if roots_below(n, middle) > index {
            high = middle;
        } else {
            low = middle;
        }
    }
    let mut z = 0.5 * (low + high);
    for _ in 0..5 {
        let (h, derivative) = orthonormal(n, z);
        z -= h / derivative;
    }
    z
}

/// Number of roots below `x`: negative pivots of the tridiagonal matrix less `x`.
fn roots_below(n: usize, x: f64) -> usize {
    let mut pivot = 1.0f64;
    (0..n)
        .filter(|&k| {
            pivot = -x - if k == 0 { 0.0 } else { k as f64 / pivot };
            if pivot == 0.0 {
                pivot = 1e-300;
            }
            pivot < 0.0
        })
        .count()
}

/// `(h_n(z), h_n'(z))` of the orthonormal polynomials, up to a common factor that keeps them in range.
fn orthonormal(n: usize, z: f64) -> (f64, f64) {
    let (mut previous, mut current) = (0.0, 1.0);
    for k in 0..n {
        let next = (z * current - (k as f64).sqrt() * previous) / ((k + 1) as f64).sqrt();
        previous = current;
        current = next;
        if current.abs() > 1e100 {
            previous *= 1e-100;
            current *= 1e-100;
        }
    }
    (current, (n as f64).sqrt() * previous)
}

/// `log w = -log(n h_{n-1}(z)^2)`, with the scale of the recurrence kept.
fn log_weight(n: usize, z: f64) -> f64 {
    let (mut previous, mut current, mut log_scale) = (0.0, 1.0f64, 0.0);
    for k in 0..n.saturating_sub(1) {
        let next = (z * current - (k as f64).sqrt() * previous) / ((k + 1) as f64).sqrt();
        previous = current;
        current = next;
        if current.abs() > 1e100 {
            previous *= 1e-100;
            current *= 1e-100;
            log_scale += 100.0 * std::f64::consts::LN_10;
        }
    }
    -(n as f64).ln() - 2.0 * (current.abs().ln() + log_scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal_are_exact() {
        for n in [1, 2, 3, 5, 7, 9, 15, 25, 41, 61, 100, 121] {
            let (z, w) = gauss_hermite(n);
            assert!(z.windows(2).all(|p| p[0] < p[1]), "{n}: {z:?}");
            let mut moment = 1.0;
            for k in 0..n.min(12) {
                let sum: f64 = z
                    .iter()
                    .zip(&w)
                    .map(|(z, w)| w.exp() * z.powi(2 * k as i32))
                    .sum();
                assert!(
                    (sum / moment - 1.0).abs() < 1e-11,
                    "n {n} moment {}: {sum} {moment}",
                    2 * k
                );
                moment *= (2 * k + 1) as f64;
            }
        }
    }

    #[test]
    fn one_node_is_the_mode() {
        let rule = Rule::product(1, 3);
        assert_eq!(rule.len(), 1);
        assert!(rule.points.iter().all(|z| *z == 0.0) && rule.log_weights[0] == 0.0);
    }
}
