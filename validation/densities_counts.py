"""Reference values of counts. Run: ``python validation/densities_counts.py``."""

import itertools
import math
from functools import cache, partial

import mpmath as mp
from densities import Case, write

MEANS = (-30, -2, 0.5, 3, 14)
DISPERSIONS = (-28, -12, -4, -1, 0, 1.5, 5, 30)
COUNTS = (0, 1, 7, 100, 10**6)


def poisson(y, _, eta):
    return y * eta - mp.exp(eta) - mp.loggamma(y + 1)


def nb(y, mu, size):
    """The negative binomial distribution with a mean and a size."""
    ways = mp.loggamma(y + size) - mp.loggamma(size) - mp.loggamma(y + 1)
    return ways + y * mp.log(mu / (mu + size)) - size * mp.log1p(mu / size)


def nb2(y, _, eta, log_phi):
    return nb(y, mp.exp(eta), mp.exp(-log_phi))


def nb1(y, _, eta, log_phi):
    return nb(y, mp.exp(eta), mp.exp(eta - log_phi))


def genpois(y, _, eta, log_phi):
    s = mp.exp(-log_phi / 2)
    theta, rate = mp.exp(eta) * s, 1 - s
    power = (y - 1) * mp.log(theta + rate * y)
    return mp.log(theta) + power - theta - rate * y - mp.loggamma(y + 1)


def compois(y, _, eta, log_phi):
    theta, log_total = compois_sums(eta, log_phi)
    return theta * y - mp.exp(-log_phi) * mp.loggamma(y + 1) - log_total


@cache
def compois_sums(eta, log_phi):
    """``log lambda`` and ``log Z``, by Newton's method on sums over all counts that matter."""
    mu, nu = mp.exp(eta), mp.exp(-log_phi)
    logs = [log_factorial(x, mp.mp.dps) for x in range(compois_support(eta, log_phi))]
    theta = mp.mpf(compois_start(float(eta), float(log_phi)))
    while True:
        terms = [mp.exp(theta * x - nu * log) for x, log in enumerate(logs)]
        total = mp.fsum(terms)
        mean = mp.fsum(x * t for x, t in enumerate(terms)) / total
        if abs(mean - mu) < mu * mp.mpf(10) ** (5 - mp.mp.dps):
            return theta, mp.log(total)
        variance = mp.fsum((x - mean) ** 2 * t for x, t in enumerate(terms)) / total
        theta += mp.log(mu / mean) * mean / variance


@cache
def log_factorial(x, _digits):
    return mp.loggamma(x + 1)


@cache
def compois_start(eta, log_phi):
    """Near the result in double precision, found by bisection."""
    mu, nu = math.exp(eta), math.exp(-log_phi)
    logs = [math.lgamma(x + 1) for x in range(compois_support(eta, log_phi))]
    low, high = min(math.log(mu / (1 + mu)), nu * math.log(mu)), nu * math.log(mu + 1)
    for _ in range(60):
        theta = (low + high) / 2
        most = max(theta * x - nu * log for x, log in enumerate(logs))
        terms = [math.exp(theta * x - nu * log - most) for x, log in enumerate(logs)]
        mean = sum(x * t for x, t in enumerate(terms)) / sum(terms)
        low, high = (theta, high) if mean < mu else (low, theta)
    return theta


def compois_support(eta, log_phi):
    """Enough counts for all digits: 60 means or standard deviations."""
    mu, phi = mp.exp(eta), mp.exp(log_phi)
    return int(80 + mu + 30 * mp.sqrt(mu * phi) + 150 * phi)


def beta_binomial(probability):
    def density(y, n, eta, log_phi):
        mu, phi = probability(eta), mp.exp(log_phi)
        a, b = mu * phi, (1 - mu) * phi
        ways = mp.log(mp.binomial(n, y))
        return ways + log_beta(y + a, n - y + b) - log_beta(a, b)

    return density


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def inverse_logit(x):
    return 1 / (1 + mp.exp(-x))


