"""From a file of corporate actions to Actions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError, did_you_mean

from ..checks import takes
from ..prices.cells import MISSING, text_of, to_days, to_numbers
from ..prices.read import RawTable, frame_sha256, read_prices
from .actions import ACTIONS, COLUMNS, ActionKind, Actions, letters_of

NAMES = {
    **{name: name for name in COLUMNS},
    "exdate": "date",
    "symbol": "ticker",
    "action": "kind",
    "type": "kind",
    "amount": "value",
    "ratio": "value",
    "newticker": "into",
    "newsymbol": "into",
}
NEEDED = ("date", "ticker", "kind", "value")
RATIO = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?::|-?for-?|/)\s*(\d+(?:\.\d+)?)\s*")


@takes(given=ACTIONS)
def load_actions(given: str | Path | pd.DataFrame | Actions) -> Actions:
    """Corporate actions from a file (`given`: .csv, .csv.gz, .parquet, .pq), a DataFrame, or as they are.

    Columns: date (the ex-date), ticker, kind (dividend, split, spinoff, symbol, merger, delisting), value (cash or
    shares a share, see `ActionKind`; a split may be written 10:1), and where needed into (the ticker whose shares
    come), price (worth of one such share at the ex-date, else its own first price) and cash (what a merger pays beside
    shares). Raises PriceDataError that names file, row, value and remedy.
    """
    if isinstance(given, Actions):
        return given
    table = read_prices(given)
    at = _columns(table)
    days, reasons, codes = to_days(table.columns[at["date"]])
    for code in codes.tolist() if reasons else ():
        if code in reasons:
            row = int(np.flatnonzero(codes == code)[0])
            raise _wrong(table, row, at["date"], reasons[code])
    kinds = _texts(table, at["kind"])
    values = _values(table, at["value"], kinds)
    return Actions(
        dates=days[codes],
        tickers=_texts(table, at["ticker"]),
        kinds=kinds,
        values=values,
        into=_texts(table, at.get("into")),
        price=_numbers(table, at.get("price"), np.nan),
        cash=_numbers(table, at.get("cash"), 0.0),
        source=table.source,
        sha256=table.sha256 or frame_sha256(list(table.names), list(table.columns)),
        places=tuple(table.place(row) for row in range(len(table.places))),
    )


def _columns(table: RawTable) -> dict[str, int]:
    """Position of each column that means something."""
    found: dict[str, int] = {}
    for i, name in enumerate(table.names):
        meant = NAMES.get(letters_of(name))
        if meant is not None:
            if meant in found:
                what = f"two columns stand for {meant}"
                raise PriceDataError(what, where=table.source, value=f"{table.names[found[meant]]!r}, {name!r}")
            found[meant] = i
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise PriceDataError(
            f"a file of actions has no column {missing[0]}",
            where=table.source,
            value=", ".join(table.names)[:200],
            bound=f"{', '.join(NEEDED)}, and where needed {', '.join(COLUMNS[4:])}",
            remedy=did_you_mean(missing[0], table.names),
        )
    return found


def _texts(table: RawTable, position: int | None) -> tuple[str, ...]:
    if position is None:
        return ()
    cells = table.columns[position].to_pylist()
    words = ("" if cell is None or cell != cell else str(cell).strip() for cell in cells)
    return tuple("" if word in MISSING else word for word in words)


def _numbers(table: RawTable, position: int | None, empty: float) -> NDArray[np.float64] | None:
    if position is None:
        return None
    values, bad = to_numbers(table.columns[position])
    if bad is not None:
        raise _wrong(table, int(np.argmax(bad)), position, "this is not a number")
    return np.where(np.isnan(values), empty, values)


def _values(table: RawTable, position: int, kinds: tuple[str, ...]) -> NDArray[np.float64]:
    """Values as numbers, of which "10:1" is one; a change of symbol without one is of share for share."""
    values, bad = to_numbers(table.columns[position])
    values = values.copy()
    for row in np.flatnonzero(bad).tolist() if bad is not None else ():
        ratio = RATIO.fullmatch(text_of(table.columns[position], row))
        if ratio is None or float(ratio[2]) == 0.0:
            raise _wrong(table, row, position, "this is not a number")
        values[row] = float(ratio[1]) / float(ratio[2])
    symbol = np.array([kind.strip().lower().startswith((ActionKind.SYMBOL, "rename")) for kind in kinds], dtype=bool)
    values[symbol & np.isnan(values)] = 1.0
    return values


def _wrong(table: RawTable, row: int, position: int, what: str) -> PriceDataError:
    cell: Any = text_of(table.columns[position], row)
    return PriceDataError(what, where=f"{table.source}, {table.place(row)}, {table.names[position]}", value=cell)
