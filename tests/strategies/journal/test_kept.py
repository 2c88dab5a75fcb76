"""Prices as first seen: every revised cell is named, a dividend's factor is told as one, and nothing is absorbed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats
from hedgebook.errors import ParameterError
from hedgebook.strategies.journal.kept import KeptPrices
from hedgebook.strategies.journal.seen import seen_beside
from hedgebook.universes.market import FIELDS, Market
from tests import markets


def market_of(seed: int = 3, sessions: int = 30) -> Market:
    made = markets.random_market(seed, sessions=sessions, tickers=4, missing_frac=0.05)
    draw = np.random.default_rng(seed)
    high, low = (np.fmax(made.open, made.close), np.fmin(made.open, made.close))
    spread = 1.0 + draw.uniform(0.0, 0.01, made.close.shape)
    return dataclasses.replace(made, high=high * spread, low=low / spread)


def changed(market: Market, **fields: Floats) -> Market:
    return dataclasses.replace(market, **fields)


def kept_of(market: Market, stop: int) -> KeptPrices:
    return KeptPrices.of(market, market.tickers, 0, stop)


def test_prices_are_the_same_again_from_their_bytes() -> None:
    kept = kept_of(market_of(), 20)
    again = KeptPrices.from_bytes(kept.to_bytes())
    assert again.to_bytes() == kept.to_bytes()
    assert again.values.tobytes() == kept.values.tobytes()
    assert again.tickers == kept.tickers
    assert again.sessions.tolist() == kept.sessions.tolist()
    with pytest.raises(ValueError, match="header"):
        KeptPrices.from_bytes(b"no prices")


def test_the_same_prices_differ_nowhere_and_later_sessions_are_new() -> None:
    market = market_of()
    seen = seen_beside(kept_of(market, 20), market, market.sessions[24])
    assert (seen.revisions, seen.rescaled, seen.absent, seen.late) == ((), (), (), ())
    assert seen.new.sessions.tolist() == market.sessions[20:25].tolist()
    assert seen.new.values[3].tobytes() == np.ascontiguousarray(market.close[20:25]).tobytes()


def test_every_revised_cell_is_named_with_both_prices() -> None:
    market, draw = market_of(sessions=160), np.random.default_rng(8)
    tables = {name: getattr(market, name).copy() for name in FIELDS}
    wanted = {}
    cells = draw.permutation(150 * 4 * 5)[:1000]
    for cell in cells:
        t, i, f = int(cell // 20), int(cell // 5 % 4), int(cell % 5)
        old = tables[FIELDS[f]][t, i]
        new = float(draw.uniform(1.0, 300.0)) if np.isnan(old) else float(old * draw.uniform(0.9, 1.1))
        new = np.nan if draw.random() < 0.05 and not np.isnan(old) else new
        tables[FIELDS[f]][t, i] = new
        wanted[market.tickers[i], str(market.sessions[t]), FIELDS[f]] = (old, new)
    seen = seen_beside(kept_of(market, 150), changed(market, **tables))
    assert len(wanted) == 1000
    assert seen.rescaled == ()
    assert {(one.ticker, one.session, one.field) for one in seen.revisions} == set(wanted)
    assert len(seen.revisions) == 1000
    for one in seen.revisions:
        old, new = wanted[one.ticker, one.session, one.field]
        assert (one.kept is None) == bool(np.isnan(old))
        assert (one.now is None) == bool(np.isnan(new))
        assert one.kept is None or one.kept == old
        assert one.now is None or one.now == new


def test_a_dividend_is_told_as_a_factor_and_later_prices_are_brought_to_the_kept_scale() -> None:
    market = market_of()
    tables = {name: getattr(market, name).copy() for name in FIELDS}
    for name in FIELDS[:4]:
        tables[name][:, 2] *= 0.9875
    tables["close"][7, 2] *= 1.01  # and a revision among them
    vendor = changed(market, **tables)
    seen = seen_beside(kept_of(market, 20), vendor)
    (told,) = seen.rescaled
    assert told.ticker == market.tickers[2]
    assert told.factor == pytest.approx(0.9875, rel=1e-9)
    assert told.first == str(market.sessions[0])
    assert {(one.session, one.field) for one in seen.revisions if one.ticker == told.ticker} >= {
        (str(market.sessions[7]), "close")
    }
    assert all(one.session == str(market.sessions[7]) for one in seen.revisions)
    assert seen.new.values[3, :, 2] == pytest.approx(market.close[20:, 2], rel=1e-9, nan_ok=True)
    assert seen.new.values[4].tobytes() == np.ascontiguousarray(market.volume[20:]).tobytes()


def test_a_dividend_that_the_vendor_books_late_leaves_the_scale_of_later_prices() -> None:
    market = market_of()
    tables = {name: getattr(market, name).copy() for name in FIELDS}
    for name in FIELDS[:4]:
        tables[name][:15, 2] *= 0.98
    seen = seen_beside(kept_of(market, 20), changed(market, **tables))
    (told,) = seen.rescaled
    assert told.last < str(market.sessions[15])
    assert seen.revisions == ()
    assert seen.scale == {}
    assert seen.new.values[3, :, 2].tobytes() == np.ascontiguousarray(market.close[20:, 2]).tobytes()


def test_a_ticker_and_a_session_that_come_and_go_are_said() -> None:
    market = market_of()
    thinned = KeptPrices(
        np.delete(market.sessions[:20], 5), market.tickers,
        np.delete(np.stack([getattr(market, name)[:20] for name in FIELDS]), 5, axis=1),
    )  # fmt: skip
    seen = seen_beside(thinned, market)
    assert seen.late == (str(market.sessions[5]),)
    assert seen.revisions == ()
    foreign = KeptPrices(market.sessions[:20], (*market.tickers[:3], "GONE"), kept_of(market, 20).values)
    assert seen_beside(foreign, market).absent == ("GONE",)
    assert np.isnan(seen_beside(foreign, market).new.values[:, :, 3]).all()
    with pytest.raises(ParameterError, match="none of its tickers"):
        seen_beside(KeptPrices(market.sessions[:20], ("A", "B", "C", "D"), kept_of(market, 20).values), market)
