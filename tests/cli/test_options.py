"""Options that are declared together: each is an option of the command, and one reading of prices serves it."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pytest
import typer

from hedgebook.cli import main
from hedgebook.cli.app import app
from hedgebook.cli.options import MarketOptions, StrategyOptions, grouped
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.price_files import open as files
from hedgebook.universes.prices.read import RawTable, read_prices
from tests.markets import universe_text

from .console import hedgebook


@dataclass(frozen=True)
class Pair:
    """Two options."""

    left: Annotated[int, typer.Option("--left")] = 1
    right: Annotated[list[str] | None, typer.Option("--right")] = None


def test_a_group_is_spread_into_its_options_and_handed_over_whole() -> None:
    seen: list[tuple[Pair, int]] = []

    @grouped
    def command(pair: Pair, more: Annotated[int, typer.Option("--more")] = 5) -> None:
        """What it does."""
        seen.append((pair, more))

    assert list(signature(command).parameters) == ["left", "right", "more"]
    assert command.__doc__ == "What it does."
    small = typer.Typer()
    small.command()(command)
    small(["--right", "a", "--right", "b", "--more", "7"], standalone_mode=False)
    small([], standalone_mode=False)
    assert seen == [(Pair(1, ["a", "b"]), 7), (Pair(), 5)]


@pytest.mark.parametrize(
    ("name", "group"),
    [(name, StrategyOptions) for name in ("run", "sweep", "hedges", "events-backtest", "capacity")]
    + [(name, MarketOptions) for name in ("hedge", "study", "claims", "risk", "trades", "events")],
)
def test_commands_share_their_options(name: str, group: type) -> None:
    callback = next(c.callback for c in app.registered_commands if c.name == name)
    assert callback is not None
    assert set(signature(group).parameters) <= set(signature(callback).parameters)


def test_an_error_needs_no_second_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A universe of 220 tickers, of which a book of two looks at few; the closest name is of all of them."""
    names = ["IDX", *(f"K{i:03d}" for i in range(218)), "WATER"]
    buckets = {"fund": names[:1], "pair": names[1:3], "rest": names[3:]}
    (tmp_path / "many.toml").write_text(universe_text(buckets, "IDX"))
    days = trading_calendar(2024, 2024).sessions[:60]
    close = 80.0 * np.exp(np.cumsum(np.random.default_rng(12).normal(0.0003, 0.01, (len(days), 220)), axis=0))
    lines = [f"{day},{ticker},{close[k, i]:.4f}" for k, day in enumerate(days) for i, ticker in enumerate(names)]
    (tmp_path / "prices.csv").write_text("date,ticker,close\n" + "\n".join(lines) + "\n")
    (tmp_path / "book.csv").write_text("ticker,shares\nK000,100\nK001,-60\n")
    times: list[str | Path | pd.DataFrame] = []

    def counted(given: str | Path | pd.DataFrame, *, typed: bool = False) -> RawTable:
        times.append(given)
        return read_prices(given, typed=typed)

    monkeypatch.setattr(files, "read_prices", counted)
    monkeypatch.chdir(tmp_path)
    own = ["risk", "book.csv", "--prices", "prices.csv", "--universe", "many.toml", "--paths", "100"]
    for more, said in (
        (["--benchmark", "WATRE"], "Did you mean 'WATER'"),
        (["--as-of", "2019-01-02"], "2019-01-02"),
        (["--confirm-move", "K006:2024-02-01"], "K006"),
    ):
        times.clear()
        with pytest.raises(SystemExit) as end:
            main([*own, *more])
        told = " ".join(capsys.readouterr().err.split())
        assert end.value.code == 2, told
        assert said in told
        assert len(times) == 1


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (("run", "--costs", "none", "--costs", "flat"), "--costs"),
        (("run", "--out=a", "--set", "hold=3", "--out", "b"), "--out"),
        (("journal", "mark", "--prices", "a.csv", "--prices", "b.csv"), "--prices"),
        (("data", "export", "x.csv", "--data-as-of", "2026-01-01", "--data-as-of", "2026-02-01"), "--data-as-of"),
    ],
)
def test_an_option_with_a_value_is_given_once(given: tuple[str, ...], option: str, tmp_path: Path) -> None:
    done = hedgebook(*given, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.strip() == f"hedgebook: {option}: this option is given twice. Give it once."
    assert not list(tmp_path.iterdir())


def test_options_that_collect_values_and_flags_may_repeat(tmp_path: Path) -> None:
    done = hedgebook("trades", "--json", "--json", cwd=tmp_path)
    assert done.code == 0
    done = hedgebook("run", "--set", "hold=5", "--set", "gross=no", cwd=tmp_path)
    assert (done.code, "gross" in done.err) == (2, True)
