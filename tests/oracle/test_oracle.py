"""The oracles themselves, held against numbers worked out by hand, statsmodels and the real prices."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause, Status

from .by_hand import by_hand, check_parts, lines
from .cases import dirty_case
from .drawdowns import Episode, drawdown_episodes, max_drawdown
from .ols import multiple_ols, newey_west_errors, simple_ols
from .simulator import NAN, OracleInput, OracleLimits, OracleRow, Reason, simulate
from .trade import HeldTrade, total_return

THU, FRI, MON, TUE = date(2026, 7, 9), date(2026, 7, 10), date(2026, 7, 13), date(2026, 7, 14)


def inputs(opens: list[list[float]], closes: list[list[float]], rows: list[OracleRow], **terms: Any) -> OracleInput:
    """A frictionless simulation of consecutive sessions with a capital of 1000, but for the terms given."""
    return by_hand(closes, rows, opens=opens, **({"dates": [THU, FRI, MON, TUE][: len(closes)]} | terms))


def causes(line: Sequence[float]) -> dict[str, float]:
    return {cause.name: usd for cause, usd in zip(Cause, line, strict=False) if usd != 0.0}


def test_causes_stand_in_the_order_of_the_contract() -> None:
    wanted = ["OVERNIGHT", "INTRADAY", "COMMISSION", "SPREAD", "SLIPPAGE", "IMPACT", "BORROW", "CASH_FLOW"]
    assert [cause.name for cause in Cause] == wanted
    assert [int(cause) for cause in Cause] == list(range(8))


def test_long_position_over_a_gap_with_commission() -> None:
    # Thu close: half of 1000 at 100 = 5 shares; commission 1 % of 500 = 5; cash 1000 - 505 = 495; NAV 995.
    # Fri: gap 5 x (110 - 100) = 50, NAV 495 + 550 = 1045; then 5 x (108 - 110) = -10; sold for 540,
    # commission 5.40, cash 495 + 540 - 5.40 = 1029.60.
    rows = [OracleRow(0, CLOSE, [1.0], 0.5), OracleRow(1, CLOSE, [0.0])]
    result = simulate(inputs([[90.0], [110.0]], [[100.0], [108.0]], rows, commission=0.01))
    assert result.nav_open == pytest.approx([1000.0, 1045.0], abs=1e-12)
    assert result.nav_close == pytest.approx([995.0, 1029.6], abs=1e-12)
    assert result.cash == pytest.approx([495.0, 1029.6], abs=1e-12)
    assert result.shares == [[5.0], [0.0]]
    assert result.price == [[100.0], [108.0]]
    assert causes(result.pnl[0][0]) == pytest.approx({"COMMISSION": -5.0})
    friday = {"OVERNIGHT": 50.0, "INTRADAY": -10.0, "COMMISSION": -5.4}
    assert causes(result.pnl[1][0]) == pytest.approx(friday)
    assert lines(result) == [(0, CLOSE, 0, "FILLED", "ORDER"), (1, CLOSE, 0, "FILLED", "ORDER")]


def test_short_position_pays_borrow_and_earns_interest_over_a_weekend() -> None:
    # Fri close: -0.5 x 3600 / 90 = -20 shares, cash 3600 + 1800 = 5400. Three days to Monday:
    # fee 1800 x 0.20 x 3 / 360 = 3.00 at Friday's rate; interest 5400 x 0.04 x 3 / 360 = 1.80.
    # Cash 5398.80. Mon: gap -20 x (99 - 90) = -180, NAV 5398.80 - 1980 = 3418.80; then -20 x (96 - 99) = +60,
    # NAV 3478.80 = 3600 - 180 + 60 - 3 + 1.80.
    result = simulate(
        inputs(
            [[91.0], [99.0]],
            [[90.0], [96.0]],
            [OracleRow(0, CLOSE, [-0.5])],
            dates=[FRI, MON],
            borrow=[[0.20], [0.90]],
            cash_rate=0.04,
            margin_rate=0.99,
            capital=3600.0,
        )
    )
    assert result.shares == [[-20.0], [-20.0]]
    assert result.interest == pytest.approx([0.0, 1.8], abs=1e-12)
    assert result.cash == pytest.approx([5400.0, 5398.8], abs=1e-12)
    assert result.nav_open == pytest.approx([3600.0, 3418.8], abs=1e-12)
    assert result.nav_close == pytest.approx([3600.0, 3478.8], abs=1e-12)
    assert causes(result.pnl[1][0]) == pytest.approx({"OVERNIGHT": -180.0, "INTRADAY": 60.0, "BORROW": -3.0})


def test_borrowed_cash_pays_the_margin_rate_and_a_long_pays_no_borrow() -> None:
    # 1.5 x 3600 = 5400 of stock, cash -1800; three days at 6 %: -1800 x 0.06 x 3 / 360 = -0.90.
    terms: dict[str, Any] = {"dates": [FRI, MON], "borrow": [[0.5], [0.5]], "capital": 3600.0}
    row = OracleRow(0, CLOSE, [1.5])
    result = simulate(inputs([[9.0], [9.0]], [[9.0], [9.0]], [row], margin_rate=0.06, cash_rate=0.9, **terms))
    assert result.interest == pytest.approx([0.0, -0.9], abs=1e-12)
    assert result.cash == pytest.approx([-1800.0, -1800.9], abs=1e-12)
    assert causes(result.pnl[1][0]) == {}


def test_all_frictions_and_one_nav_for_all_orders_of_a_mark() -> None:
    # NAV 1000 sizes both, though the first has already cost something.
    # Buy 0.4: 4 x 100 = 400, impact 0.001 x sqrt(400) = 0.02; price 100 x (1 + .01 + .005 + .02) = 103.50;
    #   commission 4 x 103.5 x 1 % = 4.14; spread 4, slippage 2, impact 8.
    # Sell 0.1: 2 x 50 = 100, impact 0.002 x 10 = 0.02; price 50 x (1 - .02 - 0 - .02) = 48.00;
    #   commission 2 x 48 x 1 % = 0.96; spread 2, slippage 0, impact 2.
    # Cash 1000 - 414 - 4.14 + 96 - 0.96 = 676.90; NAV 676.90 + 400 - 100 = 976.90 = 1000 - 18.14 - 4.96.
    result = simulate(
        inputs(
            [[100.0, 50.0]],
            [[100.0, 50.0]],
            [OracleRow(0, OPEN, [0.4, -0.1])],
            half_spread=[0.01, 0.02],
            slippage=[0.005, 0.0],
            impact_coef=[[0.001, 0.002]],
            commission=0.01,
        )
    )
    buy, sell = result.orders
    assert (buy.shares, buy.reference, buy.price) == pytest.approx((4.0, 100.0, 103.5))
    assert (buy.commission, buy.spread, buy.slippage, buy.impact) == pytest.approx((4.14, 4.0, 2.0, 8.0))
    assert (sell.shares, sell.reference, sell.price) == pytest.approx((-2.0, 50.0, 48.0))
    assert (sell.commission, sell.spread, sell.slippage, sell.impact) == pytest.approx((0.96, 2.0, 0.0, 2.0))
    assert result.cash == pytest.approx([676.9], abs=1e-12)
    assert result.nav_open == pytest.approx([976.9], abs=1e-12)
    assert causes(result.pnl[0][1]) == pytest.approx({"COMMISSION": -0.96, "SPREAD": -2.0, "IMPACT": -2.0})


def test_missing_open_defers_the_order_to_the_close() -> None:
    # Fri has no open: the order waits and fills at the close of 125: 0.5 x 1000 / 125 = 4 shares.
    # Mon has no open either: the whole move 4 x (130 - 125) = 20 is intraday.
    rows = [OracleRow(1, OPEN, [0.5])]
    result = simulate(inputs([[100.0], [NAN], [NAN]], [[100.0], [125.0], [130.0]], rows))
    assert lines(result) == [(1, OPEN, 0, "DEFERRED", "NO_OPEN"), (1, CLOSE, 0, "FILLED", "ORDER")]
    assert result.shares == [[0.0], [4.0], [4.0]]
    assert causes(result.pnl[2][0]) == {"INTRADAY": 20.0}
    assert result.nav_open == [1000.0, 1000.0, 1000.0]
    assert result.nav_close == [1000.0, 1000.0, 1020.0]


def test_exit_without_a_price_is_tried_again_until_one_comes() -> None:
    # 5 shares at 100; the exit at Friday's open finds neither open nor close, Monday's close is 90: cash
    # 500 + 450 = 950. In between the position stands at its last price of 100.
    opens, closes = [[100.0], [NAN], [NAN]], [[100.0], [NAN], [90.0]]
    result = simulate(inputs(opens, closes, [OracleRow(0, CLOSE, [0.5]), OracleRow(1, OPEN, [0.0])]))
    assert lines(result)[1:] == [
        (1, OPEN, 0, "DEFERRED", "NO_OPEN"),
        (1, CLOSE, 0, "DEFERRED", "NO_PRICE"),
        (2, CLOSE, 0, "FILLED", "ORDER"),
    ]
    assert result.nav_close == [1000.0, 1000.0, 950.0]
    assert result.shares == [[5.0], [5.0], [0.0]]
    # An exit ordered at the close is logged once, and Monday's open, when there is one, is the next mark.
    opens[2] = [80.0]
    result = simulate(inputs(opens, closes, [OracleRow(0, CLOSE, [0.5]), OracleRow(1, CLOSE, [0.0])]))
    assert lines(result)[1:] == [(1, CLOSE, 0, "DEFERRED", "NO_PRICE"), (2, OPEN, 0, "FILLED", "ORDER")]
    assert result.nav_close == [1000.0, 1000.0, 900.0]


def test_an_order_is_logged_as_deferred_once_and_a_new_one_starts_anew() -> None:
    # Ordered at Friday's close, which is missing: Monday's missing marks add no line of their own.
    opens, closes = [[100.0], [100.0], [NAN], [90.0]], [[100.0], [NAN], [NAN], [90.0]]
    first = [OracleRow(0, CLOSE, [0.5]), OracleRow(1, CLOSE, [0.0])]
    waiting, filled = (1, CLOSE, 0, "DEFERRED", "NO_PRICE"), (3, OPEN, 0, "FILLED", "ORDER")
    assert lines(simulate(inputs(opens, closes, first)))[1:] == [waiting, filled]
    # The same exit ordered again at Monday's open is another order.
    again = [(2, OPEN, 0, "DEFERRED", "NO_OPEN"), (2, CLOSE, 0, "DEFERRED", "NO_PRICE")]
    result = simulate(inputs(opens, closes, [*first, OracleRow(2, OPEN, [0.0])]))
    assert lines(result)[1:] == [waiting, *again, filled]


def test_what_stops_printing_is_written_off_at_the_end_at_no_cost() -> None:
    # 5 shares at 100; an open of 96 on Friday is the last price: -20 overnight. Monday and Tuesday are silent, so at
    # Tuesday's close, the last, the 5 shares turn into 480 of cash; nobody trades, so nothing is paid.
    opens, closes = [[100.0], [96.0], [NAN], [NAN]], [[100.0], [NAN], [NAN], [NAN]]
    terms: dict[str, Any] = {"half_spread": [0.01], "commission": 0.01, "max_stale": 2}
    limits = OracleLimits(recovery=[1.0])
    result = simulate(inputs(opens, closes, [OracleRow(0, CLOSE, [0.5])], limits=limits, **terms))
    assert lines(result)[1:] == [(3, CLOSE, 0, "FILLED", "STALE")]
    gone = result.orders[1]
    assert (gone.shares, gone.reference, gone.price) == (-5.0, 96.0, 96.0)
    assert (gone.commission, gone.spread, gone.slippage, gone.impact) == (0.0, 0.0, 0.0, 0.0)
    # Bought at 101 with 5.05 for the broker: NAV 989.95, 969.95 after the gap.
    assert result.nav_close == pytest.approx([989.95, 969.95, 969.95, 969.95], abs=1e-12)
    assert causes(result.pnl[3][0]) == {}


def test_a_price_in_between_starts_the_silence_again() -> None:
    # An open alone is a price too: at the end it was silent for one session, or for none.
    rows, limits = [OracleRow(0, CLOSE, [0.5])], OracleLimits(recovery=[0.5])
    closes = [[100.0], [NAN], [101.0], [NAN]]
    assert simulate(inputs([[NAN]] * 4, closes, rows, max_stale=2, limits=limits)).shares[-1] == [5.0]
    opens, closes = [[NAN], [NAN], [NAN], [99.0]], [[100.0], [NAN], [NAN], [NAN]]
    assert simulate(inputs(opens, closes, rows, max_stale=1, limits=limits)).shares[-1] == [5.0]
    assert simulate(inputs([[NAN]] * 4, closes, rows, max_stale=3, limits=limits)).shares[-1] == [0.0]


def test_order_without_a_close_is_rejected_and_never_fills_later() -> None:
    # The exit of a ticker that is not held is no order at all.
    opens, closes = [[NAN, 10.0], [20.0, 10.0]], [[NAN, 10.0], [20.0, 10.0]]
    result = simulate(inputs(opens, closes, [OracleRow(0, OPEN, [0.5, 0.0])]))
    assert lines(result) == [(0, OPEN, 0, "DEFERRED", "NO_OPEN"), (0, CLOSE, 0, "REJECTED", "NO_PRICE")]
    assert result.shares == [[0.0, 0.0], [0.0, 0.0]]
    assert math.isnan(result.price[0][0])
    assert result.price[1][0] == 20.0


def test_no_new_position_without_nav_but_an_exit_still_fills() -> None:
    # -10 shares at 100, cash 2000; at 250 the short owes 2500: NAV -500. No buying, but the cover is allowed.
    prices = [[100.0, 10.0], [250.0, 10.0]]
    rows = [OracleRow(0, CLOSE, [-1.0, NAN]), OracleRow(1, CLOSE, [0.0, 0.5])]
    result = simulate(inputs(prices, prices, rows))
    assert lines(result)[1:] == [(1, CLOSE, 0, "FILLED", "ORDER"), (1, CLOSE, 1, "REJECTED", "NO_NAV")]
    assert result.cash[1] == result.nav_close[1] == -500.0


def test_nan_weight_leaves_alone_and_a_repeated_target_is_dust() -> None:
    prices = [[10.0, 20.0], [10.0, 40.0]]
    again = [0.5, 0.25]
    rows = [OracleRow(0, OPEN, again), OracleRow(0, CLOSE, again), OracleRow(1, CLOSE, [NAN, 0.0])]
    result = simulate(inputs(prices, prices, rows))
    assert lines(result) == [
        (0, OPEN, 0, "FILLED", "ORDER"),
        (0, OPEN, 1, "FILLED", "ORDER"),
        (1, CLOSE, 1, "FILLED", "ORDER"),
    ]
    assert result.shares == [[50.0, 12.5], [50.0, 0.0]]


@pytest.mark.parametrize("seed", range(8))
def test_parts_add_up_to_the_nav_in_every_session(seed: int) -> None:
    case = dirty_case(seed)
    check_parts(case, simulate(case))


def test_dirty_cases_reach_every_status_and_reason() -> None:
    logged = {(o.status, o.reason) for seed in range(8) for o in simulate(dirty_case(seed)).orders}
    assert logged >= {
        (Status.FILLED, Reason.ORDER),
        (Status.DEFERRED, Reason.NO_OPEN),
        (Status.DEFERRED, Reason.NO_PRICE),
        (Status.REJECTED, Reason.NO_PRICE),
    }


def regression_data(n: int, k: int) -> tuple[list[float], list[list[float]]]:
    draw = random.Random(7)
    factors = [[draw.gauss(0.0005, 0.01) for _ in range(n)] for _ in range(k)]
    noise = [0.0]
    for _ in range(n - 1):
        noise.append(0.4 * noise[-1] + draw.gauss(0.0, 0.02))
    return [0.001 + sum((j + 1) * f[t] for j, f in enumerate(factors)) + noise[t] for t in range(n)], factors


def test_line_through_four_points() -> None:
    # x 0 1 2 3, y 1 3 2 6: means 1.5 and 3; Sxy = 3 + 0 - .5 + 4.5 = 7, Sxx = 5; slope 1.4, intercept 0.9;
    # residuals .1 .7 -1.7 .9: squares .01 + .49 + 2.89 + .81 = 4.20, over 2 degrees of freedom: sqrt(2.1).
    fit = simple_ols([1.0, 3.0, 2.0, 6.0], [0.0, 1.0, 2.0, 3.0])
    assert (fit.slope, fit.intercept) == pytest.approx((1.4, 0.9), abs=1e-14)
    assert fit.residual_deviation == pytest.approx(math.sqrt(2.1), abs=1e-14)


@pytest.mark.parametrize("small_sample", [False, True])
@pytest.mark.parametrize(("n", "k", "lags"), [(120, 4, 5), (30, 1, 0), (250, 2, 3)])
def test_least_squares_equals_statsmodels(n: int, k: int, lags: int, small_sample: bool) -> None:
    api = pytest.importorskip("statsmodels.api")
    y, factors = regression_data(n, k)
    model = api.OLS(y, [[1.0, *(f[t] for f in factors)] for t in range(n)])
    peer = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": small_sample})
    fit = multiple_ols(y, factors)
    assert fit.coefficients == pytest.approx(list(peer.params), rel=1e-10)
    assert fit.residuals == pytest.approx(list(peer.resid), abs=1e-12)
    assert fit.r_squared == pytest.approx(peer.rsquared, rel=1e-10)
    errors = newey_west_errors(y, factors, lags, small_sample=small_sample)
    assert errors == pytest.approx(list(peer.bse), rel=1e-10)
    if k == 1:
        line = simple_ols(y, factors[0])
        assert [line.intercept, line.slope] == pytest.approx(fit.coefficients, rel=1e-10)
        assert line.residual_deviation == pytest.approx(math.sqrt(peer.ssr / (n - 2)), rel=1e-10)


def test_drawdown_episodes_by_hand() -> None:
    # 100, 90, 80, 100 (back at the high), 110, 110, 99, 121, 110: -20 %, -10 %, 110/121 - 1 (still below).
    nav = [100.0, 90.0, 80.0, 100.0, 110.0, 110.0, 99.0, 121.0, 110.0]
    episodes = drawdown_episodes(nav)
    assert episodes == [
        Episode(0, 1, 2, 3, 80.0 / 100.0 - 1.0),
        Episode(5, 6, 6, 7, 99.0 / 110.0 - 1.0),
        Episode(7, 8, 8, None, 110.0 / 121.0 - 1.0),
    ]
    assert max_drawdown(nav) == pytest.approx(-0.2)
    assert drawdown_episodes([100.0, 101.0, 101.0]) == []
    assert max_drawdown([100.0, 101.0]) == 0.0


def test_held_trade_by_hand() -> None:
    # Gross 0.9, ratio 0.5: 0.6 long, 0.3 short. 600 of A: 6 shares, +10 each = 60. -150 of B: -3 shares, -5
    # each = +15. -150 of C: -15 shares, +1 each = -15. 60 of 1000.
    opens = {"A": [100.0, 1.0], "B": [50.0, 1.0], "C": [10.0, 1.0]}
    closes = {"A": [1.0, 110.0], "B": [1.0, 45.0], "C": [1.0, 11.0]}
    trade = HeldTrade(["A"], ["B", "C"], 0.9, 0.5, (FRI, "open"), MON)
    assert trade.weights() == pytest.approx({"A": 0.6, "B": -0.15, "C": -0.15})
    assert total_return(trade, [FRI, MON], opens, closes, 1000.0) == pytest.approx(0.06, abs=1e-14)


FLAGSHIP = ["META", "CRWV", "NBIS", "APLD"]
FLAGSHIP_RETURNS = [
    ("open", date(2026, 7, 1), date(2026, 7, 30), 0.0442),
    ("open", date(2026, 7, 1), date(2026, 7, 29), 0.1570),
    ("open", date(2026, 7, 1), date(2026, 7, 2), 0.0230),
    ("close", date(2026, 6, 30), date(2026, 7, 30), 0.1160),
    ("close", date(2026, 6, 30), date(2026, 7, 29), 0.2248),
    ("close", date(2026, 6, 30), date(2026, 7, 2), 0.1027),
]


@pytest.fixture(scope="module")
def flagship_prices(real_prices: Path) -> tuple[list[date], dict[str, list[float]], dict[str, list[float]]]:
    import pandas as pd

    table = pd.read_parquet(real_prices)
    table = table[table["ticker"].isin(FLAGSHIP) & (table["date"] >= "2026-06-01")]
    wide = table.pivot(index="date", columns="ticker", values=["open", "close"]).sort_index()
    opens = {ticker: [float(v) for v in wide["open"][ticker]] for ticker in FLAGSHIP}
    closes = {ticker: [float(v) for v in wide["close"][ticker]] for ticker in FLAGSHIP}
    return [pd.Timestamp(day).date() for day in wide.index], opens, closes


@pytest.mark.parametrize(("mark", "entry", "leave", "wanted"), FLAGSHIP_RETURNS)
def test_flagship_on_real_prices(
    flagship_prices: tuple[list[date], dict[str, list[float]], dict[str, list[float]]],
    mark: Literal["open", "close"],
    entry: date,
    leave: date,
    wanted: float,
) -> None:
    dates, opens, closes = flagship_prices
    trade = HeldTrade(["META"], ["CRWV", "NBIS", "APLD"], 1.0, 1.0, (entry, mark), leave)
    assert sum(trade.weights().values()) == pytest.approx(0.0, abs=1e-15)
    answer = total_return(trade, dates, opens, closes, 1e6)
    assert answer == pytest.approx(wanted, abs=1e-4)
    # The simulator, told to hold the same weights without frictions, must earn the same.
    weights = [trade.weights()[ticker] for ticker in FLAGSHIP]
    rows = [
        OracleRow(dates.index(entry), OPEN if mark == "open" else CLOSE, weights),
        OracleRow(dates.index(leave), CLOSE, [0.0] * 4),
    ]
    open_grid = [[opens[ticker][t] for ticker in FLAGSHIP] for t in range(len(dates))]
    close_grid = [[closes[ticker][t] for ticker in FLAGSHIP] for t in range(len(dates))]
    result = simulate(inputs(open_grid, close_grid, rows, dates=dates, capital=1e6))
    assert result.nav_close[-1] / 1e6 - 1.0 == pytest.approx(answer, abs=1e-12)
