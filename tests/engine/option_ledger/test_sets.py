"""Sweeps of options: every set is its single run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hedgebook import options
from hedgebook.errors import ParameterError

from .made_up import TICKERS, Case, listed, made_up
from .test_run import FLAT, flat_marks, market, put


def sets_of(case: Case, seed: int, count: int = 40) -> options.TradeSets:
    """Random choices among the trades of a case, contracts and shares mixed."""
    draw = np.random.default_rng(seed)
    names = [*TICKERS, *(listed(one) for one in case.oracle.contracts)]
    rows = [(x.column, x.session, x.mark, np.nan if x.quantity is None else x.quantity) for x in case.oracle.trades]
    table: list[tuple[Any, ...]] = []
    for s in range(count):
        wanted = draw.choice(len(names), size=int(draw.integers(1, 4)), replace=False)
        table += [(s, *row) for row in rows if row[0] in wanted]
    set_of, what, session, mark, quantity = (np.array(x) for x in zip(*table, strict=True))
    return options.TradeSets(names, set_of, what, case.market.sessions[session], mark, quantity)


@pytest.mark.parametrize("seed", range(6))
def test_every_set_is_its_single_run(seed: int) -> None:
    case = made_up(seed)
    sets = sets_of(case, seed)
    found = options.option_sets(
        case.market, sets, case.marks, case.costs, case.account, terms=case.terms, keep_daily_pnl=True
    )
    table = found.table
    assert len(table) == sets.count
    for s in range(sets.count):
        run = options.run_options(
            case.market, sets.trades(s), case.marks, case.costs, case.account, terms=case.terms,
            until=table["until"][s].date(),
        )  # fmt: skip
        usd = 1e-10 * run.capital
        assert table["pnl"][s] == pytest.approx(run.final_nav - run.capital, abs=usd)
        own = found.daily_pnl[s, found.first[s] : found.last[s] + 1]
        np.testing.assert_allclose(own, run.daily_pnl, rtol=0, atol=usd)
        assert found.daily_pnl[s].sum() == pytest.approx(own.sum(), abs=usd)
        assert table["worst_session"][s] == pytest.approx(run.daily_pnl.min(), abs=usd)
        levels = np.concatenate([[run.capital], run.nav["nav_close"]])
        assert table["drawdown"][s] == pytest.approx((np.maximum.accumulate(levels) - levels).max(), abs=usd)
        paid = run.costs_paid
        assert table["costs"][s] == pytest.approx(sum(paid.values()) - paid["interest"], abs=usd)
        # Nothing of a set is left to end after it did, but what was kept, waits, or lives on past the prices.
        assert table["first"][s] == run.sessions[0]
        assert table["until"][s] == run.sessions[-1]


def test_sets_that_cannot_be() -> None:
    case = made_up(0)
    names = [listed(case.oracle.contracts[0])]
    day = case.market.sessions[:1]
    good: dict[str, Any] = {"set_of": [0], "what": [0], "session": day, "mark": [0], "quantity": [1.0]}
    options.TradeSets(names, **good)
    for wrong, told in (
        ({"set_of": [1]}, "count from 0"),
        ({"what": [1]}, "no such name"),
        ({"mark": [2]}, "no such mark"),
        ({"quantity": [0.5]}, "whole"),
        ({"quantity": [0.0]}, "whole"),
        ({"quantity": [1.0, 2.0]}, "one entry a row"),
    ):
        with pytest.raises(ParameterError, match=told):
            options.TradeSets(names, **(good | wrong))


def test_shares_that_become_others_are_refused() -> None:
    """A set holds its own columns alone, and these would come to a stock that is none of them."""
    on = market(FLAT, [(2, "ACME", "merger", 1.0, "BOLT")])
    contract = put(on, 9)
    marks, days = flat_marks(on, contract), on.sessions
    bought = {"set_of": [0], "what": [0], "mark": [0], "quantity": [100.0]}
    with pytest.raises(ParameterError, match="becomes or brings other shares"):
        options.option_sets(on, options.TradeSets(("ACME",), session=days[:1], **bought), marks)
    # What happened before the sets began, or to a stock that is in none, is no matter.
    later = options.option_sets(on, options.TradeSets(("ACME",), session=days[4:5], **bought), marks)
    other = options.option_sets(on, options.TradeSets(("BOLT",), session=days[:1], **bought), marks)
    assert later.figures.shape == other.figures.shape == (1, 6)
