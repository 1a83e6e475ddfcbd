//! The part of the correction that is a mean over draws `d ~ N(0, V)`.
//!
//! With `y = V g` and `e = V M'(D x)`, where `D_i` is the derivative by `h_ii`, the adjoint of `H` is minus
//! `V M'D M V + 9/2 V k k'V + 9/2 E y y'`, and `V M'D M V = E e d'`. So, over the draws,
//!
//! `c_3i_bar += 3 (x_i^2 - h_ii) m_i'y`, `W_i_bar -= 9/2 (m_i'y)^2 + x_i m_i'e`,
//! `Lambda_bar += 2 sum_i D_i z_i (V m_i)' + 9 sum_i ( c_3i (x_i^2 - h_ii) - W_i m_i'y ) z_i y' - sum_i W_i z_i ( x_i e + m_i'e d )'`,
//!
//! where the first term is taken as `2 sum_i D_i x_i z_i d'`.

use super::point::{Bars, Point};
use crate::design::Model;
use crate::integrate::marginal::Evaluation;
use crate::linalg::random::Random;
use crate::linalg::vector::{dot, sum};

/// Means over one batch of draws, the exact part included.
pub struct Batch {
    /// The correction, to the order after Laplace's.
    pub value: f64,
    /// What later orders add.
    pub rest: f64,
    /// Adjoints by `beta` and `Lambda`.
    pub adjoint: Evaluation,
}

impl Batch {
    /// Nothing.
    pub fn zero(model: &Model) -> Batch {
        Batch {
            value: 0.0,
            rest: 0.0,
            adjoint: Evaluation::zero(model),
        }
    }
}

/// Vectors over the effects (`d, y, e`, work space) and over the rows.
struct Work {
    d: Vec<f64>,
    y: Vec<f64>,
    e: Vec<f64>,
    t: Vec<f64>,
    x: Vec<f64>,
    along_y: Vec<f64>,
    along_e: Vec<f64>,
    v: Vec<f64>,
    eta: Vec<f64>,
    l: Vec<f64>,
}

/// Sums over the draws for the first two cumulants of the remainder `R`, its even and its odd part in `d`.
#[derive(Default)]
struct Cumulants {
    draws: f64,
    even: f64,
    square: f64,
    beyond: f64,
}

impl Cumulants {
    /// `E (R_even - T_4) + E (R_odd^2 - T_3^2) / 2 + Var(R_even) / 2`.
    fn rest(&self) -> f64 {
        let mean = self.even / self.draws;
        let variance = (self.square - self.draws * mean * mean) / (self.draws - 1.0);
        self.beyond / self.draws + 0.5 * variance
    }
}

impl Point<'_> {
    /// Batch `k` of that many draws.
    pub fn batch(&self, k: usize, draws: usize) -> Batch {
        let mut random = Random::new((self.shard.rows.start as u64) << 16 | k as u64);
        let mut work = self.work();
        let mut bars = self.exact();
        let mut cumulants = Cumulants::default();
        let scale = 1.0 / draws as f64;
        for _ in 0..draws {
            work.d.iter_mut().for_each(|d| *d = random.normal());
            self.system.backward(&mut work.d);
            self.times(&work.d, &mut work.t, &mut work.x);
            self.cubic(scale, &mut work, &mut bars);
            self.sandwich(scale, &mut work, &mut bars);
            self.remainder(&mut work, &mut cumulants);
        }
        let mut batch = Batch::zero(self.model);
        (batch.value, batch.rest) = (bars.value, cumulants.rest());
        self.pull_back(bars, &mut batch);
        batch
    }

    fn work(&self) -> Work {
        let (n, q) = (self.n(), self.effects());
        let (rows, effects) = (|| vec![0.0; n], || vec![0.0; q]);
        Work {
            d: effects(),
            y: effects(),
            e: effects(),
            t: effects(),
            x: rows(),
            along_y: rows(),
            along_e: rows(),
            v: rows(),
            eta: self.eta.to_vec(),
            l: rows(),
        }
    }

    /// `3/2 g'V g` and its adjoints.
    fn cubic(&self, scale: f64, work: &mut Work, bars: &mut Bars) {
        for (i, v) in work.v.iter_mut().enumerate() {
            *v = self.c3()[i] * (work.x[i] * work.x[i] - self.h[i]);
        }
        self.transposed(&work.v, &mut work.t, &mut work.y);
        work.e.copy_from_slice(&work.y);
        self.system.solve(&mut work.y);
        bars.value += 1.5 * scale * dot(&work.e, &work.y);
        self.times(&work.y, &mut work.t, &mut work.along_y);
        for (i, v) in work.v.iter_mut().enumerate() {
            let (x, along) = (work.x[i], work.along_y[i]);
            bars.c3[i] += 3.0 * scale * (x * x - self.h[i]) * along;
            bars.w[i] -= 4.5 * scale * along * along;
            *v -= self.w[i] * along;
        }
        self.outer(9.0 * scale, &work.v, &work.y, &mut work.t, &mut bars.lambda);
    }

    /// What goes through `V M'D M V` and `V M'D M`.
    fn sandwich(&self, scale: f64, work: &mut Work, bars: &mut Bars) {
        for (i, v) in work.v.iter_mut().enumerate() {
            *v = self.d[i] * work.x[i];
        }
        self.transposed(&work.v, &mut work.t, &mut work.e);
        self.system.solve(&mut work.e);
        self.times(&work.e, &mut work.t, &mut work.along_e);
        for (i, v) in work.v.iter_mut().enumerate() {
            bars.w[i] -= scale * work.x[i] * work.along_e[i];
            *v = 2.0 * *v - self.w[i] * work.along_e[i];
        }
        self.outer(scale, &work.v, &work.d, &mut work.t, &mut bars.lambda);
        for (v, (w, x)) in work.v.iter_mut().zip(self.w.iter().zip(&work.x)) {
            *v = w * x;
        }
        self.outer(-scale, &work.v, &work.e, &mut work.t, &mut bars.lambda);
    }

    /// `R` at `d` and at `-d`.
    fn remainder(&self, work: &mut Work, cumulants: &mut Cumulants) {
        let (up, down) = (self.density(1.0, work), self.density(-1.0, work));
        let (mut linear, mut quadratic, mut t3, mut t4) = (0.0, 0.0, 0.0, 0.0);
        for (i, &x) in work.x.iter().enumerate() {
            let square = x * x;
            linear += self.s[i] * x;
            quadratic += 0.5 * self.w[i] * square;
            t3 += self.c3()[i] * square * x;
            t4 += self.c4()[i] * square * square;
        }
        let even = 0.5 * (up + down) + quadratic;
        let odd = 0.5 * (up - down) - linear;
        cumulants.draws += 1.0;
        cumulants.even += even;
        cumulants.square += even * even;
        cumulants.beyond += even - t4 + 0.5 * (odd * odd - t3 * t3);
    }

    /// `log p(y | u^ + sign d) - log p(y | u^)`.
    fn density(&self, sign: f64, work: &mut Work) -> f64 {
        let moved = work.eta.iter_mut().zip(self.eta).zip(&work.x);
        moved.for_each(|((to, eta), x)| *to = eta + sign * x);
        let rows = self.model.rows(self.shard);
        self.model.family.density(rows, &work.eta, &mut work.l);
        sum(&work.l) - sum(self.l)
    }
}
