"""Fingerprints: equal for equal content, another one for whatever could decide another number."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.universes import fingerprint
from hedgebook.universes.fingerprint import bare, differences, of_code, of_value

FACTOR = 2.0
HELD = {"window": 5}


def scaled(market: object, size: float = 1.0) -> Any:
    return market, size * FACTOR, HELD["window"]


def made(factor: Any) -> Callable[..., Any]:
    def inner(market: object) -> Any:
        return market, factor

    return inner


@dataclass
class Held:
    window: int

    def schedule(self, market: object) -> Any:
        return market, self.window


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.5),
        ("1", 1),
        (np.arange(3), np.arange(3.0)),
        (np.arange(4), np.arange(4).reshape(2, 2)),
        (pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0], index=[1, 2])),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})),
        ({"a": (1, 2)}, {"a": (2, 1)}),
        (Held(1), Held(2)),
        (np.array([{"a": 1}], dtype=object), np.array([{"a": 2}], dtype=object)),
    ],
)
def test_other_values_have_other_fingerprints(one: Any, other: Any) -> None:
    texts = [json.dumps(of_value(value), allow_nan=False) for value in (one, other)]
    assert texts[0] != texts[1]


def test_equal_values_have_equal_fingerprints(tmp_path: Path) -> None:
    payload = np.array([0x7FF8000000000001, 0x7FF8000000000000], dtype=np.uint64).view(np.float64)
    assert of_value(payload) == of_value(np.full(2, np.nan))
    assert of_value({"x", "y", "z"}) == of_value({"z", "y", "x"})
    assert of_value(np.float64(0.5)) == of_value(0.5)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("1,2\n")
    assert bare(of_value(tmp_path / "a.csv")) == bare(of_value(tmp_path / "b.csv"))
    (tmp_path / "b.csv").write_text("1,3\n")
    assert bare(of_value(tmp_path / "a.csv")) != bare(of_value(tmp_path / "b.csv"))
    assert of_value(object()) == of_value(object())


def test_a_function_stands_on_its_file_its_closure_and_the_variables_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = of_code(scaled)
    assert plain["modules"][__name__]["named"] == "test_fingerprint.py"
    assert plain["values"][f"{__name__}.FACTOR"] == 2.0
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert [str(one) for one in differences("", plain, of_code(scaled))] == [
        f"values.{__name__}.FACTOR is 2.0 there and 3.0 here"
    ]
    monkeypatch.undo()
    monkeypatch.setitem(HELD, "window", 6)
    assert of_code(scaled) != plain
    assert of_code(made(1)) == of_code(made(1)) != of_code(made(2))
    assert of_code(made(np.arange(3))) != of_code(made(np.arange(4)))
    assert of_code(made(made(1))) != of_code(made(made(2)))
    assert of_code(partial(scaled, size=1.0)) != of_code(partial(scaled, size=2.0))


def test_objects_stand_on_what_they_hold() -> None:
    assert of_code(Held(3)) == of_code(Held(3)) != of_code(Held(4))
    assert of_code(Held(3).schedule) == of_code(Held(3).schedule) != of_code(Held(4).schedule)


def test_code_without_a_file_stands_for_itself() -> None:
    def typed(text: str) -> Any:
        module = types.ModuleType("__main__")
        exec(compile(text, "<input>", "exec"), vars(module))
        return vars(module)["f"]

    one = typed("def g(x):\n    return x + 1\ndef f(market):\n    return g(market)\n")
    same = typed("def g(x):\n    return x + 1\ndef f(market):\n    return g(market)\n")
    other = typed("def g(x):\n    return x + 2\ndef f(market):\n    return g(market)\n")
    assert of_code(one) == of_code(same) != of_code(other)
    assert set(of_code(one)["functions"]) == {"f", "g"}


def test_versions_of_imported_packages_count(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import json\nimport sklearn.linear_model\nfrom pandas import DataFrame\nimport missing_one\n")
    found = of_code(scaled, file=file)["packages"]
    assert set(found) >= {"sklearn", "pandas", "missing_one"}
    assert "json" not in found
    assert found["pandas"] == pd.__version__
    assert found["missing_one"] == "unknown"


def test_modules_are_found_through_relative_imports_and_within_functions(tmp_path: Path) -> None:
    package = tmp_path / "pack_of_mine"
    (package / "sub").mkdir(parents=True)
    (package / "__init__.py").write_text("from . import one\n")
    (package / "one.py").write_text("def f():\n    from .sub.two import X\n    return X\n")
    (package / "sub" / "__init__.py").touch()
    (package / "sub" / "two.py").write_text("from ..three import X\n")
    (package / "three.py").write_text("X = 1\n")
    (package / "unused.py").write_text("X = 1\n")
    (tmp_path / "mine.py").write_text("def f(market):\n    import pack_of_mine\n")
    found = set(of_code(scaled, file=tmp_path / "mine.py")["modules"])
    wanted = {"", ".one", ".sub", ".sub.two", ".three"}
    assert {name for name in found if name.startswith("pack_of_mine")} == {f"pack_of_mine{end}" for end in wanted}


def test_names_decide_nothing_and_are_told() -> None:
    old: dict[str, Any] = {"costs": {"named": "a.toml", "file": {"named": "r.csv", "sha256": "0" * 64}, "rate": 1}}
    new: dict[str, Any] = {"costs": {"named": "b.toml", "file": {"named": "s.csv", "sha256": "1" * 64}, "rate": 1}}
    assert [str(one) for one in differences("", old, new)] == ["costs.file (s.csv) has changed"]
    new["costs"]["file"]["sha256"] = "0" * 64
    assert list(differences("", old, new)) == []
    assert bare(old) == bare(new)


def test_hedgebook_itself_is_part_of_it() -> None:
    found = fingerprint.of_program()
    assert found["versions"]["numpy"] == np.__version__
    assert len(found["sources"]) == 64
