"""hedgebook check: what is found is listed with its remedy, and --strict fails on an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from hedgebook.universes.calendar import trading_calendar

from .console import hedgebook


def _file(folder: Path, missing: int) -> Path:
    """Closes of two tickers, some of the first in a row missing."""
    days = trading_calendar(2024, 2024).sessions[:120]
    rng = np.random.default_rng(3)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (120, 2)), axis=0))
    close[40 : 40 + missing, 0] = np.nan
    path = folder / f"p{missing}.csv"
    pd.DataFrame({"date": days, "AAA": close[:, 0], "BBB": close[:, 1]}).to_csv(path, index=False)
    return path


def test_a_long_gap_is_an_error(tmp_path: Path) -> None:
    path = _file(tmp_path, 23)
    args = ("check", str(path), "--universe", "AAA,BBB", "--json")
    assert hedgebook(*args, cwd=tmp_path).code == 0
    strict = hedgebook(*args, "--strict", cwd=tmp_path)
    assert strict.code == 1
    (found,) = [one for one in strict.json["faults"] if one["severity"] == "error"]
    assert (found["rule"], found["ticker"], found["count"]) == ("gap_long", "AAA", 23)
    assert not strict.json["passed"]
    assert any("long gap in the prices: AAA" in line for line in strict.json["warnings"])


def test_clean_prices_pass(tmp_path: Path) -> None:
    done = hedgebook("check", str(_file(tmp_path, 0)), "--universe", "AAA,BBB", "--strict", cwd=tmp_path)
    assert done.code == 0
    assert "usable, nothing found" in done.out
