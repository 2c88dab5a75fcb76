"""Strategies from a user's file: what can be loaded, and one plain message for everything that cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.errors import ParameterError, StrategyError
from hedgebook.strategies.sweeping import FunctionSweep, load_strategy, sweep_strategy

from ..sweeping.pools import related_market

GOOD = '''
from __future__ import annotations
from dataclasses import dataclass
import numpy as np
import beside
from hedgebook.engine.backtest.schedule import Schedule

LIMIT = 3

@dataclass
class Sized:
    size: float = 0.5

    def schedule(self, market, t: int = 5):
        return hold(market, t, self.size)

def hold(market, t: int = 5, size: float = 0.5) -> Schedule:
    """Hold the first ticker from session t on."""
    if t > 40:
        raise ValueError("too late")
    return Schedule(
        (market.tickers[0],), market.open_at[[t]] - np.timedelta64(1, "s"), market.sessions[[t]],
        np.zeros(1, dtype=np.int64), np.array([[size * beside.FACTOR]]),
    )

sized = Sized(0.25)
_private = hold
'''


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("FACTOR = 0.5\n", encoding="utf-8")
    file = tmp_path / "mine.py"
    file.write_text(GOOD, encoding="utf-8")
    return file


def sets(*levels: int) -> ChunkSets:
    return ChunkSets(0, {"t": ParameterColumn(levels, np.arange(len(levels)))})


def test_functions_objects_and_classes_of_a_file(mine: Path) -> None:
    before, paths = set(sys.modules), list(sys.path)
    market = related_market()
    for name, weight in (("hold", 0.25), ("sized", 0.125), ("Sized", 0.25), ("_private", 0.25)):
        sweep = sweep_strategy(f"{mine}:{name}")
        assert isinstance(sweep, FunctionSweep)
        batch = sweep.batch(market, sets(3, 9, 3))
        assert batch.first.tolist() == [3, 9, 3]
        assert batch.bank[:, 0].tolist() == [weight]
        assert sweep.describe()["file"] == "mine.py"
    assert {name for name in set(sys.modules) - before if "strategy" in name} == set()
    assert sys.path == paths
    assert not (mine.parent / "__pycache__" / "mine.cpython-311.pyc").exists()


def test_the_file_is_read_anew(mine: Path) -> None:
    first = sweep_strategy(f"{mine}:hold").describe()
    mine.write_text(GOOD.replace("0.5) -> Schedule", "0.7) -> Schedule"), encoding="utf-8")
    second = sweep_strategy(f"{mine}:hold").describe()
    assert second["defaults"] == {"t": 5, "size": 0.7}
    assert first["file_sha256"] != second["file_sha256"]


def test_an_error_of_a_function_names_the_line_of_its_file(mine: Path) -> None:
    sweep = sweep_strategy(f"{mine}:hold")
    line = GOOD.splitlines().index('        raise ValueError("too late")') + 1
    batch = sweep.batch(related_market(), sets(3, 41))
    assert batch.problem_of.tolist() == [-1, 0]
    assert batch.problems == (f"hold(t=41), mine.py, line {line}: ValueError: too late.",)


def test_a_loaded_strategy_goes_to_a_process_that_has_not_loaded_it(mine: Path) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    mine.write_text(GOOD.replace("import beside\n", "").replace("* beside.FACTOR", ""), encoding="utf-8")
    packed = cloudpickle.dumps((sweep_strategy(f"{mine}:hold"), sweep_strategy(f"{mine}:sized"), sets(3, 9)))
    (mine.parent / "packed").write_bytes(packed)
    mine.unlink()
    code = (
        "import pickle, sys; from tests.strategies.sweeping.pools import related_market;"
        "one, two, sets = pickle.load(open(sys.argv[1], 'rb')); market = related_market();"
        "print([float(s.batch(market, sets).bank[0, 0]) for s in (one, two)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(mine.parent / "packed")],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.stdout.strip() == "[0.5, 0.25]"


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("hodl", ParameterError, r"mine.py: there is no 'hodl' in it. Did you mean 'hold'\?"),
        ("", ParameterError, r"mine.py: a strategy of a file needs a name. .*mine.py:strategy.*: Sized, hold, sized"),
        ("LIMIT", ParameterError, r"mine.py: LIMIT is no strategy, because it cannot be called \(got 'int'\)"),
    ],
)
def test_names_that_cannot_be_used(mine: Path, name: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        load_strategy(f"{mine}:{name}")
    if not name:
        with pytest.raises(kind, match=message):
            load_strategy(str(mine))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for text in (f"{tmp_path}/none.py:f", f"{tmp_path}/none.py", f"{tmp_path}:f"):
        with pytest.raises(ParameterError, match="strategy: there is no such file"):
            load_strategy(text)
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(ParameterError, match="there is no such file"):
        load_strategy(f"{tmp_path}/folder.py:f")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import numpy\n\nx = undefined\n", r"mine.py, line 3: NameError: name 'undefined' is not defined"),
        ("import not_there_at_all\n", r"mine.py, line 1: ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("def f(:\n    pass\n", r"mine.py, line 1: SyntaxError: invalid syntax"),
        ("import beside_broken\n", r"mine.py, line 1: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", r"mine.py, line 2: SystemExit: 3"),
        ("raise KeyError\n", r"mine.py, line 1: KeyError"),
    ],
)
def test_a_file_that_fails(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "beside_broken.py").write_text("1 / 0\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError, match=message) as caught:
        load_strategy(f"{tmp_path}/mine.py:f")
    assert caught.value.__cause__ is None
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParameterError, match=r"mine\.py: this file cannot be read"):
        load_strategy(f"{tmp_path}/mine.py:f")
    (tmp_path / "mine.py").write_bytes(b"x = 1\x00")
    with pytest.raises(StrategyError, match=r"mine\.py"):
        load_strategy(f"{tmp_path}/mine.py:f")
