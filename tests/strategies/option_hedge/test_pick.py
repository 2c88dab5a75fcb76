"""Which contract an option is: by the exchanges' listing, by a chain's, and marks that are kept."""

from __future__ import annotations

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.options.marks import ModelMarks
from hedgebook.strategies.express.choose import Boards, Underlying
from hedgebook.strategies.option_hedge.kept import KeptMarks
from hedgebook.strategies.option_hedge.kind import parse_option
from hedgebook.strategies.option_hedge.pick import pick
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market
from tests.strategies.express.flat import FlatMarks

DAY = np.datetime64("2026-06-30")


@pytest.mark.parametrize("ticker", ["CRWV", "CIFR", "SNDK"])
@pytest.mark.parametrize("text", ["put:25d:60d", "call:50d:30d", "put:70d:200d", "put:5d:10d"])
def test_the_search_among_strikes_finds_the_nearest_of_all(market: Market, ticker: str, text: str) -> None:
    """Every strike priced by itself, as `express` does, against the few that the search prices."""
    marks, wanted = ModelMarks(market), parse_option(f"{ticker}:{text}")
    found = pick(wanted, marks, DAY, {})
    spot = float(market.close[market.session_index(DAY), market.column(ticker)])
    boards = Boards((Underlying(ticker, "short", 0.0, spot),), marks, DAY, "close", (wanted.kind.days,), {})
    expiry = boards.expiry(ticker, wanted.kind.days)
    board = boards.quotes.boards[(ticker, wanted.kind.right, expiry)]
    assert wanted.kind.delta is not None
    strike = float(board.strikes[int(np.argmin(np.abs(board.deltas - wanted.kind.delta)))])
    assert found.contract == Listed(ticker, expiry.item(), wanted.kind.right, strike)
    assert (found.delta < 0.0) == (wanted.kind.right == "put")
    assert found.theta_usd < 0.0
    assert found.modelled


def test_a_chain_says_what_is_listed(market: Market) -> None:
    marks = FlatMarks(market, vol=0.8)
    spot = float(market.close[market.session_index(DAY), market.column("CRWV")])
    listing = {"CRWV": {np.datetime64("2026-08-06"): np.array([0.7, 0.85, 1.05]) * spot}}
    found = pick(parse_option("CRWV:put:25d:30d"), marks, DAY, listing)
    assert str(found.contract.expiry) == "2026-08-06"
    assert found.contract.strike == pytest.approx(0.85 * spot)
    far = {"CRWV": {np.datetime64("2027-01-15"): np.array([0.7, 0.85, 1.05]) * spot}}
    with pytest.raises(hb.InputError, match="the nearest is CRWV 2027-01-15"):
        pick(parse_option("CRWV:put:25d:30d"), marks, DAY, far)


def test_a_strike_is_taken_where_it_is_listed(market: Market) -> None:
    spot = float(market.close[market.session_index(DAY), market.column("CRWV")])
    strike = round(0.9 * spot)
    found = pick(parse_option(f"CRWV:put:{strike}:60d"), ModelMarks(market), DAY, {})
    assert found.contract.strike == pytest.approx(strike, abs=1.25)


def test_kept_marks_are_those_that_were_kept(market: Market) -> None:
    marks = FlatMarks(market, vol=0.8, half_usd=0.05)
    kept = KeptMarks(marks)
    days = market.sessions[-40:-30]
    some = [Listed("CRWV", np.datetime64("2026-09-18").item(), "put", strike) for strike in (70.0, 80.0, 90.0)]
    for asked in (some[:2], some, some[::-1]):
        one, other = kept.marks(asked, days, "close"), marks.marks(asked, days, "close")
        for name in ("mid", "half_width", "vol_annual", "spot", "years"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert len(kept.kept) == 3
    assert kept.label == marks.label
