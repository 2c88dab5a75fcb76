"""What `hedgebook trades NAME` says of parameters: each thing once, in words of the parameter itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hedgebook.reports.catalogue.tables import parameter_lines
from hedgebook.strategies.catalogue.kinds import KINDS
from hedgebook.strategies.catalogue.read import find_named, load_trades
from hedgebook.strategies.strategy.described import described

PARTS = {"chips": "pair-spread", "core": "buy-and-hold"}


@pytest.mark.parametrize("name", sorted(load_trades()))
def test_no_sentence_stands_twice(name: str) -> None:
    parameters = described(find_named(name))
    told = parameter_lines(parameters, 10_000)
    said = Counter(line for line in told if line.startswith("    "))
    assert [line for line, often in said.items() if often > 1] == []
    for one in parameters:
        others = [other.name for other in parameters if one.says.startswith(f"{other.name}: ")]
        assert one.says
        assert not others, one


def test_every_kind_of_a_file_has_a_title_of_its_name_and_kind(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[chips]\nkind = "pair-spread"\nfirst = "memory"\nsecond = "equipment"\n'
        '[both]\nkind = "combined"\nparts = ["chips", { kind = "buy-and-hold", name = "core", tickers = "SPY" }]\n'
        '[own]\ntitle = "Mine"\nkind = "buy-and-hold"\ntickers = "SPY"\n'
        '[news]\nevent = "meta-compute-2026"\nlong = "META"\nshort = "neocloud"\n'
    )
    assert set(PARTS.values()) <= set(KINDS)
    found = load_trades(file)
    assert {name: one.title for name, one in found.items()} == {
        "chips": "chips (pair-spread)",
        "both": "both (combined)",
        "own": "Mine",
        "news": "news (event-trade)",
    }
    assert [part.title for part in getattr(found["both"], "parts")] == [f"{n} ({kind})" for n, kind in PARTS.items()]  # noqa: B009
