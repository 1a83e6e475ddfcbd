//! The model as data: grouping factors, random-effects terms, covariance structures, sorted rows.

pub mod covariance;
pub mod factor;
pub mod fixed;
pub mod members;
pub mod model;
pub mod nesting;
pub mod shard;
pub mod source;
pub mod term;

pub use covariance::{Covariance, Lambda};
pub use factor::{Column, Factor, Levels};
pub use fixed::Predictor;
pub use model::{Model, ModelData};
pub use shard::Shard;
pub use source::{Numbers, Source};
pub use term::Term;
