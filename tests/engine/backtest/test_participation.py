"""Orders against volume: shares worked out by hand, what is warned of, and what is not known."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hedgebook.universes.calendar import Mark
from tests.markets import NAN

from ..small import pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE
FLAT = [100.0] * 12


def thin(usual: float, last: float, **given: Any) -> Any:
    """Ten sessions of `usual` shares and one of `last`, in which 500 USD of ACME at 100 are bought at the close."""
    volume = [usual] * 10 + [last] * 2
    return run(path(*FLAT, volume=volume), [(10, CLOSE, [0.5])], **given)


@pytest.mark.parametrize(
    ("usual", "last", "of_adv", "of_session", "warned"),
    [
        (40.0, 400.0, 0.125, 0.0125, True),  # 500 of 4,000 USD a day
        (400.0, 40.0, 0.0125, 0.125, True),
        (51.0, 51.0, 5.0 / 51.0, 5.0 / 51.0, False),
        (50.0, 50.0, 0.1, 0.1, False),  # exactly a tenth
    ],
)
def test_an_order_above_a_tenth_of_either_volume_is_warned_of(
    usual: float, last: float, of_adv: float, of_session: float, warned: bool
) -> None:
    found = thin(usual, last)
    (order,) = found.participation.orders.to_dict("records")
    assert (order["ticker"], order["mark"], order["usd"]) == ("ACME", "close", 500.0)
    assert order["adv_frac"] == pytest.approx(of_adv)
    assert order["session_frac"] == pytest.approx(of_session)
    assert order["share"] == pytest.approx(max(of_adv, of_session))
    said = [warning for warning in found.warnings if "of a day's volume" in warning]
    day = str(found.market.sessions[0])
    wanted = (
        f"an order is above 10% of a day's volume: ACME at the close of {day}, 500 USD, {of_adv:.1%} of its average "
        f"daily value and {of_session:.1%} of what was traded in that session"
    )
    assert said == ([wanted] if warned else [])


def test_many_orders_become_one_line_that_names_the_largest() -> None:
    volume = [[40.0, 20.0]] * 12
    rows = [(10, CLOSE, [0.5, -0.5]), (11, CLOSE, [0.0, 0.0])]
    found = run(pair(FLAT, FLAT, volume=volume), rows)
    assert len(found.participation.large) == 4
    (said,) = [warning for warning in found.warnings if "of a day's volume" in warning]
    assert said.startswith("4 orders are above 10% of a day's volume, the largest: BOLT at the close of")
    assert "25.0% of its average daily value" in said


def test_volume_that_is_not_known() -> None:
    young = thin(NAN, 40.0)
    (order,) = young.participation.orders.to_dict("records")
    assert math.isnan(order["adv_frac"])
    assert order["share"] == pytest.approx(0.125)
    assert young.participation.unknown == ()
    none = thin(NAN, NAN)
    assert none.participation.unknown == ("ACME",)
    assert "no volume, so the share of a day's volume is unknown, for ACME" in none.warnings


def test_a_write_off_is_no_order() -> None:
    market = path(*[100.0] * 11, NAN, volume=[400.0] * 12)
    account = {"delisting": {"recovery_frac": 0.5, "delisted": {"ACME": str(market.sessions[11])}}}
    found = run(market, [(10, CLOSE, [0.5])], account)
    assert found.fills["reason"].tolist() == ["order", "delisted"]
    assert found.participation.orders["mark"].tolist() == ["close"]
    assert len(found.adv_usd) == 2


def test_a_run_without_orders_has_none() -> None:
    found = run(path(*FLAT), [(10, CLOSE, [NAN])])
    assert found.participation.orders.empty
    assert (found.participation.warnings(), found.participation.unknown) == ((), ())
