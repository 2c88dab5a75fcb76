"""What is kept between two runs over the same sessions: never anything that would change a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.backtest import kept
from hedgebook.engine.frictions.price_concession import PriceConcession
from tests.markets import random_market


def schedule(market: hb.Market, rows: list[int], scale: float = 0.1) -> hb.Schedule:
    """Weights of both signs at the opens after these rows."""
    draw = np.random.default_rng(len(rows))
    at = np.array(rows)
    return hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[at],
        session=market.sessions[at + 1],
        mark=np.zeros(len(rows), dtype=np.int64),
        weights=draw.normal(0.0, scale, (len(rows), len(market.tickers))),
    )


def levels(run: hb.Run) -> np.ndarray:
    """NAV at each close, USD."""
    return run.nav["nav_close"].to_numpy()


def test_any_order_of_runs_gives_what_a_fresh_market_gives() -> None:
    market = random_market(3)
    first, second = schedule(market, [2, 9, 15]), schedule(market, [2, 5, 8, 20])
    late = schedule(market, [7, 12])
    dear = hb.Costs(half_spread=PriceConcession(default_bps=40.0))
    asked: list[tuple[hb.Schedule, dict[str, Any]]] = [
        (first, {}),
        (first, {"costs": "none"}),
        (second, {"costs": "none"}),
        (second, {"account": "strict"}),
        (first, {"costs": dear}),
        (late, {"costs": dear}),
        (first, {"rules": hb.Rules(target_vol=0.1, vol_halflife=5)}),
        (first, {"rules": hb.Rules(stop_loss=0.01)}),
        (first, {"until": str(market.sessions[-3])}),
        (first, {}),
    ]
    for orders, more in asked:
        fresh = random_market(3)
        again = levels(hb.backtest(orders, fresh, **more))
        np.testing.assert_array_equal(levels(hb.backtest(orders, market, **more)), again)


def test_a_table_of_costs_that_is_changed_in_place_counts_at_once() -> None:
    market = random_market(3)
    orders = schedule(market, [2, 9, 15])
    costs = hb.Costs()
    before = levels(hb.backtest(orders, market, costs))
    costs.half_spread.by_ticker_bps[market.tickers[0]] = 300.0
    after = levels(hb.backtest(orders, market, costs))
    assert after[-1] < before[-1]
    np.testing.assert_array_equal(after, levels(hb.backtest(orders, random_market(3), costs)))


def test_weights_that_nobody_may_write_to_are_run_all_the_same() -> None:
    market = random_market(3)
    orders = schedule(market, [2, 9])
    locked = orders.weights.copy()
    locked.flags.writeable = False
    same = hb.Schedule(market.tickers, orders.decided_at, orders.session, orders.mark, locked)
    np.testing.assert_array_equal(levels(hb.backtest(same, market)), levels(hb.backtest(orders, market)))


def test_tables_too_large_to_keep_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    market = random_market(3)
    orders = schedule(market, [2, 9])
    monkeypatch.setattr(kept, "MOST_KEPT_BYTES", 0)
    first = levels(hb.backtest(orders, market))
    assert kept.kept_span(market, 3, len(market.sessions)).conditions is None
    np.testing.assert_array_equal(first, levels(hb.backtest(orders, market)))
