"""Log-densities, derivatives and special functions in high precision, for tests of the core.

Run with mpmath 1.3 or later: ``python validation/family_reference.py``. Writes two tables to
``crates/mixeff-core/tests``:

- ``family_reference.csv``: the full log-density ``l`` of each family and link (all constants
  included) with its derivatives with respect to the linear predictors to third order, over the
  whole line, far tails included. Derivatives are differences in 450 digits of the densities as
  written here, not of the formulas of the core.
- ``math_reference.csv``: elementary and special functions as a double and what is missing from it.
"""

import csv
import itertools
import math
import random
from pathlib import Path

import mpmath as mp
from densities import difference, step_at

mp.mp.dps = 80

LINE = [-700, -150, -37.5, -20, -9, -5, -2.5, -1, -0.3, -1e-6, 0]
LINE += [0.01, 0.7, 1.5, 3, 6, 12, 30, 80, 600]
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
    step = step_at(point)
    orders = [(0,), (1,), (2,), (3,)] if len(point) == 1 else ORDERS
    return {
        order: density(*point) if sum(order) == 0 else difference(density, point, order, step)
        for order in orders
    }


ORDERS: list[tuple[int, ...]] = [
    (0, 0),
    (1, 0),
    (0, 1),
    (2, 0),
    (1, 1),
    (0, 2),
    (3, 0),
    (2, 1),
    (1, 2),
    (0, 3),
]
COLUMNS = ["l", "l1", "l2", "l11", "l12", "l22", "l111", "l112", "l122", "l222"]
SHORT: dict[tuple[int, ...], str] = dict(
    zip([(0,), (1,), (2,), (3,)], ["l", "l1", "l11", "l111"], strict=True)
)


def cases():
    return itertools.chain(binary_cases(), poisson_cases(), gaussian_cases(), gamma_cases())


def binary_cases():
    for link, (_, _, points) in PROBABILITIES.items():
        for x, y in itertools.product(points, (0, 0.25, 1)):
            yield "bernoulli", link, binomial(link), y, 1, (x,)
        for x, y in itertools.product(points[::3], (0, 3, 7)):
            yield "binomial", link, binomial(link), y, 7, (x,)


def poisson_cases():
    for link, points in {"log": LINE, "sqrt": POSITIVE, "identity": POSITIVE}.items():
        for x, y in itertools.product(points, (0, 1, 30, 10**6)):
            yield "poisson", link, poisson(link), y, 1, (x,)


def gaussian_cases():
    for link, points in {"identity": (-1e6, -2, 0, 1.5, 40), "log": (-30, -2, 0, 1.5, 10)}.items():
        for x, s, y in itertools.product(points, (-50, -3, 0, 2, 50), (-3.25, 0, 900)):
            yield "gaussian", link, gaussian(link), y, 1, (x, s)


def gamma_cases():
    scales = (-25, -9, -4, -2.09, -2.07, -1, 0, 0.5, 2, 7, 60)
    for link, points in {"log": (-30, -2, 0, 1.5, 10), "inverse": (1e-6, 0.3, 2, 900)}.items():
        for x, s, y in itertools.product(points, scales, (1e-6, 1, 4.75, 2e4)):
            yield "gamma", link, gamma(link), y, 1, (x, s)


def table():
    for family, link, density, y, n, point in cases():
        y, point = mp.mpf(y), tuple(mp.mpf(x) for x in point)
        found = derivatives(lambda *x: density(y, n, *x), point)  # noqa: B023
        names = SHORT if len(point) == 1 else dict(zip(ORDERS, COLUMNS, strict=True))
        row = {"family": family, "link": link, "y": float(y), "trials": n, "eta1": float(point[0])}
        row["eta2"] = float(point[1]) if len(point) > 1 else ""
        yield row | {names[order]: mp.nstr(value, 20) for order, value in found.items()}


def stirling_remainder(x):
    return mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2


def mills_excess(x):
    with mp.workdps(400):
        return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / ncdf(-x) - x


def mills_third(x):
    with mp.workdps(400):
        h = mills_excess(x)
        return h * (x + 2 * h) - 1


def derivative_of(f, order):
    return lambda x: difference(f, (x,), (order,), x * mp.mpf(10) ** -30)


LOGARITHMIC = {
    "ln": (mp.log, 1e-300, 1e300),
    "ln_1m_exp_neg": (log_1m_exp_neg, 1e-50, 700),
    "odds": (lambda x: 1 / mp.expm1(x), 1e-50, 700),
    "mills_excess": (mills_excess, 1e-3, 1e5),
    "mills_third": (mills_third, 1e-3, 1e5),
    "stirling_remainder": (stirling_remainder, 1e-20, 1e20),
    "stirling_remainder_1": (derivative_of(stirling_remainder, 1), 1e-20, 1e20),
    "stirling_remainder_2": (derivative_of(stirling_remainder, 2), 1e-20, 1e20),
    "stirling_remainder_3": (derivative_of(stirling_remainder, 3), 1e-20, 1e20),
}
LINEAR = {
    "exp": (mp.exp, -708, 709),
    "exp_m1": (mp.expm1, -39, 39),
    "exp_m1_near_zero": (mp.expm1, -0.4, 0.4),
    "exp_m1_mx": (lambda x: mp.expm1(x) - x, -3, 3),
    "ln_near_one": (mp.log, 0.6, 1.6),
    "ln_1p_unit": (mp.log1p, -0.5, 1),
    "ln_1p_and_recip": (mp.log1p, 0, 1),
    "recip": (lambda x: 1 / (1 + x), 0, 1),
    "atan_unit": (mp.atan, 0, 1),
}


def math_table():
    draw = random.Random(1)
    for name, (f, low, high) in LOGARITHMIC.items():
        for _ in range(60):
            yield name, f, math.exp(draw.uniform(math.log(low), math.log(high)))
    for name, (f, low, high) in LINEAR.items():
        for _ in range(60):
            yield name, f, draw.uniform(low, high)


def split(name, f, x):
    value = f(mp.mpf(x))
    return name, x, float(value), float(value - mp.mpf(float(value)))


def write(name, fields, rows):
    path = Path(__file__).parents[1] / "crates/mixeff-core/tests" / name
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([fields, *rows])


def main():
    fields = ["family", "link", "y", "trials", "eta1", "eta2", *COLUMNS]
    rows = ([row.get(field, "") for field in fields] for row in table())
    write("family_reference.csv", fields, rows)
    rows = (split(*case) for case in math_table())
    write("math_reference.csv", ["function", "x", "value", "rest"], rows)


if __name__ == "__main__":
    main()
