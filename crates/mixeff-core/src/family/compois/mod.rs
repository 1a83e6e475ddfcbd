//! The Conway-Maxwell-Poisson distribution with a mean (Huang 2017) and a dispersion.

mod nodes;
mod sums;

use super::density::Density;
use super::jet::Jet;
use super::lookup::{self, Tabulated};
use super::real::Real;
use super::simd::{Arithmetic, Plain};
use super::table::Known;
use super::Rows;
use nodes::ln_factorial;
use sums::{Conway, Cumulants};

/// `log f(y) = y log lambda - nu log y! - log Z`, `Z = sum_x lambda^x / (x!)^nu`, `nu = 1 / phi`
///
/// The predictors are `log mu`, the mean, to which `lambda` is made to fit, and `log phi`, as in glmmTMB: more than one for a variance above
/// the mean, less for one below. Derivatives follow from the implicit function theorem: those of `log Z` by `log lambda` and `nu` are the
/// joint cumulants of `y` and `-log y!`. Outside the domain are means and dispersions that take too many terms to sum.
#[derive(Clone, Copy, Debug)]
pub struct ConwayMaxwellPoisson;

impl Density<2> for ConwayMaxwellPoisson {
    /// Newton's method for `log lambda` in numbers with derivatives, each round of which doubles the orders that are right.
    #[inline(always)]
    fn log_density<T: Real>(&self, y: f64, _: f64, [eta, log_phi]: [T; 2]) -> T {
        let Some(conway) = Conway::new(eta.value(), log_phi.value(), None) else {
            return T::constant(f64::NAN);
        };
        let (mu, nu) = (eta.exp(), (-log_phi).exp());
        let mut theta = T::constant(conway.nodes.theta);
        for _ in 0..3 {
            let [_, mean, variance] = moments(&conway, theta, nu);
            theta = theta + (mu - mean) * variance.recip();
        }
        let [log_sum, ..] = moments(&conway, theta, nu);
        theta * y - nu * conway.nodes.statistic(y) - log_sum
    }

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, y: f64, _: f64, eta: [f64; 2]) -> Jet<A, 2> {
        let jet = jet(y, eta);
        Jet::new(
            jet.value(),
            |a| jet.first(a),
            |a, b| jet.second(a, b),
            |a, b, c| jet.third(a, b, c),
        )
    }

    fn log_normalizer(&self, _: f64, _: f64) -> f64 {
        0.0
    }

    fn block<const ORDER: u8>(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], out: [&mut [f64]; 3]) {
        lookup::block::<Self, 2, { 2 * ENTRIES }, ORDER>(self, rows, eta, h, out);
    }
}

/// `log Z`, the mean and the variance, where the sums are those of plain numbers at `theta.value()` and `nu.value()`.
fn moments<T: Real>(conway: &Conway, theta: T, nu: T) -> [T; 3] {
    let zero = T::constant(0.0);
    let mut sums = [zero; 3];
    conway.nodes.visit(|x, statistic| {
        let exponent = theta * x - nu * statistic - conway.log_z;
        let (weight, above) = (exponent.exp(), x - conway.mu);
        let terms = [weight, weight * above, weight * (above * above)];
        sums = std::array::from_fn(|k| sums[k] + terms[k]);
    });
    let [sum, first, second] = sums;
    let (r, log) = (sum.recip(), (sum * conway.nodes.step).ln());
    let mean = first * r;
    [
        log + conway.log_z,
        mean + conway.mu,
        second * r - mean.square(),
    ]
}

/// Entries of a jet in two variables.
const ENTRIES: usize = 10;

/// `log lambda` and `log Z`, entry by entry, where rows share the dispersion.
impl Tabulated<2, { 2 * ENTRIES }> for ConwayMaxwellPoisson {
    const FOR_FIRST: bool = true;

    #[inline(always)]
    fn argument(&self, _: f64, eta: &[f64; 2]) -> f64 {
        eta[0]
    }

    fn numbers(
        &self,
        eta: f64,
        shared: &[f64; 2],
        near: Option<Known<{ 2 * ENTRIES }>>,
    ) -> Option<[f64; 2 * ENTRIES]> {
        let start = near.map(|(x, numbers)| log_lambda_at(eta - x, numbers));
        let [theta, log_z] = lambda_and_sum([eta, shared[1]], start)?;
        let both = [theta.entries(), log_z.entries()];
        Some(std::array::from_fn(|k| both[k % 2][k / 2]))
    }

