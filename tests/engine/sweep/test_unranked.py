"""Sets that lost their capital and sets that traded nothing: never ranked, counted, and each where it belongs."""

from __future__ import annotations

import json
import math
import statistics
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError
from hedgebook.reports.sweep.page import render_sweep, summarise_sweep
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle import overfitting

SESSIONS, ENTRY = 60, 5
SIZES = (0.0, 0.1, 0.3, 0.5, 1.0, 1.5)
CAPITALS = (1e6, 2e6)


def climbing() -> Market:
    """ACME rises from 10 to above 20 in a zigzag, its open at the close before; BOLT does not matter."""
    steps = np.where(np.arange(SESSIONS) % 3 == 2, -0.03, 0.04)
    closes = 10.0 * np.cumprod(1.0 + steps)
    table = np.column_stack([closes, np.full(SESSIONS, 5.0)])
    opens = np.vstack([table[:1], table[:-1]])
    return markets.market_of({"open": opens, "close": table}, ["ACME", "BOLT"])


MARKET = climbing()


def short(market: Market, size: float, at: int = ENTRY) -> Schedule:
    """ACME sold short once, held to the end."""
    weights = np.array([[-size, np.nan]])
    decided = np.array([market.mark_time(at - 1, 1)])
    return Schedule(("ACME", "BOLT"), decided, market.sessions[at : at + 1], np.zeros(1, dtype=np.int64), weights)


def levels(size: float) -> list[float]:
    """NAV over the capital at each close: without costs and interest a short is arithmetic."""
    price = MARKET.open[ENTRY, 0]
    return [1.0, *(1.0 - size * (float(close) / price - 1.0) for close in MARKET.close[ENTRY:, 0])]


def ratio(size: float) -> float:
    """Sharpe ratio of a session."""
    path = levels(size)
    return overfitting.sharpe([b / a - 1.0 for a, b in pairwise(path)])


def beyond_null(size: float, best: float) -> float:
    """The same of what a set earns beside a short of the mean ticker, from its second session on."""
    path, acme = levels(size), [float(close) for close in MARKET.close[ENTRY:, 0]]
    null = [0.0, *(-best * 0.5 * (b / a - 1.0) for a, b in pairwise(acme))]
    return overfitting.sharpe([b / a - 1.0 - n for (a, b), n in zip(pairwise(path), null, strict=True)])


@pytest.fixture(scope="module")
def swept() -> hb.Sweep:
    return hb.sweep(short, MARKET, hb.Costs(), size=list(SIZES), capital=list(CAPITALS))


def test_the_made_up_sets_are_what_they_are_meant_to_be() -> None:
    lowest = {size: min(levels(size)) for size in SIZES}
    assert lowest[0.0] == 1.0
    assert all(lowest[size] > 0.0 for size in (0.1, 0.3, 0.5))
    assert all(lowest[size] < 0.0 for size in (1.0, 1.5))


def test_every_set_says_what_it_can(swept: hb.Sweep) -> None:
    known = {"final_nav", "total_return", "max_drawdown", "turnover", "cost_frac", "sessions", "stale_positions"}
    for index, row in swept.table.iterrows():
        size, path = float(row["size"]), levels(float(row["size"]))
        assert row["total_return"] == pytest.approx(path[-1] - 1.0, rel=1e-12, abs=1e-15)
        highest, deepest = 1.0, 0.0
        for level in path:
            highest = max(highest, level)
            deepest = min(deepest, level / highest - 1.0)
        assert row["max_drawdown"] == pytest.approx(deepest, rel=1e-12, abs=1e-15)
        rest = row.drop([*known, "size", "capital", "problem", "beta"]).astype(float)
        if size in (0.0, 1.0, 1.5):
            assert rest.isna().all()
            assert math.isnan(swept.values[int(index)])
        else:
            assert row["sharpe"] == pytest.approx(ratio(size) * math.sqrt(252), rel=1e-9)


def test_only_the_others_are_ranked_and_both_counts_are_told(swept: hb.Sweep) -> None:
    assert (swept.count, swept.ran, swept.ruined, swept.untraded) == (12, 12, 4, 2)
    assert {float(one["size"]) for one in map(swept.sets.at, swept.top.tolist())} == {0.1, 0.3, 0.5}
    ratios = [ratio(size) for size in (0.1, 0.3, 0.5) for _ in CAPITALS]
    luck = swept.luck
    assert (luck.ran, luck.with_ratio) == (10, 6)
    assert luck.trials["all sets"] == 10.0
    assert luck.sharpe_variance == pytest.approx(statistics.variance(ratios), rel=1e-9)
    # The number of trials is all ten, the spread is that of six.
    normal, euler = statistics.NormalDist(), 0.5772156649015329
    high = (1 - euler) * normal.inv_cdf(1 - 1 / 10) + euler * normal.inv_cdf(1 - 1 / (10 * math.e))
    # Sets that are short are held against the mean ticker at the net weight of the best: here half of ACME's moves.
    assert (
        luck.null == f"the mean ticker of the universe at a net weight of {-float(swept.best.parameters['size']):.0%}"
    )
    beyond = [beyond_null(size, float(swept.best.parameters["size"])) for size in (0.1, 0.3, 0.5) for _ in CAPITALS]
    expected = statistics.stdev(beyond) * high * math.sqrt(252)
    assert luck.expected_max["all sets"] == pytest.approx(expected, rel=1e-9)
    assert luck.overfitting is not None
    assert luck.overfitting.result.strategies == 6
    assert luck.candidates + luck.copies == 6


