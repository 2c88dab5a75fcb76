"""A resume is the same sweep: what decides a number is what it was, wherever it lies and whenever it was written."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import CostsError, RunFolderError
from hedgebook.universes.event import EventLibrary, load_events
from hedgebook.universes.fingerprint import program
from hedgebook.universes.market import Market
from tests.cli.console import hedgebook

COSTS = '[commission]\nrate_bps = 1.0\n[borrow]\ndefault_annual = 0.01\nfile = "{rates}"\n'
RATES = "date,ticker,rate_annual\n2026-01-05,CRWV,{rate}\n"
STRATEGY = """
from deep import late

DAYS = 3

def mine(market, hold: int = 5):
    return late.build(market, hold, DAYS)
"""
LATE = """
import numpy as np
from hedgebook.engine.backtest.schedule import Schedule
from .sizes import SIZE

def build(market, hold, days):
    rows = [100, 100 + hold + days]
    decided = market.open_at[rows] - np.timedelta64(1, "s")
    weights = np.array([[SIZE], [0.0]])
    return Schedule(("META",), decided, market.sessions[rows], np.zeros(2, dtype=np.int64), weights)
"""


class Case:
    """A sweep with everything in files, run once; `refused` gives the words with which it is not resumed."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.folder = folder
        self.given = {"costs": "default", "cv": "cscv:blocks=4", "hold": "8:12", **given}
        self.run(resume=False)

    def run(self, *, resume: bool = True, **changes: Any) -> hb.Sweep:
        given = self.given | changes
        held = {name: given.pop(name) for name in ("seed", "events", "top", "threads") if name in given}
        options = hb.SweepOptions(resume=resume, **held)
        strategy, market = given.pop("strategy"), given.pop("market")
        return hb.sweep(strategy, market, out=self.folder / "s", options=options, **given)

    def refused(self, **changes: Any) -> str:
        before = self.content()
        with pytest.raises(RunFolderError, match="another sweep") as caught:
            self.run(**changes)
        assert self.content() == before
        return str(caught.value)

    def content(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in sorted((self.folder / "s").rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, market: Market) -> Case:
    folder = tmp_path_factory.mktemp("resume")
    (folder / "rates.csv").write_text(RATES.format(rate=0.2))
    (folder / "costs.toml").write_text(COSTS.format(rates="rates.csv"))
    return Case(folder, strategy=hb.trade(), market=market, costs=folder / "costs.toml", events=load_events())


def moved_price(market: Market, field: str, ticker: str) -> Market:
    values = getattr(market, field).copy()
    values[-3, market.column(ticker)] *= 1 + 1e-12
    return dataclasses.replace(market, **{field: values})


def later_event(_: Market) -> dict[str, Any]:
    events = load_events().events
    changed = [one.model_copy(update={"tags": ("other",)}) if i == 2 else one for i, one in enumerate(events)]
    return {"events": EventLibrary(events=tuple(changed))}


def smaller_bucket(market: Market) -> dict[str, Any]:
    first, *rest = market.universe.buckets
    fewer = first.model_copy(update={"members": first.members[:-1]})
    universe = market.universe.model_copy(update={"buckets": (fewer, *rest)})
    return {"market": dataclasses.replace(market, universe=universe)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: {"market": moved_price(m, "close", "NBIS")}, "prices.tickers.NBIS (sample) has changed"),
        (lambda m: {"market": moved_price(m, "volume", "SPY")}, "prices.tickers.SPY (sample) has changed"),
        (lambda m: {"market": m.rows(1, len(m.sessions))}, "prices.sessions"),
        (smaller_bucket, "universe.buckets."),
        (lambda _: {"costs": Costs()}, "costs.commission.rate_bps (none) is 1.0 there and 0.0 here"),
        (lambda _: {"account": "strict"}, "account.orders.whole_shares (strict) is false there and true here"),
        (later_event, f"strategy.events.{load_events().events[2].id} has changed"),
        (lambda _: {"strategy": hb.trade(delay=1)}, "strategy.trade.delay is 0 there and 1 here"),
        (lambda _: {"hold": "8:13"}, "sets.space.axes[0].values"),
        (lambda _: {"where": "hold > 8"}, "sets.refused is 0 there and 1 here"),
        (lambda _: {"sample": "random:40", "seed": 3}, 'sets.how is "grid" there and "random" here'),
        (lambda _: {"cv": "cscv:blocks=6"}, "validation.blocks is 4 there and 6 here"),
        (lambda _: {"cv": "cpcv:folds=4"}, 'validation.scheme is "cscv" there and "cpcv" here'),
    ],
)
def test_a_changed_input_is_named(
    case: Case, market: Market, change: Callable[[Market], dict[str, Any]], named: str
) -> None:
    assert named in case.refused(**change(market))


