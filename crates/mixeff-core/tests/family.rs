//! Properties that every row of the table of families has, and values from high precision.

use mixeff_core::family::registry::{all, lookup, Row, Support};
use mixeff_core::family::{pair, pairs, Family, Rows};

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

/// A reproducible sequence in the unit interval.
struct Uniform(u64);

impl Iterator for Uniform {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }
}

fn responses(support: Support) -> Vec<f64> {
    match support {
        Support::Binary => vec![0.0, 0.3, 1.0],
        Support::Successes => vec![0.0, 2.0, 7.0],
        Support::Counts => vec![0.0, 1.0, 17.0],
        Support::Positive => vec![0.02, 1.0, 31.0],
        Support::Real => vec![-4.0, 0.0, 2.5],
        Support::NonNegative => vec![0.0, 0.3, 12.0],
        Support::Unit => vec![0.02, 0.5, 0.93],
        Support::UnitClosed => vec![0.0, 0.3, 1.0],
        Support::Interval => vec![f64::NEG_INFINITY, 2.0, TRIALS],
    }
}

const TRIALS: f64 = 7.0;

/// Linear predictors at which every response has a density.
fn predictors(row: &Row, d: usize, uniform: &mut Uniform) -> Vec<f64> {
    let mut draw = || 6.0 * uniform.next().unwrap() - 3.0;
    let mut eta: Vec<f64> = (0..d).map(|_| draw()).collect();
    eta[1..].iter_mut().for_each(|x| *x *= 0.6);
    let (low, high) = row.domain;
    if low == 0.0 {
        eta[0] = 0.1 + eta[0].abs();
    } else if high == 0.0 {
        eta[0] = -0.1 - eta[0].abs();
    }
    eta
}

fn close(got: f64, want: f64, relative: f64, absolute: f64) -> bool {
    (got - want).abs() <= relative * want.abs() + absolute
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
    for row in all() {
        let family = row.example();
        let d = family.predictors();
        for y in responses(row.support) {
            let eta = predictors(row, d, &mut uniform);
            check_expansion(row, &*family, y, &eta);
        }
    }
}

/// `c_3, c_4, c_6`, and their derivatives by each predictor.
fn expansion(family: &dyn Family, y: f64, eta: &[f64]) -> ([f64; 3], Vec<f64>) {
    let rows = Rows {
        y: &[y],
        extra: &[TRIALS],
        weights: &[],
    };
    let (mut c, mut slope) = ([f64::NAN; 3], vec![f64::NAN; 3 * eta.len()]);
    family.expansion(rows, eta, &mut c, &mut slope);
    (c, slope)
}

