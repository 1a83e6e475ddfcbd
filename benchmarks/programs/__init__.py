"""One file per program; each binds a case to the calls that are timed.

`PROGRAMS` names, for each program, the module that holds its `bind(case, frame, threads)`, or the
R driver. Programs that use one thread only are left out of the runs with more.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """How to start a program and where it may run."""

    name: str
    module: str | None = None
    r_package: str | None = None
    threaded: bool = True

    @property
    def version(self) -> str:
        """That is installed, or "absent"."""
        if self.r_package is not None:
            return _r_version(self.r_package)
        try:
            return importlib.metadata.version(self.name)
        except importlib.metadata.PackageNotFoundError:
            return "absent"


def _r_version(package: str) -> str:
    expression = f"cat(as.character(packageVersion('{package}')))"
    try:
        done = subprocess.run(["Rscript", "-e", expression], capture_output=True, text=True)
    except FileNotFoundError:
        return "absent"
    return done.stdout if done.returncode == 0 else "absent"


PROGRAMS: tuple[Program, ...] = (
    Program("mixeff", "benchmarks.programs.mixeff_"),
    Program("glmm", "benchmarks.programs.glmm_"),
    Program("gpboost", "benchmarks.programs.gpboost_"),
    Program("mixedlm", "benchmarks.programs.mixedlm_"),
    Program("lme-python", "benchmarks.programs.lme_python_"),
    Program("lme4", r_package="lme4", threaded=False),
    Program("glmmTMB", r_package="glmmTMB", threaded=False),
)

OF_FAMILIES: tuple[Program, ...] = (
    *(program for program in PROGRAMS if program.name in ("mixeff", "glmmTMB")),
    Program("ordinal", r_package="ordinal", threaded=False),
)
"""Those of `benchmarks.families`."""
