"""From scores to places, and from places to weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.universes.brief import brief

from ..strategy.members import Members

# Below what a fraction of a count can be off by in floats: 0.29 * 100 is 28.999999999999996.
ROUNDING = 1e-9


@brief
@dataclass(frozen=True, eq=False)
class Ranking:
    """Who is in which place at each of R decisions, of N members.

    rows: (R,) rows of the market at whose close is decided; group: (N,) in which each member is ranked; place: (R, N)
    in its group, best = 0, what is not ranked after what is; count: (R, G) how many are ranked in each group.
    """

    members: Members
    rows: Ints
    group: Ints
    place: NDArray[np.int32]
    count: Ints

    @classmethod
    def of(cls, members: Members, rows: Ints, scores: Floats, ranked: Flags, *, by_bucket: bool) -> Ranking:
        """The ranking of scores (R, N), of those that are `ranked`, in each bucket or all together."""
        group = members.bucket if by_bucket else np.zeros_like(members.bucket)
        count = np.stack([ranked[:, group == g].sum(axis=1) for g in range(int(group.max()) + 1)], axis=1)
        return cls(members, rows, group, places(scores, ranked, group), count)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.rows.nbytes + self.place.nbytes + self.count.nbytes


def places(scores: Floats, ranked: Flags, groups: Ints) -> NDArray[np.int32]:
    """(R, N) the place of each of N tickers in its group, highest score first, ties in the order of the columns.

    groups: (N,) of small numbers. What is not ranked comes after what is.
    """
    # Four bytes each: a sweep keeps many rankings.
    out = np.empty(scores.shape, dtype=np.int32)
    for group in range(int(groups.max()) + 1):
        own = np.flatnonzero(groups == group)
        keys = np.where(ranked[:, own], -scores[:, own], np.inf)
        order = np.argsort(keys, axis=1, kind="stable")
        place = np.empty(order.shape, dtype=np.int32)
        np.put_along_axis(place, order, np.arange(order.shape[1], dtype=np.int32)[None, :], axis=1)
        out[:, own] = place
    return out


def side_counts(ranked: Ints, names: int | None, frac: float | None, *, both: bool) -> Ints:
    """How many a side takes of so many that are ranked: `names` of them, or `frac` rounded down but at least one.

    both: two sides that may not overlap take half of them each at most.
    """
    most = ranked // 2 if both else ranked
    wanted = np.full_like(ranked, names) if names is not None else np.floor(ranked * (frac or 0.0) + ROUNDING)
    return np.minimum(np.maximum(wanted, 1), most).astype(np.int64)


def weights_of(long: Flags, short: Flags, side_gross: float, neutral_in: Ints | None = None) -> Floats:
    """(R, N) equal weights that add up to `side_gross` on each side that holds anything.

    neutral_in: (N,) buckets that each have the same size on both sides, those with nothing held having none.
    """
    if neutral_in is None:
        sides = [side.sum(axis=1, keepdims=True) for side in (long, short)]
        up, down = (side_gross / np.maximum(side, 1) for side in sides)
        return _signed(long, short, up, down)
    buckets = range(int(neutral_in.max()) + 1)
    counts = [np.stack([side[:, neutral_in == b].sum(axis=1) for b in buckets], axis=1) for side in (long, short)]
    held = np.maximum((counts[0] > 0).sum(axis=1), 1)
    each = (side_gross / held)[:, None]
    up, down = ((each / np.maximum(count, 1))[:, neutral_in] for count in counts)
    return _signed(long, short, up, down)


def _signed(long: Flags, short: Flags, up: Floats, down: Floats) -> Floats:
    out = np.zeros(long.shape)
    np.copyto(out, up, where=long)
    np.copyto(out, -down, where=short)
    return out
