"""Reads what each kind of document says: tables of a page, lines of a PDF, sheets of a workbook, a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl

MINUS, DASH = "\u2212", "\u2013"
# A number as documents show it, with what may stand around it.
NUMBER = re.compile(rf"[{MINUS}-]?\d[\d,]*(?:\.\d+)?%?")

# What may stand behind it: a mark, or what it counts.
UNIT = re.compile(r"(?:[*x]+| USD| [a-z]{1,10})$")


@dataclass
class Found:
    """A table: its section and title, its headings, its rows."""

    section: str
    title: str
    rows: list[list[str]] = field(default_factory=list)

    @property
    def head(self) -> list[str]:
        return self.rows[0]

    @property
    def body(self) -> list[list[str]]:
        return self.rows[1:]


class Page(HTMLParser):
    """A page as a reader of its text finds it: tables, and the pairs that stand as cards or facts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tables: list[Found] = []
        self.pairs: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._section, self._title = "", ""
        self._text: list[str] = []
        self._name = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in ("h2", "h3", "td", "th", "dt", "dd"):
            self._text = []
        if tag == "table":
            self.tables.append(Found(self._section, self._title))
        if tag == "tr":
            self.tables[-1].rows.append([])

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._text)
        if tag == "h2":
            self._section = self._title = text
        elif tag == "h3":
            self._title = text
        elif tag in ("td", "th"):
            self.tables[-1].rows[-1].append(text)
        elif tag == "dt":
            self._name = text
        elif tag == "dd":
            self.pairs.append((self._name, text))

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """Every label with the value that stands beside it, of cards and of tables of two columns."""
        two = [(row[0], row[1]) for table in self.tables if len(table.head) == 2 for row in table.body]
        return [*self.pairs, *two]


def sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every sheet of a workbook by its title in the first cell (and by its name), as rows of values."""
    book = openpyxl.load_workbook(path, data_only=True)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for sheet in book:
        rows = list(sheet.iter_rows(values_only=True))
        found.setdefault(str(rows[0][0]), rows)
        found[sheet.title] = rows
    return found


def terminal_tables(text: str) -> dict[str, list[str]]:
    """The lines of each table of a terminal by title, without blanks; the first one holds the headings."""
    lines = text.splitlines()
    rules = {k for k, line in enumerate(lines) if line and set(line) == {"\u2500"}}
    found: dict[str, list[str]] = {}
    title = ""
    for k, line in enumerate(lines):
        if k + 2 in rules:
            title = line.strip()
        elif title and line.strip() and k not in rules:
            found.setdefault(title, []).append(squeezed(line))
    return found


def squeezed(text: str) -> str:
    """A text without blanks."""
    return "".join(text.split())


def value_of(shown: str) -> float | None:
    """The number that a text shows, None where it shows none."""
    found = NUMBER.fullmatch(UNIT.sub("", shown.strip()))
    if found is None:
        return None
    size = float(found[0].replace(MINUS, "-").replace(",", "").rstrip("%"))
    return size / 100.0 if found[0].endswith("%") else size


def shows(shown: str, value: float) -> bool:
    """Whether a text shows a value, at as many decimals as it has."""
    mine = value_of(shown)
    if mine is None:
        return False
    digits = re.search(r"\.(\d+)", shown)
    unit = 10.0 ** -(len(digits[1]) if digits else 0) * (0.01 if "%" in shown else 1.0)
    return abs(mine - value) <= 0.5 * unit * (1.0 + 1e-9) + 1e-12


def at(values: Mapping[str, Any], *keys: Any) -> Any:
    """A value within nested ones."""
    for key in keys:
        values = values[key]
    return values
