"""Luck of many strategies, each over its own sessions, against scipy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kurtosis, norm, skew, ttest_1samp
from statsmodels.stats.multitest import multipletests

from hedgebook.strategies.catalogue.luck import catalogue_luck, holm

EULER = 0.5772156649015329


def drawn(sizes: dict[str, tuple[int, float]], seed: int = 4) -> dict[str, pd.Series[float]]:
    """Returns by name, of so many sessions that end together, around a mean."""
    days, draw = pd.bdate_range("2024-01-01", periods=400), np.random.default_rng(seed)
    return {k: pd.Series(m + 0.01 * draw.standard_t(5, n), index=days[-n:]) for k, (n, m) in sizes.items()}


SIZES = {"brief": (12, 0.01), "month": (21, -0.004), "year": (252, 0.0012), "long": (400, 0.0)}


def test_p_values_are_those_of_scipy_and_statsmodels() -> None:
    excess = drawn(SIZES)
    table = catalogue_luck(excess, draws=200).table
    found = [ttest_1samp(series, 0.0) for series in excess.values()]
    np.testing.assert_allclose(table["t"], [one.statistic for one in found], rtol=1e-12)
    np.testing.assert_allclose(table["p_value"], [one.pvalue for one in found], rtol=1e-9)
    raised = multipletests([one.pvalue for one in found], method="holm")[1]
    np.testing.assert_allclose(table["adjusted_p_value"], raised, rtol=1e-9)


def test_what_was_needed_is_just_enough() -> None:
    excess = drawn(SIZES)
    table = catalogue_luck(excess, draws=200).table
    for name, series in excess.items():
        moved = series - series.mean() + float(table["needed_return"][name]) / len(series)
        assert ttest_1samp(moved, 0.0).pvalue == pytest.approx(0.05 / len(excess), rel=1e-9)


def test_deflated_ratios_take_the_spread_of_t_over_their_own_sessions() -> None:
    excess = drawn(SIZES)
    table = catalogue_luck(excess, draws=200).table
    trials = len(excess)
    most = (1 - EULER) * norm.ppf(1 - 1 / trials) + EULER * norm.ppf(1 - 1 / (trials * math.e))
    spread = np.std([ttest_1samp(series, 0.0).statistic for series in excess.values()], ddof=1)
    for name, series in excess.items():
        n, ratio = len(series), series.mean() / series.std()
        width = math.sqrt(1 - skew(series) * ratio + (kurtosis(series, fisher=False) - 1) / 4 * ratio**2)
        expected = norm.cdf((ratio - most * spread / math.sqrt(n)) * math.sqrt(n - 1) / width)
        assert table.loc[name, "deflated_sharpe"] == pytest.approx(expected, rel=1e-9)


def test_skill_stands_out_and_luck_does_not() -> None:
    assert not catalogue_luck(drawn({f"n{i}": (300, 0.0) for i in range(10)}), draws=500).proven
    skilled = catalogue_luck(drawn({**{f"n{i}": (300, 0.0) for i in range(5)}, "skill": (400, 0.005)}), draws=500)
    assert skilled.proven
    assert skilled.best == "skill"
    losing = catalogue_luck(drawn({**{f"n{i}": (300, 0.0) for i in range(5)}, "lost": (400, -0.005)}), draws=500)
    assert not losing.proven


def test_what_has_no_ratio_counts_as_a_trial_and_says_why() -> None:
    excess = drawn(SIZES)
    ruined = excess["year"].copy()
    ruined.iloc[100:] = np.nan
    more = {**excess, "ruined": ruined, "still": excess["long"] * 0.0, "two": excess["long"].iloc[:2]}
    found = catalogue_luck(more, draws=200)
    assert found.trials == 7
    assert set(found.reasons) == {"ruined", "still", "two"}
    assert found.table.loc[["ruined", "still", "two"]].isna().all(axis=None)
    alone = catalogue_luck(excess, draws=200)
    name = "year"
    raised = found.table.loc[name, "adjusted_p_value"], alone.table.loc[name, "adjusted_p_value"]
    assert raised[0] >= raised[1]


def test_nothing_and_one() -> None:
    empty = catalogue_luck({})
    assert (empty.trials, empty.best, empty.proven, empty.superiority) == (0, None, False, None)
    assert "superiority" in empty.reasons
    one = catalogue_luck(drawn({"one": (60, 0.001)}), draws=100)
    assert one.best == "one"
    assert np.isnan(one.table.loc["one", "deflated_sharpe"])
    assert "Fewer than two" in one.reasons["deflated_sharpe"]


def test_holm_keeps_order() -> None:
    draw = np.random.default_rng(2)
    for n in (1, 2, 9):
        p = draw.random(n) ** 3
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-12)
