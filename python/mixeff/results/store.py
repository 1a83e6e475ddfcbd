"""A fit as one file: a zip of JSON and arrays, with no code in it.

The rows used are stored with the estimates. Loading builds the model from them again, evaluates the
log-likelihood in the core, and refuses a file whose own it does not reproduce.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..data import Column, empty_frame, library_of
from ..errors import StoredFitError
from ..estimate import METHODS, loglik, part_of
from ..estimate.values import Estimate, RandomEffects, Record, Used
from ..model import build
from ..model.families import family
from ..model.inputs import Arguments, inputs_of, read
from .draws_store import restore_draws, store_draws
from .fit import FitResults
from .fitted import Inputs
from .store_checks import readable, require_shapes, this_version

if TYPE_CHECKING:
    from ..model.design import Design
    from ..model.spec import ModelSpec

FORMAT = 1
TOLERANCE = 1e-6  # of the log-likelihood, relative to its size
SCALARS = (
    "method",
    "requested",
    "nodes",
    "integration_error",
    "llf",
    "converged",
    "singular",
    "reason",
    "scale",
    "scale_se",
)
AnyFit = TypeVar("AnyFit", bound=FitResults)


def save(fit: FitResults, path: str | Path, responses: Sequence[FitResults] = ()) -> None:
    """Write a fit to a file, with each of its responses where it has several."""
    arrays: dict[str, np.ndarray] = {}
    parts = [_store_model(part, arrays, f"{k}.") for k, part in enumerate(responses)]
    description = {
        "format": FORMAT,
        "version": this_version(),
        **({"responses": parts} if parts else _store_model(fit, arrays, "")),
        "estimate": _store_estimate(fit.estimate, arrays),
        "check": _likelihood(fit.design, fit.estimate),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fit.json", json.dumps(description, indent=1, default=_plain))
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", _to_bytes(array))


def _store_model(fit: FitResults, arrays: dict[str, np.ndarray], prefix: str) -> dict[str, Any]:
    """What a model is built from; its arrays are added under a prefix."""
    own: dict[str, np.ndarray] = {}
    described = {
        "formula": str(fit.spec.formula),
        "family": fit.spec.family,
        "link": fit.spec.link,
        "rows_read": fit.spec.n_rows_read,
        "dropped": dict(fit.spec.dropped),
        "notes": list(fit.spec.notes),
        "library": library_of(fit.inputs.frame_like),
        "columns": _store_data(fit, own),
        "arguments": _store_arguments(fit, own),
    }
    arrays.update({f"{prefix}{name}": array for name, array in own.items()})
    return described


Model = tuple["ModelSpec", "Design", Inputs]


def load(
    path: str | Path,
    kind: type[AnyFit],
    several: Callable[[list[Model]], Callable[[Estimate], AnyFit]],
) -> AnyFit:
    """Read a fit that ``save`` wrote.

    Parameters
    ----------
    path : str or Path
    kind : type
        The class of a fit of one response.
    several : callable
        Makes a fit of several from their models and the estimate.
    """
    description, arrays = _read(path)
    with readable(path, description):
        estimate = _restore_estimate(description["estimate"], arrays)
        fit = (
            several(_restore_models(description["responses"], arrays))(estimate)
            if "responses" in description
            else _of_one(description, arrays, estimate, kind)
        )
        require_shapes(fit.design, estimate)
        _require_same_likelihood(path, fit.design, estimate, description)
        return fit


def _of_one(
    description: dict[str, Any],
    arrays: dict[str, np.ndarray],
    estimate: Estimate,
    kind: type[AnyFit],
) -> AnyFit:
    ((spec, design, inputs),) = _restore_models([description], arrays, "")
    notes = spec.notes
    spec, design, _ = part_of(spec, design, estimate.method)
    return kind(replace(spec, notes=notes), design, estimate, inputs)


def _restore_models(
    described: list[dict[str, Any]], arrays: dict[str, np.ndarray], prefix: str = "{}."
) -> list[Model]:
    """The models of each response, built again from the rows that were used."""
    found = []
    for k, description in enumerate(described):
        start = prefix.format(k)
        own = {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
        inputs = _restore_inputs(description, own)
        spec, design = _rebuild(description, inputs)
        if inputs.response is not None:
            design = design.with_response(inputs.response)
        kept = {
            "n_rows_read": description["rows_read"],
            "dropped": description["dropped"],
            "notes": tuple(description["notes"]),
        }
        found.append((replace(spec, **kept), design, inputs))
    return found


def _rebuild(description: dict[str, Any], inputs: Inputs) -> tuple[ModelSpec, Design]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told when the model was fitted, and kept in the notes
        return build(
            description["formula"],
            inputs.data,
            description["family"],
            link=description["link"],
            **vars(inputs.arguments),
        )


# Reading and checking -------------------------------------------------------------------------


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        with zipfile.ZipFile(path) as archive:
            description = json.loads(archive.read("fit.json"))
            arrays = {
                name.removesuffix(".npy"): _from_bytes(archive.read(name))
                for name in archive.namelist()
                if name.endswith(".npy")
            }
        if not isinstance(description, dict):
            raise KeyError("format")
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError):
        raise StoredFitError(
            f"{str(path)!r} is not a fit that mixeff saved: give the file that fit.save() wrote."
        ) from None
    if description.get("format") != FORMAT:
        raise StoredFitError(
            f"{str(path)!r} has format {description.get('format')!r}; mixeff "
            f"{this_version()} reads format {FORMAT}: fit the model again, or load it with the "
            "version that saved it."
        )
    return description, arrays


def _likelihood(design: Design, estimate: Estimate) -> float:
    """Log-likelihood of the estimates by their own method, or by Laplace where that has none."""
    if METHODS[estimate.method].has_likelihood:
        method, nodes = estimate.method, estimate.nodes
    else:
        method, nodes, design = "laplace", None, replace(design, overdispersed=False)
    return loglik(design, estimate.beta, estimate.theta, method=method, nodes=nodes)


def _require_same_likelihood(
    path: str | Path, design: Design, estimate: Estimate, description: dict[str, Any]
) -> None:
    saved = description["check"] if np.isnan(estimate.llf) else estimate.llf
    again = float("nan")
    if len(estimate.beta) == sum(map(len, design.x_names)):
        again = _likelihood(design, estimate)
    if not abs(again - saved) <= TOLERANCE * (1.0 + abs(saved)):
        raise StoredFitError(
            f"{str(path)!r} was saved with log-likelihood {saved:.6f}, but its data and "
            f"estimates give {again:.6f}: the file was changed, or this version of mixeff computes "
            "differently. Fit the model again."
        )


# The data and the arguments -------------------------------------------------------------------


def _store_data(fit: FitResults, arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """The columns of the rows used; an argument that was an array is a column ``weights=``."""
    given = fit.inputs
    kind = family(fit.spec.family)
    model = inputs_of(str(fit.spec.formula), kind, given.arguments)
    columns = read(model, given.data)
    rows = fit.design.rows
    columns = columns if rows is None else columns.take(rows)
    described = []
    for i, column in enumerate(column.used() for column in columns.values()):
        arrays[f"column{i}"] = column.values
        if column.levels is not None:
            arrays[f"levels{i}"] = _plain_levels(column)
        described.append({"name": column.name, "kind": column.kind})
    return described


def _plain_levels(column: Column) -> np.ndarray:
    levels = np.asarray(column.levels)
    plain = np.array(levels.tolist()) if levels.dtype == object else levels
    if plain.dtype == object or plain.astype(object).tolist() != levels.tolist():
        raise StoredFitError(
            f"the levels of column {column.name!r} are of mixed kinds and cannot be saved: "
            "make them all text, or all numbers, and fit again."
        )
    return plain


def _store_arguments(fit: FitResults, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    if fit.inputs.response is not None:
        arrays["response"] = fit.inputs.response
    texts = {f.name: getattr(fit.inputs.arguments, f.name) for f in fields(Arguments)}
    return {name: text if isinstance(text, str) else None for name, text in texts.items()}


def _restore_inputs(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Inputs:
    import pandas as pd

    columns: dict[str, Any] = {}
    for i, column in enumerate(description["columns"]):
        values, levels = arrays[f"column{i}"], arrays.get(f"levels{i}")
        columns[column["name"]] = (
            values if levels is None else pd.Categorical.from_codes(values, pd.Index(levels))
        )
    given = description["arguments"]
    given |= {name: columns.pop(f"{name}=") for name in given if f"{name}=" in columns}
    return Inputs(
        arguments=Arguments(**given),
        data=pd.DataFrame(columns),
        like=empty_frame(description["library"]),
        response=arrays.get("response"),
    )


# The estimate ---------------------------------------------------------------------------------


def _store_estimate(estimate: Estimate, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    for name in ("beta", "theta", "cov"):
        arrays[name] = getattr(estimate, name)
    for i, effects in enumerate(estimate.random):
        arrays.update(
            {f"{field.name}{i}": getattr(effects, field.name) for field in fields(effects)}
        )
    record = asdict(estimate.record)
    arrays["record.start"] = record.pop("start")
    arrays.update({f"path.{name}": np.asarray(v) for name, v in record.pop("path").items()})
    stored = {name: getattr(estimate, name) for name in SCALARS}
    return {
        **stored,
        "notes": list(estimate.notes),
        "terms": len(estimate.random),
        "used": None if estimate.used is None else asdict(estimate.used),
        "record": record,
        "draws": None if estimate.draws is None else store_draws(estimate.draws, arrays),
    }


def _restore_estimate(stored: dict[str, Any], arrays: dict[str, np.ndarray]) -> Estimate:
    names = [field.name for field in fields(RandomEffects)]
    random = tuple(
        RandomEffects(*(arrays[f"{name}{i}"] for name in names)) for i in range(stored["terms"])
    )
    used = stored.get("used")
    path = {k.removeprefix("path."): v for k, v in arrays.items() if k.startswith("path.")}
    scalars = {name: stored[name] for name in SCALARS}
    if isinstance(scalars["nodes"], list):
        scalars["nodes"] = tuple(scalars["nodes"])
    return Estimate(
        **scalars,
        beta=arrays["beta"],
        theta=arrays["theta"],
        cov=arrays["cov"],
        random=random,
        record=Record(start=arrays["record.start"], path=path, **stored["record"]),
        notes=tuple(stored["notes"]),
        used=None if used is None else Used(used["rows"], tuple(used["levels"])),
        draws=restore_draws(stored.get("draws"), arrays),
    )


def _plain(value: Any) -> Any:
    """A numpy scalar as Python's own."""
    return value.item()


def _to_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _from_bytes(content: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
