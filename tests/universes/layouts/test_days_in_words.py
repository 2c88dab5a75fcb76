"""Days whose parts cannot be mistaken, and an index that was written without a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import PriceDataError
from hedgebook.universes.calendar import trading_calendar

DAYS = trading_calendar(2026, 2026).sessions[:30]
CLOSES = np.arange(30) / 4.0 + 90.0


def written(path: Path, days: pd.Index, **options: object) -> Path:
    fields = dict.fromkeys(("Open", "High", "Low", "Close"), CLOSES)
    pd.DataFrame(fields, index=days).to_csv(path, **options)
    return path


@pytest.mark.parametrize("how", ["%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%Y/%m/%d", "%Y-%m-%d"])
@pytest.mark.parametrize("label", ["Date", ""])
def test_days_are_read(how: str, label: str, tmp_path: Path) -> None:
    days = pd.DatetimeIndex(DAYS.astype("datetime64[ns]"))
    path = written(tmp_path / "META.csv", days.strftime(how), index_label=label)
    market = hb.load_market(path, hb.Universe.of(["META"], benchmark="META"))
    assert market.sessions.tolist() == DAYS.tolist()
    assert market.close[:, 0].tolist() == CLOSES.tolist()


@pytest.mark.parametrize("day", ["31-Feb-2026", "02-Jam-2026", "2026/13/02", "Jan 2, 26"])
def test_other_words_are_refused(day: str, tmp_path: Path) -> None:
    days = ["Jan 05, 2026", day, *["2026-02-03"] * 28]
    path = written(tmp_path / "META.csv", pd.Index(days), index_label="Date")
    with pytest.raises(PriceDataError, match="line 3, column 'date'"):
        hb.load_market(path, hb.Universe.of(["META"], benchmark="META"))


def test_numbers_of_rows_are_no_days(tmp_path: Path) -> None:
    path = written(tmp_path / "META.csv", pd.RangeIndex(30))
    with pytest.raises(PriceDataError, match=r"is missing|this is not a date"):
        hb.load_market(path, hb.Universe.of(["META"], benchmark="META"))
