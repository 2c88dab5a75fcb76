"""The move that a straddle expects, and the variance of an event between expiries."""

from __future__ import annotations

import math

import pytest

from hedgebook import options
from hedgebook.errors import InputError


def test_a_straddle_expects_the_mean_of_what_the_stock_moves() -> None:
    vol, years, forward, discount = 0.6, 9 / 365, 613.0, 0.999
    pair = options.Contracts(["call", "put"], forward, forward, years, 0.0, 0.0, vol)
    straddle = discount * options.european(pair)["price"].sum()
    found = options.straddle_move(straddle, forward, discount, years)
    assert found.deviation_frac == pytest.approx(vol * math.sqrt(years), rel=1e-12)
    assert found.vol_annual == pytest.approx(vol, rel=1e-12)
    # The mean of |S / F - 1| by a sum over the lognormal density.
    s, total, width = found.deviation_frac, 0.0, 1e-4
    for i in range(-80_000, 80_000):
        z = (i + 0.5) * width
        total += abs(math.exp(s * z - 0.5 * s * s) - 1.0) * math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * width
    assert found.expected_frac == pytest.approx(total, rel=1e-7)


@pytest.mark.parametrize("day", ["add", "replace"])
@pytest.mark.parametrize("before", [True, False])
def test_an_event_planted_in_two_expiries_is_found(day: options.Day, before: bool) -> None:
    base, event, days = 0.37, 0.09, (3.0, 31.0)
    normal = base**2 / 365
    inside = [event**2 - (normal if day == "replace" else 0.0) if before or i else 0.0 for i in range(2)]
    vols = [math.sqrt((normal * d + more) / (d / 365)) for d, more in zip(days, inside, strict=True)]
    if before and day == "replace":
        # The base between the two holds the event in neither: its day is taken from the near one.
        assert vols[0] > base
    near, far = (options.Expiry(vol, d) for vol, d in zip(vols, days, strict=True))
    found = options.event_variance(near, far, event_before_near=before, day=day)
    assert found.base_vol_annual == pytest.approx(base, rel=1e-9)
    assert found.deviation_frac == pytest.approx(event, rel=1e-9)


def test_quotes_without_an_event_are_refused() -> None:
    with pytest.raises(InputError, match="no event in these quotes"):
        options.event_variance(options.Expiry(0.3, 7), options.Expiry(0.5, 30))
    with pytest.raises(InputError, match="no base volatility"):
        options.event_variance(options.Expiry(2.0, 7), options.Expiry(0.3, 30))
    with pytest.raises(InputError, match="far expiry is not later"):
        options.event_variance(options.Expiry(0.3, 30), options.Expiry(0.3, 30))
    with pytest.raises(InputError, match="no volatility gives"):
        options.straddle_move(250.0, 100.0, 1.0, 0.1)


def test_half_a_day_that_an_event_replaces_is_all_of_the_nearer_expiry() -> None:
    near, far = options.Expiry(0.8, 0.5), options.Expiry(0.5, 40.0)
    found = options.event_variance(near, far, day="replace")
    # No event has more variance than the expiry that it lies before.
    assert found.variance == pytest.approx(0.8**2 * 0.5 / 365, rel=1e-12)


def test_forwards_of_prices_that_do_not_belong_together_are_refused() -> None:
    assert options.implied_forward([5.0, 4.0], [4.0, 4.0], 100.0, 0.5, 0.0).tolist() == [101.0, 100.0]
    with pytest.raises(InputError, match="different lengths"):
        options.implied_forward([5.0, 3.0], [4.0, 4.0], [100.0, 100.0, 3.0], 0.5, 0.04)