def test_what_is_printed_counts_them(swept: hb.Sweep) -> None:
    plain = json.loads(json.dumps(summarise_sweep(swept), allow_nan=False))
    assert [plain[name] for name in ("ruined", "not_traded", "trials", "trials_with_sharpe")] == [4, 2, 10, 6]
    page = render_sweep(swept)
    for text in ("4 of 12 sets were ruined", "2 of 12 sets were not traded", "10 trials, spread of 6"):
        assert text in page, text
    assert any("4 of 12 sets were ruined" in text for text in swept.warnings)


@pytest.mark.parametrize("metric", ["total_return", "max_drawdown", "turnover", "final_nav", "cost_frac"])
def test_no_metric_ranks_them(metric: str) -> None:
    found = hb.sweep(short, MARKET, hb.Costs(), metric=metric, size=list(SIZES))
    assert found.sets.at(int(found.top[0]))["size"] in (0.1, 0.5)
    assert np.isfinite(found.values).tolist() == [False, True, True, True, False, False]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([0.0], "the only set cannot be ranked: 1 traded nothing"),
        ([1.0, 1.5], "none of the 2 sets can be ranked: 2 lost the capital"),
        ([0.0, 1.5], "1 traded nothing, 1 lost the capital"),
    ],
)
def test_where_none_can_be_ranked_the_reason_is_said(sizes: list[float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        hb.sweep(short, MARKET, hb.Costs(), size=sizes)


def test_interest_is_no_skill() -> None:
    """Idle cash at 5 % has a Sharpe ratio that no trade has, and must not win by it."""
    costs = hb.Costs.model_validate({"cash": {"rate_annual": 0.05}})
    found = hb.sweep(short, MARKET, costs, size=[0.0, 0.1, 0.3])
    assert found.table["total_return"].iloc[0] > 0.0
    assert found.sets.at(int(found.top[0]))["size"] != 0.0
    assert found.untraded == 1


def fragile(market: Market, size: float) -> Schedule:
    """Fails in one of its sets, each time in another way."""
    if size == 0.2:
        raise ZeroDivisionError("no such size")
    found = short(market, size)
    if size == 0.4:
        late = found.decided_at + np.timedelta64(3, "D")
        return Schedule(found.tickers, late, found.session, found.mark, found.weights)
    return found


def test_one_failing_set_ends_no_sweep_and_stays_in_the_table() -> None:
    found = hb.sweep(fragile, MARKET, hb.Costs(), size=[0.1, 0.2, 0.3, 0.4])
    problems = found.table["problem"].tolist()
    assert pd.isna(problems[0])
    assert pd.isna(problems[2])
    assert "ZeroDivisionError: no such size" in problems[1]
    assert "test_unranked.py, line" in problems[1]
    assert "is not after" in problems[3]
    assert (found.ran, found.luck.ran) == (2, 2)
    assert sum(found.to_dict()["problems"].values()) == 2


@pytest.mark.parametrize("cv", ["walk-forward:train=20,test=10", "cpcv:folds=4"])
def test_stitched_ratios_are_in_excess_of_cash(cv: str) -> None:
    """As those of the splits are: cash at 5 % adds nothing to them, and is in the returns all the same."""
    costs = hb.Costs.model_validate({"cash": {"rate_annual": 0.05, "margin_rate_annual": 0.05}})
    found = hb.sweep(short, MARKET, costs, cv=cv, size=[0.1, 0.2, 0.3]).out_of_sample
    assert found is not None
    assert found.returns is not None
    assert found.excess is not None
    nights = np.diff(MARKET.sessions).astype(np.float64)
    riskless: Any = np.concatenate([[0.0], 0.05 * nights[ENTRY:] / 360.0])
    for plain, excess, given in zip(found.returns, found.excess, found.path_sharpes, strict=True):
        tested = ~np.isnan(plain)
        np.testing.assert_allclose(excess[tested], (plain - riskless)[tested], rtol=0.0, atol=1e-12)
        wanted = overfitting.sharpe((plain - riskless)[tested].tolist()) * math.sqrt(252)
        assert given == pytest.approx(wanted, rel=1e-6)


def test_one_set_is_no_sets() -> None:
    """Of two sets one is on for three sessions only."""
    found = hb.sweep("long-meta-short-neocloud", hb.sample_market(), "none", hold=[3, 20])
    told = [text for text in found.warnings if "on for fewer than" in text]
    assert told == ["1 set is on for fewer than 5 sessions: no annual metric here"]
