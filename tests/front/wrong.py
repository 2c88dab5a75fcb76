"""What a public function is given in place of what it takes, and what may come of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import InputError


class Colour(Enum):
    """What is neither text nor a number, though its value is."""

    RED = "plain"


WRONG: dict[str, Any] = {
    "None": None,
    "True": True,
    "5": 5,
    "-1": -1,
    "nan": float("nan"),
    "inf": float("inf"),
    "1e308": 1e308,
    "10**400": 10**400,
    "1j": 1j,
    "''": "",
    "'x'": "x",
    "nul": "\x00",
    "bytes": b"x",
    "[]": [],
    "{}": {},
    "object": object(),
    "array": np.array([1.0]),
    "frame": pd.DataFrame(),
    "series": pd.Series(dtype=float),
    "datetime": datetime.datetime(2026, 7, 1),
    "NaT": pd.NaT,
    "class": int,
    "function": lambda: 0,
    "path": Path("nope/none.toml"),
    "huge": "y" * 100_000,
    "nested": [[["x"]]],
    "pair": (1, 2),
    "set": {1},
    "int8": np.int8(-128),
    "half": np.float16(0.5),
    "span": np.timedelta64(1, "D"),
    "fraction": Fraction(1, 2),
    "surrogate": "\ud800",
    "surrogates": ["\udcff"],
    "of a zone": pd.Timestamp("2026-07-01", tz="Asia/Tokyo"),
    "plain enum": Colour.RED,
    "words": pd.Series(["a", 1]),
    "named": pd.Series([0.01, -0.02] * 40, pd.bdate_range("2026-01-05", periods=80), name="\udcff"),
}
# Words of other libraries, and of Python's about itself.
NOT_OURS = ("validation error", "pydantic", "Input should", "object has no attribute", "at 0x")


def refused(call: Callable[[], Any], label: str) -> None:
    """Run a call, which may give a result or an InputError and nothing else."""
    try:
        call()
    except InputError as problem:
        said = str(problem)
    except Exception as problem:  # what else comes out is what is looked for
        raise AssertionError(f"{label}: {type(problem).__name__}: {problem}") from problem
    else:
        return
    assert len(said) < 3000, label
    assert not any(words in said for words in NOT_OURS), f"{label}: {said}"


def refuses(function: Callable[..., Any], arguments: Mapping[str, Any], name: str) -> None:
    """Call a function with each of its arguments swapped for each of what is wrong."""
    for parameter in arguments:
        for what, wrong in WRONG.items():
            refused(partial(function, **{**arguments, parameter: wrong}), f"{name}({parameter}={what})")
