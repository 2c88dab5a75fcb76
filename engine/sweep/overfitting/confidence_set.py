"""Which strategies cannot be told from the best: the model confidence set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import DRAWS, NUMBERS, REAL, SEED, SESSIONS, maybe, takes
from hedgebook.universes.names import named

from ...arrays import Floats, Ints
from ...equal import STILL
from ...risk.series import check_whole
from .checks import check_share, complete_returns
from .ties import distinct_columns, first_of_best, slack


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

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "included": self.included,
            "strategies": len(self.p_values),
            "level": self.level,
            "method": self.method,
            "draws": self.draws,
            "block_length": self.block_length,
        }


@takes(returns=NUMBERS, level=REAL, draws=DRAWS, block_length=maybe(SESSIONS), seed=SEED)
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
    (None: root of T). A p-value is the share of draws that reach the statistic, equal ones among them; it is 0 for a
    strategy that is worse than another by the same amount in every session. method: "R" or "max", see Elimination;
    seed: of the draws. Raises ParameterError. Source: Hansen, Lunde and Nason (2011), Econometrica 79(2).
    """
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
    kind = named(Elimination, method, "there is no such method", "method")
    length = int(np.sqrt(len(values))) if block_length is None else check_whole("block_length", block_length, 1)
    if len(distinct_columns(values)) < len(names):
        raise ParameterError("two strategies have the same returns", where="returns", remedy="Keep one of them.")
    drawn = _mean_losses(values, length, check_whole("draws", draws, 1), check_whole("seed", seed, 0))
    leave = _by_range if kind is Elimination.RANGE else _by_max
    order, shares = leave(-values.mean(axis=0), drawn)
    p_values = np.append(np.maximum.accumulate(shares), 1.0)
    return ConfidenceSet(pd.Series(p_values, names[order], name="p_value"), level, kind.value, draws, length)


def _mean_losses(values: Floats, length: int, draws: int, seed: int) -> Floats:
    """(draws, N) mean losses of each draw of sessions."""
    from arch.bootstrap import StationaryBootstrap

    drawn = StationaryBootstrap(length, np.arange(len(values)), seed=seed).bootstrap(draws)
    return np.array([-values[data[0][0]].mean(axis=0) for data in drawn])


def _by_range(losses: Floats, drawn: Floats) -> tuple[Ints, Floats]:
    """The strategies in the order in which they leave, (N,), and the p-value with which each but the last does.

    The statistic is the largest of all pairs' differences of mean loss over their deviations among the draws.
    """
    count = len(losses)
    centred = drawn - losses
    deviation = np.array([np.sqrt(((centred[:, [i]] - centred) ** 2).mean(axis=0)) for i in range(count)])
    pairs = _over(losses[:, None] - losses, deviation)
    inside, order, statistics = np.ones(count, dtype=bool), [], []
    while inside.sum() > 1:
        left = np.flatnonzero(inside)
        worst = pairs[np.ix_(left, left)].max(axis=1)
        leaves = first_of_best(worst)
        order.append(left[leaves])
        statistics.append(worst.max())
        inside[left[leaves]] = False
    order.append(int(np.flatnonzero(inside)[0]))
    # Which leave does not depend on the draws, so their maxima grow from the last pair to all of them.
    shares, highest = np.empty(count - 1), np.full(len(drawn), -np.inf)
    for step in range(count - 2, -1, -1):
        one, others = order[step], order[step + 1 :]
        between = _over(centred[:, [one]] - centred[:, others], deviation[one, others])
        highest = np.maximum(highest, np.abs(between).max(axis=1))
        shares[step] = _reached(highest, statistics[step])
    return np.array(order), shares


def _by_max(losses: Floats, drawn: Floats) -> tuple[Ints, Floats]:
    """The same with the largest difference to the mean of all that are left as the statistic."""
    centred = drawn - losses
    inside, order, shares = np.ones(len(losses), dtype=bool), [], []
    while inside.sum() > 1:
        left = np.flatnonzero(inside)
        noise = centred[:, left] - centred[:, left].mean(axis=1, keepdims=True)
        deviation = np.sqrt((noise**2).mean(axis=0))
        statistics = _over(losses[left] - losses[left].mean(), deviation)
        leaves = first_of_best(statistics)
        shares.append(_reached(_over(noise, deviation).max(axis=1), statistics.max()))
        order.append(left[leaves])
        inside[left[leaves]] = False
    return np.array([*order, int(np.flatnonzero(inside)[0])]), np.array(shares)


def _over(differences: Floats, deviation: Floats) -> Floats:
    """Differences over their deviations: 0 where both are none, infinite where only the deviation is."""
    moves = deviation > STILL
    with np.errstate(invalid="ignore", divide="ignore"):
        sure = np.where(np.abs(differences) > STILL, np.sign(differences) * np.inf, 0.0)
        return np.where(moves, differences / deviation, sure)


def _reached(drawn: Floats, statistic: float) -> float:
    """Share of draws that reach a statistic, those that equal it but for rounding among them."""
    return float((drawn >= statistic - float(slack(statistic))).mean())
