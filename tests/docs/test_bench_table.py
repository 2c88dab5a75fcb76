"""The README's table says what was measured, and a workload on which answers differ has no time."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import import_module
from typing import Any

import pytest

from docs import bench
from hedgebook.errors import VerificationError

# Imported by name: type checks stop at the doors of benchmarks.
peers: Any = import_module("benchmarks.peers")
single_run: Any = import_module("benchmarks.single_run")


def found(row: Any) -> dict[str, object]:
    rows = [{**asdict(row), "times": row.times}]
    return {"python": "3.11", "processors": 2, "load": 9.25, "rows": rows}


def test_times_and_load_stand_in_the_table() -> None:
    text = bench.block(found(peers.Row("one", 0.002, "other 1.0", 0.5, 1e-12)))
    assert "| one | 2 ms | other 1.0 | 500 ms | 250 | 1e-12 |  |" in text
    assert "load 9.2" in text


@pytest.mark.parametrize("gap", [1e-6, float("nan")])
def test_answers_that_differ_have_no_time(gap: float) -> None:
    row = peers.against("one", "numpy", lambda: 1.0, lambda: (2.0, gap))
    assert (row.ours_seconds, row.peer_seconds, row.times) == (None, None, None)
    assert "| no time |" in bench.block(found(row))


def test_a_check_that_fails_has_no_time() -> None:
    def both() -> tuple[float, float]:
        raise VerificationError("NAV differs")

    row = peers.against("one", "numpy", lambda: 1.0, both)
    assert row.ours_seconds is None
    assert row.note == "no time: NAV differs"


def test_an_absent_package_is_said() -> None:
    row = peers.against("one", "no-such-package", lambda: 1.0, lambda: (2.0, 0.0))
    assert (row.ours_seconds, row.peer_seconds, row.note) == (1.0, None, "not installed here")


def test_the_table_replaces_the_one_before() -> None:
    first, second = (bench.block(found(peers.Row(name, 1.0))) for name in ("first", "second"))
    text = bench.placed(f"# Title\n\n{bench.AFTER}\nfolders\n", first)
    again = bench.placed(text, second)
    assert first in text
    assert first not in again
    assert again.replace(second, "") == text.replace(first, "")
    assert again.endswith(f"{bench.AFTER}\nfolders\n")


def test_readme_shows_the_rows_that_were_kept() -> None:
    kept = json.loads(bench.ROWS.read_text(encoding="utf-8"))
    assert bench.block(kept) in bench.README.read_text(encoding="utf-8")
    assert {row["peer"].partition(" ")[0] for row in kept["rows"]} >= {
        "vectorbt", "bt", "quantstats", "empyrical-reloaded", "statsmodels", "arch", "numpy",
    }  # fmt: skip


def test_a_peer_that_breaks_is_a_row_that_says_so() -> None:
    row = peers.against("one", "numpy", lambda: 1.0, lambda: (1.0 / 0, None))
    assert (row.ours_seconds, row.note) == (None, "no time: numpy failed: ZeroDivisionError")


def test_a_run_is_measured_against_vectorbt_and_a_wrong_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in single_run.TINY.items():
        monkeypatch.setattr(single_run, name, value)
    monkeypatch.setattr(peers, "RUNS", 1)
    right = next(peers.single())
    assert right.peer.startswith("vectorbt")
    assert right.times is not None
    assert right.gap is not None
    assert right.gap < peers.MOST_GAP
    levels, took = single_run.by_vectorbt(*single_run.data())
    monkeypatch.setattr(single_run, "by_vectorbt", lambda *_: (levels * 1.001, took))
    assert next(peers.single()).ours_seconds is None
