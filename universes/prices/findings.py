"""What a comparison of two price files finds, and the two files side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..market import Field

Severity = Literal["serious", "warning", "note"]


SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")


EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One place that differs: a and b are the values of the two files, None where one has none."""

    session: str
    field: str
    a: float | None
    b: float | None


@dataclass(frozen=True)
class PriceFinding:
    """One thing in which two files differ.

    kind: `shifted`, `swapped`, `other_ticker`, `factor`, `copied_open`, `values`, `missing`, `ticker` or `sessions`;
    field: the one that differs, "" where it is all of them; count: cells, or for `ticker` and `sessions` those;
    first, last: sessions; text: the finding in a sentence.
    """

    severity: Severity
    kind: str
    ticker: str
    field: str
    count: int
    first: str
    last: str
    text: str
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, eq=False)
class Pair:
    """Both files on the same sessions and tickers: (T, K) float64 a field, NaN without a value."""

    sessions: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    a: dict[Field, Floats]
    b: dict[Field, Floats]
    names: tuple[str, str]

    def day(self, t: int) -> str:
        """Session t as text."""
        return str(self.sessions[t])

    def finding(
        self,
        severity: Severity,
        kind: str,
        field: Field,
        i: int,
        rows: NDArray[np.int64],
        text: str,
        shown: NDArray[np.int64] | None = None,
    ) -> PriceFinding:
        """What was found in some cells of a ticker; shown: those to give as examples, None = the first of them."""
        first, last = self.days(rows)
        examples = self.examples(field, i, rows if shown is None else shown)
        ticker, told = self.tickers[i], f"{text}, {span(first, last)}"
        return PriceFinding(severity, kind, ticker, field, int(rows.size), first, last, told, examples)

    def days(self, rows: NDArray[np.int64]) -> tuple[str, str]:
        """The first and the last of some sessions."""
        return self.day(int(rows[0])), self.day(int(rows[-1]))

    def examples(self, field: Field, i: int, rows: Sequence[int] | NDArray[np.int64]) -> tuple[Example, ...]:
        """The first of some cells."""
        return tuple(
            Example(self.day(int(t)), field, _value(self.a[field][t, i]), _value(self.b[field][t, i]))
            for t in list(rows)[:EXAMPLES]
        )


def span(first: str, last: str) -> str:
    """One session, or the first and the last of several."""
    return first if first == last else f"{first} to {last}"


def _value(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
