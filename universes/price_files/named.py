"""What the name of a file in a folder of one file a ticker says of whose prices it holds."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePath
from typing import NamedTuple
from urllib.parse import unquote

from hedgebook.errors import PriceDataError

from ..layouts.tickers import AS_WRITTEN, ENDINGS, WORDS, ticker_of_file
from ..prices.cells import TICKER_NAMES

YEAR = re.compile(r"(19|20)\d\d")
# "aapl.us.txt" as Stooq names its files, and other names in small letters beside those of known tickers.
SMALL = re.compile(r"[a-z^][a-z.=^-]{0,9}")


class Hint(NamedTuple):
    """Whose prices a file seems to hold: a ticker and whether it is a known one; no ticker where the name is silent.

    small: whether the name is in small letters, which are a ticker's only where those of known ones are too.
    """

    ticker: str | None
    known: bool
    small: bool = False


def hint_of(name: str, known: Collection[str]) -> Hint:
    """What the name of a file says."""
    stem = stem_of(name)
    try:
        found = ticker_of_file(name, known)
    except PriceDataError:
        small = stem.removesuffix(".us")
        if SMALL.fullmatch(small) and small not in WORDS and not YEAR.fullmatch(small):
            return Hint(small.upper(), False, small=not stem.endswith(".us"))
        return Hint(None, False)
    if found in known:
        return Hint(found, True, small=stem == stem.lower() != stem.upper())
    if YEAR.fullmatch(stem) or stem.lower() in WORDS or not AS_WRITTEN.fullmatch(stem):
        return Hint(None, False)
    return Hint(found, False)


def stem_of(name: str) -> str:
    """A file's name without what it ends in as a price file."""
    for ending in ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def partition_of(relative: PurePath) -> str | None:
    """The ticker of a folder such as ticker=META above a file; None where there is none."""
    for part in reversed(relative.parts[:-1]):
        key, there, value = part.partition("=")
        if there and key.strip().lower() in TICKER_NAMES:
            return unquote(value)
    return None
