"""Log-densities and their derivatives to third order, in 60 digits and more, for the tests of the core.

Run with mpmath 1.3 or later: ``python validation/family_reference.py``. Writes
``crates/mixeff-core/tests/family_reference.csv``: the full log-density ``l`` of each family and
link (all constants included) with its derivatives with respect to the linear predictors, over
the whole line, far tails included. Derivatives are of Taylor expansions of the densities as
written here, not of the formulas of the core.
"""

import csv
import itertools
from pathlib import Path

import mpmath as mp

mp.mp.dps = 80

LINE = [
    -700,
    -150,
    -37.5,
    -20,
    -9,
    -5,
    -2.5,
    -1,
    -0.3,
    -1e-6,
    0,
    0.01,
    0.7,
    1.5,
    3,
    6,
    12,
    30,
    80,
    600,
]
WIDE = [-1e8, -3e4, 2.5e5]
POSITIVE = [1e-20, 1e-6, 0.01, 0.5, 1, 2.2, 9, 150, 1e4, 1e9]


def ncdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def softplus(x):
    return max(x, 0) + mp.log1p(mp.exp(-abs(x)))


def log_ncdf(x):
    return mp.log(ncdf(x)) if x < 0 else mp.log1p(-ncdf(-x))


def log_1m_exp_neg(x):
    return mp.log(-mp.expm1(-x)) if x < 1 else mp.log1p(-mp.exp(-x))


# A probability link: log F, log(1 - F) and the points of the table.

PROBABILITIES = {
    "logit": (lambda x: -softplus(-x), lambda x: -softplus(x), LINE + WIDE),
    "probit": (
        log_ncdf,
        lambda x: log_ncdf(-x),
        [x for x in LINE if abs(x) <= 150] + [-3e3],
    ),
    "cloglog": (lambda x: log_1m_exp_neg(mp.exp(x)), lambda x: -mp.exp(x), LINE),
    "loglog": (lambda x: -mp.exp(-x), lambda x: log_1m_exp_neg(mp.exp(-x)), LINE),
    "cauchit": (
        lambda x: mp.log(mp.atan2(1, -x) / mp.pi),
        lambda x: mp.log(mp.atan2(1, x) / mp.pi),
        LINE + WIDE,
    ),
    "log": (lambda x: x, lambda x: log_1m_exp_neg(-x), [-x for x in POSITIVE]),
}
MEANS = {
    "log": mp.exp,
    "sqrt": lambda x: x * x,
    "identity": lambda x: x,
    "inverse": lambda x: 1 / x,
}


def binomial(link):
    success, failure, _ = PROBABILITIES[link]

    def density(y, n, x):
        terms = mp.log(mp.binomial(n, y)) if n > 1 else mp.mpf(0)
        terms += y * success(x) if y else 0
        return terms + ((n - y) * failure(x) if n - y else 0)

    return density


def poisson(link):
    def density(y, n, x):
        mu = MEANS[link](x)
        return (y * mp.log(mu) if y else 0) - mu - mp.loggamma(y + 1)

    return density


def gaussian(link):
    def density(y, n, x, log_sd):
        return -(((y - MEANS[link](x)) / mp.exp(log_sd)) ** 2) / 2 - log_sd - mp.log(2 * mp.pi) / 2

    return density


def gamma(link):
    def density(y, n, x, log_phi):
        a, mu = mp.exp(-log_phi), MEANS[link](x)
        return a * mp.log(a / mu) + (a - 1) * mp.log(y) - a * y / mu - mp.loggamma(a)

    return density


def derivatives(density, point):
    """All partial derivatives to third order, in the order of COLUMNS."""
    step = mp.mpf(10) ** -30 * max(mp.mpf(1), *(abs(x) for x in point))
    if min(abs(x) for x in point) > 0:
        step *= min(mp.mpf(1), min(abs(x) for x in point))
    orders = [(0,), (1,), (2,), (3,)] if len(point) == 1 else ORDERS
    return {
        order: density(*point) if sum(order) == 0 else difference(density, point, order, step)
        for order in orders
    }


def difference(f, point, order, step):
    """Central difference, recursively by variable; error of order step^2 relative."""
    with mp.workdps(450):
        total = mp.mpf(0)
        for shifts in itertools.product(*(range(k + 1) for k in order)):
            sign, at = 1, []
            for k, j, x in zip(order, shifts, point):
                sign *= (-1) ** j * mp.binomial(k, j)
                at.append(x + (mp.mpf(k) / 2 - j) * step)
            total += sign * f(*at)
        return total / step ** sum(order)


ORDERS = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]
COLUMNS = ["l", "l1", "l2", "l11", "l12", "l22", "l111", "l112", "l122", "l222"]
SHORT = dict(zip([(0,), (1,), (2,), (3,)], ["l", "l1", "l11", "l111"]))


def cases():
    for link, (_, _, points) in PROBABILITIES.items():
        for x, y in itertools.product(points, (0, 0.25, 1)):
            yield "bernoulli", link, binomial(link), y, 1, (x,)
        for x, y in itertools.product(points[::3], (0, 3, 7)):
            yield "binomial", link, binomial(link), y, 7, (x,)
    for x, y in itertools.product(LINE, (0, 1, 30, 10**6)):
        yield "poisson", "log", poisson("log"), y, 1, (x,)
    for link, x, y in itertools.product(("sqrt", "identity"), POSITIVE, (0, 1, 30, 10**6)):
        yield "poisson", link, poisson(link), y, 1, (x,)
    scales = (-50, -3, 0, 2, 50)
    for x, s, y in itertools.product((-1e6, -2, 0, 1.5, 40), scales, (-3.25, 0, 900)):
        yield "gaussian", "identity", gaussian("identity"), y, 1, (x, s)
    for x, s, y in itertools.product((-30, -2, 0, 1.5, 10), scales, (-3.25, 0, 900)):
        yield "gaussian", "log", gaussian("log"), y, 1, (x, s)
    scales = (-25, -9, -4, -2.09, -2.07, -1, 0, 0.5, 2, 7, 60)
    for x, s, y in itertools.product((-30, -2, 0, 1.5, 10), scales, (1e-6, 1, 4.75, 2e4)):
        yield "gamma", "log", gamma("log"), y, 1, (x, s)
    for x, s, y in itertools.product((1e-6, 0.3, 2, 900), scales[::2], (1e-6, 4.75)):
        yield "gamma", "inverse", gamma("inverse"), y, 1, (x, s)


def table():
    for family, link, density, y, n, point in cases():
        y, point = mp.mpf(y), tuple(mp.mpf(x) for x in point)
        found = derivatives(lambda *x: density(y, n, *x), point)  # noqa: B023
        names = SHORT if len(point) == 1 else dict(zip(ORDERS, COLUMNS))
        row = {"family": family, "link": link, "y": float(y), "trials": n, "eta1": float(point[0])}
        row["eta2"] = float(point[1]) if len(point) > 1 else ""
        yield row | {names[order]: mp.nstr(value, 20) for order, value in found.items()}


def main():
    path = Path(__file__).parents[1] / "crates/mixeff-core/tests/family_reference.csv"
    with path.open("w", newline="") as file:
        fields = ["family", "link", "y", "trials", "eta1", "eta2", *COLUMNS]
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table())


if __name__ == "__main__":
    main()
