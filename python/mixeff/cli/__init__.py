"""The command line, `mixeff`: its two libraries are an extra, so they are opened only here."""

from __future__ import annotations

import sys

__all__ = ["main"]

LIBRARIES = ("click", "rich")


def main() -> None:
    """Run the command line, or say what to install where its libraries are missing."""
    try:
        from mixeff.cli.commands import program
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in LIBRARIES:
            raise
        sys.stderr.write(f'mixeff: the command line needs {library}; pip install "mixeff[cli]"\n')
        raise SystemExit(2) from None
    program()
