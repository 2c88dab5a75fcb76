"""A folder whose NAV has no session is refused, whatever is asked of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError


def test_a_folder_without_sessions_is_refused(market: hb.Market, tmp_path: Path) -> None:
    folder = hb.backtest(hb.trade(hold=3), market).save(tmp_path / "run")
    nav = pd.read_parquet(folder / "nav.parquet")
    nav.iloc[:0].to_parquet(folder / "nav.parquet")
    for ask in (
        lambda: hb.load_run(folder, market).levels,
        lambda: hb.risk(folder, market),
        lambda: hb.tearsheet(folder),
    ):
        with pytest.raises(InputError):
            ask()
