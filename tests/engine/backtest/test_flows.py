"""Cash flows through the public door: who is paid, what is refused, what is shown, and what vectorbt says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.recorded import CAUSES
from hedgebook.engine.verify.vectorbt import verify_backtest
from hedgebook.errors import InputError, ParameterError, PriceDataError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.markets import NAN

MARKET = markets.dirty_market()


def flows_of(market: Market, *rows: tuple[str, int, int, float]) -> CashFlows:
    tickers, sessions, marks, usd = zip(*rows, strict=True)
    days = market.sessions[list(sessions)]
    return CashFlows(tickers, days, np.array(marks), np.array(usd))


def run_with(flows: CashFlows | None, **weights: float) -> Backtest:
    row = [weights.get(ticker, NAN) for ticker in MARKET.tickers]
    return run_schedule(MARKET, markets.schedule_of(MARKET, [(5, Mark.OPEN, row)]), "none", "none", flows=flows)


def test_longs_receive_and_shorts_pay() -> None:
    flows = flows_of(MARKET, ("ACME", 10, 0, 2.0), ("BOLT", 12, 1, 0.5), ("SPARE", 11, 0, 9.0), ("ACME", 3, 0, 7.0))
    run, bare = run_with(flows, ACME=0.5, BOLT=-0.4), run_with(None, ACME=0.5, BOLT=-0.4)
    shares = {fill.ticker: fill.shares for fill in bare.fills.itertuples()}
    gain = run.nav["cash"].to_numpy() - bare.nav["cash"].to_numpy()
    expected = np.zeros(len(gain))
    expected[5:] += 2.0 * shares["ACME"]
    expected[7:] += 0.5 * shares["BOLT"]
    np.testing.assert_allclose(gain, expected, atol=1e-7)
    assert shares["BOLT"] < 0.0
    by_ticker = run.pnl("ticker")["cash_flow"]
    assert by_ticker["ACME"] == pytest.approx(2.0 * shares["ACME"])
    assert by_ticker["BOLT"] == pytest.approx(0.5 * shares["BOLT"])
    assert run.pnl_long.query("cause == 'cash_flow'")["ticker"].tolist() == ["ACME", "BOLT"]


def test_the_cause_is_shown_only_where_cash_flowed() -> None:
    with_flow = run_with(flows_of(MARKET, ("ACME", 10, 0, 2.0)), ACME=0.5)
    assert list(with_flow.pnl("session").columns) == [*CAUSES, "total"]
    assert list(with_flow.pnl("cause").index) == list(CAUSES)
    for bare in (run_with(None, ACME=0.5), run_with(flows_of(MARKET, ("ACME", 2, 0, 2.0)), ACME=0.5)):
        assert "cash_flow" not in bare.pnl("session").columns
        assert "cash_flow" not in bare.pnl("cause").index


def test_shares_held_before_the_first_session_are_paid_at_its_open() -> None:
    nothing = markets.schedule_of(MARKET, [(10, Mark.CLOSE, [NAN] * 7)])
    flows = flows_of(MARKET, ("ACME", 10, 0, 2.0), ("BOLT", 10, 0, 1.0))
    held = Holdings({"ACME": 100.0, "BOLT": -40.0})
    run = run_schedule(MARKET, nothing, "none", "none", holdings=held, flows=flows)
    assert run.record.pnl[0].sum(axis=0)[-1] == 160.0


@pytest.mark.parametrize("seed", range(6))
def test_vectorbt_agrees_once_what_flowed_is_taken_out(seed: int) -> None:
    pytest.importorskip("vectorbt")
    market = markets.random_market(seed, missing_frac=0.0)
    draw = np.random.default_rng(seed)
    rows = [(f"T{i}", t, m, float(draw.uniform(-1, 3))) for i in range(5) for t in (2, 9, 17) for m in (0, 1)]
    run = run_schedule(market, markets.random_schedule(seed, market), "none", flows=flows_of(market, *rows))
    assert np.abs(run.record.pnl[:, :, -1]).sum() > 1.0
    assert verify_backtest(run).passed


def test_dividends_reinvested_in_raw_prices_are_the_total_return_of_adjusted_ones() -> None:
    """NAV = capital x P_T / P_0 x product of (1 + D / P_ex), at the opens where each dividend is reinvested."""
    draw = np.random.default_rng(11)
    marks = 80.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, (120, 1)), axis=0))
    dividends = {12: 1.7, 30: 0.4, 47: 6.0}
    opens, closes = marks[0::2].copy(), marks[1::2].copy()
    raw = markets.market_of({"open": opens, "close": closes}, ["BENCH"])
    rows = [(3, Mark.OPEN, [1.0]), *((t, Mark.OPEN, [1.0]) for t in dividends)]
    flows = flows_of(raw, *(("BENCH", t, 0, usd) for t, usd in dividends.items()))
    run = run_schedule(raw, markets.schedule_of(raw, rows), "none", "none", flows=flows)
    grown = math.prod(1.0 + usd / opens[t, 0] for t, usd in dividends.items())
    assert run.final_nav / run.capital == pytest.approx(closes[-1, 0] / opens[3, 0] * grown, rel=1e-12)
    for t, usd in dividends.items():
        factor = opens[t, 0] / (opens[t, 0] + usd)
        marks[: 2 * t] *= factor
    adjusted = markets.market_of({"open": marks[0::2], "close": marks[1::2]}, ["BENCH"])
    whole = run_schedule(adjusted, markets.schedule_of(adjusted, rows[:1]), "none", "none")
    np.testing.assert_allclose(run.record.nav, whole.record.nav, rtol=1e-12)


DAY, NO_DAY = np.datetime64("2026-06-10"), np.datetime64("NaT")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((["ACME"], [DAY], [0], [math.nan]), r"cash flow 0: a cash flow is not an amount \(got nan\)"),
        ((["ACME"], [DAY], [0], [math.inf]), "not an amount"),
        ((["ACME"], [DAY], [2], [1.0]), r"there is no such mark \(got 2\). Accepted: 0 = open, 1 = close"),
        ((["ACME"], [NO_DAY], [0], [1.0]), "a cash flow has no session"),
        ((["ACME", "ACME"], [DAY, DAY], [0, 0], [1.0, 2.0]), r"cash flow 1: a cash flow stands twice.*ACME 2026-06-10"),
        ((["ACME"], [DAY, DAY], [0], [1.0]), "sessions: cash flows need one entry a row"),
        (("ACME", [DAY], [0], [1.0]), "tickers"),
        ((["ACME"], ["soon"], [0], [1.0]), "sessions"),
    ],
)
def test_what_is_no_cash_flow_is_refused(columns: tuple[Any, ...], said: str) -> None:
    tickers, sessions, marks, usd_per_share = columns
    days = sessions if "soon" in sessions else np.array(sessions, dtype="datetime64[D]")
    with pytest.raises(InputError, match=said):
        CashFlows(tickers, days, marks, usd_per_share)


def test_flows_that_the_market_does_not_have_are_refused() -> None:
    with pytest.raises(PriceDataError, match=r"ACNE has no prices.*Did you mean 'ACME'"):
        run_with(flows_of(MARKET, ("ACNE", 10, 0, 1.0)), ACME=0.5)
    saturday = np.array(["2026-06-13"], dtype="datetime64[D]")
    with pytest.raises(ParameterError, match="2026-06-13 is not a session"):
        run_with(CashFlows(("ACME",), saturday, np.array([0]), np.array([1.0])), ACME=0.5)
    with pytest.raises(ParameterError, match="flows"):
        run_with([("ACME", 1.0)], ACME=0.5)
