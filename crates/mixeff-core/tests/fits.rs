//! Whole fits on random data of every structure.

mod common;

use common::{Data, Random, STRUCTURES};
use mixeff_core::design::nesting::Codes;
use mixeff_core::family::registry;
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

/// Responses with categories, in 80 groups of 15 with a standard deviation of 0.7 between them: the coefficients of each
/// predictor, where the covariate is the first column of the first one, if it has no intercept, and the group's deviation.
fn check_categories(
    name: &str,
    link: &str,
    truth: &[&[f64]],
    draw: &dyn Fn(&[f64], &mut Random) -> (f64, f64),
) {
    let row = registry::all()
        .iter()
        .find(|r| (r.family, r.link) == (name, link))
        .expect("a row of the table");
    let (n, mut random) = (1200, Random(5));
    let x: Vec<f64> = (0..n).map(|_| random.normal()).collect();
    let ones = vec![1.0; n];
    let group: Vec<f64> = (0..80).map(|_| 0.7 * random.normal()).collect();
    let columns = |beta: &[f64]| {
        if beta.len() == 1 {
            vec![ones.clone()]
        } else {
            vec![ones.clone(), x.clone()]
        }
    };
    let mut design: Vec<_> = truth.iter().map(|beta| columns(beta)).collect();
    if truth[0].len() == 1 {
        design[0] = vec![x.clone()];
    }
    let mut data = Data {
        y: vec![],
        extra: vec![],
        weights: vec![],
        x: design,
        factors: vec![],
        terms: vec![],
    };
    for i in 0..n {
        let value =
            |x: &Vec<Vec<f64>>, beta: &[f64]| x.iter().zip(beta).map(|(x, b)| x[i] * b).sum();
        let mut eta: Vec<f64> = data
            .x
            .iter()
            .zip(truth)
            .map(|(x, beta)| value(x, beta))
            .collect();
        eta[0] += group[i / 15];
        let (y, extra) = draw(&eta, &mut random);
        data.y.push(y);
        data.extra.push(extra);
    }
    data.factors = vec![Codes {
        codes: (0..n as u32).map(|i| i / 15).collect(),
        n_levels: 80,
    }];
    data.terms = vec![(0, vec![None], "unstructured")];
    let model = data.model(row);
    let fitted = fit(&model, &Task::default(), &Monitor::default()).expect("a fit");
    assert!(fitted.converged, "{name}: {}", fitted.reason);
    let evaluations = fitted.record.evaluations;
    assert!(evaluations < 100, "{name}: {evaluations}");
    let want: Vec<f64> = truth.concat().into_iter().chain([0.7]).collect();
    let got = [fitted.beta, fitted.theta.iter().map(|t| t.abs()).collect()].concat();
    for (k, (got, want)) in got.iter().zip(&want).enumerate() {
        let se = fitted.cov.at(k, k).sqrt();
        assert!(
            (got - want).abs() < 3.5 * se && se < 0.3,
            "{name} {k}: {got} {want} {se}"
        );
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
    check_categories(
        "cumulative",
        "logit",
        &[&[0.8], &[-1.0], &[0.2], &[1.5]],
        &draw,
    );
    let draw = |eta: &[f64], random: &mut Random| {
        let stop = |kappa: &&f64| random.uniform() >= logistic(**kappa - eta[0]);
        (eta[1..].iter().take_while(stop).count() as f64, 0.0)
    };
    check_categories(
        "sequential",
        "logit",
        &[&[0.8], &[-1.0], &[0.2], &[0.5]],
        &draw,
    );
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
        "logit",
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
        "logit",
        &[&[0.8], &[-1.5], &[-1.0], &[-1.2], &[-0.5]],
        &draw,
    );
}

#[test]
fn a_category_that_nothing_is_in_leaves_a_start() {
    for name in ["cumulative", "multinomial", "adjacent", "sequential"] {
        let row = registry::all()
            .iter()
            .find(|r| (r.family, r.link) == (name, "logit"))
            .expect("a row of the table");
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
