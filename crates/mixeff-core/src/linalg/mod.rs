//! Linear algebra that knows nothing of models: small dense blocks, long vectors, large positive definite systems.

pub mod dense;
pub mod large;
pub mod pages;
pub mod random;
pub mod small;
pub mod vector;
