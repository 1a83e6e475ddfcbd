//! Elementary and special functions against high precision, within their stated error bounds;
//! jets; and closed forms against jets.

mod common;

use common::points::closed_form;
use mixeff_core::family::density::Density;
use mixeff_core::family::gamma::Gamma;
use mixeff_core::family::gaussian::Gaussian;
use mixeff_core::family::jet::Jet;
use mixeff_core::family::link::{Cloglog, Identity, Inverse, Log, Logit, Loglog, ProbabilityLink};
use mixeff_core::family::math;
use mixeff_core::family::real::Real;
use mixeff_core::family::simd::{Arithmetic, Fused, Plain};

/// A function of the table and its stated bound, in units in the last place.
fn function<A: Arithmetic>(name: &str, x: f64) -> (f64, f64) {
    let remainder = |k: usize| {
        (
            math::stirling_remainder::<A>(x, x.ln())[k],
            if x < 5.0 { 2000.0 } else { 16.0 },
        )
    };
    match name {
        "exp" => (math::exp::<A>(x), 1.0),
        "exp_m1" | "exp_m1_near_zero" => (math::exp_m1::<A>(x), 2.0),
        "exp_m1_mx" => (math::exp_m1_mx::<A>(x), 4.0),
        "ln" | "ln_near_one" => (math::ln::<A>(x), 1.5),
        "ln_1p_unit" => (math::ln_1p_unit::<A>(x), 2.0),
        "ln_1p_and_recip" => (math::ln_1p_and_recip::<A>(x).0, 3.0),
        "recip" => (math::ln_1p_and_recip::<A>(x).1, 3.0),
        "ln_1m_exp_neg" => (math::ln_1m_exp_neg::<A>(x).0, 3.0),
        "odds" => (math::ln_1m_exp_neg::<A>(x).1, 3.0),
        "atan_unit" => (math::atan_unit::<A>(x), 2.0),
        "mills_excess" => (math::mills::<A>(x)[0], 10.0),
        "mills_third" => (math::mills::<A>(x)[1], 450.0),
        "stirling_remainder" => remainder(0),
        "stirling_remainder_1" => remainder(1),
        "stirling_remainder_2" => remainder(2),
        "stirling_remainder_3" => remainder(3),
        _ => panic!("no function {name}"),
    }
}

/// The distance to the next double.
fn ulp(x: f64) -> f64 {
    f64::from_bits(x.abs().to_bits() + 1) - x.abs()
}

fn check<A: Arithmetic>() {
    for line in include_str!("math_reference.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |k: usize| cells[k].parse::<f64>().expect("a number");
        let (got, bound) = function::<A>(cells[0], number(1));
        let error = ((got - number(2)) - number(3)).abs() / ulp(number(2));
        assert!(error < bound, "{line}: {got:e} is off by {error} ulp");
    }
}

#[test]
fn stated_error_bounds_fused() {
    check::<Fused>();
}

#[test]
fn stated_error_bounds_plain() {
    check::<Plain>();
}

#[test]
fn ends_of_the_domains() {
    let exp =
        [f64::NEG_INFINITY, -1e300, -709.0, 0.0, 710.0, f64::INFINITY].map(math::exp::<Fused>);
    assert_eq!(exp, [0.0, 0.0, 0.0, 1.0, f64::INFINITY, f64::INFINITY]);
    let less_one = [-1e300, -50.0, 0.0, 710.0].map(math::exp_m1::<Fused>);
    assert_eq!(less_one, [-1.0, -1.0, 0.0, f64::INFINITY]);
    let ln = [0.0, 1e-310, 1.0, f64::INFINITY].map(math::ln::<Fused>);
    assert_eq!(
        ln,
        [f64::NEG_INFINITY, f64::NEG_INFINITY, 0.0, f64::INFINITY]
    );
    assert!([-1e-300, f64::NEG_INFINITY, f64::NAN]
        .map(math::ln::<Fused>)
        .iter()
        .all(|x| x.is_nan()));
    assert!(math::exp::<Fused>(f64::NAN).is_nan());
}

#[test]
fn polygamma_at_one() {
    let [one] = Jet::<Fused, 1>::variables([1.0]);
    let want = [
        0.0,
        -0.577_215_664_901_532_9,
        1.644_934_066_848_226_4,
        -2.404_113_806_319_188_6,
    ];
    for (got, want) in one.ln_gamma().entries().into_iter().zip(want) {
        assert!((got - want).abs() < 1e-14, "{got} {want}");
    }
}

