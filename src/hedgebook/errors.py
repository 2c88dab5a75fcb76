"""Every error that hedgebook raises on purpose.

    HedgebookError
    |-- InputError             what a user gave cannot be used            (exit code 2)
    |   |-- PriceDataError     a price file or table
    |   |-- UniverseError      a universe file, bucket or ticker
    |   |-- EventError         an event file, identifier or date
    |   |-- ParameterError     a trade, its parameters or a call's arguments
    |   |-- CostsError         a costs file
    |   |-- RunFolderError     a folder to write to or read from
    |   |-- StrategyError      a user's own strategy raised an error
    |   `-- LookAheadError     a fill at or before the moment of its decision
    |-- VerificationError      a check ran and failed                     (exit code 1)
    `-- AccountingError        P&L does not add up: a defect of hedgebook (exit code 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

MOST_PROBLEMS_SHOWN = 20
LONGEST_PART = 300


class HedgebookError(Exception):
    """Base of every error that hedgebook raises on purpose."""


class InputError(HedgebookError):
    """Something a user gave cannot be used.

    what: the problem in one sentence; where: file, row, key or parameter; value: the offending value;
    bound: what would have been accepted; remedy: what to do about it; also: other problems of the same file.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        value: object = None,
        bound: str | None = None,
        remedy: str | None = None,
        also: Sequence[InputError] = (),
    ) -> None:
        self.what = what
        self.where = where
        self.value = value
        self.bound = bound
        self.remedy = remedy
        self.also = tuple(also)
        super().__init__(self._message())

    def _message(self) -> str:
        if not self.also:
            return self._sentence()
        shown = [self._sentence(), *(one._sentence() for one in self.also[: MOST_PROBLEMS_SHOWN - 1])]
        count = 1 + len(self.also)
        cut = f", of which the first {len(shown)} stand here" if count > len(shown) else ""
        return "\n".join([*shown, f"These are {count} problems{cut}."])

    def _sentence(self) -> str:
        what = shortened(self.what)
        parts = [f"{shortened(self.where)}: {what}" if self.where else what]
        if self.value is not None:
            shown = repr(self.value) if isinstance(self.value, str) else str(self.value)
            parts[0] += f" (got {shortened(shown)})"
        if self.bound:
            parts.append(f"Accepted: {shortened(self.bound)}")
        if self.remedy:
            parts.append(self.remedy)
        return " ".join(part if part.endswith((".", "?", "!")) else part + "." for part in parts)

    def as_dict(self) -> dict[str, object]:
        """The error as JSON-ready values, for `--json`."""
        return {
            "kind": type(self).__name__,
            "message": str(self),
            "what": self.what,
            "where": self.where,
            "value": None if self.value is None else str(self.value),
            "bound": self.bound,
            "remedy": self.remedy,
            **({"also": [one.as_dict() for one in self.also]} if self.also else {}),
        }


class PriceDataError(InputError):
    """A price file or table cannot be used."""


class UniverseError(InputError):
    """A universe file, bucket or ticker cannot be used."""


class EventError(InputError):
    """An event file, identifier or date cannot be used."""


class ParameterError(InputError):
    """A trade, one of its parameters or a call's argument cannot be used."""


class CostsError(InputError):
    """A costs file cannot be used."""


class RunFolderError(InputError):
    """A run folder cannot be written or read."""


class StrategyError(InputError):
    """A user's own strategy raised an error, or gave back what is no schedule."""


class LookAheadError(InputError):
    """A fill would happen at or before the moment of its decision."""


class VerificationError(HedgebookError):
    """A check ran and failed."""


class AccountingError(HedgebookError):
    """P&L does not add up to the change of NAV: a defect of hedgebook, never of the input."""


def together(problems: Sequence[InputError]) -> InputError:
    """Several problems of one file as one error: that of the first, with all of them in its message."""
    first = problems[0]
    kind = type(first)
    return kind(
        first.what, where=first.where, value=first.value, bound=first.bound, remedy=first.remedy, also=problems[1:]
    )


def shortened(text: str, longest: int = LONGEST_PART) -> str:
    """A text that fits into a message: what is too long loses its middle."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} ... {len(text) - 2 * half:,} characters ... {text[-half:]}"


def did_you_mean(value: str, choices: Iterable[str], *, limit: int = 8) -> str:
    """A remedy that names the closest of `choices`, or lists a few of them when nothing is close."""
    names = list(choices)
    by_lower = {name.lower(): name for name in names}
    close = get_close_matches(value.lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {by_lower[close[0]]!r}?"
    if not names:
        return "There is nothing to choose from."
    shown = ", ".join(names[:limit])
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"Choose from: {shown}{more}."
