//! Nanoseconds a row for each family, link and order of derivatives, in cache.
//!
//! `cargo run --release --example kernel_speed [rows]`

use std::hint::black_box;
use std::time::Instant;

use mixeff_core::family::registry::{all, lookup, modified, Support};
use mixeff_core::family::{pairs, Family, Rows};

fn main() {
    let n: usize = std::env::args()
        .nth(1)
        .map_or(1500, |text| text.parse().expect("a number"));
    println!("{n} rows                       density    score curvature    third | curvature    third of first   [ns/row]");
    for row in all() {
        let y: Vec<f64> = (0..n).map(|i| response(row.support, i)).collect();
        let trials = match row.support {
            Support::Interval => y
                .iter()
                .enumerate()
                .map(|(i, y)| y + (i % 2) as f64)
                .collect(),
            _ => vec![9.0; n],
        };
        let center = if row.domain.1 == 0.0 { -1.5 } else { 1.5 };
        let apart = if row.support == Support::Categories {
            1.5
        } else {
            0.0
        };
        let times = measure(&*row.example(), &y, &trials, [center, apart]);
        print(row.family, row.link, times);
    }
    let y: Vec<f64> = (0..n).map(|i| 1.0 + (i % 9) as f64).collect();
    let y_zero: Vec<f64> = y.iter().map(|y| if *y == 5.0 { 0.0 } else { *y }).collect();
    for (names, y) in [
        (&["zero_truncated"][..], &y),
        (&["zero_inflated"], &y_zero),
        (&["zero_truncated", "hurdle"], &y_zero),
    ] {
        let poisson = lookup("poisson", "log", 0).expect("a family");
        let family = modified(poisson, names).expect("modifiers");
        print(
            "poisson",
            names[names.len() - 1],
            measure(&*family, y, &[], [1.5, 0.0]),
        );
    }
}

fn print(family: &str, link: &str, times: [f64; 6]) {
    print!("{family:22} {link:14}");
    times.iter().for_each(|t| print!(" {t:8.2}"));
    println!();
}

fn response(support: Support, i: usize) -> f64 {
    match support {
        Support::Binary => (i % 2) as f64,
        Support::Successes | Support::Counts => (i % 9) as f64,
        Support::Categories => (i * 7 % 4) as f64,
        Support::Duration => (1 + i * 7 % 4) as f64,
        Support::CountsFromOne => (1 + i % 9) as f64,
        Support::Unit => (i % 13) as f64 / 13.0 + 0.04,
        Support::UnitClosed => (i % 13) as f64 / 12.0,
        Support::NonNegative => (i % 3) as f64 * (0.5 + (i % 13) as f64 * 0.2),
        Support::Positive | Support::Real | Support::Interval => 0.5 + (i % 13) as f64 * 0.2,
    }
}

fn measure(family: &dyn Family, y: &[f64], trials: &[f64], [center, apart]: [f64; 2]) -> [f64; 6] {
    let (n, d) = (y.len(), family.predictors());
    let rows = Rows {
        y,
        extra: trials,
        weights: &[],
    };
    // As in most models the further predictors are constants.
    let wave = |i: usize| {
        if i < n {
            (i as f64 * 0.37).sin() * 0.5
        } else {
            0.3
        }
    };
    let mut eta: Vec<f64> = (0..n * d).map(wave).collect();
    for (d, eta) in eta.chunks_exact_mut(n).enumerate() {
        let shift = if d == 0 { center } else { apart * d as f64 };
        eta.iter_mut().for_each(|x| *x += shift);
    }
    let (mut l, mut s) = (vec![0.0; n], vec![0.0; n * d]);
    let (mut w, h) = (vec![0.0; n * pairs(d)], vec![0.3; n * pairs(d)]);
    let mut held = Vec::new();
    family.hold(rows, &eta, &mut held);
    [
        time(n, || family.density(rows, black_box(&eta), &mut l)),
        time(n, || family.score(rows, black_box(&eta), &mut l, &mut s)),
        time(n, || {
            family.curvature(rows, black_box(&eta), &mut l, &mut s, &mut w)
        }),
        time(n, || family.third(rows, black_box(&eta), &h, &mut s)),
        time(n, || {
            let (s, w) = (&mut s[..n], &mut w[..n]);
            family.curvature_of_first(rows, black_box(&eta), &held, &mut l, s, w)
        }),
        time(n, || {
            family.third_of_first(rows, black_box(&eta), &h[..n], &mut s)
        }),
    ]
}

/// The best of several repeated timings, in nanoseconds a row.
fn time(n: usize, mut run: impl FnMut()) -> f64 {
    let calls = 300_000 / n + 1;
    let mut once = || {
        let start = Instant::now();
        (0..calls).for_each(|_| run());
        start.elapsed().as_secs_f64() * 1e9 / (calls * n) as f64
    };
    (0..15).map(|_| once()).fold(f64::INFINITY, f64::min)
}
