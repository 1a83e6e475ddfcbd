//! Every density integrates to one, and comes near others in the limit.

mod common;

use common::families;
use common::points::{close, predictors, Uniform, TRIALS};
use mixeff_core::family::registry::{lookup, modified, Support};
use mixeff_core::family::{Family, Rows};

/// The log-density with all its constants.
fn log_density(family: &dyn Family, y: f64, eta: &[f64]) -> f64 {
    log_density_of(family, y, TRIALS, eta)
}

/// The same with a second column of the response.
fn log_density_of(family: &dyn Family, y: f64, extra: f64, eta: &[f64]) -> f64 {
    let (y, trials, mut l) = ([y], [extra], [0.0]);
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
    let ends = cuts.windows(2);
    ends.map(|c| log_density_of(family, c[0], c[1], eta).exp())
        .sum()
}

/// The integral over a family's support of its density; of `y = exp(x)` where it is positive, and with tails as heavy else.
fn total(family: &dyn Family, support: Support, eta: &[f64]) -> f64 {
    let p = |y: f64| log_density(family, y, eta).exp();
    let integral = |f: &dyn Fn(f64) -> f64| -> f64 {
        let step = 1.0 / 512.0;
        (-60_000..60_000).map(|k| f(k as f64 * step) * step).sum()
    };
    let positive = || integral(&|x| if x < 60.0 { p(x.exp()) * x.exp() } else { 0.0 });
    match support {
        Support::Binary => p(0.0) + p(1.0),
        Support::Successes => (0..=7).map(|y| p(y as f64)).sum(),
        Support::Counts => (0..2_000).map(|y| p(y as f64)).sum(),
        Support::CountsFromOne => (1..2_000).map(|y| p(y as f64)).sum(),
        Support::Positive => positive(),
        Support::NonNegative => p(0.0) + positive(),
        Support::Real => integral(&|x: f64| p(x.sinh()) * x.cosh()),
        Support::Unit => integral(&|x| logistic(&p, x)),
        Support::UnitClosed => p(0.0) + p(1.0) + integral(&|x| logistic(&p, x)),
        Support::Interval => intervals(family, eta),
        Support::Categories => (0..4).map(|y| p(f64::from(y))).sum(),
        Support::Duration => {
            let ended = (1..=4).map(|y| log_density_of(family, f64::from(y), 1.0, eta).exp());
            ended.sum::<f64>() + log_density_of(family, 4.0, 0.0, eta).exp()
        }
    }
}

#[test]
fn densities_integrate_to_one() {
    let mut uniform = Uniform(2);
    for row in &families() {
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

fn named(family: &str, modifiers: &[&str]) -> Box<dyn Family> {
    let family = lookup(family, "log", 0).expect("a family");
    modified(family, modifiers).expect("modifiers")
}

/// The first family at `eta` has the same log-densities of counts as the second at `limit`.
fn check_limit(family: (&str, &[&str]), eta: &[f64], limit: (&str, &[&str]), at: &[f64]) {
    let (near, exact) = (named(family.0, family.1), named(limit.0, limit.1));
    for y in [0.0, 1.0, 2.0, 5.0, 40.0, 300.0] {
        let (got, want) = (log_density(&*near, y, eta), log_density(&*exact, y, at));
        assert!(
            close(got, want, 1e-12, 1e-12),
            "{family:?} {y} {eta:?}: {got} {want}"
        );
    }
}

#[test]
fn overdispersion_vanishes() {
    for eta in [-4.0, 0.3, 2.0, 5.0] {
        let poisson: (&str, &[&str]) = ("poisson", &[]);
        check_limit(("nb2", &[]), &[eta, -50.0], poisson, &[eta]);
        check_limit(("nb1", &[]), &[eta, -50.0], poisson, &[eta]);
        check_limit(("genpois", &[]), &[eta, 0.0], poisson, &[eta]);
        check_limit(("compois", &[]), &[eta, 0.0], poisson, &[eta]);
    }
}

#[test]
fn no_more_zeros_than_the_inner_family_has() {
    for (eta, family) in [-3.0, 1.0, 4.0]
        .into_iter()
        .flat_map(|x| [(x, "nb2"), (x, "nb1")])
    {
        let none = [eta, 0.4, -600.0];
        check_limit(
            (family, &["zero_inflated"]),
            &none,
            (family, &[]),
            &none[..2],
        );
    }
}

#[test]
fn few_zeros_make_truncation_of_no_account_and_many_all_of_it() {
    for y in [1.0, 40.0, 300.0] {
        let (truncated, poisson) = (named("poisson", &["zero_truncated"]), named("poisson", &[]));
        let [got, want] = [&truncated, &poisson].map(|f| log_density(&**f, y, &[5.0]));
        assert!(close(got, want, 1e-14, 0.0), "{y}");
        let got = log_density(&*truncated, y, &[-20.0]);
        let want = (y - 1.0) * -20.0 - libm::lgamma(y + 1.0) - 0.5 * (-20f64).exp();
        assert!(close(got, want, 1e-14, 1e-13), "{y}: {got} {want}");
    }
    assert_eq!(
        log_density(&*named("nb1", &["zero_truncated"]), 0.0, &[1.0, 0.0]),
        f64::NEG_INFINITY
    );
}

#[test]
fn unknown_modifiers_are_not_found() {
    let poisson = || lookup("poisson", "log", 0).expect("a family");
    assert!(modified(poisson(), &["hurdle", "unknown"]).is_none());
    assert_eq!(
        modified(poisson(), &["zero_truncated", "hurdle"]).map(|f| f.predictors()),
        Some(2)
    );
}
