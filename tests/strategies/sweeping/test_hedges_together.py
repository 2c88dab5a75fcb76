"""Hedges asked for together: each is what it is alone, to the last bit, and so is each reason why there is none."""

from __future__ import annotations

import dataclasses
from itertools import product
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.hedging import estimate
from hedgebook.engine.hedging.ratio import HedgeRatio
from hedgebook.engine.hedging.request import Method
from hedgebook.errors import InputError, LookAheadError
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.trade.hedge import HedgeTerms, trade_hedge, trade_hedges
from hedgebook.universes.event import event_calendar, load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market

LONG, SHORT = ("META",), ("CRWV", "NBIS", "APLD")
NEWS = load_events().get("meta-compute-2026")
ANNOUNCED = NEWS.known_by(event_calendar(NEWS))
LEVELS: dict[str, list[Any]] = {
    "hedge": list(Method),
    "lookback": [20, 61, 250],
    "half_life_sessions": [None, 15.0],
    "ridge_penalty": [None, 2.0],
    "neutral_to": [(), ("dollar", "market"), ("market", "semis"), ("semis", "market"), ("nothing",)],
    "short_cap_frac": [None, 0.4],
    "benchmark": [None, "SMH", "SYP"],
}
TERMS = [HedgeTerms(*values) for values in product(*LEVELS.values())]


def alone(terms: HedgeTerms, market: Market) -> HedgeRatio | str:
    trade = find_trade(**{name: value for name, value in terms._asdict().items() if value not in (None, ())})
    try:
        return trade_hedge(trade, market, LONG, SHORT, ANNOUNCED)
    except InputError as problem:
        return str(problem)


def test_together_as_alone(market: Market) -> None:
    close = market.close.copy()
    close[: market.session_index("2026-06-30") - 45, market.column("NBIS")] = np.nan
    ragged = dataclasses.replace(market, close=close)
    draw = np.random.default_rng(3)
    chosen = [TERMS[k] for k in draw.permutation(len(TERMS))[:500]]
    chosen += chosen[:5]
    together = trade_hedges(chosen, ragged, LONG, SHORT, ANNOUNCED)
    kinds = set()
    for terms, found in zip(chosen, together, strict=True):
        expected = alone(terms, ragged)
        if isinstance(found, HedgeRatio):
            assert found == expected
            kinds.add(found.method)
        else:
            assert str(found) == expected
    assert kinds == set(Method)
    told = " | ".join({str(found) for found in together if not isinstance(found, HedgeRatio)})
    for part in ("no factor is called 'nothing'", "SYP has no prices", "no hedge exists"):
        assert part in told


def test_hedges_on_the_same_series_are_estimated_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = estimate.estimate_hedges

    def watched(market: Market, legs: Any, requests: Any, *rest: Any) -> Any:
        asked.append(len(requests))
        return real(market, legs, requests, *rest)

    monkeypatch.setattr(estimate, "estimate_hedges", watched)
    plain = [t for t in TERMS if t.hedge not in (Method.FACTOR_NEUTRAL, Method.BETA) and t.benchmark is None]
    trade_hedges(plain, sample_market(), LONG, SHORT, ANNOUNCED)
    # By lookback: 5 methods and Kalman; half-lives of all but Kalman; caps of multi_min_variance, penalties of ridge.
    assert asked == [3 * (1 + 2 * (5 + 2 + 2))]


def test_a_look_ahead_of_one_is_raised_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def ahead(*_: object) -> None:
        raise LookAheadError("the factors' slopes rest on later prices")

    monkeypatch.setattr(estimate, "estimate_hedges", ahead)
    with pytest.raises(LookAheadError):
        trade_hedges(TERMS[:40] + TERMS[-400:], sample_market(), LONG, SHORT, ANNOUNCED)
