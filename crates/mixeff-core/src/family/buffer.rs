//! Numbers to work with, without an allocation for each block of rows.

use std::cell::RefCell;

/// Numbers to work with, from a store of this thread.
pub fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [f64]) -> R) -> R {
    thread_local! {
        static SPARE: RefCell<Vec<Vec<f64>>> = const { RefCell::new(Vec::new()) };
    }
    let mut buffer = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.clear();
    buffer.resize(length, 0.0);
    let result = work(&mut buffer);
    SPARE.with_borrow_mut(|spare| spare.push(buffer));
    result
}
