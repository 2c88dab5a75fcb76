"""docs/measures.md is the table of measures, and nothing else."""

from __future__ import annotations

from pathlib import Path

from hedgebook.engine.tearsheet.definitions import MEASURES
from hedgebook.reports.tearsheet.measures_page import measures_markdown

PAGE = Path(__file__).parents[3] / "docs" / "measures.md"


def test_the_page_is_up_to_date() -> None:
    remedy = "python -m hedgebook.reports.tearsheet.measures_page > docs/measures.md"
    assert PAGE.read_text(encoding="utf-8") == measures_markdown(), remedy


def test_every_measure_stands_there_once_with_its_definition_and_source() -> None:
    page = measures_markdown()
    for key, one in MEASURES.items():
        assert page.count(f'<a id="{key}"></a>') == 1
        assert page.count(f"- Key: `{key}`\n") == 1
        assert one.source
        assert f"- Formula and source: {one.source}\n" in page
    assert "{unit}" not in page
