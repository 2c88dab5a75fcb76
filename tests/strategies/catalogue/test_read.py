"""The catalogue, and files of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgebook.engine.hedging.request import Method
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_trade, load_trades

TWO = """
[quick]
event = "meta-compute-2026"
long = ["META"]
short = ["neocloud"]
hold = 2

[slow]
event = "meta-compute-2026"
long = ["META"]
hold = 40
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_flagship_is_what_the_readme_says() -> None:
    trade = find_trade()
    assert trade.name == FLAGSHIP == "long-meta-short-neocloud"
    assert (trade.event, trade.long, trade.short) == ("meta-compute-2026", ("META",), ("neocloud",))
    assert (trade.gross, trade.hedge, trade.hold, trade.delay) == (1.0, Method.DOLLAR, 20, 0)
    assert trade.capital == 1_000_000.0
    assert find_trade(FLAGSHIP, hold=5, hedge="beta") == trade.replaced(hold=5, hedge="beta")


def test_trades_of_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    assert list(load_trades(path)) == ["quick", "slow"]
    assert find_trade(f"{path}:quick").hold == 2
    assert find_trade(f"{path}:slow", hold=7).hold == 7
    lone = write(tmp_path, TWO.split("[slow]")[0], "one.toml")
    assert find_trade(str(lone)).name == "quick"
    assert find_trade(f"{lone}:quick").name == "quick"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "long-meta-short-neoclud",
            "there is no trade 'long-meta-short-neoclud'. Did you mean 'long-meta-short-neocloud'",
        ),
        ("{}/mine.toml:quik", "mine.toml: there is no trade 'quik'. Did you mean 'quick'"),
        ("{}/mine.toml", "mine.toml: the file holds several trades. Name one, as in .*mine.toml:quick"),
        ("{}/nine.toml", "nine.toml: there is no such TOML file. Did you mean 'mine.toml'"),
        ("{}/nine.toml:quick", "nine.toml: there is no such TOML file"),
    ],
)
def test_names_that_do_not_exist(tmp_path: Path, name: str, message: str) -> None:
    write(tmp_path, TWO)
    with pytest.raises(ParameterError, match=message):
        find_trade(name.format(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hold = 3\n", r"mine.toml: hold: each trade is a table of its own.* Write a head above .*as in \[mine\]\."),
        ("spread = 3\n", r"each trade is a table of its own\. Write \[spread\], and the parameters under it\."),
        (
            "[[trades]]\nname = 'pair'\nevent = 'x'\nlong = ['META']\n",
            r"mine\.toml: trades: each trade is a table of its own\. Write \[pair\] in place of \[\[trades\]\] and "
            r"name, and the parameters under it\.",
        ),
        (
            "[[t]]\nname = 'a b'\nlong = ['META']\n[[t]]\nname = 'c'\n",
            r'Write \["a b"\], \[c\] in place of \[\[t\]\] and name for each trade, and',
        ),
        ("[[trades]]\nlong = ['META']\n", r"Write \[mine\] in place of \[\[trades\]\]"),
        ("[trades.pair]\nevent = 'x'\nlong = ['META']\n", r"trades: each trade .* Write \[pair\], and the parameters"),
        ("[a]\nevent = 'x'\nlong = ['META']\nhold = -3\n", r"mine\.toml: a\.hold: out of range .got -3"),
        (
            "[a]\nevent = 'x'\nlong = ['META']\nholding = 3\n",
            r"mine\.toml: a: .*no parameter 'holding'\. Did you mean 'hold'",
        ),
        ("[a]\nlong = ['META']\n", r"mine\.toml: a\.event: this key is missing"),
        ("[a\n", r"mine\.toml: this is not valid TOML"),
        ("", "mine.toml: .*"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        find_trade(str(write(tmp_path, text)))


def test_a_wrong_parameter_of_a_right_trade() -> None:
    with pytest.raises(ParameterError, match=r"no parameter 'hedg'. Did you mean 'hedge'"):
        find_trade(FLAGSHIP, hedg="beta")


def test_everything_wrong_in_a_file_of_trades_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[a]\nevent = 'x'\nlong = ['META']\nhold = -3\nstop_loss = 8\nhodl = 1\n[b]\nlong = ['META']\n")
    with pytest.raises(ParameterError) as caught:
        load_trades(path)
    assert str(caught.value).splitlines() == [
        "mine.toml: a: a trade has no parameter 'hodl'. Did you mean 'hold'?",
        "mine.toml: a.hold: out of range (got -3). Accepted: 0 to 2520.",
        "mine.toml: a.stop_loss: out of range (got 8). Accepted: above 0, below 1. This is a fraction: 8% is 0.08.",
        "mine.toml: b.event: this key is missing. Add it.",
        "These are 4 problems.",
    ]
