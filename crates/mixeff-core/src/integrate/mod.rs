//! The marginal log-likelihood: random effects integrated out, with the exact gradient.

mod adjoint;
pub mod conditional;
mod correction;
mod expansion;
pub mod gaussian;
pub mod grid;
mod local;
mod marginal;
pub mod modes;
pub mod moments;
pub mod products;
pub mod quadrature;
pub mod quasi;
pub mod rule;
mod spare;
mod sparse;
mod sweep;
pub mod working;

pub use correction::Correction;
pub use grid::{Grid, Integral};
pub use local::Local;
pub use marginal::{Evaluation, Marginal, Posterior};
pub use rule::Rule;
