"""A user's function is called once a set, and what is found is what a sweep that plans everything before finds."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.sweep import calendar
from hedgebook.engine.sweep.running import kept
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.strategies.sweeping import FunctionSweep, function_plans
from tests import markets

MARKET = markets.random_market(4, sessions=260, tickers=7, missing_frac=0.01)
CALLS: Counter[tuple[Any, ...]] = Counter()


@pytest.fixture(autouse=True)
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the function itself: what it counts would be part of what it is."""
    plain = FunctionSweep._call

    def call(self: FunctionSweep, market: hb.Market, given: dict[str, Any]) -> hb.Plan:
        CALLS[tuple(given.values())] += 1
        return plain(self, market, given)

    monkeypatch.setattr(FunctionSweep, "_call", call)


def turns(market: hb.Market, start: int = 10, tilt: float = 0.1, every: int = 7) -> hb.Schedule:
    """Long one name and short the next by `tilt`, other ones every so many closes, from a session on."""
    decided = np.arange(start, len(market.sessions) - 1, every)
    if not len(decided):
        raise ValueError("begins too late")
    weights = np.zeros((len(decided), len(market.tickers)))
    for k, row in enumerate(weights):
        row[(start + k) % len(row)], row[(start + k + 1) % len(row)] = tilt, -tilt
    return hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[decided],
        session=market.sessions[decided + 1],
        mark=np.full(len(decided), hb.Mark.OPEN, dtype=np.int64),
        weights=weights,
    )


def swept(out: Path | None = None, resume: bool = False, cv: str = "cscv", **axes: Any) -> Any:
    given = {"start": [150, 10, 70, 400], "tilt": [0.1, 0.3], "every": [5, 9], **axes}
    CALLS.clear()
    return hb.sweep(turns, MARKET, cv=cv, out=out, options=hb.SweepOptions(resume=resume), **given)


@pytest.fixture
def planned_before(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(FunctionSweep, "plans_once", False)
    return monkeypatch


def same(one: Any, other: Any) -> None:
    """Table, luck and everything else, to the last digit."""
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())


@pytest.mark.parametrize("cv", ["cscv", "walk-forward:train=60,test=20", "cpcv:folds=5"])
@pytest.mark.parametrize("small_chunks", [False, True])
def test_one_call_a_set_and_the_same_result(monkeypatch: pytest.MonkeyPatch, cv: str, small_chunks: bool) -> None:
    """The sets begin at different sessions: moments are summed anew where the first ones looked at did not tell."""
    monkeypatch.setattr(calendar, "LOOKED", 1)
    if small_chunks:
        monkeypatch.setattr(FunctionSweep, "chunk_sets", 3)
        monkeypatch.setattr(function_plans, "PIECE_BYTES", 5_000)
    once = swept(cv=cv)
    assert set(CALLS.values()) == {1}
    assert len(CALLS) == once.count == 16
    monkeypatch.setattr(FunctionSweep, "plans_once", False)
    same(once, swept(cv=cv))


def test_what_is_kept_may_be_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without room costs further calls and nothing else."""
    monkeypatch.setattr(calendar, "LOOKED", 1)
    usual = swept()
    monkeypatch.setattr(kept, "MOST_BYTES", 10_000)
    same(usual, swept())
    assert max(CALLS.values()) > 1


def test_a_folder_is_the_same_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(calendar, "LOOKED", 1)
    monkeypatch.setattr(FunctionSweep, "chunk_sets", 4)
    once = swept(tmp_path / "once")
    assert max(CALLS.values()) == 1
    assert FolderSink.open(tmp_path / "once").status == "done"
    (tmp_path / "once" / "sets" / "part-00001.parquet").unlink()
    again = swept(tmp_path / "once", resume=True)
    same(once, again)
    monkeypatch.setattr(FunctionSweep, "plans_once", False)
    swept(tmp_path / "before")
    for name in ("sets", "blocks"):
        for k in range(4):
            part = f"{name}/part-0000{k}.parquet"
            assert (tmp_path / "once" / part).read_bytes() == (tmp_path / "before" / part).read_bytes(), part


@pytest.mark.parametrize("at", [10, 400])
def test_a_sweep_that_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: int) -> None:
    """Also where the sessions of its sets turned out others than thought when it was stopped."""
    monkeypatch.setattr(calendar, "LOOKED", 1)
    monkeypatch.setattr(FunctionSweep, "chunk_sets", 4)
    wanted, counted = swept(), FunctionSweep._call

    def stopped(self: FunctionSweep, market: hb.Market, given: dict[str, Any]) -> hb.Plan:
        if given["start"] == at:
            raise KeyboardInterrupt
        return counted(self, market, given)

    with monkeypatch.context() as stop:
        stop.setattr(FunctionSweep, "_call", stopped)
        given = {"start": [150, 10, 70, 400], "tilt": [0.1, 0.3], "every": [5, 9]}
        with pytest.raises(KeyboardInterrupt):
            hb.sweep(turns, MARKET, out=tmp_path / "a", options=hb.SweepOptions(threads=1), **given)
    assert FolderSink.open(tmp_path / "a").status == "interrupted"
    same(wanted, swept(tmp_path / "a", resume=True))


def test_rules_that_vary_need_no_further_calls() -> None:
    found = swept(start=[10, 70], stop_loss=[None, 0.1, 0.2])
    assert found.count == 24
    assert set(CALLS.values()) == {1}
    assert len(CALLS) == 8


def test_what_a_search_has_planned_is_not_planned_again() -> None:
    pytest.importorskip("optuna")
    CALLS.clear()
    axes = {"start": range(10, 60, 5), "tilt": [0.1, 0.2, 0.3]}
    found = hb.sweep(turns, MARKET, sample="optuna:8", **axes)
    assert len(CALLS) == found.count
    assert set(CALLS.values()) == {1}


def test_moments_summed_anew_are_those_of_a_run() -> None:
    """Of sets that cash earns something for, that end early, and one that is ruined."""
    from hedgebook.engine.sweep.batch.stage import SweepSetting
    from hedgebook.engine.sweep.space import space_of
    from hedgebook.engine.sweep.sweep import prepare

    strategy = FunctionSweep(turns)
    axes = {"start": [10, 70, 400], "tilt": [0.1, 30.0], "until": [None, str(MARKET.sessions[200])]}
    sets = space_of(axes).retyped(strategy.typed).grid()
    setting = SweepSetting(MARKET, markets.random_costs(3), hb.Account())
    whole = prepare(setting, strategy, sets).job
    rng = np.random.default_rng(0)
    blocks = np.sort(rng.integers(-1, 5, len(MARKET.sessions)))
    job = dataclasses.replace(whole, blocks=blocks, kept=kept.KeptSets(len(MARKET.sessions), whole.chunk_sets))
    result = job.run(0)
    assert np.isnan(result.totals).all(axis=1).any()
    found = job.kept.moments(0, blocks, setting.riskless)
    assert found is not None
    ran = np.array([problem is None for problem in result.problems])
    for mine, wanted in zip(found, (result.totals, result.squares), strict=True):
        np.testing.assert_array_equal(mine[ran], wanted[ran])
