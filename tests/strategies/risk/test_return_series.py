"""Return series as users give them: units, dates, time zones and benchmarks on other dates."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.frequency import frequency_of
from hedgebook.errors import ParameterError
from hedgebook.strategies.risk.benchmark import on_dates
from hedgebook.strategies.risk.return_series import checked_returns, read_returns

DAYS = pd.bdate_range("2024-01-02", periods=260)


def made(scale: float, seed: int = 0, days: pd.DatetimeIndex = DAYS) -> pd.Series[float]:
    return pd.Series(np.random.default_rng(seed).standard_t(4, len(days)) * scale, index=days, name="made")


MONTHS = pd.date_range("2004-01-31", periods=120, freq="ME")
PERCENT = {
    "shares": made(0.9),
    "bonds": made(0.2),
    "a fund by month": made(1.0, days=MONTHS).clip(-9, 4.9).where(lambda x: x > -1, -0.9),
    "T-bills": pd.Series(0.018 + np.random.default_rng(1).normal(0, 0.001, 260), index=DAYS),
}


@pytest.mark.parametrize("name", list(PERCENT))
def test_percent_points_are_asked_about(name: str) -> None:
    series = PERCENT[name].clip(-1, 5)
    with pytest.raises(ParameterError, match=r"look like percent points.*--returns-in"):
        checked_returns(series, "x")
    kept = checked_returns(series, "x", "percent").returns
    np.testing.assert_allclose(kept, series / 100.0, rtol=1e-15)
    np.testing.assert_array_equal(checked_returns(series, "x", "fraction").returns, series)


@pytest.mark.parametrize(
    "series",
    [
        made(0.01), made(0.05), made(0.08, days=MONTHS), pd.Series(0.0, index=DAYS), pd.Series(0.002, index=DAYS),
        made(0.01).abs(), pd.Series(1.8e-4 + made(1e-5), index=DAYS), made(0.01).where(DAYS[40] != DAYS, 4.5),
        made(0.01).iloc[:1], made(0.01).iloc[:2],
    ],
)  # fmt: skip
def test_fractions_are_taken(series: pd.Series[float]) -> None:
    np.testing.assert_array_equal(checked_returns(series, "x").returns, series)


def test_a_time_zone_is_dropped_and_said() -> None:
    plain = made(0.01)
    found = checked_returns(plain.tz_localize("US/Eastern"), "x")
    assert found.returns.index.equals(plain.index)
    assert "US/Eastern dropped" in found.notes[0]
    closes = plain.copy()
    closes.index = (DAYS + pd.Timedelta(hours=16)).tz_localize("US/Eastern")
    assert checked_returns(closes, "x").returns.index.equals(plain.index)


def test_days_that_stand_twice_are_refused_with_their_rows(tmp_path: Path) -> None:
    times = DAYS.append(DAYS[[3]] + pd.Timedelta(hours=9)).sort_values()
    with pytest.raises(ParameterError, match=r"rows 4 and 5.*2024-01-05"):
        checked_returns(pd.Series(0.01, index=times), "x")
    file = tmp_path / "twice.csv"
    file.write_text("date,return\n2026-01-05,0.01\n2026-01-06T09:30,0.01\n\n2026-01-06T16:00,0.02\n2026-01-07,0.01\n")
    with pytest.raises(ParameterError, match=r"lines 3 and 5.*2026-01-06"):
        read_returns(file)


def test_intraday_files_keep_their_times(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    rows = [f"{d:%Y-%m-%d}T{h}:30:00-04:00,0.001" for d in DAYS[120:130] for h in range(10, 16)]
    file.write_text("date,return\n" + "\n".join(rows) + "\n")
    found = checked_returns(read_returns(file), "bars")
    assert found.frequency.per_year == 6 * 252
    assert len(found.returns) == 60


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (made(0.01).to_frame(), "pandas Series with dates"),
        (pd.Series([0.1, 0.2]), "pandas Series with dates"),
        (made(0.01).iloc[::-1], "do not ascend"),
        (pd.Series(np.nan, index=DAYS), "no return in it"),
        (made(0.01).iloc[:0], "no return in it"),
        (pd.Series("a", index=DAYS), "not a number"),
        (made(0.01).replace(made(0.01).iloc[7], np.inf), "2024-01-11"),
        (pd.Series(0.01, index=DAYS.insert(2, pd.NaT)), "row 3"),
    ],
)
def test_what_is_no_series_of_returns(series: pd.Series[float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        checked_returns(series, "x")
    with pytest.raises(ParameterError, match="Did you mean 'percent'"):
        checked_returns(made(0.01), "x", cast("Any", "precent"))


def test_a_benchmark_with_missing_dates_uses_those_in_common() -> None:
    daily = frequency_of(DAYS)
    bench = made(0.01, 5).drop(DAYS[[4, 100, 101]])
    found = on_dates(bench, DAYS, daily)
    assert (found.common, found.usable) == (257, True)
    assert "257 of 260 dates" in found.notes[0]
    assert found.returns[DAYS[[4, 100, 101]]].isna().all()
    never = on_dates(made(0.01, 5, DAYS + pd.Timedelta(days=4000)), DAYS, daily)
    assert not never.usable
    assert "no date in common" in never.notes[0]
    ended = on_dates(bench.iloc[:-1], DAYS, daily)
    assert not ended.usable
    assert f"ends on {DAYS[-2]:%Y-%m-%d}" in ended.notes[0]


def test_a_daily_benchmark_is_compounded_to_months() -> None:
    """The last business day of a month closes it, whatever day stands for the month."""
    days = pd.bdate_range("2020-01-01", "2022-12-30")
    daily = pd.Series(np.random.default_rng(3).normal(0, 0.01, len(days)), index=days, name="b")
    months = pd.date_range("2020-01-31", "2022-12-31", freq="ME")
    found = on_dates(daily, months, frequency_of(months)).returns
    named = days.strftime("%Y-%m")
    by_month = [math.prod(1 + x for x in daily[named == f"{m:%Y-%m}"].tolist()) - 1 for m in months]
    assert np.isnan(found.iloc[0])
    np.testing.assert_allclose(found.iloc[1:], by_month[1:], rtol=1e-12)
    rare = on_dates(found.dropna(), days, frequency_of(days))
    assert not rare.usable
    assert "monthly" in rare.notes[0]


def test_months_are_the_same_month_on_other_days() -> None:
    ends, firsts = (pd.date_range("2010-01-01", periods=80, freq=f) for f in ("ME", "MS"))
    values = np.random.default_rng(0).normal(0, 0.03, 80)
    found = on_dates(pd.Series(values, index=firsts, name="b"), ends, frequency_of(ends))
    np.testing.assert_array_equal(found.returns, values)
    assert any("matched by month" in note for note in found.notes)


def returns_of(folder: Path, text: str, column: str = "") -> pd.Series:
    file = folder / "r.csv"
    file.write_text(text)
    return read_returns(f"{file}{column}")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("date,return\n2026-01-05,0.0125\n2026-01-06,-0.5\n", ""),
        ("Date,Return\n2026-01-05,1.25%\n2026-01-06,-50 %\n", ""),
        ("Date,Return (%)\n2026-01-05,1.25\n2026-01-06,-50\n", ""),
        ("date,return_pct\n2026-01-05,1.25\n2026-01-06,-50\n", ""),
        ("2026-01-05,0.0125\n2026-01-06,-0.5\n", ""),
        ("20260105,1.25%\n20260106,-50%\n", ""),
        (",Fund A\n2026-01-05,0.0125\n2026-01-06,-0.5\n", ""),
        ("date,Fund A,Fund B\n2026-01-05,0.5,0.0125\n2026-01-06,0.1,-0.5\n", ":fund b"),
        ("day,returns,other\n2026-01-05,0.0125,x\n2026-01-06,-0.5,y\n", ""),
    ],
)
def test_returns_in_many_shapes(tmp_path: Path, text: str, column: str) -> None:
    found = returns_of(tmp_path, text, column)
    assert found.to_list() == [0.0125, -0.5]
    assert found.index.to_list() == [pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-06")]


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        ("2026-01", "2026-02", ["2026-01-31", "2026-02-28"]),
        ("202601", "202602", ["2026-01-31", "2026-02-28"]),
        ("Jan 2026", "February 2026", ["2026-01-31", "2026-02-28"]),
        ("Jan-24", "Feb-24", ["2024-01-31", "2024-02-29"]),
        ("2026-W01", "2026-W02", ["2026-01-02", "2026-01-09"]),
        ("30/01/2026", "02/02/2026", ["2026-01-30", "2026-02-02"]),
        ("01/30/2026", "02/02/2026", ["2026-01-30", "2026-02-02"]),
    ],
)
def test_days_months_and_weeks(tmp_path: Path, first: str, second: str, days: list[str]) -> None:
    found = returns_of(tmp_path, f"date,return\n{first},0.01\n{second},0.02\n")
    assert found.index.to_list() == [pd.Timestamp(day) for day in days]


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("date,return\n05/01/2026,0.1\n06/01/2026,0.1\n", "", "which part is the day"),
        ("date,A,B\n2026-01-05,0.1,0.2\n", "", r"several columns of returns.*A, B.*r.csv:A"),
        ("date,A,B\n2026-01-05,0.1,0.2\n", ":C", "there is no column 'C'"),
        ("date,return\n2026-01-05,1%\n2026-01-06,1\n", "", "1 of 2"),
        ("date,return\n2026-13,1%\n", "", "not a date"),
        ("date,return\n2026-01-05,101%\n2026-01-06,-101%\n", "", "no simple return"),
    ],
)
def test_returns_that_do_not_say_what_they_are(tmp_path: Path, text: str, column: str, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        returns_of(tmp_path, text, column)


def test_percent_signs_settle_the_unit(tmp_path: Path) -> None:
    # As fractions these would look like percent points: the signs say that they are.
    values = np.random.default_rng(3).normal(0, 40, 260)
    rows = "\n".join(f"{day:%Y-%m-%d},{value:.6f}%" for day, value in zip(DAYS, values.clip(-90, 90), strict=True))
    found = returns_of(tmp_path, f"date,return\n{rows}\n")
    read = checked_returns(found, "r.csv")
    np.testing.assert_allclose(read.returns, values.clip(-90, 90) / 100, atol=1e-8)
    np.testing.assert_array_equal(checked_returns(found, "r.csv", "percent").returns, read.returns)
    with pytest.raises(ParameterError, match="no fractions"):
        read_returns(tmp_path / "r.csv", "fraction")
