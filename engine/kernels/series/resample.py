"""Random numbers and resampling inside kernels: the same on every machine, from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats
from ..jit import inlined

Bits = NDArray[np.uint64]
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
# Sums that differ by rounding alone count as equal.
TIE = 1.0 - 1e-12


@inlined
def next_bits(state: Bits) -> np.uint64:
    """64 random bits; `state` is moved on (SplitMix64: Steele, Lea and Flood 2014)."""
    state[0] += STEP
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    out: np.uint64 = z ^ (z >> np.uint64(31))
    return out


@inlined
def stream(seed: int, a: int, b: int) -> Bits:
    """A generator of its own for a seed and two whole numbers."""
    state = np.zeros(1, dtype=np.uint64)
    for part in (seed, a, b):
        state[0] = next_bits(state) ^ np.uint64(part)
    return state


@inlined
def below(state: Bits, bound: int) -> int:
    """A whole number from 0 to bound - 1; the bias of the multiplication is under bound / 2^32."""
    return int(((next_bits(state) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))


@inlined
def permutation_p(pool: Floats, length: int, draws: int, state: Bits) -> tuple[float, int]:
    """Two-sided p-value of the sum of the last `length` values of `pool` among sums of as many others of it.

    All choices are counted when length is 1, `draws` random ones otherwise, and then the actual one is added to
    them. Returns the p-value and how many choices were looked at.
    """
    actual = 0.0
    for value in pool[pool.size - length :]:
        actual += value
    bar = abs(actual) * TIE
    hits = 0
    if length == 1:
        for value in pool:
            if abs(value) >= bar:
                hits += 1
        return hits / pool.size, pool.size
    order = np.arange(pool.size)
    for _ in range(draws):
        total = 0.0
        for j in range(length):
            pick = j + below(state, pool.size - j)
            order[j], order[pick] = order[pick], order[j]
            total += pool[order[j]]
        if abs(total) >= bar:
            hits += 1
    return (hits + 1) / (draws + 1), draws


@inlined
def wild_p(values: Floats, draws: int, state: Bits) -> tuple[float, int]:
    """Two-sided p-value of the mean of `values` when every one of them gets a random sign.

    The cross-sectional t grows with the absolute sum, since signs leave the squares alone, so sums are enough.
    All 2^N sign patterns are counted when they are no more than `draws`. Returns the p-value and the number.
    """
    actual = 0.0
    for value in values:
        actual += value
    bar = abs(actual) * TIE
    exact = values.size < 32 and (1 << values.size) <= draws
    rounds = 1 << values.size if exact else draws
    hits = 0
    for pattern in range(rounds):
        bits = np.uint64(pattern)
        total = 0.0
        for i in range(values.size):
            if not exact and i % 64 == 0:
                bits = next_bits(state)
            total += values[i] if (bits >> np.uint64(i % 64)) & np.uint64(1) else -values[i]
        if abs(total) >= bar:
            hits += 1
    if exact:
        return hits / rounds, rounds
    return (hits + 1) / (rounds + 1), rounds
