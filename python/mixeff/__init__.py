"""Generalized linear mixed models: one formula, every method, over a compiled core.

>>> import mixeff as me
>>> fit = me.fit("y ~ x + (1 | g)", data, family="bernoulli")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import errors
    from .api import (
        Fit,
        JointFit,
        Model,
        compare_methods,
        comparisons,
        fit,
        grid,
        load,
        marginal_means,
        predictions,
        slopes,
        table,
        variance_reduction,
    )
    from .api.estimators import GLMMClassifier as GLMMClassifier
    from .api.estimators import GLMMRegressor as GLMMRegressor
    from .data import within_between

__version__ = "0.1.0"
__all__ = [
    "Fit",
    "JointFit",
    "Model",
    "__version__",
    "compare_methods",
    "comparisons",
    "errors",
    "fit",
    "grid",
    "load",
    "marginal_means",
    "predictions",
    "slopes",
    "table",
    "variance_reduction",
    "within_between",
]

_FROM_API = frozenset(__all__) - {"__version__", "errors", "within_between"}
_ESTIMATORS = frozenset({"GLMMClassifier", "GLMMRegressor"})  # need scikit-learn


def __getattr__(name: str) -> object:
    # pandas and scipy cost half a second: they are imported with the first fit, not with mixeff.
    from importlib import import_module

    if name in _FROM_API:
        value = getattr(import_module(".api", __name__), name)
    elif name in _ESTIMATORS:
        value = getattr(import_module(".api.estimators", __name__), name)
    elif name == "within_between":
        value = import_module(".data", __name__).within_between
    elif name == "errors":
        value = import_module(".errors", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_ESTIMATORS})
