//! Products of small blocks with the factors `Lambda`. Blocks are row-major; `sa`, `sb`, .. are row strides.

use crate::design::Lambda;
use crate::linalg::small::{add_at_b, multiply};
use crate::linalg::vector::axpy;

/// `out := left' a right`; `half` has room for one block.
#[inline]
pub fn sandwich(
    left: &Lambda,
    a: &[f64],
    sa: usize,
    right: &Lambda,
    out: &mut [f64],
    so: usize,
    half: &mut [f64],
) {
    let (m, n) = (left.p, right.p);
    if m == 1 && n == 1 {
        out[0] = left.values[0] * a[0] * right.values[0];
        return;
    }
    let half = &mut half[..m * n];
    multiply(a, sa, &right.values, n, half, n, m, n, n);
    for i in 0..m {
        out[i * so..i * so + n].fill(0.0);
    }
    add_at_b(1.0, &left.values, m, half, n, out, so, m, m, n);
}

/// `sandwich` for the first `columns` columns of `a`, block by block.
pub fn sandwich_part(
    left: &Lambda,
    a: &[f64],
    right: &Lambda,
    out: &mut [f64],
    stride: usize,
    columns: usize,
    half: &mut [f64],
) {
    if left.p == 1 && right.p == 1 {
        let scale = left.values[0] * right.values[0];
        for (out, a) in out[..columns].iter_mut().zip(a) {
            *out = scale * a;
        }
        return;
    }
    for at in (0..columns).step_by(right.p) {
        sandwich(left, &a[at..], stride, right, &mut out[at..], stride, half);
    }
}

/// `sum_i z_i y_i w_i` spread over rows: calls `add(row, value)`.
#[inline]
pub fn spread(z: Option<&[f64]>, y: Option<&[f64]>, w: &[f64], mut add: impl FnMut(usize, f64)) {
    match (z, y) {
        (None, None) => w.iter().enumerate().for_each(|(i, w)| add(i, *w)),
        (Some(z), None) | (None, Some(z)) => w
            .iter()
            .zip(z)
            .enumerate()
            .for_each(|(i, (w, z))| add(i, w * z)),
        (Some(z), Some(y)) => {
            w.iter()
                .zip(z)
                .zip(y)
                .enumerate()
                .for_each(|(i, ((w, z), y))| add(i, w * z * y));
        }
    }
}

/// `out := left v right'`, both with row stride `stride`; `half` has room for one block.
pub fn lift(
    left: &Lambda,
    v: &[f64],
    right: &Lambda,
    out: &mut [f64],
    stride: usize,
    half: &mut [f64],
) {
    let (m, n) = (left.p, right.p);
    if m == 1 && n == 1 {
        out[0] = left.values[0] * v[0] * right.values[0];
        return;
    }
    let half = &mut half[..m * n];
    multiply(&left.values, m, v, stride, half, n, m, m, n);
    for i in 0..m {
        for j in 0..n {
            out[i * stride + j] = (0..=j)
                .map(|k| half[i * n + k] * right.values[j * n + k])
                .sum();
        }
    }
}

/// `q += a Lambda v'` with `a, v: q.p x lambda.p`.
#[inline(always)]
pub fn add_a_lambda_v(a: &[f64], sa: usize, lambda: &Lambda, v: &[f64], sv: usize, q: &mut Lambda) {
    let (m, n) = (q.p, lambda.p);
    if m == 1 && n == 1 {
        q.values[0] += a[0] * lambda.values[0] * v[0];
        return;
    }
    for i in 0..m {
        for c in 0..n {
            let al: f64 = (c..n)
                .map(|k| a[i * sa + k] * lambda.values[k * n + c])
                .sum();
            for j in 0..m {
                q.values[i * m + j] += al * v[j * sv + c];
            }
        }
    }
}

/// `q += a' Lambda v` with `a, v: lambda.p x q.p`.
#[inline(always)]
pub fn add_at_lambda_v(
    a: &[f64],
    sa: usize,
    lambda: &Lambda,
    v: &[f64],
    sv: usize,
    q: &mut Lambda,
) {
    let (n, m) = (q.p, lambda.p);
    if m == 1 && n == 1 {
        q.values[0] += a[0] * lambda.values[0] * v[0];
        return;
    }
    for i in 0..n {
        for c in 0..m {
            let al: f64 = (c..m)
                .map(|k| a[k * sa + i] * lambda.values[k * m + c])
                .sum();
            for j in 0..n {
                q.values[i * n + j] += al * v[c * sv + j];
            }
        }
    }
}

/// `b := L^-1 b` for the first `k` columns of `p` rows of `b`.
pub fn forward_rows(l: &[f64], sl: usize, p: usize, b: &mut [f64], sb: usize, k: usize) {
    for i in 0..p {
        for j in 0..i {
            let (done, own) = b.split_at_mut(i * sb);
            axpy(-l[i * sl + j], &done[j * sb..j * sb + k], &mut own[..k]);
        }
        b[i * sb..i * sb + k]
            .iter_mut()
            .for_each(|x| *x /= l[i * sl + i]);
    }
}

/// `b := L^-T b` for the first `k` columns of `p` rows of `b`.
#[inline(always)]
pub fn backward_rows(l: &[f64], sl: usize, p: usize, b: &mut [f64], sb: usize, k: usize) {
    for i in (0..p).rev() {
        for j in i + 1..p {
            let (own, done) = b.split_at_mut(j * sb);
            axpy(-l[j * sl + i], &done[..k], &mut own[i * sb..i * sb + k]);
        }
        b[i * sb..i * sb + k]
            .iter_mut()
            .for_each(|x| *x /= l[i * sl + i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_products_agree_with_each_other() {
        // tr((A L) V') computed two ways.
        let lambda = Lambda {
            p: 2,
            values: vec![1.5, 0.0, -0.4, 0.7],
        };
        let a = [0.3, -1.0, 2.0, 0.5];
        let v = [1.0, 0.2, -0.3, 0.9];
        let (mut q, mut t) = (Lambda::zeros(2), Lambda::zeros(2));
        add_a_lambda_v(&a, 2, &lambda, &v, 2, &mut q);
        let transposed = |x: &[f64]| vec![x[0], x[2], x[1], x[3]];
        add_at_lambda_v(&transposed(&a), 2, &lambda, &transposed(&v), 2, &mut t);
        for (q, t) in q.values.iter().zip(&t.values) {
            assert!((q - t).abs() < 1e-15);
        }
    }

    #[test]
    fn rows_are_solved_like_vectors() {
        let l = [2.0, 0.0, -1.0, 3.0];
        let mut b = [4.0, 1.0, 5.0, -2.0];
        forward_rows(&l, 2, 2, &mut b, 2, 2);
        assert!((b[0] - 2.0).abs() < 1e-15 && (b[2] - 7.0 / 3.0).abs() < 1e-15);
        backward_rows(&l, 2, 2, &mut b, 2, 2);
        assert!((b[2] - 7.0 / 9.0).abs() < 1e-15);
    }
}
