"""Series of returns that lose everything, dates before the first return, and quantiles that no distribution has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.risk.frequency import frequency_of

DAYS = pd.bdate_range("2023-03-01", periods=140)


def lost_at(row: int, later: int) -> pd.Series[float]:
    draw = np.random.default_rng(17)
    values = 0.008 * draw.standard_normal(row + 1 + later)
    values[row] = -1.0
    return pd.Series(values, index=DAYS[: row + 1 + later], name="lost")


def test_nothing_comes_after_a_return_of_minus_one() -> None:
    short, long = hb.risk(lost_at(100, 0)), hb.risk(lost_at(100, 39))
    told = [note for note in long.notes if "everything was lost on" in note]
    day = f"{DAYS[100]:%Y-%m-%d}"
    assert told == [
        f"everything was lost on {day}, so there is no return after it; the 39 returns after it are left out"
    ]
    pd.testing.assert_frame_equal(short.var, long.var)
    assert short.simulations == long.simulations == ()
    assert float(long.drawdowns["depth"].min()) == pytest.approx(-1.0)
    # The last window ends before the loss: its deviation is that of the 63 returns before.
    before = lost_at(100, 0).iloc[100 - 63 : 100]
    assert long.rolling["volatility_annual"].iloc[-1] == pytest.approx(before.std() * np.sqrt(252), rel=1e-12)


def test_a_method_has_no_smaller_loss_further_out() -> None:
    report = hb.risk(lost_at(100, 0))
    rows = report.var[report.var["method"] == "cornish_fisher"].sort_values("confidence")
    known = rows["var_frac"].dropna()
    assert known.is_monotonic_increasing
    left = rows[rows["var_frac"].isna()]
    assert len(left) == 1
    assert "no distribution for these moments" in left["note"].iloc[0]


@pytest.mark.parametrize(
    ("dates", "before"),
    [
        (pd.date_range("2024-01-05", periods=30, freq="W-FRI"), "2023-12-29"),
        (pd.date_range("2016-03-31", periods=30, freq="QE"), "2015-12-31"),
        (pd.date_range("2019-01-31", periods=30, freq="BME"), "2018-12-31"),
        (pd.date_range("2019-01-15", periods=30, freq="MS") + pd.Timedelta(days=14), "2019-01-15"),
        (pd.bdate_range("2024-01-08", periods=30), "2024-01-07"),
    ],
)
def test_the_first_return_begins_one_step_earlier(dates: pd.DatetimeIndex, before: str) -> None:
    assert frequency_of(dates).before(dates[0]) == pd.Timestamp(before)
