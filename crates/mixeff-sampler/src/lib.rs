//! Posterior distributions of generalized linear mixed models: priors, the joint log-density of coefficients, covariance
//! parameters and random effects with its exact gradient, and the no-U-turn sampler on it.
//!
//! [`prior`] knows densities, [`space`] the unconstrained coordinates of covariance matrices, [`joint`] the log-density,
//! [`mode`] where it is largest with the random effects integrated out, [`whitening`] the coordinates in which the posterior is
//! about standard normal, [`chain`] draws from it.

pub mod chain;
pub mod joint;
pub mod mode;
pub mod prior;
pub mod space;
pub mod whitening;
