"""What books of stock and options require, against a linear programme over the structures of the rule."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from hedgebook.options import MarginLeg, Requirement, Right, option_requirement
from tests.oracle.option_margin import OracleLeg, least_equity

DAYS = (date(2026, 9, 18), date(2026, 10, 16))
SPOT = 100.0
CENT = 0.005


def both(shares: float, legs: list[MarginLeg]) -> tuple[Requirement, float]:
    """The requirement, and the oracle's with what does not count as equity."""
    day = {one: n for n, one in enumerate(DAYS)}
    plain = [
        OracleLeg(x.right == "call", x.strike, x.contracts * x.size, x.mark, day[x.expiry or DAYS[0]]) for x in legs
    ]
    return option_requirement(SPOT, shares, legs), least_equity(SPOT, shares, plain)


def drawn(rng: np.random.Generator, count: int) -> list[MarginLeg]:
    legs = []
    for _ in range(count):
        right: Right = "call" if rng.random() < 0.5 else "put"
        strike = float(rng.choice([50.0, 80.0, 90.0, 100.0, 105.0, 120.0, 150.0]))
        inside = max(SPOT - strike if right == "call" else strike - SPOT, 0.0)
        mark = inside + float(rng.choice([0.5, 2.0, 4.0]))
        legs.append(MarginLeg(right, strike, float(rng.choice([-10, 10])), mark, DAYS[int(rng.random() < 0.3)]))
    return legs


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_way_to_put_a_book_together_requires_less(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(60):
        legs = drawn(rng, count)
        found, least = both(float(rng.choice([0.0, 1000.0, -1000.0, 500.0])), legs)
        # Unequal numbers of three options and more may lose less together than any equal ones: the rule's largest loss.
        whole = any("largest loss" in name for name, _ in found.parts)
        assert found.requirement + found.capped <= least + CENT, (legs, found, least)
        assert whole or found.requirement + found.capped >= least - CENT, (legs, found, least)


def test_a_put_in_the_money_on_short_stock_is_required_beside_a_bought_call() -> None:
    legs = [MarginLeg("call", 100.0, 10, 0.5, DAYS[0]), MarginLeg("put", 120.0, -10, 22.0, DAYS[0])]
    # 30 % of the stock and 20 that the put is in the money; the call is paid for. Shares are bought back at 120.
    assert option_requirement(SPOT, -1000.0, legs).requirement == pytest.approx(1000 * (30.0 + 20.0) + 500.0)


def test_a_conversion_is_of_options_that_expire_on_one_day() -> None:
    put, call = MarginLeg("put", 100.0, 10, 4.0, DAYS[0]), MarginLeg("call", 100.0, -10, 4.0, DAYS[0])
    assert option_requirement(SPOT, 1000.0, [put, call]).requirement == pytest.approx(1000 * 10.0 + 4000.0)
    later = MarginLeg("call", 100.0, -10, 4.0, DAYS[1])
    assert option_requirement(SPOT, 1000.0, [put, later]).requirement == pytest.approx(1000 * 25.0 + 4000.0)


def test_a_spread_beside_stock_is_not_a_covered_call_that_costs_more() -> None:
    legs = [MarginLeg("call", 50.0, -10, 52.0, DAYS[0]), MarginLeg("call", 60.0, 10, 41.0, DAYS[0])]
    found = option_requirement(SPOT, 1000.0, legs)
    # 25 % of the stock, and 10 that the spread may lose; covered, 50 a share of the stock were no equity.
    assert found.requirement == pytest.approx(1000 * (25.0 + 10.0) + 41_000.0)
    assert found.capped == 0.0


def test_a_leg_without_an_expiry_has_that_of_the_others() -> None:
    legs = [MarginLeg("put", 90.0, 10, 2.0), MarginLeg("call", 110.0, -10, 2.0, DAYS[1])]
    assert option_requirement(SPOT, 1000.0, legs).parts[0][0] == "collar"
