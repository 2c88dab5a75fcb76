"""Pairs against a loop, on dirty prices, and the laws that every decision obeys."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import hedgebook as hb
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.errors import ParameterError, PriceDataError, UniverseError
from hedgebook.strategies.catalogue.kinds import kind_named
from hedgebook.strategies.kinds.pair import PairSpread
from hedgebook.strategies.kinds.spread_fit import half_life_sessions
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle import pair_spread as oracle

TICKERS = markets.made_up_universe().tickers
RATIOS = ("dollar", "ols", "tls", "kalman")


def reverting_market(seed: int = 3, sessions: int = 160, *, dirt: bool = True, opens: bool = True) -> Market:
    """Makers and renters on one random walk with gaps that come back; ragged, with halts and missing opens."""
    draw = np.random.default_rng(seed)
    common = np.cumsum(draw.normal(0.0, 0.01, 2 * sessions))
    marks = np.empty((2 * sessions, len(TICKERS)))
    for i in range(len(TICKERS)):
        gap = np.zeros(2 * sessions)
        for t in range(1, 2 * sessions):
            gap[t] = 0.9 * gap[t - 1] + draw.normal(0.0, 0.012)
        marks[:, i] = 20.0 * (i + 1) * np.exp((0.7 + 0.1 * i) * common + gap)
    tables = {"open": marks[0::2].copy(), "close": marks[1::2].copy(), "volume": np.full((sessions, len(TICKERS)), 1e7)}
    if dirt:
        column = {ticker: i for i, ticker in enumerate(TICKERS)}
        for name in ("open", "close"):
            tables[name][60:64, column["ACME"]] = np.nan  # a halt
            tables[name][70:79, column["CLOUD"]] = np.nan  # a long one
            tables[name][120:, column["DRIFT"]] = np.nan  # never comes back
            tables[name][90:92] = np.nan  # nobody prints
        tables["open"][::7, column["BOLT"]] = np.nan
        tables["close"][33, column["BOLT"]] = np.nan
    if not opens:
        del tables["open"]
    return markets.market_of(tables, TICKERS, first="2026-02-02")


def pair(**changes: Any) -> PairSpread:
    values = {"first": "maker", "second": "renter", "lookback_sessions": 20, "entry_z": 1.2, "exit_z": 0.2}
    return PairSpread(**(values | changes))


def closes(market: Market, tickers: tuple[str, ...]) -> list[list[float]]:
    listed = market.universe.listed(tickers, market.sessions)
    return [
        [
            p if there else math.nan
            for p, there in zip(market.close[:, market.column(t)].tolist(), listed[:, i], strict=True)
        ]
        for i, t in enumerate(tickers)
    ]


def expected(market: Market, strategy: PairSpread) -> dict[int, list[float]]:
    rules = oracle.Rules(
        lookback=strategy.lookback_sessions,
        entry=strategy.entry_z,
        exit=strategy.exit_z,
        stop=strategy.stop_z or math.inf,
        rearm_at_entry=strategy.rearm == "entry",
        ratio=strategy.ratio,
        gross=strategy.gross,
        hold=strategy.max_hold_sessions or 0,
        drift=strategy.drift_per_session,
    )
    sides = [market.universe.bucket(n[0]).members for n in (strategy.first, strategy.second)]
    one, two = (closes(market, tuple(m.ticker for m in side)) for side in sides)
    return oracle.decisions(one, two, rules)


def rows_of(market: Market, strategy: PairSpread) -> dict[int, list[float]]:
    schedule = strategy.plan(market).schedule
    rows = np.searchsorted(market.close_at, schedule.decided_at).tolist()
    assert (market.sessions[np.array(rows) + 1] == schedule.session).all()
    return dict(zip(rows, schedule.weights.tolist(), strict=True))


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(
    "changes",
    [{}, {"stop_z": 1.6}, {"stop_z": 1.6, "rearm": "entry"}, {"max_hold_sessions": 3, "exit_z": 0.0, "gross": 2.0}],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_decisions_are_those_of_the_loop(ratio: str, changes: dict[str, Any], seed: int) -> None:
    market = reverting_market(seed)
    strategy = pair(ratio=ratio, **changes)
    wanted, found = expected(market, strategy), rows_of(market, strategy)
    assert list(found) == sorted(wanted)
    assert len(found) > 3
    for row, weights in found.items():
        np.testing.assert_allclose(weights, wanted[row], rtol=1e-8, atol=1e-12)


def test_a_stop_bars_the_way_back_in() -> None:
    """With the same stop, waiting for zero enters less often than waiting for the entry."""
    common = {"entry_z": 0.8, "stop_z": 1.3, "exit_z": 0.1}
    entries = dict.fromkeys(("entry", "zero"), 0)
    for seed in range(4):
        for rearm in entries:
            schedule = pair(rearm=rearm, **common).plan(reverting_market(seed)).schedule
            entries[rearm] += int((schedule.weights != 0.0).any(axis=1).sum())
    assert 0 < entries["zero"] < entries["entry"]


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("cut", [70, 95, 130])
def test_later_prices_change_no_decision(ratio: str, cut: int) -> None:
    market = reverting_market(5)
    strategy = pair(ratio=ratio, stop_z=2.5)
    before = {row: weights for row, weights in rows_of(market, strategy).items() if row <= cut}
    for other in (markets.changed_after(market, cut, 11), market.rows(0, cut + 2)):
        after = {row: weights for row, weights in rows_of(other, strategy).items() if row <= cut}
        assert after == before
    assert before


@pytest.mark.parametrize("ratio", RATIOS)
def test_order_of_tickers_and_scale_of_prices_do_not_matter(ratio: str) -> None:
    market = reverting_market(4)
    strategy = pair(ratio=ratio)
    base = strategy.plan(market).schedule
    other = strategy.plan(markets.permuted(market, list(range(len(TICKERS)))[::-1])).schedule
    assert other.tickers == base.tickers
    np.testing.assert_array_equal(other.weights, base.weights)
    factor = np.linspace(0.1, 7.0, len(TICKERS))
    scaled = dataclasses.replace(market, open=market.open * factor, close=market.close * factor)
    moved = strategy.plan(scaled).schedule
    np.testing.assert_array_equal(moved.session, base.session)
    np.testing.assert_allclose(moved.weights, base.weights, rtol=1e-7)


@pytest.mark.parametrize("opens", [True, False])
def test_the_books_add_up_and_both_sides_have_the_gross(opens: bool) -> None:
    market = reverting_market(6, opens=opens)
    run = hb.backtest(pair(gross=1.5), market)
    assert identity_gap(run.backtest.record, run.capital) < 1e-9
    marks = run.plan.schedule.mark
    assert (marks == (Mark.OPEN if opens else Mark.CLOSE)).all()
    gross = np.abs(run.plan.schedule.weights).sum(axis=1)
    assert np.isclose(gross, 1.5).any()
    assert (np.isclose(gross, 1.5) | (gross == 0.0)).all()
    assert run.plan.legs == ()
    assert any("closes only" in note for note in run.plan.notes) is not opens


def test_estimates_are_known_at_the_first_decision() -> None:
    from statsmodels.tsa.stattools import coint

    market = reverting_market(8, dirt=False)
    found = pair(first="ACME", second="BOLT", lookback_sessions=60).plan(market)
    a, b = (np.log(market.close[:60, market.column(t)]) for t in ("ACME", "BOLT"))
    statistic, p_value, _ = coint(a, b, trend="c", autolag="aic")
    assert found.estimates["engle_granger_statistic"] == pytest.approx(statistic, rel=1e-6)
    assert found.estimates["engle_granger_p_value"] == pytest.approx(p_value, rel=1e-6)
    slope, _ = np.polyfit(b, a, 1)
    assert found.estimates["hedge_ratio_at_start"] == pytest.approx(slope, rel=1e-9)
    c, d = (np.log(market.close[-61:-1, market.column(t)]) for t in ("ACME", "BOLT"))
    assert found.estimates["hedge_ratio_at_end"] == pytest.approx(np.polyfit(d, c, 1)[0], rel=1e-9)
    gap = a - slope * b
    phi = np.polyfit(gap[:-1], gap[1:], 1)[0]
    assert found.estimates["half_life_sessions"] == pytest.approx(math.log(0.5) / math.log(phi), rel=1e-6)
    flat = (found.schedule.weights == 0.0).all(axis=1)
    assert found.estimates["round_trips"] == flat[1:].sum()


def test_half_life_of_a_decay_without_noise() -> None:
    decay: NDArray[np.float64] = 0.8 ** np.arange(30.0)
    assert half_life_sessions(decay) == pytest.approx(math.log(0.5) / math.log(0.8), rel=1e-12)
    assert half_life_sessions(1.1 ** np.arange(30.0)) is None
    assert half_life_sessions(np.ones(30)) is None


def test_a_pair_that_is_never_entered_says_so() -> None:
    run = hb.backtest(pair(entry_z=19.0), reverting_market(1))
    assert run.fills.empty
    assert math.isnan(run.metrics.sharpe)
    assert any("never entered" in note for note in run.warnings)
    assert run.plan.estimates["entries"] == 0.0


def test_a_spread_that_does_not_move_is_not_traded() -> None:
    market = reverting_market(1, dirt=False)
    close = market.close.copy()
    close[:, market.column("BOLT")] = 3.0 * close[:, market.column("ACME")]
    same = dataclasses.replace(market, close=close)
    for ratio in RATIOS:
        found = pair(first="ACME", second="BOLT", ratio=ratio).plan(same)
        assert found.estimates["entries"] == 0.0, ratio
    close[:, market.column("BOLT")] = 3.0
    still = dataclasses.replace(market, close=close)
    assert pair(first="ACME", second="BOLT", ratio="ols").plan(still).estimates["hedge_ratio_at_start"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exit_z": 1.2}, "exit_z=1.2 has to be below entry_z=1.2"),
        ({"stop_z": 1.0}, "stop_z=1 has to be above entry_z=1.2"),
        ({"first": ()}, "first"),
        ({"ratio": "olsx"}, "ols"),
        ({"lookback": 20}, "lookback_sessions"),
        ({"lookback_sessions": 2}, "5 to 1260"),
        ({"gross": 0}, "gross"),
    ],
)
def test_parameters_out_of_bounds_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        pair(**changes)


def test_what_cannot_be_traded_is_refused() -> None:
    market = reverting_market(1)
    with pytest.raises(ParameterError, match="ACME stands in both sides"):
        pair(second="ACME").plan(market)
    with pytest.raises(UniverseError, match="neither a bucket nor a ticker"):
        pair(second="rentr").plan(market)
    with pytest.raises(ParameterError, match=r"share too few closes.*at least 200"):
        pair(lookback_sessions=200).plan(market)
    kept = [i for i, t in enumerate(TICKERS) if t != "CLOUD"]
    fewer = markets.permuted(market, kept)
    with pytest.raises(PriceDataError, match="CLOUD"):
        pair(second="CLOUD").plan(fewer)
    assert any("CLOUD" in note for note in pair().plan(fewer).notes)


def test_a_file_can_name_it() -> None:
    assert kind_named("pair-spread") is PairSpread
    assert pair(drift_per_session=0.1).unused == ("drift_per_session",)
    assert pair(first="ACME,BOLT").first == ("ACME", "BOLT")
