"""Journals on raw prices with actions beside them: splits and dividends in the account, as a plain account has them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.actions.so_far import as_quoted, factors_so_far, on_first_scale
from hedgebook.universes.event import EventLibrary

from .abroad_market import RATE, Action, as_table, event, market_of, nav_by_hand, prices, raw
from .test_abroad import FREE, entered

ACTIONS: tuple[Action, ...] = (
    ("HOME", date(2026, 4, 20), "dividend", 0.8),
    ("OTHER", date(2026, 5, 11), "split", 2.0),
    ("HOME", date(2026, 6, 22), "dividend", 1.5),
    ("SEOUL", date(2026, 6, 24), "dividend", 2100.0),
    ("SEOUL", date(2026, 6, 25), "split", 5.0),
    ("OTHER", date(2026, 6, 26), "split", 4.0),
    ("OTHER", date(2026, 6, 30), "split", 0.5),
    ("OTHER", date(2026, 6, 30), "dividend", 0.4),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture(scope="module")
def library() -> EventLibrary:
    return EventLibrary(events=(event(),))


def trade_of(short: str) -> EventTrade:
    return EventTrade(name="own", title="Own", event="made-up-news", long=("HOME",), short=(short,), hold=13)


def known(day: date) -> pd.DataFrame:
    """The actions that are known by a day."""
    return as_table([one for one in ACTIONS if one[1] <= day])


def at_home(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[~frame["ticker"].isin(["SEOUL", RATE])]


@pytest.mark.parametrize(("seed", "short"), [(0, "OTHER"), (1, "SEOUL"), (2, "OTHER"), (3, "SEOUL")])
def test_every_day_is_that_of_an_account_in_plain_python(
    seed: int, short: str, library: EventLibrary, file: Path
) -> None:
    frame = raw(prices(seed), ACTIONS)
    frame = at_home(frame) if short == "OTHER" else frame
    market = market_of(frame, actions=as_table(ACTIONS))
    trade = trade_of(short)
    made = hb.journal.open(trade, market, events=library, file=file, **FREE)
    own = [one for one in ACTIONS if one[0] in ("HOME", short)]
    wanted = nav_by_hand(frame, *entered(trade, market, library), actions=own)
    told = {row["session"]: row["nav_usd"] for row in made.state.rows}
    # An exchange that nothing is held at has no day of its own.
    shown = [day for day in wanted if day in told]
    assert shown == list(told)
    assert list(told.values()) == pytest.approx([wanted[day] for day in told], rel=1e-12)
    run = hb.backtest(trade, market, events=library, **FREE)
    by_run = {f"{day:%Y-%m-%d}": nav for day, nav in run.nav["nav_close"].items()}
    assert all(abs(told[day] - by_run[day]) <= 1e-9 * 1e6 for day in told if day in by_run)
    assert any("actions" in row for row in made.state.rows)


@pytest.mark.parametrize("short", ["OTHER", "SEOUL"])
def test_day_by_day_with_what_is_known_then_is_the_same_to_the_byte(
    short: str, library: EventLibrary, file: Path
) -> None:
    frame = raw(prices(5), ACTIONS)
    frame = at_home(frame) if short == "OTHER" else frame
    trade = trade_of(short).replaced(hedge="volatility_parity", target_vol=0.1)
    opened = date(2026, 6, 16)
    hb.journal.open(trade, market_of(frame, opened, known(opened)), events=library, file=file)
    whole = market_of(frame, actions=as_table(ACTIONS))
    for day in whole.sessions[whole.sessions > np.datetime64(opened)][:18]:
        marked = hb.journal.mark("own", market_of(frame, day.item(), known(day.item())), file=file)
        assert marked.revisions == ()
    at_once = hb.journal.open(trade, whole, events=library, name="late", as_of=day, file=file)
    assert at_once.state.texts == marked.state.texts
    assert hb.journal.verify(file=file).sound
    run = hb.backtest(trade, whole, events=library)
    by_run = {f"{one:%Y-%m-%d}": nav for one, nav in run.nav["nav_close"].items()}
    told = {row["session"]: row["nav_usd"] for row in marked.state.rows}
    assert all(abs(told[one] - by_run[one]) <= 1e-9 * 1e6 for one in told if one in by_run)


def test_revised_actions_are_named_and_change_no_row(library: EventLibrary, file: Path) -> None:
    frame, trade = at_home(raw(prices(6), ACTIONS)), trade_of("OTHER")
    day = date(2026, 7, 1)
    before = hb.journal.open(trade, market_of(frame, day, known(day)), events=library, file=file, **FREE)
    other = [one for one in ACTIONS if one[1] <= day and one not in (ACTIONS[2], ACTIONS[-1])]
    other += [("HOME", date(2026, 6, 22), "dividend", 1.6), ("HOME", date(2026, 6, 29), "dividend", 0.1)]
    found = hb.journal.mark("own", market_of(frame, day, as_table(other)), file=file)
    (noticed,) = found.revisions
    told = {(one["ticker"], one["session"], one["field"]): (one["kept"], one["now"]) for one in noticed["revisions"]}
    assert told == {
        ("HOME", "2026-06-22", "dividend"): (1.5, 1.6),
        ("HOME", "2026-06-29", "dividend"): (None, 0.1),
        ("OTHER", "2026-06-30", "dividend"): (0.4, None),
    }
    assert found.state.texts == before.state.texts
    assert hb.journal.mark("own", market_of(frame, day, as_table(other)), file=file).revisions == ()
    with pytest.raises(hb.InputError, match="keeps raw prices with actions"):
        hb.journal.mark("own", market_of(at_home(prices(6))), file=file)


def test_own_fills_meet_splits_and_dividends(file: Path, tmp_path: Path) -> None:
    frame = at_home(raw(prices(7, missing_frac=0.0), ACTIONS))
    market = market_of(frame, actions=as_table(ACTIONS))
    cells = {(row.ticker, str(row.date)[:10]): row for row in frame.itertuples()}
    days = ("2026-06-25", "2026-06-29", "2026-07-01")
    paid = [cells["OTHER", day].open for day in days]
    fills = tmp_path / "fills.csv"
    rows = "".join(f"{d},OTHER,{q},{p!r},2\n" for d, q, p in zip(days, (-100, 50, 30), paid, strict=True))
    fills.write_text("date,ticker,shares,price,commission\n" + rows)
    asked: dict[str, Any] = {"costs": "none", "account": hb.Account(name="none"), "as_of": "2026-07-02"}
    made = hb.journal.open(None, market, fills=fills, file=file, **asked)
    # -100 become -400, of which 50 are bought back, then -175, which pay 0.4 each, then 30 are bought.
    cash = 1e6 + 100.0 * paid[0] - 50.0 * paid[1] - 30.0 * paid[2] - 175.0 * 0.4 - 3 * 2.0
    last = made.state.rows[-1]
    assert last["tickers"]["OTHER"]["shares"] == pytest.approx(-145.0)
    assert last["nav_usd"] == pytest.approx(cash - 145.0 * cells["OTHER", "2026-07-02"].close, rel=1e-12)
    assert sum(row["costs_usd"]["commission"] for row in made.state.rows) == pytest.approx(6.0)
    assert hb.journal.verify(file=file).sound


def test_forward_factors_have_the_returns_of_backward_ones_and_know_nothing_of_later_days() -> None:
    frame = at_home(raw(prices(8), ACTIONS))
    adjusted = market_of(frame, actions=as_table([one for one in ACTIONS if one[0] != "SEOUL"]))
    market = as_quoted(adjusted)
    by_cell = frame.pivot(index="date", columns="ticker", values="high")[["HOME", "OTHER"]]
    np.testing.assert_allclose(market.high, by_cell.to_numpy(), rtol=1e-11)  # brought back to 12 digits
    again = on_first_scale(adjusted)
    np.testing.assert_allclose(
        again.close_returns(("HOME", "OTHER")), adjusted.close_returns(("HOME", "OTHER")), rtol=1e-10, atol=1e-13
    )
    np.testing.assert_allclose(again.close * again.volume, market.close * market.volume, rtol=1e-12)
    assert adjusted.quotes is not None
    whole = factors_so_far(adjusted.quotes.actions, market.sessions, market.columns, market.close)
    for stop in range(2, len(market.sessions)):
        part = factors_so_far(adjusted.quotes.actions, market.sessions[:stop], market.columns, market.close[:stop])
        np.testing.assert_array_equal(part, whole[:stop])


def test_an_heir_that_no_prices_are_kept_of_is_said(library: EventLibrary, file: Path) -> None:
    frame, trade = at_home(raw(prices(9), ACTIONS)), trade_of("OTHER").replaced(short=())
    hb.journal.open(trade, market_of(frame, date(2026, 6, 18), known(date(2026, 6, 18))), events=library, file=file)
    table = known(date(2026, 7, 2)).assign(into="", price=np.nan)
    table.loc[len(table)] = ["HOME", date(2026, 6, 26), "spinoff", 0.1, "OTHER", np.nan]
    market = market_of(frame, actions=table)
    with pytest.raises(hb.InputError, match="HOME brings OTHER on 2026-06-26"):
        hb.journal.mark("own", market, file=file)
    assert hb.journal.mark("own", market, as_of="2026-06-25", file=file).state.rows[-1]["session"] == "2026-06-25"
