//! Families that hold columns of their own, addressed by the second column of the response.

mod common;

use std::sync::Arc;

use common::Random;
use mixeff_core::design::fixed::FixedData;
use mixeff_core::design::model::{ModelData, TermData};
use mixeff_core::design::nesting::Codes;
use mixeff_core::design::Model;
use mixeff_core::design::Source;
use mixeff_core::family::choice::Choice;
use mixeff_core::family::mixed::Mixed;
use mixeff_core::family::{pair, pairs, registry, Family, Rows, EXPANDED};
use mixeff_core::integrate::{Integral, Marginal};

fn named(family: &str, link: &str, categories: usize) -> Arc<dyn Family> {
    registry::lookup(family, link, categories)
        .expect("a family")
        .into()
}

/// Everything that a family says of a block of rows.
fn all_of(family: &dyn Family, rows: Rows<'_>, eta: &[f64], h: &[f64]) -> [Vec<f64>; 5] {
    let (n, d) = (rows.len(), family.predictors());
    let mut out = [
        vec![0.0; n],
        vec![0.0; n * d],
        vec![0.0; n * pairs(d)],
        vec![0.0; n * d],
        vec![0.0; n * EXPANDED.len()],
    ];
    let mut slopes = vec![0.0; n * d * EXPANDED.len()];
    let [l, s, w, v, c] = &mut out;
    family.curvature(rows, eta, l, s, w);
    family.third(rows, eta, h, v);
    family.expansion(rows, eta, c, &mut slopes);
    out[4].extend(slopes);
    out
}

fn assert_close(what: &str, found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (a, b) in found.iter().zip(wanted) {
        assert!((a - b).abs() < 1e-11 * (1.0 + b.abs()), "{what}: {a} {b}");
    }
}

/// With a dummy for each alternative but the first, a choice is a multinomial response.
#[test]
fn choices_between_labels_are_multinomial() {
    let (n, cases) = (9, 3);
    let dummies = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0].repeat(n);
    let starts = (0..=n).map(|i| i * cases).collect();
    let choice = Choice::new(dummies, 2, Vec::new(), starts).expect("sizes agree");
    let plain = named("multinomial", "logit", 3);
    let mut random = Random(3);
    let y: Vec<f64> = (0..n).map(|i| (i % 3) as f64).collect();
    let place: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let weights: Vec<f64> = (0..n).map(|i| 0.5 + i as f64).collect();
    let eta: Vec<f64> = (0..2 * n).map(|_| 2.0 * random.normal()).collect();
    let h: Vec<f64> = (0..3 * n).map(|_| random.normal()).collect();
    let rows = Rows {
        y: &y,
        extra: &place,
        weights: &weights,
    };
    let (found, wanted) = (
        all_of(&choice, rows, &eta, &h),
        all_of(&*plain, rows, &eta, &h),
    );
    for (k, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        assert_close(&format!("part {k}"), found, wanted);
    }
}

/// The offset is part of the utility: a shift of one alternative by an attribute.
#[test]
fn offsets_shift_the_utility() {
    let (attributes, starts) = (vec![0.3, -0.2, 1.0, 0.4, 0.1], vec![0, 2, 5]);
    let offset: Vec<f64> = attributes.iter().map(|z| 0.7 * z).collect();
    let plain = Choice::new(attributes.clone(), 1, Vec::new(), starts.clone()).expect("fits");
    let moved = Choice::new(attributes, 1, offset, starts).expect("fits");
    let rows = Rows {
        y: &[1.0, 2.0],
        extra: &[0.0, 1.0],
        weights: &[],
    };
    let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
    plain.density(rows, &[1.2, 1.2], &mut a);
    moved.density(rows, &[0.5, 0.5], &mut b);
    assert_close("offset", &a, &b);
}

#[test]
fn sizes_that_do_not_agree_are_refused() {
    assert!(Choice::new(vec![1.0; 4], 2, Vec::new(), vec![0, 2, 2]).is_none());
    assert!(Choice::new(vec![1.0; 4], 2, vec![0.0], vec![0, 2]).is_none());
    assert!(Choice::new(vec![1.0; 5], 2, Vec::new(), vec![0, 2]).is_none());
    let parts = vec![named("poisson", "log", 0)];
    assert!(Mixed::new(parts.clone(), vec![1], vec![0.0]).is_none());
    assert!(Mixed::new(parts, vec![0], Vec::new()).is_none());
}