fn check_expansion(row: &Row, family: &dyn Family, y: f64, eta: &[f64]) {
    let d = eta.len();
    let moved = |k: usize, x: f64| {
        let mut eta = eta.to_vec();
        eta[k] = x;
        expansion(family, y, &eta)
    };
    let (c, slope) = expansion(family, y, eta);
    let third = one(family, y, TRIALS, eta, &unit(d, 0, 0)).v[0];
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
    for k in 0..3 {
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
    for row in all() {
        let family = row.example();
        let d = family.predictors();
        for y in responses(row.support).repeat(5) {
            let eta = predictors(row, d, &mut uniform);
            let h: Vec<f64> = (&mut uniform).take(pairs(d)).map(|u| u - 0.5).collect();
            let with = |a: usize, x: f64| {
                let mut moved = eta.clone();
                moved[a] = x;
                one(&*family, y, TRIALS, &moved, &h)
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

/// The log-density with all its constants.
fn log_density(family: &dyn Family, y: f64, eta: &[f64]) -> f64 {
    let (y, trials, mut l) = ([y], [TRIALS], [0.0]);
    let rows = Rows {
        y: &y,
        extra: &trials,
        weights: &[],
    };
    family.density(rows, eta, &mut l);
    l[0] + family.log_normalizer(rows)
}

/// A density of a proportion, times the slope of the logistic function, there.
fn logistic(p: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let [y, rest] = [x, -x].map(|x| 1.0 / (1.0 + (-x).exp()));
    if y == 0.0 || y == 1.0 {
        return 0.0;
    }
    p(y) * y * rest
}

/// The probabilities of intervals that cover the line.
fn intervals(family: &dyn Family, eta: &[f64]) -> f64 {
    let cuts = [f64::NEG_INFINITY, 0.4, 1.0, 1.5, 5.0, f64::INFINITY];
    let mut l = [0.0; 5];
    let eta: Vec<f64> = eta.iter().flat_map(|x| [*x; 5]).collect();
    let rows = Rows {
        y: &cuts[..5],
        extra: &cuts[1..],
        weights: &[],
    };
    family.density(rows, &eta, &mut l);
    l.iter().map(|l| l.exp()).sum()
}

/// The integral over a family's support of its density; of `y = exp(x)` where it is positive, and with tails as heavy else.
fn total(family: &dyn Family, support: Support, eta: &[f64]) -> f64 {
    let p = |y: f64| log_density(family, y, eta).exp();
    let integral = |f: &dyn Fn(f64) -> f64| -> f64 {
        let step = 1.0 / 512.0;
        (-60_000..60_000).map(|k| f(k as f64 * step) * step).sum()
    };
    match support {
        Support::Binary => p(0.0) + p(1.0),
        Support::Successes => (0..=7).map(|y| p(y as f64)).sum(),
        Support::Counts => (0..2_000).map(|y| p(y as f64)).sum(),
        Support::Positive => integral(&|x| if x < 60.0 { p(x.exp()) * x.exp() } else { 0.0 }),
        Support::Real => integral(&|x: f64| p(x.sinh()) * x.cosh()),
        Support::NonNegative => {
            let positive = &|x: f64| if x < 60.0 { p(x.exp()) * x.exp() } else { 0.0 };
            p(0.0) + integral(positive)
        }
        Support::Unit => integral(&|x| logistic(&p, x)),
        Support::UnitClosed => p(0.0) + p(1.0) + integral(&|x| logistic(&p, x)),
        Support::Interval => intervals(family, eta),
    }
}

#[test]
fn densities_integrate_to_one() {
    let mut uniform = Uniform(2);
    for row in all() {
        let family = row.example();
        for _ in 0..3 {
            let mut eta = predictors(row, family.predictors(), &mut uniform);
            eta[1..].iter_mut().for_each(|x| *x *= 0.4);
            if matches!(row.support, Support::Unit | Support::UnitClosed) {
                // No mass nearer to one than doubles are.
                eta[0] *= 0.3;
                eta[1] += 2.0;
            }
            let sum = total(&*family, row.support, &eta);
            assert!(
                close(sum, 1.0, 0.0, 1e-11),
                "{} {} {eta:?}: {sum}",
                row.family,
                row.link
            );
        }
    }
}

#[test]
fn never_not_a_number() {
    let extremes = [
        0.0, 1e-308, 1e-100, 1e-8, 1.0, 37.0, 199.0, 299.0, 700.0, 709.7, 1e4, 1e155, 1e300,
    ];
    let line: Vec<f64> = extremes.iter().flat_map(|&x| [x, -x]).collect();
    for row in all() {
        let family = row.example();
        let d = family.predictors();
        let mut y = responses(row.support);
        match row.support {
            Support::Counts | Support::Positive => y.push(1e6),
            Support::Real => y.extend([1e6, -1e300]),
            Support::NonNegative => y.extend([1e-300, 1e6]),
            Support::Unit | Support::UnitClosed => y.extend([1e-300, 1.0 - 1e-16]),
            Support::Binary | Support::Successes | Support::Interval => {}
        }
        for (&y, &x) in y.iter().flat_map(|y| line.iter().map(move |x| (y, x))) {
            let others = (1..d).flat_map(|e| line.iter().map(move |&value| (e, value)));
            for (other, value) in others.chain([(0, x)]) {
                let mut eta = vec![0.3; d];
                eta[0] = x;
                eta[other] = value;
                let e = one(&*family, y, TRIALS, &eta, &vec![1.0; pairs(d)]);
                let name = format!("{} {} y {y} eta {eta:?}: {e:?}", row.family, row.link);
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
    for (row, outside) in all().iter().flat_map(|row| [(row, -0.5), (row, 0.5)]) {
        if outside > row.domain.0 && outside < row.domain.1 {
            continue;
        }
        let family = row.example();
        for y in responses(row.support) {
            let d = family.predictors();
            let mut eta = vec![0.0; d];
            eta[0] = outside;
            let e = one(&*family, y, TRIALS, &eta, &vec![1.0; pairs(d)]);
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
    for row in all().iter().filter(|row| row.support == Support::Successes) {
        let e = one(&*row.example(), 0.0, 0.0, &[-0.5], &[1.0]);
        assert_eq!(
            [e.l[0], e.s[0], e.w[0], e.v[0]].map(f64::abs),
            [0.0; 4],
            "{}",
            row.link
        );
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
    for row in all() {
        let family = row.example();
        let d = family.predictors();
        for n in (0..20).chain([63, 64, 65]) {
            let (y, eta, h) = block(row, n, &mut uniform);
            let trials = vec![TRIALS; n];
            let rows = Rows {
                y: &y,
                extra: &trials,
                weights: &[],
            };
            let e = evaluate(&*family, rows, &eta, &h);
            for i in 0..n {
                let pick =
                    |x: &[f64]| -> Vec<f64> { x.iter().skip(i).step_by(n).copied().collect() };
                let alone = one(&*family, y[i], TRIALS, &pick(&eta), &pick(&h));
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
    for row in all() {
        let family = row.example();
        let (y, eta, h) = block(row, n, &mut uniform);
        let (trials, weights) = (
            vec![TRIALS; n],
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
    for row in all() {
        assert!(lookup(row.family, row.link, row.categories).is_some());
        let twins = all()
            .iter()
            .filter(|other| (other.family, other.link) == (row.family, row.link));
        assert_eq!(twins.count(), 1);
    }
    assert!(lookup("poisson", "logit", 0).is_none());
    assert!(lookup("", "", 0).is_none());
}
