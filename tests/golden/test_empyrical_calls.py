"""340 calls that empyrical's own tests make, with the answers that it gave."""

from __future__ import annotations

import copy
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.empyrical_suite import NEEDED_SHARE, run_suite
from hedgebook.engine.risk import empyrical_like

# A figure found by a search: both searches stop near the same optimum.
SEARCHED = {"gpd_risk_estimates_aligned": 1e-8}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((shared / "golden/empyrical/empyrical_calls.json").read_text())
    return data


def decoded(value: Any, inputs: dict[str, Any]) -> Any:
    """A recorded argument or answer as the object it stands for."""
    if isinstance(value, list):
        return [decoded(item, inputs) for item in value]
    if not isinstance(value, dict):
        return value
    if "ref" in value:
        return decoded(inputs[value["ref"]], inputs)
    kind = value["t"]
    if kind == "nan":
        return math.nan
    if kind == "inf":
        return math.copysign(math.inf, value["v"])
    if kind == "tuple":
        return tuple(decoded(item, inputs) for item in value["v"])
    numbers = np.array(
        [[_number(x) for x in row] if isinstance(row, list) else _number(row) for row in value["v"]], dtype=float
    )
    if kind == "array":
        return numbers
    index = pd.DatetimeIndex(value["i"]) if value.get("dt", kind == "frame") else pd.Index(value["i"])
    if kind == "frame":
        return pd.DataFrame(numbers.reshape(len(index), len(value["c"])), index=index, columns=value["c"])
    return pd.Series(numbers, index=index, dtype=float)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def test_every_call_gives_the_recorded_answer(recorded: dict[str, Any]) -> None:
    inputs, compared, wrong = recorded["inputs"], 0, []
    for case in recorded["cases"]:
        args = [decoded(item, inputs) for item in case["args"]]
        kwargs = {name: decoded(item, inputs) for name, item in case["kwargs"].items()}
        before = copy.deepcopy((args, kwargs))
        found = getattr(empyrical_like, case["f"])(*args, **kwargs)
        expected = decoded(case["ret"], inputs)
        left, right = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
        tolerance = SEARCHED.get(case["f"], 1e-9)
        close = left.shape == right.shape and np.allclose(left, right, rtol=tolerance, atol=1e-11, equal_nan=True)
        if not close:
            wrong.append((case["test"], found, expected))
        if isinstance(expected, pd.Series) and isinstance(expected.index, pd.DatetimeIndex):
            assert isinstance(found, pd.Series)
            assert found.index.equals(expected.index), case["test"]
        for was, now in zip([*before[0], *before[1].values()], [*args, *kwargs.values()], strict=True):
            assert np.array_equal(np.asarray(was), np.asarray(now), equal_nan=np.asarray(was).dtype.kind == "f")
        compared += 1
    assert not wrong, wrong[:5]
    assert compared == 340


def test_all_functions_that_were_called_exist(recorded: dict[str, Any]) -> None:
    called = {case["f"] for case in recorded["cases"]}
    assert len(called) == 32
    assert called <= set(empyrical_like.__all__)


def test_empyricals_own_suite(tmp_path: Path) -> None:
    """Its tests/test_stats.py, unchanged, on our functions; benchmarks/empyrical_suite.py downloads the archive."""
    archive = os.environ.get("EMPYRICAL_SDIST", "")
    if not Path(archive).is_file():
        pytest.skip("EMPYRICAL_SDIST does not name the source archive of empyrical-reloaded 0.7.1")
    found = run_suite(Path(archive), tmp_path / "suite")
    failed = sorted(case for case, (outcome, _) in found.items() if outcome != "passed")
    assert len(found) == 746
    assert len(found) - len(failed) >= NEEDED_SHARE * len(found), failed
