//! Where to go from what the rounds propose: far off by Aitken's rule for vectors (Irons and Tuck 1969), nearby by Anderson's
//! (1965) extrapolation from the last rounds, and less far where that does not lead on.

use crate::linalg::dense::Symmetric;
use std::collections::VecDeque;

/// Rounds that are remembered.
const MEMORY: usize = 4;
/// Shift from which on they are.
const NEAR: f64 = 0.5;
/// Shortest move by Aitken's rule and longest by any, in units of what the round proposes.
const STEP: (f64, f64) = (0.05, 4.0);
/// Rounds within which the shift must have halved.
const PATIENCE: usize = 15;
/// Share of the largest curvature that a direction must add to those before it.
const SINGULAR: f64 = 1e-14;

/// The moves so far. What a round proposes is its residual.
pub(super) struct Pace {
    /// The last move.
    pub moved: Vec<f64>,
    /// Its length in units of the residual.
    pub step: f64,
    residual: Vec<f64>,
    /// How residuals changed with the moves.
    changes: VecDeque<(Vec<f64>, Vec<f64>)>,
    damping: f64,
    least_shift: f64,
    waited: usize,
    /// Whether the shift has stopped falling.
    pub stalled: bool,
}

impl Pace {
    /// Before the first round.
    pub fn new() -> Self {
        Pace {
            moved: Vec::new(),
            step: 1.0,
            residual: Vec::new(),
            changes: VecDeque::new(),
            damping: 1.0,
            least_shift: f64::INFINITY,
            waited: 0,
            stalled: false,
        }
    }

    /// After a round `shift` standard errors long; `w` are the weights of the rows, again and again.
    pub fn follow(&mut self, w: &[f64], residual: Vec<f64>, shift: f64) {
        self.wait(shift);
        self.remember(&residual);
        self.moved = match shift < NEAR {
            true => self.extrapolate(w, &residual),
            false => self.relax(w, &residual),
        };
        let length = |v: &[f64]| product(w, v, v).sqrt();
        self.step = length(&self.moved) / length(&residual);
        if self.step > STEP.1 {
            self.shorten(STEP.1 / self.step);
        }
        self.residual = residual;
    }

    fn remember(&mut self, residual: &[f64]) {
        if self.residual.is_empty() {
            return;
        }
        let pairs = residual.iter().zip(&self.residual);
        let change = pairs.map(|(now, before)| now - before).collect();
        self.changes
            .push_back((change, std::mem::take(&mut self.moved)));
        if self.changes.len() > MEMORY {
            self.changes.pop_front();
        }
    }

    /// Takes a part of the last move only.
    pub fn shorten(&mut self, by: f64) {
        self.step *= by;
        self.moved.iter_mut().for_each(|m| *m *= by);
    }

    /// Begins anew with shorter steps where the shift does not fall.
    fn wait(&mut self, shift: f64) {
        self.waited += 1;
        if shift < 0.5 * self.least_shift {
            (self.least_shift, self.waited) = (shift, 0);
            self.stalled = false;
        } else if self.waited == PATIENCE {
            self.damping *= 0.5;
            self.changes.clear();
            (self.waited, self.stalled) = (0, true);
        }
    }

    /// A multiple of the residual, from how it changed with the last one.
    fn relax(&mut self, w: &[f64], residual: &[f64]) -> Vec<f64> {
        let change = self.changes.drain(..).next_back();
        let step = change.map_or(1.0, |(change, _)| {
            let along = product(w, &change, &self.residual);
            -self.step * along / product(w, &change, &change)
        });
        let step = if step.is_finite() { step } else { 1.0 };
        let step = self.damping * step.clamp(STEP.0, STEP.1);
        residual.iter().map(|r| step * r).collect()
    }

    /// The move to where the residual would be least if it were linear.
    fn extrapolate(&mut self, w: &[f64], residual: &[f64]) -> Vec<f64> {
        let by = self.coefficients(w, residual);
        let mut moved: Vec<f64> = residual.iter().map(|r| self.damping * r).collect();
        for ((change, step), by) in self.changes.iter().zip(&by) {
            for ((m, c), s) in moved.iter_mut().zip(change).zip(step) {
                *m -= by * (self.damping * c + s);
            }
        }
        moved
    }

    /// Least squares of the residual on its changes; forgets those that say nothing of their own.
    fn coefficients(&mut self, w: &[f64], residual: &[f64]) -> Vec<f64> {
        while !self.changes.is_empty() {
            let n = self.changes.len();
            let change = |j: usize| &self.changes[j].0[..];
            let mut gram = Symmetric::zeros(n);
            for i in 0..n {
                for j in 0..=i {
                    gram.set(i, j, product(w, change(i), change(j)));
                }
            }
            let along: Vec<f64> = (0..n).map(|j| product(w, change(j), residual)).collect();
            if let Some(by) = solve(gram, &along) {
                return by;
            }
            self.changes.pop_front();
        }
        Vec::new()
    }
}

/// Scaled to a unit diagonal before; `None` where it is singular.
fn solve(mut gram: Symmetric, along: &[f64]) -> Option<Vec<f64>> {
    let n = gram.n;
    let scale: Vec<f64> = (0..n).map(|j| gram.at(j, j).sqrt()).collect();
    for i in 0..n {
        for j in 0..=i {
            let ridge = if i == j { SINGULAR } else { 0.0 };
            gram.set(i, j, gram.at(i, j) / (scale[i] * scale[j]) + ridge);
        }
    }
    let scaled: Vec<f64> = along.iter().zip(&scale).map(|(a, s)| a / s).collect();
    let by = gram.cholesky()?.solve(&scaled);
    let by: Vec<f64> = by.iter().zip(&scale).map(|(b, s)| b / s).collect();
    by.iter().all(|b| b.is_finite()).then_some(by)
}

fn product(w: &[f64], x: &[f64], y: &[f64]) -> f64 {
    let rows = w.iter().cycle().zip(x).zip(y);
    rows.map(|((w, x), y)| w * x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_map_of_two_speeds_is_solved_in_three_rounds() {
        let (mut x, mut pace) = (vec![1.0, 2.0], Pace::new());
        for _ in 0..3 {
            let residual = vec![-6.0 * x[0], -0.5 * x[1]];
            pace.follow(&[1.0], residual, 0.1);
            x.iter_mut().zip(&pace.moved).for_each(|(x, m)| *x += m);
        }
        assert!(x.iter().all(|x| x.abs() < 1e-6), "{x:?}");
    }
}
