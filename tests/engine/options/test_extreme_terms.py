"""American prices where rates are nearly zero, and where the drift dwarfs the volatility; dividends of one ex-date."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook import options
from tests.oracle.option_tree import tree_price

# Spot, strike, years, rate, carry, volatility: no boundary was found for any of them.
NEARLY_FREE = (
    ("call", (100.0, 100.0, 10 / 365, -0.001, 0.0, 0.3)),
    ("call", (100.0, 96.0, 2 / 365, -0.0075, 0.0, 0.8)),
    ("put", (50.0, 55.0, 1 / 365, 1e-4, -1e-4, 1.5)),
    ("put", (80.0, 80.0, 0.5, 1e-6, -1e-5, 0.4)),
    ("put", (80.0, 90.0, 5 / 365, 0.0, -1e-3, 0.6)),
)


@pytest.mark.parametrize(("right", "terms"), NEARLY_FREE)
def test_a_rate_of_nearly_zero_has_a_price(right: str, terms: tuple[float, ...]) -> None:
    spot, strike, years, rate, carry, vol = terms
    contract = options.Contracts(right, spot, strike, years, rate, carry, vol)
    given = (spot, strike, years, rate, carry, vol)
    # What the tree says of early exercise alone is exact to some thousandths of very little.
    early, late = (tree_price(right == "call", given, american=american, steps=401) for american in (True, False))
    european = float(options.european(contract)["price"].iloc[0])
    found = options.american(contract)
    assert float(found["price"].iloc[0]) == pytest.approx(european + early - late, abs=2e-7 * spot)
    assert np.isfinite(found[["delta", "gamma", "theta_annual", "vega", "rho", "carry_rho"]].to_numpy()).all()
    implied = options.implied_volatility(contract, found["price"])
    assert implied["vol_annual"].iloc[0] == pytest.approx(vol, abs=1e-6)


@pytest.mark.parametrize("strike", [160.0, 110.0])
def test_with_little_volatility_a_put_is_exercised_at_the_best_day(strike: float) -> None:
    rate, carry, vol = 0.1, 1.5, 0.01
    day = math.log(carry * 100.0 / (rate * strike)) / (carry - rate)
    best = strike * math.exp(-rate * day) - 100.0 * math.exp(-carry * day)
    # The best day moves with the spot: half of the worth's bend in it, times the spot's variance by then.
    bend = carry * math.exp(-carry * day) / (100.0 * (carry - rate))
    chance = 0.5 * bend * (100.0 * vol) ** 2 * day
    contract = options.Contracts("put", 100.0, strike, 2.0, rate, carry, vol)
    price = float(options.american(contract, sensitivities=False)["price"].iloc[0])
    assert price == pytest.approx(best + chance, abs=3e-6)


def test_what_is_exercised_now_says_so_and_its_worth_stands_still() -> None:
    """Of these calls with a fee of 60 % the difference of spot and strike is rounded; the put is worth nothing."""
    spot, strike = [8.079382448698611, 300.44951274625333, 100.0], [7.977563636517068, 297.2325257458574, 1.0]
    years, vol = [0.03414, 0.0097, 1 / 365], [0.0649, 0.1046, 0.05]
    rate, carry = [0.0, 0.04, 0.04], [0.6, 0.6, 0.0]
    found = options.american(options.Contracts(["call", "call", "put"], spot, strike, years, rate, carry, vol))
    assert found["exercise_now"].tolist() == [True, True, False]
    np.testing.assert_allclose(found["theta_annual"], 0.0, atol=1e-30)
    worth = [spot[0] - strike[0], spot[1] - strike[1], 0.0]
    np.testing.assert_allclose(found["price"], worth, rtol=1e-12, atol=1e-30)


def test_an_implied_volatility_is_found_where_a_large_one_leaves_no_boundary() -> None:
    contract = options.Contracts("put", 33.5, 50.5, 3.77, 0.0, -0.02, 0.19)
    terms = (33.5, 50.5, 3.77, 0.0, -0.02, 0.19)
    early, late = (tree_price(False, terms, american=american) for american in (True, False))
    price = float(options.european(contract)["price"].iloc[0]) + early - late
    assert options.implied_volatility(contract, price)["vol_annual"].iloc[0] == pytest.approx(0.19, abs=2e-4)


@pytest.mark.parametrize("exercise", ["american", "european"])
@pytest.mark.parametrize("right", ["call", "put"])
def test_two_dividends_of_one_day_are_their_sum(right: str, exercise: options.Exercise) -> None:
    contract = options.Contracts(right, 100.0, 105.0, 40 / 365, 0.04, 0.01, 0.5)
    for day, last in ((20.0, 20.0), (40.0, 39.9)):
        paid = [options.CashDividend(day / 365, 1.25), options.CashDividend(last / 365, 0.75)]
        apart = options.cash_dividend_price(contract, paid, exercise=exercise)
        whole = options.cash_dividend_price(contract, [options.CashDividend(day / 365, 2.0)], exercise=exercise)
        np.testing.assert_allclose(apart, whole, rtol=0, atol=1e-9)


@pytest.mark.parametrize("right", ["put", "call"])
def test_where_a_step_of_the_rate_has_two_boundaries_the_other_side_tells(right: str) -> None:
    """Rate and carry both at -1 %: no exercise is early, so the slopes are those of the European option."""
    contract = options.Contracts(right, 100.0, 100.0, 0.5, -0.01, -0.01, 0.4)
    early, late = options.american(contract).iloc[0], options.european(contract).iloc[0]
    for name in ("vega", "rho", "carry_rho"):
        assert early[name] == pytest.approx(late[name], rel=1e-5), name
