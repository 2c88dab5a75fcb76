"""Corporate actions as a value and from files: what is read, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import PriceDataError
from hedgebook.universes.actions.actions import ActionKind, Actions
from hedgebook.universes.actions.read import load_actions

FILE = """Ex-Date,Symbol,Action,Amount,New Ticker
2026-06-10,ACME,Split,10:1,
2026-06-03,ACME,Dividend,0.25,
2026-06-12,BOLT,Symbol change,,BLT
2026-06-15,ACME,spin-off,0.5,SPUN
2026-06-16,DRIFT,delisting,0,
"""


def test_a_file_is_read_in_the_order_of_its_dates(tmp_path: Path) -> None:
    path = tmp_path / "actions.csv"
    path.write_text(FILE)
    found = hb.load_actions(path)
    assert [str(day) for day in found.dates] == ["2026-06-03", "2026-06-10", "2026-06-12", "2026-06-15", "2026-06-16"]
    assert found.kinds == (
        ActionKind.DIVIDEND, ActionKind.SPLIT, ActionKind.SYMBOL, ActionKind.SPINOFF, ActionKind.DELISTING,
    )  # fmt: skip
    assert found.values.tolist() == [0.25, 10.0, 1.0, 0.5, 0.0]
    assert found.into == ("", "", "BLT", "SPUN", "")
    assert found.source == "actions.csv"
    assert load_actions(found.frame).frame.equals(found.frame)


def row(**changes: object) -> pd.DataFrame:
    plain = {"date": "2026-06-03", "ticker": "ACME", "kind": "dividend", "value": 0.25}
    return pd.DataFrame([plain | changes])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "dividned"}, "there is no such kind of action"),
        ({"value": -1.0}, "the value of a dividend is not usable"),
        ({"kind": "split", "value": 0.0}, "10 for a 10:1 split"),
        ({"kind": "split", "value": "ten"}, "this is not a number"),
        ({"kind": "spinoff", "value": 0.5}, "names the ticker that comes of it"),
        ({"into": "SPUN"}, "delivers no ticker"),
        ({"kind": "symbol", "value": 1.0, "into": "ACME"}, "leads to the ticker itself"),
        ({"date": "03/04/2026"}, "which part is the day"),
        ({"ticker": ""}, "has no ticker"),
        ({"cash": 3.0}, "belongs to a merger"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(changes: dict[str, object], words: str) -> None:
    with pytest.raises(PriceDataError, match=words) as problem:
        load_actions(row(**changes))
    assert "row 1" in str(problem.value)


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(PriceDataError, match="no column value"):
        load_actions(row().drop(columns="value"))


def test_the_same_action_twice_is_refused_and_two_dividends_of_a_day_are_not() -> None:
    with pytest.raises(PriceDataError, match="stands twice, as in row 1"):
        load_actions(pd.concat([row(), row()]))
    assert len(load_actions(pd.concat([row(), row(value=1.5)]))) == 2


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(PriceDataError, match="one entry a row"):
        Actions(np.array(["2026-06-03"], dtype="datetime64[D]"), ("ACME",), ("dividend",), np.array([1.0, 2.0]))
