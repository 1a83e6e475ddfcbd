"""Make the pictures of the documentation anew: `python -m tests.pictures`, then look at them.

Runs the code of every page that shows pictures of `docs/assets`, and puts there what it saved
under their names.
"""

import os
import shutil
import tempfile
from pathlib import Path

from matplotlib import pyplot as plt

from tests.test_docs import PAGES, RUNNERS, page_name, pictures_of, runnable


def make(page: Path) -> None:
    """Run a page and store the pictures that it shows."""
    names = {"__name__": "__docs__"}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for kind, code in runnable(page):
            RUNNERS[kind](code, names, page)
        plt.close("all")
        for path in pictures_of(page):
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path.name, path)
            print(f"{page_name(page)}: {path.name}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    for each in PAGES:
        if pictures_of(each) and each.name != "README.md":
            make(each)
