"""Text of a workbook: names of sheets that Excel takes, cells that no program reads as a formula, references."""

from __future__ import annotations

import re
from collections.abc import Container

LONGEST_NAME, LONGEST_CELL = 31, 32_000
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# What SUMIFS compares as it stands: no operator, no wildcard, nothing that could be read as a number or a truth.
PLAIN_KEY = re.compile(r"[A-Za-z(][A-Za-z0-9 ._()/&-]*")
READ_AS_OTHER = {"true", "false", "inf", "nan"}


def cell_text(value: object) -> str:
    """Text that can stand in a cell: whole letters of at most the length that a cell holds."""
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def sheet_name(wanted: str, taken: Container[str]) -> str:
    """A name that Excel takes for a sheet: 31 characters without []:*?/\\, unlike all `taken`, which are lower case."""
    plain = NOT_IN_NAMES.sub(" ", cell_text(wanted))
    plain = " ".join(plain.split()).strip("'")[:LONGEST_NAME].strip().strip("'") or "Sheet"
    if plain.lower() == "history":  # Excel keeps this name for itself.
        plain = "History of"
    name, count = plain, 1
    while name.lower() in taken:
        count += 1
        tail = f" {count}"
        name = plain[: LONGEST_NAME - len(tail)].rstrip() + tail
    return name


def quoted(sheet: str) -> str:
    """The name of a sheet as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"


def text_literal(text: str) -> str:
    """A text as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'


def letters(column: int) -> str:
    """The letters of a column, the first being 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def all_plain(keys: list[str]) -> bool:
    """Whether SUMIFS tells all of these keys apart: it knows no case, and reads operators, wildcards and numbers."""
    return len({key.lower() for key in keys}) == len(set(keys)) and all(
        PLAIN_KEY.fullmatch(key) and key.lower() not in READ_AS_OTHER for key in keys
    )
