"""docs/files.md is what the models say, and its examples are files that can be read."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from hedgebook.engine.account import load_account
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.stress.scenario import load_scenarios
from hedgebook.strategies.catalogue.starting import starting_file
from hedgebook.universes.event import load_events
from hedgebook.universes.quality.rules import RULES
from hedgebook.universes.universe import Member, load_universe

DOCS = Path(__file__).parents[2] / "docs"
READERS: dict[str, Any] = {
    "universe": load_universe,
    "event": load_events,
    "costs": load_costs,
    "account": load_account,
    "scenario": load_scenarios,
}


def files_markdown() -> str:
    """What the script writes."""
    return str(runpy.run_path(str(DOCS / "files.py"))["files_markdown"]())


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "files.md").read_text(encoding="utf-8") == files_markdown(), "python docs/files.py > docs/files.md"


def test_keys_bounds_and_rules_stand_there() -> None:
    page = files_markdown()
    for name in Member.model_fields:
        assert f"| `{name}` |" in page
    assert "| `recovery_frac` | a number, from 0 up to 10 | - |" in page
    assert "| `timing` | one of `pre-open`, `intraday`, `after-close`, `weekend` | needed |" in page
    for rule in RULES.values():
        assert f"| {rule.title} | {rule.severity.value} | {rule.text} |" in page


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("name", ["mine", "My_Own"])
def test_a_new_file_can_be_read(kind: str, name: str, tmp_path: Path) -> None:
    path, text, _ = starting_file(kind, name, toml=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    assert READERS[kind](tmp_path / path)


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind != "universe"])
@pytest.mark.parametrize("name", ["a/b", "../x", "x.toml", "", "a b", "/etc/x", "-x"])
def test_a_path_is_no_name(kind: str, name: str) -> None:
    with pytest.raises(Exception, match="a file cannot be named so"):
        starting_file(kind, name, toml=True)
