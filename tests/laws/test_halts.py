"""Laws of halts: nobody knows at a close whether a price comes later, so none that comes, or stays out, changes it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.kernels.book.records import CLOSE, Gone, Reason, Status
from hedgebook.universes.market import Market

from .everything import SESSIONS, Drawn, everything
from .test_prefix_invariance import assert_same_until

SEEDS = st.integers(0, 2**32 - 1)
FOREVER = 2520


def halted(seed: int, market: Market) -> Market:
    """Three tickers that stop, two of them to come back somewhere else, one of them twice."""
    draw = np.random.default_rng(seed + 99)
    tables = {name: getattr(market, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for i in draw.permutation(5)[:3].tolist():
        first = int(draw.integers(2, SESSIONS - 5))
        last = int(draw.choice([SESSIONS, min(first + int(draw.integers(1, 25)), SESSIONS)]))
        factor = float(draw.choice([0.03, 0.35, 1.0, 2.5]))
        for name, table in tables.items():
            table[first:last, i] = np.nan
            table[last:, i] *= factor if name != "volume" else 1.0
    return dataclasses.replace(market, **tables)


def drawn_with_halts(seed: int, recovery: float | None, patience: int = FOREVER) -> Drawn:
    drawn = everything(seed)
    delisting = drawn.account.delisting.model_copy(update={"recovery_frac": recovery})
    account = drawn.account.model_copy(update={"delisting": delisting, "max_stale_sessions": patience})
    return dataclasses.replace(drawn, market=halted(seed, drawn.market), account=account)


def cut(drawn: Drawn, t: int) -> Backtest | None:
    known = drawn.schedule.session <= drawn.market.sessions[t]
    if not known.any():
        return None
    names = ("decided_at", "session", "mark", "weights")
    early = dataclasses.replace(drawn.schedule, **{name: getattr(drawn.schedule, name)[known] for name in names})
    return drawn.run(market=drawn.market.until(drawn.market.sessions[t]), schedule=early)


@pytest.mark.parametrize("recovery", [None, 0.0, 0.4])
@given(SEEDS, st.integers(5, SESSIONS - 1))
@settings(deadline=None, max_examples=60)
def test_prices_that_end_earlier_change_no_earlier_bit(recovery: float | None, seed: int, t: int) -> None:
    """Delistings included; the end itself writes nothing off, as its patience is endless or its recovery unknown."""
    for patience in (FOREVER,) if recovery is not None else (FOREVER, 3):
        drawn = drawn_with_halts(seed, recovery, patience)
        early = cut(drawn, t)
        if early is not None:
            assert_same_until(drawn.run(), early, drawn.market.sessions[t])


@given(SEEDS, st.integers(5, SESSIONS - 1))
@settings(deadline=None, max_examples=60)
def test_an_end_that_writes_off_changes_its_own_close_alone(seed: int, t: int) -> None:
    drawn = drawn_with_halts(seed, 0.4, 3)
    early = cut(drawn, t)
    if early is not None:
        assert_same_until(drawn.run(), early, drawn.market.sessions[t], marks=1)
        stale = early.record.lines[early.record.lines["reason"] == Reason.STALE]
        assert (stale["session"] == len(early.sessions) - 1).all()
        assert (stale["mark"] == CLOSE).all()


@given(SEEDS)
@settings(deadline=None, max_examples=80)
def test_without_a_stated_recovery_shares_change_only_where_a_price_prints(seed: int) -> None:
    drawn = drawn_with_halts(seed, None, 3)
    run = drawn.run()
    marks = np.stack([run.market.open, run.market.close])
    for line in run.record.filled:
        price = marks[line["mark"], line["session"], line["ticker"]]
        assert math.isfinite(price)
        assert line["reference"] == price
    # What does not print keeps its price and its shares.
    quiet = ~np.isfinite(marks).any(axis=0)
    for before, i in np.argwhere(quiet[1:]).tolist():
        t = before + 1
        assert run.record.shares[t, i] == run.record.shares[t - 1, i]
        if run.record.shares[t, i] != 0.0:
            assert run.record.price[t, i] == run.record.price[t - 1, i]


def test_the_random_halts_reach_what_the_laws_are_about() -> None:
    seen = dict.fromkeys(("written off", "at the end", "reopened", "waited", "held to the end"), 0)
    for seed in range(60):
        run = drawn_with_halts(seed, 0.4, 3).run()
        reasons = run.record.filled["reason"]
        seen["written off"] += int((reasons == Reason.DELISTED).sum())
        seen["at the end"] += int((reasons == Reason.STALE).sum())
        open_run = drawn_with_halts(seed, None, 3).run()
        printed = np.isfinite(np.stack([open_run.market.open, open_run.market.close])).any(axis=0)
        held = open_run.record.shares != 0.0
        seen["reopened"] += int((held[1:-1] & ~printed[1:-1] & printed[2:]).sum())
        waits = open_run.record.lines["status"] == Status.DEFERRED
        seen["waited"] += int((open_run.record.lines["reason"][waits] == Reason.NO_PRICE).sum())
        seen["held to the end"] += int((held[-1] & ~printed[-1]).sum())
    assert min(seen.values()) >= 20, seen
    assert set(Gone) == {0, 1, 2}
