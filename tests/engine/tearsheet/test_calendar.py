"""Returns by calendar and up to the last date."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.frequency import DAILY, Frequency
from hedgebook.engine.tearsheet.calendar import by_calendar, period_returns

MONTHLY = Frequency("monthly", "month", 12.0)


def daily(first: str, last: str) -> pd.Series[float]:
    days = pd.bdate_range(first, last)
    return pd.Series(np.random.default_rng(3).normal(0.0005, 0.01, len(days)), index=days)


def grown(returns: pd.Series[float], after: str, last: str) -> float:
    """By a loop over dates after one day and up to another."""
    level = 1.0
    for day, x in returns.items():
        if pd.Timestamp(after) < day <= pd.Timestamp(last):
            level *= 1.0 + x
    return level - 1.0


def test_periods_end_at_the_last_date() -> None:
    returns = daily("2010-01-01", "2023-08-16")
    found = {name: value for name, (value, _) in period_returns(returns, DAILY).items()}
    last = "2023-08-16"
    assert found["mtd"] == pytest.approx(grown(returns, "2023-07-31", last), rel=1e-12)
    assert found["3m"] == pytest.approx(grown(returns, "2023-05-16", last), rel=1e-12)
    assert found["6m"] == pytest.approx(grown(returns, "2023-02-16", last), rel=1e-12)
    assert found["ytd"] == pytest.approx(grown(returns, "2022-12-31", last), rel=1e-12)
    assert found["1y"] == pytest.approx(grown(returns, "2022-08-16", last), rel=1e-12)
    assert found["3y"] == pytest.approx((1.0 + grown(returns, "2020-08-16", last)) ** (1 / 3) - 1.0, rel=1e-12)
    assert found["10y"] == pytest.approx((1.0 + grown(returns, "2013-08-16", last)) ** 0.1 - 1.0, rel=1e-12)
    whole = (1.0 + grown(returns, "2009-12-31", last)) ** (252 / len(returns)) - 1.0
    assert found["all"] == pytest.approx(whole, rel=1e-12)


def test_whole_months_up_to_a_month_end() -> None:
    """Three months up to the end of February are December, January and February."""
    returns = daily("2020-01-01", "2022-02-28")
    found = period_returns(returns, DAILY)
    assert found["3m"][0] == pytest.approx(grown(returns, "2021-11-30", "2022-02-28"), rel=1e-12)
    months = by_calendar(returns, "M")
    monthly = pd.Series(months.to_numpy(), index=pd.PeriodIndex(months.index).to_timestamp(how="end").normalize())
    for name in ("mtd", "3m", "6m", "ytd", "1y"):
        assert period_returns(monthly, MONTHLY)[name][0] == pytest.approx(found[name][0], rel=1e-12), name


def test_a_period_before_the_first_return_is_undefined() -> None:
    found = period_returns(daily("2022-01-03", "2023-06-30"), DAILY)
    assert math.isnan(found["3y"][0])
    assert "begin on 2022-01-02" in found["3y"][1]
    assert found["1y"][1] == ""


def test_rare_returns_have_no_months() -> None:
    quarters = pd.Series([0.01, 0.02, -0.01, 0.03], index=pd.date_range("2023-03-31", periods=4, freq="QE"))
    assert not len(by_calendar(quarters, "M"))
    assert by_calendar(quarters, "Q").tolist() == pytest.approx([0.01, 0.02, -0.01, 0.03])
    assert by_calendar(quarters, "Y").tolist() == pytest.approx([1.01 * 1.02 * 0.99 * 1.03 - 1.0])
