"""Whether the file of a fit is one that this version understands: a clear refusal, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from ..errors import StoredFitError
from ..estimate.method import n_theta

if TYPE_CHECKING:
    from pathlib import Path

    from ..estimate.values import Estimate
    from ..model.design import Design


def this_version() -> str:
    """The version of mixeff that is running."""
    try:
        return version("mixeff")
    except PackageNotFoundError:
        return "unknown"


@contextmanager
def readable(path: str | Path, description: Mapping[str, Any]) -> Iterator[None]:
    """Turn what fails on the content of a file into a refusal that names both versions.

    Raises
    ------
    StoredFitError
        Where something is missing, unknown to this version, or of another shape.
    """
    try:
        yield
    except StoredFitError:
        raise
    except KeyError as error:
        raise _refusal(path, description, f"it has no {error}") from None
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise _refusal(path, description, str(error).splitlines()[0]) from None


def _refusal(path: str | Path, description: Mapping[str, Any], problem: str) -> StoredFitError:
    saved = description.get("version", "an earlier version")
    return StoredFitError(
        f"{str(path)!r} was saved by mixeff {saved} and cannot be read by mixeff {this_version()}: "
        f"{problem}. Fit the model again, or load it with the version that saved it."
    )


def require_shapes(design: Design, estimate: Estimate) -> None:
    """Raise ValueError if the arrays of an estimate do not fit its model.

    The log-likelihood, which is computed again, depends on neither the covariance matrix nor the
    random effects.
    """
    n = sum(map(len, design.x_names)) + n_theta(design)
    wanted = {"cov": (n, n), "theta": (n_theta(design),)}
    for name, shape in wanted.items():
        _require(name, getattr(estimate, name).shape, shape)
    for term, effects in zip(design.terms, estimate.random, strict=True):
        levels = design.factors[term.factor].n_levels
        _require("mode", effects.mode.shape, (levels, term.size))
        _require("mode_cov", effects.mode_cov.shape, (levels, term.size, term.size))
        _require("mean", effects.mean.shape, (levels, term.size))
        _require("mean_cov", effects.mean_cov.shape, (levels, term.size, term.size))


def _require(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted:
        raise ValueError(f"its array {name!r} has shape {shape}, where the model has {wanted}")
