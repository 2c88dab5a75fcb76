"""Whose prices a file without a column of tickers holds."""

from __future__ import annotations

import re
from collections.abc import Collection

from hedgebook.errors import PriceDataError

TOKEN = re.compile(r"[A-Za-z0-9.^=-]+")
AS_WRITTEN = re.compile(r"\^?[A-Z0-9][A-Z0-9.=-]{0,11}")
ENDINGS = (".csv.gz", ".csv.zip", ".csv", ".zip", ".parquet", ".pq", ".txt", ".xlsx")
# Words that download pages put into names of files, which some tickers share in small letters.
WORDS = {"historicaldata", "historical", "history", "data", "daily", "adjusted", "us", "d", "prices", "price", "max"}


def ticker_of_file(source: str, known: Collection[str]) -> str:
    """The ticker that a file is named after: the one of `known` in its name, else a name that looks like a ticker.

    Raises PriceDataError where neither says it.
    """
    stem = source
    for ending in ENDINGS:
        if stem.lower().endswith(ending):
            stem = stem[: -len(ending)]
            break
    by_upper = {name.upper(): name for name in known}
    parts = [part for piece in TOKEN.findall(stem) for part in (piece, *piece.split("."), *piece.split("-"))]
    found = {by_upper[part.upper()] for part in parts if part.upper() in by_upper and part not in WORDS}
    if stem.upper() in by_upper:
        return by_upper[stem.upper()]
    if len(found) == 1:
        return found.pop()
    if not found and AS_WRITTEN.fullmatch(stem):
        return stem
    raise PriceDataError(
        "no column says whose prices these are, and the file's name does not either",
        where=source,
        value=", ".join(sorted(found)) or stem,
        remedy="Say it: --ticker META, or name the file META.csv.",
    )
