"""Figures are the same, digit for digit, however many threads linear algebra may use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.cli import main
from hedgebook.engine import one_thread
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread

from ..cli.console import SCRIPT

threadpoolctl: Any = import_module("threadpoolctl")

SCRIPTED = """
import json
import hedgebook as hb
market = hb.sample_market()
run = hb.backtest(hb.trade(), market)
options = hb.SweepOptions(seed=3)
found = [
    run.exposure().to_csv(),
    run.to_dict(),
    hb.risk(run, paths=500, sessions=20).to_dict(),
    hb.sweep(hb.trade(), market, sample="sobol:64", hold="5:40", hedge="beta,min_variance", options=options).to_dict(),
    hb.hedges(hb.trade(), market).to_dict(),
]
print(json.dumps(found, default=str))
"""


def output(threads: int, arguments: list[str | Path], folder: Path) -> str:
    """What a new process says whose linear algebra has so many threads.

    New ones both: where an array lies in memory decides how numpy adds it up, and a long process lays it elsewhere.
    """
    environment = {name: value for name, value in os.environ.items() if name not in one_thread.VARIABLES}
    environment |= {"OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = list(map(str, arguments))
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_scripts_and_commands_give_the_same_figures_on_one_thread_and_two(tmp_path: Path) -> None:
    one, two = (output(threads, [sys.executable, "-c", SCRIPTED], tmp_path) for threads in (1, 2))
    assert json.loads(one)
    assert one == two
    command = [SCRIPT, "sweep", "--grid", "hold=5:40", "--grid", "hedge=beta,min_variance", "--sample", "lhs:64"]
    asked = [*command, "--out", "s", "--overwrite", "--json"]
    assert output(1, asked, tmp_path) == output(2, asked, tmp_path)


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


@figures_on_one_thread
class Figures:
    kind = "plain"

    @property
    def one(self) -> set[int]:
        """A property."""
        return threads()

    @cached_property
    def two(self) -> set[int]:
        return threads() | self.one

    def three(self) -> set[int]:
        return self.two

    @staticmethod
    def free() -> set[int]:
        return threads()


@pytest.fixture
def many() -> Iterator[set[int]]:
    assert np.linalg.norm(np.ones(4)) == 2.0  # numpy's library is loaded
    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):
        yield threads()


def test_one_thread_lasts_as_long_as_a_call(many: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in one_thread.VARIABLES:
        monkeypatch.delenv(name, raising=False)

    @on_one_thread
    def fails() -> None:
        assert threads() == {1}
        raise ValueError

    figures = Figures()
    assert figures.one == figures.two == figures.three() == {1}
    assert Figures.one.__doc__ == "A property."
    with pytest.raises(ValueError):  # noqa: PT011
        fails()
    assert threads() == many == figures.free()


def test_one_thread_holds_until_the_last_one_is_out(many: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in one_thread.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    first, second = one_thread.one_thread(), one_thread.one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert threads() == {1}
    second.__exit__(None, None, None)
    assert threads() == many


def test_a_command_inside_a_process_that_has_numpy_is_on_one_thread_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that a library has not read, as it was loaded before, must not be taken for a limit."""
    for name in one_thread.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert not set(one_thread.VARIABLES) & set(os.environ)
    with one_thread.one_thread():
        assert threads() == {1}
