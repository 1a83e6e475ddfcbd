//! Sums that were made before. At the nodes of a quadrature, and next to an estimate, where gradients are compared, rate and power
//! of a row stay what they are.

use std::cell::RefCell;

use super::series;
use crate::family::jet::Jet;
use crate::family::simd::Plain;

/// Sums kept by each thread, two megabytes.
const KEPT: usize = 1 << 14;

/// The bits of the arguments, and the sum.
type Entry = ([u64; 2], Jet<Plain, 2>);

thread_local! {
    static MEMO: RefCell<Vec<Option<Entry>>> = const { RefCell::new(Vec::new()) };
}

/// [`series::log_sum`], made again only where it is not among the last.
pub fn log_sum(log_rate: f64, logit: f64) -> Jet<Plain, 2> {
    let key = [log_rate, logit].map(f64::to_bits);
    let place = place(key);
    MEMO.with_borrow_mut(|memo| {
        memo.resize(KEPT, None);
        if let Some((own, sum)) = memo[place] {
            if own == key {
                return sum;
            }
        }
        let sum = series::log_sum(log_rate, logit);
        memo[place] = Some((key, sum));
        sum
    })
}

/// Where a sum is kept: the upper bits of a multiplicative hash (Knuth 1998, section 6.4).
fn place([a, b]: [u64; 2]) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = (a.wrapping_mul(GOLDEN).rotate_left(31) ^ b).wrapping_mul(GOLDEN);
    (mixed >> (64 - KEPT.trailing_zeros())) as usize
}
