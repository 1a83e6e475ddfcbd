//! Quasi-likelihood for GLMMs: linearise, fit the working linear mixed model, linearise anew, until nothing moves.
//!
//! Around `X beta + Z b` it is penalized quasi-likelihood, around `X beta` marginal quasi-likelihood (Breslow and Clayton
//! 1993). The point around which the next round linearises is over- or under-relaxed by Aitken's rule for vectors
//! (Irons and Tuck 1969), which hastens slow alternations and damps those that swing.

use super::bfgs::{minimize, Outcome};
use super::boundary::{settle, standard_form};
use super::gaussian::{conclude, Linear};
use super::{fixed, Control, Fitted, Monitor, Objective, Point, Record};
use crate::design::Model;
use crate::integrate::gaussian::{Gaussian, Solution};
use crate::integrate::quasi::Linearised;
use crate::linalg::dense::Symmetric;
use crate::linalg::small::dot;

/// Shift, in standard errors, at which the alternation is done.
const STILL: f64 = 1e-8;
/// Rounds after which it gives up.
const ROUNDS: usize = 500;
/// Shortest and longest relaxed step.
const STEP: (f64, f64) = (0.05, 4.0);
/// Halvings of a step that leaves the domain.
const HALVINGS: usize = 20;
/// Scaled gradient at the ends of the first and of the last rounds.
const COARSE: f64 = 1e-2;
const FINE: f64 = 1e-9;
/// Evaluations of one round; what it leaves, the next one takes up.
const EVALUATIONS: usize = 25;
/// Least start of a standard deviation, in standard errors.
const AWAY: f64 = 0.1;
/// Shift up to which every round starts away from zero variances, where the gradient vanishes.
const SETTLED: f64 = 1e-3;

/// What to fit and from where.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// Linearise around the predicted random effects, and not around zero.
    pub penalized: bool,
    /// Restricted maximum likelihood for the working model.
    pub reml: bool,
    /// Estimate `phi`, which is one otherwise; families with a dispersion of their own always do.
    pub estimate_phi: bool,
    /// `(beta, theta)` to start from.
    pub start: Option<(Vec<f64>, Vec<f64>)>,
    /// Limits.
    pub control: Control,
}

/// The estimates, with `phi` and its standard error.
pub struct Estimated {
    /// As of any method; its log-likelihood is not a number.
    pub fitted: Fitted,
    /// Dispersion.
    pub phi: f64,
    /// Standard error of `phi`; not a number if it is not estimated.
    pub phi_se: f64,
}

/// Fits. `None` if no working model can be evaluated, or the family has no mean and variance function.
pub fn fit(model: &Model, task: &Task, monitor: &Monitor) -> Option<Estimated> {
    let mut alternation = Alternation::new(model, task)?;
    let state = alternation.run(monitor)?;
    let Alternation {
        mut criterion,
        mut record,
        ..
    } = alternation;
    let control = Control {
        max_evaluations: record.evaluations + task.control.max_evaluations,
        ..task.control.clone()
    };
    let path = std::mem::take(&mut record.path);
    let found = conclude(
        &mut criterion,
        state.search,
        false,
        &control,
        monitor,
        &mut record,
    )?;
    record.path = path;
    Some(into_estimated(model, found, state.end, record))
}

/// How the alternation ended.
#[derive(Clone, Copy, PartialEq)]
enum Rest {
    Still,
    Moving { rounds: usize, shift: f64 },
    Left { rounds: usize },
}

impl Rest {
    fn words(self) -> String {
        match self {
            Rest::Still => String::new(),
            Rest::Moving { rounds, shift } => format!(
                "not converged: after {rounds} rounds of linearising and fitting, the last one still moved the estimates by \
                 {shift:.1e} standard errors"
            ),
            Rest::Left { rounds } => format!(
                "not converged: after {rounds} rounds of linearising and fitting, the working model can no longer be \
                 evaluated; the alternation diverges"
            ),
        }
    }
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
    eta: Vec<f64>,
    /// Where the next round starts, and the metric there.
    from: Option<(Vec<f64>, Symmetric)>,
    record: Record,
}

