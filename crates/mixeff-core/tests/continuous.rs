//! Continuous responses and proportions: limits, special cases, and closed forms against the densities as written.

mod common;

use common::points::closed_form;
use mixeff_core::family::beta::Beta;
use mixeff_core::family::censored::{Censored, Minimum, Normal};
use mixeff_core::family::density::Density;
use mixeff_core::family::inverse_gaussian::InverseGaussian;
use mixeff_core::family::jet::Jet;
use mixeff_core::family::link::{Cloglog, Log, Logit, Probit};
use mixeff_core::family::logged::Logged;
use mixeff_core::family::minimum_extreme::MinimumExtreme;
use mixeff_core::family::ordered_beta::OrderedBeta;
use mixeff_core::family::real::Real;
use mixeff_core::family::registry::lookup;
use mixeff_core::family::simd::{Arithmetic, Fused, Plain};
use mixeff_core::family::skew_normal::SkewNormal;
use mixeff_core::family::student::Student;
use mixeff_core::family::zero_one_inflated_beta::ZeroOneInflatedBeta;
use mixeff_core::family::{pairs, Rows};

const ENDLESS: f64 = f64::INFINITY;

/// The log-density with all constants, and the score.
fn at(family: &str, link: &str, y: f64, extra: f64, eta: &[f64]) -> (f64, Vec<f64>) {
    let family = lookup(family, link, 0).unwrap_or_else(|| panic!("{family} {link}"));
    let rows = Rows {
        y: &[y],
        extra: &[extra],
        weights: &[],
    };
    let (mut l, mut s) = ([f64::NAN], vec![f64::NAN; eta.len()]);
    let mut w = vec![f64::NAN; pairs(eta.len())];
    family.curvature(rows, eta, &mut l, &mut s, &mut w);
    (l[0] + family.log_normalizer(rows), [s, w].concat())
}

fn same(got: (f64, Vec<f64>), want: (f64, Vec<f64>), tolerance: f64) {
    let pairs = got.1.iter().zip(&want.1).chain([(&got.0, &want.0)]);
    for (g, w) in pairs {
        let error = (g - w).abs() / (1.0 + w.abs());
        assert!(error < tolerance, "{got:?} {want:?}");
    }
}

fn numbers<A: Arithmetic, const D: usize>(jet: Jet<A, D>) -> Vec<f64> {
    let triples = (0..D).flat_map(|a| (a..D).flat_map(move |b| (b..D).map(move |c| (a, b, c))));
    triples
        .flat_map(|(a, b, c)| {
            [
                jet.value(),
                jet.first(a),
                jet.second(a, b),
                jet.third(a, b, c),
            ]
        })
        .collect()
}

/// The closed form of a density against the derivatives of the density, with and without fused arithmetic.
fn agrees<F: Density<D>, const D: usize>(family: F, y: f64, extra: f64, eta: [f64; D]) {
    let want: Vec<f64> = numbers::<Plain, D>(family.log_density(y, extra, Jet::variables(eta)));
    let fused = numbers::<Fused, D>(closed_form(family, y, extra, eta));
    let plain = numbers::<Plain, D>(closed_form(family, y, extra, eta));
    for got in [fused, plain] {
        for (g, w) in got.iter().zip(&want) {
            let error = (g - w).abs() / (1.0 + w.abs());
            assert!(error < 1e-10, "y {y} {extra} eta {eta:?}: {g} {w}");
        }
    }
}

#[test]
fn closed_forms_agree() {
    for k in 0..100 {
        let [a, b, c, d] = [0.7, 1.3, 2.1, 0.4].map(|s| (k as f64 * s).sin());
        agrees(InverseGaussian(Log), 0.7, 0.0, [2.0 * a, b]);
        agrees(Logged(MinimumExtreme), 1.7, 0.0, [2.0 * a, b]);
        agrees(Student, 1.7, 0.0, [2.0 * a, b, 2.0 * c]);
        agrees(SkewNormal, 1.7, 0.0, [2.0 * a, b, 3.0 * c]);
        for (low, high) in [(-ENDLESS, 0.3), (0.2, ENDLESS), (0.3, 0.8), (0.4, 0.4)] {
            agrees(Censored(Normal), low, high, [2.0 * a, b]);
            agrees(Logged(Censored(Minimum)), low, high, [2.0 * a, b]);
        }
        for y in [0.0, 0.3, 1.0] {
            agrees(OrderedBeta, y, 0.0, [2.0 * a, b, c, d]);
            agrees(ZeroOneInflatedBeta, y, 0.0, [2.0 * a, b, c, d]);
        }
        agrees(Beta(Logit), 0.2, 0.0, [2.0 * a, 3.0 * b]);
        agrees(Beta(Probit), 0.7, 0.0, [2.0 * a, 3.0 * b]);
        agrees(Beta(Cloglog), 0.7, 0.0, [2.0 * a, 3.0 * b]);
    }
}

