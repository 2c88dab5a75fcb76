"""Which risk model to believe: every backtest of every model, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import DRAWS, FRAMES_BY_NAME, REAL, SEED, takes

from .backtests import (
    Forecasts,
    TestResult,
    basel_zone,
    christoffersen_coverage,
    christoffersen_independence,
    kupiec,
    paired_forecasts,
    quantile_loss,
    time_between_failures,
)
from .dynamic import acerbi_szekely, duration, dynamic_quantile

COUNTED = ("kupiec", "christoffersen_coverage", "dynamic_quantile", "acerbi_szekely_z1", "acerbi_szekely_z2")


def backtest_findings(forecasts: Forecasts, *, draws: int = 10_000, seed: int = 0) -> list[TestResult]:
    """Every test that the forecasts allow: those of ES only where ES was forecast."""
    found = [
        kupiec(forecasts),
        christoffersen_independence(forecasts),
        christoffersen_coverage(forecasts),
        time_between_failures(forecasts),
        duration(forecasts),
        dynamic_quantile(forecasts),
    ]
    return found if forecasts.es is None else [*found, *acerbi_szekely(forecasts, draws=draws, seed=seed)]


@takes(models=FRAMES_BY_NAME, confidence=REAL, draws=DRAWS, seed=SEED)
def backtest_table(
    models: Mapping[str, pd.DataFrame], *, confidence: float, draws: int = 10_000, seed: int = 0
) -> pd.DataFrame:
    """Every test of every model: model, test, statistic, freedom, p_value.

    models: forecasts by name, as rolling_forecasts gives them (columns return, var_frac and, if there is one, es_frac;
    rows with a NaN are left out). confidence: of the forecasts; draws, seed: of the tests that simulate.
    Raises ParameterError for values of other kinds.
    """
    rows = []
    for name, frame in models.items():
        for found in backtest_findings(_paired(name, frame, confidence), draws=draws, seed=seed):
            rows.append({"model": name, "test": found.name, **found._asdict()})
    return pd.DataFrame(rows, columns=["model", "test", "statistic", "freedom", "p_value"])


def verdict_table(
    models: Mapping[str, pd.DataFrame],
    *,
    confidence: float,
    level: float = 0.05,
    draws: int = 10_000,
    seed: int = 0,
    check_signs: bool = True,
) -> pd.DataFrame:
    """One row a model, the one with the smallest quantile loss first; after them those without a forecast somewhere.

    A model that has no forecast on some sessions, or no ES where others have one, was not tested there as the others
    were: its figures do not compare (column complete). Columns: sessions (with a VaR), left_out (sessions that another
    model has and it has not), es_sessions (with a finite ES above zero, for Z1 and Z2), hits, expected_hits,
    quantile_loss, basel_zone, one column of p-values a test, rejected_by (names of the tests below `level`), verdict:
    "rejected" when Kupiec, conditional coverage, dynamic quantile, Z1 or Z2 rejects after Holm's correction for these
    tests, "doubtful" when any test is below the level by itself, "not rejected" otherwise; "too few sessions" when
    fewer than five hits are to be expected. check_signs: refuse a VaR that looks like a negative loss throughout.
    """
    if not 0.0 < level < 1.0:
        raise ParameterError("is out of range", where="level", value=level, bound="above 0, below 1")
    rows = {}
    for name, frame in models.items():
        paired = _paired(name, frame, confidence, check_signs)
        found = backtest_findings(paired, draws=draws, seed=seed)
        expected = len(paired.returns) * paired.tail
        rejected = [item.name for item in found if item.p_value < level]
        counted = [item.p_value for item in found if item.name in COUNTED and item.p_value == item.p_value]
        verdict = "doubtful" if rejected else "not rejected"
        # Holm (1979): the smallest of k p-values is held against level / k, and one rejection is enough.
        if counted and min(counted) < level / len(counted):
            verdict = "rejected"
        rows[name] = {
            "sessions": len(paired.returns),
            "left_out": 0,
            "es_sessions": 0 if paired.es is None else int(np.isfinite(paired.es).sum()),
            "hits": int(paired.hits.sum()),
            "expected_hits": expected,
            "quantile_loss": quantile_loss(paired),
            "basel_zone": basel_zone(paired)[0],
            **{item.name: item.p_value for item in found},
            "level": level,
            "rejected_by": ", ".join(rejected),
            "verdict": verdict if expected >= 5.0 else "too few sessions",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    if not len(table):
        return table
    table["left_out"] = table["sessions"].max() - table["sessions"]
    forecast = np.array(["es_frac" in models[str(name)].columns for name in table.index])
    fewer = forecast & (table["es_sessions"] < table["es_sessions"].max()).to_numpy()
    table["complete"] = (table["left_out"] == 0) & ~fewer
    table = table.sort_values("quantile_loss", kind="stable")
    return table.sort_values("complete", ascending=False, kind="stable")


def _paired(name: str, frame: pd.DataFrame, confidence: float, check_signs: bool = True) -> Forecasts:
    missing = [column for column in ("return", "var_frac") if column not in frame.columns]
    if missing:
        raise ParameterError("a column is missing", where=name, value=", ".join(missing), bound="return, var_frac")
    es = frame["es_frac"] if "es_frac" in frame.columns else None
    return paired_forecasts(frame["return"], frame["var_frac"], es, confidence=confidence, check_signs=check_signs)
