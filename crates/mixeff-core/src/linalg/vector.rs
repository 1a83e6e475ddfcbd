//! Long vectors: sums in an order that does not depend on the machine, loops in its widest instructions.

use crate::family::simd::{widest, Arithmetic, Work, LANES};

/// Lengths from which the widest instructions pay for the way to them.
const LONG: usize = 64;

/// As many sums at a time as lanes, each in a row of its own.
type Lanes = [f64; LANES];

/// `sum_i a_i b_i`
#[inline]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum_of(Product(a, b))
}

/// `sum_i a_i`
#[inline]
pub fn sum(a: &[f64]) -> f64 {
    sum_of(Plain(a))
}

/// `sum_i x_i y_i w_i`
#[inline]
pub fn weighted_dot(x: &[f64], y: &[f64], w: &[f64]) -> f64 {
    sum_of(Triple(x, y, w))
}

/// Terms to be added up.
pub trait Terms: Copy {
    /// How many.
    fn count(self) -> usize;

    /// The one at `i`, below the length.
    fn at(self, i: usize) -> f64;

    /// A vector of them from `i` on.
    fn lanes(self, i: usize) -> Lanes;
}

#[inline(always)]
fn load(x: &[f64], i: usize) -> &Lanes {
    x[i..i + LANES].try_into().expect("a vector's length")
}

/// `a_i`
#[derive(Clone, Copy)]
pub struct Plain<'a>(pub &'a [f64]);

/// `a_i b_i`
#[derive(Clone, Copy)]
pub struct Product<'a>(pub &'a [f64], pub &'a [f64]);

/// `x_i y_i w_i`
#[derive(Clone, Copy)]
pub struct Triple<'a>(pub &'a [f64], pub &'a [f64], pub &'a [f64]);

impl Terms for Plain<'_> {
    #[inline(always)]
    fn count(self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    fn at(self, i: usize) -> f64 {
        self.0[i]
    }

    #[inline(always)]
    fn lanes(self, i: usize) -> Lanes {
        *load(self.0, i)
    }
}

impl Terms for Product<'_> {
    #[inline(always)]
    fn count(self) -> usize {
        self.0.len().min(self.1.len())
    }

    #[inline(always)]
    fn at(self, i: usize) -> f64 {
        self.0[i] * self.1[i]
    }

    #[inline(always)]
    fn lanes(self, i: usize) -> Lanes {
        let (a, b) = (load(self.0, i), load(self.1, i));
        std::array::from_fn(|k| a[k] * b[k])
    }
}

impl Terms for Triple<'_> {
    #[inline(always)]
    fn count(self) -> usize {
        self.0.len().min(self.1.len()).min(self.2.len())
    }

    #[inline(always)]
    fn at(self, i: usize) -> f64 {
        self.0[i] * self.1[i] * self.2[i]
    }

    #[inline(always)]
    fn lanes(self, i: usize) -> Lanes {
        let (x, y, w) = (load(self.0, i), load(self.1, i), load(self.2, i));
        std::array::from_fn(|k| x[k] * y[k] * w[k])
    }
}

/// The sum of terms.
#[inline]
pub fn sum_of(terms: impl Terms) -> f64 {
    if terms.count() < LONG {
        short_sum(terms)
    } else {
        widest(LongSum(terms))
    }
}

/// The same, to be inlined where the widest instructions are chosen already.
#[inline(always)]
pub fn short_sum(terms: impl Terms) -> f64 {
    let n = terms.count();
    let whole = n - n % LANES;
    let mut tail = 0.0;
    for i in whole..n {
        tail += terms.at(i);
    }
    if whole == 0 {
        return tail; // clusters are often smaller than a vector
    }
    let mut sums = [0.0; LANES];
    let mut i = 0;
    while i < whole {
        add(&mut sums, terms.lanes(i));
        i += LANES;
    }
    fold(sums) + tail
}

#[inline(always)]
fn add(sums: &mut Lanes, terms: Lanes) {
    for k in 0..LANES {
        sums[k] += terms[k];
    }
}

#[inline(always)]
fn fold(s: Lanes) -> f64 {
    ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))
}

/// Four vectors of sums, so that none waits for the one before.
struct LongSum<T>(T);

impl<T: Terms> Work for LongSum<T> {
    type Output = f64;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> f64 {
        const STEP: usize = 4 * LANES;
        let (terms, n) = (self.0, self.0.count());
        let whole = n - n % STEP;
        let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; 4];
        let mut i = 0;
        while i < whole {
            add(&mut a, terms.lanes(i));
            add(&mut b, terms.lanes(i + LANES));
            add(&mut c, terms.lanes(i + 2 * LANES));
            add(&mut d, terms.lanes(i + 3 * LANES));
            i += STEP;
        }
        let mut tail = 0.0;
        while i < n {
            tail += terms.at(i);
            i += 1;
        }
        (fold(a) + fold(b)) + (fold(c) + fold(d)) + tail
    }
}

/// The dot products of four vectors with another, which is read once.
pub fn dot4(x: [&[f64]; 4], v: &[f64]) -> [f64; 4] {
    widest(FourDots(x.map(|x| &x[..v.len()]), v))
}

struct FourDots<'a>([&'a [f64]; 4], &'a [f64]);

