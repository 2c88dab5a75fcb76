"""The greeks of an account before and after a ticket's orders, by ticker and bucket, and what limits see of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hedgebook.engine.options.lines import GREEKS
from hedgebook.universes.universe import OTHER

from .positions import Held

# Names of limits by the column of the greeks that each is of.
LIMITS: Mapping[str, str] = {
    "delta_usd": "delta_usd", "gamma_usd": "gamma_usd", "vega_usd": "vega_usd", "theta_usd": "theta_usd_day",
}  # fmt: skip
TICKER, BUCKET, BOOK = "ticker", "bucket", "book"


def greeks_of(held: Held) -> pd.DataFrame:
    """Rows by kind (ticker, bucket, book) and name: delta_usd, gamma_usd, vega_usd, theta_usd, in the units of
    engine.options.lines.greeks; of shares delta is their value and all else 0."""
    if held.options is not None:
        tickers, buckets = held.options.tickers, held.options.buckets
        by_ticker = held.options.greeks_by(tickers).loc[list(tickers)]
    elif held.positions is not None:
        tickers, buckets = held.positions.tickers, held.positions.buckets
        by_ticker = pd.DataFrame(0.0, index=list(tickers), columns=list(GREEKS))
        by_ticker["delta_usd"] = held.positions.values_usd
    else:
        nothing = pd.MultiIndex.from_tuples([(BOOK, BOOK)], names=["kind", "of"])
        return pd.DataFrame(0.0, index=nothing, columns=list(GREEKS))
    by_bucket = by_ticker.groupby([bucket or OTHER for bucket in buckets], sort=False).sum()
    whole = by_ticker.sum().to_frame().T
    parts = {TICKER: by_ticker, BUCKET: by_bucket, BOOK: whole.set_axis([BOOK], axis=0)}
    return pd.concat(parts, names=["kind", "of"])


def greeks_table(before: Held, after: Held) -> pd.DataFrame:
    """The same before and after, a row each: kind, of, and columns such as delta_usd_before and delta_usd_after; empty
    where neither has options."""
    if before.options is None and after.options is None:
        return pd.DataFrame(columns=["kind", "of", *(f"{g}_{at}" for g in GREEKS for at in ("before", "after"))])
    old, new = greeks_of(before), greeks_of(after)
    both = old.add_suffix("_before").join(new.add_suffix("_after"), how="outer").fillna(0.0)
    order = [
        key for kind in (TICKER, BUCKET, BOOK) for key in dict.fromkeys([*new.index, *old.index]) if key[0] == kind
    ]
    columns = [f"{g}_{at}" for g in GREEKS for at in ("before", "after")]
    return both.loc[order, columns].reset_index()


def limited(after: Held) -> dict[str, dict[str, float]]:
    """What limits of greeks look at: each without its sign, by what it is of; tickers and buckets among them."""
    table = greeks_of(after)
    names = [str(of) for _, of in table.index]
    return {kind: dict(zip(names, table[column].abs().tolist(), strict=True)) for column, kind in LIMITS.items()}
