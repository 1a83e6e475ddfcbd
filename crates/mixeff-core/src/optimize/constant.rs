//! The constant linear predictors of greatest likelihood: a feasible start for any family and link.

use crate::design::{Model, Shard};
use crate::family::{pair, pairs};
use crate::linalg::dense::Symmetric;
use crate::linalg::vector::{dot, sum};

/// First guesses of the first predictor, for links of any domain.
const GUESSES: [f64; 15] = [
    0.0, -0.1, 0.1, -1.0, 1.0, -3.0, 3.0, -10.0, 10.0, 0.01, 30.0, -30.0, 100.0, 1e-3, 1e4,
];
/// Newton steps.
const STEPS: usize = 60;
/// Relative ridge, for columns that vary only in rows not looked at.
const RIDGE: f64 = 1e-10;
/// Rows looked at.
const ROWS: usize = 20_000;

/// The first shards.
fn looked_at(model: &Model) -> impl Iterator<Item = &Shard> {
    model
        .shards
        .iter()
        .take_while(|shard| shard.rows.start <= ROWS)
}

/// Log-likelihood, score and weight of constant predictors.
struct At {
    value: f64,
    score: Vec<f64>,
    weight: Symmetric,
}

/// One constant for each predictor; `None` if no guess is in the domain.
pub fn predictors(model: &Model) -> Option<Vec<f64>> {
    let d = model.predictors.len();
    let guess = |g: f64| -> Vec<f64> { (0..d).map(|k| if k == 0 { g } else { 0.0 }).collect() };
    let mut best: Option<(Vec<f64>, f64)> = None;
    let offset = mean_offset(model);
    let own = model
        .family
        .guess(model.all_rows().range(0, model.n().min(ROWS)));
    let usual = GUESSES.into_iter().map(guess);
    let moved = GUESSES.into_iter().map(|g| guess(g - offset));
    let moved = moved.filter(|_| offset != 0.0);
    for eta in own.into_iter().chain(usual).chain(moved) {
        let value = value(model, &eta);
        if value.is_finite() && best.as_ref().is_none_or(|(_, best)| value > *best) {
            best = Some((eta, value));
        }
    }
    let (mut eta, _) = best?;
    let mut at = evaluate(model, &eta);
    for _ in 0..STEPS {
        let direction = at.weight.solve_damped(&at.score);
        let gain = dot(&direction, &at.score);
        let Some((next, there)) = step(model, &eta, &at, &direction) else {
            break;
        };
        (eta, at) = (next, there);
        if gain < 1e-6 {
            break;
        }
    }
    model.family.settle(&mut eta);
    Some(eta)
}

/// Mean offset of the first predictor in the rows looked at.
fn mean_offset(model: &Model) -> f64 {
    let Some(offset) = &model.predictors[0].offset else {
        return 0.0;
    };
    let rows = offset.len().min(ROWS);
    sum(&offset[..rows]) / rows.max(1) as f64
}

fn step(model: &Model, eta: &[f64], at: &At, direction: &[f64]) -> Option<(Vec<f64>, At)> {
    let halvings = (0..40).map(|k| 0.5f64.powi(k));
    halvings.into_iter().find_map(|t| {
        let moved: Vec<f64> = eta.iter().zip(direction).map(|(e, d)| e + t * d).collect();
        let there = evaluate(model, &moved);
        (there.value >= at.value && there.value.is_finite()).then_some((moved, there))
    })
}

/// The predictors of a shard's rows.
fn fill(model: &Model, shard: &Shard, constants: &[f64], eta: &mut Vec<f64>) {
    let n = shard.rows.len();
    eta.clear();
    for (&c, predictor) in constants.iter().zip(&model.predictors) {
        match &predictor.offset {
            Some(o) => eta.extend(o[shard.rows.clone()].iter().map(|o| c + o)),
            None => eta.resize(eta.len() + n, c),
        }
    }
}

/// The log-likelihood of constant predictors.
fn value(model: &Model, constants: &[f64]) -> f64 {
    let (mut eta, mut l) = (Vec::new(), Vec::new());
    let of_shard = |shard: &Shard| {
        fill(model, shard, constants, &mut eta);
        l.resize(shard.rows.len(), 0.0);
        model.family.density(model.rows(shard), &eta, &mut l);
        sum(&l)
    };
    looked_at(model).map(of_shard).sum()
}

fn evaluate(model: &Model, constants: &[f64]) -> At {
    let d = constants.len();
    let mut at = At {
        value: 0.0,
        score: vec![0.0; d],
        weight: Symmetric::zeros(d),
    };
    let mut eta = Vec::new();
    for shard in looked_at(model) {
        let n = shard.rows.len();
        fill(model, shard, constants, &mut eta);
        let (mut l, mut s, mut w) = (vec![0.0; n], vec![0.0; n * d], vec![0.0; n * pairs(d)]);
        model
            .family
            .curvature(model.rows(shard), &eta, &mut l, &mut s, &mut w);
        at.value += sum(&l);
        for a in 0..d {
            at.score[a] += sum(&s[a * n..(a + 1) * n]);
            for b in a..d {
                let w = &w[pair(d, a, b) * n..][..n];
                at.weight.set(a, b, at.weight.at(a, b) + sum(w));
            }
        }
    }
    at
}

/// Mean of each linear predictor in the rows looked at.
pub fn means(model: &Model, beta: &[f64]) -> Vec<f64> {
    let mut total = vec![0.0; model.predictors.len()];
    let mut rows = 0;
    for shard in looked_at(model) {
        let n = shard.rows.len();
        let mut eta = vec![0.0; n * total.len()];
        model.fixed_part(shard, beta, &mut eta);
        for (total, eta) in total.iter_mut().zip(eta.chunks_exact(n.max(1))) {
            *total += sum(eta);
        }
        rows += n;
    }
    total.iter().map(|t| t / rows.max(1) as f64).collect()
}

/// The coefficients whose linear predictors are nearest to the constants.
pub fn coefficients(model: &Model, constants: &[f64]) -> Vec<f64> {
    let p = model.n_beta();
    let (mut gram, mut rhs) = (Symmetric::zeros(p), vec![0.0; p]);
    for shard in looked_at(model) {
        for (d, c, j) in model.fixed_columns() {
            let x = model.x_column(d, c, shard);
            rhs[j] += constants[d] * sum(x);
            for (e, column) in model.predictors[d].columns.iter().enumerate().take(c + 1) {
                let k = column.coefficient;
                let twice = if j == k && c != e { 2.0 } else { 1.0 };
                let value = twice * dot(x, model.x_column(d, e, shard));
                gram.set(j, k, gram.at(j, k) + value);
            }
        }
    }
    (0..p).for_each(|j| gram.set(j, j, gram.at(j, j) * (1.0 + RIDGE) + f64::MIN_POSITIVE));
    gram.cholesky()
        .map_or_else(|| vec![0.0; p], |factor| factor.solve(&rhs))
}
