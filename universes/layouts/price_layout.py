"""What a user says of a price file whose columns do not say it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..checks import MAPPING, TEXT, check_fields, maybe, one_of

DateOrder = Literal["day-first", "month-first"]


@dataclass(frozen=True)
class PriceLayout:
    """How a price file is read where its columns do not say it.

    name: "long", "wide", "yfinance", "tiingo", ..., None = recognised by its columns; columns: what the file calls
    each field, as in {"date": "Day", "close": "Adj Close"}; ticker: whose prices a file without tickers holds; dates:
    "day-first" or "month-first" for dates such as 07/01/2026, which many files do not tell themselves.
    Raises ParameterError for values of other types.
    """

    name: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    ticker: str | None = None
    dates: DateOrder | None = None

    def __post_init__(self) -> None:
        check_fields(self, ALLOWED)


ALLOWED = {
    "name": maybe(TEXT),
    "columns": MAPPING,
    "ticker": maybe(TEXT),
    "dates": maybe(one_of("day-first", "month-first")),
}
BY_COLUMNS = PriceLayout()


def as_layout(given: str | PriceLayout | None) -> PriceLayout:
    """A layout from its name, from a value, or, for None, by the columns."""
    return given if isinstance(given, PriceLayout) else PriceLayout(given)
