"""The check of a price file: coverage, and notes about what looks odd."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pandas as pd
import pytest

from hedgebook.universes.prices import Coverage, LargeMove, StaleRun, check_prices

from .tables import SESSIONS, long_frame, small_universe, wide_frame, write


def test_coverage_of_the_small_table(tmp_path: Path) -> None:
    path = write(long_frame(), tmp_path / "p.parquet")
    found = check_prices(path, small_universe())
    assert (found.source, found.layout, found.rows, found.sessions) == ("p.parquet", "long", 21, 6)
    assert (found.first, found.last, found.has_opens) == ("2025-06-30", "2025-07-08", True)
    assert (found.tickers, found.ignored, found.lacking) == (("META", "NVDA", "CRWV"), ("AAPL",), ("MARA",))
    assert found.coverage == (
        Coverage("META", "long", "2025-06-30", "2025-07-08", 6, 0, 1, 0, 0),
        Coverage("NVDA", "short", "2025-06-30", "2025-07-08", 4, 2, 0, 0, 0),
        Coverage("CRWV", "short", "2025-07-02", "2025-07-08", 4, 0, 0, 4, 0),
    )
    assert found.stale_runs == ()
    assert found.large_moves == ()
    assert found.coverage_table().loc["NVDA", "missing_closes"] == 2


def test_wide_has_no_opens_and_no_volumes() -> None:
    found = check_prices(wide_frame(), small_universe())
    assert (found.layout, found.rows, found.has_opens) == ("wide", 6, False)
    assert [row.missing_opens for row in found.coverage] == [6, 4, 4]
    assert [row.missing_volumes for row in found.coverage] == [6, 4, 4]


def test_prices_before_the_first_session_are_counted() -> None:
    frame = wide_frame()
    frame.loc[0, "CRWV"] = 99.0
    found = check_prices(frame, small_universe())
    assert found.masked == {"CRWV": 1}
    assert found.coverage[2] == Coverage("CRWV", "short", "2025-07-02", "2025-07-08", 4, 0, 4, 4, 1)


def test_stale_runs_start_at_five_sessions() -> None:
    frame = pd.DataFrame(
        {
            "date": SESSIONS,
            "META": [2.1, 2.0, 2.0, 2.0, 2.0, 2.0],
            "NVDA": [3.0, 3.0, 3.0, 3.0, 3.1, 3.1],
            "MARA": [5.0, 5.0, 5.0, None, 5.0, 5.0],
        }
    )
    assert check_prices(frame, small_universe()).stale_runs == (StaleRun("META", "2025-07-01", "2025-07-08", 5, 2.0),)
    frame["NVDA"] = 3.0
    assert check_prices(frame, small_universe()).stale_runs[1] == StaleRun("NVDA", "2025-06-30", "2025-07-08", 6, 3.0)


def test_large_moves_lie_beyond_forty_percent() -> None:
    frame = pd.DataFrame(
        {
            "date": SESSIONS,
            "META": [100.0, 139.0, 100.0, 61.0, 100.0, 95.0],
            "MARA": [10.0, None, 14.0, 14.1, 14.2, 8.4],
        }
    )
    assert check_prices(frame, small_universe()).large_moves == (
        LargeMove("META", "2025-07-07", pytest.approx(100 / 61 - 1, abs=1e-15)),
        LargeMove("MARA", "2025-07-08", pytest.approx(8.4 / 14.2 - 1, abs=1e-15)),
    )


def test_as_dict_survives_json_and_the_check_is_frozen() -> None:
    found = check_prices(long_frame(), small_universe())
    plain = found.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["tickers"] == ["META", "NVDA", "CRWV"]
    with pytest.raises(FrozenInstanceError):
        found.rows = 3  # type: ignore[misc]
