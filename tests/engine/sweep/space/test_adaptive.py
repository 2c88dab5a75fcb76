"""Adaptive search: what it proposes, what it keeps, and how it goes on."""

from __future__ import annotations

import builtins
import math
import re
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.sweep.draw import Draw, parse_draw
from hedgebook.engine.sweep.space import ChunkSets, ParameterSets, Space, space_of
from hedgebook.engine.sweep.space.adaptive import adaptive_sets
from hedgebook.errors import ParameterError, without_secrets

AXES = {"hold": "1:40", "stop": "0.02:0.20", "hedge": "dollar,beta,ridge", "cap": "none,0.5,1.0"}


def hill(one: dict[str, Any]) -> float:
    """A peak of 10 at hold 31, stop 0.1, beta, no cap."""
    away: float = (one["hold"] - 31) ** 2 / 40 + 100 * (one["stop"] - 0.1) ** 2
    return 10.0 - away - float(one["hedge"] != "beta") - float(one["cap"] is not None)


class Asked:
    """Evaluates sets and remembers which."""

    def __init__(self, value: Callable[[dict[str, Any]], float] = hill) -> None:
        self.value = value
        self.sets: list[dict[str, Any]] = []

    def __call__(self, sets: ChunkSets) -> float:
        assert len(sets) == 1
        self.sets.append(sets.at(0))
        return self.value(self.sets[-1])


def rows(sets: ParameterSets) -> list[dict[str, Any]]:
    return [sets.at(i) for i in range(sets.count)]


def space(**changes: Any) -> Space:
    return space_of({**AXES, **changes})


def test_it_climbs_and_keeps_what_it_ran() -> None:
    asked = Asked()
    found = adaptive_sets(space(), 60, asked, seed=3)
    assert rows(found) == asked.sets
    assert found.how == "given"
    assert found.count + found.duplicates == 60
    drawn = [hill(one) for one in rows(space().random(60, 3))]
    assert max(map(hill, asked.sets)) > max(drawn)
    late = np.mean([hill(one) for one in asked.sets[-20:]])
    assert late > np.mean([hill(one) for one in asked.sets[:10]])


def test_lower_can_be_better() -> None:
    asked = Asked(lambda one: -hill(one))
    adaptive_sets(space(), 60, asked, higher_is_better=False, seed=3)
    late = np.mean([hill(one) for one in asked.sets[-20:]])
    assert late > np.mean([hill(one) for one in asked.sets[:10]])


def test_the_same_seed_proposes_the_same_sets() -> None:
    one, two, other = (adaptive_sets(space(), 15, Asked(), seed=seed) for seed in (5, 5, 6))
    assert rows(one) == rows(two)
    assert rows(one) != rows(other)
    assert one.describe() == two.describe()


def test_no_set_is_run_twice() -> None:
    asked = Asked(lambda one: float(one["hold"]))
    found = adaptive_sets(space_of({"hold": "1:4"}), 30, asked)
    assert len(asked.sets) == found.count <= 4
    assert found.duplicates == 30 - found.count


def test_a_refused_set_is_never_run() -> None:
    asked = Asked()
    tight = space_of(AXES, "hold <= 20 and hedge != 'ridge'")
    found = adaptive_sets(tight, 40, asked, seed=1)
    assert all(one["hold"] <= 20 and one["hedge"] != "ridge" for one in asked.sets)
    assert rows(found) == asked.sets


def test_a_set_that_cannot_run_is_kept_and_counts_for_nothing() -> None:
    asked = Asked(lambda one: math.nan if one["hold"] > 10 else hill(one))
    found = adaptive_sets(space(), 40, asked, seed=2)
    assert rows(found) == asked.sets
    assert any(one["hold"] > 10 for one in asked.sets)


def test_a_storage_goes_on_where_it_stopped(tmp_path: Path) -> None:
    url, first, second = f"sqlite:///{tmp_path / 'a.db'}", Asked(), Asked()
    some = adaptive_sets(space(), 12, first, storage=url, identity={"prices": "a"})
    more = adaptive_sets(space(), 20, second, storage=url, identity={"prices": "a"})
    assert rows(more)[: some.count] == first.sets
    assert rows(more)[some.count :] == second.sets
    assert len(second.sets) <= 8
    none = Asked()
    again = adaptive_sets(space(), 20, none, storage=url, identity={"prices": "a"})
    assert none.sets == []
    assert rows(again) == rows(more)


def test_another_sweep_in_the_same_storage_begins_anew(tmp_path: Path) -> None:
    url, asked = f"sqlite:///{tmp_path / 'a.db'}", Asked()
    adaptive_sets(space(), 6, Asked(), storage=url, identity={"prices": "a"})
    adaptive_sets(space(), 6, asked, storage=url, identity={"prices": "b"})
    assert len(asked.sets) == 6


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/folder/a.db"])
def test_a_storage_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(f"storage: this storage cannot be used (got {url!r})")):
        adaptive_sets(space(), 3, Asked(), storage=url)


def test_no_trials() -> None:
    with pytest.raises(ParameterError, match="trials: this many trials cannot be made"):
        adaptive_sets(space(), 0, Asked())


def test_without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "optuna":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ParameterError, match=re.escape('pip install "hedgebook[optuna]"')):
        adaptive_sets(space(), 3, Asked())


PASSWORD = "s3cr/t?@x"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql+nodriver://me:{PASSWORD}@host/db", "postgresql+nodriver://***"),
        (f"mysql://me:{PASSWORD}@host:1/db?ssl=1", "mysql://***"),
        (f"postgresql:///db?user=me&password={PASSWORD}", "postgresql://***"),
        (f"me:{PASSWORD}@host/db", "***"),
        (f"sqlite:///nowhere/at/all.db?key={PASSWORD}", "sqlite://***"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParameterError) as caught:
        adaptive_sets(space(), 3, Asked(), storage=url)
    assert caught.value.value == shown
    with pytest.raises(ParameterError) as other:
        parse_draw("random:5", storage=url)
    told = "".join(traceback.format_exception_only(caught.value))
    told += f"{other.value.to_dict()} {caught.value.to_dict()} "
    told += repr(Draw("optuna", 5, storage=url)) + "".join(capfd.readouterr())
    assert "s3cr" not in told


def test_a_storage_that_fails_on_the_way_says_so_without_its_url(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    url = f"sqlite:///{file}"

    def evaluate(_: ChunkSets) -> float:
        with sqlite3.connect(file) as database:
            for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                database.execute(f'drop table "{name}"')
        return 1.0

    with pytest.raises(ParameterError, match="the storage failed in the middle of the search") as caught:
        adaptive_sets(space(), 5, evaluate, storage=url)
    assert str(file) in str(caught.value)
    file.unlink()


def test_an_error_of_the_strategy_is_its_own(tmp_path: Path) -> None:
    def evaluate(_: ChunkSets) -> float:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        adaptive_sets(space(), 5, evaluate, storage=f"sqlite:///{tmp_path}/a.db")


def test_what_holds_no_secret_is_shown() -> None:
    assert without_secrets("sqlite:///folder/a.db") == "sqlite:///folder/a.db"
    assert without_secrets(None) is None
