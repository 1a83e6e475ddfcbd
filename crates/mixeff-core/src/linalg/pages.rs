//! Memory for the columns of large data.

/// `n` zeros, in huge pages where the system grants them: a fresh page costs more than filling it.
pub fn zeros(n: usize) -> Vec<f64> {
    let zeros = vec![0.0; n];
    advise_huge(&zeros);
    zeros
}

/// Bytes from which the advice pays.
#[cfg(target_os = "linux")]
const LARGE: usize = 1 << 22;

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn advise_huge(memory: &[f64]) {
    const PAGE: usize = 4096;
    let (start, bytes) = (memory.as_ptr() as usize, std::mem::size_of_val(memory));
    if bytes < LARGE {
        return;
    }
    let first = start.next_multiple_of(PAGE);
    let length = start + bytes - first;
    // SAFETY: the range lies within one live allocation, and the advice changes neither contents nor
    // access rights; an error means that it is not taken, and is of no consequence.
    unsafe {
        libc::madvise(first as *mut libc::c_void, length, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge(_memory: &[f64]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_are_zero() {
        for n in [0, 10, 3_000_000] {
            let v = zeros(n);
            assert!(v.len() == n && v.iter().all(|x| *x == 0.0));
        }
    }
}
