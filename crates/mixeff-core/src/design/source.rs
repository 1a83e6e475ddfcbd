//! Numbers of the rows: as the user gives them, and where the model keeps them.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// Numbers that another owner keeps, and that nobody changes.
pub type Shared = Arc<dyn AsRef<[f64]> + Send + Sync>;

/// Numbers as the user gave them, in the user's row order.
#[derive(Clone)]
pub enum Source<'a> {
    /// The same number in every row.
    Constant(f64),
    /// Numbers, to be copied.
    Given(&'a [f64]),
    /// Part of what is shared, to be used in place where no row moves.
    Shared(Shared, Range<usize>),
}

impl Source<'_> {
    /// The numbers; none of a constant.
    pub fn values(&self) -> &[f64] {
        match self {
            Source::Constant(_) => &[],
            Source::Given(values) => values,
            Source::Shared(owner, range) => &(**owner).as_ref()[range.clone()],
        }
    }
}

/// Numbers of the rows in sorted order.
#[derive(Clone)]
pub enum Numbers {
    /// In memory of their own.
    Own(Vec<f64>),
    /// In the owner's.
    InPlace(Shared, Range<usize>),
}

impl Numbers {
    /// The numbers, to be changed: in memory of their own.
    pub fn to_mut(&mut self) -> &mut Vec<f64> {
        if let Numbers::InPlace(..) = self {
            *self = Numbers::Own(self.to_vec());
        }
        match self {
            Numbers::Own(values) => values,
            Numbers::InPlace(..) => unreachable!("they were copied"),
        }
    }
}

impl Deref for Numbers {
    type Target = [f64];

    #[inline]
    fn deref(&self) -> &[f64] {
        match self {
            Numbers::Own(values) => values,
            Numbers::InPlace(owner, range) => &(**owner).as_ref()[range.clone()],
        }
    }
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_numbers_are_copied_before_they_are_changed() {
        let owner: Shared = Arc::new(vec![1.0, 2.0, 3.0]);
        let mut numbers = Numbers::InPlace(Arc::clone(&owner), 1..3);
        numbers.to_mut()[0] = 5.0;
        assert_eq!(numbers[..], [5.0, 3.0]);
        assert_eq!((*owner).as_ref(), [1.0, 2.0, 3.0]);
    }
}
