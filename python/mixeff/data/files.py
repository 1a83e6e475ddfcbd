"""Data files and databases, read into frames: one row of a table for each format."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pandas as pd

from mixeff.errors import DataFileError, MissingDependencyError

__all__ = ["FORMATS", "FileFormat", "read_frame"]

DUCKDB_PREFIX = "duckdb:"
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class FileFormat:
    """How one kind of file is called and read: ``read(path, labels)`` gives a frame."""

    name: str
    read: Callable[[Path, bool], Any]


def read_frame(source: str | Path, *, labels: bool = False) -> Any:
    r"""Read a data file, or a table of a DuckDB database, into a frame.

    Parameters
    ----------
    source
        A path ending in ``.csv``, ``.tsv``, ``.parquet``, ``.feather``, ``.dta``, ``.sav`` or
        ``.sas7bdat``; or ``duckdb:PATH?table=NAME``, ``duckdb:PATH?query=SELECT ...``, or
        ``duckdb:PATH`` for a database with one table.
    labels
        Replace the numbers of a Stata or SPSS column by its value labels. By default the numbers
        stay, as they do in those programs when they compute.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        polars for Parquet and Feather, pandas otherwise. Whole numbers that a format stores as
        floating point come back as integers, so that an identifier is ``12`` and not ``12.0``.

    Raises
    ------
    DataFileError
        Nothing is there, the ending is not known, or the content cannot be read.
    MissingDependencyError
        The format needs a package of the extra ``io`` that is not installed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.csv"
    >>> _ = path.write_text("school,passed\n1,0\n,1\n")
    >>> read_frame(path)["school"].tolist()
    [1, <NA>]
    """
    text = str(source)
    if text.startswith(DUCKDB_PREFIX):
        return _read_duckdb(text.removeprefix(DUCKDB_PREFIX))
    path = _existing(Path(source))
    form = _format_of(path)
    return _read_or_explain(path, form.name, lambda: form.read(path, labels))


def _existing(path: Path) -> Path:
    if not path.exists():
        raise DataFileError(f"{path}: there is no such file; check the path")
    if path.is_dir():
        raise DataFileError(f"{path} is a directory; give the path of a file in it")
    return path


def _format_of(path: Path) -> FileFormat:
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in COMPRESSIONS]
    ending = suffixes[-1] if suffixes else ""
    if ending not in FORMATS:
        raise DataFileError(
            f"{path}: the ending {ending!r} is not that of a known format; "
            f"mixeff reads {', '.join(FORMATS)}, and duckdb:PATH?table=NAME"
        )
    return FORMATS[ending]


def _read_or_explain(path: Path, name: str, read: Callable[[], Any]) -> Any:
    # Each library has its own exceptions for a damaged file; the user needs one.
    try:
        return read()
    except (DataFileError, MissingDependencyError):
        raise
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataFileError(f"{path} could not be read as {name}: {reason}") from error


def _package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f'{name} is needed for this and is not installed; pip install "mixeff[io]"'
        ) from error


def _read_text(separator: str) -> Callable[[Path, bool], pd.DataFrame]:
    def read(path: Path, labels: bool) -> pd.DataFrame:
        return pd.read_csv(path, sep=separator).convert_dtypes()

    return read


def _read_parquet(path: Path, labels: bool) -> Any:
    return _package("polars").read_parquet(path)


def _read_feather(path: Path, labels: bool) -> Any:
    return _package("polars").read_ipc(path)


def _read_stata(path: Path, labels: bool) -> pd.DataFrame:
    return pd.DataFrame(pd.read_stata(path, convert_categoricals=labels)).convert_dtypes()


def _read_spss(path: Path, labels: bool) -> pd.DataFrame:
    reader = _package("pyreadstat").read_sav
    return reader(str(path), apply_value_formats=labels)[0].convert_dtypes()


def _read_sas(path: Path, labels: bool) -> pd.DataFrame:
    return _package("pyreadstat").read_sas7bdat(str(path))[0].convert_dtypes()


FORMATS: Mapping[str, FileFormat] = MappingProxyType(
    {
        ".csv": FileFormat("comma-separated text", _read_text(",")),
        ".tsv": FileFormat("tab-separated text", _read_text("\t")),
        ".parquet": FileFormat("Parquet", _read_parquet),
        ".feather": FileFormat("Feather", _read_feather),
        ".dta": FileFormat("Stata data", _read_stata),
        ".sav": FileFormat("SPSS data", _read_spss),
        ".sas7bdat": FileFormat("SAS data", _read_sas),
    }
)


def _read_duckdb(address: str) -> pd.DataFrame:
    place, _, question = address.partition("?")
    path = _existing(Path(place))
    duckdb = _package("duckdb")

    def read() -> pd.DataFrame:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _relation(connection, question).df()

    return _read_or_explain(path, "a DuckDB database", read)


def _relation(connection: Any, question: str) -> Any:
    key, _, value = question.partition("=")
    if key == "query" and value:
        return connection.sql(value)
    names = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
    if key == "table" and value in names:
        return connection.table(f'"{value}"')
    if not question and len(names) == 1:
        return connection.table(f'"{names[0]}"')
    raise DataFileError(
        f"duckdb: which table? Say duckdb:PATH?table=NAME with NAME one of {', '.join(names)}, "
        "or duckdb:PATH?query=SELECT ..."
    )
