//! The marginal log-likelihood: random effects integrated out, with the exact gradient.

mod adjoint;
pub mod conditional;
pub mod gaussian;
mod marginal;
pub mod modes;
pub mod moments;
mod products;
pub mod quadrature;
pub mod rule;
mod sweep;
pub mod working;

pub use marginal::{Evaluation, Marginal, Posterior};
pub use rule::Rule;
