"""How often returns come, by their dates, and what annual figures make of it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.bootstrap import bootstrap_metrics
from hedgebook.engine.risk.frequency import frequency_of, is_intraday, year_of
from hedgebook.engine.risk.metrics_table import metrics_table
from hedgebook.engine.risk.rolling import rolling_risk
from hedgebook.errors import ParameterError


def exchange_days(start: str, count: int) -> pd.DatetimeIndex:
    """Business days without the days around Christmas and New Year, and without one Monday in eight."""
    days = pd.bdate_range(start, periods=2 * count)
    kept = days[~((days.month == 12) & (days.day >= 24)) & ~((days.month == 1) & (days.day <= 2))]
    mondays = (kept.day_of_week == 0) & (kept.day <= 7) & (kept.month % 2 == 0)
    return kept[~mondays][:count]


CASES = {
    "daily": (exchange_days("2019-01-03", 700), "daily", 252.0),
    "a week": (pd.bdate_range("2026-01-05", periods=5), "daily", 252.0),
    "over a weekend": (pd.DatetimeIndex(["2026-01-02", "2026-01-05"]), "daily", 252.0),
    "every day": (pd.date_range("2024-01-01", periods=400), "calendar-daily", 365.0),
    "few days with a weekend": (pd.date_range("2026-01-02", periods=6), "calendar-daily", 365.0),
    "Sunday to Thursday": (
        pd.DatetimeIndex([d for d in pd.date_range("2025-01-05", periods=500) if d.weekday() not in (4, 5)]),
        "daily", 252.0,
    ),
    "weekly": (pd.date_range("2020-01-03", periods=150, freq="W-FRI"), "weekly", 52.0),
    "fortnights": (pd.date_range("2020-01-03", periods=60, freq="14D"), "fortnightly", 26.0),
    "the 15th and the last": (pd.date_range("2019-01-15", periods=60, freq="SME"), "semi-monthly", 24.0),
    "the 1st and the 15th": (pd.date_range("2019-01-01", periods=60, freq="SMS"), "semi-monthly", 24.0),
    "month ends": (pd.date_range("1997-01-31", periods=120, freq="ME"), "monthly", 12.0),
    "last business days": (pd.date_range("1997-01-31", periods=120, freq="BME"), "monthly", 12.0),
    "first days": (pd.date_range("1997-01-01", periods=24, freq="MS"), "monthly", 12.0),
    "four weeks": (pd.date_range("2020-01-03", periods=40, freq="28D"), "four-weekly", 13.0),
    "quarters": (pd.date_range("1997-03-31", periods=30, freq="QE"), "quarterly", 4.0),
    "years": (pd.date_range("1950-12-31", periods=70, freq="YE"), "yearly", 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_regular_dates(name: str) -> None:
    dates, expected, per_year = CASES[name]
    found = frequency_of(dates)
    assert (found.name, found.per_year) == (expected, per_year)
    assert found.regular


def test_a_missing_month_does_not_hide_the_frequency() -> None:
    dates = pd.date_range("2010-01-31", periods=60, freq="ME").delete([20, 41])
    assert frequency_of(dates).name == "monthly"


def test_a_missing_half_month_or_fortnight_does_not_hide_the_frequency() -> None:
    assert frequency_of(pd.date_range("2019-01-15", periods=60, freq="SME").delete([20, 41])).name == "semi-monthly"
    assert frequency_of(pd.date_range("2019-01-04", periods=60, freq="14D").delete([20, 41])).name == "fortnightly"


def test_intraday() -> None:
    days = pd.bdate_range("2026-03-02", periods=30)
    hours = pd.DatetimeIndex([d + pd.Timedelta(hours=h) for d in days for h in range(10, 17)])
    found = frequency_of(hours)
    assert (found.name, found.unit, found.per_year) == ("intraday", "bar", 7 * 252.0)
    around = pd.date_range("2026-03-02", periods=24 * 40, freq="h")
    assert frequency_of(around).per_year == 24 * 365.0
    ragged = pd.DatetimeIndex([d + pd.Timedelta(minutes=m) for i, d in enumerate(days) for m in range(1 + i % 9)])
    assert math.isnan(frequency_of(ragged).per_year)


def test_what_has_no_frequency() -> None:
    rng = np.random.default_rng(4)
    some = pd.DatetimeIndex(np.sort(rng.choice(np.arange(3000), 90, replace=False)).astype("datetime64[D]"))
    found = frequency_of(some)
    assert not found.regular
    assert "days apart" in found.reason
    assert not frequency_of(some[:1]).regular
    twice = pd.DatetimeIndex(["2026-01-05 09:00", "2026-01-05 16:00", "2026-01-06 16:00", "2026-01-07 16:00"])
    assert not is_intraday(twice)
    with pytest.raises(ParameterError, match="2026-01-05"):
        frequency_of(twice)
    with pytest.raises(ParameterError, match="ascend"):
        frequency_of(some[::-1])


def test_annual_figures_follow_the_dates() -> None:
    values = np.random.default_rng(9).normal(0.01, 0.03, 120)
    monthly = pd.Series(values, index=pd.date_range("2010-01-31", periods=120, freq="ME"))
    row = metrics_table(monthly).iloc[0]
    assert row["volatility_annual"] == pytest.approx(values.std(ddof=1) * math.sqrt(12), rel=1e-12)
    assert row["cagr"] == pytest.approx(float(np.prod(1 + values)) ** (1 / 10) - 1, rel=1e-9)
    last = rolling_risk(monthly, window_sessions=24).iloc[-1]
    assert last["volatility_annual"] == pytest.approx(values[-24:].std(ddof=1) * math.sqrt(12), rel=1e-12)
    same = bootstrap_metrics(monthly, draws=50).values
    np.testing.assert_array_equal(same, bootstrap_metrics(values, draws=50, sessions_per_year=12).values)
    rng = np.random.default_rng(4)
    some = pd.DatetimeIndex(np.sort(rng.choice(np.arange(3000), 120, replace=False)).astype("datetime64[D]"))
    irregular = metrics_table(pd.Series(values, index=some)).iloc[0]
    assert math.isnan(irregular["volatility_annual"])
    assert math.isnan(irregular["sharpe"])
    assert irregular["max_drawdown"] == row["max_drawdown"]
    assert year_of(values, None) == 252.0


def test_a_benchmark_in_another_time_zone_is_the_same_days() -> None:
    rng = np.random.default_rng(2)
    days = pd.bdate_range("2025-01-02", periods=200)
    a, b = pd.Series(rng.normal(0, 0.01, 200), index=days), pd.Series(rng.normal(0, 0.01, 200), index=days)
    abroad = b.tz_localize("Asia/Tokyo")
    pd.testing.assert_frame_equal(rolling_risk(a, b), rolling_risk(a, abroad))
    pd.testing.assert_frame_equal(metrics_table(a, b), metrics_table(a, abroad))
