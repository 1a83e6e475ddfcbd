"""Reference values of continuous responses and proportions.

Run: ``python validation/densities_continuous.py``.
"""

import functools
import itertools

import mpmath as mp
from densities import Case, write

DIGITS = 220
# Of a series.
FEWER = 118
# Of differences of probabilities near one.
MORE = 700


def log_ncdf(x):
    """The logarithm of the normal distribution function."""
    tail = mp.erfc(abs(x) / mp.sqrt(2)) / 2
    return mp.log(tail) if x < 0 else mp.log1p(-tail)


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def gaussian(z, log_sd):
    return -z * z / 2 - log_sd - mp.log(2 * mp.pi) / 2


def minimum(z, log_scale):
    return z - mp.exp(z) - log_scale


def minimum_cdf(z):
    return -mp.expm1(-mp.exp(z))


def normal_cdf(z):
    return mp.ncdf(z)


def inverse_gaussian(y, _, eta, log_phi):
    mu, phi = mp.exp(eta), mp.exp(log_phi)
    return -((y - mu) ** 2) / (2 * phi * mu**2 * y) - mp.log(2 * mp.pi * phi * y**3) / 2


def exponential(y, _, eta):
    return -eta - y * mp.exp(-eta)


def lognormal(y, _, eta, log_sd):
    return gaussian((mp.log(y) - eta) / mp.exp(log_sd), log_sd) - mp.log(y)


def weibull(y, _, eta, log_scale):
    scale, shape = mp.exp(eta), mp.exp(-log_scale)
    return mp.log(shape / scale) + (shape - 1) * mp.log(y / scale) - (y / scale) ** shape


def student(y, _, location, log_scale, log_df):
    nu, z = mp.exp(log_df), (y - location) / mp.exp(log_scale)
    constant = mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(mp.pi * nu) / 2
    return constant - log_scale - (nu + 1) / 2 * mp.log1p(z * z / nu)


def skew_normal(y, _, mean, log_sd, alpha):
    delta = alpha / mp.sqrt(1 + alpha**2)
    omega = mp.exp(log_sd) / mp.sqrt(1 - 2 * delta**2 / mp.pi)
    w = (y - mean) / omega + delta * mp.sqrt(2 / mp.pi)
    return mp.log(2) + gaussian(w, mp.log(omega)) + log_ncdf(alpha * w)


def censored(density, cdf, transform=lambda y: y, jacobian=lambda y: mp.mpf(0)):
    def log_density(lower, upper, location, log_scale):
        z = [(transform(y) - location) / mp.exp(log_scale) for y in (lower, upper)]
        if lower == upper:
            return density(z[0], log_scale) - jacobian(lower)
        return mp.log(cdf(z[1]) - cdf(z[0]))

    return log_density


def log_or_minus_infinity(y):
    return mp.log(y) if y > 0 else -mp.inf


CENSORED = {
    ("censored_gaussian", "identity"): censored(gaussian, normal_cdf),
    ("censored_lognormal", "identity"): censored(
        gaussian, normal_cdf, log_or_minus_infinity, mp.log
    ),
    ("censored_weibull", "log"): censored(minimum, minimum_cdf, log_or_minus_infinity, mp.log),
}


def tweedie(y, _, eta, log_phi, logit):
    power, phi, mu = 1 + logistic(logit), mp.exp(log_phi), mp.exp(eta)
    rate = mu ** (2 - power) / (phi * (2 - power))
    if y == 0:
        return -rate
    shape, scale = (2 - power) / (power - 1), phi * (power - 1) * mu ** (power - 1)
    return -rate - y / scale - mp.log(y) + log_terms(mp.log(rate), mp.log(y / scale), shape)


@functools.lru_cache(maxsize=100_000)
def log_gamma_of_multiple(j, shape):
    return mp.loggamma(j * shape)


def log_terms(log_rate, log_y, shape):
    """The logarithm of the sum over the numbers of amounts."""

    def term(j):
        powers = j * (log_rate + shape * log_y)
        return mp.exp(powers - mp.loggamma(j + 1) - log_gamma_of_multiple(j, shape))

    total, before, j = mp.mpf(0), mp.mpf(0), 1
    while True:
        last = term(j)
        total, j = total + last, j + 1
        if last < total * mp.mpf(10) ** -FEWER and last < before:
            return mp.log(total)
        before = last


def beta(y, mu, phi):
    a, b = mu * phi, (1 - mu) * phi
    ways = mp.loggamma(phi) - mp.loggamma(a) - mp.loggamma(b)
    return ways + (a - 1) * mp.log(y) + (b - 1) * mp.log1p(-y)


