"""What every test shares: pictures are drawn in memory, and nothing is written beside the code."""

import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture
def in_an_empty_folder(tmp_path, monkeypatch):
    """Run the test in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
