//! The table of families: the only place where they have names.

use super::adjacent::adjacent;
use super::bernoulli::Bernoulli;
use super::beta::Beta;
use super::beta_binomial::BetaBinomial;
use super::binomial::Binomial;
use super::censored::{Censored, Minimum, Normal};
use super::compois::ConwayMaxwellPoisson;
use super::cumulative::Cumulative;
use super::density::Pointwise;
use super::duration::duration;
use super::exponential::Exponential;
use super::gamma::Gamma;
use super::gaussian::Gaussian;
use super::genpois::GeneralizedPoisson;
use super::inverse_gaussian::InverseGaussian;
use super::link::{Cauchit, Cloglog, Identity, Inverse, Log, Logit, Loglog, Probit, Sqrt};
use super::logged::Logged;
use super::minimum_extreme::MinimumExtreme;
use super::multinomial::multinomial;
use super::negative_binomial::{Linear, Quadratic};
use super::ordered_beta::OrderedBeta;
use super::poisson::Poisson;
use super::sequential::{sequential, Backward, Forward};
use super::skew_normal::SkewNormal;
use super::student::Student;
use super::tweedie::Tweedie;
use super::zero_one_inflated_beta::ZeroOneInflatedBeta;
use super::zeros::{ExtraZeros, ZeroTruncated};
use super::Family;

/// The responses that a family takes, for drawing valid ones in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Zero and one, and proportions in between.
    Binary,
    /// Numbers of successes up to the number of trials, which is needed.
    Successes,
    /// 0, 1, 2, ..
    Counts,
    /// 1, 2, ..
    CountsFromOne,
    /// Positive numbers.
    Positive,
    /// Zero and positive numbers.
    NonNegative,
    /// All numbers.
    Real,
    /// 0, 1, .. below the number of categories.
    Categories,
    /// 1, 2, .. up to the number of categories, and whether the event happened then.
    Duration,
    /// Proportions above 0 and below 1.
    Unit,
    /// Proportions from 0 to 1.
    UnitClosed,
    /// Intervals of positive numbers; the second column is the upper end.
    Interval,
}

/// A family with a link.
#[derive(Clone, Copy)]
pub struct Row {
    /// Name of the distribution.
    pub family: &'static str,
    /// Name of the link of the first predictor.
    pub link: &'static str,
    /// Makes the family, for as many categories of the response as given.
    pub new: fn(usize) -> Box<dyn Family>,
    /// Categories that tests take; zero for a response that has none.
    pub categories: usize,
    /// What responses are valid.
    pub support: Support,
    /// The interval of the first linear predictor in which every response has a density.
    pub domain: (f64, f64),
    /// That of the other predictors.
    pub others: (f64, f64),
    /// Whether the other predictors are thresholds, which must be in order.
    pub ordered: bool,
}

impl Row {
    /// The family for tests.
    pub fn example(&self) -> Box<dyn Family> {
        (self.new)(self.categories)
    }
}

const FREE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
const POSITIVE: (f64, f64) = (0.0, f64::INFINITY);
const NEGATIVE: (f64, f64) = (f64::NEG_INFINITY, 0.0);

macro_rules! row {
    ($family:literal, $link:literal, $value:expr, $support:ident, $domain:expr) => {
        Row {
            family: $family,
            link: $link,
            new: |_| Box::new(Pointwise($value)),
            categories: 0,
            support: Support::$support,
            domain: $domain,
            others: FREE,
            ordered: false,
        }
    };
}

macro_rules! categories {
    ($family:literal, $link:literal, $support:ident, $new:expr) => {
        Row {
            family: $family,
            link: $link,
            new: |categories| Box::new($new(categories)),
            categories: 4,
            support: Support::$support,
            domain: FREE,
            others: FREE,
            ordered: false,
        }
    };
}

/// A family of ordered categories with thresholds that must be in order.
macro_rules! ordered {
    ($family:literal, $link:literal, $new:expr) => {
        Row {
            ordered: true,
            ..categories!($family, $link, Categories, $new)
        }
    };
}

