"""The measures of a tear sheet beside quantstats 0.0.86, empyrical 0.7.1 and PerformanceAnalytics 2.1.0.

Where a package has another number, the test says how its number is made of ours; engine.tearsheet.definitions tells
readers the same. quantstats is no dependency: its numbers are the pinned ones of ../shared/golden, and its own where it
can be imported.
"""

from __future__ import annotations

import json
import math
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import empyrical
import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.frequency import DAILY, Frequency
from hedgebook.engine.tearsheet.calendar import by_calendar
from hedgebook.engine.tearsheet.definitions import MEASURES
from hedgebook.engine.tearsheet.measures import measures_of

NAMES = ["AA", "IBM", "XOM", "LS"]
MONTHLY = Frequency("monthly", "month", 12.0)
# Our key by the name of quantstats' function, where both are the same number.
EQUAL = {
    "comp": "total_return", "cagr": "cagr", "volatility": "volatility_annual", "sharpe": "sharpe",
    "smart_sharpe": "smart_sharpe", "sortino": "sortino", "adjusted_sortino": "adjusted_sortino", "calmar": "calmar",
    "omega": "omega", "gain_to_pain_ratio": "gain_to_pain", "max_drawdown": "max_drawdown", "tail_ratio": "tail_ratio",
    "common_sense_ratio": "common_sense_ratio", "outlier_loss_ratio": "outlier_loss_ratio", "win_rate": "hit_rate",
    "best": "best_session", "worst": "worst_session", "avg_win": "average_win", "avg_loss": "average_loss",
    "payoff_ratio": "payoff_ratio", "profit_factor": "profit_factor", "cpc_index": "cpc_index",
    "kelly_criterion": "kelly", "risk_of_ruin": "risk_of_ruin", "r_squared": "r_squared", "greeks_beta": "beta",
}  # fmt: skip
MORE_EQUAL = {
    "smart_sortino": "smart_sortino", "consecutive_wins": "longest_wins", "consecutive_losses": "longest_losses",
    "expected_return": "expected_session",
}  # fmt: skip
BY_PERIOD = {
    ("win_rate", "ME"): "hit_rate_month", ("win_rate", "QE"): "hit_rate_quarter", ("win_rate", "YE"): "hit_rate_year",
    ("best", "ME"): "best_month", ("worst", "ME"): "worst_month", ("best", "YE"): "best_year",
    ("worst", "YE"): "worst_year", ("avg_win", "ME"): "average_up_month", ("avg_loss", "ME"): "average_down_month",
}  # fmt: skip


