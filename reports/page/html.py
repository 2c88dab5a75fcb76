"""Reports as one HTML file that needs nothing else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError

from .figure import DARK, Figure
from .files import write_whole_text
from .json import plain
from .section import Header, Section, arranged
from .table import Table

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

    from .document import Document

TEMPLATES = Path(__file__).parent / "templates"
CHARACTER_PX, CELL_PX, BESIDE_PX, MOST_BESIDE_ROWS, MOST_BESIDE_PX = 7.6, 26.0, 470.0, 18, 620
# Words of a cell up to so many characters stand on one line; longer ones on four or five.
MOST_UNBROKEN, MOST_LINES, LEAST_BROKEN, MOST_BROKEN, MOST_STICKY = 26, 3.6, 22, 90, 20
# A word of more letters is no word, and may go on in the next line; a capital is so many times as wide as a digit.
LONGEST_WORD, CAPITAL = 40, 1.25
# A table that is wider than a page has room for has its columns closer together.
PAGE_PX, NARROWEST, ARROW_PX = 1040.0, 0.8, 12.0
# A number that is marked as the best of its column.
BEST = re.compile(r"\* ?[\u2212+]?\d")
# What a check says, as a whole cell, and the class of its colour.
VERDICTS = {"PASS": "good", "FAIL": "bad", "WARN": "bad", "NOT EVALUATED": "bad"}
# What could end a script element or start a comment in it; JSON reads the escapes back as the same text.
SCRIPT_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render_page(top: Header, parts: Sequence[Section]) -> str:
    """A page as HTML text: figures as SVG, one small script, nothing loaded from anywhere.

    What says how the figures were made stands after what they are.
    """
    from markupsafe import Markup

    shown = arranged(top, parts)
    ends = [part for part in shown if part.end]
    return _template().render(
        header=top,
        sections=shown,
        ends=ends,
        place=_place(shown, parts),
        style=Markup(_style()),
        script=Markup(_script()),
    )


def render_document(document: Document) -> str:
    """The page of a document."""
    return render_page(document.header, document.sections)


def write_page(text: str, path: str | Path) -> Path:
    """Write a page to a file, all of it or nothing, and return its path. Raises RunFolderError where that fails."""
    path = Path(path)
    try:
        write_whole_text(text, path)
    except OSError as problem:
        raise RunFolderError(
            f"the report cannot be written: {problem.strerror or problem}", where=str(path)
        ) from problem
    return path


def script_json(value: Any) -> Markup:
    """A value as JSON that is safe inside a script element."""
    from markupsafe import Markup

    text = json.dumps(plain(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in SCRIPT_ESCAPES.items():
        text = text.replace(character, escaped)
    return Markup(text)


def _place(shown: Sequence[Section], parts: Sequence[Section]) -> str:
    """The name of the section that the picture comes from, by which links find it; empty where it still stands."""
    kept = {part.name for part in shown}
    return next((part.name for part in parts if part.name not in kept), "")


def drawn(figure: Figure, width_px: int, narrow: bool) -> Markup:
    """A figure as SVG that stands in the page."""
    from markupsafe import Markup

    from ..figures.svg import NAMESPACE, svg

    # Within a page the element needs no namespace.
    return Markup(svg(figure, width_px, narrow).replace(NAMESPACE, "", 1))


def told(figure: Figure) -> dict[str, Any]:
    """What a figure tells where a reader points at it."""
    from .hover import hover

    return hover(figure)


def beside(section: Section) -> bool:
    """Whether a section's one figure and its tables are narrow enough to stand side by side."""
    tables = [table for table in section.tables if table.rows]
    if len(section.figures) != 1 or not tables or section.figures[0].height > MOST_BESIDE_PX:
        return False
    # Under the figure a column of many rows leaves a void, whether they are one table's or several's.
    return (
        all(table_px(one) <= BESIDE_PX for one in tables) and sum(len(one.rows) for one in tables) <= MOST_BESIDE_ROWS
    )


def table_px(table: Table) -> float:
    """About how wide a table is."""
    return CHARACTER_PX * (table.width - 2 * (len(table.columns) - 1)) + CELL_PX * len(table.columns)


