"""Rows of statsmodels' conditional models: `python -m validation.conditional_statsmodels OUT.csv`.

Needs statsmodels. Its Poisson log-likelihood leaves the multinomial coefficients out.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .datasets import DATASETS
from .freeze import COLUMNS


@dataclass(frozen=True)
class Job:
    """A reference model as statsmodels takes it: columns instead of a formula."""

    model: str
    dataset: str
    kind: str
    response: str
    covariates: tuple[str, ...]
    group: str
    likelihood: str = "logLik"


JOBS = (
    Job("infert", "infert", "ConditionalLogit", "case", ("spontaneous", "induced"), "stratum"),
    Job("bacteria", "bacteria", "ConditionalLogit", "y", ("late",), "ID"),
    Job(
        "epil-intercept", "epil", "ConditionalPoisson", "y", ("V4",), "subject",
        "logLik without constants",
    ),
)  # fmt: skip


def rows(job: Job) -> list[dict[str, Any]]:
    """The estimates of one model, and its log-likelihood."""
    import statsmodels
    from statsmodels.discrete import conditional_models

    data = DATASETS[job.dataset]()
    model = getattr(conditional_models, job.kind)
    made = model(data[job.response], data[list(job.covariates)], groups=data[job.group])
    fit = made.fit(disp=0, gtol=1e-10)
    program = {"program": "statsmodels", "version": statsmodels.__version__, "nodes": 1}
    same = {"dataset": job.dataset, "model": job.model, "method": "conditional", **program}
    table = [
        {**same, "parameter": name, "estimate": fit.params[name], "se": fit.bse[name]}
        for name in job.covariates
    ]
    return [*table, {**same, "parameter": job.likelihood, "estimate": fit.llf, "se": None}]


def main() -> None:
    made = [row for job in JOBS for row in rows(job)]
    pd.DataFrame(made)[list(COLUMNS)].to_csv(sys.argv[1], index=False, float_format="%.12g")


if __name__ == "__main__":
    main()
