"""Tickers of a price file beside those that a market was read with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgebook.errors import PriceDataError

from .exchanges.common import PRICED

if TYPE_CHECKING:
    from .market import Market


def include_remedy(ticker: str) -> str:
    """How a ticker that a universe lacks is brought into one."""
    return (
        f"Include it with --universe FILE, a list of tickers or a TOML file with buckets that has {ticker} too; "
        f'in Python market.including(["{ticker}"]) takes it as it is.'
    )


def _stale(market: Market) -> list[str]:
    return [line for line in market.warnings if line.startswith("closes repeat")]


def beside(market: Market, added: Market, tickers: tuple[str, ...]) -> Market:
    """A market with `tickers` of another one on its own sessions, the rest missing."""
    _, own, theirs = np.intersect1d(market.sessions, added.sessions, return_indices=True)
    columns = np.array([added.columns[ticker] for ticker in tickers if ticker in added.columns], dtype=np.int64)
    names = tuple(added.tickers[i] for i in columns.tolist())
    if gone := [ticker for ticker in tickers if ticker not in added.columns]:
        raise PriceDataError(f"{gone[0]} has no usable close in {market.provenance.source}", remedy="Leave it out.")
    fields: dict[str, Any] = {}
    for name in PRICED:
        more = np.full((len(market.sessions), len(columns)), np.nan)
        more[own] = getattr(added, name)[np.ix_(theirs, columns)]
        fields[name] = np.ascontiguousarray(np.hstack([getattr(market, name), more]))
    first = {t: added.universe.by_ticker[t][1].first_session for t in names}
    universe = market.universe.with_others(names).first_priced({t: day for t, day in first.items() if day is not None})
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    verb = "stands" if len(names) == 1 else "stand"
    said = f"bucket other: {shown} {verb} in no bucket of universe {market.universe.name}; prices are used as they are"
    return replace(
        market, tickers=(*market.tickers, *names), universe=universe, warnings=(*market.warnings, said, *_stale(added)),
        outside=tuple(one for one in market.outside if one not in names), **fields,
    )  # fmt: skip