impl Work for FourDots<'_> {
    type Output = [f64; 4];

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> [f64; 4] {
        let FourDots([p, q, r, s], v) = self;
        let n = v.len();
        let whole = n - n % LANES;
        let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; 4];
        let mut i = 0;
        while i < whole {
            add(&mut a, Product(p, v).lanes(i));
            add(&mut b, Product(q, v).lanes(i));
            add(&mut c, Product(r, v).lanes(i));
            add(&mut d, Product(s, v).lanes(i));
            i += LANES;
        }
        let mut sums = [fold(a), fold(b), fold(c), fold(d)];
        while i < n {
            for (sum, x) in sums.iter_mut().zip([p, q, r, s]) {
                *sum += x[i] * v[i];
            }
            i += 1;
        }
        sums
    }
}

/// `y_i += f_i`, element by element.
#[inline(always)]
fn update(y: &mut [f64], f: impl Fn(usize) -> f64) {
    for (i, y) in y.iter_mut().enumerate() {
        *y += f(i);
    }
}

/// `y += a x`
#[inline]
pub fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    let n = y.len().min(x.len());
    let work = Axpy(a, &x[..n], &mut y[..n]);
    if n < LONG {
        work.run::<crate::family::simd::Plain>();
    } else {
        widest(work);
    }
}

struct Axpy<'a>(f64, &'a [f64], &'a mut [f64]);

impl Work for Axpy<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Axpy(a, x, y) = self;
        let x = &x[..y.len()];
        update(y, |i| a * x[i]);
    }
}

/// `y += a_0 x_0 + .. + a_3 x_3` in one pass over `y`.
pub fn axpy4(a: [f64; 4], x: [&[f64]; 4], y: &mut [f64]) {
    widest(Axpy4(a, x.map(|x| &x[..y.len()]), y));
}

struct Axpy4<'a>([f64; 4], [&'a [f64]; 4], &'a mut [f64]);

impl Work for Axpy4<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Axpy4([a, b, c, d], x, y) = self;
        let [p, q, r, s] = x.map(|x| &x[..y.len()]);
        update(y, |i| (a * p[i] + b * q[i]) + (c * r[i] + d * s[i]));
    }
}

/// `y_i := a x_i - b z_i y_i`
pub fn scaled_difference(a: f64, x: &[f64], b: f64, z: &[f64], y: &mut [f64]) {
    let n = y.len();
    widest(Difference([a, b], [&x[..n], &z[..n]], y));
}

struct Difference<'a>([f64; 2], [&'a [f64]; 2], &'a mut [f64]);

impl Work for Difference<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Difference([a, b], x, y) = self;
        let [x, z] = x.map(|x| &x[..y.len()]);
        for (i, y) in y.iter_mut().enumerate() {
            *y = a * x[i] - b * (z[i] * *y);
        }
    }
}

/// `y_i += x_i z_i`
pub fn add_product(x: &[f64], z: &[f64], y: &mut [f64]) {
    let n = y.len();
    widest(AddProduct([&x[..n], &z[..n]], y));
}

struct AddProduct<'a>([&'a [f64]; 2], &'a mut [f64]);

impl Work for AddProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let AddProduct(x, y) = self;
        let [x, z] = x.map(|x| &x[..y.len()]);
        update(y, |i| x[i] * z[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, step: f64) -> Vec<f64> {
        (0..n).map(|i| (i as f64 * step).sin()).collect()
    }

    #[test]
    fn sums_and_dots_agree_with_naive() {
        for n in [0, 1, 7, 8, 37, 63, 64, 65, 96, 131, 1000] {
            let (a, b, c) = (numbers(n, 1.0), numbers(n, 0.7), numbers(n, 0.3));
            let naive = |f: &dyn Fn(usize) -> f64| (0..n).map(f).sum::<f64>();
            let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-12, "{n}: {x} {y}");
            close(sum(&a), naive(&|i| a[i]));
            close(dot(&a, &b), naive(&|i| a[i] * b[i]));
            close(weighted_dot(&a, &b, &c), naive(&|i| a[i] * b[i] * c[i]));
            for (four, one) in dot4([&a, &b, &c, &a], &b).into_iter().zip([&a, &b, &c, &a]) {
                close(four, dot(one, &b));
            }
        }
    }

    #[test]
    fn updates_agree_with_naive() {
        for n in [0, 5, 64, 133] {
            let (a, b, c) = (numbers(n, 1.0), numbers(n, 0.7), numbers(n, 0.3));
            let mut y = [c.clone(), c.clone(), c.clone(), c.clone()];
            axpy(0.5, &a, &mut y[0]);
            axpy4([0.5, 2.0, -1.0, 0.0], [&a, &b, &a, &c], &mut y[1]);
            scaled_difference(0.5, &a, 3.0, &b, &mut y[2]);
            add_product(&a, &b, &mut y[3]);
            for i in 0..n {
                let expected = [
                    c[i] + 0.5 * a[i],
                    c[i] + (0.5 * a[i] + 2.0 * b[i] - a[i]),
                    0.5 * a[i] - 3.0 * b[i] * c[i],
                    c[i] + a[i] * b[i],
                ];
                for (y, expected) in y.iter().zip(expected) {
                    assert!((y[i] - expected).abs() < 1e-14);
                }
            }
        }
    }
}
