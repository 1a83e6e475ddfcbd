//! Properties that every row of the table of families has, and values from high precision.

mod common;

use common::families;
use common::points::{close, extra, predictors, responses, Uniform};
use mixeff_core::family::registry::{self, lookup, Row, Support};
use mixeff_core::family::{pair, pairs, Family, Rows, EXPANDED};

/// Everything a family says about a block of rows.
#[derive(Debug, PartialEq)]
struct Evaluation {
    l: Vec<f64>,
    s: Vec<f64>,
    w: Vec<f64>,
    v: Vec<f64>,
}

fn evaluate(family: &dyn Family, rows: Rows<'_>, eta: &[f64], h: &[f64]) -> Evaluation {
    let (n, d) = (rows.len(), family.predictors());
    let (mut l, mut s) = (vec![f64::NAN; n], vec![f64::NAN; n * d]);
    let (mut w, mut v) = (vec![f64::NAN; n * pairs(d)], vec![f64::NAN; n * d]);
    family.density(rows, eta, &mut l);
    let value = l.clone();
    family.score(rows, eta, &mut l, &mut s);
    assert_eq!(l, value, "density and score agree to the bit");
    let score = s.clone();
    family.curvature(rows, eta, &mut l, &mut s, &mut w);
    assert_eq!(
        (&l, &s),
        (&value, &score),
        "score and curvature agree to the bit"
    );
    family.third(rows, eta, h, &mut v);
    Evaluation { l, s, w, v }
}

fn one(family: &dyn Family, y: f64, trials: f64, eta: &[f64], h: &[f64]) -> Evaluation {
    let rows = Rows {
        y: &[y],
        extra: &[trials],
        weights: &[],
    };
    evaluate(family, rows, eta, h)
}

/// A unit symmetric matrix: the pair `(a, b)` is one, the others zero.
fn unit(d: usize, a: usize, b: usize) -> Vec<f64> {
    (0..pairs(d))
        .map(|k| if k == pair(d, a, b) { 1.0 } else { 0.0 })
        .collect()
}

#[test]
fn high_precision_values() {
    for line in include_str!("family_reference.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |k: usize| cells[k].parse::<f64>().unwrap_or(f64::NAN);
        let family = lookup(cells[0], cells[1], 0).unwrap_or_else(|| panic!("{line}"));
        let d = family.predictors();
        let (y, trials, eta) = ([number(2)], [number(3)], [number(4), number(5)]);
        let rows = Rows {
            y: &y,
            extra: &trials,
            weights: &[],
        };
        let at = |h: &[f64]| evaluate(&*family, rows, &eta[..d], h);
        let got = at(&unit(d, 0, 0));
        let check = |order: usize, got: f64, want: f64, scale: f64| {
            let error = (got - want).abs() / (want.abs() + scale).max(1e-290);
            let bound = [1e-13, 1e-13, 2e-13, 2e-12][order];
            assert!(
                error < bound,
                "order {order} of {line}: {got:e} not {want:e}, error {error:e}"
            );
        };
        let normalizer = family.log_normalizer(rows);
        check(0, got.l[0] + normalizer, number(6), normalizer.abs());
        if d == 1 {
            // Errors where a derivative crosses zero are small beside the order below.
            check(1, got.s[0], number(7), 1e-3 * got.l[0].abs());
            check(2, -got.w[0], number(9), 1e-3 * number(7).abs());
            check(3, -got.v[0], number(12), 1e-3 * number(9).abs());
        } else {
            let (cross, last) = (at(&unit(2, 0, 1)), at(&unit(2, 1, 1)));
            let scale = number(7).abs() + number(8).abs();
            for (order, got, k) in [
                (1, got.s[0], 7),
                (1, got.s[1], 8),
                (2, -got.w[0], 9),
                (2, -got.w[1], 10),
                (2, -got.w[2], 11),
                (3, -got.v[0], 12),
                (3, -got.v[1], 13),
                (3, -cross.v[0] / 2.0, 13),
                (3, -cross.v[1] / 2.0, 14),
                (3, -last.v[0], 14),
                (3, -last.v[1], 15),
            ] {
                check(order, got, number(k), scale);
            }
        }
    }
}

#[test]
fn expansions_go_on_where_three_derivatives_end() {
    let mut uniform = Uniform(8);
    for row in &families() {
        let family = row.example();
        let d = family.predictors();
        for y in responses(row.support) {
            let eta = predictors(row, d, &mut uniform);
            check_expansion(row, &*family, y, &eta);
        }
    }
}

/// The coefficients of the expansion, and their derivatives by each predictor.
fn expansion(
    family: &dyn Family,
    y: f64,
    extra: f64,
    eta: &[f64],
) -> ([f64; EXPANDED.len()], Vec<f64>) {
    let rows = Rows {
        y: &[y],
        extra: &[extra],
        weights: &[],
    };
    let mut c = [f64::NAN; EXPANDED.len()];
    let mut slope = vec![f64::NAN; c.len() * eta.len()];
    family.expansion(rows, eta, &mut c, &mut slope);
    (c, slope)
}

