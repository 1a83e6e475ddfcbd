//! What responses with categories have in common with binary ones.

use mixeff_core::family::registry::lookup;
use mixeff_core::family::{pairs, Family, Rows};

const LINKS: [&str; 5] = ["logit", "probit", "cloglog", "loglog", "cauchit"];

/// Log-density, score and weight of one response.
fn at(family: &dyn Family, y: f64, extra: f64, eta: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let d = family.predictors();
    let (mut l, mut s, mut w) = ([0.0], vec![0.0; d], vec![0.0; pairs(d)]);
    let (y, extra) = ([y], [extra]);
    let rows = Rows {
        y: &y,
        extra: &extra,
        weights: &[],
    };
    family.curvature(rows, eta, &mut l, &mut s, &mut w);
    (l[0], s, w)
}

fn family(name: &str, link: &str, categories: usize) -> Box<dyn Family> {
    lookup(name, link, categories).unwrap_or_else(|| panic!("{name} {link}"))
}

/// Log-density, slope and weight of a binary response.
fn bernoulli(link: &str, y: f64, z: f64) -> [f64; 3] {
    let (l, s, w) = at(&*family("bernoulli", link, 0), y, 0.0, &[z]);
    [l, s[0], w[0]]
}

fn assert_close(what: &str, got: &[f64], want: &[f64]) {
    for (g, w) in got.iter().zip(want) {
        let near = (g - w).abs() <= 1e-13 * (1e-3 + w.abs());
        assert!(near, "{what}: {got:?} {want:?}");
    }
}

/// `(eta, kappa)` far and near.
const POINTS: [[f64; 2]; 5] = [
    [0.3, -0.4],
    [2.0, 1.0],
    [-6.0, 1.5],
    [5.0, -2.0],
    [-30.0, 0.0],
];

#[test]
fn two_ordered_categories_are_binary() {
    for (name, [eta, kappa]) in [
        "cumulative",
        "sequential",
        "sequential_backward",
        "adjacent",
    ]
    .into_iter()
    .flat_map(|name| POINTS.map(|point| (name, point)))
    {
        let links = if name == "adjacent" {
            &LINKS[..1]
        } else {
            &LINKS
        };
        for link in links {
            for y in [0.0, 1.0] {
                // The upper category is a failure to stay below the threshold, or a success to pass it.
                let below = matches!(name, "cumulative" | "sequential");
                let sign = if below { -1.0 } else { 1.0 };
                let success = if below { 1.0 - y } else { y };
                let [l, s, w] = bernoulli(link, success, sign * (eta - kappa));
                let got = at(&*family(name, link, 2), y, 0.0, &[eta, kappa]);
                let what = format!("{name} {link} {y} {eta} {kappa}");
                assert_close(&what, &[got.0], &[l]);
                assert_close(&what, &got.1, &[sign * s, -sign * s]);
                assert_close(&what, &got.2, &[w, -w, w]);
            }
        }
    }
}

#[test]
fn two_unordered_categories_are_binary() {
    for [a, b] in POINTS {
        for y in [0.0, 1.0] {
            let [l, s, w] = bernoulli("logit", y, a - b);
            let got = at(&*family("multinomial", "logit", 2), y, 0.0, &[a - b]);
            assert_close("multinomial", &[got.0, got.1[0], got.2[0]], &[l, s, w]);
        }
    }
}

#[test]
fn one_period_is_binary() {
    for link in &LINKS[..3] {
        for ([eta, alpha], event) in POINTS.into_iter().flat_map(|p| [(p, 0.0), (p, 1.0)]) {
            let [l, s, w] = bernoulli(link, event, eta + alpha);
            let got = at(&*family("duration", link, 1), 1.0, event, &[eta, alpha]);
            assert_close(link, &[got.0], &[l]);
            assert_close(link, &got.1, &[s, s]);
            assert_close(link, &got.2, &[w, w, w]);
        }
    }
}

#[test]
fn sequences_are_binary_responses_of_expanded_rows() {
    let (eta, own) = (0.4, [-1.0, 0.2, 1.3]);
    let full = [eta, own[0], own[1], own[2]];
    for link in LINKS {
        for y in 0..4usize {
            let stop = |t: usize| bernoulli(link, f64::from(u8::from(t == y)), own[t] - eta)[0];
            let want: f64 = (0..=y.min(2)).map(stop).sum();
            let got = at(&*family("sequential", link, 4), y as f64, 0.0, &full);
            assert_close("sequential", &[got.0], &[want]);
            let pass = |t: usize| bernoulli(link, f64::from(u8::from(t == y)), eta - own[t - 1])[0];
            let want: f64 = (y.max(1)..=3).map(pass).sum();
            let got = at(
                &*family("sequential_backward", link, 4),
                y as f64,
                0.0,
                &full,
            );
            assert_close("backward", &[got.0], &[want]);
        }
    }
    for (y, event) in (1..=3usize).flat_map(|y| [(y, 0.0), (y, 1.0)]) {
        let ended = |t: usize| if t == y { event } else { 0.0 };
        let hazard = |t: usize| bernoulli("cloglog", ended(t), eta + own[t - 1])[0];
        let want: f64 = (1..=y).map(hazard).sum();
        let got = at(&*family("duration", "cloglog", 3), y as f64, event, &full);
        assert_close("duration", &[got.0], &[want]);
    }
}

#[test]
fn guesses_reproduce_the_frequencies() {
    let y = [0.0, 0.0, 1.0, 2.0, 2.0, 2.0, 3.0];
    let names = [
        "cumulative",
        "sequential",
        "sequential_backward",
        "adjacent",
        "multinomial",
    ];
    for family in names.map(|name| family(name, "logit", 5)) {
        let rows = Rows {
            y: &y,
            extra: &[],
            weights: &[],
        };
        let eta = family.guess(rows).expect("a guess");
        for (y, count) in [2.0, 1.0, 3.0, 1.0, 0.0].into_iter().enumerate() {
            let (l, ..) = at(&*family, y as f64, 0.0, &eta);
            // Half a response in each category more.
            assert!(
                (l.exp() - (count + 0.5) / 9.5).abs() < 0.05,
                "{y}: {}",
                l.exp()
            );
        }
    }
}

#[test]
fn fifty_categories_have_probabilities() {
    for name in [
        "cumulative",
        "sequential",
        "sequential_backward",
        "adjacent",
    ] {
        let family = family(name, "logit", 50);
        let eta: Vec<f64> = (0..50).map(|k| 0.1 * k as f64 - 2.0).collect();
        let p = |y: usize| at(&*family, y as f64, 0.0, &eta).0.exp();
        let sum: f64 = (0..50).map(p).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{name}: {sum}");
    }
}
