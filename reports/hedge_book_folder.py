"""The folder of a hedged book: summary, tables and report, complete or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from hedgebook.strategies.hedge_run import BookRun

from .run_folder import REPORT, SUMMARY, save_folder

FRAMES = ("sessions", "positions", "fills")
BOOK_FILES = (SUMMARY, *(f"{name}.parquet" for name in FRAMES), REPORT)


def save_book(run: BookRun, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a hedged book's folder, which appears complete or not at all; returns it.

    overwrite: replace a folder that holds nothing but such a run. Raises RunFolderError as save_run does.
    """
    return save_folder(folder, BOOK_FILES, lambda beside: _write(run, beside), overwrite=overwrite)


def write_book_report(run: BookRun, path: str | Path) -> Path:
    """Write the report, one self-contained HTML file. Raises RunFolderError where that fails."""
    from .hedge_book import book_header, book_sections
    from .html import render_page, write_page

    return write_page(render_page(book_header(run), book_sections(run)), path)


def _write(run: BookRun, folder: Path) -> None:
    from .hedge_book_summary import fills_frame, positions_frame, sessions_frame, summarise_book

    text = json.dumps(summarise_book(run), indent=2, allow_nan=False, ensure_ascii=False)
    (folder / SUMMARY).write_text(text + "\n", encoding="utf-8")
    for name, frame in zip(FRAMES, (sessions_frame(run), positions_frame(run), fills_frame(run)), strict=True):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    write_book_report(run, folder / REPORT)
