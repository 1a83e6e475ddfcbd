"""Reference values of counts. Run: ``python validation/densities_counts.py``."""

import itertools

import mpmath as mp
from densities import Case, write


def nb(y, mu, size):
    """The negative binomial distribution with a mean and a size."""
    ways = mp.loggamma(y + size) - mp.loggamma(size) - mp.loggamma(y + 1)
    return ways + y * mp.log(mu / (mu + size)) - size * mp.log1p(mu / size)


def nb2(y, _, eta, log_phi):
    return nb(y, mp.exp(eta), mp.exp(-log_phi))


def nb1(y, _, eta, log_phi):
    return nb(y, mp.exp(eta), mp.exp(eta - log_phi))


def poisson(y, _, eta):
    return y * eta - mp.exp(eta) - mp.loggamma(y + 1)


def poissons():
    for x, y in itertools.product(MEANS, (0, 1, 7, 100, 10**6)):
        yield Case("poisson", "log", poisson, y, (x,))


MEANS = (-30, -2, 0.5, 3, 14)
DISPERSIONS = (-28, -12, -4, -1, 0, 1.5, 5, 30)


def negative_binomials():
    for (family, density), x, s, y in itertools.product(
        {"nb2": nb2, "nb1": nb1}.items(), MEANS, DISPERSIONS, (0, 1, 7, 100, 10**6)
    ):
        yield Case(family, "log", density, y, (x, s))


def main():
    write("counts", poissons())


if __name__ == "__main__":
    main()
