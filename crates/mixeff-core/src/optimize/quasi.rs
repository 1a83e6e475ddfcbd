//! Quasi-likelihood for GLMMs: linearise, fit the working linear mixed model, linearise anew, until nothing moves.
//!
//! Around `X beta + Z b` it is penalized quasi-likelihood, around `X beta` marginal quasi-likelihood (Breslow and Clayton
//! 1993), each to first or second order in the effects (Goldstein and Rasbash 1996). The point around which the next round
//! linearises is extrapolated from the last rounds, which hastens slow alternations and damps those that swing.

mod estimated;
mod pace;

pub use estimated::Estimated;

use super::bfgs::{minimize, Outcome};
use super::boundary::{settle, standard_form};
use super::gaussian::{conclude, Linear};
use super::{fixed, Control, Monitor, Objective, Point, Record};
use crate::design::Model;
use crate::integrate::gaussian::{Gaussian, Solution};
use crate::integrate::quasi::{Linearised, Second};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::dot;
use estimated::{into_estimated, Rest};
use pace::Pace;

/// Shift, in standard errors, at which the alternation is done.
const STILL: f64 = 1e-8;
/// Shift that rounding may leave: where it no longer falls, this is enough.
const ROUNDING: f64 = 1e-6;
/// Rounds after which it gives up.
const ROUNDS: usize = 500;
/// Halvings of a step that leaves the domain.
const HALVINGS: usize = 20;
/// Scaled gradient at the ends of the first and of the last rounds.
const COARSE: f64 = 1e-2;
const FINE: f64 = 1e-9;
/// Evaluations of one round; what it leaves, the next one takes up.
const EVALUATIONS: usize = 25;
/// Least start of a standard deviation, in standard errors.
const AWAY: f64 = 0.1;
/// Distance in standard errors from which on the end of a search counts as another point, and how often it is gone on from.
const STUCK: f64 = 1e-5;
const AGAIN: usize = 3;
/// Shift up to which every round starts away from zero variances, where the gradient vanishes.
const SETTLED: f64 = 1e-3;

/// What to fit and from where.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// Linearise around the predicted random effects, and not around zero.
    pub penalized: bool,
    /// Expand the mean to second order in the random effects, and not to first.
    pub second: bool,
    /// Restricted maximum likelihood for the working model.
    pub reml: bool,
    /// Estimate `phi`, which is one otherwise; families with a dispersion of their own always do.
    pub estimate_phi: bool,
    /// `(beta, theta)` to start from.
    pub start: Option<(Vec<f64>, Vec<f64>)>,
    /// Limits.
    pub control: Control,
}

/// Fits. `None` if no working model can be evaluated, or the family has no mean and variance function.
pub fn fit(model: &Model, task: &Task, monitor: &Monitor) -> Option<Estimated> {
    let second = task.second.then(|| Second::of(model));
    let wide = second.as_ref().map(|second| second.widen(model));
    let mut alternation = Alternation::new(wide.as_ref().unwrap_or(model), task, second)?;
    let mut last = alternation.run(true, monitor)?;
    let mut found = alternation.conclude(&last, monitor)?;
    for _ in 0..AGAIN {
        if !last.was_left_for(&found) {
            break;
        }
        alternation.from = Some((found.end.x, found.end.metric));
        last = alternation.run(false, monitor)?;
        found = alternation.conclude(&last, monitor)?;
    }
    let rest = last.rest(&found);
    Some(into_estimated(
        model,
        alternation.model,
        found,
        rest,
        alternation.record,
    ))
}

/// Estimates of one round.
struct Round {
    solution: Solution,
    search: Outcome,
    /// Whether some variance is zero and would not stay there.
    falls_from_zero: bool,
}

/// The last round.
struct Last {
    search: Outcome,
    end: Rest,
    rounds: usize,
}

impl Last {
    /// How far the end of its search is from where it was taken to be, in standard errors.
    fn distance(&self, found: &Linear) -> f64 {
        let pairs = found.end.x.iter().zip(&self.search.x);
        let d: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
        dot(&d, &found.end.metric.times(&d)).max(0.0).sqrt()
    }

    /// Whether the rounds stood still where their searches had stuck.
    fn was_left_for(&self, found: &Linear) -> bool {
        self.end == Rest::Still && self.distance(found) > STUCK
    }

    fn rest(&self, found: &Linear) -> Rest {
        let (rounds, shift) = (self.rounds, self.distance(found));
        match self.was_left_for(found) {
            true => Rest::Moving { rounds, shift },
            false => self.end,
        }
    }
}

/// The criterion with quasi-Newton updates of the metric that a round begins with.
struct Search<'m, 'a>(&'m mut Gaussian<'a>);

impl Objective for Search<'_, '_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value_and_gradient(&mut self, theta: &[f64]) -> Option<(f64, Vec<f64>)> {
        self.0.value_and_gradient(theta)
    }
}

