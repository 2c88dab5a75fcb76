"""What stands out in a comparison, and on which dates it is made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.bootstrap import resampled_sessions
from hedgebook.engine.risk.metrics import measure
from hedgebook.strategies.tearsheet.compare import ComparisonTables, compare_tracks, differing, distinct
from hedgebook.strategies.tearsheet.track import track_of_returns


def series(seed: int, count: int = 500, mean: float = 0.0003, first: str = "2021-01-04") -> pd.Series[float]:
    values = np.random.default_rng(seed).normal(mean, 0.01, count)
    return pd.Series(values, index=pd.bdate_range(first, periods=count), name=f"s{seed}")


def compared(*given: pd.Series[float], benchmark: pd.Series[float] | None = None) -> ComparisonTables:
    tracks = [track_of_returns(one, str(one.name)) for one in given]
    return compare_tracks(tracks, [{} for _ in tracks], benchmark)


def test_measures_are_those_of_each_alone() -> None:
    found = compared(series(1), series(2))
    for seed in (1, 2):
        alone = measure(series(seed))
        for name in ("total_return", "cagr", "sharpe", "max_drawdown", "calmar", "hit_rate"):
            assert found.measures.loc[f"s{seed}", name] == pytest.approx(getattr(alone, name), rel=1e-9), name


def test_a_lead_without_doubt_stands_out_and_luck_does_not() -> None:
    base = series(1)
    better = (base + 0.002).rename("better")
    found = compared(base, better)
    assert found.best["sharpe"].name == "better"
    assert found.best["sharpe"].stands
    # The same moves: neither is calmer.
    assert not found.best["volatility_annual"].stands
    twin = (base + np.random.default_rng(3).normal(0.0, 0.01, len(base))).rename("twin")
    assert not compared(base, twin).best["sharpe"].stands


def test_the_same_twice_has_no_best() -> None:
    found = compared(series(1), series(1).rename("copy"))
    assert all(not one.stands and one.lead == 0.0 for one in found.best.values())


def test_the_lead_stands_by_chance_as_often_as_it_should() -> None:
    """Of pairs that do not differ, one in twenty has a lead in Sharpe ratio beyond 1.96 errors."""
    stood = sum(compared(series(k, 160), series(k + 1000, 160)).best["sharpe"].stands for k in range(80))
    # Binomial, 80 at 5 %: at most 10 in 99.6 % of cases; a bootstrap is a little narrow.
    assert stood <= 11


def test_the_error_of_a_difference_is_that_of_paired_draws() -> None:
    """By hand: the same drawn dates of both, the Sharpe ratio of each, and the deviation of their difference."""
    a, b = series(1), series(2)
    found = compared(a, b)
    rows = resampled_sessions(len(a), draws=found.draws, block_length=found.block_length, seed=found.seed)
    x, y = a.to_numpy()[rows], b.to_numpy()[rows]
    ratios = [z.mean(axis=1) / z.std(axis=1, ddof=1) * np.sqrt(252) for z in (x, y)]
    error = (ratios[1] - ratios[0]).std(ddof=1)
    row = found.differences.loc[("s2", "sharpe")]
    assert found.reference == "s1"
    assert row["stderr"] == pytest.approx(error, rel=1e-9)
    assert row["difference"] == pytest.approx(measure(b).sharpe - measure(a).sharpe, rel=1e-9)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.959963984540054 * error, rel=1e-9)


def test_common_dates_are_those_that_all_have() -> None:
    found = compared(series(1), series(2, first="2021-06-01"), series(3, 300))
    first, last = pd.Timestamp("2021-06-01"), series(3, 300).index[-1]
    assert found.dates[0] == first
    assert found.dates[-1] == last
    inside = series(1)[first:last]
    assert found.measures.loc["s1", "total_return"] == pytest.approx(np.prod(1.0 + inside) - 1.0)
    assert found.own.loc["s1", "total_return"] == pytest.approx(np.prod(1.0 + series(1)) - 1.0)


def test_months_beside_days_are_compared_by_month() -> None:
    daily = series(1, 800)["2021-02-01":"2023-12-29"]
    monthly = (1.0 + daily).groupby(pd.DatetimeIndex(daily.index).to_period("M")).prod() - 1.0
    stamps = pd.PeriodIndex(monthly.index).to_timestamp(how="end").normalize()
    found = compared(pd.Series(monthly.to_numpy(), index=stamps, name="months"), daily.rename("days"))
    assert found.frequency.name == "monthly"
    row = found.measures
    for name in ("total_return", "sharpe", "max_drawdown"):
        assert row.loc["days", name] == pytest.approx(row.loc["months", name], rel=1e-9), name
    assert any("compounded between the dates" in note for note in found.notes)


def test_no_common_dates_leave_each_its_own() -> None:
    found = compared(series(1), series(2, first="2015-01-05"))
    assert not len(found.dates)
    assert not found.best
    assert found.measures["sharpe"].isna().all()
    assert found.own["sharpe"].notna().all()
    few = compared(series(1), series(2).iloc[-5:])
    assert len(few.dates) == 5
    assert not few.best
    assert few.measures["total_return"].notna().all()


def test_one_that_lost_everything_does_not_shorten_the_others() -> None:
    lost = series(3)
    lost.iloc[20] = -1.0
    found = compared(series(1), series(2), lost)
    assert len(found.dates) == 500
    assert np.isnan(found.measures.loc["s3", "total_return"])
    assert found.own.loc["s3", "total_return"] == -1.0


def test_a_benchmark_is_the_reference_and_keeps_its_name_apart() -> None:
    found = compared(series(1), series(2), benchmark=series(2))
    assert found.reference == "s2 (benchmark)"
    assert found.measures.loc["s2", "beta"] == pytest.approx(1.0)
    assert found.differences.loc[("s2", "sharpe"), "difference"] == pytest.approx(0.0, abs=1e-12)
    assert set(found.best) >= {"alpha_annual", "cagr"}
    # Of the benchmark itself there is none, so one is left, and no next.
    assert "information_ratio" not in found.best


def test_correlation_is_of_the_dates_of_each_pair() -> None:
    a, b = series(1), series(2).iloc[100:]
    found = compared(a, b)
    expected = np.corrcoef(a.iloc[100:], b)[0, 1]
    assert found.correlation.loc["s1", "s2"] == pytest.approx(expected, rel=1e-9)


def test_only_parameters_that_differ_are_told() -> None:
    tracks = distinct([track_of_returns(series(1), "a"), track_of_returns(series(2), "a")])
    assert [track.name for track in tracks] == ["a", "a (2)"]
    table = differing(tracks, [{"hold": 5, "delay": 0}, {"hold": 9, "delay": 0}])
    assert table.to_dict("index") == {"a": {"hold": 5}, "a (2)": {"hold": 9}}
    assert differing(tracks, [{"hold": 5}, {}]).empty
