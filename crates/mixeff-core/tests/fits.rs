//! Whole fits on random data of every structure.

mod common;

use common::{Data, Random, STRUCTURES};
use mixeff_core::design::nesting::Codes;
use mixeff_core::family::registry::{self, Row};
use mixeff_core::optimize::glmm::{fit, Task};
use mixeff_core::optimize::Monitor;

#[test]
fn every_structure_is_fitted() {
    let row = registry::all()
        .iter()
        .find(|r| r.family == "binomial" && r.link == "logit")
        .unwrap();
    for structure in STRUCTURES {
        let mut random = Random(3);
        let data = Data::random(row, structure, 400, false, &mut random);
        let model = data.model(row);
        let fitted = fit(&model, &Task::default(), &Monitor::default());
        let fitted = fitted.unwrap_or_else(|| panic!("{structure:?}: no fit"));
        assert!(
            fitted.converged,
            "{structure:?}: {} {:?}",
            fitted.reason, fitted.record.path
        );
        assert!(
            fitted.record.evaluations < 100,
            "{structure:?}: {}",
            fitted.record.evaluations
        );
    }
}

/// Draws a response and its second column at given linear predictors.
type Draw<'a> = &'a dyn Fn(&[f64], &mut Random) -> (f64, f64);

/// Standard deviation between groups.
const SPREAD: f64 = 0.7;

/// Responses in 80 groups of 15, whose deviations add to the first predictor. A predictor with one coefficient has an intercept
/// only, the first one a covariate only; those with two have both.
fn simulated(truth: &[&[f64]], draw: Draw<'_>, random: &mut Random) -> Data {
    let n = 1200;
    let x: Vec<f64> = (0..n).map(|_| random.normal()).collect();
    let group: Vec<f64> = (0..80).map(|_| SPREAD * random.normal()).collect();
    let ones = vec![1.0; n];
    let columns = |(d, beta): (usize, &&[f64])| match (d, beta.len()) {
        (0, 1) => vec![x.clone()],
        (_, 1) => vec![ones.clone()],
        _ => vec![ones.clone(), x.clone()],
    };
    let design: Vec<_> = truth.iter().enumerate().map(columns).collect();
    let predictor = |i: usize, d: usize| -> f64 {
        let columns = design[d].iter().zip(truth[d]);
        columns.map(|(x, b)| x[i] * b).sum()
    };
    let (y, extra) = (0..n)
        .map(|i| {
            let mut eta: Vec<f64> = (0..truth.len()).map(|d| predictor(i, d)).collect();
            eta[0] += group[i / 15];
            draw(&eta, random)
        })
        .unzip();
    Data {
        y,
        extra,
        weights: Vec::new(),
        x: design,
        factors: vec![Codes {
            codes: (0..n as u32).map(|i| i / 15).collect::<Vec<_>>().into(),
            n_levels: 80,
        }],
        terms: vec![(0, vec![None], "unstructured")],
    }
}

fn row_of(family: &str) -> &'static Row {
    let logit = |row: &&Row| (row.family, row.link) == (family, "logit");
    registry::all().iter().find(logit).expect("a row")
}

fn check_categories(family: &str, truth: &[&[f64]], draw: Draw<'_>) {
    let data = simulated(truth, draw, &mut Random(5));
    let model = data.model(row_of(family));
    let fitted = fit(&model, &Task::default(), &Monitor::default()).expect("a fit");
    assert!(fitted.converged, "{family}: {}", fitted.reason);
    let evaluations = fitted.record.evaluations;
    assert!(evaluations < 100, "{family}: {evaluations}");
    let want = truth.concat().into_iter().chain([SPREAD]);
    let got = fitted.beta.iter().copied().chain([fitted.theta[0].abs()]);
    for (k, (got, want)) in got.zip(want).enumerate() {
        let se = fitted.cov.at(k, k).sqrt();
        let near = (got - want).abs() < 3.5 * se && se < 0.3;
        assert!(near, "{family} {k}: {got} {want} {se}");
    }
}

/// The category that a uniform number falls in.
fn category(p: impl Iterator<Item = f64>, random: &mut Random) -> f64 {
    let mut u = random.uniform();
    let passed = p.take_while(|p| {
        u -= p;
        u > 0.0
    });
    passed.count() as f64
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn ordered_categories_are_fitted() {
    let draw = |eta: &[f64], random: &mut Random| {
        let u = random.uniform();
        let above = eta[1..]
            .iter()
            .filter(|kappa| u > logistic(*kappa - eta[0]));
        (above.count() as f64, 0.0)
    };
    check_categories("cumulative", &[&[0.8], &[-1.0], &[0.2], &[1.5]], &draw);
    let draw = |eta: &[f64], random: &mut Random| {
        let stop = |kappa: &&f64| random.uniform() >= logistic(**kappa - eta[0]);
        (eta[1..].iter().take_while(stop).count() as f64, 0.0)
    };
    check_categories("sequential", &[&[0.8], &[-1.0], &[0.2], &[0.5]], &draw);
}

#[test]
fn unordered_categories_are_fitted() {
    let draw = |eta: &[f64], random: &mut Random| {
        let odds: Vec<f64> = [0.0].iter().chain(eta).map(|x| x.exp()).collect();
        let sum: f64 = odds.iter().sum();
        (category(odds.iter().map(|o| o / sum), random), 0.0)
    };
    check_categories(
        "multinomial",
        &[&[0.5, 0.8], &[-0.3, 0.4], &[0.0, -0.6]],
        &draw,
    );
}

#[test]
fn durations_are_fitted() {
    let draw = |eta: &[f64], random: &mut Random| {
        let survives = |alpha: &&f64| random.uniform() >= logistic(**alpha + eta[0]);
        let passed = eta[1..].iter().take_while(survives).count();
        ((passed + 1).min(4) as f64, f64::from(u8::from(passed < 4)))
    };
    check_categories(
        "duration",
        &[&[0.8], &[-1.5], &[-1.0], &[-1.2], &[-0.5]],
        &draw,
    );
}

#[test]
fn a_category_that_nothing_is_in_leaves_a_start() {
    for name in ["cumulative", "multinomial", "adjacent", "sequential"] {
        let row = row_of(name);
        let mut random = Random(8);
        let mut data = Data::random(row, STRUCTURES[0], 300, false, &mut random);
        data.y
            .iter_mut()
            .for_each(|y| *y = if *y == 3.0 { 2.0 } else { *y });
        let fitted = fit(&data.model(row), &Task::default(), &Monitor::default());
        let fitted = fitted.unwrap_or_else(|| panic!("{name}: no fit"));
        assert!(
            fitted.log_likelihood.is_finite() && !fitted.reason.is_empty(),
            "{name}"
        );
    }
}
