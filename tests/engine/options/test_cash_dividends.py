"""Cash dividends: the spot model against a slow integral, escrowed against its closed form, and what holds for both."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook import options
from hedgebook.errors import ParameterError

PAID = [options.CashDividend(years=0.2, usd=2.0), options.CashDividend(years=0.45, usd=2.0)]
TERMS = {"spot": 100.0, "years": 0.6, "rate_annual": 0.04, "carry_annual": 0.01, "vol_annual": 0.35}


def black(call: bool, spot: np.ndarray, strike: float, years: float) -> np.ndarray:
    """Black and Scholes by the error function, for the integral below."""
    rate, carry, vol = TERMS["rate_annual"], TERMS["carry_annual"], TERMS["vol_annual"]
    wide = vol * math.sqrt(years)
    far = (np.log(spot / strike) + (rate - carry) * years) / wide + 0.5 * wide
    sign = 1.0 if call else -1.0
    normal = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)))
    stock = spot * math.exp(-carry * years) * normal(sign * far)
    return np.asarray(sign * (stock - strike * math.exp(-rate * years) * normal(sign * (far - wide))))


@pytest.mark.parametrize(("right", "strike"), [("call", 95.0), ("put", 105.0)])
def test_european_prices_are_the_integral_over_the_ex_dates(right: str, strike: float) -> None:
    """Gauss and Hermite over the spot at the one ex-date, and the closed form after it."""
    paid = PAID[:1]
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    time, rate, vol = 0.2, TERMS["rate_annual"], TERMS["vol_annual"]
    drift = (rate - TERMS["carry_annual"] - 0.5 * vol**2) * time
    spots = 100.0 * np.exp(drift + vol * math.sqrt(time) * nodes) - 2.0
    slow = math.exp(-rate * time) * float(weights @ black(right == "call", spots, strike, 0.4)) / math.sqrt(2 * math.pi)
    contracts = options.Contracts(right, strike=strike, **TERMS)
    found = options.cash_dividend_price(contracts, paid, exercise="european")
    assert found[0] == pytest.approx(slow, abs=1e-8 * 100)


def test_escrowed_is_the_closed_form_of_the_stock_less_what_it_pays() -> None:
    contracts = options.Contracts(["call", "put"], strike=100.0, **TERMS)
    less = sum(one.usd * math.exp(-0.03 * one.years) for one in PAID)
    found = options.cash_dividend_price(contracts, PAID, exercise="european", model="escrowed")
    slow = [float(black(call, np.array(100.0 - less), 100.0, 0.6)) for call in (True, False)]
    np.testing.assert_allclose(found, slow, atol=1e-10)
    assert (np.abs(found - options.cash_dividend_price(contracts, PAID, exercise="european")) > 1e-3).all()


def test_calls_less_puts_are_the_forward_less_what_dividends_grow_to() -> None:
    contracts = options.Contracts(["call", "put"], strike=97.0, **TERMS)
    call, put = options.cash_dividend_price(contracts, PAID, exercise="european")
    forward = 100.0 * math.exp(0.03 * 0.6) - sum(2.0 * math.exp(0.03 * (0.6 - one.years)) for one in PAID)
    assert call - put == pytest.approx(math.exp(-0.04 * 0.6) * (forward - 97.0), abs=1e-7)


def test_american_prices_are_at_least_european_ones_and_what_exercise_gives() -> None:
    contracts = options.Contracts(["call", "put", "call", "put"], strike=[80.0, 120.0, 100.0, 100.0], **TERMS)
    early = options.cash_dividend_price(contracts, PAID)
    late = options.cash_dividend_price(contracts, PAID, exercise="european")
    assert (early >= late - 1e-6).all()
    assert (early >= contracts.signs * (100.0 - contracts.strike) - 1e-12).all()
    # Deep in the money a call is worth what it pays just before the first ex-date or more.
    assert early[0] > late[0] + 0.5


def test_without_dividends_before_expiry_they_are_the_ordinary_prices() -> None:
    contracts = options.Contracts(["call", "put"], strike=100.0, **TERMS)
    later = [options.CashDividend(years=0.7, usd=5.0)]
    np.testing.assert_array_equal(options.cash_dividend_price(contracts, later), options.american(contracts)["price"])
    tiny = [options.CashDividend(years=0.3, usd=1e-9)]
    np.testing.assert_allclose(
        options.cash_dividend_price(contracts, tiny), options.american(contracts)["price"], atol=2e-4
    )


def test_what_is_no_dividend_is_refused() -> None:
    contracts = options.Contracts("call", strike=100.0, **TERMS)
    with pytest.raises(ParameterError, match="worth more than the stock"):
        options.cash_dividend_price(contracts, [options.CashDividend(0.1, 200.0)])
    with pytest.raises(ParameterError, match="dividends"):
        options.cash_dividend_price(contracts, [(0.1, 2.0)])  # type: ignore[list-item]
    with pytest.raises(ParameterError, match="model"):
        options.cash_dividend_price(contracts, PAID, model="forward")
    with pytest.raises(ParameterError, match="usd"):
        options.CashDividend(0.1, -1.0)
