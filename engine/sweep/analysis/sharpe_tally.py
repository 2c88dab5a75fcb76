"""What luck has to know of the Sharpe ratios of all sets: their number, their spread, and how surprising each is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...arrays import Floats, Ints
from ...risk.series import check_whole
from ..overfitting.ties import slack
from .median import scattered


class SharpeTally:
    """Adds up chunks of sets in rising order. Keeps 8 bytes for each set that ran, and a sample of indices.

    Ratios are those of a set's own sessions, annual in, per session inside. A set is a trial (`ran`) when its number
    of sessions is known; a trial without a finite ratio, as one that lost its capital, has a p-value of 1 and is not
    part of the spread, which is that of `finite` ratios. A set that traded nothing is no trial: give it no sessions.
    """

    def __init__(self, *, sample: int = 200, seed: int = 0, sessions_per_year: float = 252.0) -> None:
        self.largest_sample = check_whole("sample", sample, 1)
        self.seed = check_whole("seed", seed, 0)
        self.sessions_per_year = sessions_per_year
        self.sets = 0
        self.ran = 0
        self.finite = 0
        self.mean, self.squares = 0.0, 0.0
        self.lowest, self.highest = math.inf, -math.inf
        self._p_values: list[Floats] = []
        self._hashes: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._sampled: Ints = np.empty(0, dtype=np.int64)

    def add(self, start: int, sharpe_annual: ArrayLike, sessions: ArrayLike) -> None:
        """(n,), (n,): annual Sharpe ratio and number of sessions of sets from `start` on; NaN where there is none."""
        held = np.asarray(sessions, dtype=np.float64)
        ratios = np.asarray(sharpe_annual, dtype=np.float64) / math.sqrt(self.sessions_per_year)
        ran = np.isfinite(held) & (held > 0.0)
        known = ran & np.isfinite(ratios)
        self.sets += len(held)
        self.ran += int(ran.sum())
        self._p_values.append(sharpe_p_values(ratios[ran], held[ran]))
        if known.any():
            self._spread(ratios[known])
            self._sample(np.flatnonzero(known).astype(np.int64) + start)

    @property
    def variance(self) -> float | None:
        """Variance (ddof=1) of the ratios per session; None for fewer than two."""
        return self.squares / (self.finite - 1) if self.finite > 1 else None

    @property
    def alike(self) -> bool:
        """Whether no two sets have ratios that differ by more than rounding."""
        return self.finite < 2 or self.highest - self.lowest <= max(map(float, map(slack, (self.lowest, self.highest))))

    @property
    def sampled(self) -> Ints:
        """Indices of at most `sample` sets with a ratio, in rising order; they depend on the seed, not on chunks."""
        return np.sort(self._sampled)

    @property
    def p_values(self) -> Floats:
        """(ran,) two-sided p-values of the ratios being 0."""
        return np.concatenate(self._p_values) if self._p_values else np.empty(0)

    def _spread(self, ratios: Floats) -> None:
        # Chan, Golub and LeVeque (1979): means and squares of two groups joined.
        count, mean = len(ratios), float(ratios.mean())
        squares, gap, total = float(((ratios - mean) ** 2).sum()), mean - self.mean, self.finite + count
        self.squares += squares + gap**2 * self.finite * count / total
        self.mean += gap * count / total
        self.finite = total
        self.lowest, self.highest = min(self.lowest, float(ratios.min())), max(self.highest, float(ratios.max()))

    def _sample(self, rows: Ints) -> None:
        hashes = np.concatenate([self._hashes, scattered(rows, self.seed)])
        indices = np.concatenate([self._sampled, rows])
        kept = np.argsort(hashes, kind="stable")[: self.largest_sample]
        self._hashes, self._sampled = hashes[kept], indices[kept]


def sharpe_p_values(ratios: Floats, sessions: Floats) -> Floats:
    """(n,) two-sided p-values of Sharpe ratios per session: Student's t of SR sqrt(n), n - 1 degrees of freedom.

    1 for a ratio that is not finite or comes from fewer than 3 sessions. Source: Harvey and Liu (2015).
    """
    from scipy.special import stdtr

    known = np.isfinite(ratios) & (sessions >= 3.0)
    out = np.ones(len(ratios))
    n = sessions[known]
    out[known] = 2.0 * stdtr(n - 1.0, -np.abs(ratios[known]) * np.sqrt(n))
    return out


def adjusted_p_values(p_values: Floats, p: float) -> dict[str, float]:
    """One of the p-values raised for the number of all of them: bonferroni, holm, bhy.

    The same as haircut_sharpe gives it, without the rest. p: one of p_values.
    """
    ordered = np.sort(p_values)
    count = len(ordered)
    first = int(np.searchsorted(ordered, p, side="left"))
    places = np.arange(1, count + 1)
    stepped = (count - places[: first + 1] + 1) * ordered[: first + 1]
    shares = ordered[first:] * count * float((1.0 / places).sum()) / places[first:]
    return {
        "bonferroni": min(count * p, 1.0),
        "holm": min(float(stepped.max()), 1.0),
        "bhy": min(float(shares.min()), 1.0),
    }


def haircuts(p_values: Floats, ratio: float, sessions: int) -> dict[str, dict[str, float]]:
    """By adjustment: adjusted_p_value, haircut_sharpe (per session) and haircut_frac of the set with this ratio.

    p_values: (ran,) of all sets, this one's among them; ratio: per session, from so many sessions of its own.
    """
    from scipy.special import stdtrit

    p = float(sharpe_p_values(np.array([ratio]), np.array([float(sessions)]))[0])
    # The set's own p-value may have come from a ratio that was rounded otherwise.
    nearest = float(p_values[np.abs(p_values - p).argmin()])
    found = {}
    for name, adjusted in adjusted_p_values(p_values, nearest).items():
        left = -float(stdtrit(sessions - 1.0, adjusted / 2.0)) / math.sqrt(sessions)
        left = math.copysign(min(left, abs(ratio)), ratio)
        found[name] = {
            "adjusted_p_value": adjusted,
            "haircut_sharpe": left,
            "haircut_frac": 1.0 - left / ratio if ratio != 0.0 else math.nan,
        }
    return found
