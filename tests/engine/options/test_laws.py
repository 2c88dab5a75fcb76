"""What holds for options whatever their terms; and a tree, which knows no formula of theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook import options
from hedgebook.errors import InputError
from tests.oracle.option_tree import tree_price

DRAWS = np.random.default_rng(11)
COUNT = 400
TERMS = {
    "spot": DRAWS.uniform(5.0, 700.0, COUNT),
    "years": DRAWS.uniform(2.0, 700.0, COUNT) / 365.0,
    "rate_annual": DRAWS.choice([0.0, 1e-6, 0.01, 0.0425, 0.08], COUNT),
    "carry_annual": DRAWS.choice([0.0, 0.003, 0.0425, 0.2, 0.6, 1.5], COUNT),
    "vol_annual": DRAWS.choice([0.08, 0.3, 0.9, 1.4, 3.0], COUNT),
}
STRIKES = TERMS["spot"] * np.exp(DRAWS.normal(0.0, 0.3, COUNT))
RIGHTS = DRAWS.choice(["call", "put"], COUNT).tolist()


@pytest.fixture(scope="module")
def many() -> options.Contracts:
    return options.Contracts(RIGHTS, strike=STRIKES, **TERMS)


@pytest.fixture(scope="module")
def american(many: options.Contracts) -> pd.DataFrame:
    return options.american(many, sensitivities=False)


def test_european_calls_less_puts_are_the_forward(many: options.Contracts) -> None:
    calls, puts = (options.european(many.but(right=right))["price"] for right in ("call", "put"))
    stock = many.spot * np.exp(-many.carry_annual * many.years)
    cash = many.strike * np.exp(-many.rate_annual * many.years)
    np.testing.assert_allclose(calls - puts, stock - cash, atol=1e-12 * 700)


def test_every_american_price_is_found_and_lies_between_its_bounds(
    many: options.Contracts, american: pd.DataFrame
) -> None:
    price = american["price"].to_numpy()
    assert np.isfinite(price).all()
    slack = 2e-9 * many.spot
    assert (price >= options.european(many)["price"] - slack).all()
    assert (price >= np.maximum(many.signs * (many.spot - many.strike), 0.0) - slack).all()
    assert (price <= np.where(many.calls, many.spot, many.strike) + slack).all()


def test_a_call_is_the_put_with_spot_and_strike_rate_and_carry_exchanged(
    many: options.Contracts, american: pd.DataFrame
) -> None:
    other = options.Contracts(
        ["put" if call else "call" for call in many.calls], many.strike, many.spot, many.years,
        many.carry_annual, many.rate_annual, many.vol_annual,
    )  # fmt: skip
    np.testing.assert_allclose(
        options.american(other, sensitivities=False)["price"], american["price"], rtol=0, atol=1e-9 * 700
    )


def test_prices_scale_with_the_unit_of_money(many: options.Contracts, american: pd.DataFrame) -> None:
    thousand = many.but(spot=1000.0 * many.spot, strike=1000.0 * many.strike)
    scaled = options.american(thousand, sensitivities=False)
    np.testing.assert_allclose(scaled["price"], 1000.0 * american["price"], rtol=1e-12)
    np.testing.assert_allclose(scaled["delta"], american["delta"], atol=1e-12)


def test_the_order_of_contracts_and_their_company_change_nothing(
    many: options.Contracts, american: pd.DataFrame
) -> None:
    order = DRAWS.permutation(COUNT)[:60]
    some = options.american(many.some(order), sensitivities=False)
    np.testing.assert_array_equal(some["price"], american["price"].iloc[order])


def test_more_volatility_and_more_time_are_never_worth_less(many: options.Contracts, american: pd.DataFrame) -> None:
    for longer in (many.but(vol_annual=1.02 * many.vol_annual), many.but(years=1.02 * many.years)):
        assert (options.american(longer, sensitivities=False)["price"] >= american["price"] - 4e-9 * many.spot).all()


def test_a_tree_agrees(many: options.Contracts, american: pd.DataFrame) -> None:
    # First order in time where exercise is early: with dear borrow it is off by parts of a thousand itself.
    calm = np.flatnonzero((many.vol_annual < 1.0) & (many.carry_annual < 0.1))[:12]
    for i in calm:
        terms = tuple(getattr(many, name)[i] for name in ("spot", "strike", "years", "rate_annual", "carry_annual"))
        price = tree_price(bool(many.calls[i]), (*terms, many.vol_annual[i]), american=True)
        assert american["price"][i] == pytest.approx(price, abs=2e-4 * many.spot[i])


def test_delta_and_gamma_are_the_slopes_of_the_price(many: options.Contracts, american: pd.DataFrame) -> None:
    step = 2e-4 * many.spot * many.vol_annual * np.sqrt(many.years)
    up, down = (options.american(many.but(spot=many.spot + s), sensitivities=False) for s in (step, -step))
    # The price has a kink in its second slope at the boundary: both sides must be held, or both exercised.
    smooth = (up["exercise_now"] == down["exercise_now"]).to_numpy()
    slope = (up["price"] - down["price"]) / (2.0 * step)
    np.testing.assert_allclose(american["delta"][smooth], slope[smooth], atol=2e-5)
    bend = (up["delta"] - down["delta"]) / (2.0 * step)
    width = many.spot * many.vol_annual * np.sqrt(many.years)
    assert smooth.mean() > 0.9
    np.testing.assert_allclose((american["gamma"] * width)[smooth], (bend * width)[smooth], atol=2e-3)


def test_theta_is_what_a_day_takes() -> None:
    terms = {"spot": 90.0, "strike": [70.0, 90.0, 120.0], "rate_annual": 0.0425, "carry_annual": 0.3, "vol_annual": 0.9}
    for right in ("call", "put"):
        at = options.Contracts(right, years=60 / 365, **terms)
        hour = 1.0 / 365 / 24
        longer, shorter = (
            options.american(at.but(years=at.years + s), sensitivities=False)["price"] for s in (hour, -hour)
        )
        np.testing.assert_allclose(
            options.american(at)["theta_annual"], (shorter - longer) / (2 * hour), atol=2e-3, rtol=1e-4
        )


@pytest.mark.parametrize("exercise", ["european", "american"])
def test_a_volatility_comes_back_from_its_price(many: options.Contracts, exercise: options.Exercise) -> None:
    some = many.some(np.arange(0, COUNT, 4))
    price = (options.american(some, sensitivities=False) if exercise == "american" else options.european(some))["price"]
    found = options.implied_volatility(some, price, exercise=exercise)
    told = (found["why"] == "").to_numpy()
    # Where a cent of volatility is worth nothing, its price tells nothing.
    value = options.european(some)["vega"].to_numpy() > 1e-3 * some.spot
    assert told[value & (price > np.maximum(some.signs * (some.spot - some.strike), 0) * (1 + 1e-6) + 1e-6)].all()
    sure = told & value
    np.testing.assert_allclose(found["vol_annual"][sure], some.vol_annual[sure], rtol=1e-5)
    assert found["vol_annual"][~told].isna().all()


def test_missing_terms_give_missing_prices() -> None:
    gap = options.Contracts("put", 100.0, [90.0, np.nan, 110.0], 0.25, 0.04, 0.0, [0.5, 0.5, np.nan])
    for found in (options.european(gap), options.american(gap)):
        assert found["price"].isna().tolist() == [False, True, True]
    why = options.implied_volatility(gap, [3.0, 4.0, np.nan])["why"].tolist()
    assert why == ["", "no price, or a term is missing", "no price, or a term is missing"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: options.Contracts("straddle", 1, 1, 1), r"right.*'straddle'.*call.*put"),
        (lambda: options.Contracts("put", [1.0, 0.0], 1, 1), r"spot, contract 2.*got 0.*above 0"),
        (lambda: options.Contracts("put", 100, 100, -0.1), r"years.*-0.1.*above 0"),
        (lambda: options.Contracts("put", 100, [1.0, 2.0], [1.0, 2.0, 3.0]), r"strike.*\(2,\).*3 as the longest"),
        (lambda: options.Contracts("put", 100, 100, 1, "4 %"), r"rate_annual.*an array of numbers"),
        (lambda: options.european(options.Contracts("put", 100, 100, 1)), r"vol_annual.*needs a volatility"),
        (lambda: options.american("put"), r"contracts.*options.Contracts"),
        (lambda: options.american(options.Contracts("put", 9, 9, 1, -0.01, -0.02, 0.3)), r"two exercise boundaries"),
        (lambda: options.implied_volatility(options.Contracts("put", 9, 9, 1), [1, 2]), r"price.*\(2,\)"),
        (lambda: options.implied_volatility(options.Contracts("put", 9, 9, 1), 1, exercise="bermudan"), r"bermudan"),
    ],
)
def test_what_no_option_has_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()