struct Alternation<'a> {
    model: &'a Model,
    task: &'a Task,
    criterion: Gaussian<'a>,
    linearised: Linearised,
    /// The model with the columns of the second order, and the columns of each factor without them.
    second: Option<(Model, Vec<usize>)>,
    /// The linear predictor around which the last round linearised, and to second order how far effects lie from it.
    state: Vec<f64>,
    /// Where the next round starts, and the metric there.
    from: Option<(Vec<f64>, Symmetric)>,
    record: Record,
}

impl<'a> Alternation<'a> {
    fn new(model: &'a Model, task: &'a Task, second: Option<Second>) -> Option<Self> {
        let all: Vec<usize> = (0..model.shards.len()).collect();
        let (beta, theta) = match &task.start {
            Some((beta, theta)) => (beta.clone(), Some(theta.clone())),
            None => (fixed::fit(model, &all)?, None),
        };
        let known = (model.predictors.len() == 1 && !task.estimate_phi).then_some(1.0);
        let mut criterion = Gaussian::empty(model, task.reml, known);
        let width = second.as_ref().map_or(0, Second::width);
        let wide = second.as_ref().map(|s| (model.clone(), s.sizes.clone()));
        let mut linearised = Linearised::new(model, second);
        let mut state = criterion.linear_predictor(&beta, None);
        state.resize((1 + width) * model.n(), 0.0);
        if !linearised.around(model, &state) {
            return None;
        }
        criterion.set(linearised.response());
        let start = [beta, theta.clone().unwrap_or_default()].concat();
        let from = match theta {
            Some(theta) => Some((criterion.average_information(&theta)?, theta)),
            None => None,
        };
        Some(Alternation {
            model,
            task,
            criterion,
            linearised,
            second: wide,
            state,
            from: from.map(|(metric, theta)| (theta, metric)),
            record: Record {
                start,
                ..Record::default()
            },
        })
    }

    /// Rounds until nothing moves; `None` if not even the first can be done.
    fn run(&mut self, mut away: bool, monitor: &Monitor) -> Option<Last> {
        let mut before: Option<Round> = None;
        let mut pace = Pace::new();
        let (mut shift, mut rounds) = (1.0, 0);
        let end = loop {
            let found = self.round(shift, away, monitor);
            let Some((round, next)) = found.and_then(|r| self.next(&r).map(|next| (r, next)))
            else {
                self.back(&pace);
                break Rest::Left { rounds };
            };
            rounds += 1;
            let moved: Vec<f64> = next.iter().zip(&self.state).map(|(a, b)| a - b).collect();
            shift = self.shift(before.as_ref(), &round, &moved);
            self.tell(&round, shift, pace.step, monitor);
            away = shift > SETTLED || round.falls_from_zero;
            before = Some(round);
            let enough = if pace.stalled { ROUNDING } else { STILL };
            if shift < enough && !away {
                break Rest::Still;
            }
            let over = self.record.evaluations >= self.task.control.max_evaluations;
            if rounds == ROUNDS || over || monitor.stopped() {
                break Rest::Moving { rounds, shift };
            }
            pace.follow(self.linearised.response().w, moved, shift);
            if !self.advance(&mut pace) {
                break Rest::Left { rounds };
            }
        };
        let search = before?.search;
        Some(Last {
            search,
            end,
            rounds,
        })
    }

    /// The end of the last search, with standard errors.
    fn conclude(&mut self, last: &Last, monitor: &Monitor) -> Option<Linear> {
        let control = Control {
            max_evaluations: self.record.evaluations + self.task.control.max_evaluations,
            ..self.task.control.clone()
        };
        let path = std::mem::take(&mut self.record.path);
        let (criterion, record) = (&mut self.criterion, &mut self.record);
        let search = last.search.clone();
        let found = conclude(criterion, search, false, &control, monitor, record);
        self.record.path = path;
        found
    }

    /// Fits the working model.
    fn round(&mut self, shift: f64, away: bool, monitor: &Monitor) -> Option<Round> {
        let (theta, metric) = self.first_point(away)?;
        let control = Control {
            tolerance: (0.01 * shift).clamp(FINE, COARSE),
            max_evaluations: self.record.evaluations + EVALUATIONS,
        };
        let mut record = Record {
            evaluations: self.record.evaluations,
            ..Record::default()
        };
        let mut search = Search(&mut self.criterion);
        let search = minimize(&mut search, theta, metric, &control, monitor, &mut record);
        self.record.evaluations = record.evaluations;
        self.settled(search)
    }

