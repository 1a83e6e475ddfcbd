"""Worker processes: started with their thread count, asked one thing at a time, ended by us."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .programs import Program

_HERE = Path(__file__).parent
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "OMP_THREAD_LIMIT",
)


def environment(threads: int) -> dict[str, str]:
    """Thread counts for every library; idle OpenMP threads sleep, as the machine may be shared."""
    counts = dict.fromkeys(_THREAD_VARIABLES, str(threads))
    return {**os.environ, **counts, "OMP_WAIT_POLICY": "PASSIVE"}


def _command(program: Program, case: str, data: Path, threads: int) -> list[str]:
    if program.module is not None:
        worker = [sys.executable, "-m", "benchmarks.worker", program.module]
        return [*worker, case, str(data.with_suffix(".feather")), str(threads)]
    script = ["Rscript", "--vanilla", str(_HERE / "worker.R"), str(program.r_package)]
    return [*script, str(data.with_suffix(f".{case}.json")), str(data.with_suffix(".csv"))]


class Worker:
    """One program in its own process; `ask` waits for the answer or ends the process."""

    def __init__(self, program: Program, case: str, data: Path, threads: int):
        self.program = program
        self.process = subprocess.Popen(
            _command(program, case, data, threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_HERE.parent,
            env=environment(threads),
        )
        self._rest = b""

    def ask(self, command: str, timeout: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        if self.process.poll() is not None:
            return {"absent": "the process ended"}
        try:
            self.process.stdin.write(f"{command}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"absent": "the process ended"}
        return self.hear(timeout)

    def hear(self, timeout: float) -> dict[str, Any]:
        """The next JSON line; a process that says nothing in time is ended."""
        deadline = time.monotonic() + timeout
        while (line := self._line(deadline)) is not None:
            text = line.decode().lstrip("@").strip()
            if text.startswith("{"):
                return json.loads(text)
        self.end()
        return {"absent": self._why(deadline, timeout)}

    def _why(self, deadline: float, timeout: float) -> str:
        late = time.monotonic() >= deadline
        return f"more than {timeout:.0f} s" if late else f"ended, code {self.process.returncode}"

    def _line(self, deadline: float) -> bytes | None:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return None
            if not (chunk := os.read(descriptor, 65_536)):
                self.process.wait()
                return None
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
