//! Smolyak's (1963) sparse grid of Gauss-Hermite rules, for more random effects than a product rule can take.
//!
//! With the rules `U_i` of `2i + 1` points, `i = 0, 1, ..`, the grid of order `q` in `p` dimensions is (Wasilkowski and
//! Wozniakowski 1995)
//!
//! `A(q, p) = sum over q - p < |i| <= q of (-1)^(q - |i|) C(p - 1, q - |i|) U_i1 x .. x U_ip`.
//!
//! It is exact for polynomials of total degree `2q + 1`. Some weights are negative.

use super::rule::{gauss_hermite, Rule};
use std::collections::BTreeMap;

/// One coordinate of a point: the order of its rule and its place there; zero is the same point in every rule.
type Place = (usize, usize);

/// The grid whose largest one-dimensional rule has `nodes` points, or one fewer if that is even.
pub fn rule(nodes: usize, p: usize) -> Rule {
    let order = (nodes - 1) / 2;
    let rules: Vec<_> = (0..=order).map(|i| gauss_hermite(2 * i + 1)).collect();
    let mut weights: BTreeMap<Vec<Place>, f64> = BTreeMap::new();
    for_indices(p, order, &mut |index| {
        let missing = order - index.iter().sum::<usize>();
        let factor = coefficient(p, missing);
        if factor != 0.0 {
            add_product(&rules, index, factor, &mut weights);
        }
    });
    let mut out = Rule {
        p,
        points: Vec::new(),
        log_weights: Vec::new(),
        signs: Vec::new(),
    };
    for (places, weight) in weights.iter().filter(|(_, w)| w.abs() > 1e-14) {
        let z: Vec<f64> = places.iter().map(|&(i, k)| rules[i].0[k]).collect();
        let square: f64 = z.iter().map(|z| z * z).sum();
        out.log_weights.push(weight.abs().ln() + 0.5 * square);
        out.signs.push(weight.signum());
        out.points.extend(z);
    }
    out
}

/// Number of points of the grid, at most: all indices of order up to `q`, `2 i` new points for each `i > 0`.
pub fn points(nodes: usize, p: usize) -> u64 {
    let order = (nodes - 1) / 2;
    let mut count = vec![0u64; order + 1];
    count[0] = 1;
    for _ in 0..p {
        for total in (1..=order).rev() {
            for i in 1..=total {
                let more = count[total - i].saturating_mul(2 * i as u64);
                count[total] = count[total].saturating_add(more);
            }
        }
    }
    count.iter().fold(0, |sum, c| sum.saturating_add(*c))
}

/// `(-1)^k C(p - 1, k)`.
fn coefficient(p: usize, k: usize) -> f64 {
    let binomial = (0..k).fold(1.0, |c, j| {
        c * (p as f64 - 1.0 - j as f64) / (j as f64 + 1.0)
    });
    if k.is_multiple_of(2) {
        binomial
    } else {
        -binomial
    }
}

/// Calls `visit` with every vector of `p` whole numbers whose sum is at most `most`.
fn for_indices(p: usize, most: usize, visit: &mut impl FnMut(&[usize])) {
    let mut index = vec![0; p];
    loop {
        visit(&index);
        let mut left = most - index.iter().sum::<usize>();
        let mut d = 0;
        while d < p && left == 0 {
            left += index[d];
            index[d] = 0;
            d += 1;
        }
        if d == p {
            return;
        }
        index[d] += 1;
    }
}

fn add_product(
    rules: &[(Vec<f64>, Vec<f64>)],
    index: &[usize],
    factor: f64,
    weights: &mut BTreeMap<Vec<Place>, f64>,
) {
    let total: usize = index.iter().map(|i| 2 * i + 1).product();
    for k in 0..total {
        let (mut rest, mut weight) = (k, factor);
        let places = index
            .iter()
            .map(|&i| {
                let place = rest % (2 * i + 1);
                rest /= 2 * i + 1;
                weight *= rules[i].1[place].exp();
                if place == i {
                    (0, 0)
                } else {
                    (i, place)
                }
            })
            .collect();
        *weights.entry(places).or_insert(0.0) += weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(rule: &Rule, powers: &[i32]) -> f64 {
        let points = rule.points.chunks_exact(rule.p);
        let terms = points
            .zip(&rule.log_weights)
            .zip(&rule.signs)
            .map(|((z, w), sign)| {
                let square: f64 = z.iter().map(|z| z * z).sum();
                let monomial: f64 = z.iter().zip(powers).map(|(z, &k)| z.powi(k)).product();
                sign * (w - 0.5 * square).exp() * monomial
            });
        terms.sum()
    }

    #[test]
    fn polynomials_of_the_total_degree_are_exact() {
        for p in [2, 6, 8] {
            let rule = rule(7, p);
            let mut powers = vec![0; p];
            assert!((moment(&rule, &powers) - 1.0).abs() < 1e-12);
            powers[0] = 4;
            powers[1] = 2;
            assert!((moment(&rule, &powers) - 3.0).abs() < 1e-11);
            powers[1] = 0;
            powers[p - 1] = 1;
            assert!(moment(&rule, &powers).abs() < 1e-11);
            powers.fill(0);
            powers[0] = 6;
            assert!((moment(&rule, &powers) - 15.0).abs() < 1e-10);
        }
    }

    #[test]
    fn one_node_is_the_mode_and_the_count_is_right() {
        assert_eq!(rule(1, 7).len(), 1);
        for (nodes, p) in [(3, 6), (5, 6), (7, 8)] {
            let made = rule(nodes, p).len() as u64;
            assert!(
                made <= points(nodes, p) && made * 10 > points(nodes, p) * 9,
                "{nodes} {p}"
            );
        }
    }
}
