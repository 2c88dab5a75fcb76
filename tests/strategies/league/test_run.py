"""Hedges side by side: figures and pooled numbers in plain Python, and what could not be run."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.hedging.request import Method
from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.league.measures import best_of, pooled
from hedgebook.strategies.league.run import HedgeLeague, league_events, league_methods, run_league
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests.oracle import trade_hedge as oracle

from ..conftest import PlainPrices

LIBRARY = load_events()
NEOCLOUD = ["CRWV", "NBIS", "APLD"]
EVENTS = ("nebius-microsoft-2025", "meta-capex-2026-04", "meta-compute-2026")


def league(market: Market | None = None, ids: Any = None, *, methods: Any = None, **changes: Any) -> HedgeLeague:
    trade = find_trade(**changes)
    events = league_events(LIBRARY, trade, ids)
    return run_league(trade, events, RunSetting(market or sample_market(), load_costs("default")), methods=methods)


@lru_cache(maxsize=1)
def flagship() -> HedgeLeague:
    return league()


def test_every_method_stands_in_the_order_asked_for() -> None:
    assert flagship().table.index.tolist() == [method.value for method in Method]
    some = league(methods="ridge, dollar")
    assert some.table.index.tolist() == ["ridge", "dollar"]
    assert some.problems == ()


def test_figures_of_a_run_are_those_of_the_run() -> None:
    for run, (_, row) in zip(flagship().runs, flagship().by_event.iterrows(), strict=True):
        assert row["method"] == run.plan.hedge.method
        assert row["total_return"] == run.backtest.final_nav / run.backtest.capital - 1.0
        assert row["max_drawdown"] == run.metrics.max_drawdown
        assert row["volatility_annual"] == run.metrics.volatility_annual
        assert row["worst_session"] == run.metrics.worst_session
        fills = run.fills
        pairs = zip(fills["shares"].tolist(), fills["reference"].tolist(), strict=True)
        traded = math.fsum(abs(shares) * price for shares, price in pairs)
        assert row["turnover"] == pytest.approx(traded / 1e6, rel=1e-12)
        borrow = -run.pnl("cause").at["borrow", "total"]
        assert row["cost_frac"] == pytest.approx((fills["cost"].sum() + borrow) / 1e6, rel=1e-9)
        for when in ("before", "during"):
            table = getattr(run.exposures, when).table
            assert row[f"semis_{when}_beta"] == table.at["semis", "beta"]
            assert row[f"bitcoin_{when}_tstat"] == table.at["bitcoin", "tstat"]


@pytest.mark.parametrize("method", oracle.METHODS)
def test_effectiveness_on_real_prices_in_plain_python(
    real_market: Market, plain_prices: PlainPrices, method: str
) -> None:
    found = league(real_market, methods=method).table.loc[method]
    first = plain_prices.dates.index(date(2026, 7, 1))
    hedge = oracle.short_per_long(method, plain_prices.close, ["META"], NEOCLOUD, first - 1, 120)
    tickers, signed = ["META", *NEOCLOUD], [1.0, *(-w for w in hedge)]
    closes, opens = plain_prices.close, plain_prices.open
    before = [[closes[t][s] / closes[t][s - 1] - 1.0 for s in range(first - 120, first)] for t in tickers]
    hedged = [math.fsum(w * row[k] for w, row in zip(signed, before, strict=True)) for k in range(120)]
    assert found["effectiveness_before"] == pytest.approx(oracle.effectiveness(before[0], hedged), rel=1e-7)
    # A fixed number of shares bought at the open: the P&L of a session is proportional to the move of the price.
    during = []
    for t in tickers:
        marks = [opens[t][first], *closes[t][first : first + 21]]
        during.append([(b - a) / marks[0] for a, b in pairwise(marks)])
    hedged = [math.fsum(w * row[k] for w, row in zip(signed, during, strict=True)) for k in range(21)]
    assert found["effectiveness_during"] == pytest.approx(oracle.effectiveness(during[0], hedged), rel=1e-6)


def test_effectiveness_before_is_that_of_the_estimate() -> None:
    """The least-variance hedge in sample beats every other of equal or fewer freedoms."""
    before = flagship().table["effectiveness_before"]
    assert before.idxmax() == "multi_min_variance"
    assert before["min_variance"] >= max(before[["dollar", "beta", "kalman", "total_least_squares"]]) - 1e-12


def test_pnl_by_factor_adds_up_to_each_return() -> None:
    table = flagship().factor_pnl
    parts = table.drop(columns=["event", "method", "total"]).to_numpy().sum(axis=1)
    np.testing.assert_allclose(parts, table["total"], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(table["total"], flagship().table["total_return"])


def test_weights_are_dollars_short_per_dollar_long() -> None:
    sums = flagship().weights.groupby("method", sort=False)["weight"].sum()
    np.testing.assert_allclose(sums, flagship().table["ratio"], rtol=1e-12)
    assert sums["dollar"] == pytest.approx(1.0, rel=1e-15)


def plain_pool(rows: list[dict[str, Any]], method: str) -> dict[str, float]:
    """Figures of one method over its events, from plain lists."""
    own = [row for row in rows if row["method"] == method and row["problem"] is None]
    count = len(own)
    during = sorted(row["effectiveness_during"] for row in own)
    middle = during[count // 2] if count % 2 else (during[count // 2 - 1] + during[count // 2]) / 2
    return {
        "events": count,
        "failed": sum(row["method"] == method and row["problem"] is not None for row in rows),
        "ruined": sum(row["max_drawdown"] <= -1.0 for row in own),
        "mean_return": math.fsum(row["total_return"] for row in own) / count,
        "hits": sum(row["total_return"] > 0 for row in own),
        "worst_return": min(row["total_return"] for row in own),
        "mean_volatility": math.fsum(row["volatility_annual"] for row in own) / count,
        "worst_drawdown": min(row["max_drawdown"] for row in own),
        "median_effectiveness": middle,
        "mean_turnover": math.fsum(row["turnover"] for row in own) / count,
        "mean_cost_frac": math.fsum(row["cost_frac"] for row in own) / count,
    }


def test_pooled_numbers_in_plain_python() -> None:
    found = league(ids=EVENTS, hold=8)
    assert [event.id for event in found.events] == list(EVENTS)
    assert len(found.entries) == 3 * len(Method)
    rows: list[dict[str, Any]] = [{str(k): v for k, v in r.items()} for r in found.by_event.to_dict("records")]
    assert found.table is found.pooled
    for method in found.table.index:
        expected = plain_pool(rows, str(method))
        assert expected["events"] + expected["failed"] == 3
        assert found.pooled.loc[method].to_dict() == pytest.approx(expected, rel=1e-12)
    assert "3 events rank these methods" in found.caveat


def test_what_cannot_be_run_stays_with_its_reason() -> None:
    found = league(methods="dollar,factor_neutral,beta", short="CRWV", neutral_to="dollar,market")
    assert found.table.index.tolist() == ["dollar", "factor_neutral", "beta"]
    problem = str(found.table["problem"]["factor_neutral"])
    assert problem.startswith("hedge=factor_neutral: no hedge exists on the data")
    assert np.isnan(found.table.at["factor_neutral", "total_return"])
    assert found.problems == (f"factor_neutral: {problem.removeprefix('hedge=factor_neutral: ')}",)
    assert found.table.at["dollar", "problem"] is None
    assert len(found.runs) == 2


def test_an_event_that_no_method_can_be_run_on_is_named_once() -> None:
    found = league(ids=("meta-compute-2026", "coreweave-ipo-2025"), methods="dollar,beta", short="CRWV", hold=5)
    (problem,) = found.problems
    assert problem.startswith("coreweave-ipo-2025, every method: universe ai_infrastructure: CRWV was not listed on")
    assert found.pooled["failed"].tolist() == [1, 1]
    assert found.caveat.startswith("One event ranks")


def test_nothing_at_all_is_the_first_reason() -> None:
    with pytest.raises(InputError, match="sessions before the exit"):
        league(hold=2000)


def test_best_marks_the_better_end_ties_together_and_nobody_where_all_are_the_same() -> None:
    table = pd.DataFrame(
        {
            "total_return": [0.1, 0.3, 0.3, float("nan")],
            "volatility_annual": [0.2, 0.1, 0.4, 0.3],
            "max_drawdown": [-0.1, -0.2, -0.05, -0.3],
            "turnover": [2.0, 2.0, 2.0, 2.0],
            "cost_frac": [float("nan")] * 4,
        },
        index=list("abcd"),
    )
    assert best_of(table) == {
        "total_return": ("b", "c"),
        "volatility_annual": ("b",),
        "max_drawdown": ("c",),
        "turnover": (),
        "cost_frac": (),
    }


def test_pooled_rows_compete_only_with_as_many_events() -> None:
    rows = [("x", "a", 0.1), ("y", "a", 0.1), ("x", "b", 0.9), ("x", "c", 0.2), ("y", "c", 0.3)]
    table = pd.DataFrame(
        {
            "event": [r[0] for r in rows], "method": [r[1] for r in rows], "problem": [None] * 5,
            "total_return": [r[2] for r in rows],
            **dict.fromkeys(("volatility_annual", "max_drawdown", "effectiveness_during"), 0.0),
            "turnover": 0.0, "cost_frac": 0.0,
        }
    )  # fmt: skip
    table.loc[len(table)] = {**dict.fromkeys(table.columns, float("nan")), "event": "y", "method": "b", "problem": "no"}
    table["problem"] = table["problem"].astype(object).where(table["problem"].notna(), None)
    found = pooled(table)
    assert found["mean_return"].tolist() == pytest.approx([0.1, 0.9, 0.25])
    assert found["events"].tolist() == [2, 1, 2]
    assert best_of(found)["mean_return"] == ("c",)


def test_methods_by_name() -> None:
    assert league_methods(None) == tuple(Method)
    assert league_methods(["beta", "dollar"]) == (Method.BETA, Method.DOLLAR)
    for wrong, message in (
        ("dollar,betta", r"methods: there is no hedge 'betta'\. Did you mean 'beta'\?"),
        ("zzz", r"there is no hedge 'zzz'\. Choose from: dollar.*ridge"),
        ("beta,beta", r"methods: a method stands twice \(got 'beta'\)"),
        (" , ", "no method is named"),
    ):
        with pytest.raises(ParameterError, match=message):
            league_methods(wrong)


def test_events_by_name_and_tag() -> None:
    trade = find_trade()
    assert [e.id for e in league_events(LIBRARY, trade)] == [trade.event]
    tagged = league_events(LIBRARY, trade, tags="compute-resale")
    assert {e.id for e in tagged} == {e.id for e in LIBRARY.events if "compute-resale" in e.tags}
    both = league_events(LIBRARY, trade, "deepseek-2025", "compute-resale")
    assert len(both) == len(tagged) + 1
    assert [e.announced_on for e in both] == sorted(e.announced_on for e in both)
    with pytest.raises(EventError, match=r"tags: no event has the tag 'capx'\. Did you mean 'capex'\?"):
        league_events(LIBRARY, trade, tags="capx")
    with pytest.raises(EventError, match="deepsek"):
        league_events(LIBRARY, trade, "deepsek-2025")
    with pytest.raises(EventError, match="no event is named"):
        league_events(LIBRARY, trade, [])


@pytest.mark.parametrize("leg", ["long", "short"])
def test_one_leg_has_no_hedge(leg: str) -> None:
    with pytest.raises(ParameterError, match="one leg alone has nothing to be hedged with"):
        league(**{leg: ""})


def test_warnings_name_whom_they_are_about() -> None:
    found = league(methods="dollar,factor_neutral", neutral_to="market,bitcoin")
    bought = [w for w in found.warnings if "buys" in w]
    assert len(bought) == 1
    assert bought[0].startswith("hedge factor_neutral buys")
    assert bought[0].endswith("inside the short leg")
    assert not [w for w in found.warnings if "no part" in w]
