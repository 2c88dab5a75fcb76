"""One whole number for a choice of one level on every discrete axis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np

from ...arrays import Ints

_LARGEST = 2**62


@dataclass(frozen=True)
class Radix:
    """Mixed radix: the last axis changes fastest.

    sizes: levels of each discrete axis. A choice is a row of words, int64, each for as many neighbouring axes as fit
    in 62 bits; whatever has at most 2^62 choices needs one word.
    """

    sizes: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many choices there are, exactly."""
        return prod(self.sizes)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first axis of each word, and the number of axes at the end."""
        # From the last axis on, so that whatever fits in one word is in one.
        found, size = [len(self.sizes)], 1
        for place in range(len(self.sizes) - 1, -1, -1):
            if size * self.sizes[place] > _LARGEST:
                found.append(place + 1)
                size = 1
            size *= self.sizes[place]
        return (0, *reversed(found))

    @property
    def words(self) -> int:
        """Words of one choice, at least 1."""
        return len(self.starts) - 1

    @cached_property
    def places(self) -> tuple[tuple[int, int, bool], ...]:
        """Of each axis: its word, its weight in it, and whether it is the word's first."""
        found = []
        for word, (start, stop) in enumerate(pairwise(self.starts)):
            for place in range(start, stop):
                found.append((word, prod(self.sizes[place + 1 : stop]), place == start))
        return tuple(found)

    def code(self, words: Ints, place: int) -> Ints:
        """(n,) levels of one axis from (n, W) words."""
        word, weight, first = self.places[place]
        size = self.sizes[place]
        if size == 1:
            return np.zeros(len(words), dtype=np.int64)
        column = words[:, word]
        above = column if weight == 1 else column // weight
        # numpy divides by one number fast, and its remainder is slow.
        return above.copy() if first else above - above // size * size

    def encode(self, codes: list[Ints], count: int) -> Ints:
        """(n, W) words from the (n,) levels of every axis."""
        words = np.zeros((count, self.words), dtype=np.int64)
        for code, (word, weight, _) in zip(codes, self.places, strict=True):
            words[:, word] += code * weight
        return words

    def range(self, start: int, stop: int) -> Ints:
        """(n, 1) words of consecutive choices, where one word is enough."""
        return np.arange(start, stop, dtype=np.int64)[:, None]
