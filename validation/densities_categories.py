"""Reference values of categories and durations: ``python validation/densities_categories.py``."""

import itertools

import mpmath as mp
from densities import Case, write


def ncdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def logistic(x):
    return 1 / (1 + mp.exp(-x))


# The distribution function and the upper tail of each link, exact in both tails.

LINKS = {
    "logit": (logistic, lambda x: logistic(-x)),
    "probit": (ncdf, lambda x: ncdf(-x)),
    "cloglog": (lambda x: -mp.expm1(-mp.exp(x)), lambda x: mp.exp(-mp.exp(x))),
    "loglog": (lambda x: mp.exp(-mp.exp(-x)), lambda x: -mp.expm1(-mp.exp(-x))),
    "cauchit": (lambda x: mp.atan2(1, -x) / mp.pi, lambda x: mp.atan2(1, x) / mp.pi),
}
# Points `(eta, kappa_1, kappa_2, kappa_3)`: ordinary, in the tails, and with close thresholds.
POINTS = [
    (0.3, -1.1, 0.2, 1.7),
    (-2, -0.5, -0.25, 3),
    (3, -2, 0.1, 0.6),
    (-20, -1, 1, 2.5),
    (15, 0, 1, 3),
    (0.5, -1, -0.9990234375, 0.25),
    (-1.5, 0.25, 0.2500009536743164, 1),
    (2.5, -9, 0, 6),
]
# Digits that differences need, beside a step of 1e-30 and probabilities of 1e-300.
DIGITS = 400


def points(link):
    """Where doubles have densities; the cauchit loses the square of a small width."""
    far = {"cloglog": 6, "loglog": 6}.get(link, 100)
    near = 1e-4 if link == "cauchit" else 1e-9
    return [p for p in POINTS if abs(p[0]) < far and p[2] - p[1] > near and p[3] - p[2] > near]


def cumulative(link):
    below, above = LINKS[link]

    def density(y, _, eta, *kappa):
        y = int(y)
        if y == 0:
            return mp.log(below(kappa[0] - eta))
        if y == len(kappa):
            return mp.log(above(kappa[-1] - eta))
        ends = kappa[y - 1] - eta, kappa[y] - eta
        if ends[0] > 0:
            return mp.log(above(ends[0]) - above(ends[1]))
        return mp.log(below(ends[1]) - below(ends[0]))

    return density


def adjacent(y, _, eta, *kappa):
    utilities = [j * eta - sum(kappa[:j]) for j in range(len(kappa) + 1)]
    return chosen(y, utilities)


def chosen(y, utilities):
    u = utilities[int(y)]
    return -mp.log1p(sum(mp.exp(v - u) for c, v in enumerate(utilities) if c != y))


def multinomial(y, _, *eta):
    return chosen(y, [mp.mpf(0), *eta])


def sequential(link):
    stops, goes_on = LINKS[link]

    def density(y, _, eta, *kappa):
        y = int(y)
        passed = sum((mp.log(goes_on(k - eta)) for k in kappa[:y]), mp.mpf(0))
        return passed + (mp.log(stops(kappa[y] - eta)) if y < len(kappa) else 0)

    return density


def sequential_backward(link):
    stops, goes_on = LINKS[link]

    def density(y, _, eta, *kappa):
        y = int(y)
        passed = sum((mp.log(goes_on(eta - k)) for k in kappa[y:]), mp.mpf(0))
        return passed + (mp.log(stops(eta - kappa[y - 1])) if y else 0)

    return density


def duration(link):
    ends, lasts = LINKS[link]

    def density(y, event, eta, *alpha):
        passed = sum((mp.log(lasts(a + eta)) for a in alpha[: int(y) - 1]), mp.mpf(0))
        return passed + mp.log((ends if event else lasts)(alpha[int(y) - 1] + eta))

    return density


ORDERED = {
    "cumulative": cumulative,
    "sequential": sequential,
    "sequential_backward": sequential_backward,
}


def ordered():
    for (family, of), link in itertools.product(ORDERED.items(), LINKS):
        for y, point in itertools.product(range(4), points(link)):
            yield Case(family, link, of(link), y, point, categories=4, digits=DIGITS)


def logits():
    for y, point in itertools.product(range(4), POINTS):
        yield Case("adjacent", "logit", adjacent, y, point, categories=4, digits=DIGITS)
    for y, point in itertools.product(range(4), POINTS):
        own = point[:3]
        yield Case("multinomial", "logit", multinomial, y, own, categories=4, digits=DIGITS)


def durations():
    for link in ("logit", "probit", "cloglog"):
        for y, event, point in itertools.product((1, 2, 3), (0, 1), points(link)):
            density = duration(link)
            yield Case("duration", link, density, y, point, event, categories=3, digits=DIGITS)


def main():
    write("categories", itertools.chain(ordered(), logits(), durations()))


if __name__ == "__main__":
    main()
