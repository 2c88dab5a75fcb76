"""Exact medians of many columns that stream by: a sample says where the middle lies, a second look collects it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import VerificationError

from ...arrays import Flags, Floats, Ints

LARGEST = 8_192
# How far around the middle of the sample is collected at first, as a share of the sets: four deviations of the
# middle of 4,096 draws, the fewest that a trimmed sample holds on average.
MARGIN = 0.032
SCATTER = np.uint64(0x9E3779B97F4A7C15)


class SetSample:
    """At most 8,192 sets, chosen by a hash of their index, and a value of each in every column."""

    def __init__(self, columns: int) -> None:
        self.level = np.uint64(0)
        self.hashes: Ints = np.empty(0, dtype=np.uint64).view(np.int64)
        self.parts: list[list[Floats]] = [[] for _ in range(columns)]
        self.whole = True

    def take(self, rows: Ints) -> Flags:
        """(n,) which of these sets belong to the sample; their values are to be added to every column."""
        hashed = scattered(rows)
        taken = self._kept(hashed)
        self.hashes = np.concatenate([self.hashes, hashed[taken].view(np.int64)])
        return taken

    def add(self, column: int, values: Floats) -> None:
        """Values of the sets last taken."""
        self.parts[column].append(values)

    def trim(self) -> None:
        """Halve the sample until it is small enough."""
        while len(self.hashes) > LARGEST:
            self.level += np.uint64(1)
            self.whole = False
            kept = self._kept(self.hashes.view(np.uint64))
            self.hashes = self.hashes[kept]
            self.parts = [[np.concatenate(parts)[kept]] for parts in self.parts]

    def sorted(self, column: int) -> Floats:
        """The values of a column in rising order."""
        return np.sort(np.concatenate(self.parts[column]))

    def _kept(self, hashed: NDArray[np.uint64]) -> Flags:
        if self.level == 0:
            return np.ones(len(hashed), dtype=np.bool_)
        return np.asarray(hashed >> (np.uint64(64) - self.level) == 0)


class Brackets:
    """For each column the bounds between which its middle is looked for, and the values found there."""

    def __init__(self, sample: SetSample, count: int) -> None:
        self.count, self.whole = count, sample.whole
        self.ranked = [sample.sorted(c) for c in range(len(sample.parts))]
        self.margin = 0.0 if self.whole else MARGIN
        self.open = [] if self.whole else list(range(len(self.ranked)))
        self.found: dict[int, tuple[float, float]] = {}
        if self.whole:
            self.found = {c: self._pair(values, 0) for c, values in enumerate(self.ranked)}
        self._begin()

    def _pair(self, values: Floats, below: int) -> tuple[float, float]:
        """The one or two middle values, of sorted values with so many sets below them."""
        return float(values[(self.count - 1) // 2 - below]), float(values[self.count // 2 - below])

    def _begin(self) -> None:
        self.low, self.high = (np.full(len(self.ranked), edge) for edge in (-np.inf, np.inf))
        for c in self.open:
            last = len(self.ranked[c]) - 1
            below, above = int((0.5 - self.margin) * last), int(np.ceil((0.5 + self.margin) * last))
            if below > 0 and above < last:
                self.low[c], self.high[c] = self.ranked[c][below], self.ranked[c][above]
        self.below = np.zeros(len(self.ranked), dtype=np.int64)
        self.parts: dict[int, list[Floats]] = {c: [] for c in self.open}
        self.equal = np.zeros((2, len(self.ranked)), dtype=np.int64)

    def add(self, column: int, values: Floats) -> None:
        """Values of sets in a column; those that equal a bound are counted, those between the bounds are kept."""
        if column not in self.parts:
            return
        low, high = self.low[column], self.high[column]
        self.below[column] += np.count_nonzero(values < low)
        self.equal[0, column] += np.count_nonzero(values == low)
        self.equal[1, column] += 0 if high == low else np.count_nonzero(values == high)
        self.parts[column].append(values[(values > low) & (values < high)])

    def caught(self) -> bool:
        """Whether the middle of every column has been found, after all values were added."""
        for c in list(self.open):
            inner = np.sort(np.concatenate(self.parts[c]))
            left, right = int(self.equal[0, c]), int(self.equal[1, c])
            edges = [int(self.below[c]), left, len(inner), right]
            pair = [self._at(place, edges, c, inner) for place in ((self.count - 1) // 2, self.count // 2)]
            if all(value == value for value in pair):
                self.found[c] = (pair[0], pair[1])
                self.open.remove(c)
        return not self.open

    def _at(self, place: int, edges: list[int], column: int, inner: Floats) -> float:
        """The value at a place in rising order; NaN where it lies outside of the bounds."""
        below, left, between, right = edges
        at = place - below
        if 0 <= at < left:
            return float(self.low[column])
        if left <= at < left + between:
            return float(inner[at - left])
        if left + between <= at < left + between + right:
            return float(self.high[column])
        return float("nan")

    def widen(self) -> None:
        """Look again, in wider bounds; in the end without any."""
        if self.margin >= 1.0:
            raise VerificationError("a median was not found although every value was looked at")
        self.margin *= 4.0
        self._begin()

    def middle(self) -> tuple[Floats, Floats]:
        """(columns,), (columns,): the two middle values of each column, the same one where their number is odd."""
        pairs = np.array([self.found[c] for c in range(len(self.ranked))])
        return pairs[:, 0], pairs[:, 1]


def scattered(rows: Ints, seed: int = 0) -> NDArray[np.uint64]:
    """A hash of each index and a seed, the same in every run."""
    x = (rows.astype(np.uint64) + np.uint64(1)) * SCATTER
    x ^= np.uint64(seed * 0xD1342543DE82EF95 % 2**64)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(x ^ (x >> np.uint64(29)))
