"""Every kind of folder that a command writes is made again to the bit, or says that it cannot be and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.front.replay.call import DOORS
from tests.cli.console import hedgebook
from tests.front import test_abroad as abroad

NAME = "long-meta-short-neocloud"
PRICES = ("--prices", "prices.parquet")
ACTIONS = (*PRICES, "--actions", "actions.csv")
ABROAD = ("--prices", "abroad.parquet", "--universe", "ai_infrastructure_global")
FEW = ("--dates", "100", "--baskets", "20", "--draws", "199")
BASKETS = ("--among", "NVDA,SMH", "--names", "1")

# By folder: the function whose result it holds, and the command; the first three are read by others.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "run": ("backtest", ("run", NAME, *PRICES)),
    "run-abroad": ("backtest", ("run", abroad.TRADE, *ABROAD)),
    "sweep": ("sweep", ("sweep", NAME, "--grid", "hold=8:10", *PRICES)),
    "run-sample": ("backtest", ("run", NAME)),
    "run-actions": ("backtest", ("run", NAME, *ACTIONS)),
    "sweep-abroad": ("sweep", ("sweep", abroad.TRADE, "--grid", "hold=2,3", *ABROAD)),
    "tearsheet": ("tearsheet", ("tearsheet", "run-abroad")),
    "risk-of-a-run": ("risk", ("risk", "run-abroad", "--paths", "100")),
    "risk-of-holdings": ("risk", ("risk", "broker.csv", "--paths", "100", *ACTIONS)),
    "study": ("event_study", ("study", "meta-compute-2026", *ABROAD)),
    "compare": ("compare", ("compare", "run", "run-abroad")),
    "hedge-abroad": ("hedge_book", ("hedge", "held.csv", "--with", "000660.KS", *ABROAD)),
    "hedge-actions": ("hedge_book", ("hedge", "held.csv", "--with", "NVDA", *ACTIONS)),
    "hedges": ("hedges", ("hedges", NAME, *ACTIONS)),
    "capacity": ("capacity", ("capacity", NAME, *PRICES)),
    "refute": ("refute", ("refute", "run", *FEW, "--trials", "3")),
    "ticket": ("ticket", ("ticket", abroad.TRADE, "--as-of", "2026-06-15", *ABROAD)),
    "find-hedge": ("find_hedge", ("find-hedge", "broker.csv", *BASKETS, *ACTIONS)),
    "express": ("express", ("express", NAME)),
    "series": ("event_series", ("events-backtest", NAME, "--tags", "capex", *PRICES)),
    "trades": ("catalogue_results", ("trades", "--results", *PRICES)),
    "claims": ("check_claims", ("claims", *PRICES)),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of prices, actions and holdings, and of what others are made of."""
    folder = tmp_path_factory.mktemp("desk")
    market = hb.sample_market()
    table = pd.concat([market.frame(name).stack().rename(name) for name in ("open", "close", "volume")], axis=1)
    table.rename_axis(["date", "ticker"]).reset_index().to_parquet(folder / "prices.parquet")
    (folder / "actions.csv").write_text("date,ticker,kind,value,into\n2026-06-15,META,dividend,0.5,\n")
    (folder / "broker.csv").write_text("Symbol,Quantity\nMETA,100\nMU,50\nCash,50000\n")
    (folder / "held.csv").write_text("ticker,shares\nMETA,10\n")
    abroad.write_prices(folder / "abroad.parquet")
    for name in list(KINDS)[:3]:
        made = hedgebook("--no-ledger", *KINDS[name][1], "--out", name, cwd=folder)
        assert made.code == 0, made.err
    return folder


@pytest.mark.parametrize("name", KINDS)
def test_it_is_made_again_to_the_bit(name: str, desk: Path) -> None:
    door, words = KINDS[name]
    if not (desk / name).exists():
        made = hedgebook("--no-ledger", *words, "--out", name, cwd=desk)
        assert made.code in (0, 1), made.err  # a verdict and a ticket that may not be traded exit with 1
    assert json.loads((desk / name / "manifest.json").read_text())["call"]["door"] == door
    done = hedgebook("replay", name, cwd=desk)
    assert (done.code, done.out.strip()) == (0, "Identical: every input and every number is the same."), done.err


def test_no_kind_is_left_out() -> None:
    assert {door for door, _ in KINDS.values()} == set(DOORS)


def test_what_cannot_be_made_again_says_which_command_makes_it(desk: Path) -> None:
    checked = hedgebook("check", "prices.parquet", "--out", "checked", cwd=desk)
    assert (desk / "checked" / "manifest.json").exists(), checked.err
    opened = hedgebook("journal", "open", NAME, "--as-of", "2026-07-06", "--journal", "j.sqlite", cwd=desk)
    assert opened.code == 0, opened.err
    shown = hedgebook("journal", "show", NAME, "--journal", "j.sqlite", "--out", "page", cwd=desk)
    assert shown.code == 0, shown.err
    for folder, command in (("checked", "hedgebook check prices.parquet"), ("page", "hedgebook journal show")):
        done = hedgebook("replay", folder, cwd=desk)
        assert done.code == 2
        words = " ".join(done.err.split())
        assert "made by no function that could be called again" in words
        assert f"Run its command again: {command}" in words
