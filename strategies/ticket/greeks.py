"""The greeks of an account before and after a ticket's orders, by ticker and bucket, and what limits see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        return _summed(held.options.greeks_by(tickers).loc[list(tickers)], buckets)
    if held.positions is not None:
        values = dict(zip(held.positions.tickers, held.positions.values_usd.tolist(), strict=True))
        return _greeks_of_shares(values, held.positions.buckets)
    return _greeks_of_shares({}, ())


def _greeks_of_shares(values_usd: Mapping[str, float], buckets: Sequence[str | None]) -> pd.DataFrame:
    """The same of shares alone, worth values_usd by ticker."""
    if not values_usd:
        nothing = pd.MultiIndex.from_tuples([(BOOK, BOOK)], names=["kind", "of"])
        return pd.DataFrame(0.0, index=nothing, columns=list(GREEKS))
    by_ticker = pd.DataFrame(0.0, index=list(values_usd), columns=list(GREEKS))
    by_ticker["delta_usd"] = list(values_usd.values())
    return _summed(by_ticker, buckets)


def _summed(by_ticker: pd.DataFrame, buckets: Sequence[str | None]) -> pd.DataFrame:
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
    return _without_sign(greeks_of(after))


def limited_shares(values_usd: Mapping[str, float], buckets: Sequence[str | None]) -> dict[str, dict[str, float]]:
    """The same of shares alone, worth values_usd by ticker, each in a bucket."""
    return _without_sign(_greeks_of_shares(values_usd, buckets))


def _without_sign(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    names = [str(of) for _, of in table.index]
    return {kind: dict(zip(names, table[column].abs().tolist(), strict=True)) for column, kind in LIMITS.items()}
