"""The folder of a search for a hedge: summary, best baskets and report, complete or not at all."""

from __future__ import annotations

from pathlib import Path

from hedgebook.strategies.finder.result import HedgeFound

from ..page.document import NO_COPIES, Copies, Document
from ..page.files import write_frame, write_json
from ..page.folder import save_folder
from ..run.folder import REPORT, SUMMARY

BASKETS = "baskets.parquet"
FINDER_FILES = (SUMMARY, BASKETS, REPORT)


def save_found(found: HedgeFound, folder: str | Path, *, overwrite: bool = False, also: Copies = NO_COPIES) -> Path:
    """Write a search's folder, which appears complete or not at all; returns it.

    overwrite: replace a folder that holds nothing but such a search. Raises RunFolderError as save_run does.
    """
    return save_folder(folder, FINDER_FILES, lambda beside: _write(found, beside), overwrite=overwrite, also=also)


def found_document(found: HedgeFound) -> Document:
    """What every document says of a search."""
    from .page import finder_header, finder_sections

    return Document(finder_header(found), finder_sections(found))


def write_found_report(found: HedgeFound, path: str | Path) -> Path:
    """Write the report, one self-contained HTML file. Raises RunFolderError where that fails."""
    from ..page.html import render_page, write_page
    from .page import finder_header, finder_sections

    return write_page(render_page(finder_header(found), finder_sections(found)), path)


def _write(found: HedgeFound, folder: Path) -> None:
    from .summary import baskets_frame, summarise_found

    write_json(summarise_found(found), folder / SUMMARY)
    write_frame(baskets_frame(found), folder / BASKETS)
    write_found_report(found, folder / REPORT)
