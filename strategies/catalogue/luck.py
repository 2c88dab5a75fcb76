"""How much of what many strategies earned is luck, each counted over its own sessions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.sweep.analysis.sharpe_tally import sharpe_p_values
from hedgebook.engine.sweep.overfitting.sharpe import SharpeEstimate, deflated_sharpe
from hedgebook.engine.sweep.overfitting.superiority import Superiority, superiority
from hedgebook.errors import InputError
from hedgebook.universes.brief import brief

LEVEL = 0.05
EVIDENCE = 0.95
FEW_SESSIONS = 60
DRAWS = 10_000
COLUMNS = ("t", "p_value", "adjusted_p_value", "excess_return", "needed_return", "deflated_sharpe")


@brief
@dataclass(frozen=True, eq=False)
class CatalogueLuck:
    """What luck can do to so many strategies, from returns less what cash earns.

    table: by strategy, NaN where undefined: t (mean over its standard error), p_value (two-sided, Student's t),
    adjusted_p_value (Holm's, for all strategies), excess_return (sum of its returns over cash), needed_return (what
    that sum would have to be for a p-value of 5 % over the number of strategies), deflated_sharpe (probability
    that the best of so many strategies without skill stays below it). trials: strategies that traded; best: the one
    with the highest t, None without any; superiority: tests of all on one calendar, 0 where one is not on; reasons: by
    name, why a figure is undefined.
    """

    table: pd.DataFrame
    trials: int
    best: str | None
    superiority: Superiority | None
    reasons: Mapping[str, str]

    @property
    def proven(self) -> bool:
        """Whether the best gained, and every measure of it and of all together that is known says more than luck."""
        if self.best is None:
            return False
        row = self.table.loc[self.best]
        alone = row["t"] > 0.0 and row["adjusted_p_value"] <= LEVEL and row["deflated_sharpe"] >= EVIDENCE
        return bool(alone and (self.superiority is None or self.superiority.spa_consistent <= LEVEL))


def catalogue_luck(excess: Mapping[str, pd.Series[float]], *, draws: int = DRAWS, seed: int = 0) -> CatalogueLuck:
    """Every measure of the luck of strategies that traded.

    excess: by strategy, returns less what cash earns by session, on its own sessions, NaN after a ruin; draws, seed:
    of the bootstrap. A strategy without a Sharpe ratio counts as a trial with a p-value of 1.
    """
    names, reasons = list(excess), dict[str, str]()
    sessions = np.array([len(series) for series in excess.values()], dtype=np.float64)
    ratio, deviation = (np.full(len(names), np.nan) for _ in range(2))
    estimates: dict[str, SharpeEstimate] = {}
    for k, (name, series) in enumerate(excess.items()):
        try:
            if not np.isfinite(series.to_numpy()).all():
                reasons[name] = "It lost its capital, so that its returns end."
                continue
            estimates[name] = SharpeEstimate.of_returns(series)
        except InputError as problem:
            reasons[name] = str(problem)
            continue
        ratio[k], deviation[k] = estimates[name].sharpe, float(series.std(ddof=1))
    t = ratio * np.sqrt(sessions)
    p = sharpe_p_values(ratio, sessions)
    known = np.isfinite(ratio)
    table = pd.DataFrame(np.nan, index=pd.Index(names, name="trade", dtype=object), columns=list(COLUMNS))
    table["t"] = t
    table.loc[known, "p_value"] = p[known]
    table.loc[known, "adjusted_p_value"] = holm(p)[known]
    table["excess_return"] = np.where(known, [float(series.sum()) for series in excess.values()], np.nan)
    table["needed_return"] = needed_returns(deviation, sessions, len(names))
    table["deflated_sharpe"] = _deflated(names, estimates, t, sessions, reasons)
    best = str(table["t"].idxmax()) if known.any() else None
    tests = None
    try:
        tests = superiority(_together(excess), draws=draws, seed=seed)
    except InputError as problem:
        reasons["superiority"] = str(problem)
    return CatalogueLuck(table, len(names), best, tests, reasons)


def holm(p_values: Floats) -> Floats:
    """(n,) p-values raised for their number, step by step. Source: Holm (1979), Scand. J. Statistics 6(2)."""
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate((len(p_values) - np.arange(len(p_values))) * p_values[order])
    out = np.empty(len(p_values))
    out[order] = np.minimum(stepped, 1.0)
    return out


def needed_returns(deviation: Floats, sessions: Floats, trials: int) -> Floats:
    """(n,) sums of returns with a two-sided p-value of 5 % over `trials`; NaN for fewer than 3 sessions.

    deviation: (n,) of a session's returns, ddof=1; the quantile of Student's t times deviation times sqrt(sessions).
    """
    from scipy.special import stdtrit

    out = np.full(len(deviation), np.nan)
    known = np.isfinite(deviation) & (sessions >= 3.0)
    n = sessions[known]
    out[known] = -stdtrit(n - 1.0, LEVEL / max(trials, 1) / 2.0) * deviation[known] * np.sqrt(n)
    return out


def _deflated(
    names: list[str], estimates: Mapping[str, SharpeEstimate], t: Floats, sessions: Floats, reasons: dict[str, str]
) -> Floats:
    """(n,) deflated Sharpe ratios.

    Ratios of 20 and of 2,000 sessions have different errors, so the spread that luck draws from is that of t, which
    has not; over a strategy's own sessions it is the spread of its Sharpe ratio.
    """
    out = np.full(len(names), np.nan)
    known = t[np.isfinite(t)]
    if len(known) < 2:
        reasons["deflated_sharpe"] = "Fewer than two strategies have a Sharpe ratio."
        return out
    spread = float(known.var(ddof=1))
    for k, name in enumerate(names):
        if name not in estimates:
            continue
        try:
            found = deflated_sharpe(estimates[name], trials=float(len(names)), sharpe_variance=spread / sessions[k])
        except InputError as problem:
            reasons[f"deflated_sharpe of {name}"] = str(problem)
            continue
        out[k] = found.probability
    return out


def _together(excess: Mapping[str, pd.Series[float]]) -> pd.DataFrame:
    """(T, n) on the calendar of all of them, 0 where one is not on or has lost everything."""
    return pd.DataFrame(dict(excess)).sort_index().fillna(0.0)


def fewest(sessions: Mapping[str, int]) -> tuple[str, ...]:
    """Strategies that ran over too few sessions for an annual figure to mean anything."""
    return tuple(name for name, count in sessions.items() if count < FEW_SESSIONS)


def chance_words(p_value: float) -> str:
    """A p-value as a sentence writes it."""
    if not math.isfinite(p_value):
        return "undefined"
    return "<0.0001" if p_value < 0.0001 else f"{p_value:.4f}"
