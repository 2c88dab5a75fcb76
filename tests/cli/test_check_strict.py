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


def test_a_split_is_listed_beside_the_gap_and_no_other_command_takes_it(tmp_path: Path) -> None:
    table = pd.read_csv(_file(tmp_path, 23))
    table.loc[: len(table) // 2 - 1, "BBB"] *= 4.0
    table.to_csv(tmp_path / "split.csv", index=False)
    own = ("split.csv", "--universe", "all")
    found = hedgebook("check", *own, "--json", cwd=tmp_path)
    assert found.code == 1
    rules = {(one["rule"], one["ticker"], one["severity"]) for one in found.json["faults"]}
    assert {("gap_long", "AAA", "error"), ("split", "BBB", "refused")} <= rules
    assert "no command takes it: 1 refusal, 1 error" in hedgebook("check", *own, cwd=tmp_path).out
    refused = hedgebook("universes", "all", "--prices", "split.csv", cwd=tmp_path)
    assert refused.code == 2
    assert "a split of 4:1" in refused.err


def test_every_ticker_of_a_file_is_a_universe_in_commands_that_look_at_it_first(tmp_path: Path) -> None:
    path = _file(tmp_path, 0)
    shown = hedgebook("universes", "all", "--prices", path.name, "--json", cwd=tmp_path)
    assert shown.code == 0, shown.err
    assert shown.json["priced"] == ["AAA", "BBB"]
    (tmp_path / "book.csv").write_text("ticker,shares\nAAA,100\nBBB,-60\n")
    own = ("--prices", path.name, "--universe", "all", "--benchmark", "BBB")
    told = hedgebook("risk", "book.csv", *own, "--paths", "100", "--sessions", "3", "--json", cwd=tmp_path)
    assert told.code == 0, told.err
    alone = hedgebook("universes", "all", cwd=tmp_path)
    assert alone.code == 2
    assert "only together with that file" in alone.err
