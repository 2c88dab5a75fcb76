"""Every number of a saved run that another file can contradict is contradicted when it is changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.verify.gaps import distinct, gap
from hedgebook.engine.verify.vectorbt import Verification, verify_frames
from hedgebook.errors import InputError, VerificationError
from hedgebook.front.run import Run
from hedgebook.reports.run.summary import summarise
from hedgebook.universes.sample import sample_market

Frames = dict[str, pd.DataFrame]
DRAWS = 60
# What nothing else in a folder contradicts: `summary_gaps` says so.
FREE = ("parameters.", "participation.", "exposure_windows.", "rule_201.", "hedge.betas.", "risk_at_entry.by_factor.")
BOUND = ("parameters.capital", "parameters.gross", "participation.limit_frac", "participation.largest.usd")


class Calm(hb.Strategy):
    """Long the names that moved least, short those that moved most."""

    window: int = 20

    def plan(self, market: hb.Market) -> hb.Plan:
        rows = np.arange(self.window, len(market.sessions) - 1, 7)
        weights = np.full((len(rows), len(market.tickers)), 0.0)
        for row, t in zip(weights, rows, strict=True):
            moved = np.abs(market.close[t] / market.close[t - self.window] - 1.0)
            order = [i for i in np.argsort(moved) if np.isfinite(moved[i])]
            row[order[:2]], row[order[-2:]] = 0.3, -0.3
        decided, marks = market.close_at[rows], np.full(len(rows), hb.Mark.OPEN, dtype=np.int64)
        schedule = hb.Schedule(market.tickers, decided, market.sessions[rows + 1], marks, weights)
        return hb.Plan(schedule=schedule, estimates={"names": 4.0})


def calm_weights(market: hb.Market, every: int = 9) -> pd.DataFrame:
    """META and CRWV by turns, as a function of the market."""
    days = pd.DatetimeIndex(market.sessions[-90:-2:every].astype("datetime64[ns]"))
    turns = np.arange(len(days)) % 3
    return pd.DataFrame({"META": np.where(turns == 0, 0.0, 0.5), "CRWV": np.where(turns == 2, -0.4, 0.1)}, index=days)


def run_of(kind: str) -> Run:
    market = sample_market()
    if kind == "trade":
        return hb.backtest(hb.trade("long-meta-short-neocloud", hold=9, capital=250_000.0, stop_loss=0.04), market)
    if kind == "class":
        return hb.backtest(Calm(), market, start="2026-04-01")
    if kind == "function":
        return hb.backtest(calm_weights, market)
    if kind == "weights":
        return hb.backtest(hb.weights(calm_weights(market, 5), capital=3e5, trailing_stop=0.1), market)
    prices = market.frame("close")[["META", "CRWV", "NVDA"]].tail(120)
    up, down = prices > prices.shift(5) * 1.02, prices < prices.shift(5)
    return hb.backtest(hb.signals(up, down, size=0.2, short_entries=down & ~up, short_exits=up), market)


@pytest.fixture(scope="module", params=["trade", "weights", "signals", "function", "class"])
def saved(request: pytest.FixtureRequest) -> tuple[Frames, dict[str, Any]]:
    run = run_of(request.param)
    frames = {"nav": run.nav.reset_index(), "fills": run.fills, "positions": run.positions, "pnl": run.pnl_long}
    return frames, summarise(run)


def verify(frames: Frames, summary: dict[str, Any]) -> Verification:
    three = (frames["nav"], frames["fills"], frames["positions"], float(summary["capital"]))
    return verify_frames(*three, frames["pnl"], summary)


def said(frames: Frames, summary: dict[str, Any]) -> tuple[str, ...]:
    """What a check says; empty where it passes."""
    try:
        found = verify(frames, summary)
    except (VerificationError, InputError) as problem:
        return (str(problem),)
    assert found.passed == (not found.mismatches)
    return found.mismatches


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], float]]:
    """Path and value of every number."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*path, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def test_an_untouched_run_agrees_with_itself(saved: tuple[Frames, dict[str, Any]]) -> None:
    assert said(*saved) == ()
    assert len(saved[0]["fills"]) > 4


def test_any_number_of_any_table_that_was_changed_is_named(saved: tuple[Frames, dict[str, Any]]) -> None:
    """By a millionth, a cell at a time, each column in turn."""
    frames, summary = saved
    draw = np.random.default_rng(31)
    for name, frame in frames.items():
        for column in frame.columns:
            if frame[column].dtype != np.float64:
                continue
            row = int(draw.choice(np.flatnonzero(frame[column].to_numpy() != 0.0)))
            changed = frame.copy()
            changed.loc[row, column] *= 1.0 + 1e-6 * draw.choice([-1.0, 1.0])
            found = said({**frames, name: changed}, summary)
            assert found, (name, column, row)
            assert any(f"{name}.parquet" in line for line in found), (name, column, row, found)


@pytest.mark.parametrize("name", ["fills", "positions", "pnl"])
def test_words_and_days_of_tables_are_held_against_one_another(saved: tuple[Frames, dict[str, Any]], name: str) -> None:
    frames, summary = saved
    for column in ("session", "mark", "ticker", "status", "reason", "bucket", "leg", "cause"):
        if column not in frames[name]:
            continue
        changed = frames[name].copy()
        old = changed.loc[1, column]
        others = [value for value in changed[column].dropna().unique() if value != old]
        changed.loc[1, column] = others[0] if others else "other"
        assert said({**frames, name: changed}, summary), (name, column)


def test_any_number_of_the_summary_that_was_changed_is_named(saved: tuple[Frames, dict[str, Any]]) -> None:
    frames, summary = saved
    draw = np.random.default_rng(7)
    free = FREE if summary["kind"] == "event-trade" else (*FREE, "weights.", "estimates.")
    bound = [
        (path, value)
        for path, value in leaves(summary)
        if not (name := ".".join(map(str, path))).startswith(free)
        or name in BOUND
        or (name.startswith("risk_at_entry.by_factor.") and not name.endswith(".exposure"))
    ]
    assert len(bound) > (90 if summary["kind"] == "event-trade" else 60)
    for k in draw.choice(len(bound), DRAWS, replace=False):
        path, value = bound[int(k)]
        changed = copy.deepcopy(summary)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value + 1 if isinstance(value, int) else value * (1.0 + 1e-4) if value else 1e-3
        found = said(frames, changed)
        assert found, (path, value)
        assert path == ("capital",) or any("summary.json" in line for line in found), (path, found)


def test_what_is_missing_from_a_summary_or_of_another_kind_is_named(saved: tuple[Frames, dict[str, Any]]) -> None:
    frames, summary = saved
    for key, value in (("sharpe", "high"), ("final_nav", None), ("fills", []), ("costs", {}), ("hit_rate", True)):
        assert any(key in line for line in said(frames, {**summary, key: value})), key


def test_a_gap_is_counted_and_placed() -> None:
    found = gap("f: x", [1.0, 2.0, np.nan, np.nan], [1.0, 2.5, 4.0, np.nan], "y", scale=1.0, place=lambda k: f"in {k}")
    assert found == ("f: x in 2 is undefined, y 4 (and 1 more)",)
    assert gap("f: x", [1.0 + 1e-15], [1.0], "y", scale=1.0) == ()
    assert distinct(0.1 + 0.2, 0.3) == ("0.30000000000000004", "0.29999999999999999")
