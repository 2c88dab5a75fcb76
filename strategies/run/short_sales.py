"""What rule 201 would have said to the short sales of a trade, whether its account enforced it or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.account.rule_201 import rule_201_bars
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from ..trade.plan import TradePlan


@dataclass(frozen=True)
class ShortSaleBar:
    """A short of the trade that could not have been sold at its entry.

    gap_frac: its entry price against the last close before; barred_until: the first mark, from the entry on, at
    which a market short sale was allowed again, None where there is none before the exit.
    """

    ticker: str
    session: np.datetime64
    mark: str
    gap_frac: float
    barred_until: str | None


def short_sale_bars(market: Market, plan: TradePlan) -> tuple[ShortSaleBar, ...]:
    """The shorts of a plan whose entry fell under rule 201, in the order of the plan."""
    entry, last = market.session_index(plan.entry_session), market.session_index(plan.exit_session)
    window = market.rows(0, last + 1)
    bars = rule_201_bars(window)
    found = []
    for ticker, weight in plan.weights().items():
        i = market.column(ticker)
        if weight < 0 and bars[plan.entry_mark, entry, i]:
            price = (window.open if plan.entry_mark is Mark.OPEN else window.close)[entry, i]
            before = window.close[:entry, i]
            known = before[np.isfinite(before)]
            found.append(
                ShortSaleBar(
                    ticker=ticker,
                    session=plan.entry_session,
                    mark=plan.entry_mark.label,
                    gap_frac=float(price / known[-1] - 1.0) if len(known) else float("nan"),
                    barred_until=_allowed_again(window, bars[:, :, i], entry, plan.entry_mark),
                )
            )
    return tuple(found)


def _allowed_again(window: Market, bars: NDArray[np.bool_], row: int, mark: Mark) -> str | None:
    """The first mark after one at which nothing is barred, as "2026-07-06 open"."""
    for t in range(row, len(window.sessions)):
        for later in Mark:
            if (t, later) > (row, mark) and not bars[later, t]:
                return f"{window.sessions[t]} {later.label}"
    return None
