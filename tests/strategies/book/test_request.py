"""Books and their hedges against plain Python, and what a user may ask for."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.hedging.request import Method
from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.book.request import HedgeBook, Period, parse_rehedge
from hedgebook.strategies.book.result import PARTS, BookRun
from hedgebook.strategies.book.run import run_hedge_book
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import EventLibrary, Timing, load_events
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle import hedged_book as oracle

from ..conftest import PlainPrices

BOOK = Book({"ACME": 900.0, "CLOUD": -300.0}, "shares", 5e4)
FIRST = "2026-01-05"
SPAN = (80, 150)
REAL = Book({"META": 500_000.0, "NVDA": 300_000.0, "MU": 200_000.0}, "dollars")
YEAR = Period("2025-07-01", "2026-07-31")


def dirty(sessions: int = 150) -> Market:
    """A ragged market of made-up tickers whose makers and renters share a factor with the funds."""
    market = markets.dirty_market(sessions, seed=11, first=FIRST)
    draw = np.random.default_rng(4)
    factor = np.exp(np.cumsum(draw.normal(0.0, 0.02, 2 * sessions)))
    opens, closes = market.open * factor[0::2, None], market.close * factor[1::2, None]
    opens[100, market.column("BENCH")] = np.nan  # just where a hedge is filled
    return dataclasses.replace(market, open=opens, close=closes)


def go(market: Market, asked: HedgeBook, period: Period | None = None, **more: Any) -> BookRun:
    days = Period(str(market.sessions[SPAN[0]]), str(market.sessions[SPAN[1] - 1]))
    library = more.get("library") or EventLibrary(events=(markets.news(date(2026, 5, 20)),))
    return run_hedge_book(
        asked,
        period or days,
        RunSetting(market, more.get("costs") or Costs(), more.get("account") or Account(), library),
    )


def plain(market: Market) -> tuple[oracle.Prices, oracle.Prices]:
    tables = [
        {ticker: getattr(market, field)[:, i].tolist() for i, ticker in enumerate(market.tickers)}
        for field in ("open", "close")
    ]
    return tables[0], tables[1]


@pytest.mark.parametrize("method", ["beta", "min_variance", "multi_min_variance"])
@pytest.mark.parametrize("every", [0, 19])
def test_a_book_on_a_dirty_market_is_what_plain_python_says(method: str, every: int) -> None:
    market = dirty()
    rehedge = f"every:{every}" if every else "none"
    asked = HedgeBook(BOOK, ("BENCH", "SPARE"), method, lookback=60, rehedge=rehedge)
    run = go(market, asked)
    opens, closes = plain(market)
    names = ["BENCH", "SPARE"]

    def hedge(row: int, values: dict[str, float]) -> dict[str, float]:
        if method == "beta":
            return oracle.beta_hedge(closes, values, names, "BENCH", row, 60)
        of = oracle.min_variance_hedge if method == "min_variance" else oracle.multi_hedge
        return of(closes, values, names, row, 60)

    rows = [SPAN[0] - 1, *range(SPAN[0] + every, SPAN[1] - 1, every)] if every else [SPAN[0] - 1]
    found = oracle.hold(opens, closes, BOOK.amounts, 5e4, SPAN, rows, hedge)
    window = run.windows[0]
    assert [d.session for d in window.decisions] == [market.sessions[row] for row in rows]
    for decision, decided in zip(window.decisions, found.decided, strict=True):
        assert decision.target_usd == pytest.approx(decided, rel=1e-9)
    capital = window.capital.usd
    np.testing.assert_allclose(window.alone.record.days["nav_close"], found.alone, rtol=1e-12)
    np.testing.assert_allclose(window.hedged.record.days["nav_close"], found.hedged, rtol=1e-9)
    for ticker in names:
        held = [line[ticker] for line in found.hedge_usd]
        np.testing.assert_allclose(window.hedge_values[ticker], held, rtol=1e-8)
    assert run.effect.effectiveness == pytest.approx(oracle.effectiveness(found, capital), abs=1e-9)
    assert run.effect.sessions == SPAN[1] - SPAN[0] - 1
    if every:
        # The open of session 100 is missing, so that hedge was filled at its close.
        marks = window.hedged.fills.set_index(["session", "ticker"])["mark"]
        assert marks[str(market.sessions[100]), "BENCH"] == "close"
        assert marks[str(market.sessions[100]), "SPARE"] == "open"


def test_the_book_of_meta_nvidia_and_micron_hedged_with_semis_by_beta(
    real_market: Market, plain_prices: PlainPrices
) -> None:
    run = run_hedge_book(
        HedgeBook(REAL, ("SMH",), Method.BETA), YEAR, RunSetting(real_market, Costs(), Account(), load_events())
    )
    start, stop = (plain_prices.dates.index(day) for day in (date(2025, 7, 1), date(2026, 7, 31)))
    closes = plain_prices.close
    shares = {ticker: usd / closes[ticker][start - 1] for ticker, usd in REAL.amounts.items()}
    found = oracle.hold(
        plain_prices.open, closes, shares, 0.0, (start, stop + 1), [start - 1],
        lambda row, values: oracle.beta_hedge(closes, values, ["SMH"], "SPY", row, 120),
    )  # fmt: skip
    decision = run.windows[0].decisions[0]
    assert decision.target_usd["SMH"] == pytest.approx(found.decided[0]["SMH"], rel=1e-9)
    assert run.pnl["alone"] == pytest.approx(found.alone[-1] - 1e6, abs=1e-3)
    assert run.pnl["together"] == pytest.approx(found.hedged[-1] - 1e6, abs=1e-3)
    assert run.effect.effectiveness == pytest.approx(oracle.effectiveness(found, 1e6), abs=1e-9)
    # What plain Python found on the day that this was written.
    assert decision.target_usd["SMH"] == pytest.approx(-1_019_000, abs=500)
    assert run.pnl["book"] == pytest.approx(1_099_016, abs=1)
    assert run.effect.effectiveness == pytest.approx(0.699, abs=1e-3)


def test_real_costs_add_up_and_are_what_the_rates_say(real_market: Market) -> None:
    costs = load_costs("default")
    asked = HedgeBook(REAL, ("neocloud", "memory"), rehedge="monthly", cap=0.5)
    run = run_hedge_book(asked, YEAR, RunSetting(real_market, costs, load_account("plain"), load_events()))
    assert sum(run.pnl[part] for part in PARTS) == pytest.approx(run.pnl["together"], abs=1e-9 * 1e6)
    window = run.windows[0]
    parts = window.pnl[list(PARTS)].sum(axis=1)
    np.testing.assert_allclose(parts, window.pnl["together"], atol=1e-9 * 1e6)
    assert window.pnl["together"].sum() == pytest.approx(window.hedged.final_nav - 1e6, abs=1e-6)
    fills = window.hedged.fills
    assert run.pnl["trading"] == pytest.approx(-fills["cost"].sum(), abs=1e-6)
    assert run.traded_usd == pytest.approx((fills["shares"].abs() * fills["reference"]).sum())
    assert set(fills["ticker"]) == {"CRWV", "NBIS", "APLD", "SNDK", "WDC", "STX"}  # MU is in the book
    assert len(window.decisions) == 13
    assert [str(d.session) for d in window.decisions[:2]] == ["2025-06-30", "2025-07-31"]
    assert any("MU left out of the hedge at every decision: held in the book" in note for note in run.warnings)
    assert any("the cap of 50%" in note for note in run.warnings)
    for decision in window.decisions:
        assert decision.target_gross <= 0.5 * decision.book_usd * (1 + 1e-12)


def test_the_book_itself_earns_the_same_with_and_without_its_hedge(real_market: Market) -> None:
    asked = HedgeBook(REAL, ("SMH",), rehedge="weekly")
    run = run_hedge_book(asked, YEAR, RunSetting(real_market, load_costs("default"), Account(), load_events()))
    window = run.windows[0]
    np.testing.assert_allclose(window.pnl["book"], window.pnl["alone"], atol=1e-9 * 1e6)
    assert not set(window.hedged.fills["ticker"]) & set(REAL.tickers)
    assert list(window.alone.orders["ticker"]) == []


def test_instruments_join_when_they_have_a_history(real_market: Market) -> None:
    asked = HedgeBook(REAL, ("memory",), rehedge="monthly")
    run = run_hedge_book(
        asked, Period("2025-02-03", "2025-06-30"), RunSetting(real_market, Costs(), Account(), load_events())
    )
    joined = [str(d.session) for d in run.windows[0].decisions if "SNDK" in d.target_usd]
    assert joined[0] == "2025-03-31"  # listed 2025-02-13: 11 returns by the end of February
    reasons = [d.left_out.get("SNDK") for d in run.windows[0].decisions[:2]]
    assert reasons == ["not listed yet", "fewer than 20 returns in the lookback"]
    assert any("SNDK left out of the hedge" in note for note in run.warnings)
    with pytest.raises(InputError, match="SNDK was not listed on 2025-01-31"):
        run_hedge_book(
            HedgeBook(REAL, ("SNDK",)), Period("2025-02-03"), RunSetting(real_market, Costs(), Account(), load_events())
        )


def test_a_ticker_of_the_book_is_no_hedge() -> None:
    with pytest.raises(InputError, match=r"ACME cannot hedge this book: held in the book.*Choose another one"):
        go(dirty(), HedgeBook(BOOK, ("ACME",)))


def test_events_have_windows_of_their_own_and_hedges_set_before_the_news() -> None:
    market = dirty()
    library = EventLibrary(
        events=tuple(
            markets.news(date(2026, month, 20 if month == 5 else 9), timing, f"news-{month}").model_copy(
                update={"tags": ("shock",)}
            )
            for month, timing in ((1, Timing.PRE_OPEN), (5, Timing.PRE_OPEN), (6, Timing.AFTER_CLOSE))
        )
    )
    asked = HedgeBook(Book({"ACME": 1e6}, "dollars"), ("fund",), lookback=60)
    run = go(market, asked, Period(tags=("shock",), before=3, after=4), library=library)
    assert [w.name for w in run.windows] == ["news-5", "news-6"]
    assert any("news-1 left out" in note for note in run.warnings)  # 60 sessions of history are not there in January
    firsts = [market.session_index("2026-05-20"), market.session_index("2026-06-10")]
    for window, at in zip(run.windows, firsts, strict=True):
        assert [str(d.date()) for d in window.sessions] == [str(s) for s in market.sessions[at - 3 : at + 5]]
        assert window.decisions[0].session == market.sessions[at - 4]
        assert window.capital.usd == pytest.approx(1e6)
    stacked = np.vstack([w.returns.iloc[1:, :2].to_numpy() for w in run.windows])
    variances = stacked.var(axis=0, ddof=1)
    assert run.effect.effectiveness == pytest.approx(1 - variances[1] / variances[0], abs=1e-12)
    assert run.effect.sessions == 14
    assert run.pnl["together"] == pytest.approx(sum(w.hedged.final_nav - 1e6 for w in run.windows), abs=1e-6)
    with pytest.raises(EventError, match="do not cover 300 sessions"):
        go(market, asked, Period(events=("news-5",), before=300), library=library)
    with pytest.raises(EventError, match="Did you mean 'shock'"):
        go(market, asked, Period(tags=("shok",)), library=library)


def test_capital_where_longs_and_shorts_cancel() -> None:
    market = dirty()
    even = Book({"ACME": 5e5, "CLOUD": -5e5}, "dollars")
    run = go(market, HedgeBook(even, ("fund",)))
    assert run.windows[0].capital.usd == pytest.approx(1e6)
    assert any("cash of 1,000,000 USD is assumed" in note for note in run.warnings)
    run = go(market, HedgeBook(even, ("fund",), cash=3e5))
    assert run.windows[0].capital.usd == pytest.approx(3e5)
    assert run.base_usd == pytest.approx(1e6)
    assert run.windows[0].levels["book"].iloc[0] == pytest.approx(1e6)
    assert any("percentages are taken of the gross value" in note for note in run.warnings)
    with pytest.raises(ParameterError, match="worth nothing or less"):
        go(market, HedgeBook(even, ("fund",), cash=-1.0))


def test_a_drift_band_sets_the_hedge_anew_only_where_it_has_drifted() -> None:
    market = dirty()
    asked = HedgeBook(BOOK, ("fund",), lookback=60, rehedge="band:0.25")
    window = go(market, asked).windows[0]
    days = [market.session_index(d.session) for d in window.decisions]
    assert 2 <= len(days) < 30
    for d in window.decisions[1:]:
        t = market.session_index(d.session) - SPAN[0]
        held = window.hedge_values.iloc[t].to_dict()
        gap = sum(abs(held.get(k, 0.0) - d.target_usd.get(k, 0.0)) for k in {*held, *d.target_usd})
        assert gap > 0.25 * d.target_gross
    daily = HedgeBook(BOOK, ("fund",), lookback=60, rehedge="every:1")
    assert len(go(market, daily).windows[0].decisions) == SPAN[1] - SPAN[0] - 1


def test_decisions_saw_the_nav_that_the_final_run_has() -> None:
    asked = HedgeBook(BOOK, ("fund",), lookback=60, rehedge="every:7")
    market = dirty()
    window = go(market, asked, costs=markets_costs()).windows[0]
    for d in window.decisions[1:]:
        t = market.session_index(d.session) - SPAN[0]
        assert d.nav == window.hedged.record.days["nav_close"][t]


def markets_costs() -> Costs:
    return Costs.model_validate({"commission": {"rate_bps": 5}, "borrow": {"default_annual": 0.05}})


def test_closes_alone_are_enough() -> None:
    market = dirty()
    closes = dataclasses.replace(market, open=np.full_like(market.open, np.nan))
    run = go(closes, HedgeBook(BOOK, ("fund",)))
    assert set(run.windows[0].hedged.fills["mark"]) == {"close"}
    assert any("no opens" in note for note in run.warnings)


def test_a_strict_account_may_change_the_book_and_says_so(real_market: Market) -> None:
    asked = HedgeBook(REAL, ("SMH",), rehedge="monthly")
    run = run_hedge_book(
        asked, YEAR, RunSetting(real_market, load_costs("default"), load_account("strict"), load_events())
    )
    assert any("margin calls or recalls changed the book itself: META, MU, NVDA" in note for note in run.warnings)
    assert sum(run.pnl[part] for part in PARTS) == pytest.approx(run.pnl["together"], abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": "min_varianc"}, "Did you mean 'min_variance'"),
        ({"rehedge": "montly"}, "Did you mean 'monthly'"),
        ({"rehedge": "every:0"}, "N from 1 to 2520"),
        ({"rehedge": "band:x"}, "X above 0"),
        ({"rehedge": "band:nan"}, "X above 0"),
        ({"cap": 0.0}, "above 0"),
        ({"cap": float("nan")}, "cap: .*a number"),
        ({"lookback": 5}, "min_sessions"),
        ({"lookback": 9999}, "20 to 2520"),
        ({"instruments": " , "}, "needs instruments"),
        ({"method": "factor_neutral"}, "factor_neutral needs factors"),
        ({"half_life_sessions": -1.0}, "half_life_sessions"),
        ({"cash": float("inf")}, "cash: .*a number"),
    ],
)
def test_bad_parameters_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        HedgeBook(**{"book": BOOK, "instruments": ("fund",), **changes})


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ({"first": "yesterday"}, "not a day"),
        ({"first": "1999-01-04"}, "do not cover"),
        ({"first": "2026-06-10", "last": "2026-06-09"}, "at least three sessions"),
        ({"first": FIRST}, "no close before this day"),
        ({"before": 0}, "1 to 2520"),
        ({"first": FIRST, "events": "x"}, "not both"),
        ({"events": "made-up-new"}, "Did you mean 'made-up-news'"),
    ],
)
def test_bad_periods_are_refused(period: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        go(dirty(), HedgeBook(BOOK, ("fund",)), Period(**period))


def test_bad_books_are_refused(tmp_path: Path) -> None:
    for amounts, says in (({}, "holds nothing"), ({"ACME": 0.0}, "no amount"), ({"ACMEE": 1.0}, "Did you mean 'ACME'")):
        with pytest.raises(ParameterError, match=says):
            go(dirty(), HedgeBook(Book(amounts), ("fund",)))
    with pytest.raises(ParameterError, match="no price on or before"):
        go(dirty(), HedgeBook(Book({"LATE": 1.0}), ("fund",)))
    with pytest.raises(ParameterError, match="no such file"):
        go(dirty(), HedgeBook(tmp_path / "nothing.csv", ("fund",)))


def test_a_rule_reads_as_it_was_written() -> None:
    for text in ("none", "weekly", "monthly", "every:5", "band:0.2"):
        assert str(parse_rehedge(text)) == text
