//! Products with `Z` and `Lambda` over all factors of a shard. Vectors of effects are factor by factor.

use crate::design::{Lambda, Model, Shard};
use crate::linalg::vector::dot;

/// Calls `visit(factor, first effect, last effect)`.
pub fn for_factors(
    model: &Model,
    shard: &Shard,
    mut visit: impl FnMut(usize, std::ops::Range<usize>),
) {
    let mut first = 0;
    for (f, factor) in model.factors.iter().enumerate() {
        let length = factor.p() * shard.levels[f].len();
        visit(f, first..first + length);
        first += length;
    }
}

/// `eta += Z b`.
pub fn add_zb(model: &Model, shard: &Shard, b: &[f64], eta: &mut [f64]) {
    for_factors(model, shard, |f, range| {
        model.factors[f].add_zb(&shard.rows, &shard.levels[f], &b[range], eta);
    });
}

/// `out := Z' v`.
pub fn ztv(model: &Model, shard: &Shard, v: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for_factors(model, shard, |f, range| {
        model.factors[f].add_ztv(&shard.rows, &shard.levels[f], v, &mut out[range]);
    });
}

/// `b := Lambda u`.
pub fn lambda_times(model: &Model, shard: &Shard, lambdas: &[Lambda], u: &[f64], b: &mut [f64]) {
    by_level(model, shard, lambdas, Lambda::apply, u, b);
}

/// `out := Lambda' x`.
pub fn lambda_transposed_times(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    x: &[f64],
    out: &mut [f64],
) {
    by_level(model, shard, lambdas, Lambda::apply_transposed, x, out);
}

fn by_level(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    apply: impl Fn(&Lambda, &[f64], &mut [f64]),
    x: &[f64],
    out: &mut [f64],
) {
    for_factors(model, shard, |f, range| {
        let (x, out, lambda) = (&x[range.clone()], &mut out[range], &lambdas[f]);
        if let [scale] = lambda.values[..] {
            out.iter_mut().zip(x).for_each(|(out, x)| *out = scale * x);
            return;
        }
        for (x, out) in x.chunks_exact(lambda.p).zip(out.chunks_exact_mut(lambda.p)) {
            apply(lambda, x, out);
        }
    });
}

/// `bar_f += alpha * sum over levels of x_level y_level'`.
pub fn add_outer(
    model: &Model,
    shard: &Shard,
    alpha: f64,
    x: &[f64],
    y: &[f64],
    bar: &mut [Lambda],
) {
    for_factors(model, shard, |f, range| {
        let p = model.factors[f].p();
        let bar = &mut bar[f].values;
        let (x, y) = (&x[range.clone()], &y[range]);
        if p == 1 {
            bar[0] += alpha * dot(x, y);
            return;
        }
        for (x, y) in x.chunks_exact(p).zip(y.chunks_exact(p)) {
            for r in 0..p {
                for c in 0..p {
                    bar[r * p + c] += alpha * x[r] * y[c];
                }
            }
        }
    });
}

/// For each entry of `theta`, calls `visit` with `dLambda u + Lambda dLambda' zs`, the effects' working variate.
pub fn by_column_of_theta(
    model: &Model,
    shard: &Shard,
    lambdas: &[Lambda],
    u: &[f64],
    zs: &[f64],
    mut visit: impl FnMut(&[f64]),
) {
    let mut b = vec![0.0; u.len()];
    for term in &model.terms {
        let p = model.factors[term.factor].p();
        for &(r, c) in &term.entries {
            let (r, c) = (term.first + r, term.first + c);
            b.fill(0.0);
            for_factors(model, shard, |f, range| {
                if f == term.factor {
                    for (level, b) in b[range.clone()].chunks_exact_mut(p).enumerate() {
                        let at = range.start + level * p;
                        b[r] += u[at + c];
                        for (i, b) in b.iter_mut().enumerate() {
                            *b += lambdas[f].values[i * p + c] * zs[at + r];
                        }
                    }
                }
            });
            visit(&b);
        }
    }
}
