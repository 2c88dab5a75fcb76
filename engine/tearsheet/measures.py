"""Every measure of one return series, each with its standard error where there is one, and why it is undefined."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..risk.drawdowns import compounded, drawdown_table
from ..risk.frequency import Frequency
from ..sweep.overfitting.sharpe import SharpeEstimate, probabilistic_sharpe
from .calendar import by_calendar
from .counting import (
    floats,
    gain_to_pain,
    gains_and_losses,
    mean_gain,
    mean_loss,
    moving_share,
    over,
    smart_penalty,
    win_rate,
)
from .definitions import LOST, MEASURES, Definition
from .excess import IN_EXCESS, metrics_in_excess
from .resampled import standard_errors

# What is known where there is no track record.
KNOWN_OF_NONE = ("total_return", "max_drawdown")


@dataclass(frozen=True)
class Value:
    """A measure: its value, its standard error, and why it is undefined. NaN where there is none, reason empty where
    there is one."""

    value: float
    stderr: float = math.nan
    reason: str = ""


def measures_of(
    returns: pd.Series[float],
    frequency: Frequency,
    benchmark: pd.Series[float] | None = None,
    *,
    exposure_frac: float | None = None,
    no_track: str = "",
    errors: bool = True,
    riskless: float = 0.0,
) -> dict[str, Value]:
    """All of MEASURES by key.

    returns: (n,) simple returns by date without NaN, the last one -1 or less where everything was lost; benchmark: (n,)
    at the same dates, NaN where it has none, None without one; exposure_frac: share of sessions with a position, where
    that is known; no_track: why these returns are no track record, of which no more than total return and drawdown are
    told then; errors: whether standard errors are estimated; riskless: what a riskless rate pays from one return to the
    next, a fraction, which the definitions that speak of it take off.
    """
    values = np.asarray(returns, dtype=np.float64)
    found = dict.fromkeys(MEASURES, math.nan)
    table = metrics_in_excess(returns, None, frequency.per_year, riskless).iloc[0]
    found |= {name: float(table[name]) for name in MEASURES if name in table.index}
    void = LOST if found["max_drawdown"] <= -1.0 else no_track
    if void:
        found |= {name: math.nan for name in MEASURES if name not in KNOWN_OF_NONE}
    else:
        found |= _own(values, returns, frequency, found) | {"probabilistic_sharpe": _probabilistic(values - riskless)}
        found |= _by_calendar(returns)
        if benchmark is not None:
            found |= relative_of(returns, benchmark, frequency, riskless)
    if exposure_frac is not None and not void:
        found["exposure"] = exposure_frac
        found["risk_adjusted_return"] = over(found["cagr"], exposure_frac)
    common = None if benchmark is None else int(benchmark.notna().sum())
    spread = {}
    if errors and not void:
        spread = _errors(values, frequency, benchmark, riskless)
        # The formula of Lo stands beside every Sharpe ratio of the other reports.
        spread["sharpe"] = float(table["sharpe_stderr"])
    return {
        name: _value(name, found[name], spread.get(name, math.nan), _Facts(len(values), common, void, frequency))
        for name in MEASURES
    }


@dataclass(frozen=True)
class _Facts:
    """What decides whether a measure is defined. common: dates that a benchmark has as well, None without one; void:
    why nearly nothing is."""

    count: int
    common: int | None
    void: str
    frequency: Frequency


def _value(name: str, value: float, stderr: float, facts: _Facts) -> Value:
    value = value if math.isfinite(value) else math.nan
    if value == value:
        return Value(value + 0.0, stderr if math.isfinite(stderr) else math.nan)
    return Value(math.nan, math.nan, _reason(MEASURES[name], facts))


def _reason(definition: Definition, facts: _Facts) -> str:
    """Why a measure has no value; the widest reason first."""
    if facts.void:
        return facts.void
    if definition.benchmark and facts.common is None:
        return "no benchmark"
    if definition.annual and not facts.frequency.regular:
        return facts.frequency.reason
    count = facts.common if definition.benchmark and facts.common is not None else facts.count
    if count < definition.least:
        what = "dates in common" if definition.benchmark else "returns"
        return f"needs {definition.least} {what}, and there {'is' if count == 1 else 'are'} {count}"
    if definition.calendar and facts.frequency.regular and facts.frequency.per_year < 12.0:
        return f"returns are {facts.frequency.name}"
    return definition.undefined or "it is beyond all numbers"


def _own(values: Floats, returns: pd.Series[float], frequency: Frequency, base: dict[str, float]) -> dict[str, float]:
    """What follows from the returns themselves and from the figures of the metric table."""
    n, growth = len(values), 1.0 + base["total_return"]
    penalty, exposure, deepest = smart_penalty(values), moving_share(values), -base["max_drawdown"]
    counted = gains_and_losses(values)
    dates = pd.DatetimeIndex([frequency.before(returns.index[0]), *returns.index])
    episodes = drawdown_table(compounded(values), dates)
    days = episodes["calendar_days"].to_numpy(dtype=np.float64)
    return {
        **counted,
        "expected_session": growth ** (1.0 / n) - 1.0,
        "expected_month": (1.0 + base["cagr"]) ** (1.0 / 12.0) - 1.0,
        "expected_year": base["cagr"],
        "mean_annual": float(values.mean()) * frequency.per_year,
        "exposure": exposure,
        "risk_adjusted_return": over(base["cagr"], exposure),
        "smart_sharpe": over(base["sharpe"], penalty),
        "smart_sortino": over(base["sortino"], penalty),
        "adjusted_sortino": base["sortino"] / math.sqrt(2.0),
        "serenity": over(base["cagr"], base["ulcer_index"] * over(base["cdar"], base["volatility_annual"])),
        "recovery_factor": over(base["total_return"], deepest),
        "longest_drawdown_days": float(days.max()) if len(days) else math.nan,
        "average_drawdown": float(episodes["depth"].mean()) if len(days) else math.nan,
        "average_drawdown_days": float(days.mean()) if len(days) else math.nan,
        "common_sense_ratio": counted["profit_factor"] * base["tail_ratio"],
    }


def _probabilistic(values: Floats) -> float:
    from hedgebook.errors import ParameterError

    try:
        return probabilistic_sharpe(SharpeEstimate.of_returns(values))
    except ParameterError:  # fewer than four returns, returns that stand still, or moments that no law has
        return math.nan


def _by_calendar(returns: pd.Series[float]) -> dict[str, float]:
    months, quarters, years = (floats(by_calendar(returns, period)) for period in ("M", "Q", "Y"))
    return {
        "gain_to_pain_month": gain_to_pain(months),
        "hit_rate_month": win_rate(months),
        "hit_rate_quarter": win_rate(quarters),
        "hit_rate_year": win_rate(years),
        "best_month": float(months.max()) if len(months) else math.nan,
        "worst_month": float(months.min()) if len(months) else math.nan,
        "best_year": float(years.max()) if len(years) else math.nan,
        "worst_year": float(years.min()) if len(years) else math.nan,
        "average_up_month": mean_gain(months),
        "average_down_month": mean_loss(months),
    }


def relative_of(
    returns: pd.Series[float], benchmark: pd.Series[float], frequency: Frequency, riskless: float = 0.0
) -> dict[str, float]:
    """The measures against a benchmark, of the dates that both have; riskless: as of measures_of."""
    table = metrics_in_excess(returns, benchmark, frequency.per_year, riskless).iloc[0]
    found = {name: float(table[name]) for name, one in MEASURES.items() if one.benchmark and name in table.index}
    both = benchmark.notna().to_numpy()
    paid = (1.0 + riskless) ** frequency.per_year - 1.0
    mine, theirs = (_rate(floats(series)[both], frequency.per_year) - paid for series in (returns, benchmark))
    return {
        **found,
        "r_squared": found["correlation"] ** 2,
        "jensen_alpha": mine - found["beta"] * theirs,
        "treynor": over(mine, found["beta"]),
    }


def _rate(values: Floats, year: float) -> float:
    growth = float(np.prod(1.0 + values))
    return growth ** (year / len(values)) - 1.0 if len(values) and growth >= 0.0 else math.nan


def _errors(
    values: Floats, frequency: Frequency, benchmark: pd.Series[float] | None, riskless: float
) -> dict[str, float]:
    other = None if benchmark is None else floats(benchmark)
    found = standard_errors(values, frequency.per_year, other)
    if riskless:
        less = standard_errors(values - riskless, frequency.per_year, None if other is None else other - riskless)
        found |= {name: less[name] for name in IN_EXCESS if name in less}
    # What was earned is a fact; of the rate that it stands for there is an error.
    found.pop("total_return", None)
    return found
