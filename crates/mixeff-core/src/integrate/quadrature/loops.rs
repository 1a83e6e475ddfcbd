//! The loops over the nodes of a row or a level. All is inlined into the caller's vector instructions.

use crate::family::math;
use crate::family::simd::Arithmetic;
use crate::integrate::grid::Tier;

/// `out := base + sum_w a_w z_w` at the joint nodes of a tier; `over` has room for the nodes above.
#[inline(always)]
pub fn linear_form<A: Arithmetic>(
    tier: &Tier,
    base: f64,
    a: &[f64],
    over: &mut [f64],
    out: &mut [f64],
) {
    let (own, above) = a.split_at(tier.p);
    if tier.above == 1 {
        out.fill(base);
        for (&a, z) in own.iter().zip(tier.z.chunks_exact(tier.points)) {
            add_scaled::<A>(a, z, out);
        }
        return;
    }
    let over = &mut over[..tier.above];
    over.fill(base);
    for (&a, z) in above.iter().zip(tier.z_above.chunks_exact(tier.above)) {
        add_scaled::<A>(a, z, over);
    }
    for (k, out) in out.chunks_exact_mut(tier.above).enumerate() {
        let step: f64 = (0..tier.p)
            .map(|c| own[c] * tier.z[c * tier.points + k])
            .sum();
        for (out, over) in out.iter_mut().zip(over.iter()) {
            *out = over + step;
        }
    }
}

/// `y += a x`.
#[inline(always)]
pub fn add_scaled<A: Arithmetic>(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = A::mul_add(a, *x, *y);
    }
}

/// `log -= x^2 / 2`: the density of a standard normal effect.
#[inline(always)]
pub fn add_prior<A: Arithmetic>(x: &[f64], log: &mut [f64]) {
    for (l, x) in log.iter_mut().zip(x) {
        *l = A::mul_add(-0.5 * x, *x, *l);
    }
}

/// Adds the log-weights, then replaces the logarithms by posterior weights of the nodes given those above, and gives
/// the logarithms of the sums. False if a sum over a rule with negative weights is not positive.
#[inline(always)]
pub fn normalise<A: Arithmetic>(tier: &Tier, log: &mut [f64], total: &mut [f64]) -> bool {
    let above = tier.above;
    for (row, w) in log.chunks_exact_mut(above).zip(&tier.log_weights) {
        row.iter_mut().for_each(|l| *l += w);
    }
    if above == 1 {
        return normalise_one::<A>(tier, log, total);
    }
    total.fill(f64::NEG_INFINITY);
    for row in log.chunks_exact(above) {
        for (m, l) in total.iter_mut().zip(row) {
            *m = if *l > *m { *l } else { *m };
        }
    }
    total.iter_mut().for_each(|m| *m = finite_or_zero(*m));
    for row in log.chunks_exact_mut(above) {
        for (l, m) in row.iter_mut().zip(total.iter()) {
            *l = math::exp::<A>(*l - m);
        }
    }
    apply_signs(tier, log);
    finish_columns::<A>(above, log, total)
}

/// Divides by the sums over the nodes, column by column.
#[inline(always)]
fn finish_columns<A: Arithmetic>(above: usize, weight: &mut [f64], total: &mut [f64]) -> bool {
    const MOST: usize = 64;
    let mut proper = true;
    let mut start = 0;
    while start < above {
        let end = (start + MOST).min(above);
        let mut sums = [0.0; MOST];
        let sums = &mut sums[..end - start];
        for row in weight.chunks_exact(above) {
            for (s, x) in sums.iter_mut().zip(&row[start..end]) {
                *s += x;
            }
        }
        for (t, s) in total[start..end].iter_mut().zip(sums.iter()) {
            proper &= *s >= 0.0;
            *t += math::ln::<A>(*s);
        }
        sums.iter_mut().for_each(|s| *s = reciprocal_or_zero(*s));
        for row in weight.chunks_exact_mut(above) {
            for (x, s) in row[start..end].iter_mut().zip(sums.iter()) {
                *x *= s;
            }
        }
        start = end;
    }
    proper
}

#[inline(always)]
fn normalise_one<A: Arithmetic>(tier: &Tier, log: &mut [f64], total: &mut [f64]) -> bool {
    let mut most = f64::NEG_INFINITY;
    for l in log.iter() {
        most = if *l > most { *l } else { most };
    }
    let most = finite_or_zero(most);
    for l in log.iter_mut() {
        *l = math::exp::<A>(*l - most);
    }
    apply_signs(tier, log);
    let sum = add_up(log);
    total[0] = most + sum.ln();
    let scale = reciprocal_or_zero(sum);
    log.iter_mut().for_each(|x| *x *= scale);
    sum >= 0.0
}

