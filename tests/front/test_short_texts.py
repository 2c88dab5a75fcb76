"""What a prompt shows of values: a line of what is in them, never pages; and help that speaks of ours alone."""

from __future__ import annotations

import pydoc
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.sweep.space.constraints import source_hash
from hedgebook.universes.brief import brief, told
from hedgebook.universes.fingerprint.values import of_value

from .conftest import small_market

LONGEST = 700


@pytest.mark.parametrize("name", ["factor_pnl", "plan", "backtest", "strategy", "exposures", "event", "market"])
def test_parts_of_a_run_are_told_in_a_line(results: dict[str, Any], name: str) -> None:
    text = repr(getattr(results["Run"], name))
    assert len(text) <= LONGEST
    assert "\n" not in text


def test_results_and_what_they_are_made_of_are_told_in_a_line(results: dict[str, Any]) -> None:
    for result in results.values():
        assert len(repr(result)) <= LONGEST
    assert max(len(repr(run)) for run in results["Series"].runs) <= LONGEST
    assert len(repr(results["Series"].runs)) <= 1000 * len(results["Series"].runs)
    assert max(len(repr(one)) for one in results["Risk"].replays) <= LONGEST
    assert len(repr(results["Sweep"].job)) <= LONGEST
    assert len(repr(results["HedgedBook"].windows[0])) <= LONGEST
    assert len(repr(results["Run"].figures)) <= LONGEST


def test_a_line_says_how_much_is_in_a_value() -> None:
    @brief
    @dataclass(frozen=True, eq=False)
    class Held:
        days: Any
        table: Any
        names: tuple[str, ...]
        many: tuple[float, ...]
        by_name: dict[str, int]
        text: str

    days = np.array(["2026-07-01", "2026-07-02"], dtype="datetime64[D]")
    made = Held(days, pd.DataFrame({"a": [1, 2, 3]}), ("x", "y"), (1.5,) * 9, {"a": 1}, "z" * 99)
    assert repr(made) == (
        "Held(days=<2 from 2026-07-01 to 2026-07-02>, table=<DataFrame 3 x 1>, names=('x', 'y'), many=<9 float>, "
        f"by_name=<1 by name>, text='{'z' * 59}…')"
    )
    assert told(small_market().universe).startswith("<Universe ")


def test_values_say_what_was_set_of_them() -> None:
    assert repr(hb.Rules(stop_loss=0.08)) == "Rules(stop_loss=0.08)"
    assert "hold=7" in repr(hb.trade(hold=7))
    assert len(repr(hb.trade())) <= LONGEST


def test_two_values_that_read_alike_are_still_told_apart() -> None:
    day = np.array(["2026-07-01", "2026-07-31"], dtype="datetime64[D]")
    frames = [pd.DataFrame({"META": [0.1, share]}, index=day) for share in (0.2, 0.3)]
    one, other = (hb.Schedule.from_frame(frame) if hasattr(hb.Schedule, "from_frame") else frame for frame in frames)
    assert of_value(one) != of_value(other)
    hashes = {source_hash(partial(told, np.full(5000, share))) for share in (0.2, 0.3)}
    assert len(hashes) == 2


@pytest.mark.parametrize("name", ["EventTrade", "Rules", "Costs", "Event", "Universe"])
def test_help_speaks_of_the_value_and_not_of_what_is_beneath(name: str) -> None:
    text = pydoc.plain(pydoc.render_doc(getattr(hb, name)))
    for word in ("model_dump", "model_fields", "__pydantic", "parse_obj", "model_construct", "FieldInfo", "Annotated"):
        assert word not in text
    assert len(text) < 6000
    for field in getattr(hb, name).model_fields:
        assert field in text
