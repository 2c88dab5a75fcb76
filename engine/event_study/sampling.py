"""Over several exchanges: which days a study's model is estimated on, and whose exchange rests on which session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.exchanges.common import CommonDays, at_common, common_days
from hedgebook.universes.market import Market

from ..arrays import Flags, Floats
from .panel import PanelRows


@dataclass(frozen=True, eq=False)
class Sampling:
    """market: of the days that the model is estimated on, rows.estimation of which count; rows.event and rows.span are
    of the sessions of the first exchange; days: what the returns to estimate from span, None for one exchange; venue:
    (N,) names of the exchanges of the tickers, and shut: (T, N) whether that has no session on one of the first."""

    market: Market
    rows: PanelRows
    days: CommonDays | None = None
    venue: tuple[str, ...] = ()
    shut: Flags | None = None

    def unseen(self, first: int, last: int) -> Flags:
        """(N,): tickers that cannot be bought or sold at the close before the first of some rows, or at the last: what
        they did in between is not known."""
        if self.shut is None:
            return np.zeros(0, dtype=np.bool_)
        return np.asarray(self.shut[first - 1] | self.shut[last])

    def settled(self, returns: Floats, abnormal: Floats) -> Floats:
        """(S, N) abnormal returns over the span, from returns and what is abnormal about them session by session: what
        was due while an exchange rested counts at its next session."""
        if self.shut is None:
            return abnormal
        shut = self.shut[self.rows.span.start : self.rows.span.stop]
        return np.asarray(returns - due_at_opens(returns - abnormal, shut))


def sampling_of(
    market: Market, home: Market, tickers: Sequence[str], regressors: Sequence[str], rows: PanelRows
) -> Sampling:
    """The last days before the gap on which the exchanges of the tickers, of the regressors and the first one trade,
    as many as `rows` has sessions to estimate from.

    home: the market by the sessions of its first exchange, which `rows` are of.
    """
    venues = market.venues
    if venues is None:
        return Sampling(home, rows)
    names = tuple(dict.fromkeys((*tickers, *regressors)))
    shared = at_common(market, names, home=True)
    stop = row_up_to(shared.sessions, home.sessions[rows.estimation[-1]]) + 1
    estimation = range(max(1, stop - len(rows.estimation)), max(1, stop))
    at, before = list(estimation), [row - 1 for row in estimation]
    of = venues.of[[market.column(ticker) for ticker in tickers]]
    return Sampling(
        market=shared,
        rows=replace(rows, estimation=estimation),
        days=common_days(market, names, shared.sessions[before], shared.sessions[at]),
        venue=tuple(venues.names[k] for k in of.tolist()),
        shut=~venues.trades[np.searchsorted(market.sessions, home.sessions)][:, of],
    )


def due_at_opens(expected: Floats, shut: Flags) -> Floats:
    """(S, N) returns that were due, those of sessions at which a ticker's exchange rests (`shut`) at its next one."""
    out, owed = expected.copy(), np.zeros(expected.shape[1])
    for s in range(len(expected)):
        owed = owed + expected[s]
        out[s] = np.where(shut[s], 0.0, owed)
        owed = np.where(shut[s], owed, 0.0)
    return out
