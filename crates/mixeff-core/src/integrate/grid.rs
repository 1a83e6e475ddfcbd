//! The product of the rules of nested factors: the nodes of each level at every node of the levels above.

use super::rule::Rule;
use crate::design::Model;

/// How the random effects are integrated out. Numbers of nodes are per random effect, factor by factor in the user's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Integral {
    /// Laplace's approximation.
    #[default]
    Laplace,
    /// Laplace's approximation with its terms of sixth order, for effects on the first predictor.
    Expanded,
    /// Gauss-Hermite quadrature about the joint mode.
    Adaptive(Vec<usize>),
    /// Gauss-Hermite quadrature about zero, in the scale of the prior.
    Ordinary(Vec<usize>),
}

impl Integral {
    /// True for Laplace's approximation, which adaptive quadrature with one node is.
    pub fn is_laplace(&self) -> bool {
        match self {
            Integral::Laplace => true,
            Integral::Adaptive(nodes) => nodes.iter().all(|&k| k == 1),
            Integral::Expanded | Integral::Ordinary(_) => false,
        }
    }
}

/// The nodes of one factor, and the joint nodes of those above it.
#[derive(Clone, Debug)]
pub struct Tier {
    /// Random effects per level.
    pub p: usize,
    /// Nodes of this factor, `K`.
    pub points: usize,
    /// Joint nodes of the factors above, `T`.
    pub above: usize,
    /// Coordinates of the nodes, `p x K`.
    pub z: Vec<f64>,
    /// `log w_k + z_k'z_k / 2`.
    pub log_weights: Vec<f64>,
    /// Signs of the weights; empty where all are positive.
    pub signs: Vec<f64>,
    /// Coordinates of the factors above at their joint nodes, factor by factor, one row of `T` for each.
    pub z_above: Vec<f64>,
}

impl Tier {
    /// Number of joint nodes of this factor and those above.
    pub fn len(&self) -> usize {
        self.points * self.above
    }

    /// True without nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of columns of this factor and of those above.
    pub fn width(&self) -> usize {
        self.p + self.z_above.len() / self.above
    }
}

/// The rules of all factors, from the innermost to the root.
#[derive(Clone, Debug)]
pub struct Grid {
    /// One for each factor, in elimination order. Joint nodes are numbered with the root's running fastest.
    pub tiers: Vec<Tier>,
}

impl Grid {
    /// The grid with these numbers of nodes per random effect, factor by factor in the user's order.
    pub fn new(model: &Model, nodes: &[usize]) -> Grid {
        let mut tiers: Vec<Tier> = Vec::new();
        for (factor, &user) in model.factors.iter().zip(&model.user_factor).rev() {
            let rule = Rule::of_effects(nodes[user], factor.p());
            tiers.push(tier(&rule, tiers.last()));
        }
        tiers.reverse();
        Grid { tiers }
    }
}

fn tier(rule: &Rule, above: Option<&Tier>) -> Tier {
    let z = (0..rule.p)
        .flat_map(|c| rule.points.iter().skip(c).step_by(rule.p).copied())
        .collect();
    Tier {
        p: rule.p,
        points: rule.len(),
        above: above.map_or(1, Tier::len),
        z,
        log_weights: rule.log_weights.clone(),
        signs: rule.signs.clone(),
        z_above: above.map_or_else(Vec::new, joint_coordinates),
    }
}

/// The coordinates of a factor and those above it at their joint nodes.
fn joint_coordinates(tier: &Tier) -> Vec<f64> {
    let own = tier
        .z
        .iter()
        .flat_map(|&z| std::iter::repeat_n(z, tier.above));
    let above = tier
        .z_above
        .chunks_exact(tier.above)
        .flat_map(|row| std::iter::repeat_n(row, tier.points).flatten().copied());
    own.chain(above).collect()
}
