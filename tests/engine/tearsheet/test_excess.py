"""Measures in excess of a riskless rate, beside empyrical and plain formulas."""

from __future__ import annotations

import math

import empyrical
import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.risk.frequency import frequency_of
from hedgebook.engine.tearsheet.excess import riskless_return
from hedgebook.engine.tearsheet.measures import measures_of
from hedgebook.errors import InputError

RATE = 0.045


def series(seed: int, frequency: str = "B", count: int = 500) -> pd.Series:
    draw = np.random.default_rng(seed)
    scale = 0.01 if frequency == "B" else 0.04
    index = pd.date_range("2022-01-03", periods=count, freq=frequency)
    return pd.Series(draw.normal(0.0006, scale, count), index=index, name=f"s{seed}")


@pytest.fixture(scope="module")
def both() -> tuple[pd.Series, pd.Series]:
    other = series(2)
    return (0.6 * other + series(1)).rename("fund"), other


def test_sharpe_sortino_and_alpha_are_those_of_empyrical(both: tuple[pd.Series, pd.Series]) -> None:
    fund, other = both
    daily = (1.0 + RATE) ** (1.0 / 252.0) - 1.0
    found = hb.tearsheet(fund, other, riskless_annual=RATE).measures
    assert found["sharpe"].value == pytest.approx(empyrical.sharpe_ratio(fund, risk_free=daily), rel=1e-10)
    assert found["sortino"].value == pytest.approx(empyrical.sortino_ratio(fund, required_return=daily), rel=1e-10)
    assert found["alpha_annual"].value == pytest.approx(empyrical.alpha(fund, other, risk_free=daily), rel=1e-9)
    assert found["beta"].value == pytest.approx(empyrical.beta(fund, other), rel=1e-9)


def test_what_the_rate_is_taken_off_and_what_not(both: tuple[pd.Series, pd.Series]) -> None:
    fund, other = both
    rate, zero = (hb.tearsheet(fund, other, riskless_annual=r).measures for r in (RATE, 0.0))
    growth, theirs = (float((1.0 + s).prod()) ** (252.0 / len(s)) - 1.0 for s in (fund, other))
    beta = zero["beta"].value
    assert rate["treynor"].value == pytest.approx((growth - RATE) / beta, rel=1e-9)
    assert rate["jensen_alpha"].value == pytest.approx(growth - RATE - beta * (theirs - RATE), rel=1e-9)
    ratio = rate["sharpe"].value / math.sqrt(252.0)
    assert rate["sharpe"].stderr == pytest.approx(math.sqrt((1.0 + ratio**2 / 2.0) * 252.0 / len(fund)), rel=1e-9)
    assert rate["smart_sharpe"].value / rate["sharpe"].value == pytest.approx(
        zero["smart_sharpe"].value / zero["sharpe"].value, rel=1e-9
    )
    assert rate["probabilistic_sharpe"].value < zero["probabilistic_sharpe"].value
    changed = {name for name in zero if (rate[name].value, rate[name].stderr) != (zero[name].value, zero[name].stderr)}
    smart = {"smart_sharpe", "smart_sortino", "adjusted_sortino", "probabilistic_sharpe"}
    assert changed == {"sharpe", "sortino", "alpha_annual", "jensen_alpha", "treynor", *smart}


def test_a_year_of_months_pays_twelve_parts_that_compound_to_the_rate() -> None:
    monthly = series(3, "ME", 60)
    less = riskless_return(RATE, frequency_of(pd.DatetimeIndex(monthly.index)))
    assert (1.0 + less) ** 12 == pytest.approx(1.0 + RATE, rel=1e-12)
    excess = monthly - less
    found = hb.tearsheet(monthly, riskless_annual=RATE)
    assert found.measures["sharpe"].value == pytest.approx(excess.mean() / excess.std() * math.sqrt(12.0), rel=1e-10)
    assert "in excess of 4.50% a year" in found._document().header.verdict
    assert found.to_dict()["riskless_annual"] == RATE


def test_moving_sharpe_ratios_are_in_excess_and_volatility_is_not() -> None:
    fund = series(4)
    rate, zero = (hb.tearsheet(fund, riskless_annual=r) for r in (RATE, 0.0))
    daily = (1.0 + RATE) ** (1.0 / 252.0) - 1.0
    window = fund.iloc[-rate.window :] - daily
    assert rate.rolling["sharpe"].iloc[-1] == pytest.approx(window.mean() / window.std() * math.sqrt(252.0), rel=1e-9)
    pd.testing.assert_series_equal(rate.rolling["volatility_annual"], zero.rolling["volatility_annual"])
    assert (rate.bands["sharpe"]["low"].dropna() < zero.bands["sharpe"]["low"].dropna()).all()


def test_a_comparison_is_in_excess_as_tear_sheets_are() -> None:
    made = [series(5), series(6)]
    found = hb.compare(made, riskless_annual=RATE)
    for one in made:
        assert found.measures.loc[one.name, "sharpe"] == pytest.approx(
            hb.tearsheet(one, riskless_annual=RATE).measures["sharpe"].value, rel=1e-10
        )
    assert found.differences.loc[("s6", "sharpe"), "difference"] == pytest.approx(
        found.measures.loc["s6", "sharpe"] - found.measures.loc["s5", "sharpe"], rel=1e-9
    )
    words = " ".join(table.note for section in found._document().sections for table in section.tables)
    assert "In excess of a riskless rate of 4.50% a year" in words
    plain = hb.compare(made)
    words = " ".join(table.note for section in plain._document().sections for table in section.tables)
    assert "Riskless rate: zero." in words


def test_dates_without_a_step_have_no_rate_and_say_so() -> None:
    days = pd.DatetimeIndex(["2024-01-02", "2024-01-09", "2024-03-01", "2024-03-04", "2024-08-01", "2024-12-30"])
    odd = pd.Series([0.01, -0.02, 0.03, 0.01, -0.01, 0.02], index=days)
    found = hb.tearsheet(odd, riskless_annual=RATE)
    assert any("no riskless rate is taken off" in note for note in found.notes)
    assert found.track.riskless == 0.0


@pytest.mark.parametrize("wrong", [4.5, "0.04", math.nan, -0.9])
def test_a_rate_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match="riskless_annual"):
        hb.tearsheet(series(1), riskless_annual=wrong)


def test_zero_changes_nothing() -> None:
    fund = series(7)
    frequency = frequency_of(pd.DatetimeIndex(fund.index))
    assert measures_of(fund, frequency, riskless=0.0) == measures_of(fund, frequency)
