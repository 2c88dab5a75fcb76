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

from collections.abc import Iterable
from difflib import get_close_matches


class HedgebookError(Exception):
    """Base of every error that hedgebook raises on purpose."""


class InputError(HedgebookError):
    """Something a user gave cannot be used.

    what: the problem in one sentence; where: file, row, key or parameter; value: the offending value;
    bound: what would have been accepted; remedy: what to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        value: object = None,
        bound: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.value = value
        self.bound = bound
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.value is not None:
            parts[0] += f" (got {self.value!r})" if isinstance(self.value, str) else f" (got {self.value})"
        if self.bound:
            parts.append(f"Accepted: {self.bound}")
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
