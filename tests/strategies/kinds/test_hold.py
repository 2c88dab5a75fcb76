"""Buying and holding: what is bought, when, and that nothing is traded after it."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, ParameterError, PriceDataError, UniverseError
from hedgebook.strategies.kinds.hold import BuyAndHold
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets

MARKET = markets.dirty_market()
LATE_ROW = int(np.searchsorted(MARKET.sessions, np.datetime64(markets.LATE)))


def run(market: Market = MARKET, **parameters: Any) -> hb.Run:
    return hb.backtest(BuyAndHold(**parameters), market, costs="none", account="none")


def nav_by_hand(market: Market, weights: dict[str, float], row: int, mark: Mark) -> list[float]:
    """NAV at closes of 1 USD that buys at a mark and never trades again; a missing close keeps the last price."""
    fill = (market.open if mark is Mark.OPEN else market.close)[row]
    price = {ticker: float(fill[market.column(ticker)]) for ticker in weights}
    shares = {ticker: weight / price[ticker] for ticker, weight in weights.items()}
    cash, out = 1.0 - sum(weights.values()), []
    for t in range(row, len(market.sessions)):
        for ticker in weights:
            for prices in (market.open, market.close):
                if np.isfinite(prices[t, market.column(ticker)]):
                    price[ticker] = float(prices[t, market.column(ticker)])
        out.append(cash + sum(shares[ticker] * price[ticker] for ticker in weights))
    return out


@pytest.mark.parametrize("fill", ["next open", "next close"])
@pytest.mark.parametrize(
    ("parameters", "weights"),
    [
        ({"tickers": "BENCH"}, {"BENCH": 1.0}),
        ({"tickers": ["ACME", "DRIFT"]}, {"ACME": 0.5, "DRIFT": 0.5}),
        ({"tickers": "maker,SPARE", "gross": 1.5}, {"ACME": 0.5, "BOLT": 0.5, "SPARE": 0.5}),
        ({"tickers": "renter"}, {"CLOUD": 0.5, "DRIFT": 0.5}),
        ({"weights": {"maker": 0.6, "BENCH": -0.2}}, {"ACME": 0.3, "BOLT": 0.3, "BENCH": -0.2}),
        ({"weights": {"ACME": 3, "CLOUD": -1}, "gross": 0.8}, {"ACME": 0.6, "CLOUD": -0.2}),
    ],
)
def test_it_earns_what_shares_bought_once_earn(parameters: Any, weights: dict[str, float], fill: str) -> None:
    found = run(fill=fill, **parameters)
    mark = Mark.OPEN if fill == "next open" else Mark.CLOSE
    expected = nav_by_hand(MARKET, weights, 1, mark)
    np.testing.assert_allclose(found.nav["nav_close"] / found.capital, expected, rtol=1e-12)
    assert len(found.fills) == len(weights)
    assert str(found.plan.entry_session) == str(MARKET.sessions[1])
    assert found.plan.schedule.decided_at[0] == MARKET.close_at[0]
    assert found.plan.weights() == pytest.approx(weights)


def test_legs_are_its_longs_and_its_shorts() -> None:
    plan = BuyAndHold(weights={"maker": 0.6, "BENCH": -0.2}).plan(MARKET)
    assert plan.sides() == {"ACME": "long", "BOLT": "long", "BENCH": "short"}
    assert [leg.weight for leg in plan.legs] == pytest.approx([0.6, -0.2])


def test_a_name_that_lists_late_is_waited_for() -> None:
    found = run(tickers="LATE,BENCH")
    np.testing.assert_allclose(
        found.nav["nav_close"] / found.capital,
        nav_by_hand(MARKET, {"LATE": 0.5, "BENCH": 0.5}, LATE_ROW + 1, Mark.OPEN),
        rtol=1e-12,
    )
    assert not found.plan.notes


def test_a_member_that_is_not_listed_yet_is_left_out_and_told() -> None:
    plan = BuyAndHold(tickers="renter").plan(MARKET)
    assert plan.tickers == ("CLOUD", "DRIFT")
    assert plan.notes == (f"not listed or without a close on {MARKET.sessions[0]}, so not held: LATE",)


def test_closes_alone_are_filled_at_the_next_close() -> None:
    market = dataclasses.replace(MARKET, open=np.full(MARKET.open.shape, np.nan))
    found = run(market, tickers="ACME")
    assert found.plan.entry_mark is Mark.CLOSE
    assert found.plan.notes == ("these prices have closes only, so orders are filled at the next close",)
    np.testing.assert_allclose(
        found.nav["nav_close"] / found.capital, nav_by_hand(market, {"ACME": 1.0}, 1, Mark.CLOSE), rtol=1e-12
    )


def test_a_delisted_ticker_is_not_bought() -> None:
    universe = markets.made_up_universe().model_dump()
    universe["buckets"][0]["members"][0]["delisted"] = MARKET.sessions[0].item()
    gone = dataclasses.replace(MARKET, universe=type(MARKET.universe).model_validate(universe))
    assert BuyAndHold(tickers="maker").plan(gone).tickers == ("BOLT",)


def test_later_prices_do_not_change_it() -> None:
    before = BuyAndHold(tickers="LATE,maker").plan(MARKET).schedule
    after = BuyAndHold(tickers="LATE,maker").plan(markets.changed_after(MARKET, LATE_ROW, 3)).schedule
    np.testing.assert_array_equal(before.weights, after.weights)
    assert before.session[0] == after.session[0]


def test_the_order_of_columns_and_the_scale_of_a_price_do_not_matter() -> None:
    base = run(tickers="maker,renter").nav["nav_close"]
    order = [3, 1, 6, 0, 5, 2, 4]
    np.testing.assert_allclose(run(markets.permuted(MARKET, order), tickers="maker,renter").nav["nav_close"], base)
    scaled = dataclasses.replace(
        MARKET,
        **{field: getattr(MARKET, field) * [1, 7.0, 1, 1, 1, 1, 1] for field in ("open", "high", "low", "close")},
    )
    np.testing.assert_allclose(run(scaled, tickers="maker,renter").nav["nav_close"], base, rtol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, r"nothing to hold; name tickers"),
        ({"tickers": "ACME,ACME"}, r"tickers names ACME twice"),
        ({"tickers": "ACME", "weights": {"BOLT": 1}}, r"ACME does not stand in both tickers and weights"),
        ({"weights": {"BOLT": 0}}, r"every weight is zero"),
        ({"weights": {"BOLT": 21}}, r"weights\.BOLT: out of range \(got 21"),
        ({"tickers": "ACME", "gross": 0}, r"gross: out of range \(got 0\)"),
        ({"tickers": "ACME", "rebalance": "monthly"}, r"is not rebalanced; leave out rebalance and band"),
        ({"tickers": "ACME", "band": 0.1}, r"is not rebalanced; leave out rebalance and band"),
        ({"tickers": "ACME", "fill": "now"}, r"fill: .*next open.*next close"),
        ({"tickerz": "ACME"}, r"a buy-and-hold strategy has no parameter 'tickerz'\. Did you mean 'tickers'\?"),
    ],
)
def test_bad_parameters(parameters: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        BuyAndHold(**parameters)


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ("makr", UniverseError, r"'makr' is neither a bucket nor a ticker.*Did you mean 'maker'\?"),
        ("maker,ACME", ParameterError, r"two names bring the same ticker \(got 'ACME by maker and ACME'\)"),
    ],
)
def test_bad_names(names: str, error: type[InputError], message: str) -> None:
    with pytest.raises(error, match=message):
        BuyAndHold(tickers=names).plan(MARKET)


def test_names_without_prices() -> None:
    kept = [i for i, ticker in enumerate(MARKET.tickers) if ticker != "BOLT"]
    less = markets.permuted(MARKET, kept)
    with pytest.raises(PriceDataError, match=r"BOLT is in universe made_up but has no prices"):
        BuyAndHold(tickers="BOLT").plan(less)
    assert BuyAndHold(tickers="maker").plan(less).notes == ("no prices, so never held: BOLT",)
    close = MARKET.close.copy()
    close[:, MARKET.column("BOLT")] = np.nan
    with pytest.raises(ParameterError, match=r"BOLT has no close from"):
        BuyAndHold(tickers="ACME,BOLT").plan(dataclasses.replace(MARKET, close=close))


def test_one_session_is_too_few() -> None:
    with pytest.raises(ParameterError, match=r"too few sessions.*got '1 session'.*at least 2"):
        BuyAndHold(tickers="ACME").plan(MARKET.rows(0, 1))


def test_a_run_that_starts_later_buys_then() -> None:
    found = hb.backtest(BuyAndHold(tickers="ACME"), MARKET, costs="none", account="none", start="2026-06-10")
    assert found.nav.index[0].date() == date(2026, 6, 10)
    row = MARKET.session_index("2026-06-10")
    np.testing.assert_allclose(
        found.nav["nav_close"] / found.capital, nav_by_hand(MARKET, {"ACME": 1.0}, row, Mark.OPEN), rtol=1e-12
    )
