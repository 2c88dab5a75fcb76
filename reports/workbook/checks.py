"""The sheet of checks: what the formulas of the workbook come to beside what the engine said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .book import Book, Kind
from .grid import Column, Grid

NAMES = ("Check", "Workbook", "Engine", "Difference", "Relative", "Holds")
RELATIVE, OF_SCALE = "1E-9", 1e-12
TITLE = "Checks"
NOTE = (
    "Workbook: live formulas. Engine: the numbers as simulated. A check holds within 1e-9 of the number, or 1e-12 of "
    "capital (USD) or of 1 (ratios). After a change of data the checks show what it changed."
)


@dataclass(frozen=True)
class Check:
    """workbook: a cell, as formulas write it; engine: its value, NaN where undefined; scale: 1, or capital for USD.

    gap: the difference where it is known to be another than zero.
    """

    what: str
    workbook: str
    engine: float
    scale: float = 1.0
    gap: float = 0.0


class Checks:
    """The sheet of checks, made before they are known because it stands before others."""

    def __init__(self, book: Book, count: int) -> None:
        self.book = book
        self.grid = Grid(book, "Checks", NAMES, count)

    def failing(self) -> str:
        """How many do not hold, as a formula."""
        return f'COUNTIF({self.grid.span("Holds")},"NO")'

    def write(self, checks: Sequence[Check]) -> None:
        """Write the sheet."""
        here = self.grid.here

        def difference(k: int) -> str:
            a, b = here("Workbook", k), here("Engine", k)
            return f'IF(OR({a}="",{b}=""),IF(AND({a}="",{b}=""),0,1),ABS({a}-{b}))'

        def relative(k: int) -> str:
            b = here("Engine", k)
            return f'IF({b}="",{here("Difference", k)},IF({b}=0,0,{here("Difference", k)}/ABS({b})))'

        def holds(k: int) -> str:
            near = f"{here('Difference', k)}<={OF_SCALE * checks[k].scale!r}"
            within = f'AND({here("Engine", k)}<>"",{here("Difference", k)}<={RELATIVE}*ABS({here("Engine", k)}))'
            return f'IF(OR({near},{within}),"yes","NO")'

        gaps = [check.gap for check in checks]
        shares = [
            gap / (abs(check.engine) or math.inf) if gap else 0.0 for gap, check in zip(gaps, checks, strict=True)
        ]
        self.grid.write(
            TITLE,
            NOTE,
            [
                Column("Check", Kind.TEXT, [check.what for check in checks]),
                Column(
                    "Workbook", Kind.NUMBER, [c.engine + c.gap for c in checks],
                    lambda k: f'IF({checks[k].workbook}="","",{checks[k].workbook})',
                ),
                Column("Engine", Kind.NUMBER, [check.engine for check in checks]),
                Column("Difference", Kind.TINY, gaps, difference),
                Column("Relative", Kind.TINY, shares, relative),
                Column("Holds", Kind.TEXT, ["yes"] * len(checks), holds),
            ],
            table="checks",
        )  # fmt: skip
        bad = self.book.file.add_format({"bg_color": "#FECACA", "font_color": "#7F1D1D", "bold": True})
        cells = self.grid.span("Holds", local=True).replace("$", "")
        self.grid.sheet.conditional_format(cells, {"type": "cell", "criteria": "==", "value": '"NO"', "format": bad})
