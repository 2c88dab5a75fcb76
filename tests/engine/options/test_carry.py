"""Carry of chains of known carry: fees, dividends, a spot out of step, and errors that cover the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hedgebook import options
from hedgebook.engine.options.parity import Pairs, early_exercise_free
from hedgebook.errors import InputError, ParameterError
from tests.oracle.option_tree import tree_price
from tests.universes.chains.made_up import made_up_chain


def one(**terms: Any) -> options.Snapshot:
    return options.read_chain(made_up_chain(**terms), "CLOUD").snapshots[0]


@pytest.mark.parametrize("fee", [0.0, 0.06, 0.60])
def test_a_fee_is_found_though_the_spot_is_out_of_step(fee: float) -> None:
    found = options.chain_carry(one(carry=fee, told_spot=97.0), rate_annual=0.04)
    assert found.borrow_annual == pytest.approx(fee, abs=2e-4)
    assert found.offset_frac == pytest.approx(100.0 / 97.0 - 1.0, abs=2e-4)
    assert found.error_annual < 5e-3


def test_noise_of_quotes_is_covered_by_the_error() -> None:
    table = made_up_chain(carry=0.1)
    draw = np.random.default_rng(5).normal(0.0, 0.02, len(table))
    noisy = table.assign(bid=(table["bid"] + draw).clip(lower=0.005), ask=table["ask"] + draw)
    found = options.chain_carry(options.read_chain(noisy, "CLOUD").snapshots[0], rate_annual=0.04)
    assert abs(found.borrow_annual - 0.1) < 3.0 * found.error_annual
    assert 1e-4 < found.error_annual < 0.02


def test_dividends_are_no_borrow() -> None:
    # A yield of 3 % in the quotes is one of 3 % in the stock.
    found = options.chain_carry(one(carry=0.03), rate_annual=0.04, dividend_yield_annual=0.03)
    assert found.borrow_annual == pytest.approx(0.0, abs=2e-4)
    assert found.funded_annual == pytest.approx(0.04, abs=2e-4)


def test_european_cash_dividends_are_given_back() -> None:
    paid = [options.CashDividend(years=20 / 365, usd=0.8), options.CashDividend(years=111 / 365, usd=0.8)]
    rate, fee, spot = 0.04, 0.08, 100.0
    table = made_up_chain(american=False, rate=rate, carry=fee)
    life = (table["expiry"].to_numpy().astype("datetime64[D]") - np.datetime64("2026-05-27")).astype(float) / 365
    growth = rate - fee
    less = sum(np.where(d.years <= life, d.usd * np.exp(growth * (life - d.years)), 0.0) for d in paid)
    forward = spot * np.exp(growth * life) - less
    calls = (table["right"] == "C").to_numpy()
    strike = table["strike"].to_numpy()
    black = options.Contracts(calls, forward, strike, life, 0.0, 0.0, 0.5)
    price = np.exp(-rate * life) * options.european(black)["price"].to_numpy()
    chain = options.read_chain(
        table.assign(bid=np.maximum(price - 0.02, 0.005), ask=price + 0.02), "CLOUD", american=False
    )
    found = options.chain_carry(chain.snapshots[0], rate_annual=rate, dividends=paid)
    # What a dividend grows to is reckoned at the rate: off by the fee on 1.6 USD.
    assert found.borrow_annual == pytest.approx(fee, abs=2e-3)
    blind = options.chain_carry(chain.snapshots[0], rate_annual=rate)
    assert blind.borrow_annual > fee + 0.02


def test_pairs_of_a_tree_give_back_its_carry() -> None:
    terms = (100.0, 105.0, 0.4, 0.04, 0.35, 0.8)
    call, put = (tree_price(right, terms, american=True, steps=801) for right in (True, False))
    one_each = [np.array([value]) for value in (100.0, 105.0, 0.4, 0.04, call, put)]
    found = early_exercise_free(Pairs(*one_each))
    assert found.carry_annual[0] == pytest.approx(0.35, abs=2e-3)
    assert found.vol_annual[0] == pytest.approx(0.8, abs=2e-3)


def test_prices_that_no_carry_gives_are_undefined() -> None:
    one_each = [np.array([value]) for value in (100.0, 100.0, 0.1, 0.04, 60.0, 1.0)]
    assert np.isnan(early_exercise_free(Pairs(*one_each)).forward[0])


def test_what_has_no_answer_is_refused() -> None:
    with pytest.raises(InputError, match="too few expiries"):
        options.chain_carry(one(days=(9, 23)), rate_annual=0.04)
    with pytest.raises(ParameterError, match="rate_annual"):
        options.chain_carry(one(), rate_annual=40.0)
    with pytest.raises(ParameterError, match="no borrow fee"):
        options.implied_borrow(forward=1e6, spot=100.0, years=0.05, rate_annual=0.04)


def test_means_are_weighted_and_as_wide_as_their_spread() -> None:
    alike = options.mean_estimate([0.04, 0.04], [0.01, 0.02])
    assert alike.value == pytest.approx(0.04)
    assert alike.count == 2
    assert alike.error == pytest.approx(1.0 / np.sqrt(1e4 + 2500.0))
    apart = options.mean_estimate([0.0, 0.1], [0.001, 0.001])
    assert apart.value == pytest.approx(0.05)
    assert apart.error == pytest.approx(0.05)


def test_a_fee_is_not_measured_against_the_same_stock() -> None:
    chain = options.read_chain(made_up_chain(), "CLOUD")
    with pytest.raises(ParameterError, match="another stock"):
        options.chain_borrow(chain, chain, rate_annual=0.04)
    easy = options.chain_borrow(chain, options.read_chain(made_up_chain(), "EASY"), rate_annual=0.04)
    assert easy.relative is not None
    assert easy.relative.value == pytest.approx(0.0, abs=1e-9)
