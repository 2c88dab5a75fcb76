"""Tables with a column for each pair of field and ticker, as yfinance gives and writes them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..prices.read import LEVELS, RawTable
from .adjusted import ADJUSTED, PAID, SPLIT, on_adjusted_scale
from .beside import Beside
from .dates import local_days
from .table import Recognised, squeezed, stacked

NAME = "yfinance"
PRICES = ("open", "high", "low", "close", "volume")
FIELD_NAMES = {*PRICES, *ADJUSTED, "dividends", "stocksplits", "capitalgains", "repaired"}
# What pandas writes of a column with two names to Parquet and as one name.
AS_TUPLE = re.compile(r"""\(\s*(['"])(.*?)\1\s*,\s*(['"])(.*?)\3\s*\)""")
TAKEN = "the close is taken as adjusted for splits and dividends (auto_adjust)"


def read_pairs(table: RawTable) -> Recognised | None:
    """A long table of one with two names a column, in either order: in the names themselves or in two rows of a CSV."""
    found = _in_names(table) or _in_rows(table)
    if found is None:
        return None
    table, date, pairs = found
    by_ticker: dict[str, dict[str, Any]] = {}
    for position, (first, second) in pairs.items():
        field, ticker = (first, second) if squeezed(first) in FIELD_NAMES else (second, first)
        by_ticker.setdefault(ticker.strip(), {})[squeezed(field)] = table.columns[position]
    notes: dict[str, None] = {}
    groups, both, days = [], [], local_days(table.columns[date])
    for ticker, columns in by_ticker.items():
        kept = {name: column for name, column in columns.items() if name in PRICES}
        adjusted = next((columns[name] for name in ADJUSTED if name in columns), None)
        note = TAKEN
        if adjusted is not None and "close" in columns:
            paid, split = (next((columns[n] for n in names if n in columns), None) for names in (PAID, SPLIT))
            both.append(Beside(ticker, days, columns["close"], adjusted, paid, split))
        if adjusted is not None:
            kept, note = on_adjusted_scale(kept, adjusted)
        notes[note] = None
        groups.append((ticker, kept))
    return Recognised(stacked(table, days, groups), NAME, tuple(notes), tuple(both))


Pairs = dict[int, tuple[str, str]]


def _in_names(table: RawTable) -> tuple[RawTable, int, Pairs] | None:
    pairs: Pairs = {}
    rest = []
    for i, name in enumerate(table.names):
        as_tuple = AS_TUPLE.fullmatch(name)
        if as_tuple:
            pairs[i] = (as_tuple[2], as_tuple[4])
        elif LEVELS in name:
            first, _, second = name.partition(LEVELS)
            pairs[i] = (first, second)
        else:
            rest.append(i)
    # An index that was written as a column has an empty second name.
    dates = [i for i, pair in pairs.items() if squeezed(pair[0]) in ("date", "datetime") and not pair[1]]
    for i in dates:
        del pairs[i]
    if not _plausible(pairs) or len(rest) + len(dates) != 1:
        return None
    return table, (dates or rest)[0], pairs


def _in_rows(table: RawTable) -> tuple[RawTable, int, Pairs] | None:
    """Two header rows, and a third that names the index, as DataFrame.to_csv writes them."""
    if table.unit != "line" or len(table.places) < 2 or len(table.names) < 2:
        return None
    second = [str(column[0].as_py() or "").strip() for column in table.columns]
    third = [str(column[1].as_py() or "").strip() for column in table.columns]
    if squeezed(third[0]) not in ("date", "datetime") or any(third[1:]):
        return None
    pairs = {i: (table.names[i], second[i]) for i in range(1, len(table.names))}
    if not _plausible(pairs):
        return None
    rest = replace(table, columns=tuple(column.slice(2) for column in table.columns), places=table.places[2:])
    return rest, 0, pairs


def _plausible(pairs: Pairs) -> bool:
    """Whether one of the two names is a field throughout, and closes are among them."""
    if not pairs:
        return False
    for k in (0, 1):
        fields = {squeezed(pair[k]) for pair in pairs.values()}
        if fields <= FIELD_NAMES and fields & {"close", *ADJUSTED}:
            return True
    return False
