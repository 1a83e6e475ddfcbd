"""Ctrl-C ends a long fit at once, without a traceback."""

import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from mixeff.cli.doctors import simulate_doctors

LONG = "conforms ~ age + (1 + age + female + severity + noise | doctor)"


@pytest.mark.e2e
def test_ctrl_c_stops_a_long_fit_within_a_second(tmp_path):
    frame = pd.concat([simulate_doctors()] * 6, ignore_index=True)
    noise = np.random.default_rng(1).standard_normal(len(frame))
    pd.DataFrame(frame.assign(noise=noise)).to_csv(tmp_path / "doctors.csv", index=False)
    method = ["--family", "bernoulli", "--method", "agq", "--nodes", "7"]
    command = [sys.executable, "-m", "mixeff.cli", "fit", LONG, "doctors.csv", *method]
    fit = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        fit.wait(timeout=5)
    fit.send_signal(signal.SIGINT)
    begin = time.perf_counter()
    _, errors = fit.communicate(timeout=20)
    assert time.perf_counter() - begin < 2
    assert fit.returncode != 0
    assert "Traceback" not in errors
