"""Prices that were fetched into the price store: store:, as of a day store:?as_of=2026-07-01."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..prices.read import RawTable
from ..store.moments import moment_of, moment_text
from ..store.store import PriceStore
from .source import Needed
from .url import SourceURL


@dataclass(frozen=True)
class StoreSource:
    """The price store as it was at a moment, None = now; origin: only prices fetched from there."""

    store: PriceStore
    as_of: datetime | None = None
    origin: str | None = None
    name: str = "store"

    @classmethod
    def of(cls, url: SourceURL) -> StoreSource:
        """The source that a URL names. Raises PriceDataError."""
        url.only("as_of", "source")
        store = PriceStore(url.file()) if url.rest.strip("/") else PriceStore()
        text = url.options.get("as_of")
        return cls(store, None if text is None else moment_of(text, "store: as_of"), url.options.get("source"))

    @property
    def label(self) -> str:
        """A URL that gives the same prices again, whatever is fetched later."""
        asked = [] if self.as_of is None else [f"as_of={moment_text(self.as_of)}"]
        asked += [] if self.origin is None else [f"source={self.origin}"]
        place = "store:" if self.store.is_usual else f"store:///{self.store.path}"
        return place + ("?" + "&".join(asked) if asked else "")

    def read(self, needed: Needed) -> RawTable:
        """The needed tickers and days, as last retrieved up to the moment."""
        known = self if self.as_of is not None else StoreSource(self.store, self.store.latest(), self.origin)
        return self.store.table(needed.tickers, needed.first, needed.last, known.as_of, self.origin, known.label)
