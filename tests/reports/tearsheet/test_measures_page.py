"""docs/measures.md is the table of measures, and nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path

from hedgebook.engine.tearsheet.definitions import MEASURES

DOCS = Path(__file__).parents[3] / "docs"


def measures_markdown() -> str:
    """What the script writes."""
    return str(runpy.run_path(str(DOCS / "measures.py"))["measures_markdown"]())


def test_the_page_is_up_to_date() -> None:
    remedy = "python docs/measures.py > docs/measures.md"
    assert (DOCS / "measures.md").read_text(encoding="utf-8") == measures_markdown(), remedy


def test_every_measure_stands_there_once_with_its_definition_and_source() -> None:
    page = measures_markdown()
    for key, one in MEASURES.items():
        assert page.count(f'<a id="{key}"></a>') == 1
        assert page.count(f"- Key: `{key}`\n") == 1
        assert one.source
        assert f"- Formula and source: {one.source}\n" in page
    assert "{unit}" not in page
