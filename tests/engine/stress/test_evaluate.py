"""Scenarios by hand: linear P&L, margin, borrow and recall, and laws of both."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.stress.evaluate import StressSetting, index_betas, run_scenario
from hedgebook.engine.stress.positions import margin_terms, positions_of_weights
from hedgebook.engine.stress.responses import fit_responses
from hedgebook.engine.stress.scenario import Move, Scenario, ShortTrouble
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market

from .books import answers, held, terms_of

BETAS = np.array([[1.0, 0.5], [2.0, -1.0], [-0.5, 0.2]])
COVARIANCE = np.array([[4e-4, 1e-4], [1e-4, 9e-4]])


def scenario(*moves: Move, **more: object) -> Scenario:
    return Scenario(name="x", title="X", moves=moves, **more)


def setting(values: list[float]) -> StressSetting:
    positions = held(values)
    return StressSetting(positions, terms_of(positions), answers(positions, BETAS[: len(values)], COVARIANCE), None)


def factor(name: str, *path: float) -> Move:
    return Move(kind="factor", of=name, path=path)


def test_factor_moves_go_through_betas() -> None:
    found = run_scenario(setting([500.0, -300.0, 200.0]), scenario(factor("f0", -0.1), factor("f1", 0.05)))
    by_hand = 500 * (-0.1 + 0.025) - 300 * (-0.2 - 0.05) + 200 * (0.05 + 0.01)
    assert found.pnl_usd == pytest.approx(by_hand, rel=1e-12)
    assert found.pnl_frac == pytest.approx(by_hand / 1000, rel=1e-12)
    stressed = run_scenario(setting([500.0, -300.0, 200.0]), scenario(factor("f0", -0.1), betas="stress"))
    plain = run_scenario(setting([500.0, -300.0, 200.0]), scenario(factor("f0", -0.1)))
    assert stressed.pnl_usd == pytest.approx(1.5 * plain.pnl_usd, rel=1e-12)


def test_factors_that_are_not_named_may_follow() -> None:
    """E[f1 | f0] = cov / var * f0."""
    found = run_scenario(setting([500.0]), scenario(factor("f0", -0.1), others="expected"))
    assert found.pnl_usd == pytest.approx(500 * (-0.1 + 0.5 * (-0.1 * 1e-4 / 4e-4)), rel=1e-12)


def test_a_ticker_comes_before_its_bucket_and_that_before_factors() -> None:
    given_market = sample_market()
    row = given_market.session_index("2026-06-30")
    positions = positions_of_weights(given_market, row, {"META": 0.5, "MU": 0.3, "NVDA": -0.2}, 1e6)
    where = StressSetting(
        positions, margin_terms(positions, Account(), given_market),
        fit_responses(given_market, positions.tickers, row), given_market,
    )  # fmt: skip
    found = run_scenario(
        where,
        scenario(
            Move(kind="ticker", of="MU", path=(-0.3,)), Move(kind="bucket", of="memory", path=(-0.1,)),
            Move(kind="bucket", of="meta", path=(0.2,)), factor("market", -0.05),
        ),
    )  # fmt: skip
    moves = found.tickers["move_frac"]
    assert moves["MU"] == -0.3
    assert moves["META"] == 0.2
    assert where.responses is not None
    beta = where.responses.betas[2, where.responses.names.index("market")]
    assert moves["NVDA"] == pytest.approx(-0.05 * beta, rel=1e-12)
    with pytest.raises(ParameterError, match="Did you mean 'memory'"):
        run_scenario(where, scenario(Move(kind="bucket", of="memroy", path=(0.1,))))
    with pytest.raises(ParameterError, match="Did you mean 'semis'"):
        run_scenario(where, scenario(factor("semi", 0.1)))
    betas, notes = index_betas(where, "SMH")
    assert notes == {}
    fallen = run_scenario(where, scenario(Move(kind="index", of="SMH", path=(-0.82,))))
    np.testing.assert_allclose(fallen.tickers["move_frac"], 0.18**betas - 1.0, rtol=1e-12)
    close = given_market.frame()[["MU", "SMH"]].iloc[: row + 1].pct_change(fill_method=None).iloc[-250:].dropna()
    assert betas[1] == pytest.approx(close.cov().loc["MU", "SMH"] / close["SMH"].var(), rel=1e-9)


def test_borrow_and_recall_by_hand() -> None:
    trouble = ShortTrouble(of="all", borrow_annual=1.0, buy_in=0.05)
    shorts = Scenario(name="x", title="X", sessions=10, moves=(factor("f0", 0.1),), shorts=(trouble,))
    found = run_scenario(setting([500.0, -300.0]), shorts)
    # Ten sessions are round(10 * 365 / 252) = 14 days.
    fee, buy_in = -300 * 14 / 360, -300 * 1.2 * 0.05
    assert found.tickers.loc["B", "borrow_usd"] == pytest.approx(fee, rel=1e-12)
    assert found.tickers.loc["B", "buy_in_usd"] == pytest.approx(buy_in, rel=1e-12)
    assert found.tickers.loc["A", ["borrow_usd", "buy_in_usd"]].sum() == 0.0
    assert found.pnl_usd == pytest.approx(50 - 60 + fee + buy_in, rel=1e-12)
    assert found.pnl_usd == pytest.approx(float(found.tickers["pnl_usd"].sum()), rel=1e-12)


def test_a_margin_call_by_hand() -> None:
    """A short of 1,000 at 50 with a NAV of 600: at +20 % NAV is 400, and 30 % of 1,200 is 360; at +30 % it falls."""
    positions = held([-1000.0], nav=600.0)
    where = StressSetting(
        positions, terms_of(positions), answers(positions, np.array([[1.0]]), np.array([[1e-4]])), None
    )
    fine = run_scenario(where, scenario(factor("f0", 0.2)))
    assert not fine.called
    assert fine.path["excess_usd"].iloc[0] == pytest.approx(400 - 360, rel=1e-12)
    called = run_scenario(where, scenario(factor("f0", 0.3), sessions=2))
    assert called.called
    assert called.path["excess_usd"].iloc[0] == pytest.approx(300 - 390, rel=1e-12)
    # The path counts, not its end alone.
    way = run_scenario(where, scenario(factor("f0", 0.3, 0.0), sessions=2))
    assert way.called
    assert way.pnl_usd == 0.0
    assert way.worst_frac == pytest.approx(-0.5)
    free = dataclasses.replace(where, margin=terms_of(positions, enforced=False))
    off = run_scenario(free, scenario(factor("f0", 0.3)))
    assert not off.called
    assert math.isnan(off.path["requirement_usd"].iloc[0])


def test_a_price_stops_at_zero() -> None:
    found = run_scenario(setting([500.0, -300.0]), scenario(factor("f0", -0.8)))
    assert found.tickers.loc["B", "move_frac"] == -1.0
    assert "cut" in found.tickers.loc["B", "note"]
    assert found.pnl_usd == pytest.approx(-400 + 300, rel=1e-12)


def test_the_strict_accounts_multipliers_reach_the_requirement(market: Market) -> None:
    row = market.session_index("2026-06-30")
    positions = positions_of_weights(market, row, {"CRWV": -0.5, "MU": 0.5}, 1e6)
    now = positions.prices[None]
    plain = margin_terms(positions, Account(), market).requirement_usd(now)[0]
    strict = margin_terms(positions, load_account("strict"), market).requirement_usd(now)[0]
    assert plain == pytest.approx(0.3 * 5e5 + 0.25 * 5e5, rel=1e-12)
    assert strict == pytest.approx(1.5 * 0.3 * 5e5 + 0.25 * 5e5, rel=1e-12)


amounts = st.lists(st.floats(-500, 500).filter(lambda x: abs(x) > 1), min_size=3, max_size=3)


@settings(max_examples=40, deadline=None)
@given(amounts, st.floats(-0.3, 0.3), st.floats(0.1, 3.0))
def test_laws(values: list[float], move: float, size: float) -> None:
    """Nothing moved loses nothing; P&L grows with the positions and, without a cut, with the move; order is nothing."""
    small = scenario(factor("f0", move))
    base = run_scenario(setting(values), small).pnl_usd
    assert run_scenario(setting(values), scenario(factor("f0", 0.0))).pnl_usd == 0.0
    grown = run_scenario(setting([size * v for v in values]), small).pnl_usd
    assert grown == pytest.approx(size * base, rel=1e-9, abs=1e-9)
    half = run_scenario(setting(values), scenario(factor("f0", move / 2))).pnl_usd
    assert half == pytest.approx(base / 2, rel=1e-9, abs=1e-9)
    order = [2, 0, 1]
    positions = held([values[i] for i in order], [50.0 + 10 * i for i in order])
    other = StressSetting(positions, terms_of(positions), answers(positions, BETAS[order], COVARIANCE), None)
    assert run_scenario(other, small).pnl_usd == pytest.approx(base, rel=1e-9, abs=1e-9)
