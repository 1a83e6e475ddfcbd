//! Taylor coefficients `f^(k)(x) / k!` of elementary functions, as many as a slice holds: plain loops, for expansions of high
//! order, where three derivatives in closed form do not reach.

/// `B_2n / (2n (2n - 1))` for n = 1, 2, ..: Stirling's series.
const STIRLING: [f64; 10] = [
    0.083_333_333_333_333_33,
    -0.002_777_777_777_777_778,
    0.000_793_650_793_650_793_7,
    -0.000_595_238_095_238_095_3,
    0.000_841_750_841_750_841_7,
    -0.001_917_526_917_526_917_5,
    0.006_410_256_410_256_41,
    -0.029_550_653_594_771_24,
    0.179_644_372_368_830_57,
    -1.392_432_216_905_901,
];

/// Coefficients that anyone asks for.
pub const MOST: usize = 9;

/// From here on Stirling's series is exact to rounding, to all orders up to [`MOST`].
const LARGE: f64 = 16.0;

/// Those of `exp`, given its value.
pub fn exp(e: f64, c: &mut [f64]) {
    let mut term = e;
    for (k, c) in c.iter_mut().enumerate() {
        *c = term;
        term /= (k + 1) as f64;
    }
}

/// Those of the logarithm at `x`, given its value.
pub fn ln(x: f64, log: f64, c: &mut [f64]) {
    let r = x.recip();
    let mut power = -1.0;
    c[0] = log;
    for (k, c) in c.iter_mut().enumerate().skip(1) {
        power *= -r;
        *c = power / k as f64;
    }
}

/// Those of `log(1 - exp(-x))`, given its value and its slope `b = 1 / (exp(x) - 1)`, which falls by `b' = -b (1 + b)`.
pub fn ln_1m_exp_neg(log: f64, slope: f64, c: &mut [f64]) {
    let mut b = [0.0; MOST];
    b[0] = slope;
    for k in 0..MOST - 1 {
        b[k + 1] = -(b[k] + product_term(&b, &b, k)) / (k + 1) as f64;
    }
    integrate(&b, log, c);
}

/// Those of `1 / x`.
pub fn recip(x: f64, c: &mut [f64]) {
    let r = x.recip();
    let mut term = r;
    for c in c {
        *c = term;
        term *= -r;
    }
}

/// Those of `F(x) = 1 / (1 + exp(-x))`, given it and `1 - F`: the smaller of the two has `f' = f (1 - f)`, but for the sign.
pub fn logistic(p: f64, q: f64, c: &mut [f64]) {
    let sign = if p < q { 1.0 } else { -1.0 };
    c[0] = p.min(q);
    for k in 0..c.len() - 1 {
        let slope = c[k] - product_term(c, c, k);
        c[k + 1] = sign * slope / (k + 1) as f64;
    }
    c.iter_mut().for_each(|c| *c *= sign);
    c[0] = p;
}

/// Those of `log(1 + exp(x))`, given its value, and `F` and `1 - F`.
pub fn softplus([value, p, q]: [f64; 3], c: &mut [f64]) {
    let mut slope = [0.0; MOST];
    logistic(p, q, &mut slope);
    integrate(&slope, value, c);
}

/// Those of `log(1 + exp(x)) - F(x)`, whose slope is `F^2`, given its value, and `F` and `1 - F`.
pub fn softplus_excess([value, p, q]: [f64; 3], c: &mut [f64]) {
    let mut slope = [0.0; MOST];
    logistic(p, q, &mut slope);
    let square = std::array::from_fn::<f64, MOST, _>(|k| product_term(&slope, &slope, k));
    integrate(&square, value, c);
}

/// Those of the square root.
pub fn sqrt(x: f64, c: &mut [f64]) {
    let mut term = x.sqrt();
    for (k, c) in c.iter_mut().enumerate() {
        *c = term;
        term *= (0.5 - k as f64) / (x * (k + 1) as f64);
    }
}

/// Those of what is left of `log Gamma` after Stirling's leading term, `x > 0`: by `r(x) = r(x + 1) + (x + 1/2) log(1 + 1/x) - 1`
/// up to where the series holds.
pub fn stirling_remainder(x: f64, c: &mut [f64]) {
    c.fill(0.0);
    let mut x = x;
    while x < LARGE {
        let (near, far) = (x.recip(), (x + 1.0).recip());
        let (mut p, mut q, mut last) = (-1.0, -1.0, libm::log1p(near));
        c[0] += (x + 0.5) * last - 1.0;
        for (k, c) in c.iter_mut().enumerate().skip(1) {
            (p, q) = (-p * near, -q * far);
            let own = (q - p) / k as f64;
            *c += (x + 0.5) * own + last;
            last = own;
        }
        x += 1.0;
    }
    let r = x.recip();
    for (n, s) in STIRLING.iter().enumerate() {
        let mut term = s * r.powi(2 * n as i32 + 1);
        for (k, c) in c.iter_mut().enumerate() {
            *c += term;
            term *= -r * (2 * n + 1 + k) as f64 / (k + 1) as f64;
        }
    }
}

/// Those of the logarithm of a series, in its place.
pub fn ln_of(s: &mut [f64]) {
    let mut log = [0.0; MOST];
    log[0] = libm::log(s[0]);
    for k in 1..s.len() {
        let known: f64 = (1..k).map(|j| j as f64 * log[j] * s[k - j]).sum();
        log[k] = (s[k] - known / k as f64) / s[0];
    }
    s.copy_from_slice(&log[..s.len()]);
}

/// Those of the exponential of a series, in its place.
pub fn exp_of(s: &mut [f64]) {
    let mut exp = [0.0; MOST];
    exp[0] = libm::exp(s[0]);
    for k in 1..s.len() {
        let sum: f64 = (1..=k).map(|j| j as f64 * s[j] * exp[k - j]).sum();
        exp[k] = sum / k as f64;
    }
    s.copy_from_slice(&exp[..s.len()]);
}

/// The coefficient of `t^k` of the product of two series.
pub fn product_term(x: &[f64], y: &[f64], k: usize) -> f64 {
    (0..=k).map(|j| x[j] * y[k - j]).sum()
}

/// The integral of a series, from `value` on.
pub fn integrate(derivative: &[f64], value: f64, c: &mut [f64]) {
    c[0] = value;
    for (k, c) in c.iter_mut().enumerate().skip(1) {
        *c = derivative[k - 1] / k as f64;
    }
}

/// The function of the negative argument.
pub fn mirror(c: &mut [f64]) {
    c.iter_mut().skip(1).step_by(2).for_each(|c| *c = -*c);
}
