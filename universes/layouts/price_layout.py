"""What a user says of a price file whose columns do not say it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hedgebook.errors import ParameterError

from ..checks import FLAG, MAPPING, TEXT, check_fields, maybe, one_of

DateOrder = Literal["day-first", "month-first"]


@dataclass(frozen=True)
class PriceLayout:
    """How a price file is read where its columns do not say it.

    name: "long", "wide", "yfinance", "tiingo", ..., None = recognised by its columns; columns: what the file calls
    each field, as in {"date": "Day", "close": "Adj Close"}; ticker: whose prices a file without tickers holds; dates:
    "day-first" or "month-first" for dates such as 07/01/2026, which many files do not tell themselves; raw: whether
    columns of adjusted prices are passed over for those beside them, as with a file of corporate actions.
    Raises ParameterError for values of other types.
    """

    name: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    ticker: str | None = None
    dates: DateOrder | None = None
    raw: bool = False

    def __post_init__(self) -> None:
        check_fields(self, ALLOWED)


ALLOWED = {
    "name": maybe(TEXT),
    "columns": MAPPING,
    "ticker": maybe(TEXT),
    "dates": maybe(one_of("day-first", "month-first")),
    "raw": FLAG,
}
BY_COLUMNS = PriceLayout()


def as_layout(given: str | PriceLayout | None) -> PriceLayout:
    """A layout from its name, from a value, or, for None, by the columns."""
    return given if isinstance(given, PriceLayout) else PriceLayout(given)


def parse_layout(layout: str | None, columns: str | None) -> PriceLayout | None:
    """A layout from text: "tiingo", "ticker=META,dates=day-first", and columns as in "close=Adj Close,date=Day".

    None where neither is given. Raises ParameterError for other text.
    """
    if layout is None and columns is None:
        return None
    given: dict[str, str] = {}
    for part in (layout or "").split(",") if layout is not None else ():
        key, there, value = part.partition("=")
        name, text = (key.strip(), value.strip()) if there else ("name", part.strip())
        if name not in ("name", "ticker", "dates") or not text or name in given:
            raise ParameterError(
                "this does not say how a price file is read",
                where="layout",
                value=part,
                bound="a layout's name, ticker=NAME, dates=day-first or dates=month-first, with commas between",
            )
        given[name] = text
    if given.get("dates") not in (None, "day-first", "month-first"):
        raise ParameterError("no such order", where="layout", value=given["dates"], bound="day-first, month-first")
    dates: DateOrder | None = (
        None if "dates" not in given else "day-first" if given["dates"] == "day-first" else "month-first"
    )
    return PriceLayout(given.get("name"), _columns(columns), given.get("ticker"), dates)


def _columns(text: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in () if text is None else text.split(","):
        field_name, there, column = part.partition("=")
        if not there or not field_name.strip() or not column.strip():
            bound = "FIELD=COLUMN, as in close=Adj Close, with commas between"
            raise ParameterError("this is not a field and its column", where="columns", value=part, bound=bound)
        found[field_name.strip().lower()] = column.strip()
    return found