@pytest.fixture(scope="module")
def daily(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden/crosspkg/daily_returns.csv", index_col=0, parse_dates=True)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((shared / "golden/crosspkg/crosspkg_daily.json").read_text())["values"]
    return values


@pytest.fixture(scope="module")
def ours(daily: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {
        name: {key: one.value for key, one in measures_of(daily[name], DAILY, daily["EW"], errors=False).items()}
        for name in NAMES
    }


@pytest.mark.parametrize("theirs", EQUAL)
def test_quantstats_has_the_same(golden: Any, ours: Any, theirs: str) -> None:
    for name in NAMES:
        expected = float(golden["quantstats"][theirs][name])
        assert ours[name][EQUAL[theirs]] == pytest.approx(expected, rel=1e-10, abs=1e-14), name


def test_what_quantstats_has_otherwise(golden: Any, ours: Any, daily: pd.DataFrame) -> None:
    """Each difference that a definition tells of, taken back."""
    quantstats = golden["quantstats"]
    for name in NAMES:
        found, values = ours[name], daily[name]
        n, deepest = len(values), -found["max_drawdown"]
        years = n / 252
        # n - 1 below, and the total return of all years over it.
        ulcer = found["ulcer_index"] * math.sqrt(n / (n - 1))
        assert quantstats["ulcer_index"][name] == pytest.approx(ulcer, rel=1e-10)
        assert quantstats["upi"][name] == pytest.approx(found["total_return"] / ulcer, rel=1e-10)
        # The plain sum of returns, without its sign.
        assert quantstats["recovery_factor"][name] == pytest.approx(abs(values.sum()) / deepest, rel=1e-10)
        # Moments with the corrections of pandas.
        assert quantstats["skew"][name] == pytest.approx(found["skew"] * math.sqrt(n * (n - 1)) / (n - 2), rel=1e-9)
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * found["excess_kurtosis"] + 6)
        assert quantstats["kurtosis"][name] == pytest.approx(kurtosis, rel=1e-9)
        assert quantstats["probabilistic_sharpe_ratio"][name] == pytest.approx(found["probabilistic_sharpe"], abs=1e-6)
        # A normal law for VaR and ES, told as returns.
        normal = values.mean() - 1.6448536269514722 * values.std()
        assert quantstats["value_at_risk"][name] == pytest.approx(normal, rel=1e-10)
        assert quantstats["conditional_value_at_risk"][name] > -found["es_historical"]
        # Zeros among the gains; time in the market rounded up to whole percentages.
        gains = values[values >= 0.0].mean()
        assert quantstats["outlier_win_ratio"][name] == pytest.approx(values.quantile(0.99) / gains, rel=1e-10)
        assert quantstats["exposure"][name] == pytest.approx(math.ceil(found["exposure"] * 100) / 100)
        # Not annualised, and the total return over beta.
        root = math.sqrt(252)
        assert quantstats["information_ratio"][name] == pytest.approx(found["information_ratio"] / root, rel=1e-9)
        assert quantstats["treynor_ratio"][name] == pytest.approx(found["total_return"] / found["beta"], rel=1e-9)
        assert found["treynor"] == pytest.approx(found["cagr"] / found["beta"], rel=1e-12)
        assert (1.0 + found["cagr"]) ** years == pytest.approx(1.0 + found["total_return"], rel=1e-12)
        alpha = 252 * ((1.0 + found["alpha_annual"]) ** (1 / 252) - 1.0)
        assert quantstats["greeks_alpha"][name] == pytest.approx(alpha, rel=1e-9)
        _serenity(quantstats["serenity_index"][name], values, ulcer, found)


def _serenity(theirs: float, values: pd.Series[float], ulcer: float, found: dict[str, float]) -> None:
    """The sum of returns over Ulcer times a pitfall of a normal CVaR of drawdowns over the deviation of a day."""
    levels = np.concatenate([[1.0], np.cumprod(1.0 + values)])
    below = pd.Series((levels / np.maximum.accumulate(levels) - 1.0)[1:])
    tail = 0.05
    density = math.exp(-0.5 * 1.6448536269514722**2) / math.sqrt(2.0 * math.pi)
    normal = below.mean() - below.std() * density / tail
    assert theirs == pytest.approx(values.sum() / (ulcer * -normal / values.std()), rel=1e-6)
    pitfall = found["cdar"] / found["volatility_annual"]
    assert found["serenity"] == pytest.approx(found["cagr"] / (found["ulcer_index"] * pitfall), rel=1e-12)


def test_a_difference_is_told_where_there_is_one() -> None:
    told = {name for name, one in MEASURES.items() if "quantstats" in one.differs}
    assert told >= {
        "ulcer_index", "martin_ratio", "recovery_factor", "skew", "excess_kurtosis", "probabilistic_sharpe",
        "var_historical", "es_historical", "outlier_win_ratio", "exposure", "information_ratio", "treynor",
        "alpha_annual", "serenity", "expected_month", "expected_year", "gain_to_pain_month",
    }  # fmt: skip
    assert not told & set(EQUAL.values()) - {"cagr"}


@pytest.mark.skipif(find_spec("quantstats") is None, reason="quantstats is not installed")
@pytest.mark.filterwarnings("ignore")
def test_quantstats_itself(daily: pd.DataFrame, ours: Any) -> None:
    """Live, version 0.0.86: also what is not pinned."""
    stats = import_module("quantstats").stats
    for name in NAMES:
        values, found = daily[name], ours[name]
        for theirs, key in MORE_EQUAL.items():
            assert found[key] == pytest.approx(float(getattr(stats, theirs)(values)), rel=1e-9), key
        for (theirs, period), key in BY_PERIOD.items():
            assert found[key] == pytest.approx(float(getattr(stats, theirs)(values, aggregate=period)), rel=1e-9), key
        # Months added up, not compounded; partial months and years counted as whole ones.
        sums = values.groupby(pd.DatetimeIndex(values.index).to_period("M")).sum()
        assert stats.gain_to_pain_ratio(values, 0, "ME") == pytest.approx(sums.sum() / -sums[sums < 0].sum())
        count = len(by_calendar(values, "Y"))
        yearly = (1.0 + found["total_return"]) ** (1 / count) - 1.0
        assert stats.expected_return(values, aggregate="YE") == pytest.approx(yearly, rel=1e-9)


def test_empyrical_has_the_same(daily: pd.DataFrame, ours: Any) -> None:
    benchmark = daily["EW"]
    for name in NAMES:
        values, found = daily[name], ours[name]
        assert found["stability"] == pytest.approx(empyrical.stability_of_timeseries(values), rel=1e-9)
        assert found["tail_ratio"] == pytest.approx(empyrical.tail_ratio(values), rel=1e-12)
        assert found["alpha_annual"] == pytest.approx(empyrical.alpha(values, benchmark), rel=1e-9)
        assert found["beta"] == pytest.approx(empyrical.beta(values, benchmark), rel=1e-9)
        assert found["capture"] == pytest.approx(empyrical.capture(values, benchmark), rel=1e-9)
        assert found["up_capture"] == pytest.approx(empyrical.up_capture(values, benchmark), rel=1e-9)
        assert found["down_capture"] == pytest.approx(empyrical.down_capture(values, benchmark), rel=1e-9)
        batting = empyrical.batting_average(values, benchmark)["batting average"]
        assert found["batting_average"] == pytest.approx(batting, rel=1e-12)
        assert found["var_historical"] == pytest.approx(-empyrical.value_at_risk(values), rel=1e-12)
        assert found["es_historical"] == pytest.approx(-empyrical.conditional_value_at_risk(values), rel=1e-9)


def test_performance_analytics_has_the_same(shared: Path) -> None:
    """edhec: monthly, without a rate, against the column Funds of Funds."""
    folder = shared / "golden/performanceanalytics"
    entries = json.loads((folder / "pa_golden.json").read_text())["entries"]
    table = pd.read_csv(folder / "edhec.csv", index_col=0, parse_dates=True)
    pinned = {e["key"]: e["value"] for e in entries if e["dataset"] == "edhec"}
    keys = {"TreynorRatio": "treynor", "CAPM.jensenAlpha": "jensen_alpha", "AverageDrawdown": "average_drawdown"}
    compared = 0
    for theirs, key in keys.items():
        for name, value in zip(pinned[theirs]["columns"], pinned[theirs]["values"][0], strict=True):
            if value is None:
                continue
            column = next(c for c in table.columns if c == name or c in name)
            own = table[column].dropna()
            benchmark = table["Funds of Funds"].reindex(own.index)
            found = measures_of(own, MONTHLY, benchmark, errors=False)[key].value
            # Depths are positive there.
            expected = -value if key == "average_drawdown" else value
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-14), (key, name)
            compared += 1
    assert compared > 30
