//! The shares of the levels in the expansion, as sums over their rows.

use crate::design::{Model, Shard};

/// The sums of the levels of one factor.
struct Rung {
    p: usize,
    /// Columns of this factor and of those above.
    width: usize,
    /// First column in a path.
    first: usize,
    /// Distinct entries of a level's tensor: those with an index among its own columns.
    entries: usize,
    k: Vec<f64>,
    tensor: Vec<f64>,
    /// `x`, then `1 / (1 + x)`.
    x: Vec<f64>,
}

impl Rung {
    fn k(&self, level: usize) -> &[f64] {
        &self.k[level * self.p..][..self.p]
    }

    fn tensor(&self, level: usize) -> &[f64] {
        &self.tensor[level * self.entries..][..self.entries]
    }
}

/// `k`, `S` and `x` of every level of a shard.
pub struct Nodes(Vec<Rung>);

/// Calls `visit(a, b, c)` for the entries of a symmetric tensor with an index below `p`: `a <= b <= c < width`.
#[inline]
fn triples(p: usize, width: usize, mut visit: impl FnMut(usize, usize, usize)) {
    for a in 0..p {
        for b in a..width {
            for c in b..width {
                visit(a, b, c);
            }
        }
    }
}

/// In how many orders a triple occurs.
#[inline]
fn orders(a: usize, b: usize, c: usize) -> f64 {
    match (a == b, b == c) {
        (true, true) => 1.0,
        (false, false) => 6.0,
        _ => 3.0,
    }
}

impl Nodes {
    /// Zeros.
    pub fn new(model: &Model, shard: &Shard) -> Nodes {
        let sizes = model.sizes();
        let mut first = 0;
        let rung = |(f, &p): (usize, &usize)| {
            let (levels, width) = (shard.levels[f].len(), sizes[f..].iter().sum());
            let mut entries = 0;
            triples(p, width, |_, _, _| entries += 1);
            first += p;
            Rung {
                p,
                width,
                first: first - p,
                entries,
                k: vec![0.0; levels * p],
                tensor: vec![0.0; levels * entries],
                x: vec![0.0; levels],
            }
        };
        Nodes(sizes.iter().enumerate().map(rung).collect())
    }

    /// Adds a row with `m~` and `c_3, c_4, c_6` to the levels of its path.
    pub fn add(&mut self, path: &[usize], m: &[f64], [c3, c4, c6]: [f64; 3]) {
        let h: f64 = m.iter().map(|m| m * m).sum();
        for (rung, &level) in self.0.iter_mut().zip(path) {
            let m = &m[rung.first..];
            let (own, above) = shares(m, rung.p);
            rung.x[level] += 3.0 * c4 * (own * own - above * above)
                + 15.0 * c6 * (own * own * own - above * above * above);
            for (k, m) in rung.k[level * rung.p..].iter_mut().zip(&m[..rung.p]) {
                *k += c3 * h * m;
            }
            let mut tensor = rung.tensor[level * rung.entries..].iter_mut();
            triples(rung.p, rung.width, |a, b, c| {
                if let Some(s) = tensor.next() {
                    *s += c3 * m[a] * m[b] * m[c];
                }
            });
        }
    }

    /// `sum log(1 + x)`; `None` where that has no value.
    pub fn close(&mut self) -> Option<f64> {
        let mut gain = 0.0;
        for rung in &mut self.0 {
            for level in 0..rung.x.len() {
                let k: f64 = rung.k(level).iter().map(|k| k * k).sum();
                let mut tensor = rung.tensor(level).iter();
                let mut square = 0.0;
                triples(rung.p, rung.width, |a, b, c| {
                    let s = tensor.next().unwrap_or(&0.0);
                    square += orders(a, b, c) * s * s;
                });
                let x = rung.x[level] + 4.5 * k + 3.0 * square;
                if !(x > -1.0 && x.is_finite()) {
                    return None;
                }
                gain += x.ln_1p();
                rung.x[level] = 1.0 / (1.0 + x);
            }
        }
        Some(gain)
    }

    /// The adjoints of a row's `c_3, c_4, c_6`, and that of its `m~` in `bar`, after `close`.
    pub fn adjoint(
        &self,
        path: &[usize],
        m: &[f64],
        [c3, c4, c6]: [f64; 3],
        bar: &mut [f64],
    ) -> [f64; 3] {
        bar.fill(0.0);
        let h: f64 = m.iter().map(|m| m * m).sum();
        let (mut c_bar, mut inner, mut along_k) = ([0.0; 3], 0.0, 0.0);
        for (rung, &level) in self.0.iter().zip(path) {
            let (weight, m) = (rung.x[level], &m[rung.first..]);
            let (own, above) = shares(m, rung.p);
            c_bar[1] += 3.0 * weight * (own * own - above * above);
            c_bar[2] += 15.0 * weight * (own * own * own - above * above * above);
            // Each |m~|^2 from here up is `own` here and `above` one step further down.
            let slope = (6.0 * c4 + 45.0 * c6 * own) * own * (weight - inner);
            inner = weight;
            let bar = &mut bar[rung.first..];
            bar.iter_mut()
                .zip(m)
                .for_each(|(b, m)| *b += 2.0 * slope * m);
            for ((k, m), b) in rung.k(level).iter().zip(m).zip(bar.iter_mut()) {
                along_k += 9.0 * weight * k * m;
                *b += 9.0 * weight * c3 * h * k;
            }
            c_bar[0] += 6.0 * weight * contract(rung, level, m, 6.0 * weight * c3, bar);
        }
        c_bar[0] += h * along_k;
        bar.iter_mut()
            .zip(m)
            .for_each(|(b, m)| *b += 2.0 * c3 * along_k * m);
        c_bar
    }
}

/// `|m~|^2` from a factor up, and from the one above.
fn shares(m: &[f64], p: usize) -> (f64, f64) {
    let above: f64 = m[p..].iter().map(|m| m * m).sum();
    (above + m[..p].iter().map(|m| m * m).sum::<f64>(), above)
}

/// `S(m, m, m)`; adds `scale` times its derivative by `m` to `bar`.
fn contract(rung: &Rung, level: usize, m: &[f64], scale: f64, bar: &mut [f64]) -> f64 {
    let mut tensor = rung.tensor(level).iter();
    let mut sum = 0.0;
    triples(rung.p, rung.width, |a, b, c| {
        let s = orders(a, b, c) * tensor.next().unwrap_or(&0.0);
        sum += s * m[a] * m[b] * m[c];
        bar[a] += scale * s * m[b] * m[c];
        bar[b] += scale * s * m[a] * m[c];
        bar[c] += scale * s * m[a] * m[b];
    });
    sum
}
