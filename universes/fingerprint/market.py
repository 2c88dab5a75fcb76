"""Fingerprints of prices and of the universe that they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..actions.actions import Actions
from ..market import FIELDS, Market
from ..universe import Universe
from .values import NAMED, digest, of_array

# Of a ticker: long enough that nothing else has the same, short enough for two thousand of them.
SHORT = 16


def of_market(market: Market) -> dict[str, Any]:
    """The prices by session and ticker as they stand in memory, whatever file they came from."""
    source = market.provenance
    return {
        NAMED: source.source,
        "first": source.first,
        "last": source.last,
        "simulated": source.simulated,
        "sessions": of_array(np.stack([market.sessions.astype("datetime64[ns]"), market.open_at, market.close_at])),
        # Before the prices, which they adjust: where both differ, it is they that were changed.
        **({} if market.quotes is None else {"actions": _of_actions(market.quotes.actions)}),
        "tickers": {ticker: _of_ticker(market, column) for ticker, column in market.columns.items()},
    }


def _of_actions(actions: Actions) -> dict[str, Any]:
    return {NAMED: actions.source, "rows": digest(actions.frame.to_csv(index=False))}


def _of_ticker(market: Market, column: int) -> str:
    parts = [getattr(market, field)[:, column] for field in FIELDS]
    if market.quotes is not None:
        parts += [market.quotes.open[:, column], market.quotes.close[:, column]]
    return digest(*(np.where(np.isnan(values), np.nan, values).tobytes() for values in parts))[:SHORT]


def of_universe(universe: Universe) -> dict[str, Any]:
    """The benchmark and, bucket by bucket, the members."""
    found = universe.model_dump(
        mode="json", exclude={"name", "title", "buckets", *(() if universe.currencies else ("currencies",))}
    )
    buckets = {bucket.name: digest(bucket.model_dump_json()) for bucket in universe.buckets}
    return {NAMED: universe.name, **found, "buckets": buckets}