#[test]
fn jets_of_elementary_functions() {
    let [x] = Jet::<Fused, 1>::variables([1.7]);
    let cases = [
        (x.ln().exp(), x),
        (x.recip().recip(), x),
        (x.recip() * x, Jet::constant(1.0)),
        (x.square().ln(), x.ln() * 2.0),
        (x.exp_m1_mx(), x.exp() - 1.0 - x),
        (-(x - 4.0).times(0.5), x * -0.5 + 2.0),
    ];
    for (k, (got, want)) in cases.into_iter().enumerate() {
        for (got, want) in got.entries().into_iter().zip(want.entries()) {
            assert!(
                (got - want).abs() < 1e-14 * (1.0 + want.abs()),
                "case {k}: {got} {want}"
            );
        }
    }
}

#[test]
fn products_of_functions_of_one_variable() {
    let [x, y] = Jet::<Fused, 2>::variables([0.3, -1.2]);
    let [[u], [v]] = [0.3, -1.2].map(|x| Jet::<Fused, 1>::variables([x]));
    let got = Jet::product(u.exp(), v.square()) - Jet::of_second(v.exp());
    assert_eq!(got.value(), (x.exp() * y.square() - y.exp()).value());
    let want = x.exp() * y.square() - y.exp();
    for (a, b, c) in [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)] {
        assert!((got.first(a) - want.first(a)).abs() < 1e-15);
        assert!((got.second(a, b) - want.second(a, b)).abs() < 1e-15);
        assert!((got.third(a, b, c) - want.third(a, b, c)).abs() < 1e-15);
    }
}

/// All derivatives of a jet.
fn derivatives<A: Arithmetic, const D: usize>(jet: Jet<A, D>) -> Vec<f64> {
    let triples = (0..D).flat_map(|a| (a..D).flat_map(move |b| (b..D).map(move |c| (a, b, c))));
    triples
        .flat_map(|(a, b, c)| [jet.first(a), jet.second(a, b), jet.third(a, b, c)])
        .collect()
}

fn agree(got: &[f64], want: &[f64], name: &str) {
    for (got, want) in got.iter().zip(want) {
        let error = (got - want).abs() / (1.0 + want.abs());
        assert!(error < 1e-12, "{name}: {got} {want}");
    }
}

/// A closed form against the derivatives of the density, with and without fused arithmetic.
fn closed_form_agrees<F: Density<2>>(family: F, y: f64, eta: [f64; 2]) {
    let jet: Jet<Plain, 2> = family.log_density(y, 1.0, Jet::variables(eta));
    let fused: Jet<Fused, 2> = closed_form(family, y, 1.0, eta);
    let plain: Jet<Plain, 2> = closed_form(family, y, 1.0, eta);
    let name = format!("y {y} eta {eta:?}");
    agree(&derivatives(fused), &derivatives(jet), &name);
    agree(&derivatives(plain), &derivatives(jet), &name);
}

#[test]
fn closed_forms_of_densities_agree() {
    for k in 0..200 {
        let (x, z) = ((k as f64 * 0.7).sin() * 4.0, (k as f64 * 1.3).cos() * 4.0);
        for y in [0.0, 1.0] {
            closed_form_agrees(Gaussian(Identity), y, [x, z / 2.0]);
            closed_form_agrees(Gaussian(Log), y, [x, z / 2.0]);
            closed_form_agrees(Gamma(Log), y + 0.3, [x, z]);
            closed_form_agrees(Gamma(Inverse), y + 0.3, [x.abs() + 0.2, z]);
        }
    }
}

/// A link's probabilities as in the textbook.
type Textbook = fn(Jet<Fused, 1>) -> [Jet<Fused, 1>; 2];

fn link_agrees<L: ProbabilityLink>(link: L, name: &str, points: &[f64], textbook: Textbook) {
    for &x in points {
        let [eta] = Jet::<Fused, 1>::variables([x]);
        let [success, failure] = textbook(eta);
        let expected = success.ln() * 3.0 + failure.ln() * 4.0;
        for likelihood in [
            link.log_likelihood::<Fused>(3.0, 4.0, x),
            link.log_likelihood::<Plain>(3.0, 4.0, x),
        ] {
            agree(&likelihood, &expected.entries(), &format!("{name} {x}"));
        }
    }
}

#[test]
fn closed_forms_of_links_agree() {
    let line: Vec<f64> = (-20..=20).map(|k| k as f64 * 0.07).collect();
    let negative: Vec<f64> = (1..=20).map(|k| k as f64 * -0.3).collect();
    link_agrees(Logit, "logit", &line, |x| {
        [((-x).exp() + 1.0).recip(), (x.exp() + 1.0).recip()]
    });
    link_agrees(Cloglog, "cloglog", &line, |x| {
        [-(-x.exp()).exp() + 1.0, (-x.exp()).exp()]
    });
    link_agrees(Loglog, "loglog", &line, |x| {
        let success = (-(-x).exp()).exp();
        [success, -success + 1.0]
    });
    link_agrees(Log, "log", &negative, |x| [x.exp(), -x.exp() + 1.0]);
}
