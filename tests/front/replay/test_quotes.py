"""Quotes of options among the inputs of a result: by what they hold, wherever they lie."""

from __future__ import annotations

from pathlib import Path

from hedgebook.front.replay.encode import encode
from hedgebook.front.replay.known import known
from hedgebook.strategies.book.request import HedgeBook
from hedgebook.strategies.finder.request import HedgeSearch


def test_quotes_that_were_changed_are_another_input(tmp_path: Path) -> None:
    folder = tmp_path / "quotes"
    folder.mkdir()
    file = folder / "CRWV.csv"
    for given in (folder, str(folder), file, str(file)):
        file.write_text("bid,ask\n1,2\n")
        before = known(encode(given, "chain"))
        assert known(encode(given, "chain")) == before
        file.write_text("bid,ask\n1,3\n")
        assert known(encode(given, "chain")) != before
    assert encode("default", "surfaces") == "default"


def test_quotes_are_called_by_their_name_in_results(tmp_path: Path) -> None:
    folder = tmp_path / "quotes"
    for given in (folder, str(folder)):
        assert HedgeBook("book.csv", "CRWV:put:25d:60d", chain=given).parameters()["chain"] == "quotes"
        assert HedgeSearch(option_kinds=("put:25d:60d",), chain=given).parameters()["chain"] == "quotes"
    assert "chain" not in HedgeBook("book.csv", "SMH").parameters()
    assert "chain" not in HedgeSearch().parameters()