#[test]
fn an_exact_interval_is_an_observation() {
    let families = [
        ("gaussian", "identity"),
        ("lognormal", "identity"),
        ("weibull", "log"),
    ];
    for (family, link) in families {
        for y in [0.2, 1.0, 4.5] {
            let (eta, name) = ([0.3, -0.4], format!("censored_{family}"));
            let plain = at(family, link, y, 0.0, &eta);
            same(at(&name, link, y, y, &eta), plain, 1e-14);
        }
    }
}

#[test]
fn a_narrow_interval_is_its_width_times_the_density() {
    for y in [-30.0, -4.0, 0.2, 6.0, 30.0] {
        let width = 1e-5;
        let (l, s) = at("censored_gaussian", "identity", y, y + width, &[0.0, 0.0]);
        let want = at("gaussian", "identity", y + 0.5 * width, 0.0, &[0.0, 0.0]);
        same((l - width.ln(), s), want, 1e-7);
    }
}

#[test]
fn a_tail_far_out_is_accurate() {
    let upper = at("censored_gaussian", "identity", 30.0, ENDLESS, &[0.0, 0.0]);
    let lower = at(
        "censored_gaussian",
        "identity",
        -ENDLESS,
        -30.0,
        &[0.0, 0.0],
    );
    assert_eq!(upper.0, lower.0);
    assert!(
        (upper.0 + 454.321_243_956_343_2).abs() < 1e-10,
        "{}",
        upper.0
    );
}

#[test]
fn an_interval_without_ends_says_nothing() {
    let got = at(
        "censored_gaussian",
        "identity",
        -ENDLESS,
        ENDLESS,
        &[0.3, 0.1],
    );
    same(got, (0.0, vec![0.0; 5]), 1e-300);
    let got = at("censored_weibull", "log", 0.0, ENDLESS, &[0.3, 0.1]);
    same(got, (0.0, vec![0.0; 5]), 1e-100);
}

#[test]
fn student_with_many_degrees_is_normal() {
    for y in [-2.0, 0.1, 3.0] {
        let (l, s) = at("student", "identity", y, 0.0, &[0.2, -0.3, 60.0]);
        let (want, score) = at("gaussian", "identity", y, 0.0, &[0.2, -0.3]);
        same(
            (l, vec![s[0], s[1], s[3], s[4], s[6]]),
            (want, score),
            1e-14,
        );
    }
}

#[test]
fn skew_normal_without_skew_is_normal() {
    let (l, s) = at("skew_normal", "identity", 1.3, 0.0, &[0.2, -0.3, 0.0]);
    let (want, score) = at("gaussian", "identity", 1.3, 0.0, &[0.2, -0.3]);
    same(
        (l, vec![s[0], s[1], s[3], s[4], s[6]]),
        (want, score),
        1e-14,
    );
}

#[test]
fn weibull_of_scale_one_is_exponential() {
    for y in [0.01, 1.0, 7.0] {
        let (l, s) = at("weibull", "log", y, 0.0, &[0.4, 0.0]);
        let (want, score) = at("exponential", "log", y, 0.0, &[0.4]);
        same((l, vec![s[0], s[2]]), (want, score), 1e-14);
    }
}

/// At `phi` small and the mean at the response, the normal density of the same variance (saddlepoint).
#[test]
fn tweedie_of_small_dispersion_is_the_saddlepoint() {
    for (log_phi, tolerance) in [(-8.0, 1e-4), (-20.0, 1e-9), (-60.0, 1e-12)] {
        for logit in [-4.6, 0.2, 4.6] {
            let y: f64 = 1.7;
            let power = 1.0 + 1.0 / (1.0 + f64::exp(-logit));
            let (l, _) = at("tweedie", "log", y, 0.0, &[y.ln(), log_phi, logit]);
            let variance = log_phi + power * y.ln() + std::f64::consts::TAU.ln();
            let got = l + 0.5 * variance;
            assert!(got.abs() < tolerance, "{log_phi} {logit}: {got}");
        }
    }
}

/// Derivatives do not jump where a sum goes over to strides.
#[test]
fn tweedie_sums_by_strides_go_on_smoothly() {
    let at = |log_phi: f64| at("tweedie", "log", 6.0, 0.0, &[1.5, log_phi, 0.7]).1;
    let step = 1e-3;
    for k in 0..4000 {
        let log_phi = -3.0 + k as f64 * step;
        let [before, here, after] = [-step, 0.0, step].map(|d| at(log_phi + d));
        for j in 0..here.len() {
            let bend = before[j] - 2.0 * here[j] + after[j];
            assert!(
                bend.abs() < 1e-4 * (1.0 + here[j].abs()),
                "{log_phi} {j}: {bend}"
            );
        }
    }
}

#[test]
fn beta_of_mean_half_and_precision_two_is_uniform() {
    for y in [1e-9, 0.3, 0.999] {
        let (l, _) = at("beta", "logit", y, 0.0, &[0.0, std::f64::consts::LN_2]);
        assert!(l.abs() < 1e-13, "{l}");
    }
}