fn check_expansion(row: &Row, family: &dyn Family, y: f64, eta: &[f64]) {
    let (d, extra) = (eta.len(), extra(row.support, y));
    let moved = |k: usize, x: f64| {
        let mut eta = eta.to_vec();
        eta[k] = x;
        expansion(family, y, extra, &eta)
    };
    let (c, slope) = expansion(family, y, extra, eta);
    let third = one(family, y, extra, eta, &unit(d, 0, 0)).v[0];
    let name = format!("{} {} at {y}, {eta:?}", row.family, row.link);
    let check = |what: &str, got: f64, want: f64| {
        assert!(close(got, want, 1e-6, 1e-7), "{name}: {what}: {got} {want}");
    };
    assert!(
        close(c[0], -third / 6.0, 1e-9, 1e-10),
        "{name}: {c:?} {third}"
    );
    check("c4", slope[0], 4.0 * c[1]);
    let sixth = derivative(|x| moved(0, x).1[d], eta[0]);
    check("c6", sixth, 30.0 * c[2]);
    for k in 0..c.len() {
        for e in 0..d {
            let want = derivative(|x| moved(e, x).0[k], eta[e]);
            check(&format!("slope of {k} by {e}"), slope[k * d + e], want);
        }
    }
}

/// The derivative of `f` at `x` by central differences, extrapolated to step zero.
fn derivative(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let step = 1e-2 * x.abs().clamp(0.05, 1.0);
    let central = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    let [a, b, c] = [step, step / 2.0, step / 4.0].map(central);
    let [d, e] = [(4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0];
    (16.0 * e - d) / 15.0
}

#[test]
fn each_order_is_the_derivative_of_the_one_before() {
    let mut uniform = Uniform(1);
    for row in &families() {
        let family = row.example();
        let d = family.predictors();
        for y in responses(row.support).repeat(5) {
            let eta = predictors(row, d, &mut uniform);
            let h: Vec<f64> = (&mut uniform).take(pairs(d)).map(|u| u - 0.5).collect();
            let with = |a: usize, x: f64| {
                let mut moved = eta.clone();
                moved[a] = x;
                one(&*family, y, extra(row.support, y), &moved, &h)
            };
            let here = with(0, eta[0]);
            for a in 0..d {
                let name = format!("{} {} y {y} eta {eta:?}", row.family, row.link);
                let check = |got: f64, order: &dyn Fn(Evaluation) -> f64| {
                    let want = derivative(|x| order(with(a, x)), eta[a]);
                    let scale = order(with(a, eta[a])).abs() + 1e-3;
                    assert!(
                        close(got, want, 1e-7, 1e-9 * scale),
                        "{name}: {got} not {want}"
                    );
                };
                check(here.s[a], &|e| e.l[0]);
                (a..d).for_each(|b| check(-here.w[pair(d, a, b)], &|e| e.s[b]));
                let sum = |e: Evaluation| {
                    let ordered = (0..d).flat_map(|b| (0..d).map(move |c| pair(d, b, c)));
                    ordered.map(|k| e.w[k] * h[k]).sum()
                };
                check(here.v[a], &sum);
            }
        }
    }
}

#[test]
fn never_not_a_number() {
    let extremes = [
        0.0, 1e-308, 1e-100, 1e-8, 1.0, 37.0, 199.0, 299.0, 700.0, 709.7, 1e4, 1e155, 1e300,
    ];
    let line: Vec<f64> = extremes.iter().flat_map(|&x| [x, -x]).collect();
    for row in &families() {
        let family = row.example();
        let d = family.predictors();
        let mut y = responses(row.support);
        match row.support {
            Support::Real => y.extend([1e6, -1e300]),
            Support::NonNegative => y.extend([1e-300, 1e6]),
            Support::Unit | Support::UnitClosed => y.extend([1e-300, 1.0 - 1e-16]),
            Support::Binary | Support::Successes | Support::Interval => {}
            Support::Categories | Support::Duration => {}
            _ => y.push(1e6),
        }
        for (&y, &x) in y.iter().flat_map(|y| line.iter().map(move |x| (y, x))) {
            for &second in &line[..if d == 1 { 1 } else { line.len() }] {
                let mut eta = vec![x];
                eta.extend((1..d).map(|k| far(row, second, k)));
                let second_column = extra(row.support, y);
                let e = one(&*family, y, second_column, &eta, &vec![1.0; pairs(d)]);
                let name = format!("{} {} y {y} eta {x} {second}: {e:?}", row.family, row.link);
                assert!(e.l[0] < f64::INFINITY, "{name}");
                let derivatives = || e.s.iter().chain(&e.w).chain(&e.v);
                assert!(derivatives().all(|x| x.is_finite()), "{name}");
                if e.l[0] == f64::NEG_INFINITY {
                    assert!(derivatives().all(|&x| x == 0.0), "{name}");
                }
            }
        }
    }
}

#[test]
fn no_density_outside_the_domain() {
    for (row, outside) in registry::all()
        .iter()
        .flat_map(|row| [(row, -0.5), (row, 0.5)])
    {
        if outside > row.domain.0 && outside < row.domain.1 {
            continue;
        }
        let family = row.example();
        for y in responses(row.support) {
            let d = family.predictors();
            let mut eta = vec![0.0; d];
            eta[0] = outside;
            let e = one(
                &*family,
                y,
                extra(row.support, y),
                &eta,
                &vec![1.0; pairs(d)],
            );
            assert_eq!(
                e.l[0],
                f64::NEG_INFINITY,
                "{} {} y {y}",
                row.family,
                row.link
            );
        }
    }
}

#[test]
fn no_trials_no_information() {
    for row in families()
        .iter()
        .filter(|row| row.support == Support::Successes)
    {
        let d = row.example().predictors();
        let eta = [-0.5, 0.5];
        let e = one(&*row.example(), 0.0, 0.0, &eta[..d], &vec![1.0; pairs(d)]);
        let mut all = e.l.iter().chain(&e.s).chain(&e.w).chain(&e.v);
        assert!(all.all(|x| *x == 0.0), "{} {}: {e:?}", row.family, row.link);
    }
}

/// An extreme value of the predictor `k`: thresholds apart, others of either sign.
fn far(row: &Row, x: f64, k: usize) -> f64 {
    if row.categories > 0 {
        x + (k - 1) as f64 * (1.0 + x.abs())
    } else {
        [x, -x][(k - 1) % 2]
    }
}

/// A block of rows of a family, with predictors partly outside the domain.
fn block(row: &Row, n: usize, uniform: &mut Uniform) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let d = row.example().predictors();
    let values = responses(row.support);
    let y = (0..n).map(|i| values[i % values.len()]).collect();
    let eta = uniform.take(n * d).map(|u| 4.0 * u - 2.0).collect();
    let h = uniform.take(n * pairs(d)).collect();
    (y, eta, h)
}

