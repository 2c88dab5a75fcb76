"""The folder of a hedged book: summary, tables and report, complete or not at all."""

from __future__ import annotations

from pathlib import Path

from hedgebook.strategies.book.result import BookRun

from ..page.document import NO_COPIES, Copies, Document, remembered
from ..page.files import write_frame, write_json
from ..page.folder import save_folder
from ..run.folder import REPORT, SUMMARY

FRAMES = ("sessions", "positions", "fills")
BOOK_FILES = (SUMMARY, *(f"{name}.parquet" for name in FRAMES), REPORT)


def save_book(run: BookRun, folder: str | Path, *, overwrite: bool = False, also: Copies = NO_COPIES) -> Path:
    """Write a hedged book's folder, which appears complete or not at all; returns it.

    overwrite: replace a folder that holds nothing but such a run. Raises RunFolderError as save_run does.
    """
    return save_folder(folder, BOOK_FILES, lambda beside: _write(run, beside), overwrite=overwrite, also=also)


@remembered
def book_document(run: BookRun) -> Document:
    """What every document says of a hedged book."""
    from .page import book_header, book_sections

    return Document(book_header(run), book_sections(run))


def write_book_report(run: BookRun, path: str | Path) -> Path:
    """Write the report, one self-contained HTML file. Raises RunFolderError where that fails."""
    from ..page.html import render_document, write_page

    return write_page(render_document(book_document(run)), path)


def _write(run: BookRun, folder: Path) -> None:
    from .summary import fills_frame, positions_frame, sessions_frame, summarise_book

    write_json(summarise_book(run), folder / SUMMARY)
    for name, frame in zip(FRAMES, (sessions_frame(run), positions_frame(run), fills_frame(run)), strict=True):
        write_frame(frame, folder / f"{name}.parquet")
    write_book_report(run, folder / REPORT)
