//! Several random effects per level. With information `A` and `H = Lambda'A Lambda + I = L L'`, `m = H^-1 Lambda' g` and
//! `R = L^-T L_hat'`.

use super::Bend;
use mixeff_core::design::Lambda;
use mixeff_core::integrate::Local;
use mixeff_core::linalg::small::{add_at_b, backward, cholesky, forward, multiply};
use std::cell::RefCell;
use std::ops::Range;

/// The effects of a factor with several random effects per level, within one shard.
pub struct Block {
    effects: Range<usize>,
    f: usize,
    p: usize,
    /// `A` and `L_hat` of each level.
    information: Vec<f64>,
    factor: Vec<f64>,
}

/// Room for the matrices of one level.
#[derive(Default)]
struct Room {
    al: Vec<f64>,
    l: Vec<f64>,
    m: Vec<f64>,
    q: Vec<f64>,
    v: Vec<f64>,
    y: Vec<f64>,
    bar: Vec<f64>,
    work: Vec<f64>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Room {
    fn resize(&mut self, p: usize) {
        for matrix in [&mut self.al, &mut self.l, &mut self.bar, &mut self.work] {
            matrix.resize(p * p, 0.0);
        }
        for vector in [&mut self.m, &mut self.q, &mut self.v, &mut self.y] {
            vector.resize(p, 0.0);
        }
    }

    /// `A Lambda`, `L` and `m` at `Lambda`. NaN where rounding leaves no factor, which the sampler takes for no density.
    fn set(&mut self, p: usize, a: &[f64], g: &[f64], lambda: &Lambda) {
        multiply(a, p, &lambda.values, p, &mut self.al, p, p, p, p);
        self.l.fill(0.0);
        for i in 0..p {
            self.l[i * p + i] = 1.0;
        }
        add_at_b(1.0, &lambda.values, p, &self.al, p, &mut self.l, p, p, p, p);
        if !cholesky(&mut self.l, p, p) {
            self.l.fill(f64::NAN);
        }
        lambda.apply_transposed(g, &mut self.m);
        forward(&self.l, p, p, &mut self.m);
        backward(&self.l, p, p, &mut self.m);
    }

    /// `q := L^-T L_hat' w`.
    fn set_scaled(&mut self, p: usize, factor: &[f64], w: &[f64]) {
        for c in 0..p {
            self.q[c] = (c..p).map(|r| factor[r * p + c] * w[r]).sum();
        }
        backward(&self.l, p, p, &mut self.q);
    }

    /// `bar := 2 H_bar` of `u_bar'm`; `y := H^-1 u_bar`.
    fn add_mean_bar(&mut self, p: usize, u_bar: &[f64]) {
        self.y.copy_from_slice(u_bar);
        forward(&self.l, p, p, &mut self.y);
        backward(&self.l, p, p, &mut self.y);
        for i in 0..p {
            for j in 0..p {
                self.bar[i * p + j] -= self.y[i] * self.m[j] + self.m[i] * self.y[j];
            }
        }
    }

    /// Adds `2 H_bar` of `u_bar'q - log |L|`: for `L_bar = -q v' - diag(1 / L)`, `v = L^-1 u_bar`, it is the symmetric
    /// matrix with the lower triangle of `L'L_bar`, between `L^-T` and `L^-1` (Murray 2016).
    fn add_scale_bar(&mut self, p: usize, u_bar: &[f64]) {
        self.v.copy_from_slice(u_bar);
        forward(&self.l, p, p, &mut self.v);
        for i in 0..p {
            let lq: f64 = (i..p).map(|k| self.l[k * p + i] * self.q[k]).sum();
            for j in 0..=i {
                let unit = if i == j { 1.0 } else { 0.0 };
                let value = -lq * self.v[j] - unit;
                self.work[i * p + j] = value;
                self.work[j * p + i] = value;
            }
        }
        for row in self.work.chunks_exact_mut(p) {
            backward(&self.l, p, p, row);
        }
        for j in 0..p {
            for i in 0..p {
                self.y[i] = self.work[i * p + j];
            }
            backward(&self.l, p, p, &mut self.y);
            for i in 0..p {
                self.bar[i * p + j] += self.y[i];
            }
        }
    }

    /// `Lambda_bar += A Lambda (2 H_bar)`.
    fn pull_back(&self, p: usize, lambda_bar: &mut Lambda) {
        for r in 0..p {
            for c in 0..=r {
                lambda_bar.values[r * p + c] += (0..p)
                    .map(|k| self.al[r * p + k] * self.bar[k * p + c])
                    .sum::<f64>();
            }
        }
    }
}

impl Block {
    /// The levels of factor `f`.
    pub fn new(effects: Range<usize>, f: usize, at: &Lambda, local: &Local) -> Block {
        let p = at.p;
        let mut room = Room::default();
        room.resize(p);
        let (mut information, mut factor) = (Vec::new(), Vec::new());
        for level in 0..effects.len() / p {
            let a = convex(local.system.level_block(f, level), p);
            room.set(p, &a, &vec![0.0; p], at);
            factor.extend(&room.l);
            information.extend(a);
        }
        Block {
            effects,
            f,
            p,
            information,
            factor,
        }
    }

