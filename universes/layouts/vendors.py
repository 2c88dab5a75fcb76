"""The files of vendors that hold a column for each field: which columns tell them apart, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Dates = Literal["days", "month-first", "either", "epoch"]
SPLITS_ONLY = "adjusted for splits, as this source gives them, and not for dividends: returns lack the dividends"
AS_GIVEN = "the close is taken as it stands, as adjusted for splits and dividends"
UNADJUSTED = "quoted prices, which this source does not adjust: splits and dividends are in them"


@dataclass(frozen=True)
class Vendor:
    """A layout.

    needs: squeezed column names that must all be there; without: some that must not; fields: what each field is
    called, the first that is there counts; dated: the date's name; dates: how days are written; dressed: numbers with
    signs and units; note: what its prices are; suffix: what its tickers end in beyond the ticker.
    """

    name: str
    needs: frozenset[str]
    note: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dated: tuple[str, ...] = ("date",)
    dates: Dates = "days"
    dressed: bool = False
    suffix: str = ""
    without: frozenset[str] = frozenset()


PLAIN = {name: (name,) for name in ("open", "high", "low", "close", "volume")}
ADJUSTED_FIELDS = {name: (f"adj{name}",) for name in PLAIN}
SHORT = {"open": ("o",), "high": ("h",), "low": ("l",), "close": ("c",), "volume": ("v",)}

# The most particular first: the first whose columns are all there is taken.
VENDORS = (
    Vendor("tiingo", frozenset({"adjclose", "adjopen", "divcash", "splitfactor"}),
           "the adjusted columns are read: adjusted for splits and dividends", ADJUSTED_FIELDS),
    Vendor("polygon", frozenset({"t", "o", "h", "l", "c", "v"}), SPLITS_ONLY, SHORT, ("t",), "epoch",
           without=frozenset({"date", "session", "datetime", "timestamp", ""})),
    Vendor("polygon", frozenset({"ticker", "windowstart", "open", "close"}), UNADJUSTED, PLAIN,
           ("windowstart",), "epoch"),
    Vendor("nasdaq", frozenset({"date", "closelast"}), SPLITS_ONLY, {**PLAIN, "close": ("closelast",)},
           dates="month-first", dressed=True),
    Vendor("investing", frozenset({"date", "price", "open", "high", "low", "change"}), SPLITS_ONLY,
           {**PLAIN, "close": ("price",), "volume": ("vol",)}, dates="either", dressed=True),
    Vendor("stooq", frozenset({"ticker", "per", "date", "close", "vol"}), AS_GIVEN, {**PLAIN, "volume": ("vol",)},
           suffix=".US"),
    Vendor("alphavantage", frozenset({"timestamp", "open", "high", "low", "close", "adjustedclose"}), "", PLAIN,
           ("timestamp",)),
    Vendor("alphavantage", frozenset({"timestamp", "open", "high", "low", "close", "volume"}), UNADJUSTED, PLAIN,
           ("timestamp",)),
    Vendor("yfinance", frozenset({"date", "open", "close", "dividends", "stocksplits"}), AS_GIVEN, PLAIN),
    Vendor("yfinance", frozenset({"date", "open", "close", "adjclose"}), "", PLAIN),
    Vendor("one-ticker", frozenset({"date", "open", "high", "low", "close"}), AS_GIVEN, PLAIN),
    Vendor("adjusted-close", frozenset({"date", "adjclose"}), "", PLAIN),
    Vendor("adjusted-close", frozenset({"date", "adjustedclose"}), "", PLAIN),
    Vendor("adjusted-close", frozenset({"date", "closeadj"}), "", PLAIN),
    Vendor("adjusted-close", frozenset({"date", "closeadjusted"}), "", PLAIN),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(("long", "wide", *(vendor.name for vendor in VENDORS))))
