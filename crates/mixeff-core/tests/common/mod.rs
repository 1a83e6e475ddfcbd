//! Random small models of every structure, for property tests.
#![allow(dead_code)]

pub mod points;

use mixeff_core::design::fixed::FixedData;
use mixeff_core::design::model::{ModelData, TermData};
use mixeff_core::design::nesting::Codes;
use mixeff_core::design::Model;
use mixeff_core::design::Source;
use mixeff_core::family::registry::{all, lookup, modified, Row, Support};
use mixeff_core::family::Family;

/// A small linear congruential generator: tests need no more.
pub struct Random(pub u64);

impl Random {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 11) as f64) / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform().max(1e-300), self.uniform());
        (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
    }

    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }
}

/// The structures of random effects that the properties run over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Structure {
    Intercept,
    Slope,
    DiagonalSlope,
    ThreeColumns,
    TwoTermsOneFactor,
    Nested,
    NestedSlopes,
    ThreeLevels,
    Crossed,
    CrossedSlopes,
    CrossedSparse,
    CrossedAndNested,
}

pub const STRUCTURES: [Structure; 12] = [
    Structure::Intercept,
    Structure::Slope,
    Structure::DiagonalSlope,
    Structure::ThreeColumns,
    Structure::TwoTermsOneFactor,
    Structure::Nested,
    Structure::NestedSlopes,
    Structure::ThreeLevels,
    Structure::Crossed,
    Structure::CrossedSlopes,
    Structure::CrossedSparse,
    Structure::CrossedAndNested,
];

/// Data of a random model, in the user's order.
pub struct Data {
    pub y: Vec<f64>,
    pub extra: Vec<f64>,
    pub weights: Vec<f64>,
    pub x: Vec<Vec<Vec<f64>>>,
    pub factors: Vec<Codes<'static>>,
    pub terms: Terms,
}

/// An observation exact, in an interval, or censored on one side, by turns.
fn interval((i, y): (usize, f64)) -> (f64, f64) {
    match i % 4 {
        0 => (f64::NEG_INFINITY, y),
        1 => (y, y),
        2 => (y, f64::INFINITY),
        _ => (y, y + 0.5),
    }
}

impl Data {
    /// A random model of `n` rows. With `weighted`, prior weights are drawn.
    pub fn random(
        row: &Row,
        structure: Structure,
        n: usize,
        weighted: bool,
        random: &mut Random,
    ) -> Data {
        let x1: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let x2: Vec<f64> = (0..n).map(|_| random.uniform() - 0.5).collect();
        let ones = vec![1.0; n];
        let predictors = row.example().predictors();
        let mut x = vec![vec![ones.clone(), x1.clone()]];
        for _ in 1..predictors {
            x.push(vec![ones.clone(), x2.clone()]);
        }
        let (factors, terms) = random_part(structure, n, &x1, &x2, random);
        let trials: Vec<f64> = match row.support {
            Support::Successes => (0..n).map(|_| 1.0 + random.below(6) as f64).collect(),
            Support::Duration => (0..n).map(|_| random.below(2) as f64).collect(),
            _ => Vec::new(),
        };
        let y: Vec<f64> = (0..n)
            .map(|i| match row.support {
                Support::Binary => random.below(2) as f64,
                Support::Successes => random.below(trials[i] as usize + 1) as f64,
                Support::Counts => random.below(5) as f64,
                Support::CountsFromOne => 1.0 + random.below(5) as f64,
                Support::NonNegative => (2.5 * random.uniform() - 0.5).max(0.0),
                Support::Positive => 0.3 + 2.0 * random.uniform(),
                Support::Real => random.normal() + 1.5,
                Support::Categories => random.below(row.categories) as f64,
                Support::Duration => 1.0 + random.below(row.categories) as f64,
                Support::Unit => 0.05 + 0.9 * random.uniform(),
                Support::UnitClosed => (1.2 * random.uniform() - 0.1).clamp(0.0, 1.0),
                Support::Interval => 0.3 + 2.0 * random.uniform(),
            })
            .collect();
        let (y, trials) = match row.support {
            Support::Interval => y.into_iter().enumerate().map(interval).unzip(),
            _ => (y, trials),
        };
        let weights = if weighted {
            (0..n).map(|_| 0.5 + random.uniform()).collect()
        } else {
            Vec::new()
        };
        Data {
            y,
            extra: trials,
            weights,
            x,
            factors,
            terms,
        }
    }