    fn matrices(&self, level: usize) -> Range<usize> {
        level * self.p * self.p..(level + 1) * self.p * self.p
    }

    /// Calls `visit` with each level's own effects, and the room set for it.
    fn for_levels(
        &self,
        lambdas: &[Lambda],
        g: &[f64],
        mut visit: impl FnMut(usize, Range<usize>, &mut Room),
    ) {
        let p = self.p;
        ROOM.with_borrow_mut(|room| {
            room.resize(p);
            for (level, g) in g.chunks_exact(p).enumerate() {
                let a = &self.information[self.matrices(level)];
                room.set(p, a, g, &lambdas[self.f]);
                visit(level, level * p..(level + 1) * p, room);
            }
        });
    }
}

/// The matrix if it is positive definite with a little on its diagonal, else the non-negative part of its diagonal.
pub fn convex(a: Vec<f64>, p: usize) -> Vec<f64> {
    let mut l = a.clone();
    for i in 0..p {
        l[i * p + i] += 1e-9 * (1.0 + a[i * p + i].abs());
    }
    if cholesky(&mut l, p, p) {
        return a;
    }
    (0..p * p)
        .map(|k| if k / p == k % p { a[k].max(0.0) } else { 0.0 })
        .collect()
}

impl Bend for Block {
    fn effects(&self) -> Range<usize> {
        self.effects.clone()
    }

    fn apply(&self, lambdas: &[Lambda], g: &[f64], u: &mut [f64]) -> f64 {
        let p = self.p;
        let mut log_det = 0.0;
        self.for_levels(lambdas, g, |level, own, room| {
            let u = &mut u[own];
            let factor = &self.factor[self.matrices(level)];
            room.set_scaled(p, factor, u);
            for i in 0..p {
                u[i] = room.m[i] + room.q[i];
                log_det += (factor[i * p + i] / room.l[i * p + i]).ln();
            }
        });
        log_det
    }

    fn pull_back(
        &self,
        lambdas: &[Lambda],
        g: &mut [f64],
        w: &[f64],
        u_bar: &mut [f64],
        bars: &mut [Lambda],
    ) {
        let p = self.p;
        let (lambda, bar) = (&lambdas[self.f], &mut bars[self.f]);
        let given = g.to_vec();
        self.for_levels(lambdas, &given, |level, own, room| {
            let (u_bar, g_bar) = (&mut u_bar[own.clone()], &mut g[own.clone()]);
            let factor = &self.factor[self.matrices(level)];
            room.set_scaled(p, factor, &w[own.clone()]);
            room.bar.fill(0.0);
            room.add_mean_bar(p, u_bar);
            for r in 0..p {
                for c in 0..=r {
                    bar.values[r * p + c] += given[own.start + r] * room.y[c];
                }
            }
            lambda.apply(&room.y, g_bar);
            room.add_scale_bar(p, u_bar);
            room.pull_back(p, bar);
            for r in 0..p {
                u_bar[r] = (0..=r).map(|c| factor[r * p + c] * room.v[c]).sum();
            }
        });
    }

    /// `dm = H^-1 ( dLambda'(g - A Lambda m) - Lambda'A dLambda m + Lambda' dg )`.
    fn tangent(&self, lambdas: &[Lambda], g: &[f64], d: &[Lambda], dg: &[f64], dm: &mut [f64]) {
        let p = self.p;
        let (lambda, d) = (&lambdas[self.f], &d[self.f]);
        self.for_levels(lambdas, g, |level, own, room| {
            let a = &self.information[self.matrices(level)];
            let times = |x: &[f64], i: usize| (0..p).map(|j| a[i * p + j] * x[j]).sum::<f64>();
            let (mut b, mut db, mut first) = (vec![0.0; p], vec![0.0; p], vec![0.0; p]);
            lambda.apply(&room.m, &mut b);
            d.apply(&room.m, &mut db);
            let left: Vec<f64> = (0..p).map(|i| g[own.start + i] - times(&b, i)).collect();
            let right: Vec<f64> = (0..p).map(|i| dg[own.start + i] - times(&db, i)).collect();
            d.apply_transposed(&left, &mut first);
            let dm = &mut dm[own];
            lambda.apply_transposed(&right, dm);
            dm.iter_mut().zip(&first).for_each(|(a, b)| *a += b);
            forward(&room.l, p, p, dm);
            backward(&room.l, p, p, dm);
        });
    }
}