def _with_arrows_px(table: Table) -> float:
    """The same with the arrows that sort, which stand beside headings."""
    return table_px(table) + ARROW_PX * len(table.columns)


def looks(table: Table) -> list[Markup]:
    """The classes of each column's cells: found once for all rows, of which there may be thousands."""
    return [_look(table, column) for column in range(len(table.columns))]


def _look(table: Table, column: int) -> Markup:
    """The classes of a column's cells: numbers to the right, words broken so that no row grows too tall."""
    from markupsafe import Markup

    if table.columns[column].right:
        return Markup(' class="n"')
    return _broken(
        [row[column] for row in table.rows], "", max(min(PAGE_PX / max(_with_arrows_px(table), 1.0), 1.0), NARROWEST)
    )


def look_head(table: Table, column: int) -> Markup:
    """The same of its heading: a long one over numbers is broken too."""
    return _broken([table.columns[column].name], "n") if table.columns[column].right else _look(table, column)


def _broken(texts: Sequence[str], side: str, share: float = 1.0) -> Markup:
    """The classes of cells with these texts, set to one side: how wide they are where they must be broken.

    share: of the width that they would like, where the table has no room for all of it.
    """
    from markupsafe import Markup

    longest = max(map(len, texts), default=0)
    if longest <= MOST_UNBROKEN:
        return Markup(f' class="{side}"' if side else "")
    word = max((len(word) for text in texts for word in text.replace("-", "- ").split()), default=0)
    least = math.ceil(CAPITAL * word) if word <= LONGEST_WORD else LONGEST_WORD
    wide = min(max(math.ceil(share * longest / MOST_LINES), LEAST_BROKEN, least), MOST_BROKEN)
    return Markup(f' class="{f"{side} w".strip()}" style="min-width:{wide}ch"')


def table_class(table: Table) -> Markup:
    """The classes of a table: whether its first column stays in sight, and whether its columns stand closer."""
    from markupsafe import Markup

    found = (*(("sticks",) if sticks(table) else ()), *(("tight",) if _with_arrows_px(table) > PAGE_PX else ()))
    return Markup(f' class="{" ".join(found)}"' if found else "")


def broken_name(name: str) -> Markup:
    """A heading that may go on in the next line behind each underscore."""
    from markupsafe import Markup, escape

    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def marked(cell: str) -> str | Markup:
    """A cell: one that its table marks with a star as the best in bold, a verdict of a check in its colour."""
    from markupsafe import Markup, escape

    if cell in VERDICTS:
        return Markup('<b class="{}">{}</b>').format(VERDICTS[cell], cell)

    return Markup("<b>{}</b>").format(escape(cell)) if BEST.match(cell) else cell


def sticks(table: Table) -> bool:
    """Whether the first column stays in sight while the others scroll: one of a few characters does."""
    first = [table.columns[0].name, *(row[0] for row in table.rows)]
    return len(table.columns) > 2 and max(map(len, first)) <= MOST_STICKY


@lru_cache(maxsize=1)
def _style() -> str:
    """The style sheet, with the colours of data on a light and on a dark page."""
    rules = "".join(
        f".figure .f{light[1:]}{{fill:var(--c{light[1:]})}}.figure .s{light[1:]}{{stroke:var(--c{light[1:]})}}\n"
        for light in DARK
    )
    bright = "".join(f"--c{light[1:]}:{light};" for light in DARK)
    dark = "".join(f"--c{light[1:]}:{other};" for light, other in DARK.items())
    turned = f"@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}"
    return f"{_asset('report.css')}:root{{{bright}}}\n{turned}\n{rules}"


@lru_cache(maxsize=1)
def _script() -> str:
    return _asset("report.js").replace("  //TABLES\n", _asset("tables.js"))


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["script_json"] = script_json
    environment.globals |= {
        "drawn": drawn,
        "hover": told,
        "beside": beside,
        "looks": looks,
        "look_head": look_head,
        "table_class": table_class,
        "marked": marked,
        "broken_name": broken_name,
    }
    return environment.get_template("report.html")


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
