"""What cross-validation needs of a strategy: number, sum and sum of squares of its returns in each block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ...risk.series import returns_matrix
from .checks import check_number

MOST_BLOCKS = 20


@dataclass(frozen=True, eq=False)
class BlockMoments:
    """N strategies in S blocks of successive sessions.

    counts: (S,) returns in a block, or (N, S) where strategies differ; totals, squares: (N, S) sums of simple
    returns and of their squares.
    """

    counts: Floats
    totals: Floats
    squares: Floats

    @classmethod
    def of(cls, counts: ArrayLike, totals: ArrayLike, squares: ArrayLike) -> BlockMoments:
        """Checked moments from anything that is like an array.

        Counts that are the same for every strategy become one row. Raises ParameterError for shapes that do not
        match, an odd number of blocks or more than 20 of them, a NaN, an empty block, blocks of which half can hold
        fewer than the two returns that a deviation needs, or squares that no returns can have.
        """
        # Arrays that cannot be written to, as some files give them, would have the kernels compiled once more.
        n, total, square = (np.require(x, np.float64, ["C", "W"]) for x in (counts, totals, squares))
        if total.ndim != 2 or square.shape != total.shape or n.shape not in (total.shape, total.shape[1:]):
            raise ParameterError(
                "the shapes do not match",
                where="counts, totals, squares",
                value=f"{n.shape}, {total.shape}, {square.shape}",
                bound="(S,) or (N, S), (N, S), (N, S)",
            )
        if total.shape[0] == 0:
            raise ParameterError("there is no strategy", where="totals")
        check_blocks(total.shape[1])
        if not (np.isfinite(n).all() and np.isfinite(total).all() and np.isfinite(square).all()):
            raise ParameterError(
                "a moment is not a finite number",
                where="counts, totals, squares",
                remedy="Leave out the strategies that have none.",
            )
        _check_counts(n)
        if (square < 0.0).any() or (total**2 > n * square * (1.0 + 1e-9) + 1e-300).any():
            raise ParameterError("the squares are too small for the sums", where="squares")
        if n.ndim == 2 and (n == n[0]).all():
            n = n[0].copy()
        return cls(n, total, square)

    @property
    def strategies(self) -> int:
        """How many strategies there are."""
        return int(self.totals.shape[0])

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return int(self.totals.shape[1])

    def less(self, per_session: float) -> BlockMoments:
        """The moments after a constant, such as a risk-free rate, is taken from every return."""
        x = check_number("risk_free", per_session)
        if x == 0.0:
            return self
        squares = self.squares - 2.0 * x * self.totals + self.counts * x * x
        return BlockMoments(self.counts, self.totals - self.counts * x, np.maximum(squares, 0.0))


def _check_counts(counts: Floats) -> None:
    """Raise ParameterError unless every choice of half the blocks, and the other half, hold two returns or more."""
    fewest = np.sort(counts, axis=-1)[..., : counts.shape[-1] // 2].sum(axis=-1).min()
    if counts.min() < 1 or fewest < 2 or (counts != np.floor(counts)).any():
        raise ParameterError(
            "a block has too few returns",
            where="counts",
            value=counts.min(),
            bound="whole numbers from 1, and 2 returns or more in every half of the blocks",
            remedy="Take fewer blocks, or leave out the strategies that began late.",
        )


def check_blocks(blocks: int) -> int:
    """The number of blocks. Raises ParameterError unless it is even and from 2 to 20."""
    if blocks != int(blocks) or blocks % 2 or not 2 <= blocks <= MOST_BLOCKS:
        raise ParameterError("cannot be used", where="blocks", value=blocks, bound="an even number from 2 to 20")
    return int(blocks)


def block_moments(returns: Any, blocks: int = 16) -> BlockMoments:
    """The moments of (T, N) returns in blocks that differ by at most one session in length.

    A NaN is left out of its block. Raises ParameterError as BlockMoments.of does, and for an infinity.
    """
    values, _ = returns_matrix(returns)
    cuts = np.arange(check_blocks(blocks) + 1) * len(values) // blocks
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    if len(values) < blocks:
        raise ParameterError("too few sessions", where="returns", value=len(values), bound=f"at least {blocks}")
    starts = cuts[:-1]
    return BlockMoments.of(
        np.add.reduceat(known, starts, axis=0, dtype=np.float64).T,
        np.add.reduceat(filled, starts, axis=0).T,
        np.add.reduceat(filled**2, starts, axis=0).T,
    )
