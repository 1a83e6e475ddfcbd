"""A simulated study: do prescriptions follow the guideline? Patients of doctors, seeded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["TRUTH", "simulate_doctors"]

N_DOCTORS, N_PATIENTS, FEWEST = 407, 8525, 2

# Log odds of a prescription that conforms, for each step of a variable, and the doctors' spread.
TRUTH: Mapping[str, float] = MappingProxyType(
    {
        "Intercept": 0.4,
        "age": -0.25,  # per decade from 60
        "female": 0.15,
        "severity": -0.6,  # scored 0, 1, 2
        "experience": 0.3,  # the doctor's, per decade from 15 years
        "teaching": 0.7,  # the doctor works in a teaching hospital
        "sd(doctor)": 1.2,
    }
)


def simulate_doctors(seed: int = 407) -> pd.DataFrame:
    """Simulate 8,525 patients of 407 doctors with a known model.

    A doctor's own inclination is normal with standard deviation 1.2 on the log-odds scale, which
    is large: two doctors with equal patients differ, at the median, by an odds ratio of 3.1.

    Parameters
    ----------
    seed
        Seed of the generator; the same seed gives the same data.

    Returns
    -------
    pandas.DataFrame
        One row per patient: ``doctor`` (number), ``age`` (decades from 60), ``female``,
        ``severity`` (0, 1, 2), ``experience`` (decades from 15 years), ``teaching`` and the
        response ``conforms`` (0 or 1).

    Examples
    --------
    >>> frame = simulate_doctors()
    >>> len(frame), frame["doctor"].nunique()
    (8525, 407)
    """
    rng = np.random.default_rng(seed)
    doctor = np.repeat(np.arange(N_DOCTORS), _caseloads(rng))
    frame = pd.DataFrame(
        {
            "doctor": doctor + 1,
            "age": np.round(rng.normal(0, 1.2, N_PATIENTS), 2),
            "female": rng.integers(0, 2, N_PATIENTS),
            "severity": rng.choice(3, N_PATIENTS, p=[0.5, 0.35, 0.15]),
            "experience": np.round(rng.uniform(-1.3, 2, N_DOCTORS), 2)[doctor],
            "teaching": rng.binomial(1, 0.3, N_DOCTORS)[doctor],
        }
    )
    inclination = TRUTH["sd(doctor)"] * rng.standard_normal(N_DOCTORS)[doctor]
    probability = 1 / (1 + np.exp(-_fixed_part(frame) - inclination))
    return frame.assign(conforms=rng.binomial(1, probability))


def _caseloads(rng: np.random.Generator) -> NDArray[np.int64]:
    share = rng.gamma(2.0, size=N_DOCTORS)
    spare = N_PATIENTS - FEWEST * N_DOCTORS
    return FEWEST + rng.multinomial(spare, share / share.sum())


def _fixed_part(frame: pd.DataFrame) -> NDArray[np.float64]:
    slopes = [name for name in TRUTH if name in frame.columns]
    steps = np.array([TRUTH[name] for name in slopes])
    return TRUTH["Intercept"] + frame[slopes].to_numpy(float) @ steps
