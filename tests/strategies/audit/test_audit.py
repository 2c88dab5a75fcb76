"""Planted look-ahead of every kind is found and named, and honest strategies pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.arrays import Floats, Ints
from hedgebook.strategies.audit.audit import audit_strategy
from hedgebook.strategies.catalogue.read import load_trades

ROWS = np.arange(150, 600, 25)


def orders(market: hb.Market, weights: Floats, rows: Ints = ROWS) -> hb.Schedule:
    """Weights decided at the closes of rows and filled at the next open."""
    return hb.Schedule(
        market.tickers, market.close_at[rows], market.sessions[rows + 1], np.zeros(len(rows), dtype=np.int64), weights
    )


def small(signal: Floats) -> Floats:
    return np.asarray(np.nan_to_num(np.sign(signal)) * 0.01)


def constant(weights: Floats) -> Floats:
    return np.repeat(np.nan_to_num(weights)[None], len(ROWS), axis=0)


# Each plants one way of knowing too much, and is told by a word of what changed.
def close_of_the_fill(m: hb.Market) -> hb.Schedule:
    return orders(m, small(m.close[ROWS + 1] - m.open[ROWS + 1]))


def open_of_the_fill(m: hb.Market) -> hb.Schedule:
    return orders(m, small(m.open[ROWS + 1] - m.close[ROWS]))


def full_sample_z_score(m: hb.Market) -> hb.Schedule:
    level = np.log(m.close)
    return orders(m, np.nan_to_num((np.nanmean(level, 0) - level[ROWS]) / np.nanstd(level, 0)) * 0.01)


def full_sample_volatility(m: hb.Market) -> hb.Schedule:
    moves = np.nanstd(m.close_returns(m.tickers), axis=0)
    return orders(m, constant(0.5 / moves / np.nansum(1.0 / moves)))


def window_that_holds_the_event(m: hb.Market) -> hb.Schedule:
    moves = pd.DataFrame(m.close_returns(m.tickers)).rolling(20, min_periods=5).mean().shift(-5).to_numpy()
    return orders(m, small(moves[ROWS]))


def centred_mean(m: hb.Market) -> hb.Schedule:
    mean = m.frame("close").rolling(11, center=True).mean().to_numpy()
    return orders(m, small(m.close[ROWS] - mean[ROWS]))


def back_filled(m: hb.Market) -> hb.Schedule:
    filled = m.frame("close").bfill().to_numpy()
    return orders(m, small(filled[ROWS] - filled[ROWS - 20]))


def interpolated(m: hb.Market) -> hb.Schedule:
    filled = m.frame("close").interpolate().to_numpy()
    return orders(m, small(filled[ROWS] - filled[ROWS - 20]))


def volume_of_the_fill(m: hb.Market) -> hb.Schedule:
    return orders(m, small(m.volume[ROWS + 1] - m.volume[ROWS]))


def last_winners(m: hb.Market) -> hb.Schedule:
    gain = m.close[-1] / m.close[ROWS[-1]]
    return orders(m, constant((gain > np.nanmedian(gain)) * 0.02))


def survivors(m: hb.Market) -> hb.Schedule:
    return orders(m, constant(np.isfinite(m.close[-1]) * 0.02))


def later_members(m: hb.Market) -> hb.Schedule:
    known = m.universe.resolve(("neocloud",), m.sessions[-1].item())
    return orders(m, constant(np.array([float(t in known) / len(known) for t in m.tickers])))


def late_listing(m: hb.Market) -> hb.Schedule:
    ever = np.isfinite(m.close).any(axis=0)
    return orders(m, constant(ever / ever.sum()))


def early_stamp(m: hb.Market) -> hb.Schedule:
    signal = small(m.close[ROWS] - m.close[ROWS - 5])
    done = orders(m, signal)
    return hb.Schedule(done.tickers, m.open_at[ROWS - 1], done.session, done.mark, done.weights)


def tomorrows_timing(m: hb.Market) -> hb.Schedule:
    index = m.close[:, m.column("SPY")]
    rows = np.array([t for t in range(150, 600) if index[t + 1] > 1.012 * index[t]])
    return orders(m, np.full((len(rows), len(m.tickers)), 0.01), rows)


PEEKERS = {
    close_of_the_fill: "open|close",
    open_of_the_fill: "open of",
    full_sample_z_score: "close of",
    full_sample_volatility: "close of",
    window_that_holds_the_event: "close of",
    centred_mean: "close of",
    back_filled: "close of",
    interpolated: "close of",
    volume_of_the_fill: "volume of",
    last_winners: "close of",
    survivors: "no later price|close of",
    later_members: "nothing was listed later",
    late_listing: "nothing was listed later",
    early_stamp: "close of",
    tomorrows_timing: "close of SPY",
}


@pytest.mark.parametrize("peeker", PEEKERS, ids=lambda one: one.__name__)
def test_a_planted_peeker_is_caught(peeker: Callable[[hb.Market], hb.Schedule], market: hb.Market) -> None:
    found = hb.audit(peeker, market)
    assert found.leak is not None
    told = found.leak.told()
    assert pd.Series([told]).str.contains(PEEKERS[peeker], regex=True).all(), told
    assert not found.passed


def test_what_is_named_is_what_was_looked_at(market: hb.Market) -> None:
    def one_price(m: hb.Market) -> hb.Schedule:
        weights = np.zeros((len(ROWS), len(m.tickers)))
        weights[:, 0] = np.where(m.close[ROWS + 3, m.column("NVDA")] > m.close[ROWS, m.column("NVDA")], 0.5, -0.5)
        return orders(m, weights)

    leak = hb.audit(one_price, market, decisions=200).leak
    assert leak is not None
    row = market.session_index(leak.session) - 1
    assert row in ROWS
    assert leak.cause == f"close of NVDA on {market.sessions[row + 3]}"
    assert leak.ticker == market.tickers[0]
    assert {leak.weight, leak.other_weight} == {0.5, -0.5}


def trailing(m: hb.Market) -> hb.Schedule:
    return orders(m, small(m.close[ROWS] - m.close[ROWS - 60]))


def recent(m: hb.Market) -> hb.Schedule:
    rows = np.arange(max(60, len(m.sessions) - 300), len(m.sessions) - 1, 20)
    return orders(m, small(m.close[rows] - m.close[rows - 60]), rows)


def filled_forward(m: hb.Market) -> hb.Schedule:
    level = m.frame("close").ffill().to_numpy()
    return orders(m, small(level[ROWS] - level[ROWS - 20]))


def expanding_z_score(m: hb.Market) -> hb.Schedule:
    level = m.frame("close").apply(np.log)
    z = (level - level.expanding(60).mean()) / level.expanding(60).std()
    return orders(m, -0.01 * np.nan_to_num(z.to_numpy()[ROWS]).clip(-3, 3))


@pytest.mark.parametrize("honest", [trailing, recent, filled_forward, expanding_z_score], ids=lambda f: f.__name__)
def test_honest_functions_pass(honest: Any, market: hb.Market) -> None:
    found = hb.audit(honest, market)
    assert found.passed, found.leak and found.leak.told()
    assert found.decisions == min(24, found.decisions_in_all)
    assert found.plans > 5 * found.decisions


# The trade of Seoul needs prices of another exchange.
@pytest.mark.parametrize("name", sorted(set(load_trades()) - {"long-meta-short-asia-memory"}))
def test_every_trade_of_the_catalogue_passes(name: str, market: hb.Market) -> None:
    found = audit_strategy(load_trades()[name], market, decisions=6)
    assert found.passed, found.leak and found.leak.told()


def test_hindsight_is_told(market: hb.Market) -> None:
    found = hb.audit(hb.trade(hindsight=True), market)
    assert found.leak is not None
    assert "filled before it was decided" in found.leak.told()


def test_chance_cannot_be_audited(market: hb.Market) -> None:
    draw = np.random.default_rng(1)

    def gambler(m: hb.Market) -> hb.Schedule:
        return orders(m, draw.normal(0.0, 0.01, (len(ROWS), len(m.tickers))))

    with pytest.raises(hb.InputError, match="plans differently on the same market"):
        hb.audit(gambler, market)


def test_figures_are_given_as_one_dictionary(market: hb.Market) -> None:
    found = hb.audit(close_of_the_fill, market, decisions=3)
    values = found.to_dict()
    assert values["passed"] is False
    assert values["leak"]["told"] == found.leak.told()
    assert "close_of_the_fill" in repr(found)
    assert hb.audit(trailing, market, decisions=1).summary["passed"]
