"""Every kind of report as its command makes it, each once for all workers of a run of tests."""

from __future__ import annotations

import fcntl
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.cli import main

from .documents import Page

WIDE = "400"
NAME = "long-meta-short-neocloud"
JOURNAL = ("--journal", "j.sqlite")
ASKED = {
    "run": ("run", "--set", "hold=60", "--set", "event=meta-capex-2026-04"),
    "sweep": ("sweep", "--grid", "hold=60:66", "--grid", "hedge=dollar,beta", "--set", "event=meta-capex-2026-04"),
    "sheet": ("tearsheet", "run", "--benchmark", "SPY"),
    "compare": ("compare", "run", "long-meta-short-memory", "SPY", "--benchmark", "SMH"),
    "risk": ("risk", "run"),
    "capacity": ("capacity",),
    "check": ("check", "prices.csv"),
    "differences": ("check", "prices.csv", "--against", "other.csv"),
    "trades": ("trades", "mine.toml", "--results"),
    "ticket": ("ticket",),
    "hedges": ("hedges", "--methods", "dollar,beta"),
    "series": ("events-backtest", "--tags", "capex"),
    "claims": ("claims",),
    "study": ("study", "--window", "0:0", "--window", "0:5"),
    "book": ("hedge", "held.csv", "--with", "SPY,SMH"),
    "finder": ("find-hedge", "held.csv", "--names", "1:2", "--among", "SPY,QQQ,SMH", "--placebos", "19"),
    "refute": ("refute", "--dates", "100", "--baskets", "20", "--draws", "199"),
    "express": ("express", "--only", "long-put,collar"),
    "journal": ("journal", "show", NAME, *JOURNAL),
}
# What must have been made before, and by which command.
RUNS_FIRST = ("sheet", "compare", "risk")
OPENED = ("journal", "open", NAME, "--as-of", "2026-07-20", *JOURNAL)
# What a strategy's refutation exits with where it is not one that survives.
ENDED = {"refute": 1}
HELD = ("META", "MU", "NBIS", "SPY")


@dataclass(frozen=True)
class Told:
    """One result as all of its documents tell it. terminal: what the command printed."""

    folder: Path
    terminal: str

    @cached_property
    def page(self) -> Page:
        """Its report as a page."""
        return Page(self.folder / "report.html")


class AllTold(Mapping[str, Told]):
    """Each kind by name, made by its command as a user types it once it is asked for."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._made: dict[str, Told] = {}

    def __getitem__(self, kind: str) -> Told:
        if kind not in self._made:
            if kind in RUNS_FIRST:
                self["run"]
            self._made[kind] = self._told(kind)
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(ASKED)

    def __len__(self) -> int:
        return len(ASKED)

    def _told(self, kind: str) -> Told:
        text = self._base / f"{kind}.txt"
        with (self._base / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not text.exists():
                if kind == "journal":
                    self._run(OPENED)
                text.write_text(self._run((*ASKED[kind], "--out", kind, "--pdf", "--xlsx"), ENDED.get(kind, 0)))
        return Told(self._base / kind, text.read_text())

    def _run(self, words: tuple[str, ...], ends_with: int = 0) -> str:
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, chdir(self._base):
            patch.setenv("COLUMNS", WIDE)
            patch.setenv("NO_COLOR", "1")
            with redirect_stdout(out), pytest.raises(SystemExit) as ended:
                main(list(words))
        assert ended.value.code == ends_with, (words, out.getvalue())
        return out.getvalue()


def all_told(factory: pytest.TempPathFactory) -> AllTold:
    """The kinds, in one folder for all workers."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "told"
    folder.mkdir(exist_ok=True)
    with (folder / "inputs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "mine.toml").exists():
            _write_inputs(folder)
    return AllTold(folder)


def _write_inputs(folder: Path) -> None:
    """What the commands read: two price files, a book and a catalogue, which is written last."""
    closes = hb.sample_market().frame("close").iloc[-60:, :14].rename_axis("date").reset_index()
    for k in range(8):
        closes.iloc[: 2 * k, 1 + k] = np.nan  # Tickers that list one after another.
    closes.to_csv(folder / "prices.csv", index=False)
    other = closes.copy()
    other.iloc[20:24, 3] *= 1.04
    other.to_csv(folder / "other.csv", index=False)
    (folder / "held.csv").write_text("ticker,shares\nMU,100\nNVDA,50\n")
    trades = "".join(f'[{t}]\nkind = "buy-and-hold"\ntickers = ["{t}"]\n' for t in HELD)
    (folder / "mine.toml").write_text(trades)
