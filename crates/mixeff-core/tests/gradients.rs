//! Every objective's exact gradient against central differences, over all families, links and structures.

mod common;

use common::{modified_rows, point, Data, Random, Structure, STRUCTURES};
use mixeff_core::design::Model;
use mixeff_core::family::registry;
use mixeff_core::integrate::gaussian::Gaussian;
use mixeff_core::integrate::{Integral, Marginal};
use mixeff_core::optimize::Objective;

/// Central differences with long and with short steps, extrapolated to zero.
fn differences(value: &mut dyn FnMut(&[f64]) -> f64, x: &[f64], j: usize) -> [f64; 2] {
    let mut central = |h: f64| {
        let mut moved = x.to_vec();
        moved[j] = x[j] + h;
        let up = value(&moved);
        moved[j] = x[j] - h;
        (up - value(&moved)) / (2.0 * h)
    };
    let mut extrapolated = |h: f64| {
        let [a, b, c] = [h, h / 2.0, h / 4.0].map(&mut central);
        let [d, e] = [(4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0];
        (16.0 * e - d) / 15.0
    };
    [8e-3, 3e-2].map(&mut extrapolated)
}

/// One of them is to agree: long steps are biased where the function bends sharply, short ones where its modes end early.
fn check(name: &str, x: &[f64], gradient: &[f64], value: &mut dyn FnMut(&[f64]) -> f64) {
    let size = gradient.iter().fold(1.0f64, |a, g| a.max(g.abs()));
    for j in 0..x.len() {
        let found = differences(value, x, j);
        assert!(
            found.iter().any(|d| (gradient[j] - d).abs() < 1e-6 * size),
            "{name}: entry {j}: {} but differences say {found:?}",
            gradient[j]
        );
    }
}

fn check_marginal(family: &str, structure: Structure, nodes: usize, seed: u64) {
    check_integral(family, structure, seed, &adaptive(nodes));
}

fn adaptive(nodes: usize) -> impl Fn(&Model) -> Integral {
    move |model| Integral::Adaptive(vec![nodes; model.factors.len()])
}

fn check_integral(
    family: &str,
    structure: Structure,
    seed: u64,
    integral: &dyn Fn(&Model) -> Integral,
) {
    for row in registry::all().iter().filter(|row| row.family == family) {
        check_table_row(row, structure, seed, integral);
    }
}

fn check_table_row(
    row: &registry::Row,
    structure: Structure,
    seed: u64,
    integral: &dyn Fn(&Model) -> Integral,
) {
    let checked = (0..5).any(|k| check_row(row, structure, seed + 1000 * k, integral));
    let (family, link) = (row.family, row.link);
    assert!(
        checked,
        "{family} {link} {structure:?}: no point in the domain"
    );
}

/// False if the random point is outside the domain.
fn check_row(
    row: &registry::Row,
    structure: Structure,
    seed: u64,
    integral: &dyn Fn(&Model) -> Integral,
) -> bool {
    let mut random = Random(seed);
    let rows = if structure == Structure::CrossedSparse {
        240
    } else {
        60
    };
    let data = Data::random(row, structure, rows, row.link == "log", &mut random);
    let model = data.model(row);
    let (beta, theta) = point(row, &model, &mut random);
    let integral = integral(&model);
    let name = format!("{} {} {structure:?} {integral:?}", row.family, row.link);
    let mut marginal = Marginal::new(&model);
    marginal.set_integral(&integral);
    let Some((_, gradient)) = marginal.evaluate(&beta, &theta) else {
        return false;
    };
    let x = [beta.clone(), theta].concat();
    check(&name, &x, &gradient, &mut |x| {
        let (beta, theta) = x.split_at(model.n_beta());
        marginal
            .evaluate(beta, theta)
            .unwrap_or_else(|| panic!("{name}: outside the domain"))
            .0
    });
    true
}

#[test]
fn laplace_quadrature_and_expansion_with_modified_zeros() {
    for row in modified_rows() {
        for (k, structure) in [Structure::Slope, Structure::CrossedSlopes]
            .into_iter()
            .enumerate()
        {
            check_table_row(&row, structure, 40 + k as u64, &adaptive(1));
        }
        check_table_row(&row, Structure::Nested, 50, &adaptive(4));
        check_table_row(&row, Structure::Nested, 60, &|_| Integral::Expanded);
    }
}

fn families() -> Vec<&'static str> {
    let mut names: Vec<&str> = registry::all().iter().map(|row| row.family).collect();
    names.dedup();
    names
}

