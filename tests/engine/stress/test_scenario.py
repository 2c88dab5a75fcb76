"""Scenario files: the shipped ones, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgebook.engine.stress.scenario import load_scenarios
from hedgebook.errors import ParameterError

GOOD = """
[[scenarios]]
name = "mine"
title = "Mine"
sessions = 3
moves = [{ kind = "bucket", of = "memory", path = [-0.1, -0.2] }]
"""


def test_the_shipped_scenarios_say_where_each_number_comes_from() -> None:
    library = load_scenarios()
    names = {s.name for s in library.scenarios}
    assert names == {
        "glut-bull", "glut-base", "glut-bear", "semis-2000", "semis-2008", "semis-2022", "momentum-unwind",
        "rising-yields", "short-squeeze", "borrow-spike",
    }  # fmt: skip
    for scenario in library.scenarios:
        assert all(move.reason for move in scenario.moves), scenario.name
        assert all(trouble.reason for trouble in scenario.shorts), scenario.name
    assert library.get("semis-2000").moves[0].path[-1] == -0.82
    assert library.get("semis-2022").moves[0].path[-1] == -0.35
    squeeze = {m.of: m.path for m in library.get("short-squeeze").moves}
    assert squeeze["meta"] == (-0.08,)
    assert squeeze["neocloud"] == (0.27,)
    facts = {s.name for s in library.scenarios for m in s.moves if m.basis == "fact"}
    assert facts == {"semis-2000", "semis-2022", "short-squeeze"}


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'glut-bear'"):
        load_scenarios().get("glut-baer")


def test_a_users_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    (scenario,) = load_scenarios(path).scenarios
    assert scenario.steps == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sessions = 3", "sesions = 3", "Did you mean 'sessions'"),
        ('kind = "bucket"', 'kind = "buckt"', "Did you mean 'bucket'"),
        ("path = [-0.1, -0.2]", "path = [-1.0]", "out of range"),
        ("path = [-0.1, -0.2]", "path = []", "at least 1"),
        ("path = [-0.1, -0.2]", "path = [nan]", "finite"),
        ("sessions = 3", "sessions = 1", "more steps than it has sessions"),
        ("path = [-0.1, -0.2] }", 'path = [-0.1, -0.2], basis = "fact" }', "a fact needs its source"),
        ("-0.2] }", '-0.2] }, { kind = "factor", of = "x", path = [1.0] }', "differ in length"),
        ("-0.2] }", '-0.2] }, { kind = "bucket", of = "memory", path = [0, 0] }', "moves twice"),
        ('moves = [{ kind = "bucket", of = "memory", path = [-0.1, -0.2] }]', "", "nothing happens"),
        ('name = "mine"', 'name = "My Scenario"', "not allowed here"),
        ("moves = [", 'shorts = [{ of = "memory" }]\nmoves = [', "nothing happens to these shorts"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ParameterError, match=said):
        load_scenarios(path)


def test_a_scenario_twice_and_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD + GOOD + GOOD)
    with pytest.raises(ParameterError, match=r"(?s)scenarios\[1\]\.name: this scenario stands twice.*These are 2 prob"):
        load_scenarios(path)
    with pytest.raises(ParameterError, match=r"Did you mean 'mine.toml'"):
        load_scenarios(tmp_path / "mien.toml")
