"""vectorbt's own runs, recorded: orders and values that hedgebook must reach where both can do the same thing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import Reason, Status
from hedgebook.engine.verify.vectorbt import VectorbtOrders, book_with_vectorbt
from hedgebook.universes.calendar import Mark, trading_calendar
from tests.records import codes as codes_of

from ..engine.random_market import market_of, schedule_of

TOLERANCE_FRAC = 1e-8
# Arguments under which vectorbt does what hedgebook does: targets are fractions of the group's value before costs,
# costs are fractions of the price and of the traded value, and the accounts are one per group. The sequence of
# orders matters only to an account whose cash runs out, and lock_cash=False is the default.
SAME = {"size_type", "cash_sharing", "call_seq", "init_cash", "fees", "slippage", "price", "lock_cash"}

APPLIES = {
    "S2_hold_longshort": "one row of targets late in the window, then held",
    "S5_three_groups": "three accounts: three runs",
    "S6_price_open_like": "filled at a price of its own before the close: the open mark",
    "S9b_no_lock_cash": "shorts pay for longs; a target that is left at zero",
    "S10_default_call_seq": "orders in the order of the columns",
    "S12_sign_flips": "positions that cross zero in one order",
}
APPLIES_NOT = {
    "S1_monthly_equal_long": "cash limit: all of it is invested, so costs cut the last purchase; hedgebook borrows",
    "S3_daily_dollar_neutral": "fixed fees per order; hedgebook's commission is a fraction of the traded value",
    "S4_leveraged_cash_limited": "cash limit: 150 % long against 50 % short; hedgebook borrows the costs",
    "S4b_overallocated_long": "cash limit: 130 % long; hedgebook borrows 30 %",
    "S6b_valprice_prevclose": "sized on the close before the fill; hedgebook sizes on the price at the mark",
    "S7_granularity_nan_prices": "whole shares, least and largest order; hedgebook trades fractions of a share",
    "S8_update_value": "sized on the value after each earlier order; hedgebook sizes all orders together",
    "S9_lock_cash": "proceeds of shorts locked up; in hedgebook they are cash",
    "S11_no_partial": "cash limit: a purchase beyond the cash is refused; hedgebook borrows",
}
CASH_LIMITED = ("S1_monthly_equal_long", "S4_leveraged_cash_limited", "S4b_overallocated_long", "S11_no_partial")


@dataclass(frozen=True, eq=False)
class Case:
    """One account of a recorded run: (T, N) arrays, NaN = none; orders sorted by session and column."""

    close: NDArray[np.float64]
    price: NDArray[np.float64] | None
    size: NDArray[np.float64]
    args: dict[str, Any]
    orders: pd.DataFrame
    value: NDArray[np.float64]
    cash: NDArray[np.float64]

    @property
    def capital(self) -> float:
        return float(self.args["init_cash"])


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "golden" / "vectorbt"


@pytest.fixture(scope="module")
def recorded(folder: Path) -> dict[str, dict[str, Any]]:
    document = json.loads((folder / "from_orders_cases.json").read_text())
    return {case["id"]: case for case in document["cases"]}


@pytest.fixture(scope="module")
def prices(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "prices.csv", index_col="date")


def accounts_of(case: dict[str, Any]) -> list[Case]:
    """The groups of a recorded run, each an account of its own."""
    close, size = (np.array(case[name], dtype=np.float64) for name in ("close", "size"))
    price = np.array(case["args"]["price"], dtype=np.float64) if "price" in case["args"] else None
    value, cash = (np.array(case[name], dtype=np.float64) for name in ("value", "cash"))
    orders = pd.DataFrame(case["orders"]).sort_values(["idx", "col"])
    groups = np.array(case["group_by"])
    found = []
    for g in range(groups.max() + 1):
        at = np.flatnonzero(groups == g)
        own = orders[orders["col"].isin(at)]
        found.append(
            Case(
                close=close[:, at],
                price=None if price is None else price[:, at],
                size=size[:, at],
                args=case["args"],
                orders=own.assign(col=own["col"] - at[0]).reset_index(drop=True),
                value=value[:, g],
                cash=cash[:, g],
            )
        )
    return found


def run_of(case: Case, prices: pd.DataFrame) -> Backtest:
    """hedgebook on the same prices and targets: at the open where the order price is not the close."""
    sessions = np.array(prices.index, dtype="datetime64[D]")
    mark = Mark.CLOSE if case.price is None else Mark.OPEN
    opens = np.full(case.close.shape, np.nan) if case.price is None else case.price
    tickers = tuple(prices.columns[: case.close.shape[1]])
    market = market_of(sessions, tickers, opens, case.close)
    rows = np.flatnonzero(np.isfinite(case.size).any(axis=1))
    costs = Costs.model_validate(
        {
            "commission": {"rate_bps": 1e4 * case.args.get("fees", 0.0)},
            "slippage": {"default_bps": 1e4 * case.args.get("slippage", 0.0)},
        }
    )
    schedule = schedule_of(market, [(int(t), mark) for t in rows], case.size[rows])
    return run_schedule(market, schedule, costs, Account(capital_usd=case.capital))


def test_every_recorded_case_is_held_or_explained(recorded: dict[str, dict[str, Any]]) -> None:
    assert set(recorded) == set(APPLIES) | set(APPLIES_NOT)
    assert not set(APPLIES) & set(APPLIES_NOT)
    assert len(recorded) == 15


def test_cases_that_apply_use_nothing_but_shared_features(recorded: dict[str, dict[str, Any]]) -> None:
    for name in APPLIES:
        args = recorded[name]["args"]
        assert set(args) <= SAME, name
        assert (args["size_type"], args["cash_sharing"]) == ("targetpercent", True), name
        assert not args.get("lock_cash", False), name


def test_recorded_prices_stand_on_sessions_of_new_york(
    recorded: dict[str, dict[str, Any]], prices: pd.DataFrame
) -> None:
    known = trading_calendar(2019, 2020).sessions
    assert np.isin(np.array(prices.index, dtype="datetime64[D]"), known).all()
    for name, case in recorded.items():
        for account in accounts_of(case):
            columns = prices.iloc[:, : account.close.shape[1]].to_numpy()
            assert np.array_equal(account.close, columns, equal_nan=True), name


@pytest.mark.parametrize("name", APPLIES)
def test_orders_and_values_are_vectorbts(recorded: dict[str, dict[str, Any]], prices: pd.DataFrame, name: str) -> None:
    for case in accounts_of(recorded[name]):
        run = run_of(case, prices)
        before = len(prices) - len(run.sessions)
        assert (case.value[:before] == case.capital).all()
        nav = run.nav["nav_close"].to_numpy()
        assert np.abs(nav - case.value[before:]).max() <= TOLERANCE_FRAC * case.capital
        assert np.abs(run.nav["cash"].to_numpy() - case.cash[before:]).max() <= TOLERANCE_FRAC * case.capital

        fills, orders = run.fills, case.orders
        assert len(fills) == len(orders) > 0
        assert (fills["session"] == pd.DatetimeIndex(prices.index)[orders["idx"]]).all()
        assert (fills["ticker"] == prices.columns[orders["col"]]).all()
        shares = np.where(orders["side"] == 0, orders["size"], -orders["size"])
        assert np.abs((fills["shares"] - shares) * fills["price"]).max() <= TOLERANCE_FRAC * case.capital
        np.testing.assert_allclose(fills["shares"], shares, rtol=1e-8)
        np.testing.assert_allclose(fills["price"], orders["price"], rtol=1e-12)
        np.testing.assert_allclose(fills["commission"], orders["fees"], rtol=1e-8)


@pytest.mark.parametrize("name", CASH_LIMITED)
def test_difference_on_purpose_hedgebook_borrows_where_vectorbt_cuts_a_purchase(
    recorded: dict[str, dict[str, Any]], prices: pd.DataFrame, name: str
) -> None:
    [case] = accounts_of(recorded[name])
    fees, slippage = case.args["fees"], case.args.get("slippage", 0.0)
    weights = case.size[0]
    paid = 1.0 + np.sign(weights) * slippage
    cash = case.capital * (1.0 - (weights * paid).sum() - fees * (np.abs(weights) * paid).sum())
    run = run_of(case, prices)
    assert run.nav["cash"].iloc[0] == pytest.approx(cash, abs=1e-8 * case.capital)
    assert cash < 0 <= case.cash[0]
    first = case.orders[case.orders["idx"] == 0]
    bought = run.fills[run.fills["session"] == run.sessions[0]]["shares"].abs().sum()
    assert bought > first["size"].sum()


def test_unlisted_tickers_are_left_out_as_vectorbt_leaves_them_out(
    recorded: dict[str, dict[str, Any]], prices: pd.DataFrame
) -> None:
    """The targets of S7 in fractions of a share, with vectorbt run live: two tickers list within the window."""
    import vectorbt

    [case] = accounts_of(recorded["S7_granularity_nan_prices"])
    args = {key: case.args[key] for key in ("size_type", "cash_sharing", "call_seq", "init_cash", "fees")}
    portfolio = vectorbt.Portfolio.from_orders(
        pd.DataFrame(case.close), size=case.size, group_by=True, min_size=0.0, **args
    )
    assert portfolio.cash().min() > 1.0
    run = run_of(case, prices)
    assert np.abs(run.nav["nav_close"].to_numpy() - portfolio.value().to_numpy()).max() <= 1e-8 * case.capital
    assert len(run.fills) == portfolio.orders.count()
    codes = codes_of(run.record)
    unlisted = codes[codes[:, 3] == Status.REJECTED]
    assert set(unlisted[:, 4]) == {int(Reason.NO_PRICE)}
    assert {run.market.tickers[i] for i in unlisted[:, 2]} == {"ZM", "UBER"}


def test_recorded_orders_of_every_case_are_booked_to_the_recorded_value(
    recorded: dict[str, dict[str, Any]], prices: pd.DataFrame
) -> None:
    """What the second engine is told: orders in shares, whatever rule they came from, make the same value."""
    for name, group in recorded.items():
        for case in accounts_of(group):
            at = (case.orders["idx"].to_numpy(), case.orders["col"].to_numpy())
            shares, price = np.full(case.close.shape, np.nan), np.full(case.close.shape, np.nan)
            fees = np.zeros(case.close.shape)
            shares[at] = np.where(case.orders["side"] == 0, case.orders["size"], -case.orders["size"])
            price[at], fees[at] = case.orders["price"], case.orders["fees"]
            tickers = tuple(prices.columns[: case.close.shape[1]])
            book = VectorbtOrders(pd.DatetimeIndex(prices.index), tickers, case.close, shares, price, fees)
            value = book_with_vectorbt(book, case.capital).value().to_numpy()
            assert np.abs(value - case.value).max() <= TOLERANCE_FRAC * case.capital, name
