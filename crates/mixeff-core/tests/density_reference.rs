//! Log-densities and their derivatives against the high-precision tables of `densities/`, made by `validation/densities*.py`.

use std::fs;
use std::path::Path;

use mixeff_core::family::registry::{lookup, modified};
use mixeff_core::family::{pair, pairs, Family, Rows};

/// A row of a table; the columns are described in `validation/densities.py`.
struct Point<'a> {
    family: Box<dyn Family>,
    y: [f64; 1],
    extra: [f64; 1],
    allowance: [f64; 2],
    eta: Vec<f64>,
    /// Value, first, second and third derivatives.
    want: Vec<Vec<f64>>,
    line: &'a str,
}

fn numbers(cell: &str) -> Vec<f64> {
    let number = |x: &str| x.parse().unwrap_or_else(|_| panic!("not a number: {cell}"));
    cell.split_whitespace().map(number).collect()
}

fn parse(line: &str) -> Point<'_> {
    let cells: Vec<&str> = line.split(',').collect();
    let categories = cells[3].parse().expect("a number of categories");
    let zeros: Vec<&str> = cells[2].split_whitespace().collect();
    let family = lookup(cells[0], cells[1], categories)
        .and_then(|family| modified(family, &zeros))
        .unwrap_or_else(|| panic!("no such family: {line}"));
    let (count, trials) = (numbers(cells[4])[0], numbers(cells[5])[0]);
    Point {
        family,
        y: [count],
        extra: [trials],
        allowance: allowance(cells[0], count + trials, !zeros.is_empty()),
        eta: numbers(cells[6]),
        want: cells[7..].iter().map(|cell| numbers(cell)).collect(),
        line,
    }
}

/// Relative errors allowed in each order.
const BOUNDS: [f64; 4] = [1e-13, 1e-13, 2e-13, 2e-12];

/// Families with larger errors, by a factor: sums of series, and differences of gamma functions. Two more numbers tell what errors are
/// small beside: a number, and the count and its trials times another.
const LOOSER: &[(&str, f64, f64, f64)] = &[
    ("nb1", 3.0, 0.0, 1e-3),
    ("nb2", 3.0, 0.0, 1e-3),
    ("genpois", 10.0, 0.0, 0.0),
    ("compois", 10.0, 0.0, 0.0),
    ("beta_binomial", 10.0, 1.0, 1e-3),
    ("censored_gaussian", 10.0, 0.0, 0.0),
    ("skew_normal", 10.0, 0.0, 0.0),
    ("tweedie", 100.0, 0.0, 0.0),
];

/// The factor, and what errors are small beside.
fn allowance(name: &str, size: f64, zeros: bool) -> [f64; 2] {
    let modified = if zeros { 1.0 } else { 0.0 };
    match LOOSER.iter().find(|row| row.0 == name) {
        Some((_, factor, fixed, share)) if *share > 0.0 => {
            [*factor, modified + fixed + share * size]
        }
        Some((_, factor, fixed, _)) => [*factor, modified + fixed],
        None => [1.0, modified],
    }
}

impl Point<'_> {
    fn rows(&self) -> Rows<'_> {
        Rows {
            y: &self.y,
            extra: &self.extra,
            weights: &[],
        }
    }

    fn check(&self, errors: &mut Vec<String>) {
        let (d, rows) = (self.eta.len(), self.rows());
        assert_eq!(self.family.predictors(), d, "{}", self.line);
        let (mut l, mut s, mut w) = ([0.0], vec![0.0; d], vec![0.0; pairs(d)]);
        self.family
            .curvature(rows, &self.eta, &mut l, &mut s, &mut w);
        let normalizer = self.family.log_normalizer(rows);
        errors.extend(self.compare(0, 0, l[0] + normalizer, normalizer.abs()));
        let scale = self.want[1].iter().map(|x| x.abs()).sum();
        for a in 0..d {
            errors.extend(self.compare(1, a, s[a], 1e-3 * self.want[0][0].abs()));
        }
        for k in 0..pairs(d) {
            errors.extend(self.compare(2, k, -w[k], scale));
        }
        self.check_third(scale, errors);
    }

    /// Contractions with unit matrices give every third derivative, in each of its orders.
    fn check_third(&self, scale: f64, errors: &mut Vec<String>) {
        let (d, mut v) = (self.eta.len(), vec![0.0; self.eta.len()]);
        for (a, b) in (0..d).flat_map(|a| (a..d).map(move |b| (a, b))) {
            let mut h = vec![0.0; pairs(d)];
            h[pair(d, a, b)] = if a == b { 1.0 } else { 0.5 };
            self.family.third(self.rows(), &self.eta, &h, &mut v);
            for c in 0..d {
                errors.extend(self.compare(3, triple(d, [a, b, c]), -v[c], scale));
            }
        }
    }

    /// What is wrong with a number. Errors where one crosses zero are small beside `scale`.
    fn compare(&self, order: usize, k: usize, got: f64, scale: f64) -> Option<String> {
        let want = self.want[order][k];
        let [factor, fixed] = self.allowance;
        let error = (got - want).abs() / (want.abs() + scale + fixed).max(1e-290);
        let line = self.line;
        let text = || format!("order {order}, entry {k}: {got:e} not {want:e}: {error:e}: {line}");
        let right = error < factor * BOUNDS[order];
        (!right).then(text)
    }
}

/// Position of a triple in lexicographic order of all `a <= b <= c < d`.
fn triple(d: usize, mut at: [usize; 3]) -> usize {
    at.sort_unstable();
    let all = (0..d).flat_map(|a| (a..d).flat_map(move |b| (b..d).map(move |c| [a, b, c])));
    all.take_while(|other| *other != at).count()
}

#[test]
fn high_precision_values() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/densities");
    let mut errors = Vec::new();
    for file in fs::read_dir(folder).expect("a folder of tables") {
        let table = fs::read_to_string(file.expect("a file").path()).expect("a table");
        let lines = table.lines().skip(1);
        lines.for_each(|line| parse(line).check(&mut errors));
    }
    assert!(
        errors.is_empty(),
        "{} errors:\n{}",
        errors.len(),
        errors.join("\n")
    );
}
