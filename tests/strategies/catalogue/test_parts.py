"""Strategies of a file that are made of others: by name, as tables, and in circles."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_named, find_trade, load_trades, sound_trades
from hedgebook.strategies.kinds.combined import Combined
from hedgebook.strategies.kinds.pair import PairSpread
from hedgebook.strategies.kinds.regime import Regime

FILE = """
[both]
kind = "combined"
parts = ["chips", "long-meta-short-neocloud", { kind = "pair-spread", first = "MU", second = "SNDK", gross = 0.5 }]
weights = [0.5, 0.3, 0.2]

[chips]
kind = "pair-spread"
first = ["AMD"]
second = ["NVDA"]

[turns]
kind = "regime"
bucket = "neocloud"
when_up = "both"
when_down = { kind = "regime", name = "inner", bucket = "memory", when_up = "chips" }
"""


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_parts_are_names_of_the_file_of_the_catalogue_and_tables(tmp_path: Path) -> None:
    found = load_trades(written(tmp_path, FILE))
    assert list(found) == ["both", "chips", "turns"]
    both, chips, turns = found.values()
    assert isinstance(both, Combined)
    assert isinstance(turns, Regime)
    assert both.parts[0] == chips == PairSpread(name="chips", title="chips (pair-spread)", first="AMD", second="NVDA")
    assert both.parts[1] == find_trade(FLAGSHIP)
    assert both.parts[2].name == "pair-spread"
    assert (both.parts[2].first, both.parts[2].gross) == (("MU",), 0.5)
    assert turns.when_up == both
    assert turns.when_down.when_up == chips
    changed = find_named(f"{tmp_path / 'mine.toml'}:both", weights=[1, 1, 1])
    assert isinstance(changed, Combined)
    assert changed.weights == (1.0, 1.0, 1.0)


def test_parts_of_another_file(tmp_path: Path) -> None:
    written(tmp_path, FILE)
    other = written(
        tmp_path, f'[x]\nkind = "combined"\nparts = ["{tmp_path / "mine.toml"}:chips", "{FLAGSHIP}"]\n', "o.toml"
    )
    (found,) = load_trades(other).values()
    assert isinstance(found, Combined)
    assert found.part_names == ("chips", FLAGSHIP)


def test_circles_are_told(tmp_path: Path) -> None:
    text = '[a]\nkind="combined"\nparts=["b"]\n[b]\nkind="regime"\nbucket="META"\n'
    text += 'when_down={kind="combined", parts=["a"]}\n'
    with pytest.raises(ParameterError) as caught:
        load_trades(written(tmp_path, text))
    assert "a strategy cannot be a part of itself (got 'a -> b -> a')" in str(caught.value)
    assert "b.when_down.parts[0]" in str(caught.value)
    alone = '[a]\nkind="combined"\nparts="a"\n'
    with pytest.raises(ParameterError, match="a -> a"):
        load_trades(written(tmp_path, alone))
    one = written(tmp_path, f'[a]\nkind="combined"\nparts=["{tmp_path / "two.toml"}:b", "{FLAGSHIP}"]\n', "one.toml")
    written(tmp_path, f'[b]\nkind="combined"\nparts=["{one}:a", "{FLAGSHIP}"]\n', "two.toml")
    with pytest.raises(ParameterError, match=r"files name each other.*one.toml -> two.toml -> one.toml"):
        load_trades(one)
    assert load_trades(written(tmp_path, FILE))


def test_what_is_wrong_in_a_part_is_told_once_and_where(tmp_path: Path) -> None:
    text = FILE.replace('second = ["NVDA"]', 'second = ["NVDA"]\nentry = 2').replace("gross = 0.5", "gross = -1")
    with pytest.raises(ParameterError) as caught:
        load_trades(written(tmp_path, text))
    lines = str(caught.value).splitlines()
    assert [line.partition(" (got")[0] for line in lines[:2]] == [
        "mine.toml: both.parts[2].gross: out of range",
        "mine.toml: chips: a pair has no parameter 'entry'. Did you mean 'entry_z'?",
    ]
    assert len(lines) == 3
    with pytest.raises(ParameterError, match=r"turns.when_up: there is no strategy 'bth'.*Did you mean 'both'"):
        load_trades(written(tmp_path, FILE.replace('when_up = "both"', 'when_up = "bth"')))


BROKEN = """
[fine]
kind = "pair-spread"
first = "MU"
second = "SNDK"

[off]
kind = "pair-spread"
first = "MU"
secnd = "SNDK"

[whole]
kind = "combined"
parts = ["fine", "off"]
"""


def test_a_bad_table_does_not_stop_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, BROKEN)
    assert find_named(f"{path}:fine") == PairSpread(name="fine", title="fine (pair-spread)", first="MU", second="SNDK")
    sound, problems = sound_trades(path)
    assert list(sound) == ["fine"]
    assert {problem.where for problem in problems} == {"mine.toml: off", "mine.toml: off.second"}
    for name in ("off", "whole"):
        with pytest.raises(ParameterError, match=r"mine.toml: off: a pair has no parameter 'secnd'"):
            find_named(f"{path}:{name}")
    with pytest.raises(ParameterError, match="secnd"):
        load_trades(path)
    with pytest.raises(ParameterError, match=r"there is no trade 'fin'.*Did you mean 'fine'"):
        find_named(f"{path}:fin")
