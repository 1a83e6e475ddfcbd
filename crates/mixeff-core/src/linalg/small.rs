//! Small dense blocks, row-major, the sizes of random-effects terms (1 to about 10).

/// Dot product with four independent sums, so that it vectorises without reassociation.
#[inline]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sum = [0.0; 8];
    let mut ca = a.chunks_exact(8);
    let mut cb = b.chunks_exact(8);
    for (x, y) in (&mut ca).zip(&mut cb) {
        for k in 0..8 {
            sum[k] += x[k] * y[k];
        }
    }
    let tail: f64 = ca
        .remainder()
        .iter()
        .zip(cb.remainder())
        .map(|(x, y)| x * y)
        .sum();
    ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7])) + tail
}

/// Sum with eight independent partial sums.
#[inline]
pub fn sum(a: &[f64]) -> f64 {
    let mut sum = [0.0; 8];
    let mut ca = a.chunks_exact(8);
    for x in &mut ca {
        for k in 0..8 {
            sum[k] += x[k];
        }
    }
    let tail: f64 = ca.remainder().iter().sum();
    ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7])) + tail
}

/// `sum_i x_i y_i w_i`, with four independent sums.
#[inline]
pub fn weighted_dot(x: &[f64], y: &[f64], w: &[f64]) -> f64 {
    let n = x.len().min(y.len()).min(w.len());
    let (x, y, w) = (&x[..n], &y[..n], &w[..n]);
    let mut sum = [0.0; 8];
    let whole = n - n % 8;
    for i in (0..whole).step_by(8) {
        let (x, y, w) = (&x[i..i + 8], &y[i..i + 8], &w[i..i + 8]);
        for k in 0..8 {
            sum[k] += x[k] * y[k] * w[k];
        }
    }
    let tail: f64 = (whole..n).map(|i| x[i] * y[i] * w[i]).sum();
    ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7])) + tail
}

/// `y += a * x`.
#[inline]
pub fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `y += a_0 x_0 + .. + a_3 x_3` in one pass over `y`.
#[inline]
pub fn axpy4(a: [f64; 4], x: [&[f64]; 4], y: &mut [f64]) {
    let n = y.len();
    let x = x.map(|x| &x[..n]);
    for i in 0..n {
        y[i] += (a[0] * x[0][i] + a[1] * x[1][i]) + (a[2] * x[2][i] + a[3] * x[3][i]);
    }
}

/// Cholesky factor of the leading `p x p` part of a block with row stride `stride`, in place, lower
/// triangle. False if a pivot is not positive.
#[inline]
pub fn cholesky(a: &mut [f64], p: usize, stride: usize) -> bool {
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
#[inline]
pub fn forward(l: &[f64], p: usize, stride: usize, x: &mut [f64]) {
    for i in 0..p {
        let mut v = x[i];
        for k in 0..i {
            v -= l[i * stride + k] * x[k];
        }
        x[i] = v / l[i * stride + i];
    }
}

/// `x := L^-T x`.
#[inline]
pub fn backward(l: &[f64], p: usize, stride: usize, x: &mut [f64]) {
    for i in (0..p).rev() {
        let mut v = x[i];
        for k in i + 1..p {
            v -= l[k * stride + i] * x[k];
        }
        x[i] = v / l[i * stride + i];
    }
}

/// `out := (L L')^-1`, full and symmetric, `p x p`.
#[inline]
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

    #[test]
    fn sums_and_dots_agree_with_naive() {
        let a: Vec<f64> = (0..37).map(|i| (i as f64).sin()).collect();
        let naive: f64 = a.iter().map(|x| x * x).sum();
        assert!((dot(&a, &a) - naive).abs() < 1e-13);
        assert!((sum(&a) - a.iter().sum::<f64>()).abs() < 1e-13);
    }
}