PROBABILITIES = {
    "logit": inverse_logit,
    "probit": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "cloglog": lambda x: -mp.expm1(-mp.exp(x)),
}


def truncated(inner, y, extra, *eta):
    return inner(y, extra, *eta) - mp.log1p(-mp.exp(inner(0, extra, *eta)))


def inflated(inner, y, extra, *eta):
    zero, rest = inverse_logit(eta[-1]), inverse_logit(-eta[-1])
    density = rest * mp.exp(inner(y, extra, *eta[:-1]))
    return mp.log(density + zero if y == 0 else density)


def hurdle(inner, y, extra, *eta):
    if y == 0:
        return mp.log(inverse_logit(eta[-1]))
    return mp.log(inverse_logit(-eta[-1])) + inner(y, extra, *eta[:-1])


def plain():
    for x, y in itertools.product(MEANS, COUNTS):
        yield Case("poisson", "log", poisson, y, (x,))
    families = {"nb2": nb2, "nb1": nb1}
    for (family, density), x, s, y in itertools.product(
        families.items(), MEANS, DISPERSIONS, COUNTS
    ):
        if y < 1e4 or s <= 0:
            yield Case(family, "log", density, y, (x, s))


def generalized():
    dispersions = (-0.7, -1e-3, 0, 1e-5, 0.4, 2, 9)
    for x, s, y in itertools.product((-30, -2, 0.5, 3, 14), dispersions, (0, 1, 2, 9, 3000)):
        mean, s_root = mp.exp(x), mp.exp(-mp.mpf(s) / 2)
        if y == 0 or mean * s_root + (1 - s_root) * y > 0:
            yield Case("genpois", "log", genpois, y, (x, s))


def conway():
    for x, s, y in itertools.product((-6, 0.7, 2.5), (-3, -0.5, 1), (0, 1, 4, 20)):
        yield Case("compois", "log", compois, y, (x, s), digits=130)
    for s, y in itertools.product((-2, 0.5), (60, 100)):
        yield Case("compois", "log", compois, y, (4.5, s), digits=130)


def successes():
    points = (-30, -4, -0.2, 1.5, 3)
    for (link, f), x, s, (y, n) in itertools.product(
        PROBABILITIES.items(), points, (-25, -2, 0.3, 4, 30), ((0, 7), (3, 7), (7, 7), (40, 900))
    ):
        yield Case("beta_binomial", link, beta_binomial(f), y, (x, s), extra=n)


def zeros():
    for x, y in itertools.product((-20, -2, 0.5, 3, 6), (1, 2, 30)):
        yield Case("poisson", "log", partial(truncated, poisson), y, (x,), zeros="zero_truncated")
    for x, s, y in itertools.product((-12, 0.5, 4), (-20, -1, 2), (1, 2, 30)):
        yield Case("nb2", "log", partial(truncated, nb2), y, (x, s), zeros="zero_truncated")
    for x, z, y in itertools.product((-20, -2, 0.5, 3, 6), (-40, -3, 0.2, 5), (0, 1, 30)):
        yield Case("poisson", "log", partial(inflated, poisson), y, (x, z), zeros="zero_inflated")
    for x, s, z, y in itertools.product((-3, 0.5, 4), (-9, 0.6), (-30, -1, 3), (0, 1, 30)):
        eta, positive = (x, s, z), partial(truncated, nb1)
        yield Case("nb1", "log", partial(inflated, nb1), y, eta, zeros="zero_inflated")
        names = "zero_truncated hurdle"
        yield Case("nb1", "log", partial(hurdle, positive), y, eta, zeros=names)


def main():
    write("counts", itertools.chain(plain(), generalized(), successes()))
    write("counts_zeros", zeros())
    write("counts_conway", conway())


if __name__ == "__main__":
    main()
