"""Queries that only read: one SELECT, which cannot end early and start something else."""

from __future__ import annotations

import re

from hedgebook.errors import PriceDataError

# What a semicolon or a word may stand in without meaning anything: text, quoted names, comments.
PASSIVE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/""", re.DOTALL
)  # fmt: skip
FIRST_WORD = re.compile(r"[\s(]*([A-Za-z]+)")


def only_select(query: str, *, where: str) -> str:
    """The query without a last semicolon. Raises PriceDataError for what is not one SELECT, or WITH ... SELECT."""
    bare = PASSIVE.sub(lambda found: " " if found[0].startswith(("--", "/*")) else "''", query).strip()
    ends = bare.endswith(";")
    bare = bare.rstrip("; \n\t\r")
    word = FIRST_WORD.match(bare)
    first = "" if word is None else word[1].upper()
    if first not in ("SELECT", "WITH") or ";" in bare:
        raise PriceDataError(
            "only one SELECT can be asked for",
            where=f"{where}, query",
            value=first or None if first not in ("SELECT", "WITH") else "several statements",
            bound="SELECT ..., or WITH ... SELECT ...",
            remedy="Nothing was run.",
        )
    # A last semicolon is outside text and comments here, so that the last one of the query is the one.
    return query[: query.rindex(";")] if ends and query.rstrip().endswith(";") else query
