"""Marks without a chain: the surface at each session's spot, against a tree; expiry, opens, and what is refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from hedgebook import options
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import InputError, ParameterError
from hedgebook.universes.market import Market
from tests.markets import market_of, session_days
from tests.oracle.option_tree import tree_price

DAYS = session_days(20)
EXPIRY = DAYS[15].item()
CLOSE = 100.0 + np.cumsum(np.random.default_rng(3).normal(0.0, 3.0, (20, 2)), axis=0)
CONTRACTS = [
    options.Listed("CLOUD", EXPIRY, "put", 95.0),
    options.Listed("CLOUD", EXPIRY, "call", 105.0),
    options.Listed("DRIFT", date(2026, 9, 18), "put", 100.0, american=False),
]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of({"close": CLOSE, "open": CLOSE - 1.0}, ["CLOUD", "DRIFT"])


def test_marks_are_prices_of_the_surface_at_each_spot(market: Market) -> None:
    marks = options.ModelMarks(market)
    found = marks.marks(CONTRACTS, DAYS)
    assert found.mid.shape == (20, 3)
    assert found.modelled.all()
    assert marks.label.startswith("modelled quotes")
    for t in (0, 7, 14):
        years = (EXPIRY - DAYS[t].item()).days / 365
        assert found.years[t, 0] == years
        forward = CLOSE[t, 0] * np.exp(marks.model.rate_annual * years)
        vol = float(marks.of("CLOUD").vol(95.0, forward, years))
        slow = tree_price(False, (CLOSE[t, 0], 95.0, years, marks.model.rate_annual, 0.0, vol), american=True)
        assert found.mid[t, 0] == pytest.approx(slow, abs=2e-3)
        assert found.vol_annual[t, 0] == vol
    wide = found.ask - found.mid
    assert (wide[:15] >= marks.model.tick_usd).all()
    np.testing.assert_allclose(found.bid[:15], np.maximum(found.mid - wide, 0.0)[:15])


def test_at_expiry_there_is_what_exercise_gives_and_nothing_after_it(market: Market) -> None:
    found = options.ModelMarks(market).marks(CONTRACTS, DAYS)
    assert found.mid[15, 0] == max(95.0 - CLOSE[15, 0], 0.0)
    assert found.mid[15, 1] == max(CLOSE[15, 0] - 105.0, 0.0)
    assert found.half_width[15, 0] == 0.0
    assert np.isnan(found.mid[16:, :2]).all()
    assert np.isfinite(found.mid[:, 2]).all()


def test_an_open_is_six_and_a_half_hours_before_its_close(market: Market) -> None:
    found = options.ModelMarks(market).marks(CONTRACTS[:1], DAYS[[3, 15]], "open")
    assert found.spot[:, 0].tolist() == (CLOSE[[3, 15], 0] - 1.0).tolist()
    assert found.years[1, 0] == pytest.approx(6.5 / 24 / 365)
    assert found.mid[1, 0] > max(95.0 - CLOSE[15, 0] + 1.0, 0.0)


def test_an_open_of_a_half_day_is_three_and_a_half_hours_before_its_close() -> None:
    # The week of Thanksgiving 2025; options expire on the half day after it, whose session ends at 13:00.
    short = market_of({"close": np.full((4, 1), 99.0), "open": np.full((4, 1), 100.0)}, ["CLOUD"], first="2025-11-25")
    put = options.Listed("CLOUD", date(2025, 11, 28), "put", 100.0, american=False)
    marks = options.ModelMarks(short)
    found = marks.marks([put], ["2025-11-26", "2025-11-28"], "open")
    years = np.array([2.0 + 6.5 / 24, 3.5 / 24]) / 365
    np.testing.assert_allclose(found.years[:, 0], years, rtol=1e-12)
    forward = 100.0 * np.exp(marks.model.rate_annual * years[1])
    deviation = float(marks.of("CLOUD").vol(100.0, forward, years[1])) * np.sqrt(years[1])
    # At the money forward a put is the spot times 2 N(deviation / 2) - 1, near deviation times 0.4.
    assert found.mid[1, 0] == pytest.approx(100.0 * deviation / np.sqrt(2 * np.pi), rel=0.02)


def test_the_fee_of_costs_is_the_carry_and_makes_puts_dearer(market: Market) -> None:
    dear = Costs(borrow=Borrow(default_annual=0.36))
    free = options.ModelMarks(market, costs=Costs()).marks(CONTRACTS, DAYS[:3])
    paid = options.ModelMarks(market, costs=dear).marks(CONTRACTS, DAYS[:3])
    # 36 % over 360 for each calendar day.
    np.testing.assert_allclose(paid.carry_annual - free.carry_annual, 0.365, rtol=1e-12)
    assert (paid.mid[:, 0] > free.mid[:, 0]).all()
    assert (paid.mid[:, 1] < free.mid[:, 1]).all()


def test_a_session_without_a_price_has_no_mark() -> None:
    close = CLOSE.copy()
    close[4, 0] = np.nan
    found = options.ModelMarks(market_of({"close": close}, ["CLOUD", "DRIFT"])).marks(CONTRACTS, DAYS[3:6])
    assert np.isnan(found.mid[1, 0])
    assert np.isnan(found.half_width[1, 0])
    assert np.isfinite(found.mid[1, 2])


def test_what_is_no_contract_session_or_mark_is_refused(market: Market) -> None:
    marks = options.ModelMarks(market)
    with pytest.raises(InputError, match="not a session"):
        marks.marks(CONTRACTS, ["2026-06-06"])
    with pytest.raises(ParameterError, match="mark"):
        marks.marks(CONTRACTS, DAYS, "noon")
    with pytest.raises(ParameterError, match="contracts"):
        marks.marks(["CLOUD"], DAYS)  # type: ignore[list-item]
    with pytest.raises(InputError, match="NOBODY"):
        marks.marks([options.Listed("NOBODY", EXPIRY, "put", 1.0)], DAYS)
    with pytest.raises(ParameterError, match="right"):
        options.Listed("CLOUD", EXPIRY, "C", 1.0)
    with pytest.raises(ParameterError, match="strike"):
        options.Listed("CLOUD", EXPIRY, "put", -1.0)
