"""The first screen of a report as a notebook shows it: title, verdict, cards, one figure and the main table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from .document import Document
from .figure import Figure
from .section import Section
from .table import Table, columns

if TYPE_CHECKING:
    import plotly.graph_objects

MOST_BYTES, MOST_ROWS, MOST_LETTERS = 60_000, 20, 400
# A verdict is a sentence or two and is read whole; a name within it may be as long as its file has it.
MOST_VERDICT = 2_000
FIGURE_PX = 760
BOX = "max-width:62em;font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
BADGE = (
    "display:inline-block;margin:0 8px 6px 0;padding:2px 10px;border-radius:4px;border:1px solid currentColor;"
    "background:#fff1e3;color:#8a3b00;font-weight:600"
)
GOOD = BADGE.replace("#fff1e3", "#e9f6ef").replace("#8a3b00", "#1d6b45")
CARD = "display:inline-block;margin:0 26px 8px 0;vertical-align:top"
SOFT = "opacity:.7;font-size:12px"
CELL = "padding:2px 14px 2px 0;white-space:nowrap;text-align:"


_COLUMNS = columns("Figure", "Value")


def first_screen(document: Document, main: Sequence[str] = ()) -> str:
    """A report's first screen as HTML that needs nothing else, of at most 60,000 bytes.

    main: names of the sections whose first table is the main one, the first that has one.
    """
    sections = [section for section in document.sections if not section.end]
    top = _top(document)
    given = [document.header.figures, *(section.cards for section in sections)]
    cards = next((one for one in given if one is not None), None)
    parts = [top, "" if cards is None else _cards(cards)]
    table = main_table(sections, main)
    room = MOST_BYTES - 200 - sum(len(part.encode()) for part in parts)
    shown = "" if table is None else _fitting(table, room)
    figure = next(iter(figures_of(replace(document, sections=tuple(sections))).values()), None)
    drawn = "" if figure is None else _drawn(figure)
    parts += [drawn if len((drawn + shown).encode()) <= room else "", shown]
    return f'<div style="{BOX}">{"".join(parts)}</div>'


def figures_screen(name: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Headline figures by name as HTML, of a result without a report."""
    rows = tuple(pairs)
    return f'<div style="{BOX}">{_table(Table(name, _COLUMNS, rows), most=40)}</div>'


def main_table(sections: Sequence[Section], main: Sequence[str]) -> Table | None:
    """The first table with rows, of the sections that are named where one of them has one."""
    named = [section for name in main for section in sections if section.name == name]
    return next((table for section in (*named, *sections) for table in section.tables if table.rows), None)


class FiguresByName(dict[str, "plotly.graph_objects.Figure"]):
    """Figures by name, of which a prompt shows the names."""

    def __repr__(self) -> str:
        return f"<{len(self)} figures: {', '.join(self)}>"


def figures_of(document: Document) -> dict[str, Figure]:
    """Every figure of a report by name, in the order of the page."""
    picture = document.header.picture
    first = () if picture is None else (picture,)
    return {one.name: one for one in (*first, *(one for part in document.sections for one in part.figures))}


def plotly_figure(figure: Figure) -> plotly.graph_objects.Figure:
    """A figure for a notebook, with what a page turns off: zooming, and a title."""
    import plotly.graph_objects as go

    made = go.Figure(figure.spec)
    made.update_layout(dragmode="zoom", template="plotly_white")
    made.update_xaxes(fixedrange=False)
    made.update_yaxes(fixedrange=False)
    return made


def chosen_figure(document: Document, name: str | None) -> Figure:
    """The figure of that name, the first one for None. Raises ParameterError where there is none."""
    from difflib import get_close_matches

    found = figures_of(document)
    if not found:
        raise ParameterError("there is no figure in this report", where="plot", value=name)
    if name is None:
        return next(iter(found.values()))
    if name not in found:
        close = get_close_matches(name, found, n=1)
        remedy = f"Did you mean {close[0]!r}?" if close else None
        raise ParameterError(
            "there is no such figure", where="plot", value=name, bound=f"one of {', '.join(found)}", remedy=remedy
        )
    return found[name]


