"""The commands that repeat a fit."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import machine, python_version, system
from shlex import quote
from typing import TYPE_CHECKING, Any

from ...model.families import family as family_of
from ...model.families import link as link_of

if TYPE_CHECKING:
    from ...results.fit import FitResults

LIBRARIES = ("mixeff", "numpy", "scipy", "pandas", "formulaic")
TEXTS = ("weights", "offset", "dispersion", "zero_inflation", "category_specific")
CURVES = ("thresholds", "baseline")


def arguments(fit: FitResults) -> dict[str, Any]:
    """The arguments of ``mixeff.fit`` that differ from their defaults."""
    spec, given, found = fit.spec, fit.inputs.arguments, dict[str, Any]()
    name = spec.family.partition("(")[2].rstrip(")") or spec.family
    found["family"] = name
    if spec.link != link_of(family_of(name)).name:
        found["link"] = spec.link
    found["method"] = fit.estimate.requested
    if fit.estimate.requested != "auto" and fit.nodes is not None:
        found["nodes"] = fit.nodes
    for text in TEXTS:
        value = getattr(given, text)
        if value is not None:
            found[text] = value if isinstance(value, str) else ...
    found |= {c: getattr(given, c) for c in CURVES if getattr(given, c) != "flexible"}
    if fit.estimate.draws is not None:
        found |= {"seed": fit.estimate.draws.seed}
    return found


def python_code(fit: FitResults) -> str:
    """The call in Python; ``...`` for an argument that was an array."""
    given = [
        f"{name}={'...' if value is ... else repr(value)}" for name, value in arguments(fit).items()
    ]
    inside = ",\n    ".join([repr(str(fit.spec.formula)), "data", *given])
    return f"import mixeff as me\n\nfit = me.fit(\n    {inside},\n)"


def shell_command(fit: FitResults) -> str | None:
    """The command line; None where an argument was an array."""
    given = arguments(fit)
    if ... in given.values():
        return None
    words = ["mixeff fit", quote(str(fit.spec.formula)), "DATA"]
    for name, value in given.items():
        words.append(f"--{name.replace('_', '-')} {quote(_option(value))}")
    return " ".join(words)


def _option(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={k}" for name, k in value.items())
    return str(value)


def versions() -> str:
    """What made the fit: libraries and machine."""
    found = [f"{name} {version_of(name)}" for name in LIBRARIES]
    return ", ".join([*found, f"Python {python_version()}", f"{system()} {machine()}"])


def version_of(name: str) -> str:
    """The version of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed as a package)"
