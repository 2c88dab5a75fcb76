"""Finding a hedge from a script and from the command line."""

from __future__ import annotations

import dataclasses
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import hedgebook as hb
from hedgebook.cli.app import app
from hedgebook.cli.shares import share_of
from hedgebook.errors import ParameterError
from hedgebook.front.desk.find import FinderOptions
from tests.front.conftest import small_market

ASKED: dict[str, Any] = {"names": "1:2", "among": "memory,benchmark", "placebos": 19, "as_of": "2026-06-30"}
BOOK = hb.Book({"META": 1e6, "NBIS": -2e5}, "dollars")


def found(market: hb.Market, **more: Any) -> hb.HedgeFound:
    return hb.find_hedge(BOOK, market, **{**ASKED, **more})


def test_no_later_price_changes_anything() -> None:
    market = small_market()
    row = market.session_index("2026-06-30")
    draw = np.random.default_rng(0)
    fields = {}
    for name in ("open", "high", "low", "close", "volume"):
        values = getattr(market, name).copy()
        values[row + 1 :] *= draw.uniform(0.5, 2.0, values[row + 1 :].shape)
        fields[name] = values
    other = found(dataclasses.replace(market, **fields))
    first = found(market)
    assert {**first.to_dict(), "warnings": 0} == {**other.to_dict(), "warnings": 0}


def test_figures_are_those_of_the_returns() -> None:
    market = small_market()
    made = found(market, neutral="market")
    best, sample = made.winner, made.sample
    tickers = [*BOOK.amounts, *best.names]
    values = np.array([*BOOK.amounts.values(), *best.weights_usd.values()])
    moves = market.close_returns(tickers)[sample.rows]
    alone, hedged = moves[:, :2] @ values[:2], moves @ values
    assert best.effectiveness == pytest.approx(1 - hedged.var() / alone.var(), abs=1e-12)
    spy = market.close_returns(["SPY"])[sample.rows, 0]
    assert abs(np.cov(hedged, spy)[0, 1] / spy.var(ddof=1)) < 1e-6 * 1.2e6
    deviation = alone.std(ddof=1) * np.sqrt(10)
    price = np.sqrt(10 / 252)
    assert best.net == pytest.approx(best.effectiveness - 2 * best.cost_usd / (price * deviation), abs=1e-12)
    assert made.by_luck.shape == (19,)
    assert made.p_value == (1 + (made.by_luck >= made.searched).sum()) / 20
    assert made.left_out
    assert {one.count for one in made.steps} == {1, 2}


def test_a_trade_is_hedged_before_its_news() -> None:
    made = hb.find_hedge(hb.trade(), small_market(), names=1, among="benchmark", placebos=19)
    assert str(made.sessions[-1]) == "2026-06-30"
    assert not {"META", "CRWV"} & set(made.sample.problem.names)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"names": "0:2"}, "not a number of names"),
        ({"names": "2:1"}, "the first number, 2, is above the last, 1"),
        ({"option_kinds": ""}, "no option is named"),
        ({"nmes": 2}, "no such argument"),
        ({"neutral": "markt"}, "Did you mean 'market'"),
        ({"as_of": "1990-01-01"}, "do not cover this day"),
        ({"among": "META"}, "held in the book"),
        ({"names": 1, "neutral": "market,semis"}, "no basket of 1"),
    ],
)
def test_what_cannot_be_used_is_told(more: dict[str, Any], words: str) -> None:
    with pytest.raises((ParameterError, hb.InputError), match=words):
        found(small_market(), **more)


def test_the_command_writes_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.csv").write_text("ticker,dollars\nMETA,1000000\nNBIS,-200000\n")
    asked = ["--names", "1:2", "--among", "memory,benchmark", "--placebos", "19", "--objective", "es", "--json"]
    done = CliRunner().invoke(app, ["find-hedge", "book.csv", *asked, "--out", "made"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    files = {path.name for path in Path("made").iterdir()}
    assert {"baskets.parquet", "manifest.json", "report.html", "summary.json"} <= files
    assert not Path("made.pieces").exists()
    assert told["winner"]["expected_shortfall_taken"] > 0
    assert "Least expected" not in done.output
    assert "Expected shortfall" in Path("made/report.html").read_text()
    again = CliRunner().invoke(app, ["find-hedge", "book.csv", *asked, "--out", "made"])
    assert isinstance(again.exception, hb.InputError)
    assert "not empty" in str(again.exception)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), (" 5 % ", 0.05), ("0.05", 0.05), ("1e-2", 0.01), ("250%", 2.5), ("none", None)]
)
def test_shares_as_they_are_written(text: str, share: float | None) -> None:
    assert share_of(text, "--borrow", 0.0, 10.0) == (share if share is None else pytest.approx(share, rel=1e-15))


@pytest.mark.parametrize("text", ["8", "nan", "inf", "-5%", "%", "5%%", "1_0%", "\u0665%", "", "5,0%", "1e9%", "2000%"])
def test_no_share_is_guessed(text: str) -> None:
    with pytest.raises(ParameterError, match=r"--borrow.*0% to 1000%"):
        share_of(text, "--borrow", 0.0, 10.0)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own handler, which is not there where whoever started this process ignores the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_resuming_and_replacing(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="exclude each other"):
        FinderOptions(resume=True, overwrite=True)
    told = CliRunner().invoke(app, ["find-hedge", "book.csv", "--resume", "--overwrite", "--out", "made"])
    assert "exclude each other" in str(told.exception)
    market, folder = small_market(), tmp_path / "made"
    whole = found(market, out=folder)
    alone, stopped = whole.to_dict(), list[int]()

    def interrupt(done: int, _count: int, _seconds: float) -> None:
        # What Ctrl-C sends, to this very process, once some baskets are done.
        if done > 0 and not stopped:
            stopped.append(done)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="go on with --resume"):
        found(market, out=folder, options=FinderOptions(overwrite=True, threads=1, progress=interrupt))
    kept = (folder / "summary.json").read_bytes()
    assert folder.with_name("made.pieces").exists()
    again = found(market, out=folder, options=FinderOptions(resume=True))
    assert again.to_dict() == alone
    assert (folder / "summary.json").read_bytes() == kept
    assert not folder.with_name("made.pieces").exists()
