"""Many parameter sets as one compact batch: weights stand once in a bank, a set is a list of when to trade to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ...arrays import Floats, Ints
from ...kernels.book.records import ORDER, Orders, Structs
from ...rules import Rules

# Strategies make batches, so what batches are made of leaves the engine here.
__all__ = ["NO_PROBLEM", "ORDER", "Batch", "Orders", "Structs"]

NO_PROBLEM = -1
BY_SET = ("first", "last", "capital", "rules_of", "legs_of", "problem_of")


@dataclass(frozen=True, eq=False)
class Batch:
    """S parameter sets over the T sessions and N tickers of a market; K rows of weights.

    bank: (K, N) target weights as fractions of NAV, NaN = leave the ticker alone. orders: (R,) of ORDER, the rows of
    all sets one set after another, each set's ascending by session and mark; session is a row of the market.
    offsets: (S + 1,) where the orders of each set begin. first, last: (S,) the sessions that a set runs from and to,
    rows of the market, both included. capital: (S,) USD. rules, legs: the distinct rules and the distinct tables of
    "long" or "short" by ticker; rules_of, legs_of: (S,) which of them a set has. problems: the distinct reasons why
    a set cannot run; problem_of: (S,) which of them, -1 = it runs. A set with a problem has no orders.
    """

    bank: Floats
    orders: Structs
    offsets: Ints
    first: Ints
    last: Ints
    capital: Floats
    rules: tuple[Rules, ...]
    rules_of: Ints
    legs: tuple[dict[str, str], ...]
    legs_of: Ints
    problems: tuple[str, ...] = ()
    problem_of: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.capital)

    @property
    def runs(self) -> NDArray[np.bool_]:
        """(S,) whether a set can run."""
        return np.asarray(self.problem_of == NO_PROBLEM)

    def one(self, s: int) -> Batch:
        """A batch of set number s alone, with a copy of what it needs."""
        orders = self.orders[self.offsets[s] : self.offsets[s + 1]].copy()
        kept, orders["row"] = np.unique(orders["row"], return_inverse=True)
        return replace(
            self,
            bank=self.bank[kept],
            orders=orders,
            offsets=np.array([0, len(orders)], dtype=np.int64),
            **{name: getattr(self, name)[s : s + 1].copy() for name in BY_SET},
        )

    def check(self, sessions: int, tickers: int) -> Batch:
        """The batch itself. Raises ParameterError where its parts contradict each other or the market."""
        sets = len(self)
        for name in ("first", "last", "rules_of", "legs_of", "problem_of"):
            shape = getattr(self, name).shape
            if shape != (sets,):
                raise ParameterError("has one value for each set", where=f"batch.{name}", value=shape, bound=str(sets))
        ends = self.offsets
        if ends.shape != (sets + 1,) or ends[0] != 0 or ends[-1] != len(self.orders) or (np.diff(ends) < 0).any():
            raise ParameterError("does not cut the orders into sets", where="batch.offsets", value=ends.shape)
        for name, wrong in self._contradictions(sessions, tickers).items():
            if wrong:
                raise ParameterError("contradicts the rest of the batch or the market", where=f"batch.{name}")
        return self

    def _contradictions(self, sessions: int, tickers: int) -> dict[str, bool]:
        """Which parts are wrong, by name."""
        runs, rows, counts = self.runs, self.orders, np.diff(self.offsets)
        of = np.repeat(np.arange(len(self)), counts)
        at = rows["session"] * 2 + rows["mark"]
        same_set = of[1:] == of[:-1] if len(of) else np.zeros(0, dtype=np.bool_)
        return {
            "bank": self.bank.ndim != 2 or self.bank.shape[1] != tickers or bool(np.isinf(self.bank).any()),
            "problem_of": not _within(self.problem_of, -1, len(self.problems)),
            "rules_of": not _within(self.rules_of[runs], 0, len(self.rules)),
            "legs_of": not _within(self.legs_of[runs], 0, len(self.legs)),
            "orders": bool(
                rows.dtype != ORDER
                or not _within(rows["row"], 0, len(self.bank))
                or not _within(rows["mark"], 0, 2)
                or (np.diff(at)[same_set] <= 0).any()
                or (rows["session"] < self.first[of]).any()
                or (rows["session"] > self.last[of]).any()
                or counts[~runs].any()
            ),
            "first": not _within(self.first[runs], 0, sessions),
            "last": not _within(self.last[runs], 0, sessions) or bool((self.last < self.first)[runs].any()),
            "capital": not (self.capital[runs] > 0.0).all(),
        }


def joined(batches: Sequence[Batch]) -> Batch:
    """The sets of several batches one after another."""
    if len(batches) == 1:
        return batches[0]
    orders = np.concatenate([batch.orders for batch in batches])
    counts = np.concatenate([np.diff(batch.offsets) for batch in batches])

    def moved(of: str, what: str) -> Ints:
        """Numbers that point into something that is joined too; NO_PROBLEM stays."""
        numbers, sizes = [getattr(batch, of) for batch in batches], [len(getattr(batch, what)) for batch in batches]
        before = np.repeat(np.cumsum(sizes) - sizes, [len(batch) for batch in batches])
        found = np.concatenate(numbers)
        return np.asarray(np.where(found >= 0, found + before, found), dtype=np.int64)

    heights = np.array([len(batch.bank) for batch in batches], dtype=np.int64)
    orders["row"] += np.repeat(np.cumsum(heights) - heights, [len(batch.orders) for batch in batches])
    return Batch(
        bank=np.concatenate([batch.bank for batch in batches]),
        orders=orders,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        first=np.concatenate([batch.first for batch in batches]),
        last=np.concatenate([batch.last for batch in batches]),
        capital=np.concatenate([batch.capital for batch in batches]),
        rules=tuple(rules for batch in batches for rules in batch.rules),
        rules_of=moved("rules_of", "rules"),
        legs=tuple(legs for batch in batches for legs in batch.legs),
        legs_of=moved("legs_of", "legs"),
        problems=tuple(problem for batch in batches for problem in batch.problems),
        problem_of=moved("problem_of", "problems"),
    )


def _within(values: Ints, low: int, high: int) -> bool:
    """Whether all values are at least low and below high."""
    return bool(((values >= low) & (values < high)).all())
