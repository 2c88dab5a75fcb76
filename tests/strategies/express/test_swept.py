"""A sweep of expressions beside one set at a time: contracts by loops, money by `run_options`."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

import hedgebook as hb
from hedgebook import options
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.errors import ParameterError
from hedgebook.strategies.express.choose import Boards, Underlying
from hedgebook.strategies.express.request import ExpressAsked
from hedgebook.strategies.express.structures import BY_NAME, PLAIN
from hedgebook.strategies.express.terms import Terms, swept_terms
from hedgebook.universes.market import Market

TRADE = "long-meta-short-neocloud"
SWEEP = "delta=0.2,0.35,0.36,days=10,45,46,width=0.1,0.25"
SETS = ((0.2, 10, 0.1), (0.36, 46, 0.25))


@lru_cache(maxsize=1)
def market() -> Market:
    return hb.sample_market()


@lru_cache(maxsize=4)
def swept(equal: str) -> hb.Expressed:
    return hb.express(TRADE, market(), equal=equal, sweep=SWEEP)


def by_run_options(found: hb.Expressed, name: str) -> tuple[float, float]:
    """P&L and drawdown of an expression's positions, traded one by one in the simulation of options; no interest."""
    one = found.of(name)
    assert one is not None
    first, last = found.entry, found.exit_session
    mark: options.MarkName = "open" if found.entry_mark == "open" else "close"
    trades = [options.OptionTrade(c, first, mark, n) for c, n in one.positions.items()]
    trades += [options.OptionTrade(t, first, mark, n) for t, n in one.shares.items()]
    trades += [options.OptionTrade(c, last, "close", None) for c in one.positions if np.datetime64(c.expiry) > last]
    trades += [options.OptionTrade(t, last, "close", None) for t in one.shares]
    costs = load_costs("default")
    run = options.run_options(
        market(), trades, options.ModelMarks(market(), "default", costs),
        costs.model_copy(update={"cash": CashInterest()}), "plain",
        terms=options.OptionTerms(0.65, "same_close"), until=last,
    )  # fmt: skip
    path = np.concatenate([[0.0], run.daily_pnl.to_numpy().cumsum()])
    return float(path[-1]), float((np.maximum.accumulate(path) - path).max())


@pytest.mark.parametrize("equal", ["premium", "var"])
def test_sampled_sets_of_every_structure_are_single_runs(equal: str) -> None:
    found = swept(equal)
    assert found.swept is not None
    table = found.swept.table
    seen = set()
    for delta, days, width in SETS:
        alone = hb.express(TRADE, market(), equal=equal, delta=delta, days=days, width_frac=width)
        for one in alone.expressions:
            mine = table[table["structure"] == one.name]
            for column, value in (("delta", delta), ("days", days), ("width_frac", width)):
                mine = mine[mine[column].isna() | (mine[column] == value)]
            (row,) = mine.to_dict("records")
            assert row["contracts"] == one.figures["contracts"]
            assert row["equal"] == one.equal
            early = sorted({c.expiry for c in one.positions if c.expiry < found.exit_session.item()})
            assert row["expires_before_exit"] == bool(early)
            told = [note for note in alone.notes if "contracts expire on" in note and one.structure.title in note]
            assert len(told) == bool(early), (one.name, told)
            assert all(str(day) in note for note in told for day in early)
            assert bool(early) == (days == 10 and bool(one.structure.options))
            if not one.structure.options:
                continue
            pnl, drawdown = by_run_options(alone, one.name)
            assert row["pnl_usd"] == pytest.approx(pnl, abs=1e-10 * found.capital_usd), (one.name, delta)
            assert row["drawdown_usd"] == pytest.approx(drawdown, abs=1e-10 * found.capital_usd), (one.name, delta)
            seen.add(one.name)
    assert seen == set(BY_NAME) - set(PLAIN.values())


def test_sets_that_hold_the_same_are_one_position() -> None:
    found = swept("premium").swept
    assert found is not None
    table = found.table
    assert not table.duplicated(["structure", "delta", "days", "width_frac"]).any()
    same = table.loc[table["same_as"]].reset_index(drop=True)
    for column in ("structure", "contracts", "pnl_usd", "drawdown_usd"):
        assert (same[column] == table[column]).all()
    # 45 and 46 days have one expiry; deltas of 0.35 and 0.36 have other strikes of some name or none.
    spreads = table[(table["structure"] == "put-spread") & (table["delta"] == 0.2) & (table["width_frac"] == 0.1)]
    by_days = dict(zip(spreads["days"], spreads["same_as"], strict=True))
    assert by_days[45.0] == by_days[46.0] != by_days[10.0]
    assert (table["same_as"] <= table.index).all()


def test_a_sweep_has_every_set_once_the_one_asked_for_first() -> None:
    asked = ExpressAsked.of(sweep="delta=0.3,0.4,days=30,60,width=0.1")
    terms = swept_terms(asked, ("delta", "days"))
    rows = list(zip(terms.delta, terms.days, terms.width_frac, strict=True))
    assert rows[0] == (0.4, 60, 0.15)
    assert sorted(rows[1:]) == [(0.3, 30, 0.15), (0.3, 60, 0.15), (0.4, 30, 0.15)]


def nearest(strikes: list[float], values: list[float], wanted: float) -> float:
    """The strike whose value is closest to that wanted, the lower of two as close."""
    return min(zip((abs(value - wanted) for value in values), strikes, strict=True))[1]


def test_contracts_are_those_that_loops_over_strikes_find() -> None:
    day = np.datetime64("2026-07-01")
    names = (Underlying("CRWV", "short", -100.0, 90.0), Underlying("META", "long", 10.0, 600.0))
    marks = options.ModelMarks(market())
    boards = Boards(names, marks, day, "open", (20, 75), {})
    draws = np.random.default_rng(3)
    terms = Terms(draws.uniform(0.05, 0.6, 12), draws.choice([20, 75], 12), draws.uniform(0.02, 0.5, 12), 0.25)
    for name, ticker in (("put-spread", "CRWV"), ("call-spread", "META"), ("risk-reversal", "CRWV")):
        places = boards.parts(BY_NAME[name], ticker, terms)
        for k in range(terms.count):
            strikes: list[float] = []
            for p, part in enumerate(BY_NAME[name].options):
                mine = [
                    (c.strike, abs(d))
                    for c, d in zip(boards.quotes.contracts, boards.quotes.delta, strict=True)
                    if c.ticker == ticker
                    and c.right == part.right
                    and c.expiry == boards.expiry(ticker, int(terms.days[k])).item()
                ]
                if part.by == "width":
                    sign = 1.0 if part.right == "call" else -1.0
                    wanted = strikes[0] * (1.0 + sign * terms.width_frac[k])
                    far = [s for s, _ in mine if sign * (s - strikes[0]) > 0.0]
                    strikes.append(nearest(far, far, wanted))
                else:
                    delta = terms.delta[k] if part.by == "delta" else 0.25
                    strikes.append(nearest([s for s, _ in mine], [d for _, d in mine], delta))
                assert boards.quotes.contracts[places[k, p]].strike == strikes[-1], (name, k, p)


def test_spreads_without_a_second_strike_are_left_out_and_told() -> None:
    found = hb.express(TRADE, market(), only="call-spread", sweep="delta=0.02,0.4,days=700,width=0.1,0.2")
    assert found.swept is not None
    assert found.swept.left_out == 2
    assert any("2 sets of spreads are left out" in note for note in found.notes)
    with pytest.raises(ParameterError, match="no strike is listed so far away"):
        hb.express(TRADE, market(), only="call-spread", delta=0.02, days=700)
