"""A report as a PDF: its words handed to typst as data, its figures as vectors."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError

from ..figures.svg import svg
from ..page.document import Document
from ..page.figure import Figure
from ..page.section import Header, Section, arranged
from ..page.table import Table
from .fit import Part, broken, parts_of, shortened

if TYPE_CHECKING:
    import typst

SOURCE = Path(__file__).parent / "report.typ"
FIGURE_PX = 760
# Height over width of the highest figure that fits on both papers with a title and a caption.
TALLEST = 1.14
BOX = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
# Room on a line, in widths of the type that stands there.
TITLE_EM, VERDICT_EM, LINE_EM, FACT_EM, NAME_EM, CARD_EM, HEAD_EM = 23.0, 42.0, 50.0, 38.0, 10.5, 8.5, 54.0
# Embedded in typst; DejaVu, which matplotlib ships, has most other alphabets.
FONTS = ("Libertinus Serif", "DejaVu Sans")
FOREIGN = re.compile("[\u0900-\u1fff\u2e80-\ud7ff\ue000-\uffef\U00010000-\U0010ffff]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def document_pdf(document: Document, paper: str = "a4") -> bytes:
    """A document as a PDF of "a4" or "letter" pages. Raises RunFolderError where it cannot be made."""
    return render_pdf(document.header, document.sections, paper, document.made_at)


def render_pdf(
    header: Header, sections: Sequence[Section], paper: str = "a4", made_at: datetime | None = None
) -> bytes:
    """A report as a PDF, the same bytes for the same report.

    paper: "a4" or "letter"; made_at: the moment that its properties tell, none where None. Raises RunFolderError where
    typst is missing or cannot set it.
    """
    words = json.dumps(_report(header, sections, paper, dated=made_at is not None), ensure_ascii=False)
    try:
        import typst
    except ImportError:
        raise RunFolderError(
            "a PDF needs the package typst, which is not installed",
            where="pdf",
            remedy="Install it: pip install typst. The report itself needs it not.",
        ) from None
    foreign = FOREIGN.search(words) is not None
    try:
        return typst.compile(
            SOURCE.read_bytes(),
            # Letters of alphabets that no font of ours has are looked for among those of the machine.
            font_paths=_fonts(of_machine=foreign),
            sys_inputs={"report": words},
            timestamp=made_at,
            format="pdf",
        )
    except RuntimeError as problem:
        detail = next((line for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
        raise RunFolderError(f"the PDF cannot be set: {detail}", where="pdf") from problem


@lru_cache(maxsize=2)
def _fonts(*, of_machine: bool) -> typst.Fonts:
    """The fonts within typst and those that matplotlib ships; of_machine: those that are installed too."""
    import typst

    spec = find_spec("matplotlib")
    folders = [] if spec is None or spec.origin is None else [Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"]
    return typst.Fonts(include_system_fonts=of_machine, font_paths=[str(one) for one in folders if one.is_dir()])


def _report(header: Header, sections: Sequence[Section], paper: str, *, dated: bool) -> dict[str, Any]:
    """Everything that stands in the report, as typst's source takes it."""
    shown = arranged(header, sections)
    labels = {section.name for section in shown}
    report = {
        "paper": {"a4": "a4", "letter": "us-letter"}[paper],
        "fonts": FONTS,
        "dated": dated,
        "title": broken(header.title, TITLE_EM),
        "name": broken(header.name, LINE_EM),
        "running": shortened(
            header.title if header.title == header.name else f"{header.title} ({header.name})", HEAD_EM
        ),
        "foot": shortened("; ".join(header.badges), HEAD_EM),
        "event": broken(header.event, LINE_EM),
        "verdict": broken(header.verdict, VERDICT_EM),
        "badges": [broken(badge, LINE_EM) for badge in (*header.badges, *header.doubts)],
        "good": [broken(badge, LINE_EM) for badge in header.good],
        "tradable": broken(header.tradable, LINE_EM),
        "cards": None if header.figures is None else _cards(header.figures),
        "picture": None if header.picture is None else _figure(header.picture),
        "warnings": header.warnings,
        "linked": "warnings" in labels,
        "sections": [_section(section, k, paper) for k, section in enumerate(shown)],
    }
    cleaned: dict[str, Any] = _clean(report)
    return cleaned


def _section(section: Section, k: int, paper: str) -> dict[str, Any]:
    several = len(section.tables) > 1
    tables = [
        _table(one, paper, title=one.title if several or one.title != section.title else "") for one in section.tables
    ]
    alone = not any((section.facts, section.cards, section.text, section.figures))
    return {
        # A section that begins with a turned table has its title on that sheet.
        "turned": alone and any(part["wide"] for table in tables[:1] for part in table["parts"][:1]),
        "label": "warnings" if section.name == "warnings" else f"section-{k}",
        "title": broken(section.title, TITLE_EM),
        "facts": [(broken(name, NAME_EM), broken(value, FACT_EM)) for name, value in section.facts],
        "cards": None if section.cards is None else _cards(section.cards),
        "text": [broken(words, LINE_EM) for words in section.text],
        "figures": [_figure(one) for one in section.figures],
        "tables": tables,
        "items": [broken(words, LINE_EM - 2.0) for words in section.items],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    """A figure as wide as the page or, where it would be higher than one, as high as fits with its caption."""
    drawn = svg(figure, FIGURE_PX)
    box = BOX.search(drawn)
    tall = box is not None and float(box[2]) > TALLEST * float(box[1])
    return {"svg": drawn, "caption": broken(figure.caption, LINE_EM), "tall": tall}


def _cards(cards: Table) -> dict[str, Any]:
    rows = [(broken(name, 1.5 * CARD_EM), broken(value, CARD_EM)) for name, value in cards.rows]
    return {"rows": rows, "note": broken(cards.note, LINE_EM)}


def _table(table: Table, paper: str, *, title: str) -> dict[str, Any]:
    parts = parts_of(table, paper) if table.rows else ()
    return {
        "title": broken(title, LINE_EM),
        "note": broken(table.note, LINE_EM),
        "parts": [
            {
                "size": part.size_pt,
                "gap": part.gap_pt,
                "wide": part.turned,
                "widths": part.widths_pt,
                "right": [table.columns[j].right for j in part.columns],
                "heads": _row(part, [column.name for column in table.columns]),
                "rows": [_row(part, row) for row in table.rows],
                "totals": table.totals,
            }
            for part in parts
        ],
    }


def _row(part: Part, cells: Sequence[str]) -> list[str]:
    """The cells of the columns of a part, with words broken that are wider than their column."""
    return [broken(cells[j], max(room, 2.0)) for j, room in zip(part.columns, part.rooms_em, strict=True)]


def _clean(value: Any) -> Any:
    """The same without control characters, which no paper shows, and halves of letters."""
    if isinstance(value, str):
        return CONTROL.sub("\ufffd", value)
    if isinstance(value, dict):
        return {name: _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value
