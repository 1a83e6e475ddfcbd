//! Numbers to work with, without an allocation for each block of rows.

use std::cell::RefCell;

/// Zeros to work with, from a store of this thread.
pub fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [f64]) -> R) -> R {
    with_room(length, |room| {
        room.fill(0.0);
        work(room)
    })
}

/// The same, with any numbers whatever in the place of the zeros.
pub fn with_room<R>(length: usize, work: impl FnOnce(&mut [f64]) -> R) -> R {
    thread_local! {
        static SPARE: RefCell<Vec<Vec<f64>>> = const { RefCell::new(Vec::new()) };
    }
    let mut room = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if room.len() < length {
        room.resize(length, 0.0);
    }
    let result = work(&mut room[..length]);
    SPARE.with_borrow_mut(|spare| spare.push(room));
    result
}
