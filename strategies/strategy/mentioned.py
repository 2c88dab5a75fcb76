"""Which names a strategy, a book or a schedule speaks of, so that their prices can be read before it is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

# Parameters that hold words and not names.
WORDS = ("name", "title", "thesis", "expected_sign", "refuted_by", "event", "source", "notes")
DEEPEST = 6


def mentioned(given: Any) -> list[str]:
    """Every text that may be a ticker in parameters, holdings, a schedule or the columns of a table, once."""
    return list(dict.fromkeys(_texts(given, DEEPEST)))


def _texts(given: Any, levels: int) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif given is None or isinstance(given, Path | int | float) or levels == 0:
        return
    elif isinstance(given, Mapping):
        for key, value in given.items():
            yield from _texts(key, levels - 1)
            yield from _texts(value, levels - 1)
    elif isinstance(given, list | tuple | set | frozenset):
        for value in given:
            yield from _texts(value, levels - 1)
    elif isinstance(given, BaseModel):
        for name in type(given).model_fields:
            if name not in WORDS:
                yield from _texts(getattr(given, name), levels - 1)
    elif is_dataclass(given) and not isinstance(given, type):
        for part in fields(given):
            if part.name not in WORDS:
                yield from _texts(getattr(given, part.name, None), levels - 1)
    else:
        yield from _labels(given)


def _labels(given: Any) -> Iterator[str]:
    """Columns of a DataFrame; of a Series by ticker its index."""
    columns = getattr(given, "columns", None)
    labels = columns if columns is not None else getattr(given, "index", None)
    if labels is not None and not callable(labels):
        yield from (label for label in labels if isinstance(label, str))
