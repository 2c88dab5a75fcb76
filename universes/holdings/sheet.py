"""The table of positions in an export: which rows it has, and which column means what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Row = tuple[int, list[str]]

TICKER = ("ticker", "symbol", "instrument", "securityid", "underlyingsymbol", "financialinstrument")
SHARES = ("shares", "quantity", "qty", "qtyquantity", "position", "units", "sharesheld")
VALUE = (
    "dollars", "marketvalue", "mktval", "mktvalmarketvalue", "currentvalue", "positionvalue", "value", "marketvalueusd",
)  # fmt: skip
WEIGHT = ("weight", "weights", "weightfrac", "weightpercent", "weightpct", "allocation")
CURRENCY = ("currency", "ccy", "currencyprimary")
RATE = ("fxratetobase", "fxrate", "usdperunit")
KIND = ("assetclass", "assetcategory", "securitytype", "assettype")
MULTIPLIER = ("mult", "multiplier", "contractmultiplier")
DETAIL = ("levelofdetail", "datadiscriminator")
CASH = ("cash", "cashusd")
PARTS: Mapping[str, tuple[str, ...]] = {
    "ticker": TICKER, "shares": SHARES, "value": VALUE, "weight": WEIGHT, "currency": CURRENCY, "rate": RATE,
    "kind": KIND, "multiplier": MULTIPLIER, "detail": DETAIL, "cash": CASH,
}  # fmt: skip


def squeezed(name: str) -> str:
    """Letters, digits and percent signs of a column's name in small letters."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


@dataclass(frozen=True)
class Sheet:
    """Positions as they stand in an export.

    layout: whose export it is; header: its columns as written; rows: lines and cells below it; at: the column of each
    part of PARTS that is there; stated_cash: USD that another part of the file states, None where none does; base: the
    currency that rates lead to; harmless: whether all other columns are the broker's own, which do not matter;
    problems: line, reason and value of what another part of the file says and cannot be used; line: of the header.
    """

    layout: str
    header: list[str]
    rows: list[Row]
    at: Mapping[str, int]
    stated_cash: float | None = None
    base: str = "USD"
    harmless: bool = True
    notes: tuple[str, ...] = field(default=())
    problems: tuple[tuple[int, str, str], ...] = ()
    line: int = 1


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Which column holds each part; of several spellings of one the first of PARTS."""
    names = [squeezed(name) for name in header]
    found: dict[str, int] = {}
    for part, spellings in PARTS.items():
        at = next((names.index(name) for name in spellings if name in names), None)
        if at is not None:
            found[part] = at
    return found
