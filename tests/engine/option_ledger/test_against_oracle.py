"""Runs of options beside stock against the plain-Python book, and laws that hold for every one of them."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from hedgebook import options
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.engine.kernels.book.records import Reason, Status
from hedgebook.engine.option_ledger.trades import name_of
from tests.oracle.option_book import OptionBook

from .made_up import STOCKS, Case, listed, made_up


def log_of(run: options.OptionRun) -> list[tuple[int, int, int, str, str, float]]:
    return [
        (
            int(x["session"]), int(x["mark"]), int(x["ticker"]), Status(x["status"]).name.lower(),
            Reason(x["reason"]).name.lower(), 0.0 if np.isnan(x["shares"]) else round(float(x["shares"]), 6),
        )
        for x in run.record.lines
    ]  # fmt: skip


@pytest.mark.parametrize("block", range(4))
def test_random_books_are_those_of_the_oracle(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(20 * block, 20 * block + 20):
        case = made_up(seed)
        run, book = case.run(), OptionBook(case.oracle)
        start = min(trade.session for trade in case.oracle.trades)
        # Contracts stand in the order in which they are first traded.
        order = [*range(STOCKS), *(STOCKS + k for k in _oracle_columns(case, list(run.names[STOCKS:])))]
        usd = 1e-11 * case.oracle.capital
        np.testing.assert_allclose(run.nav[["nav_open", "nav_close"]], book.navs[start:], rtol=0, atol=usd)
        np.testing.assert_allclose(run.nav["cash"], book.cashes[start:], rtol=0, atol=usd)
        np.testing.assert_allclose(run.nav["interest"], book.interest[start:], rtol=0, atol=usd)
        np.testing.assert_allclose(run.record.shares, np.array(book.held)[start:][:, order], rtol=1e-12, atol=1e-9)
        earned = np.array(book.earned)[start:][:, order]
        np.testing.assert_allclose(run.record.pnl.sum(axis=2), earned, rtol=0, atol=usd)
        back = {column: n for n, column in enumerate(order)}
        told = [(t - start, m, back[i], status, why, round(q, 6)) for t, m, i, status, why, q in book.events]
        assert sorted(log_of(run)) == sorted(told)
        assert identity_gap(run.record, run.capital) <= 1e-9
        seen.update(f"{status} {why}" for *_, status, why, _ in told)
    wanted = ("exercised", "assigned", "expired", "order")
    assert all(seen[f"filled {why}"] > 5 for why in wanted), seen
    assert seen["deferred no_price"]
    assert seen["rejected no_price"]
    assert seen["deferred no_open"]
    assert seen["filled cover"]


def _oracle_columns(case: Case, names: list[str]) -> list[int]:
    mine = [name_of(listed(one)) for one in case.oracle.contracts]
    return [mine.index(name) for name in names]


@pytest.mark.parametrize("seed", range(4))
def test_scale(seed: int) -> None:
    one, ten = made_up(seed).run(), made_up(seed, scale=10.0).run()
    np.testing.assert_allclose(ten.nav["nav_close"], 10.0 * one.nav["nav_close"], rtol=1e-11)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_contracts_does_not_matter(seed: int) -> None:
    case = made_up(seed)
    # One trade of a contract at a mark: one that closes it after another is another thing than before.
    once = {(str(x.what), x.session, x.mark): x for x in case.trades}
    case = dataclasses.replace(case, trades=list(once.values()))
    first = case.run()
    # The other way round: contracts stand in the order in which they come.
    other = dataclasses.replace(case, trades=case.trades[::-1]).run()
    assert set(first.names) == set(other.names)
    assert first.names != other.names
    np.testing.assert_allclose(other.nav["nav_close"], first.nav["nav_close"], rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_later_moves_what_was(seed: int) -> None:
    """Closes and marks after a session change nothing up to it; a dividend is known the evening before."""
    case = made_up(seed)
    t = 14
    day = case.market.sessions[t]
    quotes = case.market.quotes
    assert quotes is not None
    opens, closes = quotes.open.copy(), quotes.close.copy()
    opens[t + 1 :] *= 1.7
    closes[t + 1 :] *= 0.6
    market = dataclasses.replace(case.market, quotes=dataclasses.replace(quotes, open=opens, close=closes))
    close = np.array(case.marks.close)
    close[t + 1 :] += 5.0
    marks = dataclasses.replace(case.marks, close=close)
    changed = dataclasses.replace(case, market=market, marks=marks).run()
    for name in ("nav_open", "nav_close", "cash"):
        np.testing.assert_array_equal(changed.nav[name][:day], case.run().nav[name][:day])


@pytest.mark.parametrize("seed", range(4))
def test_explain_and_ledger_add_up(seed: int) -> None:
    run = made_up(seed).run()
    table = run.explain()
    gap = (table.drop(columns="total").sum(axis=1) - run.daily_pnl).abs().max()
    assert gap <= 1e-9 * run.capital
    entries = run.ledger
    at_close = entries.groupby("session")["cash"].last()
    np.testing.assert_allclose(at_close, run.nav["cash"][at_close.index], rtol=0, atol=1e-9 * run.capital)
    assert (run.margin["book_requirement"] >= 0.0).all()