    /// The end of a round in its standard form, with zeros where variances vanish.
    fn settled(&mut self, search: Outcome) -> Option<Round> {
        let (model, criterion) = (self.model, &mut self.criterion);
        let mut x = standard_form(model, &search.x);
        let mut value = criterion.at(&x)?.value;
        let fixed = settle(criterion, model, &mut x, 0, &mut value, &search.metric);
        let solution = criterion.at(&x)?;
        let zeros = self.near_zero(&x, &search.metric);
        self.from = Some((x.clone(), search.metric.clone()));
        Some(Round {
            falls_from_zero: zeros
                .iter()
                .any(|(k, _)| x[*k] == 0.0 && !fixed.contains(k)),
            search: Outcome {
                x,
                value: solution.value,
                gradient: solution.gradient.clone(),
                ..search
            },
            solution,
        })
    }

    /// Where a round starts, with the metric there: where the last one ended, but away from zero variances if wanted.
    fn first_point(&mut self, away: bool) -> Option<(Vec<f64>, Symmetric)> {
        let (mut theta, metric) = match self.from.take() {
            Some(from) => from,
            None => {
                let theta = self.criterion.moments().theta(self.model);
                let metric = self.criterion.average_information(&theta)?;
                (theta, metric)
            }
        };
        let near = self.near_zero(&theta, &metric);
        if near.is_empty() || !away {
            return Some((theta, metric));
        }
        near.into_iter().for_each(|(k, least)| theta[k] = least);
        let metric = self.criterion.average_information(&theta)?;
        Some((theta, metric))
    }

    /// Standard deviations nearer to zero than the least start, with that start.
    fn near_zero(&self, theta: &[f64], metric: &Symmetric) -> Vec<(usize, f64)> {
        let mut near = Vec::new();
        for term in &self.model.terms {
            for (k, &(r, c)) in term.entries.iter().enumerate() {
                let k = term.theta_start + k;
                let least = AWAY / metric.at(k, k).max(1e-300).sqrt();
                if r == c && theta[k].abs() < least {
                    near.push((k, least));
                }
            }
        }
        near
    }

    /// Where the next round would linearise.
    fn next(&mut self, round: &Round) -> Option<Vec<f64>> {
        let (penalized, theta) = (self.task.penalized, &round.search.x);
        let around = penalized.then_some(&theta[..]);
        let mut state = self
            .criterion
            .linear_predictor(&round.solution.beta, around);
        if let Some((_, sizes)) = &self.second {
            state.extend(self.criterion.spread(theta, sizes, penalized)?);
            self.linearised.sigma2 = round.solution.sigma2;
        }
        Some(state)
    }

    /// How far the estimates moved, in standard errors, or the linear predictor in residual ones.
    fn shift(&self, before: Option<&Round>, now: &Round, moved: &[f64]) -> f64 {
        let n = self.model.n().max(1) as f64;
        let sigma2 = now.solution.sigma2;
        let rows = (self.linearised.norm(moved) / (sigma2 * n)).sqrt();
        let Some(before) = before else {
            return rows.max(1.0);
        };
        let less =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let beta = less(&now.solution.beta, &before.solution.beta);
        let theta = less(&now.search.x, &before.search.x);
        let by_theta = dot(&theta, &now.search.metric.times(&theta));
        let by_beta = dot(&beta, &now.solution.r.times(&beta)) / sigma2;
        let sigma = (sigma2 / before.solution.sigma2).ln();
        let by_sigma = 0.5 * self.criterion.degrees_of_freedom() * sigma * sigma;
        (by_beta + by_theta.abs() + by_sigma).sqrt().max(rows)
    }

    /// Linearises where the pace leads, or nearer where that leaves the domain.
    fn advance(&mut self, pace: &mut Pace) -> bool {
        for _ in 0..HALVINGS {
            if self.move_by(1.0, &pace.moved) {
                return true;
            }
            pace.shorten(0.5);
        }
        false
    }

    /// Returns to where the last round was that could be done.
    fn back(&mut self, pace: &Pace) {
        self.move_by(-1.0, &pace.moved);
    }

    fn move_by(&mut self, step: f64, moved: &[f64]) -> bool {
        let pairs = self.state.iter().zip(moved);
        let state: Vec<f64> = pairs.map(|(s, m)| s + step * m).collect();
        let inside = state.len() == self.state.len() && self.linearised.around(self.model, &state);
        if inside {
            self.state = state;
            self.fill();
        }
        inside
    }

    /// The cross-products of the working model.
    fn fill(&mut self) {
        let response = self.linearised.response();
        match &mut self.second {
            Some((wide, _)) => {
                self.linearised.write(&self.state, wide);
                self.criterion.set_in(wide, response);
            }
            None => self.criterion.set(response),
        }
    }

    fn tell(&mut self, round: &Round, shift: f64, step: f64, monitor: &Monitor) {
        let point = Point {
            evaluation: self.record.evaluations,
            value: round.solution.value,
            scaled_gradient: shift,
            step,
        };
        monitor.tell(&point);
        self.record.path.push(point);
    }
}