def test_another_seed_is_named(tmp_path: Path, market: Market) -> None:
    drawn = Case(tmp_path, strategy=hb.trade(), market=market, sample="random:6", hold="2:30", seed=1)
    assert "sets.seed is 1 there and 2 here" in drawn.refused(seed=2)
    drawn.run()


def test_other_packages_and_sources_are_named(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    known = program.version_of
    monkeypatch.setattr(program, "version_of", lambda name: "0.1" if name == "numba" else known(name))
    assert 'program.versions.numba is "' in case.refused()
    monkeypatch.undo()
    monkeypatch.setattr(program, "_sources", lambda: "0" * 64)
    assert "program.sources has changed" in case.refused()


def test_a_changed_file_of_rates_is_named_and_the_same_elsewhere_resumes(case: Case) -> None:
    rates = case.folder / "rates.csv"
    best = case.run().best.parameters
    rates.write_text(RATES.format(rate=0.21))
    assert "costs.borrow.file (rates.csv) has changed" in case.refused()
    rates.unlink()
    (case.folder / "elsewhere").mkdir()
    (case.folder / "elsewhere" / "fees.csv").write_text(RATES.format(rate=0.2))
    (case.folder / "elsewhere" / "mine.toml").write_text(COSTS.format(rates="fees.csv"))
    os.utime(case.folder / "elsewhere" / "fees.csv", (1, 1))
    again = case.run(costs=case.folder / "elsewhere" / "mine.toml")
    assert again.best.parameters == best
    rates.write_text(RATES.format(rate=0.2))


def test_what_decides_no_number_may_change(case: Case, market: Market) -> None:
    named = dataclasses.replace(market, provenance=dataclasses.replace(market.provenance, source="copy.parquet"))
    case.run(market=named, metric="total_return", top=3, threads=1)


def test_rates_that_change_under_a_sweep_stop_it(tmp_path: Path, market: Market) -> None:
    (tmp_path / "rates.csv").write_text(RATES.format(rate=0.2))
    (tmp_path / "costs.toml").write_text(COSTS.format(rates="rates.csv"))

    def swap(_done: int, _count: int, _seconds: float) -> None:
        (tmp_path / "rates.csv").write_text(RATES.format(rate=0.9))

    with pytest.raises(CostsError, match="has changed since the sweep began"):
        hb.sweep(hb.trade(), market, tmp_path / "costs.toml", options=hb.SweepOptions(progress=swap), hold="8:12")


@pytest.fixture
def own(tmp_path: Path, market: Market) -> Case:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "__init__.py").touch()
    (tmp_path / "deep" / "late.py").write_text(LATE)
    (tmp_path / "deep" / "sizes.py").write_text("SIZE = 0.5\n")
    (tmp_path / "mine.py").write_text(STRATEGY)
    return Case(tmp_path, strategy=f"{tmp_path}/mine.py:mine", market=market)


def test_modules_that_a_strategy_file_imports_are_named(own: Case) -> None:
    own.run()
    for file, old, new, named in (
        ("deep/sizes.py", "0.5", "0.75", "strategy.code.modules.deep.sizes (sizes.py) has changed"),
        ("deep/late.py", "100 + hold", "101 + hold", "strategy.code.modules.deep.late (late.py) has changed"),
        ("deep/__init__.py", "", "X = 1\n", "strategy.code.modules.deep (__init__.py) has changed"),
        ("mine.py", "DAYS = 3", "DAYS = 4", "strategy.code.files.0 (mine.py) has changed"),
    ):
        path = own.folder / file
        before = path.read_text()
        path.write_text(before.replace(old, new) if old else new)
        assert named in own.refused()
        path.write_text(before)
    own.run()


def test_the_same_code_elsewhere_is_the_same_sweep(own: Case, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(own.folder / "deep", other / "deep")
    shutil.copy(own.folder / "mine.py", other / "renamed.py")
    own.run(strategy=f"{other}/renamed.py:mine")


def test_a_new_sweep_runs_the_code_that_the_files_hold_now(own: Case) -> None:
    before = own.run().table["total_return"].to_numpy()
    (own.folder / "deep" / "sizes.py").write_text("SIZE = 0.25\n")
    given = {name: own.given[name] for name in ("strategy", "market", "cv", "hold", "costs")}
    after = hb.sweep(given.pop("strategy"), given.pop("market"), **given).table["total_return"].to_numpy()
    assert not np.isclose(before, after).any()


def test_the_command_refuses_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text(RATES.format(rate=0.2))
    (tmp_path / "costs.toml").write_text(COSTS.format(rates="rates.csv"))
    given = ("sweep", "--grid", "hold=8:12", "--costs", "costs.toml", "--out", "s")
    assert hedgebook(*given, cwd=tmp_path).code == 0
    assert hedgebook(*given, "--resume", cwd=tmp_path).code == 0
    (tmp_path / "rates.csv").write_text(RATES.format(rate=0.3))
    done = hedgebook(*given, "--resume", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "costs.borrow.file (rates.csv) has changed" in done.err
