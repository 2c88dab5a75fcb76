"""Whether a sweep is run in tiles is decided by all of its sets together, and no digit depends on how it is cut."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.sweep import calendar
from hedgebook.engine.sweep.batch.run import run_batch
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.engine.sweep.job import SweepJob
from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.space import space_of
from hedgebook.engine.sweep.store.sink import MemorySink, read_column
from hedgebook.engine.sweep.sweep import prepare
from hedgebook.strategies.sweeping import FunctionSweep, sweep_strategy
from tests import markets

SESSIONS, TICKERS = 120, 13
MARKET = markets.random_market(9, sessions=SESSIONS, tickers=TICKERS, missing_frac=0.02)
EVERY, LATE = 6, 3


def pairs(market: hb.Market, first: int = 0, tilt: float = 0.1, late: int = 0) -> hb.Schedule:
    """Three names long and three short from column `first` on, by `tilt` together, every six closes."""
    decided = np.arange(late, len(market.sessions) - 1, EVERY)
    weights = np.zeros((len(decided), len(market.tickers)))
    for k, row in enumerate(weights):
        row[(first + k % 2 + np.arange(6)) % len(row)] = tilt * np.array([3.0, 2.0, 1.0, -1.0, -2.0, -3.0]) / 6.0
    return hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[decided],
        session=market.sessions[decided + 1],
        mark=np.full(len(decided), hb.Mark.OPEN, dtype=np.int64),
        weights=weights,
    )


def prepared(late: int = 1, **axes: object) -> SweepJob:
    """48 sets, of which each (first, late) has four."""
    strategy = sweep_strategy(pairs)
    levels = {"first": range(12), "tilt": [0.2, 0.4, 0.6, 0.8], "late": range(late), **axes}
    sets = space_of(levels).retyped(strategy.typed).grid()
    setting = SweepSetting(MARKET, markets.random_costs(3), hb.Account(), "T4")
    return prepare(setting, strategy, sets).job


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Bounds that a sweep of a few dozen sets can meet, all of which are looked at."""
    monkeypatch.setattr(FunctionSweep, "plans_once", False)
    monkeypatch.setattr(calendar, "MANY", 48 * (SESSIONS - 1))
    monkeypatch.setattr(calendar, "LONG", SESSIONS // 2)
    return monkeypatch


def numbers(whole: SweepJob, threads: int = 1) -> dict[str, np.ndarray]:
    """Every number of every set, whatever the chunks."""
    chunks = [whole.run(k, threads) for k in range(-(-whole.count // whole.chunk_sets))]
    return {name: np.concatenate([getattr(one, name) for one in chunks]) for name in ("metrics", "totals", "squares")}


@pytest.mark.usefixtures("small")
def test_no_digit_depends_on_how_a_sweep_is_cut() -> None:
    """Sets of a small chunk trade six or seven tickers, all sets together thirteen."""
    whole = prepared()
    assert whole.tiled is not None
    assert whole.tiled.held.all()
    wanted = numbers(whole)
    for size, threads in ((1, 1), (4, 1), (7, 3), (48, 1)):
        found = numbers(dataclasses.replace(whole, chunk_sets=size), threads)
        for name, values in wanted.items():
            np.testing.assert_array_equal(found[name], values, f"{name} in chunks of {size}")


def test_tiles_and_one_by_one_agree(small: pytest.MonkeyPatch) -> None:
    tiled = prepared()
    small.setattr(calendar, "MANY", 48 * SESSIONS)
    single = prepared()
    assert single.tiled is None
    for name, values in numbers(tiled).items():
        np.testing.assert_allclose(values, numbers(single)[name], rtol=1e-10, atol=1e-12)
    # The other way of adding up is there, or this would compare a thing with itself.
    assert (numbers(tiled)["metrics"] != numbers(single)["metrics"]).any()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "value", "tiled"),
    [("MATES", 48, True), ("MATES", 49, False), ("AMONG", 16, True), ("AMONG", 15, False), ("LONG", SESSIONS, False)],
)
def test_what_is_asked_of_a_sweep(monkeypatch: pytest.MonkeyPatch, name: str, value: int, tiled: bool) -> None:
    """All 48 sets trade at the same marks; among sixteen in a row as many are mates as are asked for."""
    monkeypatch.setattr(calendar, name, value)
    assert (prepared().tiled is not None) == tiled


@pytest.mark.usefixtures("small")
def test_sets_that_trade_at_different_marks_are_no_mates(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prepared(late=EVERY - 1).tiled is not None
    monkeypatch.setattr(calendar, "AMONG", 16 * LATE)
    assert prepared(late=LATE).tiled is not None
    monkeypatch.setattr(calendar, "MATES", 17)
    assert prepared(late=LATE).tiled is None


def test_a_sweep_takes_what_is_decided(small: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    plain = run_batch

    def watched(*args: Any, **given: Any) -> Any:
        if "tiled" in given:
            seen.append(given["tiled"] is not None)
        return plain(*args, **given)

    small.setattr("hedgebook.engine.sweep.job.run_batch", watched)
    axes = {"first": range(12), "tilt": [0.2, 0.4, 0.6, 0.8]}
    table = hb.sweep(pairs, MARKET, **axes).table
    assert seen == [True]
    small.setattr(calendar, "MANY", 10**9)
    single = hb.sweep(pairs, MARKET, **axes).table
    assert seen == [True, False]
    for name in MEASURES:
        np.testing.assert_allclose(table[name], single[name], rtol=1e-10, atol=1e-12)


@pytest.mark.usefixtures("small")
def test_a_sweep_that_goes_on_ends_with_the_same_digits() -> None:
    """What is left of it would be too little for tiles."""
    begun, rest = (dataclasses.replace(prepared(), chunk_sets=5) for _ in range(2))
    sink = MemorySink()
    sink.begin(begun)
    for k in range(8):
        sink.put(k, begun.columns(k), begun.run(k))
    assert not run_job(rest, sink, threads=2, resume=True).interrupted
    found = np.column_stack([read_column(sink, name) for name in rest.metric_names])
    np.testing.assert_array_equal(found, numbers(prepared())["metrics"])