// A static, and functions that are not inlined: else every crate that asks would compile every family anew.
static ROWS: &[Row] = &[
    row!("bernoulli", "logit", Bernoulli(Logit), Binary, FREE),
    row!("bernoulli", "probit", Bernoulli(Probit), Binary, FREE),
    row!("bernoulli", "cloglog", Bernoulli(Cloglog), Binary, FREE),
    row!("bernoulli", "loglog", Bernoulli(Loglog), Binary, FREE),
    row!("bernoulli", "cauchit", Bernoulli(Cauchit), Binary, FREE),
    row!("bernoulli", "log", Bernoulli(Log), Binary, NEGATIVE),
    row!("binomial", "logit", Binomial(Logit), Successes, FREE),
    row!("binomial", "probit", Binomial(Probit), Successes, FREE),
    row!("binomial", "cloglog", Binomial(Cloglog), Successes, FREE),
    row!("binomial", "loglog", Binomial(Loglog), Successes, FREE),
    row!("binomial", "cauchit", Binomial(Cauchit), Successes, FREE),
    row!("binomial", "log", Binomial(Log), Successes, NEGATIVE),
    row!("poisson", "log", Poisson(Log), Counts, FREE),
    row!("poisson", "sqrt", Poisson(Sqrt), Counts, POSITIVE),
    row!("poisson", "identity", Poisson(Identity), Counts, POSITIVE),
    row!("nb2", "log", Quadratic, Counts, FREE),
    row!("nb1", "log", Linear, Counts, FREE),
    Row {
        others: POSITIVE,
        ..row!("genpois", "log", GeneralizedPoisson, Counts, FREE)
    },
    Row {
        new: |_| Box::new(Pointwise(ConwayMaxwellPoisson)),
        ..row!("compois", "log", ConwayMaxwellPoisson, Counts, FREE)
    },
    row!(
        "beta_binomial",
        "logit",
        BetaBinomial(Logit),
        Successes,
        FREE
    ),
    row!(
        "beta_binomial",
        "probit",
        BetaBinomial(Probit),
        Successes,
        FREE
    ),
    row!(
        "beta_binomial",
        "cloglog",
        BetaBinomial(Cloglog),
        Successes,
        FREE
    ),
    row!("gaussian", "identity", Gaussian(Identity), Real, FREE),
    row!("gaussian", "log", Gaussian(Log), Real, FREE),
    row!("gamma", "log", Gamma(Log), Positive, FREE),
    row!("gamma", "inverse", Gamma(Inverse), Positive, POSITIVE),
    ordered!("cumulative", "logit", |j| Cumulative::new(Logit, j)),
    ordered!("cumulative", "probit", |j| Cumulative::new(Probit, j)),
    ordered!("cumulative", "cloglog", |j| Cumulative::new(Cloglog, j)),
    ordered!("cumulative", "loglog", |j| Cumulative::new(Loglog, j)),
    ordered!("cumulative", "cauchit", |j| Cumulative::new(Cauchit, j)),
    categories!("adjacent", "logit", Categories, adjacent),
    categories!("sequential", "logit", Categories, |j| sequential(
        Forward, Logit, j
    )),
    categories!("sequential", "probit", Categories, |j| sequential(
        Forward, Probit, j
    )),
    categories!("sequential", "cloglog", Categories, |j| sequential(
        Forward, Cloglog, j
    )),
    categories!("sequential", "loglog", Categories, |j| sequential(
        Forward, Loglog, j
    )),
    categories!("sequential", "cauchit", Categories, |j| sequential(
        Forward, Cauchit, j
    )),
    categories!("sequential_backward", "logit", Categories, |j| sequential(
        Backward, Logit, j
    )),
    categories!("sequential_backward", "probit", Categories, |j| sequential(
        Backward, Probit, j
    )),
    categories!(
        "sequential_backward",
        "cloglog",
        Categories,
        |j| sequential(Backward, Cloglog, j)
    ),
    categories!("sequential_backward", "loglog", Categories, |j| sequential(
        Backward, Loglog, j
    )),
    categories!(
        "sequential_backward",
        "cauchit",
        Categories,
        |j| sequential(Backward, Cauchit, j)
    ),
    categories!("multinomial", "logit", Categories, multinomial),
    categories!("duration", "logit", Duration, |t| duration(Logit, t)),
    categories!("duration", "probit", Duration, |t| duration(Probit, t)),
    categories!("duration", "cloglog", Duration, |t| duration(Cloglog, t)),
    row!(
        "inverse_gaussian",
        "log",
        InverseGaussian(Log),
        Positive,
        FREE
    ),
    row!("exponential", "log", Exponential(Log), Positive, FREE),
    row!(
        "lognormal",
        "identity",
        Logged(Gaussian(Identity)),
        Positive,
        FREE
    ),
    row!("weibull", "log", Logged(MinimumExtreme), Positive, FREE),
    row!("student", "identity", Student, Real, FREE),
    row!("skew_normal", "identity", SkewNormal, Real, FREE),
    row!(
        "censored_gaussian",
        "identity",
        Censored(Normal),
        Interval,
        FREE
    ),
    row!(
        "censored_lognormal",
        "identity",
        Logged(Censored(Normal)),
        Interval,
        FREE
    ),
    row!(
        "censored_weibull",
        "log",
        Logged(Censored(Minimum)),
        Interval,
        FREE
    ),
    Row {
        new: |_| Box::new(Pointwise(Tweedie)),
        ..row!("tweedie", "log", Tweedie, NonNegative, FREE)
    },
    row!("beta", "logit", Beta(Logit), Unit, FREE),
    row!("beta", "probit", Beta(Probit), Unit, FREE),
    row!("beta", "cloglog", Beta(Cloglog), Unit, FREE),
    row!("ordered_beta", "logit", OrderedBeta, UnitClosed, FREE),
    row!(
        "zero_one_inflated_beta",
        "logit",
        ZeroOneInflatedBeta,
        UnitClosed,
        FREE
    ),
];

/// All families with all their links.
#[inline(never)]
pub fn all() -> &'static [Row] {
    ROWS
}

/// The family of a name with a link of a name; `categories` counts those of the response, where it has any.
#[inline(never)]
pub fn lookup(family: &str, link: &str, categories: usize) -> Option<Box<dyn Family>> {
    ROWS.iter()
        .find(|row| row.family == family && row.link == link)
        .map(|row| (row.new)(categories))
}

/// Makes a family from another.
type Modifier = fn(Box<dyn Family>) -> Box<dyn Family>;

static MODIFIERS: &[(&str, Modifier)] = &[
    ("zero_truncated", |inner| Box::new(ZeroTruncated { inner })),
    ("zero_inflated", |inner| {
        Box::new(ExtraZeros {
            inner,
            inflated: true,
        })
    }),
    ("hurdle", |inner| {
        Box::new(ExtraZeros {
            inner,
            inflated: false,
        })
    }),
];

/// A family with its zeros modified in the ways named, one after the other; `None` if a name is unknown.
#[inline(never)]
pub fn modified<N: AsRef<str>>(inner: Box<dyn Family>, names: &[N]) -> Option<Box<dyn Family>> {
    names.iter().try_fold(inner, |inner, name| {
        let (_, modify) = MODIFIERS.iter().find(|row| row.0 == name.as_ref())?;
        Some(modify(inner))
    })
}