#[inline(always)]
fn apply_signs(tier: &Tier, weight: &mut [f64]) {
    for (row, sign) in weight.chunks_exact_mut(tier.above).zip(&tier.signs) {
        row.iter_mut().for_each(|x| *x *= sign);
    }
}

#[inline(always)]
fn finite_or_zero(x: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        0.0
    } else {
        x
    }
}

#[inline(always)]
fn reciprocal_or_zero(x: f64) -> f64 {
    if x > 0.0 {
        1.0 / x
    } else {
        0.0
    }
}

/// Eight sums side by side.
#[inline(always)]
fn add_up(x: &[f64]) -> f64 {
    fold_lanes(x, x, |x, _| x)
}

#[inline(always)]
fn dot(x: &[f64], y: &[f64]) -> f64 {
    fold_lanes(x, y, |x, y| x * y)
}

#[inline(always)]
fn fold_lanes(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (mut xs, mut ys) = (x.chunks_exact(8), y.chunks_exact(8));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for k in 0..8 {
            lanes[k] += f(x[k], y[k]);
        }
    }
    let mut tail = 0.0;
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        tail += f(*x, *y);
    }
    let [a, b, c, d, e, g, h, i] = lanes;
    ((a + e) + (b + g)) + ((c + h) + (d + i)) + tail
}

/// Conditional expectations of `x`, given at the joint nodes, over the nodes of the tier: the mean in `mean`, and with each
/// coordinate of the node in the rows of `with_z` if there are any. `weight` holds the conditional weights, `weight_z` those
/// times the coordinates (read where nothing lies above).
#[inline(always)]
pub fn expect<A: Arithmetic>(
    tier: &Tier,
    weight: &[f64],
    weight_z: &[f64],
    x: &[f64],
    mean: &mut [f64],
    with_z: &mut [f64],
) {
    let (points, above) = (tier.points, tier.above);
    if above == 1 {
        mean[0] = dot(weight, x);
        for (out, weight) in with_z.iter_mut().zip(weight_z.chunks_exact(points)) {
            *out = dot(weight, x);
        }
        return;
    }
    mean.fill(0.0);
    with_z.fill(0.0);
    if tier.p == 1 && !with_z.is_empty() {
        let rows = weight.chunks_exact(above).zip(x.chunks_exact(above));
        for ((weight, x), &z) in rows.zip(&tier.z) {
            for (((m, o), w), x) in mean.iter_mut().zip(with_z.iter_mut()).zip(weight).zip(x) {
                let wx = w * x;
                *m += wx;
                *o = A::mul_add(z, wx, *o);
            }
        }
        return;
    }
    for (k, (weight, x)) in weight
        .chunks_exact(above)
        .zip(x.chunks_exact(above))
        .enumerate()
    {
        for ((m, w), x) in mean.iter_mut().zip(weight).zip(x) {
            *m = A::mul_add(*w, *x, *m);
        }
        for (c, out) in with_z.chunks_exact_mut(above).enumerate() {
            let z = tier.z[c * points + k];
            for ((o, w), x) in out.iter_mut().zip(weight).zip(x) {
                *o = A::mul_add(z * w, *x, *o);
            }
        }
    }
}

/// `weight_z := weight * z`, coordinate by coordinate, where nothing lies above the tier.
#[inline(always)]
pub fn weights_times_z(tier: &Tier, weight: &[f64], weight_z: &mut [f64]) {
    if tier.above > 1 {
        return;
    }
    let rows = weight_z.chunks_exact_mut(tier.points);
    for (row, z) in rows.zip(tier.z.chunks_exact(tier.points)) {
        for ((o, w), z) in row.iter_mut().zip(weight).zip(z) {
            *o = w * z;
        }
    }
}

/// Conditional expectations of the coordinates of the nodes themselves, and of their products.
#[inline(always)]
pub fn expect_nodes<A: Arithmetic>(
    tier: &Tier,
    weight: &[f64],
    weight_z: &[f64],
    mean: &mut [f64],
    second: &mut [f64],
) {
    let (p, points, above) = (tier.p, tier.points, tier.above);
    let z = |c: usize| &tier.z[c * points..(c + 1) * points];
    if above == 1 {
        for a in 0..p {
            mean[a] = dot(weight, z(a));
            for b in 0..p {
                second[a * p + b] = dot(&weight_z[a * points..(a + 1) * points], z(b));
            }
        }
        return;
    }
    mean.fill(0.0);
    second.fill(0.0);
    for (k, weight) in weight.chunks_exact(above).enumerate() {
        for a in 0..p {
            add_scaled::<A>(z(a)[k], weight, &mut mean[a * above..(a + 1) * above]);
            for b in 0..p {
                let out = &mut second[(a * p + b) * above..(a * p + b + 1) * above];
                add_scaled::<A>(z(a)[k] * z(b)[k], weight, out);
            }
        }
    }
}
