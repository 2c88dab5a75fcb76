"""`hedgebook verify` and `hedgebook check --against` as users meet them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.markets import universe_text

from .console import hedgebook

UNIVERSE = universe_text({"buy": ("KO",), "sell": ("PEP",), "market": ("SPY",)})
EVENTS = """
[[events]]
id = "mine-2026"
announced_on = 2026-03-10
timing = "after-close"
headline = "Something was said"
tags = ["own"]
expected_winners = ["buy"]
expected_losers = ["sell"]
sources = ["example.org"]
confidence = "one source"
"""
TRADE = """
[pair]
title = "One against the other"
event = "mine-2026"
long = ["buy"]
short = ["sell"]
hold = 8
"""


def own_prices(folder: Path) -> pd.DataFrame:
    """A year of two tickers and the benchmark that no shipped universe knows together."""
    from hedgebook.universes.calendar import trading_calendar

    days = trading_calendar(2025, 2026).sessions
    days = days[(days >= np.datetime64("2025-06-02")) & (days <= np.datetime64("2026-05-29"))]
    rows = []
    for k, ticker in enumerate(("KO", "PEP", "SPY")):
        for t, day in enumerate(days):
            close = 60.0 * (k + 1) * (1.0 + 0.0003 * t) * (1.0 + 0.01 * ((t * (7 + 3 * k)) % 11 - 5) / 5.0)
            opened = close * (1.0 + 0.002 * ((t * (5 + k)) % 7 - 3) / 3.0)
            rows.append((day, ticker, opened, max(opened, close) * 1.01, min(opened, close) * 0.99, close, 1e6 + t))
    frame = pd.DataFrame(rows, columns=["date", "ticker", "open", "high", "low", "close", "volume"])
    frame.to_csv(folder / "prices.csv", index=False)
    return frame


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with universe, events, trade and costs of one's own."""
    folder = tmp_path_factory.mktemp("verify")
    own_prices(folder)
    for name, text in (("pair.toml", UNIVERSE), ("events.toml", EVENTS), ("trades.toml", TRADE)):
        (folder / name).write_text(text)
    costs = Path(__file__).parents[2] / "engine" / "data" / "costs.toml"
    lines = [line for line in costs.read_text().splitlines() if "bucket" not in line and "ticker" not in line]
    (folder / "costs.toml").write_text("\n".join(lines))
    files = ("--universe", "pair.toml", "--events", "events.toml", "--prices", "prices.csv")
    done = hedgebook("run", "trades.toml:pair", *files, "--costs", "none", "--out", "mine", cwd=folder)
    assert done.code == 0, done.err
    return folder


def copied(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "mine", tmp_path / "mine")
    return tmp_path


def test_a_run_of_ones_own_universe_is_verified_with_and_without_it(made: Path) -> None:
    frame = pd.read_csv(made / "prices.csv")
    frame.pivot(index="date", columns="ticker", values="close").to_csv(made / "wide.csv")
    found = {}
    for more in (("prices.csv",), ("prices.csv", "--universe", "pair.toml"), ("wide.csv",)):
        done = hedgebook("verify", "mine", "--json", "--prices", *more, cwd=made)
        assert done.code == 0, done.out + done.err
        found[more] = done.json["prices"]
    assert found["prices.csv",]["opens"] > 8
    assert found["wide.csv",]["opens"] == 0
    assert all(each["closes"] == 2 * 9 and each["differing"] == 0 for each in found.values())
    other = hedgebook("verify", "mine", "--universe", "ai_infrastructure", cwd=made)
    assert other.code == 1
    assert "KO is not in the universe ai_infrastructure" in other.out


def test_prices_that_differ_are_named_and_the_engine_is_not_blamed(made: Path) -> None:
    frame = pd.read_csv(made / "prices.csv")
    nav = pd.read_parquet(made / "mine" / "nav.parquet")
    days = [f"{day:%Y-%m-%d}" for day in nav["session"]]

    def cell(ticker: str, day: str) -> pd.Series:
        return (frame["ticker"] == ticker) & (frame["date"] == day)

    was = frame.loc[cell("KO", days[3]), "close"].item()
    frame.loc[cell("KO", days[3]), "close"] *= 10.0  # outside low and high as well
    frame.loc[cell("PEP", days[0]), "open"] += 0.25  # an entry
    frame.loc[cell("PEP", days[5]), "open"] += 0.25  # no fill
    frame = frame[~cell("PEP", days[6])]
    frame.to_csv(made / "other.csv", index=False)
    done = hedgebook("verify", "mine", "--prices", "other.csv", "--json", cwd=made)
    assert done.code == 1
    assert done.json["mismatches"] == []
    assert [(d["ticker"], d["session"], d["mark"]) for d in done.json["prices"]["first"]] == [
        ("PEP", days[0], "open"), ("KO", days[3], "close"), ("PEP", days[5], "open"), ("PEP", days[6], "close"),
    ]  # fmt: skip
    second = done.json["prices"]["first"][1]
    assert second["run"] == pytest.approx(was, rel=1e-12)
    assert second["file"] == pytest.approx(10 * was, rel=1e-12)
    assert done.json["prices"]["missing"] == 1
    shown = hedgebook("verify", "mine", "--prices", "other.csv", cwd=made)
    assert shown.code == 1
    assert "PRICES DIFFER" in shown.out
    assert "DIFFERS FROM the second engine" not in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert hedgebook("verify", "mine", "--prices", "absent.csv", cwd=made).code == 2


