"""Claims: what articles stated about the moves of an event, each with its source."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import Field, field_validator

from hedgebook.errors import EventError, did_you_mean

from ..checks import PATH, takes
from ..model import Value
from ..raw_file import whole_number
from ..toml_file import find_file, flaw, read_toml, validate

SHIPPED = Path(__file__).parents[1] / "data" / "claims.toml"
RETURN, RETURN_YTD, DRAWDOWN = "return_", "return_ytd_", "drawdown_cycle_"


class Operator(StrEnum):
    """How a stated number is meant: the number itself, below it or above it."""

    EQUAL = "eq"
    BELOW = "lt"
    ABOVE = "gt"

    @property
    def words(self) -> str:
        """As it stands in a sentence."""
        return {"eq": "", "lt": "below ", "gt": "above "}[self.value]


class PriceBasis(StrEnum):
    """Which price an article said that it quoted."""

    CLOSE = "close"
    INTRADAY = "intraday"
    UNSTATED = "unstated"


class Claim(Value):
    """A move that an article stated.

    subject: a ticker or the name of an index; quantity: return_DATE (from the close before), return_ytd_DATE
    (from the last close of the year before) or drawdown_cycle_YEAR; value_percent: as stated, so its digits say
    how it was rounded; level_usd: a price stated beside it; quote: the words that state it, kept short.
    """

    event: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    source: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    subject: str = Field(min_length=1, pattern=r"^\S+$")
    quantity: str
    operator: Operator
    value_percent: float = Field(gt=-100, allow_inf_nan=False)
    stated_basis: PriceBasis = PriceBasis.UNSTATED
    level_usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    quote: str = Field(min_length=1, max_length=120)

    @field_validator("quantity")
    @classmethod
    def _known_quantity(cls, value: str) -> str:
        if _year(value, DRAWDOWN) is None and _day(value) is None:
            raise flaw(
                "this is no quantity",
                at=(),
                value=value,
                remedy="write return_2026-07-01, return_ytd_2026-06-30 or drawdown_cycle_2022.",
            )
        return value

    @property
    def day(self) -> date | None:
        """The session whose close the stated return ends at; None for a drawdown."""
        return _day(self.quantity)

    @property
    def is_session_return(self) -> bool:
        """Whether it is the move of one session."""
        return self.day is not None and not self.quantity.startswith(RETURN_YTD)

    @property
    def is_year_to_date(self) -> bool:
        """Whether it is a move since the last close of the year before."""
        return self.quantity.startswith(RETURN_YTD)

    @property
    def half_unit(self) -> float:
        """Half a unit of the last stated digit, in percent: by how much rounding can have changed the number."""
        return 0.5 * unit(self.value_percent)

    @property
    def statement(self) -> str:
        """The move in a few words, as in "MU above 700 %"."""
        return f"{self.subject} {self.operator.words}{self.value_percent:+g}%"


class ClaimLibrary(Value):
    """Claims of one file."""

    claims: tuple[Claim, ...] = Field(min_length=1)

    def of_event(self, event_id: str) -> tuple[Claim, ...]:
        """The claims about an event. Raises EventError, with the closest identifier, where there are none."""
        found = tuple(claim for claim in self.claims if claim.event == event_id)
        if not found:
            events = dict.fromkeys(claim.event for claim in self.claims)
            raise EventError(f"there are no claims about event {event_id!r}", remedy=did_you_mean(event_id, events))
        return found


@takes(path=PATH)
def load_claims(path: str | Path = "claims") -> ClaimLibrary:
    """The shipped claims, or those of a user's TOML file, which is read anew each time. Raises EventError."""
    found = find_file(path, {"claims": SHIPPED}, kind="claim", error=EventError)
    return _shipped_claims() if found == SHIPPED else _read_claims(found)


@lru_cache(maxsize=1)
def _shipped_claims() -> ClaimLibrary:
    return _read_claims(SHIPPED)


def _read_claims(path: Path) -> ClaimLibrary:
    return validate(ClaimLibrary, read_toml(path, error=EventError), path=path, error=EventError)


def unit(value: float) -> float:
    """One unit of the last digit that a number was written with: 0.1 for 9.7, 1 for 10."""
    text = repr(float(value))
    digits = text.partition(".")[2]
    return 1.0 if digits in ("", "0") or "e" in text else float(10.0 ** -len(digits))


def _day(quantity: str) -> date | None:
    for prefix in (RETURN_YTD, RETURN):
        if quantity.startswith(prefix):
            try:
                return date.fromisoformat(quantity.removeprefix(prefix))
            except ValueError:
                return None
    return None


def _year(quantity: str, prefix: str) -> int | None:
    text = quantity.removeprefix(prefix)
    return whole_number(text) if quantity.startswith(prefix) and len(text) == 4 else None
