"""The coefficients of ``math/gamma.rs``: ``python validation/gamma_coefficients.py``.

The remainder of Stirling's formula is ``r(x) = log Gamma(x) - (x - 1/2) log x + x - log(2 pi)/2``.
From 5 on, ``x^(i+1)`` times its i-th derivative is a polynomial in ``x^-2``, to 2e-16 of its value.
Below, ``log Gamma(1 + x) = x G_0(x) / G(x)`` and its derivative is ``G_1(x) / G(x)``, to 1e-15.
All are weighted least squares at Chebyshev nodes in 80 digits; coefficients are rounded from the
lowest power up, and the others fitted anew. Needs mpmath 1.3 or later; seconds.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import mpmath as mp

LARGE = 5
DEGREES = (7, 8, 9, 10)
NUMERATORS = (10, 11)
DENOMINATOR = 10
NODES = 60
ROUNDS = 8

Number = Any


def remainder(x: Number, order: int) -> Number:
    """A derivative of r: by Stirling's series far out, where the closed forms cancel."""
    if x > 200:
        terms = (
            mp.bernoulli(2 * n) / (2 * n * (2 * n - 1)) * mp.rf(2 * n - 1, order) * x ** (1 - 2 * n)
            for n in range(1, 26)
        )
        return (-1) ** order * sum(terms) / x**order
    return (
        lambda: mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2,
        lambda: mp.psi(0, x) - mp.log(x) + 1 / (2 * x),
        lambda: mp.psi(1, x) - 1 / x - 1 / (2 * x * x),
        lambda: mp.psi(2, x) + 1 / x**2 + 1 / x**3,
    )[order]()


def nodes(low: Number, high: Number) -> list[Number]:
    angles = (mp.pi * (2 * k + 1) / (2 * NODES) for k in range(NODES))
    return [low + (high - low) * (1 + mp.cos(angle)) / 2 for angle in angles]


def value(c: Sequence[Number], x: Number) -> Number:
    return mp.polyval([mp.mpf(a) for a in reversed(c)], x) if c else mp.mpf(0)


def least_squares(columns: list[list[Number]], target: list[Number]) -> list[Number]:
    gram = mp.matrix([[mp.fdot(a, b) for b in columns] for a in columns])
    return list(mp.lu_solve(gram, mp.matrix([mp.fdot(a, target) for a in columns])))


def fit(
    x: list[Number],
    target: list[Number],
    degree: int,
    weight: list[Number],
    lowest: tuple[float, ...] = (),
) -> list[float]:
    """Rounded coefficients, each fitted with those above it to what those below it leave."""
    c = list(lowest)
    while len(c) <= degree:
        rest = [(t - value(c, a)) * v for t, a, v in zip(target, x, weight, strict=True)]
        powers = range(len(c), degree + 1)
        columns = [[v * a**k for a, v in zip(x, weight, strict=True)] for k in powers]
        c.append(float(least_squares(columns, rest)[0]))
    return c


def large(order: int) -> list[float]:
    """In ``w = x^-2``; the lowest coefficient is that of Stirling's series."""
    w = nodes(0, mp.mpf(1) / LARGE**2)
    target = [remainder(1 / mp.sqrt(a), order) / mp.sqrt(a) ** (order + 1) for a in w]
    lowest = (-1) ** order * mp.factorial(order) / 12
    return fit(w, target, DEGREES[order], [1 / t for t in target], (float(lowest),))


def denominator(x: list[Number], g: list[list[Number]]) -> list[Number]:
    """G of both quotients, linearised and reweighted by the last one."""
    e: list[Number] = [mp.mpf(1)]
    zeros = [mp.mpf(0)] * len(x)
    first, second = (range(n + 1) for n in NUMERATORS)
    for _ in range(ROUNDS):
        v = [1 / value(e, a) for a in x]
        powers = {k: [a**k * b for a, b in zip(x, v, strict=True)] for k in range(NODES)}
        columns = [powers[k + 1] + zeros for k in first] + [zeros + powers[k] for k in second]
        targets = [[y * b for y, b in zip(of, v, strict=True)] for of in g]
        columns += [
            [-t * a**k for of in targets for t, a in zip(of, x, strict=True)]
            for k in range(1, DENOMINATOR + 1)
        ]
        found = least_squares(columns, targets[0] + targets[1])
        e = [mp.mpf(1), *found[-DENOMINATOR:]]
    return e


def small() -> list[list[float]]:
    """G, G_0 and G_1."""
    x = nodes(0, LARGE)
    g = [[mp.loggamma(1 + a) for a in x], [mp.psi(0, 1 + a) for a in x]]
    below = [float(c) for c in denominator(x, g)]
    e = [value(below, a) for a in x]
    by_x = [[y * b / a for y, a, b in zip(g[0], x, e, strict=True)], list(map(mp.fmul, g[1], e))]
    weights = [[a / b for a, b in zip(x, e, strict=True)], [1 / b for b in e]]
    both = zip(by_x, NUMERATORS, weights, strict=True)
    return [below, *(fit(x, target, degree, weight) for target, degree, weight in both)]


def literal(name: str, c: list[float]) -> Iterator[str]:
    yield f"const {name}: [f64; {len(c)}] = ["
    yield from (f"    {a!r}," for a in c)
    yield "];"


def main() -> None:
    mp.mp.dps = 80
    arrays = {f"LARGE_{order}": large(order) for order in range(4)}
    arrays |= dict(zip(("GAMMA_BELOW", "GAMMA_0", "GAMMA_1"), small(), strict=True))
    for name, c in arrays.items():
        print("\n".join(literal(name, c)))


if __name__ == "__main__":
    main()
