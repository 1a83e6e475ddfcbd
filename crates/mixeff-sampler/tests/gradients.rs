//! Exact gradients against central differences: every prior, every family and link, every structure, in the
//! coordinates of the model and in whitened ones.

#[path = "../../mixeff-core/tests/common/mod.rs"]
mod common;

use common::{point, Data, Random, Structure, STRUCTURES};
use mixeff_core::design::Model;
use mixeff_core::family::registry;
use mixeff_core::linalg::dense::Symmetric;
use mixeff_core::optimize::Record;
use mixeff_sampler::joint::{Coefficient, Joint, Priors, Work};
use mixeff_sampler::mode::Mode;
use mixeff_sampler::prior::{lookup, names};
use mixeff_sampler::whitening::{Trace, Whitening};
use std::sync::Arc;

/// Richardson-extrapolated central differences against a gradient.
fn check(name: &str, x: &[f64], gradient: &[f64], value: &mut dyn FnMut(&[f64]) -> f64) {
    let size = gradient.iter().fold(1.0f64, |a, g| a.max(g.abs()));
    for j in 0..x.len() {
        let mut central = |h: f64| {
            let mut moved = x.to_vec();
            moved[j] = x[j] + h;
            let up = value(&moved);
            moved[j] = x[j] - h;
            (up - value(&moved)) / (2.0 * h)
        };
        let d = (4.0 * central(5e-4) - central(1e-3)) / 3.0;
        assert!(
            (gradient[j] - d).abs() < 2e-7 * size,
            "{name}: entry {j}: {} but differences say {d}",
            gradient[j]
        );
    }
}

fn arguments(n: usize) -> Vec<f64> {
    [3.5, 1.2, 0.7][3 - n..].to_vec()
}

#[test]
fn every_prior() {
    for (name, n) in names() {
        let prior = lookup(name, &arguments(n)).unwrap();
        for x in [0.3, 1.0, 2.7] {
            let (_, slope) = prior.log_density(x);
            check(name, &[x], &[slope], &mut |x| prior.log_density(x[0]).0);
        }
    }
}

#[test]
fn every_prior_integrates_to_one() {
    for (name, n) in names() {
        let prior = lookup(name, &arguments(n)).unwrap();
        let half = name.starts_with("half") || name == "exponential";
        // x = sinh t covers the tails.
        let h = 1e-3;
        let total: f64 = (-14_000..14_000)
            .map(|k| (k as f64 + 0.5) * h)
            .filter(|t| !half || *t > 0.0)
            .map(|t: f64| prior.log_density(t.sinh()).0.exp() * t.cosh() * h)
            .sum();
        assert!((total - 1.0).abs() < 1e-6, "{name}: {total}");
    }
}

/// Priors of all kinds in turn.
fn priors(model: &Model) -> Priors {
    let all: Vec<_> = names().collect();
    let make = |k: usize| {
        let (name, n) = all[k % all.len()];
        lookup(name, &arguments(n)).unwrap()
    };
    let coefficients = (0..model.n_beta()).map(|k| Coefficient {
        weights: vec![(k, 1.0), (0, 0.4)],
        prior: make(k % 2),
        exponential: false,
    });
    let last = Coefficient {
        weights: vec![(model.n_beta() - 1, 1.0)],
        prior: make(3),
        exponential: true,
    };
    Priors {
        coefficients: coefficients.chain([last]).collect(),
        sds: (0..model.terms.iter().map(|t| t.p).sum())
            .map(|k| make(2 + k % 3))
            .collect(),
        etas: vec![1.7; model.terms.len()],
    }
}

/// A joint density and a point in its domain: `(psi, beta)`, then `u`.
fn example(row: &registry::Row, structure: Structure, seed: u64) -> (Arc<Joint>, Vec<f64>) {
    let mut random = Random(seed);
    let rows = if structure == Structure::CrossedSparse {
        240
    } else {
        60
    };
    let data = Data::random(row, structure, rows, row.link == "log", &mut random);
    let model = Arc::new(data.model(row));
    let (beta, theta) = point(row, &model, &mut random);
    let priors = priors(&model);
    let joint = Joint::new(Arc::clone(&model), priors).unwrap();
    let mut x = joint.space.coordinates(&theta, |_| 1e-3);
    x.extend(beta);
    x.extend((0..joint.n_effects()).map(|_| 0.5 * random.normal()));
    (Arc::new(joint), x)
}

fn check_both(row: &registry::Row, structure: Structure, seed: u64) {
    let name = format!("{} {} {structure:?}", row.family, row.link);
    let (joint, x) = example(row, structure, seed);
    let (mut work, mut gradient) = (Work::default(), vec![0.0; x.len()]);
    let value = joint.evaluate(&x, &mut gradient, &mut work);
    assert!(value.is_finite(), "{name}: outside the domain");
    let mut other = gradient.clone();
    check(&name, &x, &gradient, &mut |x| {
        joint.evaluate(x, &mut other, &mut work)
    });
    check_whitened(&name, &joint, &x);
}