#[test]
fn laplace_for_every_family_link_and_structure() {
    for family in families() {
        for (k, structure) in STRUCTURES.into_iter().enumerate() {
            check_marginal(family, structure, 1, 100 + k as u64);
        }
    }
}

#[test]
fn quadrature_for_every_family_and_link_with_nested_factors() {
    let structures = [
        (Structure::Intercept, 9),
        (Structure::Slope, 4),
        (Structure::DiagonalSlope, 5),
        (Structure::ThreeColumns, 3),
        (Structure::TwoTermsOneFactor, 2),
        (Structure::Nested, 4),
        (Structure::NestedSlopes, 3),
        (Structure::ThreeLevels, 3),
    ];
    for family in families() {
        for (structure, nodes) in structures {
            check_marginal(family, structure, nodes, 7);
        }
    }
}

#[test]
fn the_sixth_order_expansion_for_every_family_link_and_nested_structure() {
    let nested = STRUCTURES
        .into_iter()
        .take_while(|s| *s != Structure::Crossed);
    for (k, structure) in nested.enumerate() {
        for family in families() {
            check_integral(family, structure, 20 + k as u64, &|_| Integral::Expanded);
        }
    }
}

#[test]
fn ml_and_reml_for_every_structure() {
    let row = registry::all()
        .iter()
        .find(|r| r.family == "gaussian" && r.link == "identity")
        .unwrap();
    for reml in [false, true] {
        for structure in STRUCTURES {
            let mut random = Random(11);
            let data = Data::random(row, structure, 60, true, &mut random);
            let model = data.model(row);
            let (_, theta) = point(row, &model, &mut random);
            let mut gaussian = Gaussian::new(&model, reml);
            let (_, gradient) = gaussian.value_and_gradient(&theta).unwrap();
            check(
                &format!("{structure:?} reml {reml}"),
                &theta,
                &gradient,
                &mut |x| gaussian.value(x),
            );
        }
    }
}

#[test]
fn gradients_next_to_a_point_are_those_at_the_points() {
    for row in registry::all() {
        for (structure, nodes) in [
            (Structure::Intercept, 5),
            (Structure::Nested, 1),
            (Structure::Crossed, 1),
        ] {
            let mut random = Random(77);
            let data = Data::random(row, structure, 60, row.link == "log", &mut random);
            let model = data.model(row);
            let (beta, theta) = point(row, &model, &mut random);
            let x = [beta, theta].concat();
            let points: Vec<Vec<f64>> = (0..x.len())
                .map(|j| {
                    let mut moved = x.clone();
                    moved[j] += 1e-4;
                    moved
                })
                .collect();
            let mut marginal = Marginal::new(&model);
            marginal.set_integral(&Integral::Adaptive(vec![nodes; model.factors.len()]));
            let near = marginal.gradients_near(&x, &points);
            for (point, near) in points.iter().zip(near) {
                let (beta, theta) = point.split_at(model.n_beta());
                let (_, there) = marginal.evaluate(beta, theta).expect("in the domain");
                for (a, b) in near.expect("in the domain").iter().zip(&there) {
                    let name = format!("{} {} {structure:?}", row.family, row.link);
                    // Of second order in the step, as the difference quotients that they serve.
                    assert!((a - b).abs() < 5e-7 * (1.0 + b.abs()), "{name}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn the_posterior_is_the_same_whether_or_not_the_point_was_just_evaluated() {
    let row = &registry::all()[0];
    for structure in STRUCTURES {
        let mut random = Random(78);
        let data = Data::random(row, structure, 240, false, &mut random);
        let model = data.model(row);
        let (beta, theta) = point(row, &model, &mut random);
        let mut marginal = Marginal::new(&model);
        let cold = marginal.posterior(&beta, &theta).expect("in the domain");
        marginal.evaluate(&beta, &theta).expect("in the domain");
        let warm = marginal.posterior(&beta, &theta).expect("in the domain");
        for (a, b) in [(&cold.mode, &warm.mode), (&cold.mode_cov, &warm.mode_cov)] {
            for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
                assert!((a - b).abs() < 1e-9, "{structure:?}: {a} {b}");
            }
        }
    }
}
