"""Every measure of a tear sheet: against plain Python, its laws, and why it is undefined."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.frequency import DAILY, Frequency, frequency_of
from hedgebook.engine.risk.metrics import measure
from hedgebook.engine.tearsheet.definitions import GROUPS, MEASURES
from hedgebook.engine.tearsheet.measures import measures_of
from tests.oracle.tear_measures import relative_measures, tear_measures

MONTHLY = Frequency("monthly", "month", 12.0)


def series(count: int = 700, seed: int = 5) -> pd.Series[float]:
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2019-03-12", periods=count)
    values = rng.standard_t(4, count) * 0.011 + 0.0006
    values[rng.integers(0, count, 20)] = 0.0
    return pd.Series(values, index=days)


def values_of(returns: pd.Series[float], frequency: Frequency = DAILY, benchmark: pd.Series[float] | None = None):  # type: ignore[no-untyped-def]
    return {name: one.value for name, one in measures_of(returns, frequency, benchmark, errors=False).items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_against_plain_python(seed: int) -> None:
    returns = series(seed=seed)
    start = DAILY.before(returns.index[0])
    dates = [day.date() for day in [start, *returns.index]]
    found = values_of(returns)
    expected = tear_measures(dates, returns.tolist(), 252.0)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-13), name
    rest = set(MEASURES) - set(expected) - {name for name, one in MEASURES.items() if one.benchmark}
    # Held to other packages in tests/golden, or the same as those of the metric table.
    assert rest == {"stability", "skew", "excess_kurtosis", "var_historical", "es_historical", "probabilistic_sharpe"}


def test_against_a_benchmark_in_plain_python() -> None:
    returns = series()
    noise = np.random.default_rng(8).normal(0.0, 0.01, len(returns))
    benchmark = 0.5 * returns + noise
    found = values_of(returns, DAILY, benchmark)
    for name, value in relative_measures(returns.tolist(), benchmark.tolist(), 252.0).items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-13), name


def test_a_benchmark_with_gaps_counts_where_both_are() -> None:
    returns = series()
    benchmark = pd.Series(np.random.default_rng(9).normal(0.0, 0.01, len(returns)), index=returns.index)
    benchmark.iloc[::3] = np.nan
    both = benchmark.notna()
    whole = values_of(returns, DAILY, benchmark)
    for name, value in relative_measures(returns[both].tolist(), benchmark[both].tolist(), 252.0).items():
        assert whole[name] == pytest.approx(value, rel=1e-9, abs=1e-13), name


def test_the_same_figures_as_other_reports() -> None:
    returns = series()
    found, other = values_of(returns), measure(returns)
    for name in (
        "total_return",
        "cagr",
        "volatility_annual",
        "sharpe",
        "sortino",
        "max_drawdown",
        "calmar",
        "hit_rate",
    ):
        assert found[name] == pytest.approx(getattr(other, name), rel=1e-12), name
    assert measures_of(returns, DAILY)["sharpe"].stderr == pytest.approx(other.sharpe_stderr, rel=1e-12)


def test_half_the_size_halves_what_is_linear_and_leaves_ratios() -> None:
    returns = series()
    one, half = values_of(returns), values_of(0.5 * returns)
    for name in ("volatility_annual", "mean_annual", "average_win", "average_loss", "var_historical", "es_historical"):
        assert half[name] == pytest.approx(0.5 * one[name], rel=1e-12), name
    for name in (
        "sharpe",
        "sortino",
        "omega",
        "payoff_ratio",
        "kelly",
        "hit_rate",
        "skew",
        "excess_kurtosis",
        "tail_ratio",
    ):
        assert half[name] == pytest.approx(one[name], rel=1e-9), name


def test_an_order_changes_paths_alone() -> None:
    returns = series()
    shuffled = pd.Series(np.random.default_rng(0).permutation(returns.to_numpy()), index=returns.index)
    one, other = values_of(returns), values_of(shuffled)
    for name in ("total_return", "cagr", "sharpe", "omega", "var_historical", "skew", "hit_rate", "kelly"):
        assert other[name] == pytest.approx(one[name], rel=1e-9), name
    assert other["max_drawdown"] != pytest.approx(one["max_drawdown"], rel=1e-6)


def test_months_of_a_daily_series_are_the_monthly_series() -> None:
    daily = series(900)
    daily = daily["2019-04-01":"2022-06-30"]
    months = (1.0 + daily).groupby(pd.DatetimeIndex(daily.index).to_period("M")).prod() - 1.0
    monthly = pd.Series(months.to_numpy(), index=pd.PeriodIndex(months.index).to_timestamp(how="end").normalize())
    assert frequency_of(pd.DatetimeIndex(monthly.index)) == MONTHLY
    one, other = values_of(daily), values_of(monthly, MONTHLY)
    for name in (
        "total_return",
        "best_month",
        "worst_month",
        "hit_rate_month",
        "hit_rate_quarter",
        "best_year",
        "gain_to_pain_month",
    ):
        assert other[name] == pytest.approx(one[name], rel=1e-12), name
    assert other["hit_rate"] == one["hit_rate_month"]
    # Of whole years both count the same time.
    assert other["cagr"] == pytest.approx((1.0 + one["total_return"]) ** (12 / len(monthly)) - 1.0, rel=1e-12)
    assert other["volatility_annual"] == pytest.approx(monthly.std() * math.sqrt(12), rel=1e-12)


def test_everything_lost_leaves_what_was_lost() -> None:
    returns = pd.Series([0.02, -0.01, -1.0], index=pd.bdate_range("2024-01-01", periods=3))
    found = measures_of(returns, DAILY)
    assert found["total_return"].value == -1.0
    assert found["max_drawdown"].value == -1.0
    for name, one in found.items():
        if name not in ("total_return", "max_drawdown"):
            assert math.isnan(one.value), name
            assert "everything was lost" in one.reason, name


def test_bills_have_no_loss_and_say_so() -> None:
    returns = pd.Series(np.linspace(0.00018, 0.0002, 300), index=pd.bdate_range("2023-01-02", periods=300))
    found = measures_of(returns, DAILY)
    assert found["max_drawdown"].value == 0.0
    assert found["hit_rate"].value == 1.0
    for name, why in {
        "sortino": "no return is below zero", "omega": "no return is below zero",
        "calmar": "it was never below its high",
        "average_loss": "no return is below zero", "kelly": "there is no gain or no loss",
        "beta": "no benchmark",
    }.items():  # fmt: skip
        assert math.isnan(found[name].value), name
        assert found[name].reason == why


def test_dates_without_a_step_have_no_annual_figure() -> None:
    days = pd.DatetimeIndex(["2024-01-01", "2024-01-03", "2024-02-20", "2024-02-21", "2024-05-30", "2024-06-01"])
    returns = pd.Series([0.01, -0.02, 0.03, 0.01, -0.01, 0.02], index=days)
    frequency = frequency_of(days)
    found = measures_of(returns, frequency)
    for name, one in MEASURES.items():
        if one.annual and not one.benchmark:
            assert math.isnan(found[name].value), name
            assert found[name].reason == frequency.reason, name
    assert found["hit_rate"].value == pytest.approx(4 / 6)
    assert found["total_return"].value == pytest.approx(math.prod(1.0 + x for x in returns) - 1.0)


def test_one_return_and_returns_that_stand_still() -> None:
    one = measures_of(pd.Series([0.01], index=pd.DatetimeIndex(["2024-01-02"])), DAILY)
    assert one["total_return"].value == pytest.approx(0.01)
    assert one["sharpe"].reason == "needs 2 returns, and there is 1"
    still = measures_of(pd.Series(np.zeros(50), index=pd.bdate_range("2024-01-01", periods=50)), DAILY)
    assert still["exposure"].value == 0.0
    assert still["sharpe"].reason == "the returns do not move"
    assert still["hit_rate"].reason == "no return differs from zero"


@pytest.mark.parametrize("count", [1, 2, 3, 8, 40])
def test_each_measure_has_a_value_or_a_reason(count: int) -> None:
    for benchmark in (None, series(count, 6)):
        for name, one in measures_of(series(count), DAILY, benchmark).items():
            assert math.isnan(one.value) == bool(one.reason), name
            assert math.isnan(one.stderr) or (one.value == one.value and one.stderr >= 0.0), name


def test_a_measure_says_all_of_itself() -> None:
    for name, one in MEASURES.items():
        assert one.group in GROUPS, name
        assert one.text.endswith("."), name
        assert one.source, name
        assert one.better in (-1, 0, 1), name
    assert len({(one.name, one.group) for one in MEASURES.values()}) == len(MEASURES)


def test_a_position_decides_time_in_market_where_it_is_known() -> None:
    found = measures_of(series(), DAILY, exposure_frac=0.25)
    assert found["exposure"].value == 0.25
    assert found["risk_adjusted_return"].value == pytest.approx(found["cagr"].value / 0.25)


def test_what_is_no_track_record_has_none() -> None:
    found = measures_of(series(), DAILY, no_track="nothing was traded")
    assert found["sharpe"].reason == "nothing was traded"
    assert found["total_return"].value == found["total_return"].value
