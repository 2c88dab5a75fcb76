"""Own events: appended whole to what stands there, and everything wrong with them said at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hedgebook.errors import EventError
from hedgebook.universes.event import Event, Timing, load_events
from hedgebook.universes.universe import load_universe
from hedgebook.universes.watch.event_file import append_event, event_toml
from hedgebook.universes.watch.indicators import INDICATORS, indicators_of

UNIVERSE = load_universe("ai_infrastructure")


def event(event_id: str = "own-1", **more: object) -> Event:
    given = {
        "announced_on": date(2026, 7, 8), "timing": Timing.PRE_OPEN, "headline": 'A "quoted" \\ headline \u00fc',
        "sources": ("a report",), "tags": ("memory-prices",), "expected_losers": ("memory", "NBIS"),
    }  # fmt: skip
    return Event.model_validate({"id": event_id, **given, **more})


def test_what_is_appended_is_read_again_and_the_rest_stands(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "own.toml"
    append_event(path, event(), UNIVERSE)
    before = path.read_text()
    path.write_text(before + "# a remark without an end of line")
    append_event(path, event("own-2", tags=("deployment",)), UNIVERSE)
    assert path.read_text().startswith(before + "# a remark without an end of line\n")
    assert load_events(path).events == (event(), event("own-2", tags=("deployment",)))


def test_everything_wrong_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    append_event(path, event(), UNIVERSE)
    before = path.read_bytes()
    wrong = event(announced_on=date(2026, 7, 4), tags=("memory-price",), expected_winners=("memroy", "memory"))
    with pytest.raises(EventError) as caught:
        append_event(path, wrong, UNIVERSE)
    for said in ("not a session", "is taken", "Did you mean 'memory'", "to win and to lose", "Write memory-prices"):
        assert said in str(caught.value)
    with pytest.raises(EventError, match="needs a tag"):
        append_event(path, event("own-3", tags=()), UNIVERSE)
    with pytest.raises(EventError, match="cannot be written so"):
        append_event(path, event("own-3", tags=("My Tag",)), UNIVERSE)
    with pytest.raises(EventError, match="shipped events"):
        append_event(path, event("meta-compute-2026"), UNIVERSE)
    path.write_text("[[events]\n")
    with pytest.raises(EventError, match="not valid TOML"):
        append_event(path, event("own-3"), UNIVERSE)
    path.write_bytes(before)
    assert path.read_bytes() == before


def test_indicators_are_told_by_tag_or_by_what_the_tag_is_of() -> None:
    assert [one.tag for one in INDICATORS] == ["capex-guidance", "memory-prices", "deployment", "miner-contracts"]
    found = {one.id: {each.tag for each in indicators_of(one)} for one in load_events().events}
    assert found["alphabet-capex-2026"] == {"capex-guidance"}
    assert found["iren-microsoft-2025"] == {"miner-contracts"}
    assert found["coreweave-meta-2026"] == set()  # a contract that names no miner
    assert found["memory-unwind-2026"] == {"memory-prices"}
    assert {each.tag for each in indicators_of(event(tags=("deployment",)))} == {"deployment"}
    assert "[[events]]" in event_toml(event())
