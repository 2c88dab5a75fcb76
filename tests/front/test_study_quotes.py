"""A study of news that the quotes of options did not expect is made, and every document says so."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook import options
from tests.universes.chains.made_up import made_up_chain

STRIKES = (540.0, 570.0, 600.0, 630.0, 660.0)


def chain(near: float, far: float) -> options.Chain:
    """Quotes of META at the last close before session 0, at a flat volatility an expiry."""
    moment = "2026-06-30T20:00:00Z"
    parts = [
        made_up_chain(vol=vol, days=(days,), spot=600.0, strikes=STRIKES, half_width=0.05, moment=moment)
        for days, vol in ((10, near), (45, far), (80, far))
    ]
    return options.read_chain(pd.concat(parts), "META")


@pytest.mark.parametrize(("near", "expected"), [(0.30, False), (0.60, True)])
def test_unscheduled_news_is_studied_all_the_same(near: float, expected: bool, tmp_path: Path) -> None:
    study = hb.event_study(
        "meta-compute-2026", hb.sample_market(), names="META", window=(0, 0), chain=chain(near, 0.40)
    )
    assert study.implied is not None
    assert (study.implied.expected.variance.variance > 0.0) == expected
    said = [note for note in study.warnings if "expected no event" in note]
    assert len(said) == (0 if expected else 1)
    folder = study.save(tmp_path / "o", xlsx=True)
    page = (folder / "report.html").read_text()
    assert ("expected no event" in page) == ("Event in the quotes" in page) == (not expected)
    told = json.loads((folder / "study.json").read_text())
    assert (told["implied"]["event_variance"] > 0.0) == expected
    assert told["warnings"] == list(study.warnings)
    book = openpyxl.load_workbook(folder / "report.xlsx", read_only=True)
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert any("Event in the quotes" in str(cell) for cell in cells) == (not expected)
