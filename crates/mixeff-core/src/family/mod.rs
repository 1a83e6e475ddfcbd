//! Response distributions: log-densities of D linear predictors and their derivatives.
//!
//! A family knows nothing of fixed or random effects. Everything it is asked for is on the scale
//! of the linear predictors `eta`, row by row, already multiplied by the prior weights.
//!
//! Layout. A block of `n` rows with `D` predictors keeps `eta` and the scores predictor by
//! predictor: `eta[d * n + i]`. Symmetric `D x D` blocks (`weight`, `h`) keep the upper triangle
//! in the order of [`pair`]: `weight[pair(d, e) * n + i]`.
//!
//! A new family is one file with a [`density::Density`], the log-density written once over
//! [`real::Real`] (all derivatives follow), and one row of [`registry`] for each of its links. A new
//! link is one file in [`link`]. Families with a closed form of their own may implement [`Family`].

pub mod adjacent;
pub mod bernoulli;
pub mod beta;
pub mod beta_binomial;
pub mod binomial;
mod buffer;
pub mod censored;
pub mod choice;
pub mod compois;
pub mod cumulative;
pub mod density;
pub mod duration;
pub mod exponential;
mod frequencies;
pub mod gamma;
pub mod gaussian;
pub mod genpois;
mod held;
pub mod inverse_gaussian;
pub mod jet;
pub mod link;
mod location_scale;
pub mod logged;
pub mod lookup;
pub mod mapped;
pub mod math;
pub mod minimum_extreme;
pub mod mixed;
pub mod multinomial;
pub mod negative_binomial;
pub mod ordered_beta;
mod pass;
pub mod path;
pub mod poisson;
pub mod quasi;
pub mod real;
pub mod registry;
pub mod rising;
pub mod sequential;
pub mod series;
pub mod simd;
pub mod skew_normal;
pub mod softmax;
pub mod student;
mod table;
pub mod tweedie;
mod without_first;
pub mod zero_one_inflated_beta;
pub mod zeros;

use buffer::with_buffer;

/// A block of rows of the response.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The response.
    pub y: &'a [f64],
    /// A second column for families that take one, such as the number of trials; empty otherwise.
    pub extra: &'a [f64],
    /// Prior weights, which multiply the log-density; empty when all are one.
    pub weights: &'a [f64],
}

impl<'a> Rows<'a> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// True if the block has no rows.
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    /// The rows `start..end`.
    pub fn range(&self, start: usize, end: usize) -> Rows<'a> {
        let part = |v: &'a [f64]| if v.is_empty() { v } else { &v[start..end] };
        Rows {
            y: &self.y[start..end],
            extra: part(self.extra),
            weights: part(self.weights),
        }
    }
}

pub use quasi::Quasi;

/// Position of the pair `(a, b)`, `a <= b < d`, in a packed symmetric `d x d` block: row by row, upper triangle.
#[inline(always)]
pub fn pair(d: usize, a: usize, b: usize) -> usize {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    a * d - a * (a + 1) / 2 + b
}

/// Number of entries of a packed symmetric `d x d` block.
#[inline(always)]
pub fn pairs(d: usize) -> usize {
    d * (d + 1) / 2
}

/// The powers that [`Family::expansion`] gives the coefficients of: those that a sixth-order expansion of the integral over
/// normal effects needs, and then one more that tells [`zeros`] all below the sixth.
pub const EXPANDED: [usize; 4] = [3, 4, 6, 5];

/// A response distribution: a log-density `l(y; eta_1 .. eta_D)`.
///
/// Outside the domain of the linear predictor (a negative Poisson mean under the identity link)
/// the log-density is minus infinity and the derivatives are zero, never NaN.
pub trait Family: Send + Sync {
    /// Number `D` of linear predictors.
    fn predictors(&self) -> usize;

    /// The sum over rows of the weighted terms of the log-density that are free of `eta`
    /// (binomial coefficients, `log y!`). Not included in the other functions.
    fn log_normalizer(&self, rows: Rows<'_>) -> f64;

    /// `l`, per row.
    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]);

    /// `l` and the score `s_d = dl/deta_d`.
    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]);

    /// `l`, the score, and the observed weight `W_de = -d2l/deta_d deta_e`, packed.
    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]);

    /// The third derivatives contracted with the packed symmetric `h`:
    /// `v_c = -sum_ab d3l/(deta_a deta_b deta_c) h_ab`, the sum over all ordered pairs.
    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]);

    /// The terms of `l` that are free of the first predictor, per row.
    fn without_first(&self, _rows: Rows<'_>, _eta: &[f64], l: &mut [f64]) {
        l.fill(0.0);
    }

    /// What [`Family::curvature_of_first`] needs of the other predictors at these rows, for all first ones: appended to `held`.
    fn hold(&self, _rows: Rows<'_>, _eta: &[f64], _held: &mut Vec<f64>) {}

    /// `l` less [`Family::without_first`], and its score and weight by the first predictor alone: all that the search for the
    /// modes needs where random effects stand in no other. `held` is of the same rows and other predictors.
    fn curvature_of_first(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        _held: &[f64],
        l: &mut [f64],
        s: &mut [f64],
        w: &mut [f64],
    ) {
        let (n, d) = (rows.len(), self.predictors());
        with_buffer(n * (d + pairs(d)), |buffer| {
            let (score, weight) = buffer.split_at_mut(n * d);
            self.curvature(rows, eta, l, score, weight);
            s.copy_from_slice(&score[..n]);
            w.copy_from_slice(&weight[..n]);
        });
    }

    /// [`Family::third`] where `h` is zero but for its first entry, which is given.
    fn third_of_first(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        with_buffer(rows.len() * pairs(self.predictors()), |all| {
            all[..rows.len()].copy_from_slice(h);
            self.third(rows, eta, all, v);
        });
    }

    /// Mean and variance of a trial at a first predictor; `None` for a family that is not told by them.
    fn quasi(&self, eta: f64) -> Option<Quasi>;

    /// The second predictor is `log phi` divided by this.
    fn phi_power(&self) -> f64;

    /// Constant linear predictors at which these rows have a density, for a family that few do for.
    fn guess(&self, _rows: Rows<'_>) -> Option<Vec<f64>> {
        None
    }

    /// Moves constant predictors from which a search starts to where they can still be told: a probability that the data with
    /// constant means put at zero need not be zero once the means differ.
    fn settle(&self, _eta: &mut [f64]) {}

    /// The coefficients of the [`EXPANDED`] powers of `t` in `l(y; eta_1 + t, eta_2, ..)`, one block of rows per power, and
    /// their derivatives by every predictor: `slope[(k * D + d) * n + i]`.
    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]);
}
