"""A universe of tickers as a caller gives them: text with commas, a list, or lists by bucket."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hedgebook.errors import UniverseError, together

from ..names import listed
from ..refusal.foreign import text_of

# The bucket of a plain list.
BUCKET = "tickers"
FORM = 'Write tickers as in "CEG, VST" or ["CEG", "VST"], or by bucket as in {"power": ["CEG", "VST"]}.'
# One ticker alone, which is told from a misspelt name by its capitals.
ONE = re.compile(r"[A-Z0-9^][A-Z0-9.^=_-]{0,14}")


def is_list(given: object, shipped: Collection[str]) -> bool:
    """Whether text names tickers and not a universe or a file: with commas between them, or one in capitals."""
    text = str(given)
    if not isinstance(given, str) or text in shipped or "/" in text:
        return False
    return "," in text or (ONE.fullmatch(text) is not None and any(c.isalpha() for c in text) and text != "TOML")


def tables_of(tickers: object) -> list[dict[str, Any]]:
    """The buckets of tickers as `Universe.of` takes them, as tables. Raises UniverseError for what is no ticker."""
    buckets = _buckets(tickers)
    problems = [problem for bucket, names in buckets for problem in _wrong(bucket, names)]
    if not any(names for _, names in buckets):
        problems.append(UniverseError("there is no ticker", where="Universe.of: tickers", remedy=FORM))
    if problems:
        raise together(problems)
    return [{"name": bucket, "members": [{"ticker": ticker} for ticker in names]} for bucket, names in buckets]


def _buckets(tickers: object) -> list[tuple[str, list[object]]]:
    if isinstance(tickers, Mapping):
        return [(text_of(bucket), _names(given)) for bucket, given in tickers.items()]
    return [(BUCKET, _names(tickers))]


def _names(given: object) -> list[object]:
    if isinstance(given, str):
        return list(dict.fromkeys(listed(given)))
    if isinstance(given, Iterable):
        return [one.strip() if isinstance(one, str) else one for one in given]
    return [given]


def _wrong(bucket: str, names: list[object]) -> Iterable[UniverseError]:
    for one in names:
        if not isinstance(one, str) or not one:
            where = f"Universe.of: {bucket}"
            yield UniverseError("this is no ticker", where=where, value=text_of(one), remedy=FORM)
