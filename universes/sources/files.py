"""Prices of files or a DataFrame; what is not needed is left unread where it can be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..prices.read import FRAME, RawTable
from .source import Needed


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
        # Imported here: it opens sources too.
        from ..price_files.open import open_prices

        return open_prices(self.given, known=needed.tickers or (), wanted=needed.tickers).table