    /// `log y!`
    fn constant(&self, y: f64) -> f64 {
        ln_factorial(y)
    }

    #[inline(always)]
    fn assemble<A: Arithmetic>(
        &self,
        y: f64,
        ln_factorial: f64,
        eta: [f64; 2],
        numbers: [f64; 2 * ENTRIES],
    ) -> Jet<A, 2> {
        let part =
            |which: usize| Jet::<A, 2>::from_list(std::array::from_fn(|k| numbers[2 * k + which]));
        let [log_phi] = Jet::<A, 1>::variables([eta[1]]);
        let statistic = (-log_phi).exp() * ln_factorial;
        part(0) * y - part(1) - Jet::of_second(statistic)
    }
}

/// `log lambda` at a distance, by its Taylor polynomial in the log mean.
fn log_lambda_at(distance: f64, numbers: [f64; 2 * ENTRIES]) -> f64 {
    let theta = Jet::<Plain, 2>::from_list(std::array::from_fn(|k| numbers[2 * k]));
    let bend = theta.second(0, 0) / 2.0 + distance * theta.third(0, 0, 0) / 6.0;
    theta.value() + distance * (theta.first(0) + distance * bend)
}

/// The log-density with its derivatives, compiled once.
#[inline(never)]
fn jet(y: f64, eta: [f64; 2]) -> Jet<Plain, 2> {
    let Some((conway, c)) = cumulants(eta, None) else {
        return Jet::constant(f64::NAN);
    };
    let change = Change::new(&conway, &c, eta);
    let line = change.theta * (y - conway.mu) - change.nu * (conway.nodes.statistic(y) - c.mean);
    line - change.rest + conway.log_density(y)
}

/// `log lambda`, sought from `start` if that is given, and `log Z` with their derivatives; `None` outside the domain.
#[inline(never)]
fn lambda_and_sum(eta: [f64; 2], start: Option<f64>) -> Option<[Jet<Plain, 2>; 2]> {
    let (conway, c) = cumulants(eta, start)?;
    let change = Change::new(&conway, &c, eta);
    let log_z = change.theta * conway.mu - change.nu * c.mean + change.rest + conway.log_z;
    Some(conway.nodes.without_shift(change.theta, change.nu, log_z))
}

fn cumulants(eta: [f64; 2], start: Option<f64>) -> Option<(Conway, Cumulants)> {
    let conway = Conway::new(eta[0], eta[1], start)?;
    let cumulants = conway.cumulants()?;
    Some((conway, cumulants))
}

/// How `log lambda` and `nu` change with the predictors, and `log Z` with these beyond the first order.
struct Change {
    theta: Jet<Plain, 2>,
    nu: Jet<Plain, 2>,
    rest: Jet<Plain, 2>,
}

impl Change {
    fn new(conway: &Conway, c: &Cumulants, eta: [f64; 2]) -> Change {
        let [x1, x2] = Jet::<Plain, 2>::variables(eta);
        let (above, nu) = (x1.exp() - conway.mu, (-x2).exp() - conway.nodes.nu);
        let (nu2, theta) = (nu.square(), lambda(c, above, nu));
        let theta2 = theta.square();
        let bend = theta2 * c.x2 + theta * nu * (2.0 * c.xu) + nu2 * c.u2;
        let twist = theta2 * theta * c.x3
            + theta2 * nu * (3.0 * c.x2u)
            + theta * nu2 * (3.0 * c.xu2)
            + nu2 * nu * c.u3;
        let rest = bend * 0.5 + twist * (1.0 / 6.0);
        Change { theta, nu, rest }
    }
}

/// The change of `log lambda` at which the mean changes by `above`, where `nu` changes by `nu`: each round makes one more order right.
fn lambda(c: &Cumulants, above: Jet<Plain, 2>, nu: Jet<Plain, 2>) -> Jet<Plain, 2> {
    let (r, nu2) = (c.x2.recip(), nu.square());
    let free = above - nu * c.xu - nu2 * (0.5 * c.xu2) - nu2 * nu * (c.xu3 / 6.0);
    let mut theta = free * r;
    for _ in 0..2 {
        let theta2 = theta.square();
        let bend = theta2 * (0.5 * c.x3) + theta * nu * c.x2u;
        let cubes = theta2 * theta * (c.x4 / 6.0);
        let mixed = theta2 * nu * (0.5 * c.x3u) + theta * nu2 * (0.5 * c.x2u2);
        theta = (free - bend - cubes - mixed) * r;
    }
    theta
}
