"""Scenarios on universes and prices that lack what they move: left out with a reason, unless it is a typo."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.stress.applies import apply_to, notes_of
from hedgebook.engine.stress.evaluate import StressSetting
from hedgebook.engine.stress.positions import margin_terms, positions_of_weights
from hedgebook.engine.stress.responses import fit_responses
from hedgebook.engine.stress.scenario import Move, Scenario, ShortTrouble, are_shipped, load_scenarios
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets


def without(*tickers: str) -> Market:
    market = sample_market()
    return markets.permuted(market, [i for i, t in enumerate(market.tickers) if t not in tickers])


def setting(market: Market) -> StressSetting:
    row = market.session_index("2026-06-30")
    positions = positions_of_weights(market, row, {"META": 0.5, "MU": -0.4}, 1e6)
    responses = fit_responses(market, positions.tickers, row)
    return StressSetting(positions, margin_terms(positions, Account(), market), responses, market)


def moving(kind: str, *names: str, **more: object) -> Scenario:
    moves = tuple(Move(kind=kind, of=name, path=(-0.1,)) for name in names)
    return Scenario(name="mine", title="Mine", moves=moves, **more)


def test_all_shipped_scenarios_apply_to_the_universe_they_were_written_for() -> None:
    where = setting(sample_market())
    library = load_scenarios()
    assert are_shipped(library)
    applied = [apply_to(where, scenario, lenient=True) for scenario in library.scenarios]
    assert tuple(one.scenario for one in applied) == library.scenarios
    assert notes_of(applied, "x") == ()


@pytest.mark.parametrize(
    ("gone", "left_out"),
    [
        ("SMH", {"semis-2000", "semis-2008", "semis-2022", "momentum-unwind"}),
        ("MTUM", {"momentum-unwind"}),
        ("TLT", {"rising-yields"}),
        ("SPY", {"momentum-unwind", "rising-yields"}),
        ("IBIT", set()),
    ],
)
def test_a_missing_proxy_leaves_out_what_moves_it_and_nothing_else(gone: str, left_out: set[str]) -> None:
    close = sample_market().close.copy()
    at = sample_market().session_index("2026-06-30")
    close[at - 9 :, sample_market().column(gone)] = np.nan
    for market in (without(gone), dataclasses.replace(sample_market(), close=close)):
        applied = [apply_to(setting(market), s, lenient=True) for s in load_scenarios().scenarios]
        assert {one.name for one in applied if one.scenario is None} == left_out
        notes = " ".join(notes_of(applied, "x"))
        assert all(name in notes for name in left_out)
        assert (gone in notes) == bool(left_out)


def test_buckets_of_another_universe_are_dropped_when_lenient_and_refused_when_not() -> None:
    where = setting(sample_market())
    some = moving("bucket", "memory", "ship_builders")
    found = apply_to(where, some, lenient=True)
    assert found.scenario is not None
    assert [move.of for move in found.scenario.moves] == ["memory"]
    assert notes_of([found], "ships") == ("scenario mine without ship_builders, which the universe ships lacks",)
    gone = apply_to(where, moving("bucket", "ship_builders"), lenient=True)
    assert gone.scenario is None
    assert "left out: the universe ships has no bucket or ticker ship_builders" in notes_of([gone], "ships")[0]
    trouble = (ShortTrouble(of="all", buy_in=0.1),)
    fees = apply_to(where, moving("bucket", "ship_builders", shorts=trouble), lenient=True)
    assert fees.scenario is None
    kept = Scenario(name="fees", title="Fees", shorts=trouble)
    assert apply_to(where, kept, lenient=True).scenario == kept
    # A file of one's own is taken at its word: run_scenario refuses the name, with the closest.
    assert apply_to(where, some, lenient=False).scenario == some
    with pytest.raises(ParameterError, match="Did you mean 'SMH'"):
        apply_to(where, moving("index", "SMHH"), lenient=False)


def test_a_typo_in_a_factor_is_no_missing_proxy() -> None:
    where = setting(without("TLT"))
    assert apply_to(where, moving("factor", "rates"), lenient=False).reason == "no factor rates: TLT has no prices"
    assert apply_to(where, moving("factor", "semi"), lenient=False).scenario is not None
