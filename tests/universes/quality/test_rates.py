"""Faults of each kind are found where they were put, and clean prices raise no alarm."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from hedgebook.universes.quality.gate import faults_of
from hedgebook.universes.quality.rules import RULES, Severity

from .faults import PLANTED, TICKERS, changed, clean
from .test_drift import DRIFT

SEEDS = range(8)
MARKETS = [clean(seed) for seed in SEEDS]


def test_clean_prices_raise_no_error() -> None:
    found = [one for market in MARKETS for one in faults_of(market)]
    assert [one.text for one in found if one.severity == Severity.ERROR] == []
    # A warning asks to look at a day: fat tails make a few of them, one in thousands of sessions.
    assert len(found) <= len(MARKETS) * TICKERS * 0.05


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_fault_is_found(kind: str) -> None:
    plant, keys = PLANTED[kind]
    rng = np.random.default_rng(sum(map(ord, kind)))
    hits, tries = 0, 0
    for market in MARKETS:
        for column in rng.permutation(TICKERS)[:4].tolist():
            at = int(rng.integers(60, 600))
            faulty = changed(market, column, partial(plant, at=at))
            found = [one for one in faults_of(faulty) if one.rule in keys]
            named = {market.tickers[column], market.tickers[(column + 1) % TICKERS]}
            hits += bool(found) and {one.ticker for one in found} <= named
            tries += 1
    # A spike of 60 % in a ticker that moves 4 % a day is not beyond doubt; all other kinds are.
    assert hits >= (0.9 if kind == "spike" else 1.0) * tries


def test_each_rule_is_tried_or_refused_at_reading() -> None:
    tried = {key for _, keys in PLANTED.values() for key in keys}
    errors = {key for key, rule in RULES.items() if rule.severity == Severity.ERROR}
    assert errors <= tried | set(DRIFT)


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 10.0, 100.0])
def test_spikes_of_every_size(factor: float) -> None:
    plant = partial(PLANTED["spike"][0], factor=factor)
    for market in MARKETS[:3]:
        faulty = changed(market, 3, lambda fields, i: plant(fields, i, 200))
        found = [one for one in faults_of(faulty) if one.rule == "spike"]
        assert [(one.ticker, one.first) for one in found] == [("T3", str(market.sessions[200]))]
