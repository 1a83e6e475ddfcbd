//! The table of families: the only place where they have names.

use super::bernoulli::Bernoulli;
use super::beta::Beta;
use super::binomial::Binomial;
use super::censored::{Censored, Minimum, Normal};
use super::density::Pointwise;
use super::exponential::Exponential;
use super::gamma::Gamma;
use super::gaussian::Gaussian;
use super::inverse_gaussian::InverseGaussian;
use super::link::{Cauchit, Cloglog, Identity, Inverse, Log, Logit, Loglog, Probit, Sqrt};
use super::logged::Logged;
use super::minimum_extreme::MinimumExtreme;
use super::ordered_beta::OrderedBeta;
use super::poisson::Poisson;
use super::skew_normal::SkewNormal;
use super::student::Student;
use super::tweedie::Tweedie;
use super::zero_one_inflated_beta::ZeroOneInflatedBeta;
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
    /// Positive numbers.
    Positive,
    /// All numbers.
    Real,
    /// Zero and positive numbers.
    NonNegative,
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
    /// The interval of the first linear predictor in which every response has a density; the
    /// other predictors are free.
    pub domain: (f64, f64),
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
        }
    };
}

const ROWS: &[Row] = &[
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
    row!("gaussian", "identity", Gaussian(Identity), Real, FREE),
    row!("gaussian", "log", Gaussian(Log), Real, FREE),
    row!("gamma", "log", Gamma(Log), Positive, FREE),
    row!("gamma", "inverse", Gamma(Inverse), Positive, POSITIVE),
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
    row!("tweedie", "log", Tweedie, NonNegative, FREE),
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
pub fn all() -> &'static [Row] {
    ROWS
}

/// The family of a name with a link of a name; `categories` counts those of the response, where it has any.
pub fn lookup(family: &str, link: &str, categories: usize) -> Option<Box<dyn Family>> {
    ROWS.iter()
        .find(|row| row.family == family && row.link == link)
        .map(|row| (row.new)(categories))
}