def flip(path: Path, part: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(part * len(content))] ^= 0x10
    path.write_bytes(bytes(content))


def in_table(name: str, column: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        frame = pd.read_parquet(folder / f"{name}.parquet")
        frame.loc[len(frame) // 2, column] *= 1.001
        frame.to_parquet(folder / f"{name}.parquet", index=False)

    return change


def in_summary(*path: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
        place = summary
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] *= 1.001
        (folder / "summary.json").write_text(json.dumps(summary))

    return change


CHANGES = {
    "nav.parquet": in_table("nav", "cash"),
    "fills.parquet": in_table("fills", "reference"),
    "positions.parquet": in_table("positions", "price"),
    "pnl.parquet": in_table("pnl", "pnl"),
    "summary.json: sharpe": in_summary("sharpe"),
    "summary.json: pnl_by_ticker.KO": in_summary("pnl_by_ticker", "KO"),
}


def test_a_value_that_was_changed_in_any_file_is_named(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process: each start of another takes a second."""
    from hedgebook.cli import main

    monkeypatch.chdir(tmp_path)
    for name, change in CHANGES.items():
        shutil.rmtree(tmp_path / "mine", ignore_errors=True)
        change(copied(made, tmp_path) / "mine")
        with pytest.raises(SystemExit) as stopped:
            main(["verify", "mine", "--json"])
        assert stopped.value.code == 1, name
        found = json.loads(capsys.readouterr().out)["mismatches"]
        assert any(name in line for line in found), (name, found)


@pytest.mark.parametrize("name", ["nav", "fills", "pnl", "positions"])
def test_a_byte_that_was_changed_in_a_table_is_noticed(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Anywhere in the pages; what follows them says how to read, and changes that leave the values pass."""
    from hedgebook.cli import main

    monkeypatch.chdir(copied(made, tmp_path))
    path = tmp_path / "mine" / f"{name}.parquet"
    good = path.read_bytes()
    footer = int.from_bytes(good[-8:-4], "little") + 8
    for k in range(6):
        flip(path, (0.05 + 0.15 * k) * (1.0 - footer / len(good)))
        with pytest.raises(SystemExit) as stopped:
            main(["verify", "mine"])
        said = capsys.readouterr()
        assert stopped.value.code in (1, 2), k
        assert f"{name}.parquet" in said.out + said.err
        path.write_bytes(good)
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "mine"])
    assert stopped.value.code == 0


def test_check_against_another_file(made: Path) -> None:
    frame = pd.read_csv(made / "prices.csv")
    same = hedgebook("check", "prices.csv", "--against", "prices.csv", cwd=made)
    assert same.code == 0
    assert "The two files agree." in same.out
    late = frame["ticker"] == "KO"
    frame.loc[late, ["open", "high", "low", "close", "volume"]] = (
        frame.loc[late, ["open", "high", "low", "close", "volume"]].shift(1).to_numpy()
    )
    frame.dropna().to_csv(made / "late.csv", index=False)
    done = hedgebook("check", "prices.csv", "--against", "late.csv", cwd=made)
    assert done.code == 0
    assert "KO comes 1 session later in late.csv than in prices.csv" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80
    found = hedgebook("check", "--prices", "prices.csv", "--against", "late.csv", "--json", cwd=made).json
    assert found["findings"][0]["kind"] == "shifted"
    assert found["agree"] is False
    bad = hedgebook("check", "prices.csv", "--against", "absent.csv", "--json", cwd=made)
    assert (bad.code, bad.json["error"]["kind"]) == (2, "PriceDataError")


def test_the_folder_of_a_hedge_is_told_from_a_run(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("ticker,shares\nMETA,100\nNBIS,50\n")
    made = hedgebook("hedge", "book.csv", "--with", "benchmark", "--out", "kept", cwd=tmp_path)
    assert made.code == 0, made.err
    for command in ("verify", "risk"):
        done = hedgebook(command, "kept", cwd=tmp_path)
        assert done.code == 2
        assert "the folder of hedgebook hedge, which is no run" in done.err
        assert "hedgebook report kept" in done.err
        assert "hedgebook replay kept" in done.err
        assert "--overwrite" not in done.err
    assert hedgebook("replay", "kept", cwd=tmp_path).code == 0
