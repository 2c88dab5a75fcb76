"""A folder is made again to the bit, and whatever was altered since is named, with the first number that it changed."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, RunFolderError
from hedgebook.front.replay.manifest import DEFAULT_SEEDS, KEYS
from hedgebook.front.replay.numbers import nav_digest
from tests.markets import universe_text

CODE = """
import levels
import pandas as pd

def lean(market, hold=8):
    days = [str(market.sessions[i]) for i in (40, 40 + hold)]
    return pd.DataFrame({"AAA": [levels.LONG, 0.0], "BBB": [-0.25, 0.0]}, index=days)
"""
UNIVERSE = universe_text({"makers": ("AAA", "BBB"), "index": ("SPY",)})
EVENT = """
[[events]]
id = "news-a"
announced_on = 2024-06-12
timing = "pre-open"
headline = "A said something"
tags = ["news"]
expected_winners = ["AAA"]
expected_losers = ["BBB"]
sources = ["example.org 2024-06-12", "example.com"]
confidence = "two sources"
"""
TRADE = """
[long-a]
title = "Long A, short B"
event = "news-a"
long = ["AAA"]
short = ["BBB"]
hedge = "dollar"
hold = 6
"""


def write_prices(path: Path, factor: float = 1.0) -> None:
    """Three tickers over a year; factor: of one close of BBB."""
    days = hb.sample_market().sessions[:250]
    draw = np.random.default_rng(3)
    steps = draw.normal(0.0, 0.012, (250, 3))
    closes = 50.0 * np.exp(np.cumsum(steps, axis=0))
    closes[117, 1] *= factor
    rows = [(str(days[i]), name, closes[i, j] * 0.999, closes[i, j], 1e6) for i in range(250)
            for j, name in enumerate(("AAA", "BBB", "SPY"))]  # fmt: skip
    pd.DataFrame(rows, columns=["date", "ticker", "open", "close", "volume"]).to_csv(path, index=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of input file, and what was run from them: `trade`, `code`, `draws`."""
    folder = tmp_path_factory.mktemp("inputs")
    write_prices(folder / "prices.csv")
    (folder / "universe.toml").write_text(UNIVERSE)
    (folder / "events.toml").write_text(EVENT)
    (folder / "trades.toml").write_text(TRADE)
    (folder / "mine.py").write_text(CODE)
    (folder / "levels.py").write_text("LONG = 0.5\n")
    (folder / "costs.toml").write_text("[half_spread]\ndefault_bps = 4.0\n")
    (folder / "account.toml").write_text("[orders]\nwhole_shares = true\n")
    market = hb.load_market(folder / "prices.csv", folder / "universe.toml")
    terms = {"costs": folder / "costs.toml", "account": folder / "account.toml", "events": folder / "events.toml"}
    hb.backtest(f"{folder}/trades.toml:long-a", market, **terms).save(folder / "trade")
    run = hb.backtest(f"{folder}/mine.py:lean", market, **terms)
    run.save(folder / "code")
    hb.risk(run, paths=100, sessions=2, seed=11).save(folder / "draws")
    return folder


@pytest.fixture
def inputs(made: Path) -> Iterator[Path]:
    """The same files, put back after a test has altered them."""
    kept = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    yield made
    for path, content in kept.items():
        path.write_bytes(content)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def told(path: Path, *keys: str, value: object) -> None:
    """Another value at a place of a manifest."""
    manifest = json.loads(path.read_text())
    place = manifest
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(json.dumps(manifest))


def test_what_was_not_altered_is_identical(made: Path) -> None:
    for name in ("trade", "code", "draws"):
        manifest = json.loads((made / name / "manifest.json").read_text())
        assert set(KEYS) <= set(manifest)
        found = hb.replay(made / name)
        assert (found.identical, found.number, found.inputs) == (True, None, ()), found.verdict
        if name != "draws":
            assert manifest["result"]["nav_sha256"] == nav_digest(hb.load_run(made / name).nav)


ALTERED: dict[str, tuple[str, Callable[[Path], object], str, bool]] = {
    "a price": ("trade", lambda at: write_prices(at / "prices.csv", 1.04), "prices.tickers.BBB", True),
    "costs": ("trade", lambda at: edit(at / "costs.toml", "4.0", "5.0"), "costs.half_spread.default_bps is 4.0", True),
    "the account": ("trade", lambda at: edit(at / "account.toml", "true", "false"), "account.orders", True),
    "the universe": ("trade", lambda at: edit(at / "universe.toml", "SPY Inc.", "SPY Trust"), "universe", False),
    "the event": ("trade", lambda at: edit(at / "events.toml", "2024-06-12", "2024-06-13"), "events.news-a", True),
    "the trade": ("trade", lambda at: edit(at / "trades.toml", "hold = 6", "hold = 7"), "strategy.hold is 6", True),
    "the code": ("code", lambda at: edit(at / "mine.py", "-0.25", "-0.26"), "mine.py) has changed", True),
    "an imported module": ("code", lambda at: edit(at / "levels.py", "0.5", "0.6"), "levels (levels.py)", True),
    "a version": (
        "code",
        lambda at: told(at / "code/manifest.json", "program", "versions", "numpy", value="1.0.0"),
        'program.versions.numpy is "1.0.0" there',
        False,
    ),
    "the seed": ("draws", lambda at: told(at / "draws/manifest.json", "seed", value=12), "seed is 12 there", False),
    "a number": (
        "code",
        lambda at: told(at / "code/manifest.json", "result", "nav_sha256", value="0" * 64),
        "the hash of the result",
        True,
    ),
}