/// Rows of three responses in turn; each as its own family has it, in the order of the whole.
#[test]
fn mixed_rows_are_those_of_their_families() {
    let families = [
        named("gaussian", "identity", 0),
        named("binomial", "logit", 0),
        named("cumulative", "logit", 4),
    ];
    let (n, all) = (12, 4);
    let part: Vec<usize> = (0..n).map(|i| i % 3).collect();
    let trials = vec![5.0; n];
    let mixed = Mixed::new(families.to_vec(), part.clone(), trials.clone()).expect("fits");
    let mut random = Random(5);
    let y: Vec<f64> = (0..n).map(|i| (i % 4) as f64).collect();
    let place: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let weights: Vec<f64> = (0..n).map(|i| 0.5 + i as f64).collect();
    let eta: Vec<f64> = (0..all * n)
        .map(|i| 0.3 * random.normal() + (i / n) as f64)
        .collect();
    let h: Vec<f64> = (0..pairs(all) * n).map(|_| random.normal()).collect();
    let rows = Rows {
        y: &y,
        extra: &place,
        weights: &weights,
    };
    let [l, s, w, v, c] = all_of(&mixed, rows, &eta, &h);
    for i in 0..n {
        let family = &families[part[i]];
        let d = family.predictors();
        let own = Rows {
            y: &y[i..=i],
            extra: &trials[i..=i],
            weights: &weights[i..=i],
        };
        let at: Vec<f64> = (0..d).map(|a| eta[a * n + i]).collect();
        let pair_of = |x: &[f64], a: usize, b: usize| x[pair(all, a, b) * n + i];
        let upper = || (0..d).flat_map(move |a| (a..d).map(move |b| (a, b)));
        let own_h: Vec<f64> = upper().map(|(a, b)| pair_of(&h, a, b)).collect();
        let wanted = all_of(&**family, own, &at, &own_h);
        let first = |x: &[f64]| (0..d).map(|a| x[a * n + i]).collect::<Vec<f64>>();
        assert_close("l", &[l[i]], &wanted[0]);
        assert_close("s", &first(&s), &wanted[1]);
        let own_w: Vec<f64> = upper().map(|(a, b)| pair_of(&w, a, b)).collect();
        assert_close("w", &own_w, &wanted[2]);
        assert_close("v", &first(&v), &wanted[3]);
        let own_c: Vec<f64> = (0..EXPANDED.len()).map(|k| c[k * n + i]).collect();
        assert_close("c", &own_c, &wanted[4][..EXPANDED.len()]);
        assert!((d..all).all(|a| s[a * n + i] == 0.0 && v[a * n + i] == 0.0));
    }
    let sum: f64 = (0..3)
        .map(|k| {
            let weights: Vec<f64> = (0..n)
                .map(|i| if part[i] == k { weights[i] } else { 0.0 })
                .collect();
            families[k].log_normalizer(Rows {
                y: &y,
                extra: &trials,
                weights: &weights,
            })
        })
        .sum();
    assert_close("normalizer", &[mixed.log_normalizer(rows)], &[sum]);
}

/// A model with effects of every predictor of a level, correlated.
fn model(family: Arc<dyn Family>, y: &[f64], per_level: usize) -> Model {
    let (n, d) = (y.len(), family.predictors());
    let place: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let slope: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin()).collect();
    let data = ModelData {
        family,
        y: Source::Given(y),
        extra: &place,
        weights: &[],
        fixed: (0..d)
            .map(|k| FixedData {
                columns: vec![
                    (2 * k, Source::Constant(1.0)),
                    (2 * k + 1, Source::Given(&slope)),
                ],
                offset: None,
            })
            .collect(),
        factors: vec![Codes {
            codes: (0..n as u32)
                .map(|i| i % (n / per_level) as u32)
                .collect::<Vec<_>>()
                .into(),
            n_levels: n / per_level,
        }],
        terms: vec![TermData {
            factor: 0,
            z: vec![None; d],
            predictor: (0..d).collect(),
            structure: "unstructured".to_owned(),
        }],
    };
    Model::new(data).expect("a model")
}

fn check_gradient(model: &Model, nodes: usize, seed: u64) {
    let mut random = Random(seed);
    let dim = model.n_beta() + model.n_theta();
    let x: Vec<f64> = (0..dim).map(|_| 0.3 * random.normal() + 0.2).collect();
    let mut marginal = Marginal::new(model);
    marginal.set_integral(&Integral::Adaptive(vec![nodes]));
    let (beta, theta) = x.split_at(model.n_beta());
    let (_, gradient) = marginal.evaluate(beta, theta).expect("a value");
    for j in 0..dim {
        let mut at = |h: f64| {
            let mut moved = x.clone();
            moved[j] += h;
            let (beta, theta) = moved.split_at(model.n_beta());
            marginal.evaluate(beta, theta).expect("a value").0
        };
        let [a, b] = [1e-2, 5e-3].map(|h| (at(h) - at(-h)) / (2.0 * h));
        let slope = (4.0 * b - a) / 3.0;
        let size = 1e-6 * (1.0 + gradient[j].abs());
        assert!(
            (slope - gradient[j]).abs() < size,
            "{j}: {slope} {}",
            gradient[j]
        );
    }
}

#[test]
fn gradients_of_choice_models_are_exact() {
    let n = 24;
    let mut random = Random(8);
    let starts: Vec<usize> = (0..=n).map(|i| 3 * i + i / 2).collect();
    let total = starts[n];
    let attributes = (0..2 * total).map(|_| random.normal()).collect();
    let choice = Choice::new(attributes, 2, Vec::new(), starts).expect("fits");
    let y: Vec<f64> = (0..n).map(|i| (i * 5 % 3) as f64).collect();
    let model = model(Arc::new(choice), &y, 4);
    [1, 5]
        .into_iter()
        .for_each(|nodes| check_gradient(&model, nodes, 21));
}

#[test]
fn gradients_of_mixed_models_are_exact() {
    let n = 24;
    let families = vec![named("gaussian", "identity", 0), named("poisson", "log", 0)];
    let part = (0..n).map(|i| i * 7 % 2).collect();
    let mixed = Mixed::new(families, part, vec![0.0; n]).expect("fits");
    let y: Vec<f64> = (0..n).map(|i| (i * 5 % 4) as f64).collect();
    let model = model(Arc::new(mixed), &y, 6);
    [1, 5]
        .into_iter()
        .for_each(|nodes| check_gradient(&model, nodes, 22));
}
