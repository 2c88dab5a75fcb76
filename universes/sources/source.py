"""What a source of prices is asked for, and what every source can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from ..prices.read import RawTable


@dataclass(frozen=True)
class Needed:
    """The part of a source that is wanted: tickers, None = all; days from first to last, both included, None = open."""

    tickers: tuple[str, ...] | None = None
    first: date | None = None
    last: date | None = None


ALL = Needed()


class Source(Protocol):
    """A place that prices are read from.

    label: what it is called in output, without any secret; name: what the price store keeps its prices under.
    """

    @property
    def label(self) -> str: ...

    @property
    def name(self) -> str: ...

    def read(self, needed: Needed) -> RawTable:
        """A table of prices in any layout that is recognised, of the wanted tickers and days where that can be told.

        A source may give more than was wanted. Raises PriceDataError for a source that cannot be used.
        """
        ...
