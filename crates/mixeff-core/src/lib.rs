//! Generalized linear mixed models: likelihoods, integration over the random effects, optimization.
//!
//! Data flows one way through the modules, each using only those before it: [`family`] knows densities,
//! [`linalg`] factors matrices, [`design`] knows grouping factors and covariance structures, [`structure`]
//! the curvature of nested and crossed random effects, [`integrate`] gives a marginal log-likelihood with its
//! exact gradient, [`optimize`] maximises it.

pub mod design;
pub mod family;
pub mod integrate;
pub mod linalg;
pub mod optimize;
pub mod structure;
