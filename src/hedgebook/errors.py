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

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches

MOST_PROBLEMS_SHOWN = 20
# Characters of a word, of a value or a place, and of a sentence in a message.
MOST_WORD, MOST_VALUE, MOST_TEXT = 300, 500, 10_000
MOST_TIED = 3  # names in one "did you mean"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.]*")
SECRET = re.compile(r"(pass|pwd|secret|token|key|user|uid|cred)[^=&;]*=", re.IGNORECASE)


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
        self.also = tuple(also) if isinstance(also, Sequence) else ()
        super().__init__(self._message())

    def _message(self) -> str:
        if not self.also:
            return self._sentence()
        shown = [self._sentence(), *(one._sentence() for one in self.also[: MOST_PROBLEMS_SHOWN - 1])]
        count = 1 + len(self.also)
        cut = f", of which the first {len(shown)} stand here" if count > len(shown) else ""
        return "\n".join([*shown, f"These are {count} problems{cut}."])

    def _sentence(self) -> str:
        what = shortened(str(self.what), MOST_TEXT)
        parts = [what if self.where is None else f"{shortened(str(self.where), MOST_VALUE)}: {what}"]
        if self.value is not None:
            parts[0] += f" (got {value_text(self.value)})"
        if self.bound is not None:
            parts.append(f"Accepted: {shortened(str(self.bound), MOST_TEXT)}")
        if self.remedy is not None:
            parts.append(shortened(str(self.remedy), MOST_TEXT))
        return " ".join(part if part.endswith((".", "?", "!")) else part + "." for part in parts)

    def to_dict(self) -> dict[str, object]:
        """The error as JSON-ready values, for `--json`."""
        return {
            "kind": type(self).__name__,
            "message": str(self),
            "what": self.what,
            "where": self.where,
            "value": None if self.value is None else value_text(self.value, quoted=False),
            "bound": self.bound,
            "remedy": self.remedy,
            **({"also": [one.to_dict() for one in self.also]} if self.also else {}),
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


def without_secrets(url: str | None) -> str | None:
    """A database's URL as it may be shown: one that holds a user, or a key in its query, is its scheme alone."""
    if url is None:
        return None
    scheme, there, rest = str(url).partition("://")
    if "@" not in url and not SECRET.search(rest if there else url):
        return str(url)
    return f"{scheme}://***" if there and SCHEME.fullmatch(scheme) else "***"


def shortened(text: str, most: int) -> str:
    """A text of at most about `most` characters: head and tail of a longer one, and of its longest words, with lengths.

    What a user gave may be a word of 100 kB; a message repeats enough of it to find it again.
    """
    if len(text) <= MOST_WORD:
        return text
    words = (_cut(word, MOST_WORD) for word in text.split(" "))
    return _cut(" ".join(words), most)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]} ... {text[-most // 4 :]} ({len(text):,} characters)"


def value_text(value: object, *, quoted: bool = True) -> str:
    """What was given, as a message shows it: text in quotes, cut in the middle where it is long."""
    try:
        text = repr(value) if isinstance(value, str) and quoted else str(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits; lists in lists without end
        return f"a {type(value).__name__} too large to print"
    except Exception:  # a user's own class may have words that fail
        return f"of type {type(value).__name__}"
    if " at 0x" in text and not isinstance(value, str):
        text = f"of type {type(value).__name__}"  # an address says nothing
    return shortened(text, MOST_VALUE)


def did_you_mean(value: str, choices: Iterable[str], *, limit: int = 8) -> str:
    """A remedy that names the closest of `choices`, or lists a few of them when nothing is close."""
    value, names = str(value), list(choices)
    by_lower = {name.lower(): name for name in names}
    # Nothing is close to a name of 100 kB, and comparing would take minutes.
    close = get_close_matches(value.lower(), by_lower, n=MOST_TIED, cutoff=0.6) if len(value) <= MOST_WORD else []
    if close:
        ratios = [SequenceMatcher(None, name, value.lower()).ratio() for name in close]
        # Of names that are equally close none is better than the others.
        best = [by_lower[name] for name, ratio in zip(close, ratios, strict=True) if ratio == ratios[0]]
        return f"Did you mean {' or '.join(map(repr, best))}?"
    if not names:
        return "There is nothing to choose from."
    shown = ", ".join(names[:limit])
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"Choose from: {shown}{more}."
