"""The numbers of a price file as they stand there, whatever universe they were meant for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError, did_you_mean

from ..layouts.price_layout import PriceLayout, as_layout
from ..market import Field
from .align import collect, scatter, ticker_codes
from .layout import find_layout
from .read import RawTable, frame_sha256
from .validate import refuse_bad_cells

SHOWN = 8


@dataclass(frozen=True, eq=False)
class PriceFields:
    """Prices of K tickers over consecutive sessions of the exchange: (T, K) float64 a field, NaN without a value.

    tickers: in the order of the file; absent: those asked for that the file lacks. A wide file has closes alone.
    """

    source: str
    sha256: str
    layout: Literal["long", "wide"]
    sessions: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    fields: dict[Field, NDArray[np.float64]]
    absent: tuple[str, ...] = ()

    def has(self, field: Field) -> bool:
        """Whether there is any value of a field."""
        return bool(np.isfinite(self.fields[field]).any())

    def frame(self, field: Field) -> pd.DataFrame:
        """One field as a (T, K) DataFrame indexed by session."""
        index = pd.DatetimeIndex(self.sessions.astype("datetime64[ns]"), name="session")
        return pd.DataFrame(self.fields[field], index=index, columns=list(self.tickers))


def read_fields(
    path: str | Path | pd.DataFrame | RawTable,
    tickers: Sequence[str] | None = None,
    layout: str | PriceLayout | None = None,
) -> PriceFields:
    """Prices of some tickers of a file, None = all; dates and numbers are checked as `load_market` does.

    They are read to be compared: no universe decides, nothing is masked, and prices outside low and high and moves
    as of unadjusted splits are left as they are.
    Raises PriceDataError for a file that cannot be used and where it has none of the tickers.
    """
    # Imported here: files and sources are read with this room's own readers.
    from ..price_files.open import open_prices

    table = open_prices(path, as_layout(layout), tickers or (), tickers).table
    columns = find_layout(table)
    found = ticker_codes(table, columns)
    there = set(found.names)
    wanted = found.names if tickers is None else tuple(t for t in dict.fromkeys(tickers) if t in there)
    absent = () if tickers is None else tuple(t for t in dict.fromkeys(tickers) if t not in there)
    if not wanted:
        raise PriceDataError(
            "none of these tickers has prices in it",
            where=table.source,
            value=", ".join(absent[:SHOWN]) or "no ticker",
            remedy=did_you_mean(absent[0] if absent else "", found.names),
        )
    cells = collect(table, columns, wanted, found)
    refuse_bad_cells(cells, ranges=False)
    grid = scatter(cells)
    if grid is None:
        raise PriceDataError("there is no price in it", where=table.source, value=", ".join(wanted[:SHOWN]))
    sha256 = table.sha256 or frame_sha256(list(table.names), list(table.columns))
    return PriceFields(table.source, sha256, columns.kind, grid.sessions, wanted, grid.fields, absent)