    /// The columns of every predictor, each with a coefficient of its own.
    fn fixed(&self) -> Vec<FixedData<'_>> {
        let mut coefficient = 0..;
        self.x
            .iter()
            .map(|x| FixedData {
                columns: x
                    .iter()
                    .map(|c| (coefficient.next().unwrap(), Source::Given(c)))
                    .collect(),
                offset: None,
            })
            .collect()
    }

    /// The model of these data.
    pub fn model(&self, row: &Row) -> Model {
        Model::new(ModelData {
            family: row.example().into(),
            y: Source::Given(&self.y),
            extra: &self.extra,
            weights: &self.weights,
            fixed: self.fixed(),
            factors: self.factors.clone(),
            terms: self
                .terms
                .iter()
                .map(|(factor, z, structure)| TermData {
                    factor: *factor,
                    z: z.iter().map(|z| z.as_deref().map(Source::Given)).collect(),
                    predictor: vec![0; z.len()],
                    structure: (*structure).into(),
                })
                .collect(),
        })
        .expect("a valid model")
    }
}

type Terms = Vec<(usize, Vec<Option<Vec<f64>>>, &'static str)>;

fn random_part(
    structure: Structure,
    n: usize,
    x1: &[f64],
    x2: &[f64],
    random: &mut Random,
) -> (Vec<Codes<'static>>, Terms) {
    let mut draw = |levels: usize| Codes {
        codes: (0..n)
            .map(|_| random.below(levels) as u32)
            .collect::<Vec<_>>()
            .into(),
        n_levels: levels,
    };
    let within = |inner: &Codes<'_>, k: u32| Codes {
        codes: inner.codes.iter().map(|c| c / k).collect::<Vec<_>>().into(),
        n_levels: inner.n_levels.div_ceil(k as usize),
    };
    let one = || vec![None];
    let slope = || vec![None, Some(x1.to_vec())];
    let three = || vec![None, Some(x1.to_vec()), Some(x2.to_vec())];
    match structure {
        Structure::Intercept => (vec![draw(7)], vec![(0, one(), "unstructured")]),
        Structure::Slope => (vec![draw(7)], vec![(0, slope(), "unstructured")]),
        Structure::DiagonalSlope => (vec![draw(7)], vec![(0, slope(), "diagonal")]),
        Structure::ThreeColumns => (vec![draw(6)], vec![(0, three(), "unstructured")]),
        Structure::TwoTermsOneFactor => (
            vec![draw(6)],
            vec![
                (0, slope(), "unstructured"),
                (0, vec![Some(x2.to_vec())], "unstructured"),
            ],
        ),
        Structure::Nested => {
            let inner = draw(9);
            (
                vec![within(&inner, 3), inner],
                vec![(0, one(), "unstructured"), (1, one(), "unstructured")],
            )
        }
        Structure::NestedSlopes => {
            let inner = draw(9);
            (
                vec![inner.clone(), within(&inner, 3)],
                vec![(0, slope(), "unstructured"), (1, slope(), "diagonal")],
            )
        }
        Structure::ThreeLevels => {
            let inner = draw(12);
            let middle = within(&inner, 2);
            let outer = within(&middle, 3);
            let terms = vec![
                (0, one(), "unstructured"),
                (1, slope(), "unstructured"),
                (2, one(), "unstructured"),
            ];
            (vec![inner, middle, outer], terms)
        }
        Structure::Crossed => (
            vec![draw(6), draw(4)],
            vec![(0, one(), "unstructured"), (1, one(), "unstructured")],
        ),
        Structure::CrossedSlopes => (
            vec![draw(6), draw(4)],
            vec![(0, slope(), "unstructured"), (1, three(), "diagonal")],
        ),
        Structure::CrossedSparse => {
            // Many levels that meet few others, so that the Schur complement is sparse.
            let a = Codes {
                codes: (0..n as u32).collect::<Vec<_>>().into(),
                n_levels: n,
            };
            let b = Codes {
                codes: (0..n as u32).map(|i| i / 2).collect::<Vec<_>>().into(),
                n_levels: n.div_ceil(2),
            };
            let c = Codes {
                codes: (0..n as u32)
                    .map(|i| i.div_ceil(2))
                    .collect::<Vec<_>>()
                    .into(),
                n_levels: n / 2 + 1,
            };
            let terms = vec![
                (0, one(), "unstructured"),
                (1, one(), "unstructured"),
                (2, one(), "unstructured"),
            ];
            (vec![a, b, c], terms)
        }
        Structure::CrossedAndNested => {
            let (a, b) = (draw(8), draw(3));
            let outer = within(&a, 4);
            let terms = vec![
                (0, slope(), "unstructured"),
                (1, one(), "unstructured"),
                (2, slope(), "unstructured"),
            ];
            (vec![a, b, outer], terms)
        }
    }
}

