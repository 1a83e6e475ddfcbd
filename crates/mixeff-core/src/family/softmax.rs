//! Categories whose probabilities are proportional to the exponentials of utilities.

use super::density::weigh;
use super::math;
use super::simd::{widest, Arithmetic, Work, LANES};
use super::{pair, Family, Quasi, Rows};

/// Categories that a response may have at most.
pub const MOST: usize = 50;

/// A vector of rows.
pub type Lanes = [f64; LANES];

/// The rows of a column from `start` on; beyond the end the last one again.
#[inline(always)]
fn load(x: &[f64], n: usize, column: usize, start: usize) -> Lanes {
    let x = &x[column * n..][..n];
    match x.get(start..start + LANES) {
        Some(x) => lanes(|k| x[k]),
        None => lanes(|k| x[(start + k).min(n - 1)]),
    }
}

/// Writes the rows of a column from `start` on.
#[inline(always)]
fn store(x: &mut [f64], n: usize, column: usize, start: usize, lanes: &Lanes) {
    let x = &mut x[column * n..][start..n];
    match x.get_mut(..LANES) {
        Some(x) => x.copy_from_slice(lanes),
        None => x.copy_from_slice(&lanes[..x.len()]),
    }
}

/// A function of each of the rows.
#[inline(always)]
pub fn lanes(f: impl Fn(usize) -> f64) -> Lanes {
    let mut x = [0.0; LANES];
    for k in 0..LANES {
        x[k] = f(k);
    }
    x
}

/// The categories of a vector of rows.
pub struct Categories {
    /// Log-density; minus infinity where the utilities are not finite.
    pub l: Lanes,
    /// The likeliest category.
    pub top: Lanes,
    /// Probabilities `p`, zero outside the domain.
    pub p: [Lanes; MOST],
    /// `1 - p`, exact where it is small.
    pub rest: [Lanes; MOST],
    /// Room for a coding's own numbers.
    pub own: [[Lanes; MOST]; 2],
}

impl Categories {
    fn new() -> Self {
        Categories {
            l: [0.0; LANES],
            top: [0.0; LANES],
            p: [[0.0; LANES]; MOST],
            rest: [[0.0; LANES]; MOST],
            own: [[[0.0; LANES]; MOST]; 2],
        }
    }

    /// From the utilities, which are left in `p`, and the responses.
    #[inline(always)]
    fn set<A: Arithmetic>(&mut self, count: usize, y: &Lanes) {
        let (top, utility, own) = self.look(count, y);
        let mut others = [0.0; LANES];
        for (c, p) in self.p[..count].iter_mut().enumerate() {
            *p = lanes(|k| math::exp::<A>(p[k] - utility[k]));
            others = lanes(|k| others[k] + if top[k] == c as f64 { 0.0 } else { p[k] });
        }
        let l = lanes(|k| own[k] - utility[k] - ln_1p::<A>(others[k]));
        let inside = |k: usize| l[k].abs() < f64::INFINITY;
        let scale = lanes(|k| (1.0 + others[k]).recip());
        for (c, (p, rest)) in self.p[..count].iter_mut().zip(&mut self.rest).enumerate() {
            let part = lanes(|k| if inside(k) { p[k] * scale[k] } else { 0.0 });
            *rest = lanes(|k| {
                let most = top[k] == c as f64;
                let rest = if most {
                    others[k] * scale[k]
                } else {
                    1.0 - part[k]
                };
                if inside(k) {
                    rest
                } else {
                    0.0
                }
            });
            *p = part;
        }
        self.top = top;
        self.l = lanes(|k| if inside(k) { l[k] } else { f64::NEG_INFINITY });
    }

    /// The likeliest category, its utility, and that of the response.
    #[inline(always)]
    fn look(&self, count: usize, y: &Lanes) -> (Lanes, Lanes, Lanes) {
        let (mut top, mut utility, mut own) = ([0.0; LANES], self.p[0], self.p[0]);
        for (c, u) in self.p[..count].iter().enumerate().skip(1) {
            let better = |k: usize| u[k] > utility[k];
            top = lanes(|k| if better(k) { c as f64 } else { top[k] });
            utility = lanes(|k| if better(k) { u[k] } else { utility[k] });
            own = lanes(|k| if y[k] == c as f64 { u[k] } else { own[k] });
        }
        (top, utility, own)
    }
}

/// `log(1 + x)` for `x >= 0`.
#[inline(always)]
fn ln_1p<A: Arithmetic>(x: f64) -> f64 {
    let near = math::ln_1p_unit::<A>(if x < 1.0 { x } else { 1.0 });
    let far = math::ln::<A>(1.0 + x);
    if x < 1.0 {
        near
    } else {
        far
    }
}