impl<'a> Alternation<'a> {
    fn new(model: &'a Model, task: &'a Task) -> Option<Self> {
        let all: Vec<usize> = (0..model.shards.len()).collect();
        let (beta, theta) = match &task.start {
            Some((beta, theta)) => (beta.clone(), Some(theta.clone())),
            None => (fixed::fit(model, &all)?, None),
        };
        let known = (model.predictors.len() == 1 && !task.estimate_phi).then_some(1.0);
        let mut criterion = Gaussian::empty(model, task.reml, known);
        let mut linearised = Linearised::new(model);
        let eta = criterion.linear_predictor(&beta, None);
        if !linearised.around(model, &eta) {
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
            eta,
            from: from.map(|(metric, theta)| (theta, metric)),
            record: Record {
                start,
                ..Record::default()
            },
        })
    }

    /// Rounds until nothing moves; `None` if not even the first can be done.
    fn run(&mut self, monitor: &Monitor) -> Option<Last> {
        let mut before: Option<Round> = None;
        let mut residual: Vec<f64> = Vec::new();
        let (mut step, mut shift, mut rounds) = (1.0, 1.0, 0);
        let mut away = true;
        let end = loop {
            let Some(round) = self.round(shift, away, monitor) else {
                break Rest::Left { rounds };
            };
            rounds += 1;
            let next = self.predictor(&round);
            let moved: Vec<f64> = next.iter().zip(&self.eta).map(|(a, b)| a - b).collect();
            shift = self.shift(before.as_ref(), &round, &moved);
            self.tell(&round, shift, step, monitor);
            away = shift > SETTLED || round.falls_from_zero;
            before = Some(round);
            if shift < STILL && !away {
                break Rest::Still;
            }
            let over = self.record.evaluations >= self.task.control.max_evaluations;
            if rounds == ROUNDS || over || monitor.stopped() {
                break Rest::Moving { rounds, shift };
            }
            step = self.relaxed(step, &residual, &moved);
            residual = moved;
            if !self.advance(&residual, &mut step) {
                break Rest::Left { rounds };
            }
        };
        let search = before?.search;
        Some(Last { search, end })
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
    fn predictor(&mut self, round: &Round) -> Vec<f64> {
        let theta = self.task.penalized.then_some(&round.search.x[..]);
        self.criterion.linear_predictor(&round.solution.beta, theta)
    }

    /// How far the estimates moved, in standard errors, or the linear predictor in residual ones.
    fn shift(&self, before: Option<&Round>, now: &Round, moved: &[f64]) -> f64 {
        let n = self.eta.len().max(1) as f64;
        let sigma2 = now.solution.sigma2;
        let rows = (self.linearised.norm(|i| moved[i]) / (sigma2 * n)).sqrt();
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

    /// The length of the next step: Aitken's rule, from what this round and the last one would have moved.
    fn relaxed(&self, step: f64, last: &[f64], moved: &[f64]) -> f64 {
        if last.is_empty() {
            return 1.0;
        }
        let w = self.linearised.response().w;
        let (mut along, mut change) = (0.0, 0.0);
        for ((w, last), moved) in w.iter().zip(last).zip(moved) {
            along += w * last * (moved - last);
            change += w * (moved - last) * (moved - last);
        }
        let next = -step * along / change;
        if next.is_finite() {
            next.clamp(STEP.0, STEP.1)
        } else {
            1.0
        }
    }

    /// Linearises at the relaxed step, or a shorter one where that leaves the domain.
    fn advance(&mut self, moved: &[f64], step: &mut f64) -> bool {
        for _ in 0..HALVINGS {
            let eta: Vec<f64> = self
                .eta
                .iter()
                .zip(moved)
                .map(|(e, m)| e + *step * m)
                .collect();
            if self.linearised.around(self.model, &eta) {
                self.eta = eta;
                self.criterion.set(self.linearised.response());
                return true;
            }
            *step *= 0.5;
        }
        false
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

/// The estimates in the parameters of the model: `log sigma` of the working model as the dispersion's coefficient, or as `phi`.
fn into_estimated(model: &Model, found: Linear, rest: Rest, record: Record) -> Estimated {
    let p = found.beta.len();
    let converged = rest == Rest::Still && found.end.converged(found.proper);
    let reason = match rest {
        Rest::Still => found.end.words(found.proper),
        rest => rest.words(),
    };
    let phi = found.sigma * found.sigma;
    let estimated = found.cov.n > p + found.theta.len();
    let phi_se = if estimated {
        2.0 * phi * found.cov.at(p, p).sqrt()
    } else {
        f64::NAN
    };
    let (mut beta, mut cov) = (found.beta, found.cov);
    if model.predictors.len() > 1 {
        let scale = 2.0 / model.family.phi_power();
        beta.push(scale * found.sigma.ln());
        for i in 0..cov.n {
            let factor = if i == p { scale * scale } else { scale };
            cov.set(p, i, factor * cov.at(p, i));
        }
    } else if estimated {
        let keep: Vec<usize> = (0..cov.n).filter(|&i| i != p).collect();
        cov = cov.part(&keep);
    }
    let fitted = Fitted {
        beta,
        theta: found.theta,
        cov,
        log_likelihood: f64::NAN,
        posterior: found.posterior,
        converged,
        singular: !found.end.fixed.is_empty(),
        reason,
        record,
        metric: found.end.metric,
    };
    Estimated {
        fitted,
        phi,
        phi_se,
    }
}
