// Predictions of a fitted model from its coefficients: columns of the model matrix, linear
// predictors, and means or probabilities with the random effects held or integrated out.
// Nothing here knows the page; the tests hold every number to the package's own.
"use strict";

const Mixeff = (() => {
  // Arithmetic on covariates, as the formula has it --------------------------------------------

  const FUNCTIONS = {
    I: (x) => x, log: Math.log, log2: Math.log2, log10: Math.log10, log1p: Math.log1p,
    exp: Math.exp, expm1: Math.expm1, sqrt: Math.sqrt, abs: Math.abs, sin: Math.sin,
    cos: Math.cos, floor: Math.floor, ceil: Math.ceil,
  };
  const OPERATORS = {
    Add: (a, b) => a + b, Sub: (a, b) => a - b, Mult: (a, b) => a * b, Div: (a, b) => a / b,
    Pow: (a, b) => a ** b, FloorDiv: (a, b) => Math.floor(a / b),
    Mod: (a, b) => a - b * Math.floor(a / b), BitAnd: (a, b) => a & b, BitOr: (a, b) => a | b,
    USub: (a) => -a, UAdd: (a) => +a, Invert: (a) => (typeof a === "boolean" ? !a : ~a),
    Eq: (a, b) => a === b, NotEq: (a, b) => a !== b, Lt: (a, b) => a < b, LtE: (a, b) => a <= b,
    Gt: (a, b) => a > b, GtE: (a, b) => a >= b,
  };

  function evaluate(expression, at) {
    if ("name" in expression) return at[expression.name];
    if ("value" in expression) return expression.value;
    const parts = expression.of.map((part) => evaluate(part, at));
    return (OPERATORS[expression.do] || FUNCTIONS[expression.do])(...parts);
  }

  // A column is a product of numbers and of dummies, or a table to interpolate in.
  function column(plan, at) {
    if (plan.table) return lookUp(plan.table, at);
    for (const [name, level] of plan.dummies) if (at[name] !== level) return 0;
    return plan.numbers.reduce((product, part) => product * Number(evaluate(part, at)), 1);
  }

  // Multilinear between the points of a grid; levels are looked up.
  function lookUp(table, at) {
    let corners = [[0, 1]];
    for (const { name, points, exact } of table.axes) {
      const next = [];
      for (const [k, share] of place(points, at[name], exact))
        for (const [position, weight] of corners)
          if (share) next.push([position * points.length + k, weight * share]);
      corners = next;
    }
    return corners.reduce((sum, [position, weight]) => sum + weight * table.values[position], 0);
  }

  function place(points, value, exact) {
    if (exact) return [[points.indexOf(value), 1]];
    let k = 0;
    while (k < points.length - 2 && value > points[k + 1]) k += 1;
    const share = (value - points[k]) / (points[k + 1] - points[k]);
    return [[k, 1 - share], [k + 1, share]];
  }

  // Linear predictors and the covariance matrix of their random parts --------------------------

  function fixed(model, at) {
    return model.predictors.map((part) => {
      const known = part.offset.reduce((sum, text) => sum + Number(evaluate(text, at)), 0);
      return part.columns.reduce((sum, plan, j) => sum + part.beta[j] * column(plan, at), known);
    });
  }

  function covariance(model, at, terms = model.random) {
    const d = model.predictors.length;
    const total = Array.from({ length: d }, () => new Array(d).fill(0));
    for (const term of terms) {
      const z = term.columns.map((plan) => column(plan, at));
      term.sigma.forEach((row, i) => row.forEach((value, j) => {
        total[term.places[i]][term.places[j]] += z[i] * value * z[j];
      }));
    }
    return total;
  }

  // Links --------------------------------------------------------------------------------------

  const SQRT_TAU = Math.sqrt(2 * Math.PI);

  // Marsaglia's series in the middle, Laplace's continued fraction in the tails.
  function normalCdf(x) {
    if (Math.abs(x) > 38) return x > 0 ? 1 : 0;
    const density = Math.exp(-0.5 * x * x) / SQRT_TAU;
    if (Math.abs(x) < 5) {
      let term = x, sum = x;
      for (let k = 3; Math.abs(term) > 1e-18; k += 2) sum += term *= (x * x) / k;
      return 0.5 + sum * density;
    }
    let fraction = 0;
    for (let k = 60; k > 0; k -= 1) fraction = k / (Math.abs(x) + fraction);
    const tail = density / (Math.abs(x) + fraction);
    return x > 0 ? 1 - tail : tail;
  }

  // By Newton's method on the distribution function, from the logistic approximation.
  function normalQuantile(p) {
    if (p > 0.5) return -normalQuantile(1 - p);
    let x = Math.log(p / (1 - p)) / 1.702;
    for (let round = 0; round < 50; round += 1) {
      const step = ((normalCdf(x) - p) / Math.exp(-0.5 * x * x)) * SQRT_TAU;
      x -= Math.max(-0.5, Math.min(0.5, step));
      if (Math.abs(step) < 1e-13) break;
    }
    return x;
  }

  const INVERSE = {
    identity: (e) => e, log: Math.exp, sqrt: (e) => e * e, inverse: (e) => 1 / e,
    logit: (e) => (e > 0 ? 1 / (1 + Math.exp(-e)) : Math.exp(e) / (1 + Math.exp(e))),
    probit: normalCdf,
    cloglog: (e) => -Math.expm1(-Math.exp(e)), loglog: (e) => Math.exp(-Math.exp(-e)),
    cauchit: (e) => Math.atan2(1, -e) / Math.PI,
  };

  // Lanczos' approximation.
  const LANCZOS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  function gamma(x) {
    if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
    const t = x + 6.5;
    const sum = LANCZOS.reduce((total, c, k) => total + (k ? c / (x - 1 + k) : c), 0);
    return SQRT_TAU * t ** (x - 0.5) * Math.exp(-t) * sum;
  }

  // Means: of the families whose mean is not the first parameter; probability of a zero count ---

  const logit = (p) => Math.log(p / (1 - p));
  const withEnds = (mu, zero, one) => one + (1 - zero - one) * mu;
  const MEANS = {
    lognormal: (mu, [sigma]) => Math.exp(mu + 0.5 * sigma * sigma),
    weibull: (mu, [sigma]) => mu * gamma(1 + sigma),
    ordered_beta: (mu, [, first, distance]) => withEnds(
      mu, INVERSE.logit(first - logit(mu)), INVERSE.logit(logit(mu) - first - distance)),
    zero_one_inflated_beta: (mu, [, end, one]) => withEnds(mu, end * (1 - one), end * one),
  };
  const ZEROS = {
    poisson: (mu) => Math.exp(-mu),
    nb2: (mu, [phi]) => Math.exp(-Math.log1p(phi * mu) / phi),
    nb1: (mu, [phi]) => Math.exp((-mu * Math.log1p(phi)) / phi),
    genpois: (mu, [phi]) => Math.exp(-mu / Math.sqrt(phi)),
  };
  const MODIFIERS = {
    zero_truncated: (mean, core, mu, further) => mean / (1 - ZEROS[core](mu, further)),
    zero_inflated: (mean, core, mu, further) => mean * (1 - further[further.length - 1]),
    hurdle: (mean, core, mu, further) => mean * (1 - further[further.length - 1]),
  };

  // Probabilities of categories ----------------------------------------------------------------

  function stopping(hazard) {
    let going = 1;
    const found = hazard.map((h) => { const p = going * h; going *= 1 - h; return p; });
    return [...found, going];
  }

  function softmax(utility) {
    const full = [0, ...utility], most = Math.max(...full);
    const odds = full.map((u) => Math.exp(u - most)), total = odds.reduce((a, b) => a + b);
    return odds.map((o) => o / total);
  }

  const CATEGORIES = {
    cumulative: (f, eta, kappa) => {
      const below = [0, ...kappa.map((k) => f(k - eta)), 1];
      return below.slice(1).map((p, j) => p - below[j]);
    },
    adjacent: (f, eta, kappa) => {
      let sum = 0;
      return softmax(kappa.map((k) => (sum += eta - k)));
    },
    sequential: (f, eta, kappa) => stopping(kappa.map((k) => f(k - eta))),
    sequential_backward: (f, eta, kappa) =>
      stopping(kappa.map((k) => f(eta - k)).reverse()).reverse(),
    multinomial: (f, eta, others) => softmax([eta, ...others]),
    duration: (f, eta, alpha) => stopping(alpha.map((a) => f(a + eta))),
  };

  // The response at linear predictors: a list of one mean, or of probabilities.
  function response(model, etas) {
    const { kind, core, modifiers, mapping } = model.response, inverse = INVERSE[model.link];
    if (kind === "categories") {
      const full = mapping ? mapping.map((row) => dot(row, etas)) : etas;
      return CATEGORIES[core](inverse, full[0], full.slice(1));
    }
    if (kind === "curve") return [lookUp(model.response.table, { eta: etas[0] })];
    const mu = inverse(etas[0]);
    const further = model.predictors.slice(1).map(
      (part, d) => part.shift + INVERSE[part.link](etas[d + 1]));
    const own = core in MEANS ? MEANS[core](mu, further) : mu;
    return [modifiers.reduce((mean, name) => MODIFIERS[name](mean, core, mu, further), own)];
  }

  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

  // Random effects held, or integrated out -----------------------------------------------------

  // The random part of each linear predictor at a percentile of its own distribution.
  function conditional(model, at, percentile = 0.5) {
    return held(percentile)(model, fixed(model, at), covariance(model, at));
  }

  function held(percentile) {
    const z = percentile === 0.5 ? 0 : normalQuantile(percentile);
    const located = (model, etas, spread) =>
      etas.map((eta, d) => eta + z * Math.sqrt(spread[d][d]));
    const of = (model, etas, spread) => response(model, located(model, etas, spread));
    return Object.assign(of, { located });
  }

  // The inverse link is analytic within so far from the real line.
  const STRIP = { logit: Math.PI, cloglog: Math.PI / 2, loglog: Math.PI / 2, cauchit: 1 };
  const REACH = 8.5, LOG_ERROR = 36;

  // Points and weights of the trapezoidal rule against the standard normal density.
  function nodes(strip, s, logError = LOG_ERROR) {
    const a = Math.min(s > 0 ? (0.9 * strip) / s : Infinity, Math.sqrt(2 * logError));
    const step = (2 * Math.PI * a) / (logError + 0.5 * a * a);
    const half = Math.ceil((REACH * Math.sqrt(logError / LOG_ERROR)) / step);
    const z = Array.from({ length: 2 * half + 1 }, (_, k) => step * (k - half));
    const weight = z.map((x) => Math.exp(-0.5 * x * x));
    const total = weight.reduce((a, b) => a + b);
    return z.map((x, k) => [x, weight[k] / total]);
  }

  function average(points, value) {
    let total = null;
    for (const [point, weight] of points) {
      const found = value(point);
      total = (total || found.map(() => 0)).map((sum, j) => sum + weight * found[j]);
    }
    return total;
  }

  const CLOSED = {
    identity: (eta, s) => eta, log: (eta, s) => Math.exp(eta + 0.5 * s * s),
    sqrt: (eta, s) => eta * eta + s * s,
    probit: (eta, s) => normalCdf(eta / Math.sqrt(1 + s * s)),
    inverse: (eta, s) => (Math.abs(eta) <= REACH * s ? NaN : null),
  };

  const marginal = (model, at) => averaged(model, fixed(model, at), covariance(model, at));

  // A mean that does not exist is NaN.
  function averaged(model, eta, spread) {
    const active = spread.flatMap((row, d) => (row[d] > 0 ? [d] : []));
    if (!active.length) return response(model, eta);
    const plain = model.response.kind === "mean" && !model.response.modifiers.length
      && !(model.response.core in MEANS);
    const s = Math.sqrt(spread[active[0]][active[0]]);
    if (plain && active[0] === 0 && model.link in CLOSED) {
      const closed = CLOSED[model.link](eta[0], s);
      if (closed !== null) return [closed];
    }
    if (active.length === 1) {
      const strip = plain ? STRIP[model.link] || 1 : 0.5;
      return average(nodes(strip, s), (z) => response(model, moved(eta, active, [z * s])));
    }
    return overSeveral(model, eta, spread, active);
  }

  function moved(eta, active, by) {
    const found = eta.slice();
    active.forEach((d, k) => { found[d] += by[k]; });
    return found;
  }

  function overSeveral(model, eta, spread, active) {
    const root = cholesky(active.map((d) => active.map((e) => spread[d][e])));
    const points = active.length === 2 ? grid(root) : quasiRandom(active.length);
    const by = (z) => root.map((row) => dot(row, z));
    return average(points, (z) => response(model, moved(eta, active, by(z))));
  }

  // Of a matrix that may be singular.
  function cholesky(matrix) {
    const n = matrix.length, root = matrix.map(() => new Array(n).fill(0));
    for (let j = 0; j < n; j += 1)
      for (let i = j; i < n; i += 1) {
        const left = matrix[i][j] - dot(root[i].slice(0, j), root[j].slice(0, j));
        root[i][j] = i === j ? Math.sqrt(Math.max(left, 0)) : root[j][j] ? left / root[j][j] : 0;
      }
    return root;
  }

  function grid(root) {
    const sides = [0, 1].map((k) => nodes(1, Math.hypot(root[0][k], root[1][k]), 14));
    return sides[0].flatMap(([a, v]) => sides[1].map(([b, w]) => [[a, b], v * w]));
  }

  // Multiples of the powers of a root of x^(d + 1) = x + 1, modulo one, as normal vectors.
  const stored = {};
  function quasiRandom(d, n = 1024) {
    if (stored[d]) return stored[d];
    let root = 2;
    for (let k = 0; k < 60; k += 1) root = (1 + root) ** (1 / (d + 1));
    const point = (i) => Array.from({ length: d }, (_, k) =>
      normalQuantile((0.5 + i * root ** -(k + 1)) % 1));
    return (stored[d] = Array.from({ length: n }, (_, i) => [point(i + 1), 1 / n]));
  }

  // Confidence intervals ----------------------------------------------------------------------

  const STEP = 1e-4; // of differences of second order
  const LINK = {
    identity: (m) => m, log: Math.log, sqrt: Math.sqrt, inverse: (m) => 1 / m, logit,
    probit: normalQuantile, cloglog: (m) => Math.log(-Math.log1p(-m)),
    loglog: (m) => -Math.log(-Math.log(m)), cauchit: (m) => Math.tan(Math.PI * (m - 0.5)),
  };

  // Estimates with both ends of their intervals; `of` is `averaged`, or `held` at a percentile.
  const intervals = (model, at, of) => (of.located ? ranges : delta)(model, at, of);

  // By the delta method.
  function delta(model, at, of) {
    const values = of(model, fixed(model, at), covariance(model, at));
    const slopes = derivatives(model, at, of);
    return values.map((value, k) => {
      const se = Math.sqrt(variance(model.uncertainty.cov, slopes.map((row) => row[k])));
      return [value, ...around(model.uncertainty, value, se)];
    });
  }

  // By the range of the response over the confidence ellipsoid of the linear predictors it depends on, sought along the
  // longest axis; across it the response is taken as linear.
  function ranges(model, at, of) {
    const { cov, critical, line } = model.uncertainty, scale = (x) => response(model, x).map(LINK[line]);
    const center = of.located(model, fixed(model, at), covariance(model, at));
    const values = response(model, center), rows = derivatives(model, at, of.located);
    const slopes = (x) => x.map((value, d) => slope((h) => scale(moved(x, [d], [h])), value));
    const steepest = slopes(center).map((row) => Math.max(...row.map(Math.abs)));
    const uses = steepest.map((value) => value > NEGLIGIBLE * Math.max(...steepest));
    const by = center.map((_, d) => rows.map((row) => (uses[d] ? row[d] : 0)));
    const matrix = by.map((a) => by.map((b) => covarianceOf(cov, a, b)));
    const axis = longestAxis(matrix);
    const ends = ANGLES.map((angle) => {
      const x = center.map((value, d) => value + critical * Math.sin(angle) * axis[d]);
      const gradient = slopes(x);
      return scale(x).map((value, k) => {
        const g = gradient.map((row) => row[k]), along = dot(g, axis);
        const rest = Math.max(dot(g, matrix.map((row) => dot(row, g))) - along * along, 0);
        const half = critical * Math.cos(angle) * Math.sqrt(rest);
        return [half - value, half + value];
      });
    });
    return values.map((value, k) => {
      const [low, high] = [0, 1].map((side) => highest(ends.map((found) => found[k][side])));
      if (!Number.isFinite(low + high)) return [value, value, value];
      return [value, ...[-low, high].map(INVERSE[line]).sort((a, b) => a - b)];
    });
  }

  const NEGLIGIBLE = 1e-9;
  const ANGLES = Array.from({ length: 11 }, (_, k) => (Math.PI * (k - 5)) / 10);

  // Along a smooth curve, from equidistant points and a parabola through three.
  function highest(values) {
    const every = values.map((value) => (Number.isNaN(value) ? -Infinity : value));
    const k = every.indexOf(Math.max(...every));
    if (k === 0 || k === every.length - 1) return every[k];
    const [before, top, after] = every.slice(k - 1, k + 2);
    const vertex = top + (after - before) ** 2 / (8 * (2 * top - before - after));
    return Number.isFinite(vertex) ? vertex : top;
  }

  // The eigenvector of the largest eigenvalue, as long as the root of this, by Jacobi's rotations.
  function longestAxis(matrix) {
    const n = matrix.length, a = matrix.map((row) => row.slice());
    const axes = matrix.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
    for (let sweep = 0; sweep < 30; sweep += 1)
      for (let p = 0; p < n; p += 1)
        for (let q = p + 1; q < n; q += 1) if (a[p][q] !== 0) rotate(a, axes, p, q);
    const lengths = a.map((row, k) => row[k]), k = lengths.indexOf(Math.max(...lengths));
    return axes.map((row) => row[k] * Math.sqrt(Math.max(lengths[k], 0)));
  }

  function rotate(a, axes, p, q) {
    const ratio = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    const t = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
    const c = 1 / Math.hypot(t, 1), s = t * c;
    const turn = (row) => { [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]]; };
    [...a, ...axes].forEach(turn);
    a[p].forEach((x, k) => { [a[p][k], a[q][k]] = [c * x - s * a[q][k], s * x + c * a[q][k]]; });
    a[p][q] = a[q][p] = 0;
  }

  // Of every value, by each coefficient and each entry of theta.
  function derivatives(model, at, of) {
    const eta = fixed(model, at), spread = covariance(model, at);
    const byEta = eta.map((value, d) => slope(
      (h) => of(model, moved(eta, [d], [h]), spread), value));
    const byBeta = model.predictors.flatMap((part, d) => part.columns.map((plan) => {
      const x = column(plan, at);
      return byEta[d].map((value) => value * x);
    }));
    const byTheta = model.random.flatMap((term, t) => term.theta.map((value, k) => slope(
      (h) => of(model, eta, covariance(model, at, shifted(model.random, t, k, h))), value)));
    return [...byBeta, ...byTheta];
  }

  function slope(values, place) {
    const h = STEP * (1 + Math.abs(place)), [up, down] = [values(h), values(-h)];
    return up.map((value, k) => (value - down[k]) / (2 * h));
  }

  // The terms after an entry of the Cholesky factor of one of them has moved.
  function shifted(terms, t, k, h) {
    const { theta, entries, sigma } = terms[t], root = sigma.map((row) => row.map(() => 0));
    entries.forEach(([i, j], e) => { root[i][j] = theta[e] + (e === k ? h : 0); });
    const moved = { ...terms[t], sigma: root.map((a) => root.map((b) => dot(a, b))) };
    return [...terms.slice(0, t), moved, ...terms.slice(t + 1)];
  }

  const variance = (lower, weights) => Math.max(covarianceOf(lower, weights, weights), 0);

  // Of two linear combinations; the covariance matrix is given by the rows of its lower triangle.
  function covarianceOf(lower, a, b) {
    let total = 0, place = 0;
    a.forEach((_, i) => {
      for (let j = 0; j <= i; j += 1, place += 1)
        total += (i === j ? a[i] * b[i] : a[i] * b[j] + a[j] * b[i]) * lower[place];
    });
    return total;
  }

  // Normal on the scale of a link; a value at an end of its range is its own interval.
  function around({ line, critical }, value, se) {
    const eta = LINK[line](value), back = INVERSE[line], h = 1e-5 * (1 + Math.abs(eta));
    if (!Number.isFinite(eta)) return [value, value];
    const rate = Math.abs(back(eta + h) - back(eta - h)) / (2 * h);
    const half = rate > 0 ? (critical * se) / rate : 0;
    return [back(eta - half), back(eta + half)].sort((a, b) => a - b);
  }

  return {
    averaged, conditional, held, intervals, marginal, response, fixed, covariance, column, normalCdf, normalQuantile, gamma,
    TABLES: { MEANS, ZEROS, MODIFIERS, CATEGORIES, INVERSE, LINK, FUNCTIONS, OPERATORS },
  };
})();

if (typeof module !== "undefined") module.exports = Mixeff;
