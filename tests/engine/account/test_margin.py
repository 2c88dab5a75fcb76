"""Margin through whole backtests: published examples, closed forms, and what a call does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account.margin import MarginRules, OnMarginCall
from hedgebook.engine.kernels.book.records import MarginAction
from hedgebook.engine.rules import Rules
from hedgebook.universes.calendar import Mark
from tests import markets

from ..small import log, pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE


def called_at(entry: float, weight: float, cents: range, **margin: Any) -> float | None:
    """The first price of a path in cents at which a position bought at `entry` is called."""
    prices = [cent / 100 for cent in cents]
    found = run(path(entry, *prices), [(0, CLOSE, [weight])], {"margin": margin}).margin
    calls = np.flatnonzero(found["call"])
    return prices[calls[0] - 1] if len(calls) else None


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, Any]:
    """The file's table of Almgren et al. (2005) is not used: it is of a law with a permanent part that is linear in
    size and a temporary one with exponent 0.6, and impact here is the square root of size alone.
    """
    text = (shared / "golden" / "trading" / "published_examples.json").read_text()
    examples: dict[str, Any] = json.loads(text)
    return examples


def test_a_short_from_100_is_called_above_115_38(published: dict[str, Any]) -> None:
    """P0 (1 + IM) / (1 + MM) = 115.3846: not at 115.38, but a cent above."""
    found = run(path(100.0, 115.38, 115.39), [(0, CLOSE, [-2.0])]).margin
    assert found["call"].tolist() == [False, False, True]
    # 20 short: NAV 1000 + 20 (100 - 115.38), requirement 30 % of 2307.60.
    assert found["nav"].tolist()[1] == pytest.approx(692.4)
    assert found["requirement"].tolist()[1] == pytest.approx(692.28)
    for case in published["margin_short_call"]["cases"]:
        p0, im, mm = case["p0"], case["im"], case["mm"]
        cents = range(round(100 * case["call"]) - 150, round(100 * case["call"]) + 150)
        at = called_at(p0, -1 / im, cents, maintenance_short_frac=mm)
        assert at is not None
        assert p0 * (1 + im) / (1 + mm) < at <= p0 * (1 + im) / (1 + mm) + 0.01
        assert at == pytest.approx(case["call"], abs=0.0101)


def test_a_long_from_100_is_called_at_57_14(published: dict[str, Any]) -> None:
    """100 shares with a loan of 4000 and 30 % maintenance: 40 / 0.7 = 57.1429."""
    (case,) = published["margin_long_call"]["cases"]
    value = case["shares"] * case["p0"]
    weight = value / (value - case["loan"])
    assert called_at(case["p0"], weight, range(5800, 5600, -1), maintenance_long_frac=case["mm"]) == case["call"]
    # With the 25 % of the rule and half of it borrowed: 50 / 0.75 = 66.67 is the last price without a call.
    assert called_at(100.0, 2.0, range(6750, 6600, -1)) == 66.66


def test_the_requirements_of_the_published_table(published: dict[str, Any]) -> None:
    found = []
    for case in published["finra_short_maintenance"]["cases"]:
        weight = -case["shares"] * case["px"] / 1e6
        margin = run(path(case["px"], case["px"]), [(0, CLOSE, [weight])], {"capital_usd": 1e6}).margin
        found.append(margin["requirement"].iloc[0])
        assert found[-1] == pytest.approx(case["req"], rel=1e-12)
    assert found == pytest.approx([15_000.0, 50_000.0, 45_000.0, 125_000.0])
    assert MarginRules().initial_long_frac == published["reg_t"]["long"]
    assert 1 + MarginRules().initial_short_frac == published["reg_t"]["short_total"]


@pytest.mark.parametrize(
    ("price", "changes", "required"),
    [
        (4.99, {}, 0.5 * 1000),  # under 5 the whole value
        (2.0, {}, 250 * 2.5),  # or 2.50 a share
        (5.0, {}, 100 * 5.0),  # 5 a share from 5 on
        (5.0, {"low_frac": 2.0}, 100 * 5.0),
        (20.0, {}, 25 * 6.0),  # 30 % is more from 16.67 on
        (2.0, {"low_price_usd": 1.0}, 250 * 5.0),
        (2.0, {"low_frac": 2.0}, 1000.0),
        (2.0, {"low_floor_usd": 3.0}, 750.0),
        (20.0, {"short_floor_usd": 7.0}, 25 * 7.0),
        (20.0, {"maintenance_short_frac": 0.5}, 250.0),
        (20.0, {"house_by_bucket": {"maker": 2.0}}, 300.0),
        (20.0, {"house_by_bucket": {"maker": 2.0}, "house_by_ticker": {"ACME": 1.5}}, 225.0),
        (20.0, {"on_call": "off"}, 0.0),
    ],
)
def test_each_number_of_the_account_reaches_the_requirement(
    price: float, changes: dict[str, Any], required: float
) -> None:
    found = run(path(price, price), [(0, CLOSE, [-0.5])], {"margin": changes})
    assert found.margin["requirement"].tolist() == pytest.approx([required, required])


def test_a_call_that_is_only_reported_changes_nothing() -> None:
    rows = [(0, CLOSE, [-1.0]), (2, CLOSE, [-1.5])]
    prices = path(100.0, 150.0, 200.0, 160.0)
    reported, off = (run(prices, rows, {"margin": {"on_call": how}}) for how in ("report", "off"))
    np.testing.assert_array_equal(reported.record.nav, off.record.nav)
    assert reported.margin["call"].any()
    assert not off.margin["call"].any()
    assert off.warnings == tuple(w for w in reported.warnings if "margin" not in w)
    calls = reported.margin["call"]
    first, count = str(calls.index[calls][0])[:10], int(calls.sum())
    assert f"margin call at the close of {first}, the first of {count}" in reported.warnings


def test_reduce_scales_every_position_back_to_its_initial_requirement() -> None:
    """1,000 long and 1,000 short of 1,000 USD. ACME falls to 70 and BOLT rises to 110: NAV 600."""
    found = run(
        pair([100.0, 70.0, 70.0, 70.0], [100.0, 110.0, 110.0, 110.0]),
        [(0, CLOSE, [1.0, -1.0])],
        {"margin": {"on_call": "reduce", "maintenance_short_frac": 0.5}},
    )
    # Required 700 / 4 + 1100 / 2 = 725; initial (700 + 1100) / 2 = 900, so every position keeps 600 / 900 of itself.
    assert found.margin["requirement"].tolist()[1] == pytest.approx(725.0)
    assert log(found)[2:] == [
        (2, "open", "ACME", "filled", "margin_call"),
        (2, "open", "BOLT", "filled", "margin_call"),
    ]
    assert found.record.shares[2] == pytest.approx([10.0 * 2 / 3, -10.0 * 2 / 3])
    assert not found.margin["call"].iloc[2]


def test_reduce_without_equity_closes_everything() -> None:
    found = run(path(100.0, 250.0, 250.0), [(0, CLOSE, [-1.0])], {"margin": {"on_call": "reduce"}})
    assert log(found)[1:] == [(2, "open", "ACME", "filled", "margin_call")]
    assert found.final_nav == pytest.approx(-500.0)
    assert found.open_positions() == ()


def test_liquidate_ends_the_trade_and_its_waiting_entries() -> None:
    """BOLT is capped and still being sold when ACME brings the call."""
    volume = [[1e9, 1.0]] * 9
    found = run(
        pair([100.0] * 6 + [60.0] * 3, [100.0] * 9, volume=volume),
        [(5, CLOSE, [1.2, -0.8])],
        {"margin": {"on_call": "liquidate", "maintenance_long_frac": 1.0}, "orders": {"participation_frac": 1.0}},
        rules=Rules(max_hold=50),
    )
    assert log(found) == [
        (0, "close", "ACME", "filled", "order"),
        (0, "close", "BOLT", "deferred", "cap"),
        (0, "close", "BOLT", "filled", "order"),
        (1, "open", "ACME", "filled", "margin_call"),
        (1, "open", "BOLT", "filled", "margin_call"),
    ]
    assert found.open_positions() == ()


@pytest.mark.parametrize(
    ("on_call", "weights", "house", "scale"),
    [
        ("report", [1.5, -1.5], 1.0, 1.0),
        ("reduce", [1.5, -1.5], 1.0, 2 / 3),
        ("liquidate", [1.5, -1.5], 1.0, 2 / 3),
        ("reduce", [1.5, -1.5], 2.0, 1 / 3),
        ("reduce", [1.0, -0.9], 1.0, 1.0),
        ("reduce", [3.0, 0.0], 1.0, 2 / 3),
    ],
)
def test_an_entry_shrinks_to_its_initial_requirement_where_it_is_enforced(
    on_call: str, weights: list[float], house: float, scale: float
) -> None:
    margin = {"on_call": on_call, "house_by_bucket": {"maker": house}}
    found = run(pair([100.0, 100.0], [50.0, 50.0]), [(0, CLOSE, weights)], {"margin": margin})
    expected = [weights[0] * 10 * scale, weights[1] * 20 * scale]
    assert found.record.shares[0] == pytest.approx(expected)


@pytest.mark.parametrize("on_call", OnMarginCall)
def test_the_codes_of_the_kernel(on_call: OnMarginCall) -> None:
    assert on_call.action is MarginAction[on_call.name]


def test_house_multipliers_by_ticker_before_bucket() -> None:
    rules = MarginRules(house_by_bucket={"renter": 2.0}, house_by_ticker={"DRIFT": 3.0})
    market = markets.dirty_market()
    found = dict(zip(market.tickers, rules.house(market), strict=True))
    assert found == dict.fromkeys(market.tickers, 1.0) | {"CLOUD": 2.0, "DRIFT": 3.0, "LATE": 2.0}