/// How utilities depend on the predictors, and derivatives by these from the probabilities.
pub trait Coding: Copy + Send + Sync + 'static {
    /// Number of categories, up to [`MOST`].
    fn categories(&self) -> usize;

    /// Number of predictors.
    fn predictors(&self) -> usize;

    /// The utilities of some rows.
    fn utilities(&self, eta: impl Fn(usize) -> Lanes, u: &mut [Lanes]);

    /// What is needed for the derivatives, kept in `own`.
    #[inline(always)]
    fn prepare(&self, _at: &mut Categories) {}

    /// The score.
    fn score(&self, at: &Categories, y: &Lanes, put: impl FnMut(usize, Lanes));

    /// The weight, for pairs of predictors.
    fn weight(&self, at: &Categories, put: impl FnMut(usize, usize, Lanes));

    /// The contracted third derivatives.
    fn third(
        &self,
        at: &mut Categories,
        h: impl Fn(usize, usize) -> Lanes,
        put: impl FnMut(usize, Lanes),
    );

    /// See [`Family::guess`].
    fn guess(&self, rows: Rows<'_>) -> Vec<f64>;

    /// See [`Family::expansion`], but for the weights of the rows.
    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]);
}

/// `log f(y) = u_y - log sum_c exp(u_c)`, with utilities that are linear in the predictors.
#[derive(Clone, Copy, Debug)]
pub struct Softmax<C>(pub C);

impl<C: Coding> Softmax<C> {
    fn evaluate<const ORDER: u8>(
        &self,
        rows: Rows<'_>,
        eta: &[f64],
        h: &[f64],
        out: [&mut [f64]; 3],
    ) {
        let [l, s, w] = out;
        widest(Pass::<C, ORDER> {
            coding: self.0,
            rows,
            eta,
            h,
            out: [&mut *l, &mut *s, &mut *w],
        });
        [l, s, w].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

impl<C: Coding> Family for Softmax<C> {
    fn predictors(&self) -> usize {
        self.0.predictors()
    }

    fn log_normalizer(&self, _: Rows<'_>) -> f64 {
        0.0
    }

    fn density(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64]) {
        self.evaluate::<VALUE>(rows, eta, &[], [l, &mut [], &mut []]);
    }

    fn score(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64]) {
        self.evaluate::<SCORE>(rows, eta, &[], [l, s, &mut []]);
    }

    fn curvature(&self, rows: Rows<'_>, eta: &[f64], l: &mut [f64], s: &mut [f64], w: &mut [f64]) {
        self.evaluate::<CURVATURE>(rows, eta, &[], [l, s, w]);
    }

    fn third(&self, rows: Rows<'_>, eta: &[f64], h: &[f64], v: &mut [f64]) {
        self.evaluate::<THIRD>(rows, eta, h, [&mut [], v, &mut []]);
    }

    fn quasi(&self, _: f64) -> Option<Quasi> {
        None
    }

    fn phi_power(&self) -> f64 {
        1.0
    }

    fn guess(&self, rows: Rows<'_>) -> Option<Vec<f64>> {
        Some(self.0.guess(rows))
    }

    fn expansion(&self, rows: Rows<'_>, eta: &[f64], c: &mut [f64], slope: &mut [f64]) {
        self.0.expansion(rows, eta, c, slope);
        [c, slope].into_iter().for_each(|x| weigh(rows.weights, x));
    }
}

const VALUE: u8 = 0;
const SCORE: u8 = 1;
const CURVATURE: u8 = 2;
const THIRD: u8 = 3;

/// One evaluation of a block of rows; the outputs are those of `curvature`, with the contracted third derivatives in the
/// place of the score.
struct Pass<'a, C, const ORDER: u8> {
    coding: C,
    rows: Rows<'a>,
    eta: &'a [f64],
    h: &'a [f64],
    out: [&'a mut [f64]; 3],
}

impl<C: Coding, const ORDER: u8> Work for Pass<'_, C, ORDER> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(mut self) {
        let (n, categories) = (self.rows.len(), self.coding.categories());
        let mut at = Categories::new();
        for start in (0..n).step_by(LANES) {
            let y = load(self.rows.y, n, 0, start);
            let eta = |d: usize| load(self.eta, n, d, start);
            self.coding.utilities(eta, &mut at.p[..categories]);
            at.set::<A>(categories, &y);
            self.put(&mut at, &y, start);
        }
    }
}

impl<C: Coding, const ORDER: u8> Pass<'_, C, ORDER> {
    #[inline(always)]
    fn put(&mut self, at: &mut Categories, y: &Lanes, start: usize) {
        let (n, d, coding, h) = (
            self.rows.len(),
            self.coding.predictors(),
            self.coding,
            self.h,
        );
        let [l, s, w] = &mut self.out;
        if ORDER != VALUE {
            coding.prepare(at);
        }
        if ORDER == THIRD {
            let h = |a: usize, b: usize| load(h, n, pair(d, a, b), start);
            coding.third(at, h, |a, v| store(s, n, a, start, &v));
            return;
        }
        store(l, n, 0, start, &at.l);
        if ORDER >= SCORE {
            coding.score(at, y, |a, x| store(s, n, a, start, &x));
        }
        if ORDER == CURVATURE {
            coding.weight(at, |a, b, x| store(w, n, pair(d, a, b), start, &x));
        }
    }
}