#[test]
fn rows_do_not_depend_on_their_block() {
    let mut uniform = Uniform(3);
    for row in &families() {
        let family = row.example();
        let d = family.predictors();
        for n in (0..20).chain([63, 64, 65]) {
            let (y, eta, h) = block(row, n, &mut uniform);
            let trials: Vec<f64> = y.iter().map(|y| extra(row.support, *y)).collect();
            let rows = Rows {
                y: &y,
                extra: &trials,
                weights: &[],
            };
            let e = evaluate(&*family, rows, &eta, &h);
            for i in 0..n {
                let pick =
                    |x: &[f64]| -> Vec<f64> { x.iter().skip(i).step_by(n).copied().collect() };
                let alone = one(&*family, y[i], trials[i], &pick(&eta), &pick(&h));
                let got = Evaluation {
                    l: pick(&e.l),
                    s: pick(&e.s),
                    w: pick(&e.w),
                    v: pick(&e.v),
                };
                assert_eq!(
                    got, alone,
                    "{} {} row {i} of {n} ({d})",
                    row.family, row.link
                );
            }
        }
    }
}

#[test]
fn weights_multiply_everything() {
    let mut uniform = Uniform(4);
    let n = 29;
    for row in &families() {
        let family = row.example();
        let (y, eta, h) = block(row, n, &mut uniform);
        let (trials, weights) = (
            y.iter().map(|y| extra(row.support, *y)).collect::<Vec<_>>(),
            (0..n).map(|i| (i % 4) as f64 * 0.5).collect::<Vec<_>>(),
        );
        let plain = Rows {
            y: &y,
            extra: &trials,
            weights: &[],
        };
        let rows = Rows {
            weights: &weights,
            ..plain
        };
        let (one, got) = (
            evaluate(&*family, plain, &eta, &h),
            evaluate(&*family, rows, &eta, &h),
        );
        let times = |x: &[f64]| -> Vec<f64> {
            let weight = |k: usize| weights[k % n];
            let term = |(k, &x): (usize, &f64)| if weight(k) == 0.0 { 0.0 } else { weight(k) * x };
            x.iter().enumerate().map(term).collect()
        };
        let want = Evaluation {
            l: times(&one.l),
            s: times(&one.s),
            w: times(&one.w),
            v: times(&one.v),
        };
        assert_eq!(got, want, "{} {}", row.family, row.link);
        let constants = (0..n).map(|i| weights[i] * family.log_normalizer(plain.range(i, i + 1)));
        assert!(close(
            family.log_normalizer(rows),
            constants.sum(),
            1e-13,
            1e-13
        ));
    }
}

#[test]
fn names_are_found_and_unknown_ones_are_not() {
    for row in registry::all() {
        assert!(lookup(row.family, row.link, row.categories).is_some());
        let twins = registry::all()
            .iter()
            .filter(|other| (other.family, other.link) == (row.family, row.link));
        assert_eq!(twins.count(), 1);
    }
    assert!(lookup("poisson", "logit", 0).is_none());
    assert!(lookup("", "", 0).is_none());
}
