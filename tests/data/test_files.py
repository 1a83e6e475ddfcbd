"""Every format gives the same three columns, and every failure one line that teaches."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from mixeff.data.files import FORMATS, read_frame
from mixeff.errors import DataFileError, MissingDependencyError

PUPILS = pd.DataFrame(
    {"school": [1.0, 1.0, 2.0, None], "sex": ["F", "M", "F", "M"], "score": [1.5, 2.0, None, 4.0]}
)


def write_sas(path: Path) -> None:
    # No Python package writes SAS files; this one was written by R's haven 2.5.1, write_sas().
    path.write_bytes((Path(__file__).parent / "pupils.sas7bdat").read_bytes())


def write_spss(path: Path, frame: pd.DataFrame = PUPILS, **options: Any) -> None:
    # Found by name: the stubs of pyreadstat know no pandas frame.
    import_module("pyreadstat").write_sav(frame, str(path), **options)


def write_ipc(path: Path) -> None:
    import polars as pl

    pl.from_pandas(PUPILS).write_ipc(path)


WRITERS = {
    ".csv": lambda path: PUPILS.to_csv(path, index=False),
    ".tsv": lambda path: PUPILS.to_csv(path, index=False, sep="\t"),
    ".parquet": lambda path: PUPILS.to_parquet(path),
    ".feather": write_ipc,
    ".dta": lambda path: PUPILS.to_stata(path, write_index=False),
    ".sav": write_spss,
    ".sas7bdat": write_sas,
}


def as_lists(frame: Any) -> dict[str, list[object]]:
    columns = nw.from_native(frame, eager_only=True).to_dict(as_series=False)
    return {
        name: [None if value is None or pd.isna(value) else value for value in values]
        for name, values in columns.items()
    }


EXPECTED = {
    "school": [1, 1, 2, None],
    "sex": ["F", "M", "F", "M"],
    "score": [1.5, 2.0, None, 4.0],
}


def test_every_format_has_a_writer_here():
    assert WRITERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("ending", FORMATS)
def test_a_format_gives_the_columns_back(tmp_path, ending):
    path = tmp_path / f"pupils{ending}"
    WRITERS[ending](path)
    assert as_lists(read_frame(path)) == EXPECTED


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".dta", ".sav", ".sas7bdat"])
def test_whole_numbers_come_back_as_integers(tmp_path, ending):
    path = tmp_path / f"pupils{ending}"
    WRITERS[ending](path)
    assert str(read_frame(path)["school"].dtype) == "Int64"


def test_the_ending_may_be_upper_case_or_compressed(tmp_path):
    PUPILS.to_csv(tmp_path / "PUPILS.CSV", index=False)
    PUPILS.to_csv(tmp_path / "pupils.csv.gz", index=False)
    assert as_lists(read_frame(tmp_path / "PUPILS.CSV")) == EXPECTED
    assert as_lists(read_frame(tmp_path / "pupils.csv.gz")) == EXPECTED


def labelled_stata(path: Path) -> None:
    frame = PUPILS.assign(passed=[0, 1, 1, 0])
    frame.to_stata(path, write_index=False, value_labels={"passed": {0: "no", 1: "yes"}})


def labelled_spss(path: Path) -> None:
    frame = PUPILS.assign(passed=[0, 1, 1, 0])
    write_spss(path, frame, variable_value_labels={"passed": {0: "no", 1: "yes"}})


@pytest.mark.parametrize(("ending", "write"), [(".dta", labelled_stata), (".sav", labelled_spss)])
def test_value_labels_only_on_request(tmp_path, ending, write):
    path = tmp_path / f"pupils{ending}"
    write(path)
    assert as_lists(read_frame(path))["passed"] == [0, 1, 1, 0]
    assert as_lists(read_frame(path, labels=True))["passed"] == ["no", "yes", "yes", "no"]


@pytest.fixture
def database(tmp_path):
    import duckdb

    path = tmp_path / "schools.db"
    with duckdb.connect(str(path)) as connection:
        connection.register("pupils_frame", PUPILS)
        connection.execute("CREATE TABLE pupils AS SELECT * FROM pupils_frame")
    return path


@pytest.mark.parametrize(
    "question",
    [
        "?table=pupils",
        "?query=SELECT * FROM pupils WHERE school = 1 OR school IS DISTINCT FROM 1",
        "",
    ],
)
def test_duckdb_gives_the_columns_back(database, question):
    assert as_lists(read_frame(f"duckdb:{database}{question}")) == EXPECTED


def test_duckdb_runs_the_query_it_is_given(database):
    frame = read_frame(f"duckdb:{database}?query=SELECT sex, score FROM pupils WHERE school = 2")
    assert as_lists(frame) == {"sex": ["F"], "score": [None]}


def test_duckdb_never_writes(database):
    with pytest.raises(DataFileError, match="read-only"):
        read_frame(f"duckdb:{database}?query=DROP TABLE pupils")
    assert as_lists(read_frame(f"duckdb:{database}")) == EXPECTED


@pytest.mark.parametrize("question", ["?table=teachers", "?tabel=pupils", "?query="])
def test_duckdb_names_the_tables_it_has(database, question):
    with pytest.raises(DataFileError, match=r"table=NAME .*pupils"):
        read_frame(f"duckdb:{database}{question}")


def test_duckdb_asks_which_of_two_tables(database):
    import duckdb

    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE schools (school INTEGER)")
    with pytest.raises(DataFileError, match="pupils, schools"):
        read_frame(f"duckdb:{database}")


@pytest.mark.parametrize("source", ["absent.csv", "duckdb:absent.db?table=pupils"])
def test_a_missing_file_is_named(source):
    with pytest.raises(DataFileError, match=r"absent\.\w+: there is no such file"):
        read_frame(source)


def test_a_directory_is_not_a_file(tmp_path):
    with pytest.raises(DataFileError, match="is a directory"):
        read_frame(tmp_path)


def test_an_unknown_ending_names_the_known_ones(tmp_path):
    (tmp_path / "pupils.xlsx").write_bytes(b"")
    with pytest.raises(DataFileError, match=r"'\.xlsx'.*\.csv, \.tsv, \.parquet"):
        read_frame(tmp_path / "pupils.xlsx")


@pytest.mark.parametrize("ending", FORMATS)
def test_a_damaged_file_is_one_line(tmp_path, ending):
    path = tmp_path / f"damaged{ending}"
    path.write_bytes(b"")
    with pytest.raises(DataFileError, match="could not be read as") as caught:
        read_frame(path)
    assert "\n" not in str(caught.value)


def test_a_text_file_is_no_database(tmp_path):
    (tmp_path / "notes.db").write_text("not a database")
    with pytest.raises(DataFileError, match="could not be read as a DuckDB database"):
        read_frame(f"duckdb:{tmp_path / 'notes.db'}?table=pupils")


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    (tmp_path / "pupils.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingDependencyError, match=r"polars .*mixeff\[io\]"):
        read_frame(tmp_path / "pupils.parquet")
