"""Surfaces from chains: the volatility that is in the quotes, no sure gains, and quotes that break them named."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from hedgebook import options
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market
from tests.markets import market_of, session_days
from tests.universes.chains.made_up import made_up_chain

DAYS = (9, 37, 163)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return made_up_chain(carry=0.05, vol=0.6, days=DAYS)


@pytest.fixture(scope="module")
def surface(table: pd.DataFrame) -> options.ChainSurface:
    return options.chain_surface(options.read_chain(table, "CLOUD").snapshots[0], rate_annual=0.04)


def no_sure_gain(surface: options.ChainSurface) -> None:
    """Between the strikes that all expiries have, calls fall and are convex; total variance rises with expiry."""
    low = max(one.moneyness[0] for one in surface.slices)
    high = min(one.moneyness[-1] for one in surface.slices)
    strike = np.linspace(np.exp(low), np.exp(high), 301)
    years = np.linspace(surface.slices[0].years, surface.slices[-1].years, 12)
    total = surface.vol(strike, 1.0, years[:, None]) ** 2 * years[:, None]
    assert (np.diff(total, axis=0) >= -1e-10).all()
    for one in surface.slices:
        vol = surface.vol(strike, 1.0, one.years)
        call = options.european(options.Contracts("call", 1.0, strike, one.years, vol_annual=vol))["price"].to_numpy()
        slope = np.diff(call) / np.diff(strike)
        assert (slope <= 1e-9).all()
        assert (slope >= -1.0 - 1e-9).all()
        assert (np.diff(slope) >= -1e-6).all()


def test_a_flat_chain_gives_back_its_volatility_and_carry(surface: options.ChainSurface) -> None:
    assert surface.violations == ()
    assert surface.repaired == 0
    assert surface.growth_annual == pytest.approx(0.04 - 0.05, abs=3e-4)
    for days in DAYS:
        strike = np.array([90.0, 100.0, 110.0])
        forward = surface.forward(days / 365)
        np.testing.assert_allclose(surface.vol(strike, forward, days / 365), 0.6, atol=2e-3)
    # Between expiries and beyond them.
    for days in (5, 20, 90, 300):
        assert float(surface.vol(100.0, surface.forward(days / 365), days / 365)) == pytest.approx(0.6, abs=6e-3)
    no_sure_gain(surface)


def test_quotes_that_break_the_order_of_strikes_are_named_and_moved(table: pd.DataFrame) -> None:
    broken = table.copy()
    row = broken.index[(broken["right"] == "C") & (broken["strike"] == 115.0)][1]
    broken.loc[row, ["bid", "ask"]] += 0.6
    found = options.chain_surface(options.read_chain(broken, "CLOUD").snapshots[0], rate_annual=0.04)
    assert [one.kind for one in found.violations] == ["butterfly"]
    assert found.violations[0].strike == pytest.approx(115.0, rel=1e-9)
    assert found.repaired >= 1
    no_sure_gain(found)


def test_variance_that_falls_with_expiry_is_named_and_lifted() -> None:
    near = made_up_chain(vol=1.2, days=(9, 23))
    far = made_up_chain(vol=0.4, days=(37, 163))
    snapshot = options.read_chain(pd.concat([near, far]), "CLOUD").snapshots[0]
    found = options.chain_surface(snapshot, rate_annual=0.04)
    assert {one.kind for one in found.violations} == {"calendar"}
    assert {str(one.expiry) for one in found.violations} == {"2026-07-03"}
    no_sure_gain(found)


@pytest.fixture(scope="module")
def market() -> Market:
    close = np.array([[100.0, 50.0], [103.0, 50.0], [97.0, 50.0]] + [[99.0, 50.0]] * 10)
    return market_of({"close": close, "open": close}, ["CLOUD", "DRIFT"], first="2026-05-27")


def test_marks_are_quotes_then_their_surface_then_the_model(table: pd.DataFrame, market: Market) -> None:
    model = options.ModelMarks(market)
    marks = options.ChainMarks(options.read_chain(table, "CLOUD"), model)
    expiry = date(2026, 7, 3)
    contracts = [
        options.Listed("CLOUD", expiry, "put", 95.0),
        options.Listed("CLOUD", expiry, "put", 96.0),
        options.Listed("DRIFT", expiry, "put", 50.0),
    ]
    days = session_days(13, "2026-05-27")
    found, alone = marks.marks(contracts, days), model.marks(contracts, days)
    quote = table[(table["right"] == "P") & (table["strike"] == 95.0) & (table["expiry"] == "2026-07-03")].iloc[0]
    assert found.mid[0, 0] == pytest.approx((quote["bid"] + quote["ask"]) / 2, rel=1e-12)
    assert found.half_width[0, 0] == pytest.approx(0.02)
    assert found.vol_annual[0, 0] == pytest.approx(0.6, abs=2e-3)
    assert found.modelled.sum() == found.modelled.size - 1
    # The second strike is not listed, and the next sessions have no quotes: their surface at the new spots.
    for t, j in ((0, 1), (1, 0), (2, 1)):
        years = (expiry - days[t].item()).days / 365
        terms = ("put", market.close[t, 0], contracts[j].strike, years, 0.04, 0.05, 0.6)
        slow = options.american(options.Contracts(*terms), sensitivities=False)["price"].iloc[0]
        assert found.mid[t, j] == pytest.approx(slow, abs=0.05)
    # A week later only the model is left, and another ticker had nothing else.
    np.testing.assert_array_equal(found.mid[7:], alone.mid[7:])
    np.testing.assert_array_equal(found.mid[:, 2], alone.mid[:, 2])
    assert "modelled quotes" in marks.label


def test_two_chains_of_one_ticker_are_refused(table: pd.DataFrame, market: Market) -> None:
    chain = options.read_chain(table, "CLOUD")
    with pytest.raises(ParameterError, match="two chains of one ticker"):
        options.ChainMarks([chain, chain], options.ModelMarks(market))
