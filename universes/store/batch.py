"""What one fetch brings: rows of prices and of corporate actions, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from ..arrays import Floats
from ..market import FIELDS
from ..prices.fields import PriceFields
from .schema import ADJUSTED, RAW


@dataclass(frozen=True)
class Asked:
    """What was asked of a source for one ticker, and whether it had prices; first, last: None = open."""

    ticker: str
    first: date | None
    last: date | None
    priced: bool


@dataclass(frozen=True, eq=False)
class Batch:
    """Prices of a fetch. adjusted: total returns; raw: as quoted; actions: ticker, day, kind and value a row.

    origin: what the prices are kept under; source: where they came from, without secrets.
    """

    origin: str
    source: str
    universe: str
    adjusted: PriceFields
    raw: PriceFields | None = None
    actions: tuple[tuple[str, date, str, float], ...] = ()
    asked: tuple[Asked, ...] = ()

    def rows(self) -> Any:
        """All prices as an Arrow table: ticker, session, basis, fields; a row where there is any value."""
        import pyarrow as pa

        pieces = [_rows(self.adjusted, ADJUSTED), *([] if self.raw is None else [_rows(self.raw, RAW)])]
        return pa.concat_tables(pieces)


def _rows(given: PriceFields, basis: str) -> Any:
    import pyarrow as pa

    block = np.stack([given.fields[field] for field in FIELDS])
    at, column = np.nonzero(np.isfinite(block).any(axis=0).T)[::-1]
    names = np.array(given.tickers, dtype=object)[column]
    cells: dict[str, Floats] = {field: block[i][at, column] for i, field in enumerate(FIELDS)}
    return pa.table(
        {
            "ticker": pa.array(names.tolist(), pa.string()),
            "session": pa.array(given.sessions[at].astype("datetime64[D]")),
            "basis": pa.array([basis] * len(at), pa.string()),
            **{field: pa.array(values, pa.float64(), from_pandas=True) for field, values in cells.items()},
        }
    )
