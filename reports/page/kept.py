"""A report's content as a file of its folder, from which every document can be made again without its prices."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from .document import KEPT as KEPT
from .document import Document
from .figure import Figure
from .json import plain
from .section import Header, Section
from .table import Column, Table


def pack(document: Document, more: Mapping[str, Any] | None = None) -> bytes:
    """A document as bytes, the same for the same one; more: what its workbook has besides, as JSON takes it."""
    made = document.made_at
    values = {**plain(replace(document, made_at=None)), "made_at": None if made is None else made.isoformat()}
    if more:
        values["workbook"] = plain(more)
    text = json.dumps(values, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def unpack(data: bytes) -> Document:
    """The document of such bytes. Raises ValueError, KeyError or TypeError for others."""
    return unpack_all(data)[0]


def unpack_all(data: bytes) -> tuple[Document, dict[str, Any]]:
    """The same with what stands there for the workbook."""
    try:
        values = json.loads(gzip.decompress(data))
    except (OSError, EOFError, zlib.error) as problem:
        raise ValueError(str(problem)) from problem
    more = values.get("workbook") or {}
    return _document(values), more


def _document(values: Mapping[str, Any]) -> Document:
    moment = values["made_at"]
    return Document(
        _header(values["header"]),
        tuple(_section(one) for one in values["sections"]),
        None if moment is None else datetime.fromisoformat(moment),
    )


def _header(values: Mapping[str, Any]) -> Header:
    tuples = {name: tuple(values[name]) for name in ("badges", "good", "doubts")}
    figures, picture = values["figures"], values["picture"]
    parts = {
        "figures": None if figures is None else _table(figures),
        "picture": None if picture is None else _figure(picture),
    }
    return Header(**{**values, **tuples, **parts})


def _section(values: Mapping[str, Any]) -> Section:
    cards = values["cards"]
    return Section(
        **{
            **values,
            "text": tuple(values["text"]),
            "facts": tuple((name, value) for name, value in values["facts"]),
            "cards": None if cards is None else _table(cards),
            "figures": tuple(_figure(one) for one in values["figures"]),
            "tables": tuple(_table(one) for one in values["tables"]),
            "items": tuple(values["items"]),
        }
    )


def _table(values: Mapping[str, Any]) -> Table:
    rows = tuple(tuple(str(cell) for cell in row) for row in values["rows"])
    return Table(**{**values, "columns": tuple(Column(**one) for one in values["columns"]), "rows": rows})


def _figure(values: Mapping[str, Any]) -> Figure:
    return Figure(**{**values, "data": tuple(values["data"])})
