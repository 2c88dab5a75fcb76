"""Importing hedgebook and asking for help load nothing heavy, and the public names are what they say."""

from __future__ import annotations

import subprocess
import sys

import pytest

import hedgebook

HEAVY = ("pandas", "numba", "scipy", "statsmodels", "plotly", "vectorbt", "numpy", "empyrical", "rich")


HELP = "from hedgebook.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"


@pytest.mark.parametrize("code", ["import hedgebook", HELP])
def test_nothing_heavy_is_imported(code: str) -> None:
    probe = f"import sys\n{code}\nprint('LOADED', [m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


@pytest.mark.parametrize("command", [["trades"], ["trades", "--json"], ["events"], ["universes"], ["events", "--help"]])
def test_lists_never_touch_the_kernels(command: list[str]) -> None:
    code = f"from hedgebook.cli import main\ntry: main({command!r})\nexcept SystemExit as end: assert not end.code"
    probe = f"import sys\nsys.modules['numba'] = sys.modules['llvmlite'] = None\n{code}"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_public_names_are_sorted_and_exist() -> None:
    assert hedgebook.__all__ == sorted(hedgebook.__all__)
    assert set(hedgebook.__all__) == set(hedgebook._HOMES)
    for name in hedgebook.__all__:
        assert getattr(hedgebook, name) is not None
        assert getattr(hedgebook, name).__doc__, name
    assert set(hedgebook.__all__) <= set(dir(hedgebook))


def test_a_wrong_name_brings_the_closest() -> None:
    with pytest.raises(AttributeError, match="did you mean 'backtest'"):
        _ = hedgebook.backtst
