"""One file per program; each binds a case to the calls that are timed.

`PROGRAMS` names, for each program, the module that holds its `bind(case, frame, threads)`, or the
R driver. Programs that use one thread only are left out of the runs with more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """How to start a program and where it may run."""

    name: str
    module: str | None = None
    r_package: str | None = None
    threaded: bool = True


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