def _top(document: Document) -> str:
    header = document.header
    badges = "".join(f'<span style="{BADGE}">{_text(badge)}</span>' for badge in (*header.badges, *header.doubts))
    badges += "".join(f'<span style="{GOOD}">{_text(badge)}</span>' for badge in header.good)
    warned = f" · {header.warnings} warning{'s' if header.warnings > 1 else ''}" if header.warnings else ""
    return (
        f'<div>{badges}</div><div style="font-size:18px;font-weight:600">{_text(header.title)}</div>'
        f'<div style="{SOFT}">{_text(header.event)}</div>'
        f'<div style="margin:6px 0">{_text(header.verdict, MOST_VERDICT)}</div>'
        f'<div style="margin:6px 0">{_text(header.tradable)}</div>'
        f'<div style="{SOFT};margin-bottom:8px">{_text(header.name)}{warned}</div>'
    )


def _cards(cards: Table) -> str:
    made = "".join(
        f'<span style="{CARD}"><span style="{SOFT}">{_text(name)}</span><br><b>{_text(value)}</b></span>'
        for name, value in cards.rows[:12]
    )
    return f'<div style="margin-top:8px">{made}</div><div style="{SOFT}">{_text(cards.note)}</div>'


def _drawn(figure: Figure) -> str:
    from ..figures.svg import svg

    # Ids of a page may not stand twice: a notebook shows many reports on one.
    own = replace(figure, name=f"nb-{figure.name}")
    caption = f'<div style="{SOFT}">{_text(figure.caption)}</div>'
    return f'<div style="background:#fff;color:#1d2129;max-width:{FIGURE_PX}px">{svg(own, FIGURE_PX)}</div>{caption}'


def _fitting(table: Table, room: int) -> str:
    """A table with as many rows and letters as there is room for, in bytes."""
    for most, letters in ((MOST_ROWS, MOST_LETTERS), (MOST_ROWS, 60), (8, 40), (3, 20)):
        cut = tuple(tuple(_shortened(cell, letters) for cell in row) for row in table.rows)
        made = _table(replace(table, rows=cut), most)
        if len(made.encode()) <= room:
            return made
    return f'<div style="{SOFT}">{_text(table.title)}: see .report(path) or .pdf(path).</div>'


def _table(table: Table, most: int = MOST_ROWS) -> str:
    sides = ["right" if column.right else "left" for column in table.columns]
    head = "".join(
        f'<th style="{CELL}{side}">{_text(column.name)}</th>' for column, side in zip(table.columns, sides, strict=True)
    )
    totals = table.rows[len(table.rows) - table.totals :] if table.totals else ()
    body = table.rows[: len(table.rows) - table.totals]
    left_out = len(body) - most
    rows = [_row(row, sides) for row in body[:most]] + [_row(row, sides, "font-weight:600") for row in totals]
    more = f"{counted(left_out, 'more row')}: see .report(path) or .pdf(path). " if left_out > 0 else ""
    return (
        f'<div style="font-weight:600;margin-top:12px">{_text(table.title)}</div>'
        f'<table style="border-collapse:collapse;font-size:13px;margin:4px 0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        f'<div style="{SOFT}">{_text(more + table.note)}</div>'
    )


def _row(cells: Sequence[str], sides: Sequence[str], look: str = "") -> str:
    made = "".join(f'<td style="{CELL}{side}">{_text(cell)}</td>' for cell, side in zip(cells, sides, strict=True))
    return f'<tr style="{look}">{made}</tr>' if look else f"<tr>{made}</tr>"


def _text(words: Any, most: int = MOST_LETTERS) -> str:
    """Words as HTML shows them, long ones shortened."""
    text = str(words).encode("utf-8", "replace").decode()
    return escape(_shortened(text, most))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "\u2026"
