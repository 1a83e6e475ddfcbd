"""The house: data flows one way, each library has one door, no file knows a machine."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "mixeff"
CORE = ROOT / "crates" / "mixeff-core" / "src"

# A folder (or a file beside the folders) imports only from itself and from those above it.
FLOORS = (
    "errors",
    "core",
    "data",
    "formula",
    "model",
    "estimate",
    "results",
    "predict",
    "plot",
    "report",
    "bridges",
    "api",
    "cli",
)
RUST_FLOORS = ("family", "linalg", "design", "structure", "integrate", "optimize", "shard")

# The extension and the libraries that only one place may open.
DOORS = {
    "mixeff._native": "core.py",
    "formulaic": "formula/engine.py",
    "narwhals": "data/frames.py",
    "matplotlib": "plot/",
    "arviz_base": "bridges/arviz.py",
    "great_tables": "report/table/great.py",
    "docx": "report/table/word.py",
    "marginaleffects": "bridges/marginaleffects.py",
    "sklearn": "bridges/sklearn.py",
}
RUST_DOORS = ("faer", "pulp")

LONGEST_FILE = 450  # lines
TEXT = {".py", ".pyi", ".rs", ".toml", ".md", ".yml", ".txt", ".R", ".csv", ".cfg", ".sh", ""}
NOT_OURS = {"target", "build", "site", "demo_output", "__pycache__", "out"}


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def rust_files() -> list[Path]:
    return sorted(CORE.rglob("*.rs"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules_named(path: Path) -> Iterator[str]:
    """Every module an import statement of the file names, wherever it stands in the file."""
    package = ["mixeff", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def floor_of(path: Path, base: Path) -> str:
    first = path.relative_to(base).parts[0]
    return first.removesuffix(path.suffix)


def floors_used(path: Path) -> set[str]:
    modules = [name.split(".") for name in modules_named(path)]
    inside = [parts for parts in modules if parts[0] == "mixeff"]
    # The bare package re-exports what a user sees, which is made on the floor of `api`.
    names = {parts[1] if len(parts) > 1 else "api" for parts in inside}
    return {name if name in FLOORS else "api" for name in names - {"_native"}}


def not_above(floor: str, used: set[str], floors: tuple[str, ...]) -> set[str]:
    return {name for name in used if floors.index(name) > floors.index(floor)}


def test_every_python_module_has_its_floor():
    floors = {floor_of(path, PACKAGE) for path in python_files()} - {"__init__"}
    assert floors <= set(FLOORS), "say in FLOORS where the new folder stands"


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_python_imports_only_from_above(path):
    floor = floor_of(path, PACKAGE)
    if floor == "__init__":
        floor = "api"
    assert not not_above(floor, floors_used(path), FLOORS)


def rust_code(path: Path) -> str:
    """The file without its comments, where other modules may be spoken of."""
    return re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))


def rust_modules_used(path: Path) -> set[str]:
    text = rust_code(path)
    named = set(re.findall(r"\bcrate::(\w+)", text))
    for group in re.findall(r"\bcrate::\{(.*?)\}\s*;", text, flags=re.DOTALL):
        named |= set(re.findall(r"\w+", group))
    return named & {floor_of(file, CORE) for file in rust_files()} - {"lib"}


def test_every_rust_module_has_its_floor():
    floors = {floor_of(path, CORE) for path in rust_files()} - {"lib"}
    assert floors <= set(RUST_FLOORS), "say in RUST_FLOORS where the new module stands"


@pytest.mark.parametrize("path", [p for p in rust_files() if p.stem != "lib"], ids=name_of)
def test_rust_uses_only_modules_above(path):
    assert not not_above(floor_of(path, CORE), rust_modules_used(path), RUST_FLOORS)


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library):
    def opens(path: Path) -> bool:
        return any(f"{name}.".startswith(f"{library}.") for name in modules_named(path))

    opening = [path.relative_to(PACKAGE).as_posix() for path in python_files() if opens(path)]
    assert opening
    assert all(name.startswith(DOORS[library]) for name in opening), opening


@pytest.mark.parametrize("library", RUST_DOORS)
def test_one_rust_file_opens_a_library(library):
    opening = [name_of(p) for p in rust_files() if re.search(rf"\b{library}::", rust_code(p))]
    assert len(opening) == 1, opening


def test_the_core_knows_no_python():
    assert not [name_of(p) for p in rust_files() if re.search(r"\b(pyo3|numpy)::", rust_code(p))]


@pytest.mark.parametrize("path", [*python_files(), *rust_files()], ids=name_of)
def test_a_file_can_be_read_at_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def our_texts() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        folders = path.relative_to(ROOT).parts[:-1]
        foreign = any(f in NOT_OURS or (f[0] == "." and f != ".ci") for f in folders)
        if path.is_file() and path.suffix in TEXT and not foreign:
            yield path


def test_no_file_names_a_place_on_a_machine():
    places = re.compile(r"(?<![\w.])/(work|root|home|tmp|Users)/")
    guilty = [p for p in our_texts() if places.search(p.read_text(encoding="utf-8"))]
    assert not [name_of(path) for path in guilty]


def test_the_version_is_said_the_same_twice():
    said = re.search(r'__version__ = "(.+)"', (PACKAGE / "__init__.py").read_text())
    made = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert said is not None
    assert made is not None
    assert said[1] == made[1]


def test_importing_the_package_is_light():
    import subprocess

    heavy = "{'matplotlib', 'duckdb', 'polars', 'pyarrow', 'scipy.stats', 'click', 'rich', 'docx'}"
    code = f"import sys, mixeff; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
