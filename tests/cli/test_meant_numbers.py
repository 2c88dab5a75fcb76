"""A number with a percent sign or separators is refused with the form that is read, at every door."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgebook as hb
from hedgebook.errors import InputError

from .console import hedgebook

FILE = '[mine]\nevent = "meta-compute-2026"\nlong = ["META"]\nshort = ["neocloud"]\n'
STRATEGY = "def strategy(market, window=0.1):\n    raise ValueError\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("run", "--set", "stop_loss=7%"), "Did you mean stop_loss=0.07?"),
        (("run", "--set", "capital=2,500,000"), "Did you mean capital=2500000?"),
        (("run", "--set", "hold=1,000"), "Did you mean hold=1000?"),
        (("capacity", "--set", "gross=120 %"), "Did you mean gross=1.2?"),
        (("capacity", "--participation", "5%"), "Did you mean --participation 0.05?"),
        (("risk", "x.csv", "--confidence", "97.5%"), "Did you mean --confidence 0.975?"),
        (("sweep", "--grid", "hold=1:3", "--min-sessions", "1,200"), "Did you mean --min-sessions 1200?"),
        (("sweep", "--grid", "stop_loss=1%:5%:2%"), "Did you mean stop_loss=0.01:0.05:0.02?"),
        (("sweep", "--grid", "gross=1,150%"), "Did you mean gross=1.5?"),
        (("sweep", "--grid", "capital=3,000,000"), "Did you mean capital=3000000?"),
        (("sweep", "--grid", "capital=1,000,000,2,000,000"), "as in capital=1000000,2000000."),
        (("sweep", "--grid", "hold=1:3", "--sample", "random:2,000"), "Did you mean random:2000?"),
        (("sweep", "--grid", "stop_loss=0.1,0.2", "--where", "stop_loss <= 15%"), "Did you mean 'stop_loss <= 0.15'?"),
        (("sweep", "--grid", "capital=1,2", "--where", "capital < 1,000,000"), "Did you mean 'capital < 1000000'?"),
        (("sweep", "s.py:strategy", "--grid", "window=9%"), "Did you mean window=0.09?"),
        (("sweep", "s.py:strategy", "--grid", "lag=1:2", "--set", "window=1,500"), "Did you mean window=1500?"),
        (("run", "mine.toml"), "Did you mean stop_loss=0.06?"),
        (("hedge", "b.csv", "--with", "neocloud", "--rehedge", "band:5%"), "Did you mean band:0.05?"),
    ],
)
def test_the_right_form_is_named(tmp_path: Path, arguments: tuple[str, ...], hint: str) -> None:
    (tmp_path / "mine.toml").write_text(FILE + 'stop_loss = "6%"\n')
    (tmp_path / "s.py").write_text(STRATEGY)
    done = hedgebook(*arguments, cwd=tmp_path)
    assert done.code == 2
    assert done.out == ""
    assert hint in done.err
    assert len(done.err.splitlines()) == 1
    assert "Input should" not in done.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["mine.toml", "s.py"]


def test_what_does_not_fit_is_not_suggested(tmp_path: Path) -> None:
    for given in ("hold=10%", "stop_loss=900%", "capital=8%", "capital=ten"):
        done = hedgebook("run", "--set", given, cwd=tmp_path)
        assert done.code == 2
        assert "Did you mean" not in done.err


def test_lists_of_three_digit_numbers_stay_lists() -> None:
    from hedgebook.engine.sweep.space import parse_axis

    assert parse_axis("lookback=60,120,250").values == (60, 120, 250)
    assert parse_axis("name='8%',x").values == ("8%", "x")


def test_python_names_it_too() -> None:
    with pytest.raises(InputError, match=r"Did you mean stop_loss=0\.07\?"):
        hb.trade(stop_loss="7%")
    with pytest.raises(InputError, match=r"Did you mean loss=0\.1\?"):
        hb.risk("x.csv", loss="10%")
