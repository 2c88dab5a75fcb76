"""Laws of a trade over many events: order, one event, overlaps, the cap, and time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.strategies.run.run import run_trade
from hedgebook.strategies.series.run import EventSeries
from hedgebook.strategies.series.statistics import clustered_mean, find_clusters
from hedgebook.strategies.strategy.setting import RunSetting
from tests import markets
from tests.oracle import event_series as oracle
from tests.strategies.event_news import COSTS, event_on, series, series_market, trade

MARKET = series_market()
# DRIFT, SPARE and LATE are not traded here, so every row from 25 on can carry a trade of ACME, BOLT and CLOUD.
ROWS = st.lists(st.integers(25, 110), min_size=1, max_size=6, unique=True)
OVERLAPS = st.sampled_from(["skip", "stack", "cap", "cap:1.7"])


def run(rows: list[int], overlap: str) -> EventSeries:
    return series(MARKET, tuple(event_on(MARKET, row) for row in rows), overlap=overlap, costs=COSTS)


def navs(found: EventSeries) -> list[float]:
    values: list[float] = found.book.record.days["nav_close"].tolist()
    return values


@given(ROWS, OVERLAPS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=25)
def test_the_order_of_events_changes_nothing(rows: list[int], overlap: str, draw: object) -> None:
    mixed = sorted(rows, key=lambda _: draw.random())  # type: ignore[attr-defined]
    one, two = run(rows, overlap), run(mixed, overlap)
    assert navs(one) == navs(two)
    assert one.table.equals(two.table)
    assert one.path.equals(two.path)
    assert one.left_out == two.left_out
    assert repr(one.statistics()) == repr(two.statistics())


@pytest.mark.parametrize("overlap", ["skip", "stack", "cap"])
@given(row=st.integers(25, 110))
@settings(deadline=None, max_examples=10)
def test_one_event_is_a_plain_run_of_the_trade(overlap: str, row: int) -> None:
    found = run([row], overlap)
    event = event_on(MARKET, row)
    plain = run_trade(trade(event=event.id), event, RunSetting(MARKET, COSTS))
    assert navs(found) == plain.backtest.record.days["nav_close"].tolist()
    assert found.returns.tolist() == [plain.backtest.final_nav / 2e6 - 1.0]
    np.testing.assert_array_equal(found.book.record.pnl, plain.backtest.record.pnl)


@given(ROWS)
@settings(deadline=None, max_examples=25)
def test_skipping_takes_what_an_oracle_takes_and_equals_stacking_what_is_left(rows: list[int]) -> None:
    found = run(rows, "skip")
    ordered = sorted(rows)
    kept = [ordered[k] for k in oracle.taken_when_skipping([(row, row + 5) for row in ordered])]
    assert [r.event.id for r in found.runs] == [f"news-{row}" for row in kept]
    assert len(found.left_out) == len(rows) - len(kept)
    assert navs(run(kept, "stack")) == navs(found)
    assert found.clusters.tolist() == list(range(len(kept)))


@given(ROWS, st.floats(0.2, 3.0))
@settings(deadline=None, max_examples=25)
def test_the_gross_never_passes_the_cap_when_it_is_set(rows: list[int], cap: float) -> None:
    found = run(rows, f"cap:{cap}")
    assert found.largest_gross <= cap * (1 + 1e-9)
    fills = found.book.fills
    book = found.book
    for session, mark in set(zip(fills["session"], fills["mark"], strict=True)):
        if mark != "open":
            continue
        row = int(np.searchsorted(book.market.sessions, session.to_datetime64().astype("datetime64[D]")))
        held = np.zeros(len(book.market.tickers)) if row == 0 else book.record.shares[row - 1].copy()
        for fill in fills[(fills["session"] == session) & (fills["mark"] == "open")].to_dict("records"):
            held[book.market.column(fill["ticker"])] += fill["shares"]
        value = np.where(held != 0, np.abs(held) * np.nan_to_num(book.market.open[row]), 0.0).sum()
        # Sized on NAV before costs: what costs take makes the ratio a little larger.
        assert value <= cap * book.record.days["nav_open"][row] * (1 + 2e-3 * max(1.0, cap))


@given(ROWS, OVERLAPS, st.integers(30, 115), st.integers(0, 1000))
@settings(deadline=None, max_examples=25)
def test_later_prices_change_no_earlier_event(rows: list[int], overlap: str, after: int, seed: int) -> None:
    """Whatever comes after a session changes neither the runs that ended by then nor the account until then."""
    changed = markets.changed_after(MARKET, after, seed)
    for name in ("open", "close"):
        table = getattr(changed, name).copy()
        lost = np.isnan(table) & np.isfinite(getattr(MARKET, name))
        table[lost] = getattr(MARKET, name)[lost]
        object.__setattr__(changed, name, table)
    events = tuple(event_on(MARKET, row) for row in rows)
    one = series(MARKET, events, overlap=overlap, costs=COSTS)
    two = series(changed, events, overlap=overlap, costs=COSTS)
    assert [r.event.id for r in one.runs] == [r.event.id for r in two.runs]
    days = one.book.market.sessions <= MARKET.sessions[after]
    assert np.array(navs(one))[days].tolist() == np.array(navs(two))[days].tolist()
    for mine, other in zip(one.runs, two.runs, strict=True):
        if mine.plan.exit_session <= MARKET.sessions[after]:
            assert mine.backtest.final_nav == other.backtest.final_nav
            assert mine.plan.weights() == other.plan.weights()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), min_size=1, max_size=12))
@settings(deadline=None, max_examples=100)
def test_clusters_are_the_connected_windows(spans: list[tuple[int, int]]) -> None:
    windows = sorted((first, first + length) for first, length in spans)
    day = np.datetime64("2026-01-01")
    found = find_clusters([day + a for a, _ in windows], [day + b for _, b in windows])
    assert found.tolist() == oracle.find_clusters(windows)


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=20))
@settings(deadline=None, max_examples=60)
def test_with_a_cluster_for_each_event_the_robust_error_is_the_plain_one(values: list[float]) -> None:
    found = clustered_mean(np.array(values), np.arange(len(values)))
    assert found.standard_error == pytest.approx(found.naive_error, rel=1e-9, abs=1e-15)
