"""From configuration to what the kernel obeys: every value reaches its place, and nothing is on by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.account.margin import MarginRules
from hedgebook.engine.backtest.conditions import conditions_of
from hedgebook.engine.backtest.neutral import neutral_conditions
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import (
    COST_TERMS,
    MARGIN_TERMS,
    RULE_TERMS,
    TERMS,
    TICKER,
    Conditions,
    Gone,
    MarginAction,
    Reason,
)
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from tests import markets

MARKET = markets.dirty_market()
FRACTIONS = (
    *("stop_loss", "take_profit", "trailing_stop", "long_stop", "short_stop"),
    *("band", "target_vol", "max_scale", "derisk_drawdown", "derisk_to"),
)
BANK = np.array([[0.1] * 7, [math.nan] * 7])


def made(
    costs: dict[str, Any] | None = None,
    account: dict[str, Any] | None = None,
    rules: dict[str, Any] | None = None,
    legs: dict[str, str] | None = None,
    window: tuple[int, int] = (25, 40),
) -> Conditions:
    parts = Costs.model_validate(costs or {}), Account(**(account or {})), Rules(**(rules or {}))
    return conditions_of(MARKET, window, BANK, *parts, legs or {})


def test_nothing_given_is_neutral_but_for_margin_which_is_reported() -> None:
    found, neutral = made(account={"margin": {"on_call": "off"}}), neutral_conditions(15, 7, 2)
    for name in TERMS.names or ():
        if name != "derisk_to":  # without effect while its drawdown is off
            np.testing.assert_array_equal(found.terms[name], neutral.terms[name])
    for name in TICKER.names or ():
        np.testing.assert_array_equal(found.tickers[name], neutral.tickers[name])
    # What holds in every session stands once.
    assert found.cells.shape == (1, 7)
    np.testing.assert_array_equal(np.broadcast_to(found.cells, (15, 7)), neutral.cells)
    for name in ("rebalance", "vol"):
        np.testing.assert_array_equal(getattr(found, name), getattr(neutral, name))
    assert made().terms["margin_action"] == MarginAction.REPORT


@pytest.mark.parametrize(
    ("part", "values", "term", "expected"),
    [
        ("costs", {"commission": {"rate_bps": 3}}, "commission", 3e-4),
        ("costs", {"commission": {"min_usd": 7}}, "min_commission", 7.0),
        ("costs", {"cash": {"rate_annual": 0.03}}, "cash_rate", 0.03),
        ("costs", {"cash": {"margin_rate_annual": 0.04}}, "margin_rate", 0.04),
        ("account", {"orders": {"whole_shares": True}}, "lot", 1),
        ("account", {"orders": {"min_order_usd": 9}}, "min_order", 9.0),
        ("account", {"shorts": {"rule_201": "defer"}}, "defer_201", 1),
        ("account", {"shorts": {"rule_201": "reject"}}, "defer_201", 0),
        ("account", {"margin": {"on_call": "off"}}, "margin_action", 0),
        ("account", {"margin": {"on_call": "report"}}, "margin_action", 1),
        ("account", {"margin": {"on_call": "reduce"}}, "margin_action", 2),
        ("account", {"margin": {"on_call": "liquidate"}}, "margin_action", 3),
        ("account", {"margin": {"initial_long_frac": 0.41}}, "initial_long", 0.41),
        ("account", {"margin": {"initial_short_frac": 0.42}}, "initial_short", 0.42),
        ("account", {"margin": {"maintenance_long_frac": 0.43}}, "maint_long", 0.43),
        ("account", {"margin": {"maintenance_short_frac": 0.44}}, "maint_short", 0.44),
        ("account", {"margin": {"short_floor_usd": 4.5}}, "short_floor", 4.5),
        ("account", {"margin": {"low_price_usd": 4.6}}, "low_price", 4.6),
        ("account", {"margin": {"low_frac": 0.9}}, "low_frac", 0.9),
        ("account", {"margin": {"low_floor_usd": 1.5}}, "low_floor", 1.5),
        *(("rules", {name: 0.17}, name, 0.17) for name in FRACTIONS),
        ("rules", {"max_hold": 6}, "max_hold", 6),
    ],
)
def test_each_number_reaches_its_place(part: str, values: dict[str, Any], term: str, expected: float) -> None:
    plain, found = made(), made(**{part: values})
    assert found.terms[term][0] == expected
    others = [name for name in TERMS.names or () if name not in (term, "derisk_to")]
    for name in others:
        np.testing.assert_array_equal(found.terms[name], plain.terms[name])


def test_every_term_of_the_kernel_stands_in_one_table() -> None:
    names = [*(term.name for term in COST_TERMS), *MARGIN_TERMS, *(term.name for term in RULE_TERMS)]
    assert list(TERMS.names or ()) == names
    assert list(MarginRules().terms) == list(MARGIN_TERMS)


def test_every_rule_has_a_term_of_its_name() -> None:
    """Two parameters do without: dates are an array of their own, and the half-life makes the volatility."""
    assert {term.name for term in RULE_TERMS} == set(RULE_PARAMETERS) - {"rebalance", "vol_halflife"}


def test_neutral_margin_terms_are_the_published_requirements_with_nothing_done_about_them() -> None:
    """Regulation T (12 CFR 220.12): half; FINRA rule 4210(c): 25 % long, 30 % short, 5 USD a share, 2.50 below 5."""
    terms = neutral_conditions(1, 1, 1).terms[0]
    found = [float(terms[name]) for name in MARGIN_TERMS]
    assert found == [0.0, 0.5, 0.5, 0.25, 0.30, 5.0, 5.0, 1.0, 2.5]


def test_tables_by_ticker_and_by_session() -> None:
    account = {
        "orders": {"participation_frac": 0.1},
        "margin": {"house_by_bucket": {"maker": 1.5}},
        "delisting": {"recovery_by_ticker": {"DRIFT": 0.2}},
        "shorts": {
            "no_locate": [{"names": ["BOLT"], "first": "2026-07-08"}],
            "recalls": [{"names": ["CLOUD"], "session": "2026-07-09"}],
        },
    }
    costs = {"half_spread": {"default_bps": 4}, "slippage": {"by_ticker_bps": {"LATE": 6}}, "impact": {"y": 0.7}}
    legs = {"ACME": "long", "CLOUD": "short", "BENCH": "other"}
    found = made(costs, account, {"rebalance": "weekly", "target_vol": 0.2}, legs)
    names = MARKET.tickers
    for name, usual, own in (
        ("leg", -1, {"ACME": 0, "CLOUD": 1}),
        ("house", 1.0, {"ACME": 1.5, "BOLT": 1.5}),
        ("recovery", np.nan, {"DRIFT": 0.2}),
    ):
        np.testing.assert_array_equal(found.tickers[name], [own.get(ticker, usual) for ticker in names])
    assert (found.tickers["half_spread"] == 4e-4).all()
    assert found.tickers["slippage"].tolist() == [6e-4 if name == "LATE" else 0.0 for name in names]
    for mark in ("barred_open", "barred_close"):
        rows, columns = np.nonzero(found.cells[mark])
        assert set(columns.tolist()) == {names.index("BOLT")}
        assert str(MARKET.sessions[25 + rows.min()]) == "2026-07-08"
        assert set(found.cells[mark][rows, columns].tolist()) == {int(Reason.NO_LOCATE)}
    recalled = [(str(MARKET.sessions[25 + t]), names[i]) for t, i in np.argwhere(found.cells["recall"])]
    assert recalled == [("2026-07-09", "CLOUD")]
    assert np.isinf(found.cells["cap"][:, names.index("SPARE")]).all()
    assert np.isfinite(found.cells["cap"][:, names.index("ACME")]).all()
    assert not found.cells["impact"][:, names.index("SPARE")].any()
    assert (found.cells["impact"][:, names.index("ACME")] > 0).all()
    days = [str(day) for day in MARKET.sessions[25:40][found.rebalance == 1]]
    assert days == ["2026-07-10", "2026-07-17", "2026-07-24"]
    assert found.vol.shape == (2, 16)
    assert (found.vol[0] > 0).all()
    assert not found.vol[1].any()


def test_what_is_gone_at_each_close() -> None:
    """DRIFT prints last in session 30; silent sessions count from there, whenever the window begins."""
    drift = MARKET.column("DRIFT")
    quiet = made(account={"delisting": {"recovery_frac": 0.2}})
    assert np.flatnonzero(quiet.cells["gone"][:, drift] == Gone.QUIET).tolist() == [10, 11, 12, 13, 14]
    assert not np.delete(quiet.cells["gone"], drift, axis=1).any()
    patient = made(account={"delisting": {"recovery_frac": 0.2}, "max_stale_sessions": 8})
    assert np.flatnonzero(patient.cells["gone"][:, drift]).tolist() == [13, 14]
    for day, first in ((str(MARKET.sessions[37]), 12), (str(MARKET.sessions[28]), 6)):
        dated = made(account={"delisting": {"recovery_frac": 0.2, "delisted": {"DRIFT": day}}})
        assert np.flatnonzero(dated.cells["gone"][:, drift] == Gone.DELISTED).tolist() == list(range(first, 15))
    assert not made(account={"delisting": {"delisted": {"DRIFT": "2026-07-16"}}}).cells["gone"].any()


def test_every_so_many_sessions_counts_from_the_window() -> None:
    found = made(rules={"rebalance": "every:4"})
    assert np.flatnonzero(found.rebalance).tolist() == [4, 8, 12]


def test_the_last_session_ends_its_week_by_the_session_that_follows_on_the_exchange() -> None:
    """Friday 2026-07-03 is a holiday, whether the prices go on or not."""
    for last, due in (("2026-07-02", 1), ("2026-07-01", 0), ("2026-07-10", 1)):
        stop = MARKET.session_index(last) + 1
        for market in (MARKET, MARKET.rows(0, stop)):
            weekly = Rules(rebalance="weekly")
            found = conditions_of(market, (10, stop), BANK, Costs(), Account(), weekly, {})
            assert found.rebalance[-1] == due


def test_a_market_may_begin_with_the_window() -> None:
    found = made(account={"shorts": {"rule_201": "defer"}}, rules={"target_vol": 0.2}, window=(0, 50))
    assert np.isnan(found.vol[0, :21]).all()
    assert np.isfinite(found.vol[0, 21:]).all()
