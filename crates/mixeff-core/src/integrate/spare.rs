//! Work space that threads lend each other: it is made once for a thread, not once for a handful of shards.

use super::modes::Scratch;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Work spaces that nobody uses.
#[derive(Default)]
pub struct Spare(Mutex<Vec<Scratch>>);

impl Spare {
    /// One of them, or a new one; it comes back when it is dropped.
    pub fn lend(&self) -> Lent<'_> {
        let scratch = self.with(Vec::pop).unwrap_or_default();
        Lent {
            spare: self,
            scratch,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Scratch>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A work space in use.
pub struct Lent<'a> {
    spare: &'a Spare,
    scratch: Scratch,
}

impl Deref for Lent<'_> {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        &self.scratch
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Scratch {
        &mut self.scratch
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let scratch = std::mem::take(&mut self.scratch);
        self.spare.with(|spare| spare.push(scratch));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lent_is_lent_again() {
        let spare = Spare::default();
        spare.lend().eta.resize(3, 1.0);
        let (first, second) = (spare.lend(), spare.lend());
        assert_eq!((first.eta.len(), second.eta.len()), (3, 0));
    }
}
