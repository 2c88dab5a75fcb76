"""A folder with all files of one trade that sells a ticker short on a piece of news."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats

DEFAULT_VOLUME = 1e6


def write_files(
    folder: Path, days: pd.DatetimeIndex, entry: int, marks: Mapping[str, tuple[Floats, Floats]], universe: str
) -> None:
    """Write prices, universe, event and trade. marks: opens and closes by ticker; the last is sold at `entry`."""
    parts = [
        pd.DataFrame(
            {
                "date": days, "ticker": ticker, "open": opens, "high": np.maximum(opens, closes),
                "low": np.minimum(opens, closes), "close": closes, "volume": DEFAULT_VOLUME,
            }
        )
        for ticker, (opens, closes) in marks.items()
    ]  # fmt: skip
    pd.concat(parts).to_csv(folder / "prices.csv", index=False)
    (folder / "universe.toml").write_text(universe)
    (folder / "events.toml").write_text(
        f'[[events]]\nid = "news"\nannounced_on = {days[entry]:%Y-%m-%d}\ntiming = "pre-open"\nheadline = "h"\n'
        'sources = ["https://example.org/news"]\n'
    )
    sold = list(marks)[-1]
    (folder / "trades.toml").write_text(f'[short]\ntitle = "Short"\nevent = "news"\nlong = []\nshort = ["{sold}"]\n')


def opens_of(closes: Floats) -> Floats:
    """Opens at the close before; the first is its own close."""
    return np.concatenate([closes[:1], closes[:-1]])