/// A family with modified zeros; its names are those of the family and the modifiers.
macro_rules! modified_row {
    ($name:literal, $family:literal, $modifiers:expr, $support:ident) => {
        Row {
            family: $name,
            link: "log",
            new: |_| with_zeros($family, &$modifiers),
            support: Support::$support,
            ..plain($family)
        }
    };
}

fn plain(family: &str) -> Row {
    let named = |row: &&Row| (row.family, row.link) == (family, "log");
    *all().iter().find(named).expect("a row of the table")
}

fn with_zeros(family: &str, modifiers: &[&str]) -> Box<dyn Family> {
    let inner = lookup(family, "log", 0).expect("a family");
    modified(inner, modifiers).expect("modifiers")
}

/// Some families with modified zeros.
pub fn modified_rows() -> Vec<Row> {
    vec![
        modified_row!(
            "truncated poisson",
            "poisson",
            ["zero_truncated"],
            CountsFromOne
        ),
        modified_row!("truncated nb2", "nb2", ["zero_truncated"], CountsFromOne),
        modified_row!("inflated poisson", "poisson", ["zero_inflated"], Counts),
        modified_row!("inflated nb2", "nb2", ["zero_inflated"], Counts),
        modified_row!(
            "hurdle poisson",
            "poisson",
            ["zero_truncated", "hurdle"],
            Counts
        ),
        modified_row!("hurdle nb2", "nb2", ["zero_truncated", "hurdle"], Counts),
        modified_row!("hurdle gamma", "gamma", ["hurdle"], NonNegative),
    ]
}

/// All families with all their links, and some with modified zeros.
pub fn families() -> Vec<Row> {
    all().iter().copied().chain(modified_rows()).collect()
}

/// A point in the domain of the row's first predictor.
pub fn point(row: &Row, model: &Model, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let (low, high) = row.domain;
    let (centre, scale) = match (low.is_finite(), high.is_finite()) {
        (true, _) => (low + 2.0, 0.05),
        (_, true) => (high - 2.0, 0.05),
        _ => (0.3, 0.5),
    };
    let guess = model.family.guess(model.rows(&model.shards[0]));
    let centres = guess.unwrap_or_else(|| vec![0.0; model.predictors.len()]);
    let mut beta = Vec::new();
    for (d, predictor) in model.predictors.iter().enumerate() {
        // Thresholds, which have to stay in order.
        let scale = if row.ordered && d > 0 { 0.1 } else { scale };
        for c in 0..predictor.columns.len() {
            let base = match (c, d) {
                (0, 0) => centre,
                (0, _) if row.others.0.is_finite() => row.others.0 + 2.0,
                (0, _) => centres[d],
                _ => 0.0,
            };
            beta.push(base + scale * random.normal());
        }
    }
    let theta = (0..model.n_theta())
        .map(|_| scale * (0.5 + random.uniform()) * if random.below(3) == 0 { -1.0 } else { 1.0 });
    (beta, theta.collect())
}
