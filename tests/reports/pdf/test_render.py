"""Reports on paper: whole, literal, in order, the same bytes each time, and nothing beyond an edge."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import typst

from hedgebook.errors import RunFolderError
from hedgebook.reports.page.axes import axis
from hedgebook.reports.page.figure import Figure, layout
from hedgebook.reports.page.section import Header, Section, arranged
from hedgebook.reports.page.table import Column, Table, columns
from hedgebook.reports.pdf.fit import BREAK, parts_of
from hedgebook.reports.pdf.render import document_pdf, render_pdf
from hedgebook.reports.run.page import run_document
from hedgebook.strategies.run.run import TradeRun

from .paper import lines_of, needs_poppler, reader, sheets_of, told

TOP = Header("A report", "name-of-it", "", "It says something.", (), 0)
MARGIN_PT, CUT_PT = 17 / 25.4 * 72, 0.7
HOSTILE = (
    "#set page(width: 1pt)", "$x^2$", "*bold* _slanted_", "<label> @reference", "back\\slash \\u{41}",
    "`raw` ```more```", "= Heading", "- item", "/* comment */ // rest", '[words](where) #link("there")',
    "~ -- --- ... 'one' \"two\"", "sharp \U0001f680 \U0001f600", "中文測試 日本語 한국어", "עברית", "naïve Ž ß Ω Я",
    '{"json": "text\\n"}', "https://example.com/a?b=c",
)  # fmt: skip


@pytest.fixture(scope="module")
def paper(run: TradeRun) -> bytes:
    return document_pdf(run_document(run))


def long_table(rows: int) -> Table:
    """Numbers that stand nowhere else, under headings with words."""
    names = ("Session", "Mark", "Ticker", "Shares", "Fill price", "Cost")
    draw = np.random.default_rng(7)
    body = tuple(
        (
            f"day-{k:04}",
            "open",
            f"TICK{k:04}",
            f"{-draw.integers(1, 10**6):,}",
            f"{draw.uniform(1, 900):,.4f}",
            f"{k}.25",
        )
        for k in range(rows)
    )
    return Table("All fills", columns(*names, left=3), body, "The note of it.")


@needs_poppler
def test_every_row_of_every_table_stands_on_a_line(run: TradeRun, paper: bytes) -> None:
    lines = lines_of(paper)
    checked = 0
    for section in run_document(run).sections:
        for table in section.tables:
            for part in parts_of(table, "a4") if table.rows else ():
                if any(width is not None for width in part.widths_pt):
                    continue
                for row in table.rows:
                    words = " ".join(" ".join(row[j] for j in part.columns).split())
                    assert words in lines, (table.title, row)
                    checked += 1
    assert checked > 50


@needs_poppler
@pytest.mark.parametrize("shape", ["one_leg", "hindsight", "one_session", "stuck", "free"])
def test_every_cell_is_on_the_paper(every_run: dict[str, TradeRun], shape: str) -> None:
    document = run_document(every_run[shape])
    words = told(document_pdf(document, "letter")).split()
    known = set(words)
    for section in document.sections:
        cells = [cell for table in section.tables for row in table.rows for cell in row]
        cells += [cell for row in (section.cards.rows if section.cards else ()) for cell in row]
        for cell in cells:
            assert set(cell.split()) <= known, (section.name, cell)


@needs_poppler
@pytest.mark.parametrize(("paper_name", "size"), [("a4", (595.28, 841.89)), ("letter", (612.0, 792.0))])
def test_pages_have_the_size_and_nothing_stands_beyond_their_margins(
    run: TradeRun, paper_name: str, size: tuple[float, float]
) -> None:
    wide = Table("Wide", columns("Name", *(f"Column number {k}" for k in range(40))), (("x", *["1,234,567.89"] * 40),))
    words = Table("Words", columns("A", "B", "C", left=3), (("word " * 120, "x" * 300, "7.5"),) * 3)
    section = Section(
        "more", "More", tables=(long_table(150), wide, words), text=("y" * 400,), facts=(("z" * 90,) * 2,)
    )
    document = run_document(run)
    sheets = sheets_of(document_pdf(replace(document, sections=(*document.sections, section)), paper_name))
    assert len(sheets) > 5
    for sheet in sheets:
        assert sorted((sheet.width, sheet.height)) == pytest.approx(sorted(size), abs=0.01)
        for word in sheet.words:
            assert word.left >= MARGIN_PT - CUT_PT, word
            assert word.right <= sheet.width - MARGIN_PT + CUT_PT, word
            assert word.top >= 0.0, word
            assert word.bottom <= sheet.height, word


@needs_poppler
def test_no_two_words_stand_on_one_another() -> None:
    mixed = Table(
        "Mixed",
        (Column("Scenario", right=False), Column("Grounds", right=False), *columns("Loss", "Of NAV", left=0)),
        tuple((f"scenario-{k}", "because of this and of that " * 4, "−1,234,567", "−12.34%") for k in range(9)),
    )
    pdf = render_pdf(TOP, (Section("a", "A", tables=(mixed, long_table(40))),))
    for sheet in sheets_of(pdf):
        for i, one in enumerate(sheet.words):
            for other in sheet.words[i + 1 :]:
                across = min(one.right, other.right) - max(one.left, other.left)
                down = min(one.bottom, other.bottom) - max(one.top, other.top)
                assert across < CUT_PT or down < 0.4 * min(one.bottom - one.top, other.bottom - other.top), (one, other)


def test_the_same_report_gives_the_same_bytes(run: TradeRun, paper: bytes) -> None:
    assert document_pdf(run_document(run)) == paper
    made_at = datetime(2026, 7, 30, 20, 0, tzinfo=UTC)
    dated = document_pdf(replace(run_document(run), made_at=made_at))
    assert dated == document_pdf(replace(run_document(run), made_at=made_at))
    known, unknown = reader(dated).metadata, reader(paper).metadata
    assert known is not None
    assert known.creation_date == made_at
    assert unknown is not None
    assert unknown.creation_date is None


def test_it_is_small_soon_there_and_drawn_with_vectors(run: TradeRun) -> None:
    document = run_document(run)
    start = time.perf_counter()
    pdf = document_pdf(document)
    assert time.perf_counter() - start < 3.0
    assert len(pdf) < 1_000_000
    assert all(not page.images for page in reader(pdf).pages)


@needs_poppler
def test_contents_name_every_section_and_its_page(run: TradeRun, paper: bytes) -> None:
    document = run_document(run)
    sections = arranged(document.header, document.sections)
    pages = [[" ".join(line.split()) for line in page.splitlines()] for page in told(paper).split("\f")]
    found = reader(paper)
    chapters = [
        (entry.title, found.get_destination_page_number(entry))
        for entry in found.outline
        if not isinstance(entry, list)
    ]
    assert [title for title, _ in chapters] == [section.title for section in sections]
    first = " ".join(" ".join(line for line in pages[0]).replace(".", " ").split())
    for title, k in chapters:
        assert k is not None
        assert title in pages[k]
        assert f"{title} {k + 1}" in first
    for k, page in enumerate(pages[:-1]):
        assert any(line.replace(" ", "").endswith(f"{k + 1}/{len(pages) - 1}") for line in page)
        assert k == 0 or any("hedgebook" in line for line in page)


@needs_poppler
def test_a_long_table_has_its_headings_on_every_page_and_no_row_in_two() -> None:
    table = long_table(500)
    pdf = render_pdf(TOP, (Section("fills", "Fills", tables=(table,)),))
    pages = told(pdf, "-layout").split("\f")[:-1]
    assert len(pages) > 5
    heads = " ".join(column.name for column in table.columns)
    rows = []
    for page in pages:
        lines = [" ".join(line.split()) for line in page.splitlines()]
        assert heads in lines
        rows += [line for line in lines if line.startswith("day-")]
    assert rows == [" ".join(row) for row in table.rows]


@needs_poppler
def test_columns_that_do_not_fit_follow_with_the_first_one() -> None:
    names = tuple(f"C{k}" for k in range(60))
    rows = tuple((f"row-{i}", *(f"{1000 * i + k:,}.25" for k in range(60))) for i in range(5))
    table = Table("Wide", columns("Row", *names), rows)
    parts = parts_of(table, "a4")
    assert len(parts) > 1
    assert [j for part in parts for j in part.columns[1:]] == list(range(1, 61))
    lines = lines_of(render_pdf(TOP, (Section("a", "A", tables=(table,)),)))
    for part in parts:
        assert part.columns[0] == 0
        for row in rows:
            assert " ".join(row[j] for j in part.columns) in lines


def test_a_table_that_is_wide_for_one_page_is_turned() -> None:
    rows = tuple(tuple(f"{1000 * i + k:,}.25" for k in range(20)) for i in range(25))
    table = Table("Wide", columns(*(f"C{k}" for k in range(20)), left=0), rows)
    (part,) = parts_of(table, "a4")
    assert part.turned
    pages = reader(render_pdf(TOP, (Section("a", "Its title", tables=(table,)),))).pages
    (turned,) = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert "Its title" in turned.extract_text()
    few = parts_of(replace(table, rows=rows[:5]), "a4")
    assert len(few) == 2
    assert not any(part.turned for part in few)


@needs_poppler
@pytest.mark.parametrize("height", [300, 800, 1400, 4000])
@pytest.mark.parametrize("size", ["a4", "letter"])
def test_a_figure_of_any_height_fits_on_its_page_with_the_caption(height: int, size: str) -> None:
    names = [f"label-{k}" for k in range(height // 40)]
    bars = {"type": "bar", "orientation": "h", "x": list(range(1, len(names) + 1)), "y": names}
    figure = Figure("bars", "The caption of it.", (bars,), layout(height, xaxis=axis(), yaxis=axis(type="category")))
    section = Section("a", "A title", text=("Words before it.",), figures=(figure,))
    sheets = sheets_of(render_pdf(TOP, (section,), size))
    words = [word.text for sheet in sheets for word in sheet.words]
    for name in (*names, "caption"):
        assert name in words
    for sheet in sheets:
        assert all(word.bottom <= sheet.height - 30 for word in sheet.words if "label" in word.text)
    (shown,) = [sheet for sheet in sheets if any(word.text == "label-0" for word in sheet.words)]
    assert any(word.text == "caption" for word in shown.words)


@needs_poppler
def test_whatever_stands_in_the_data_is_printed_as_it_is() -> None:
    table = Table(HOSTILE[0], columns(*HOSTILE[:3], left=3), tuple((text, text, text) for text in HOSTILE), HOSTILE[1])
    cards = Table("Cards", columns("a", "b"), tuple((text[:9], text[:9]) for text in HOSTILE))
    section = Section(
        "a/b #1", HOSTILE[2], HOSTILE, tuple((text, text) for text in HOSTILE), cards, tables=(table,), items=HOSTILE
    )
    top = Header(HOSTILE[3], HOSTILE[4], HOSTILE[5], HOSTILE[0], HOSTILE[:2], 2)
    lines = "\n".join(lines_of(render_pdf(top, (section,))))
    for text in HOSTILE:
        if text == "עברית":
            assert lines.count(text) >= 6 or lines.count(text[::-1]) >= 6
        else:
            assert lines.count(text) >= 6, text


@needs_poppler
def test_control_characters_and_halves_of_letters_are_shown_as_such() -> None:
    assert "a\ufffdb\ufffdc" in told(render_pdf(TOP, (Section("a", "A", text=("a\x00b\ud800c",)),)))


def test_what_typst_refuses_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise RuntimeError("out of paper\n  at line 7")

    monkeypatch.setattr(typst, "compile", refuse)
    with pytest.raises(RunFolderError, match="the PDF cannot be set: out of paper") as caught:
        render_pdf(TOP, ())
    assert "line 7" not in str(caught.value)


def test_without_typst_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(RunFolderError, match="pip install typst"):
        render_pdf(TOP, ())


@needs_poppler
def test_words_that_fit_into_their_column_are_copied_as_they_are() -> None:
    rows = tuple((name, "x" * 9 + " y" * 60, "1,234", "said " * 40) for name in ("META", "CRWV", "MMMM"))
    table = Table("T", columns("Ticker", "How", "USD", "Note", left=2), rows)
    text = told(render_pdf(TOP, (Section("s", "S", tables=(table,)),)))
    assert BREAK not in text
    assert {"META", "CRWV", "MMMM", "Ticker"} <= set(text.split())
