"""Own fills as marks of their own, each after the open of its ticker's exchange and before its close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..backtest.kept import financed, prices_of
from ..backtest.timeline import PLAIN, prices_at
from ..exchanges.timeline import NONE, Timeline
from ..frictions.costs import Costs
from ..kernels.book.records import FLOW, OPEN, ORDER, Prices, Structs


@dataclass(frozen=True)
class OwnFill:
    """Shares that were bought, or sold where negative, in a session, at a price a share and a commission in USD."""

    session: np.datetime64
    ticker: str
    shares: float
    price_usd: float
    commission_usd: float = 0.0


@dataclass(frozen=True, eq=False)
class Placed:
    """A fill on a window: its session and ticker by number, its mark, and what is held before and after it."""

    fill: OwnFill
    session: int
    ticker: int
    mark: int
    before: float
    after: float


def fills_at_marks(window: Market, fills: Sequence[OwnFill], costs: Costs) -> tuple[Prices, list[Placed]]:
    """The marks of a window with those of fills between, commissions as cash that their shares cost, and each fill.

    fills: by session, in their order. Raises ParameterError for one on a day on which its exchange is closed.
    """
    money = any(one.ticker in window.currency_columns for one in fills)
    plain, timeline = financed(window, costs) if money else prices_of(window)
    at = _numbered(window, fills)
    first, order = _order(window, timeline, at)
    placed = _placed(fills, at, first, plain.changes)
    # Where exchanges keep hours of their own nothing else prints then, and a missing price is no halt.
    marks = np.full((len(order), *plain.marks.shape[1:]), np.nan if timeline is None else -np.inf)
    marks[: len(plain.marks)] = plain.marks
    flows = np.zeros(len(placed), dtype=FLOW)
    for n, one in enumerate(placed):
        marks[one.mark, one.session, one.ticker] = one.fill.price_usd
        # Cash comes to who holds shares when a mark begins: before the fill, or, of a new position, at the next mark.
        following = order[order.index(one.mark) + 1]
        held, mark = (one.before, one.mark) if one.before else (one.after, following)
        flows[n] = (one.session, mark, one.ticker, -one.fill.commission_usd / held)
    flows = np.concatenate([plain.flows, flows])
    return prices_at(marks, plain.days, flows, order, plain.changes), placed


def _numbered(window: Market, fills: Sequence[OwnFill]) -> list[tuple[int, int, int]]:
    """Session and ticker of each fill, and how many of that ticker came before it in that session."""
    times: dict[tuple[int, int], int] = defaultdict(int)
    found = []
    for one in fills:
        session, ticker = window.session_index(one.session), window.column(one.ticker)
        if window.venues is not None and not window.venues.trades[session, window.venues.of[ticker]]:
            name = window.venues.names[window.venues.of[ticker]]
            raise ParameterError(
                f"{name} has no session on {one.session}", where="fills", value=one.ticker,
                remedy="Date a fill by the day of the exchange that it was made at.",
            )  # fmt: skip
        found.append((session, ticker, times[session, ticker]))
        times[session, ticker] += 1
    return found


def _order(
    window: Market, timeline: Timeline | None, at: Sequence[tuple[int, int, int]]
) -> tuple[dict[int, int], tuple[int, ...]]:
    """The number of the first mark of fills of each ticker, and all marks in time order."""
    plain: tuple[int, ...] = PLAIN if timeline is None else timeline.order
    of = np.zeros(len(window.tickers), dtype=np.int64) if timeline is None else timeline.of
    most: dict[int, int] = defaultdict(int)
    opens: dict[int, set[int]] = defaultdict(set)
    for session, ticker, times in at:
        venue = int(of[ticker])
        most[venue] = max(most[venue], times + 1)
        own = OPEN if timeline is None else int(timeline.slot[session, venue, Mark.OPEN])
        assert own != NONE
        opens[venue].add(own)
    number, first = len(plain), dict[int, int]()
    after: dict[int, list[int]] = defaultdict(list)
    for venue in sorted(most):
        first[venue] = number
        after[max(opens[venue], key=plain.index)] += range(number, number + most[venue])
        number += most[venue]
    order = tuple(each for mark in plain for each in (mark, *after[mark]))
    return {i: first[int(of[i])] for _, i, _ in at}, order


def _placed(
    fills: Sequence[OwnFill], at: Sequence[tuple[int, int, int]], first: dict[int, int], changes: Structs
) -> list[Placed]:
    held: dict[int, float] = defaultdict(float)
    waiting = list(changes[np.argsort(changes["session"], kind="stable")])
    found = []
    for one, (session, ticker, times) in zip(fills, at, strict=True):
        while waiting and waiting[0]["session"] <= session:
            change = waiting.pop(0)
            before = held[int(change["ticker"])]
            held[int(change["ticker"])] = before * float(change["keep"])
            if change["into"] >= 0:
                held[int(change["into"])] += before * float(change["given"])
        before = held[ticker]
        held[ticker] = before + one.shares
        found.append(Placed(one, session, ticker, first[ticker] + times, before, held[ticker]))
    return found


def order_rows(placed: Sequence[Placed], prices: Prices) -> tuple[Structs, Floats]:
    """(R,) of ORDER, one for each mark with fills, in time order, and their bank, still empty."""
    place = np.argsort(prices.order)
    marks = sorted({(one.session, one.mark) for one in placed}, key=lambda one: (one[0], place[one[1]]))
    rows = np.zeros(len(marks), dtype=ORDER)
    rows["session"], rows["mark"] = np.array(marks).T
    rows["row"], rows["scale"] = np.arange(len(marks)), 1.0
    return rows, np.full((len(marks), prices.marks.shape[2]), np.nan)
