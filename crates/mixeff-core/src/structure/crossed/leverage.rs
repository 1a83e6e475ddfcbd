//! `h_i = m_i' V m_i` of every row of a crossed design.

use super::Crossed;
use crate::design::{Lambda, Model, Shard};

impl Crossed {
    /// Random intercepts only: sums of entries of `V`.
    pub(super) fn add_h_of_intercepts(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        h: &mut [f64],
    ) {
        let scale: Vec<f64> = lambdas.iter().map(|l| l.values[0]).collect();
        model.factors[0].for_runs(&shard.rows, &shard.levels[0], |level, run| {
            let own = scale[0] * scale[0] * self.v_own[level];
            let panel = &self.v_panel[self.panel_range(level)];
            h[run.clone()].iter_mut().for_each(|h| *h += own);
            for (position, scale_g) in self.panels.position.iter().zip(&scale[1..]) {
                let twice = 2.0 * scale[0] * scale_g;
                for (h, &at) in h[run.clone()].iter_mut().zip(&position[run.clone()]) {
                    *h += twice * panel[at as usize];
                }
            }
        });
        for pair in &self.panels.pairs {
            let twice = if pair.g == pair.h { 1.0 } else { 2.0 } * scale[pair.g] * scale[pair.h];
            for (h, &block) in h.iter_mut().zip(&pair.of_row) {
                *h += twice * pair.v[block as usize];
            }
        }
    }

    /// Any random effects.
    pub(super) fn add_h_of_rows(
        &self,
        model: &Model,
        shard: &Shard,
        lambdas: &[Lambda],
        h: &mut [f64],
    ) {
        let (n, predictors) = (shard.rows.len(), model.predictors.len());
        let mut starts = vec![0];
        for p in &self.sizes {
            starts.push(starts[starts.len() - 1] + p);
        }
        let width = starts[starts.len() - 1];
        let mut v = vec![0.0; width * width];
        let mut m = vec![0.0; predictors * width];
        model.factors[0].for_runs(&shard.rows, &shard.levels[0], |level, run| {
            for i in run {
                self.row_inverse(i, level, &starts, &mut v);
                row_of_m(model, lambdas, &starts, i, &mut m);
                for a in 0..predictors {
                    for b in a..predictors {
                        let (ma, mb) = (&m[a * width..][..width], &m[b * width..][..width]);
                        h[crate::family::pair(predictors, a, b) * n + i] += bilinear(ma, &v, mb);
                    }
                }
            }
        });
    }

    /// The dense `V` of the effects of one row.
    fn row_inverse(&self, row: usize, level: usize, starts: &[usize], out: &mut [f64]) {
        let width = starts[starts.len() - 1];
        let p = self.sizes[0];
        let own = &self.v_own[self.own_range(level)];
        let panel = &self.v_panel[self.panel_range(level)];
        let k = panel.len() / p.max(1);
        for r in 0..p {
            out[r * width..r * width + p].copy_from_slice(&own[r * p..(r + 1) * p]);
            for g in 1..self.sizes.len() {
                let at = r * k + self.panels.position[g - 1][row] as usize;
                let to = r * width + starts[g];
                out[to..to + self.sizes[g]].copy_from_slice(&panel[at..at + self.sizes[g]]);
            }
        }
        for pair in &self.panels.pairs {
            let (m, n) = (self.sizes[pair.g], self.sizes[pair.h]);
            let v = &pair.v[pair.of_row[row] as usize * m * n..][..m * n];
            for c in 0..m {
                let to = (starts[pair.g] + c) * width + starts[pair.h];
                out[to..to + n].copy_from_slice(&v[c * n..(c + 1) * n]);
            }
        }
        for r in 0..width {
            for c in 0..r {
                out[r * width + c] = out[c * width + r];
            }
        }
    }
}

/// `m_i = Lambda' z_i` of one row, one vector per predictor.
fn row_of_m(model: &Model, lambdas: &[Lambda], starts: &[usize], i: usize, m: &mut [f64]) {
    let width = starts[starts.len() - 1];
    m.fill(0.0);
    for (f, factor) in model.factors.iter().enumerate() {
        let p = factor.p();
        for (c, column) in factor.columns.iter().enumerate() {
            let z = column.values.as_ref().map_or(1.0, |v| v[i]);
            let m = &mut m[column.predictor * width + starts[f]..][..p];
            for (e, m) in m.iter_mut().enumerate().take(c + 1) {
                *m += lambdas[f].values[c * p + e] * z;
            }
        }
    }
}

fn bilinear(x: &[f64], v: &[f64], y: &[f64]) -> f64 {
    let n = x.len();
    (0..n)
        .map(|r| x[r] * (0..n).map(|c| v[r * n + c] * y[c]).sum::<f64>())
        .sum()
}