/// At a made-up mode; the map need not be a good one.
fn check_whitened(name: &str, joint: &Joint, x: &[f64]) {
    let n = joint.n_parameters();
    let mut precision = Symmetric::zeros(n);
    for i in 0..n {
        for j in 0..n {
            precision.set(
                i,
                j,
                if i == j {
                    900.0
                } else {
                    40.0 / (1.0 + (i + j) as f64)
                },
            );
        }
    }
    let mode = Mode {
        parameters: x[..n].to_vec(),
        precision,
        record: Record::default(),
    };
    let Some(whitening) = Whitening::new(joint, &mode) else {
        panic!("{name}: no modes");
    };
    let mut random = Random(3);
    let z: Vec<f64> = (0..x.len()).map(|_| 0.6 * random.normal()).collect();
    let (mut work, mut trace) = (Work::default(), Trace::default());
    let (mut at, mut inner, mut gradient) = (z.clone(), z.clone(), z.clone());
    let log_det = whitening.apply(joint, &z, &mut at, &mut trace);
    assert!(log_det.is_finite());
    let value = joint.evaluate(&at, &mut inner, &mut work);
    if !value.is_finite() {
        return;
    }
    whitening.pull_back(joint, &mut trace, &mut inner, &mut gradient);
    check(&format!("{name} whitened"), &z, &gradient, &mut |z| {
        let log_det = whitening.apply(joint, z, &mut at, &mut trace);
        joint.evaluate(&at, &mut inner, &mut work) + log_det
    });
}

#[test]
fn every_structure() {
    for row in registry::all().iter().filter(|row| row.link != "inverse") {
        for (k, structure) in STRUCTURES.into_iter().enumerate() {
            let first_link = ["logit", "log", "identity"].contains(&row.link);
            if first_link || structure == Structure::Slope {
                check_both(row, structure, 100 + k as u64);
            }
        }
    }
}

/// `log |dx / dz|` is what the density gains: checked by the determinant of differences.
#[test]
fn the_map_has_the_determinant_it_says() {
    let row = &registry::all()[0];
    for structure in [
        Structure::Intercept,
        Structure::Slope,
        Structure::NestedSlopes,
    ] {
        let (joint, x) = example(row, structure, 5);
        let n = joint.n_parameters();
        let mut precision = Symmetric::zeros(n);
        (0..n).for_each(|i| precision.set(i, i, 4.0));
        let mode = Mode {
            parameters: x[..n].to_vec(),
            precision,
            record: Record::default(),
        };
        let whitening = Whitening::new(&joint, &mode).unwrap();
        let mut random = Random(9);
        let z: Vec<f64> = (0..x.len()).map(|_| random.normal()).collect();
        let gap = log_det_of(&joint, &whitening, &z)
            - log_det_of(&joint, &whitening, &vec![0.0; z.len()]);
        let (mut trace, mut at) = (Trace::default(), z.clone());
        let said = whitening.apply(&joint, &z, &mut at, &mut trace);
        let origin = whitening.apply(&joint, &vec![0.0; z.len()], &mut at, &mut trace);
        assert!(
            (gap - (said - origin)).abs() < 1e-5,
            "{structure:?}: {gap} {said} {origin}"
        );
    }
}

/// `log |det|` of the map's Jacobian, by differences and elimination.
fn log_det_of(joint: &Joint, whitening: &Whitening, z: &[f64]) -> f64 {
    let n = z.len();
    let mut trace = Trace::default();
    let mut at = |z: &[f64]| {
        let mut x = vec![0.0; n];
        whitening.apply(joint, z, &mut x, &mut trace);
        x
    };
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|j| {
            let (mut up, mut down) = (z.to_vec(), z.to_vec());
            up[j] += 1e-5;
            down[j] -= 1e-5;
            let (up, down) = (at(&up), at(&down));
            up.iter().zip(&down).map(|(a, b)| (a - b) / 2e-5).collect()
        })
        .collect();
    let mut log_det = 0.0;
    for k in 0..n {
        let best = (k..n)
            .max_by(|&a, &b| rows[a][k].abs().total_cmp(&rows[b][k].abs()))
            .unwrap();
        rows.swap(k, best);
        log_det += rows[k][k].abs().ln();
        for r in k + 1..n {
            let factor = rows[r][k] / rows[k][k];
            for c in k..n {
                rows[r][c] -= factor * rows[k][c];
            }
        }
    }
    log_det
}
