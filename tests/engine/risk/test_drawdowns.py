"""The table of drawdowns against a walk along the path in plain Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.risk.drawdowns import drawdown_table, underwater
from tests.oracle.drawdowns import drawdown_episodes, max_drawdown

LEVELS = st.lists(st.integers(1, 12), min_size=1, max_size=40)


def table_of(levels: list[float]) -> tuple[pd.DataFrame, pd.DatetimeIndex]:
    dates = pd.bdate_range("2026-06-26", periods=len(levels))
    return drawdown_table(np.array(levels, dtype=np.float64), dates), dates


@given(LEVELS)
@settings(deadline=None, max_examples=150)
def test_against_a_walk_along_the_path(levels: list[float]) -> None:
    table, dates = table_of(levels)
    expected = sorted(drawdown_episodes(levels), key=lambda e: e.depth)
    assert len(table) == len(expected)
    for row, episode in zip(table.to_dict("records"), expected, strict=True):
        assert row["depth"] == pytest.approx(episode.depth, rel=1e-14)
        assert row["peak"] == dates[episode.peak]
        assert row["first_underwater"] == dates[episode.first_underwater]
        assert row["valley"] == dates[episode.valley]
        assert row["sessions_to_valley"] == episode.valley - episode.peak
        end = dates[-1] if episode.recovery is None else dates[episode.recovery]
        assert row["calendar_days"] == (end - dates[episode.peak]).days
        if episode.recovery is None:
            assert pd.isna(row["recovery"])
            assert pd.isna(row["sessions_to_recovery"])
        else:
            assert row["recovery"] == end
            assert row["sessions_to_recovery"] == episode.recovery - episode.peak
    deepest = table["depth"].min() if len(table) else 0.0
    assert deepest == pytest.approx(max_drawdown(levels), abs=1e-15)
    assert underwater(np.array(levels, dtype=np.float64)).min() == pytest.approx(deepest, abs=1e-15)


def test_a_path_that_never_falls_has_none() -> None:
    for levels in ([1.0], [1.0, 1.0], [1.0, 1.0, 2.0]):
        table, _ = table_of(levels)
        assert table.empty
        assert table.columns[0] == "depth"


def test_a_loss_on_the_first_session_that_is_never_made_good() -> None:
    table, dates = table_of([100.0, 90.0, 95.0, 80.0])
    row = table.iloc[0]
    assert (len(table), row["depth"]) == (1, pytest.approx(-0.2))
    assert (row["peak"], row["first_underwater"], row["valley"]) == (dates[0], dates[1], dates[3])
    assert pd.isna(row["recovery"])
    assert row["calendar_days"] == 5  # Friday 2026-06-26 to Wednesday 2026-07-01


def test_a_recovery_to_the_very_peak_ends_a_drawdown_and_the_next_starts_from_there() -> None:
    table, dates = table_of([100.0, 90.0, 100.0, 100.0, 97.0, 103.0])
    assert table["peak"].tolist() == [dates[0], dates[3]]
    assert table["recovery"].tolist() == [dates[2], dates[5]]
    assert table["depth"].tolist() == [pytest.approx(-0.1), pytest.approx(-0.03)]
