"""Prices of files or a DataFrame; what is not needed is left unread where it can be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..prices.read import FRAME, RawTable
from ..sources.open import source_at
from ..sources.source import Needed, Source
from ..sources.url import source_url
from .open import open_prices


@dataclass(frozen=True)
class FileSource:
    """A file in any of the layouts, or a DataFrame of one."""

    given: str | Path | pd.DataFrame
    name: str = "file"

    @property
    def label(self) -> str:
        """The name of the file; of what is neither file nor frame, which is refused where it is read, what it is."""
        if isinstance(self.given, str | Path):
            return Path(self.given).name
        return FRAME if isinstance(self.given, pd.DataFrame) else type(self.given).__name__

    def read(self, needed: Needed) -> RawTable:
        """What they hold, at least of the tickers that are needed."""
        return open_prices(self.given, known=needed.tickers or (), wanted=needed.tickers).table


def source_of(given: str | Path | pd.DataFrame) -> Source:
    """The source that a path, a URL or a frame stands for. Raises PriceDataError for a URL that cannot be used."""
    url = source_url(given)
    return FileSource(given) if url is None else source_at(url)