@pytest.mark.parametrize("what", list(ALTERED))
def test_what_was_altered_is_named(what: str, inputs: Path) -> None:
    name, alter, expected, changes = ALTERED[what]
    alter(inputs)
    found = hb.replay(inputs / name)
    assert not found.identical
    first = found.inputs[0] if what != "a number" else str(found.number)
    assert expected in first, found.verdict
    assert (found.number is not None) is changes, found.verdict


def test_another_seed_is_named_with_the_number_that_it_changes(made: Path) -> None:
    found = hb.replay(made / "draws", seed=12)
    assert any("seed is 11 there and 12 here" in one for one in found.inputs)
    assert found.number is not None
    with pytest.raises(InputError, match=r"backtest has no argument of this name \(got 'seed'\)"):
        hb.replay(made / "code", seed=12)
    from hedgebook.front.risk import RiskOptions
    from hedgebook.front.sweep import SweepOptions

    ticket = inspect.signature(hb.ticket).parameters["seed"].default
    assert {"risk": RiskOptions().seed, "sweep": SweepOptions().seed, "ticket": ticket} == DEFAULT_SEEDS


def test_files_that_are_gone_are_taken_from_the_manifest_but_code_is_not_run_unasked(inputs: Path) -> None:
    for name in ("costs.toml", "trades.toml", "universe.toml"):
        (inputs / name).unlink()
    found = hb.replay(inputs / "trade")
    assert found.identical, found.verdict
    assert any("costs.toml is not there" in note for note in found.notes)
    (inputs / "mine.py").unlink()
    edit(inputs / "levels.py", "0.5", "0.7")
    with pytest.raises(RunFolderError, match=r"mine\.py is not there.*--recorded"):
        hb.replay(inputs / "code")
    assert hb.replay(inputs / "code", recorded=True).identical


def test_prices_that_moved_are_given_and_others_refused(inputs: Path, tmp_path: Path) -> None:
    shutil.move(inputs / "prices.csv", tmp_path / "elsewhere.csv")
    loaded = hb.load_run(inputs / "trade")
    with pytest.raises(RunFolderError, match=r"prices\.csv is not there.*--prices"):
        _ = loaded.market
    assert hb.replay(inputs / "trade", prices=tmp_path / "elsewhere.csv").identical
    write_prices(inputs / "prices.csv", 1.04)
    with pytest.raises(RunFolderError, match=r"no longer those.*BBB \(prices\.csv\) has changed"):
        _ = hb.load_run(inputs / "trade").market


def test_a_lambda_is_given_again(made: Path, tmp_path: Path) -> None:
    market = hb.load_market(made / "prices.csv", made / "universe.toml")
    frame = pd.DataFrame({"AAA": [0.5]}, index=[str(market.sessions[30])])
    hb.backtest(lambda _: frame, market).save(tmp_path / "run")
    with pytest.raises(RunFolderError, match="code of a script"):
        hb.replay(tmp_path / "run")
    assert hb.replay(tmp_path / "run", strategy=lambda _: frame).number is None


def test_what_is_no_manifest_is_refused(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made / "code", tmp_path / "run")
    for content in ("", "[]", '{"format": 1}', "{", '"x"'):
        (folder / "manifest.json").write_text(content)
        with pytest.raises(RunFolderError, match=r"manifest\.json"):
            hb.replay(folder)
    for door, argument in (("os.system", {}), ("backtest", {"strategy": {"is": "object os:system"}})):
        manifest = json.loads((made / "code/manifest.json").read_text())
        manifest["call"] = {"door": door, "arguments": argument}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(RunFolderError, match=r"not known|cannot make"):
            hb.replay(folder)


def test_the_command_in_other_surroundings_gives_the_same_bits(made: Path) -> None:
    """Another time zone, locale, hash seed and number of threads at once, in one new process."""
    surroundings = {
        "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "4711",
        "OPENBLAS_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "hedgebook", "replay", str(made / "code"), "--json"]
    done = subprocess.run(command, env={**os.environ, **surroundings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["identical"] is True
