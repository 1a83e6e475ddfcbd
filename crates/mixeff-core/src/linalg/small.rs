//! Small dense blocks, row-major, the sizes of random-effects terms (1 to about 10).

/// Cholesky factor of the leading `p x p` part of a block with row stride `stride`, in place, lower
/// triangle. False if a pivot is not positive.
#[inline(always)]
pub fn cholesky(a: &mut [f64], p: usize, stride: usize) -> bool {
    if p == 1 {
        a[0] = a[0].sqrt();
        return a[0] > 0.0 && a[0].is_finite();
    }
    for j in 0..p {
        let mut d = a[j * stride + j];
        for k in 0..j {
            d -= a[j * stride + k] * a[j * stride + k];
        }
        if !(d > 0.0 && d.is_finite()) {
            return false;
        }
        let d = d.sqrt();
        a[j * stride + j] = d;
        for i in j + 1..p {
            let mut v = a[i * stride + j];
            for k in 0..j {
                v -= a[i * stride + k] * a[j * stride + k];
            }
            a[i * stride + j] = v / d;
        }
    }
    true
}

/// `x := L^-1 x` for the lower triangle of `l` (row stride `stride`).
#[inline(always)]
pub fn forward(l: &[f64], p: usize, stride: usize, x: &mut [f64]) {
    if p == 1 {
        x[0] /= l[0];
        return;
    }
    for i in 0..p {
        let mut v = x[i];
        for k in 0..i {
            v -= l[i * stride + k] * x[k];
        }
        x[i] = v / l[i * stride + i];
    }
}

/// `x := L^-T x`.
#[inline(always)]
pub fn backward(l: &[f64], p: usize, stride: usize, x: &mut [f64]) {
    if p == 1 {
        x[0] /= l[0];
        return;
    }
    for i in (0..p).rev() {
        let mut v = x[i];
        for k in i + 1..p {
            v -= l[k * stride + i] * x[k];
        }
        x[i] = v / l[i * stride + i];
    }
}

/// `out := (L L')^-1`, full and symmetric, `p x p`.
#[inline(always)]
pub fn inverse_from_cholesky(l: &[f64], p: usize, stride: usize, out: &mut [f64]) {
    if p == 1 {
        out[0] = 1.0 / (l[0] * l[0]);
        return;
    }
    for j in 0..p {
        let column = &mut out[j * p..(j + 1) * p];
        column.fill(0.0);
        column[j] = 1.0;
        forward(l, p, stride, column);
        backward(l, p, stride, column);
    }
    for i in 0..p {
        for j in 0..i {
            let v = 0.5 * (out[i * p + j] + out[j * p + i]);
            out[i * p + j] = v;
            out[j * p + i] = v;
        }
    }
}

/// `c += alpha * a' b` with `a: k x m`, `b: k x n`, row strides given; `c: m x n`.
#[inline]
#[allow(clippy::too_many_arguments)]
pub fn add_at_b(
    alpha: f64,
    a: &[f64],
    sa: usize,
    b: &[f64],
    sb: usize,
    c: &mut [f64],
    sc: usize,
    k: usize,
    m: usize,
    n: usize,
) {
    for r in 0..k {
        for i in 0..m {
            let x = alpha * a[r * sa + i];
            for j in 0..n {
                c[i * sc + j] += x * b[r * sb + j];
            }
        }
    }
}

/// `c := a b` with `a: m x k`, `b: k x n`, contiguous but for the row strides of `a` and `b`.
#[inline]
#[allow(clippy::too_many_arguments)]
pub fn multiply(
    a: &[f64],
    sa: usize,
    b: &[f64],
    sb: usize,
    c: &mut [f64],
    sc: usize,
    m: usize,
    k: usize,
    n: usize,
) {
    for i in 0..m {
        for j in 0..n {
            let mut v = 0.0;
            for r in 0..k {
                v += a[i * sa + r] * b[r * sb + j];
            }
            c[i * sc + j] = v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_times_matrix_is_identity() {
        let a = [4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 2.0];
        let mut l = a;
        assert!(cholesky(&mut l, 3, 3));
        let mut inv = [0.0; 9];
        inverse_from_cholesky(&l, 3, 3, &mut inv);
        let mut id = [0.0; 9];
        multiply(&a, 3, &inv, 3, &mut id, 3, 3, 3, 3);
        for i in 0..9 {
            assert!((id[i] - if i % 4 == 0 { 1.0 } else { 0.0 }).abs() < 1e-14);
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        assert!(!cholesky(&mut [1.0, 2.0, 2.0, 1.0], 2, 2));
        assert!(!cholesky(&mut [f64::NAN], 1, 1));
    }
}