MEANS = {
    "logit": logistic,
    "probit": mp.ncdf,
    "cloglog": lambda x: -mp.expm1(-mp.exp(x)),
}


def beta_by(link):
    return lambda y, _, eta, log_phi: beta(y, MEANS[link](eta), mp.exp(log_phi))


def ordered_beta(y, _, eta, log_phi, cut, log_step):
    first, second = logistic(eta - cut), logistic(eta - cut - mp.exp(log_step))
    if y == 0:
        return mp.log(1 - first)
    if y == 1:
        return mp.log(second)
    return mp.log(first - second) + beta(y, logistic(eta), mp.exp(log_phi))


def zero_one_inflated_beta(y, _, eta, log_phi, end, one):
    at_end, ones = logistic(end), logistic(one)
    if y in (0, 1):
        return mp.log(at_end) + mp.log(ones if y == 1 else 1 - ones)
    return mp.log(1 - at_end) + beta(y, logistic(eta), mp.exp(log_phi))


def case(family, link, density, y, eta, extra=0.0):
    digits = {"tweedie": FEWER, "censored_gaussian": MORE, "censored_lognormal": MORE}.get(
        family, DIGITS
    )
    return Case(family, link, density, y, eta, extra, digits=digits)


def one_or_two_predictors():
    for y, x in itertools.product((1e-6, 0.4, 1, 30), (-5, -0.3, 0.7, 4)):
        yield case("exponential", "log", exponential, y, (x,))
        for s in (-9, -1, 0, 0.8, 3):
            yield case("inverse_gaussian", "log", inverse_gaussian, y, (x, s))
            yield case("lognormal", "identity", lognormal, y, (x, s))
            if s > -2:
                yield case("weibull", "log", weibull, y, (x, s))


def students():
    degrees = (-2.3, 0, 1.4, 4, 9, 14, 18.5, 40)
    for y, s, nu in itertools.product((-300, 0.3, 0.75, 2, 41), (-1.5, 0.2, 3), degrees):
        yield case("student", "identity", student, y, (0.3, s, nu))


def skew_normals():
    shapes = (-40, -3, -0.7, 0, 1e-3, 1.2, 8, 1e6)
    for y, s, alpha in itertools.product((-30, -1, 0.2, 1.5, 12), (-0.5, 0.3, 2), shapes):
        yield case("skew_normal", "identity", skew_normal, y, (0.4, s, alpha))


INTERVALS = [
    (-mp.inf, 0.5),
    (0.5, mp.inf),
    (0.5, 0.5),
    (0.5, 0.75),
    (1, 9),
    (0.01, 0.02),
    (3, 70),
    (-mp.inf, 1e-3),
]


def intervals():
    points = (-12, -3, -0.2, 0.6, 2, 7), (-1, 0, 1.5)
    for (name, density), (low, high), x, s in itertools.product(
        CENSORED.items(), INTERVALS, *points
    ):
        lowest = -3 if name[1] == "log" or s < 0 else -12
        if x >= lowest and (name[1] == "identity" or s >= 0):
            yield case(*name, density, low, (x, s), high)


def tweedies():
    # The last powers: 1.01 and 1.99.
    points = (-3, 0.4, 3), (-2, 0.1, 2), (-2, 0.3, 1.5, -4.595, 4.595)
    for y, x, s, e in itertools.product((0, 0.02, 1.3, 25), *points):
        if y == 0 or x == 0.4:
            yield case("tweedie", "log", tweedie, y, (x, s, e))
    for y, s, e in ((900, -2, 0.3), (3, -4.5, 0.2), (1e-8, 0.5, 1), (4, -3.5, -2)):
        yield case("tweedie", "log", tweedie, y, (0.4, s, e))


def proportions():
    logs = (-4, -0.5, 1.5, 4, 12)
    for link, x, s, y in itertools.product(MEANS, (-6, -1.2, 0.3, 1.4), logs, (1e-9, 0.3, 0.99)):
        yield case("beta", link, beta_by(link), y, (x, s))
    for y, x, s in itertools.product((0, 1, 1e-4, 0.6), (-25, -1, 2), (0.5, 3)):
        for cut, step in ((-1.5, 1.1), (0.7, -6), (-20, 3)):
            yield case("ordered_beta", "logit", ordered_beta, y, (x, s, cut, step))
        yield case("zero_one_inflated_beta", "logit", zero_one_inflated_beta, y, (x, s, -1, 2.5))
        yield case("zero_one_inflated_beta", "logit", zero_one_inflated_beta, y, (x, s, 30, -9))


def main():
    cases = one_or_two_predictors(), students(), skew_normals(), intervals()
    write("continuous", itertools.chain(*cases, tweedies(), proportions()))


if __name__ == "__main__":
    main()
