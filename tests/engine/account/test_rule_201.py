"""Rule 201 bars against plain Python and by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account.rule_201 import rule_201_bars
from hedgebook.engine.account.shorts import ShortRules
from hedgebook.universes.market import Market
from tests import markets
from tests.markets import NAN

from ..small import path


def with_lows(seed: int, missing_frac: float = 0.15) -> Market:
    """A wild market whose lows lie below its marks, some of them missing."""
    draw = np.random.default_rng(seed)
    market = markets.random_market(seed, missing_frac=missing_frac)
    jumps = np.exp(draw.normal(0.0, 0.06, market.close.shape))
    opens, closes = market.open * jumps, market.close * np.exp(draw.normal(0.0, 0.06, market.close.shape))
    low = np.fmin(opens, closes) * (1 - np.abs(draw.normal(0.0, 0.03, market.close.shape)))
    low[draw.random(low.shape) < missing_frac] = np.nan
    return dataclasses.replace(market, open=opens, close=closes, low=low)


def plain(market: Market, i: int) -> list[tuple[bool, bool]]:
    """A decline of ten per cent from the last close bars the rest of its day and the next."""
    bars, last, yesterday = [], math.nan, False
    for opened, low, closed in zip(
        market.open[:, i].tolist(), market.low[:, i].tolist(), market.close[:, i].tolist(), strict=True
    ):
        seen = [low] if math.isfinite(low) else [p for p in (opened, closed) if math.isfinite(p)]
        today = any(p <= 0.9 * last * (1 + 1e-9) for p in seen)
        bars.append((yesterday or opened <= 0.9 * last * (1 + 1e-9), yesterday or today))
        yesterday = today
        last = closed if math.isfinite(closed) else last
    return bars


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_bars_against_plain_python(seed: int) -> None:
    market = with_lows(seed)
    found = rule_201_bars(market)
    expected = np.array([plain(market, i) for i in range(len(market.tickers))])
    np.testing.assert_array_equal(found, expected.transpose(2, 1, 0))


def test_the_random_markets_have_bars_and_gaps() -> None:
    bars = sum(int(rule_201_bars(with_lows(seed)).sum()) for seed in range(20))
    assert bars > 100


@pytest.mark.parametrize(
    ("opens", "lows", "closes", "at_open", "at_close"),
    [
        # A fall during session 1 bars its close and the whole of session 2.
        ([100, 100, 95, 95], [99, 90, 94, 94], [100, 95, 95, 95], "0010", "0110"),
        # A gap at the open bars that open too.
        ([100, 89, 95, 95], [99, 88, 94, 94], [100, 95, 95, 95], "0110", "0110"),
        # 90.01 is not ten per cent.
        ([100, 95, 95, 95], [99, 90.01, 94, 94], [100, 95, 95, 95], "0000", "0000"),
        # A second fall begins the time anew.
        ([100, 100, 95, 85], [99, 90, 85, 84], [100, 95, 86, 85], "0011", "0111"),
        # Without a low the lower of open and close counts.
        ([100, 100, 88, 88], [NAN] * 4, [100, 89, 88, 88], "0010", "0110"),
        # A day without prices triggers nothing and the last close stays the measure.
        ([100, NAN, 91, 91], [99, NAN, 89, 90], [100, NAN, 91, 91], "0001", "0011"),
        # The first session has nothing before it.
        ([50, 50, 50, 50], [1, 50, 50, 50], [50, 50, 50, 50], "0000", "0000"),
    ],
)
def test_by_hand(opens: list[float], lows: list[float], closes: list[float], at_open: str, at_close: str) -> None:
    bars = rule_201_bars(path(*closes, open=opens, low=lows))[:, :, 0]
    assert ["".join(str(int(b)) for b in line) for line in bars] == [at_open, at_close]


@given(st.integers(0, 2**32 - 1), st.integers(2, 28))
@settings(deadline=None, max_examples=60)
def test_what_comes_later_bars_nothing_earlier(seed: int, t: int) -> None:
    market = with_lows(seed)
    one = rule_201_bars(market)
    two = rule_201_bars(markets.changed_after(market, t, seed + 1))
    np.testing.assert_array_equal(one[:, : t + 1], two[:, : t + 1])
    # The open of a session knows its own price but neither its low nor its close.
    three = rule_201_bars(markets.changed_after(market, t, seed + 1, keep_open_of_next=True))
    np.testing.assert_array_equal(one[0, : t + 2], three[0, : t + 2])


@given(st.integers(0, 2**32 - 1), st.integers(0, 29))
@settings(deadline=None, max_examples=30)
def test_a_window_sees_what_the_whole_sees(seed: int, start: int) -> None:
    market = with_lows(seed)
    whole = rule_201_bars(market)
    window = ShortRules(rule_201="defer").bars(market, start, 30)
    np.testing.assert_array_equal(window != 0, whole[:, start:])
