//! The chain rule for `f(q(eta))`, where `q` is a number for each row.

use super::{with_buffer, Order, Out, Parts};
use crate::family::pair;

/// `q` with its derivatives, and `f` with its own at `q`. Where the first of these vanishes, so do all.
pub struct Chain<'a> {
    pub n: usize,
    pub predictors: usize,
    pub q: &'a Parts<'a>,
    pub f: [&'a [f64]; 4],
}

impl Chain<'_> {
    /// Rows of a block of numbers.
    fn block<'b>(&self, x: &'b [f64], index: usize) -> &'b [f64] {
        &x[index * self.n..][..self.n]
    }

    /// Adds to the rows of a block.
    fn add(&self, out: &mut [f64], index: usize, term: impl Fn(usize) -> f64) {
        let (f1, out) = (self.f[1], &mut out[index * self.n..][..self.n]);
        for (i, out) in out.iter_mut().enumerate() {
            let term = term(i);
            *out += if f1[i] == 0.0 { 0.0 } else { term };
        }
    }

    /// Adds the functions of an order, third derivatives in the place of the score.
    pub fn add_all(&self, order: Order, h: &[f64], [l, s, w]: Out<'_>) {
        match order {
            Order::Value => self.add_value(l),
            Order::Score => {
                self.add_value(l);
                self.add_score(s);
            }
            Order::Curvature => {
                self.add_value(l);
                self.add_score(s);
                self.add_weight(w);
            }
            Order::Third => self.add_third(h, s),
        }
    }

    fn add_value(&self, l: &mut [f64]) {
        for (l, f) in l.iter_mut().zip(self.f[0]) {
            *l += f;
        }
    }

    fn add_score(&self, s: &mut [f64]) {
        for a in 0..self.predictors {
            let slope = self.block(self.q.s, a);
            self.add(s, a, |i| self.f[1][i] * slope[i]);
        }
    }

    fn add_weight(&self, w: &mut [f64]) {
        let [_, f1, f2, _] = self.f;
        for (a, b) in (0..self.predictors).flat_map(|a| (a..self.predictors).map(move |b| (a, b))) {
            let at = pair(self.predictors, a, b);
            let (left, right) = (self.block(self.q.s, a), self.block(self.q.s, b));
            let weight = self.block(self.q.w, at);
            self.add(w, at, |i| f1[i] * weight[i] - f2[i] * left[i] * right[i]);
        }
    }

    /// To the third derivatives contracted with `h`: with the slopes `g` and the weights `W` of `q`, for the predictor `c`,
    /// `f' v_c + f'' (g_c tr(h W) + 2 (W h g)_c) - f''' g_c g'h g`.
    fn add_third(&self, h: &[f64], v: &mut [f64]) {
        let (n, d) = (self.n, self.predictors);
        let [_, f1, f2, f3] = self.f;
        with_buffer(n * (d + 3), |buffer| {
            let (along, buffer) = buffer.split_at_mut(n * d);
            let (trace, buffer) = buffer.split_at_mut(n);
            let (square, bend) = buffer.split_at_mut(n);
            for (a, b) in (0..d).flat_map(|a| (0..d).map(move |b| (a, b))) {
                let (h, at) = (self.block(h, pair(d, a, b)), pair(d, a, b));
                add_products(h, self.block(self.q.s, b), &mut along[a * n..][..n]);
                add_products(h, self.block(self.q.w, at), trace);
            }
            (0..d)
                .for_each(|a| add_products(self.block(self.q.s, a), &along[a * n..][..n], square));
            for c in 0..d {
                bend.fill(0.0);
                for a in 0..d {
                    let weight = self.block(self.q.w, pair(d, a, c));
                    add_products(weight, &along[a * n..][..n], bend);
                }
                let (slope, third) = (self.block(self.q.s, c), self.block(self.q.v, c));
                self.add(v, c, |i| {
                    let second = f2[i] * (slope[i] * trace[i] + 2.0 * bend[i]);
                    f1[i] * third[i] + second - f3[i] * slope[i] * square[i]
                });
            }
        });
    }
}

fn add_products(x: &[f64], y: &[f64], out: &mut [f64]) {
    for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
        *out += x * y;
    }
}
