"""Prices of a file or a DataFrame; they are read whole, and what is not needed is left out later."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..prices.read import FRAME, RawTable, read_prices
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

    def read(self, needed: Needed) -> RawTable:  # noqa: ARG002
        """All that the file holds."""
        return read_prices(self.given)
