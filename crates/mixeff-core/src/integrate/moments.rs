//! Variances by the method of moments: where the search for them starts.
//!
//! With scores `s` and weights `W` of a fit without random effects, the sum `r = z's` over a level has the variance
//! `a + a^2 tau^2`, `a = z'Wz`, as far as the other effects are ignored.

use super::products::for_factors;
use crate::design::{Model, Shard};
use crate::linalg::dense::Symmetric;

/// Smallest and largest start, in units of the noise of a level of mean size.
const RANGE: (f64, f64) = (0.3, 1e3);

/// Sums over the levels for each column of each factor.
#[derive(Clone, Debug)]
pub struct Moments {
    /// `sum r^2 - a`.
    excess: Vec<Vec<f64>>,
    /// `sum a^2`.
    squares: Vec<Vec<f64>>,
    /// `sum a`.
    information: Vec<Vec<f64>>,
}

impl Moments {
    /// Before any level.
    pub fn zero(model: &Model) -> Self {
        let zero: Vec<Vec<f64>> = model.sizes().into_iter().map(|p| vec![0.0; p]).collect();
        Moments {
            excess: zero.clone(),
            squares: zero.clone(),
            information: zero,
        }
    }

    /// Adds a shard's levels: `r = Z's` and the diagonal of `Z'WZ`.
    pub fn add(&mut self, model: &Model, shard: &Shard, r: &[f64], a: &[f64]) {
        for_factors(model, shard, |f, range| {
            let p = model.factors[f].p();
            for (k, (r, a)) in r[range.clone()].iter().zip(&a[range]).enumerate() {
                self.excess[f][k % p] += r * r - a;
                self.squares[f][k % p] += a * a;
                self.information[f][k % p] += a;
            }
        });
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: &Moments) {
        let add = |to: &mut Vec<Vec<f64>>, from: &Vec<Vec<f64>>| {
            to.iter_mut()
                .flatten()
                .zip(from.iter().flatten())
                .for_each(|(a, b)| *a += b);
        };
        add(&mut self.excess, &other.excess);
        add(&mut self.squares, &other.squares);
        add(&mut self.information, &other.information);
    }

    /// Diagonal factors with these standard deviations.
    pub fn theta(&self, model: &Model) -> Vec<f64> {
        let mut theta = vec![0.0; model.n_theta()];
        for term in &model.terms {
            for (k, &(r, c)) in term.entries.iter().enumerate() {
                if r == c {
                    theta[term.theta_start + k] = self.sd(term.factor, term.first + c);
                }
            }
        }
        theta
    }

    /// Keeps the curvature by `theta` in `metric`, from entry `first` on, from vanishing where a variance does: near zero minus
    /// the log-likelihood is `I v^2 / 2` in the variance `v = theta^2`, `I = sum a^2 / 2`, so that `theta` has the scale
    /// `I^(-1/4)`.
    pub fn floor(&self, model: &Model, theta: &[f64], metric: &mut Symmetric, first: usize) {
        for term in &model.terms {
            let curvature = |c: usize| (0.5 * self.squares[term.factor][term.first + c]).sqrt();
            let vanishes = |c: usize| {
                let diagonal = term.entries.iter().position(|&entry| entry == (c, c));
                diagonal.is_some_and(|k| theta[term.theta_start + k].powi(2) * curvature(c) < 1.0)
            };
            for (k, &(r, c)) in term.entries.iter().enumerate() {
                let at = first + term.theta_start + k;
                if vanishes(c) && metric.at(at, at) < curvature(r) {
                    metric.set(at, at, curvature(r));
                }
            }
        }
    }

    fn sd(&self, factor: usize, column: usize) -> f64 {
        let (squares, information) = (
            self.squares[factor][column],
            self.information[factor][column],
        );
        if !(squares > 0.0 && information > 0.0) {
            return 1.0;
        }
        let noise = (information / squares).sqrt();
        let sd = (self.excess[factor][column].max(0.0) / squares).sqrt();
        sd.clamp(RANGE.0 * noise, RANGE.1 * noise)
    }
}
