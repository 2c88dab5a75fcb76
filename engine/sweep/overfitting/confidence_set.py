"""Which strategies cannot be told from the best: the model confidence set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.brief import brief

from ...risk.series import check_whole
from .checks import check_share, complete_returns


class Elimination(StrEnum):
    """Statistic that decides which strategy leaves next: the range of all pairs, or the largest against the mean."""

    RANGE = "R"
    MAX = "max"


@brief
@dataclass(frozen=True, eq=False)
class ConfidenceSet:
    """p_values: by strategy, the order in which they left; included: those not worse than the best at `level`.

    method: of elimination; draws, block_length: of the bootstrap.
    """

    p_values: pd.Series[float]
    level: float
    method: str
    draws: int
    block_length: int

    @property
    def included(self) -> list[Any]:
        """The strategies that stay, best last."""
        return list(self.p_values.index[self.p_values > self.level])

    def as_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "included": self.included,
            "strategies": len(self.p_values),
            "level": self.level,
            "method": self.method,
            "draws": self.draws,
            "block_length": self.block_length,
        }


def confidence_set(
    returns: Any,
    *,
    level: float = 0.05,
    method: Elimination | str = Elimination.RANGE,
    draws: int = 1000,
    block_length: int | None = None,
    seed: int = 0,
) -> ConfidenceSet:
    """The set that holds the strategy with the highest true mean with chance 1 - level.

    returns: (T, 2 to 200), sessions with a NaN left out; block_length: average sessions of the stationary bootstrap
    (None: root of T). Computed by arch, on losses of minus the returns: memory grows with draws times the square of
    the strategies. method: "R" or "max", see Elimination; seed: of the draws. Raises ParameterError. Source: Hansen,
    Lunde and Nason (2011), Econometrica 79(2).
    """
    from arch.bootstrap import MCS

    values, names = complete_returns(returns, at_least=20)
    check_share("level", level)
    if not 2 <= len(names) <= 200:
        raise ParameterError(
            "cannot be compared in pairs",
            where="returns",
            value=f"{len(names)} strategies",
            bound="2 to 200",
            remedy="Give the top candidates.",
        )
    kind = _parse(method)
    length = int(np.sqrt(len(values))) if block_length is None else check_whole("block_length", block_length, 1)
    same = {tuple(column) for column in values.T}
    if len(same) < len(names):
        raise ParameterError("two strategies have the same returns", where="returns", remedy="Keep one of them.")
    found = MCS(
        pd.DataFrame(-values),
        size=level,
        reps=check_whole("draws", draws, 1),
        block_size=length,
        method=kind.value,
        bootstrap="stationary",
        seed=check_whole("seed", seed, 0),
    )
    found.compute()
    column = found.pvalues["Pvalue"]
    series = pd.Series(column.to_numpy(dtype=np.float64), index=names[column.index.to_numpy()], name="p_value")
    return ConfidenceSet(series, level, kind.value, draws, length)


def _parse(method: Elimination | str) -> Elimination:
    try:
        return Elimination(method)
    except ValueError:
        raise ParameterError(
            "there is no such method",
            where="method",
            value=str(method),
            remedy=did_you_mean(str(method), [one.value for one in Elimination]),
        ) from None
