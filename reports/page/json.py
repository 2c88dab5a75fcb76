"""Values as JSON has them, and what every summary says of itself."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

SIMULATED_NOTE = "simulated history, reported event-day moves"


HINDSIGHT_NOTE = "not tradable"


DISTRIBUTIONS = {
    "hedgebook": "hedgebook",
    "numpy": "numpy",
    "pandas": "pandas",
    "numba": "numba",
    "empyrical": "empyrical-reloaded",
    "statsmodels": "statsmodels",
}


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of what produced a run, without importing any of it."""
    found = {name: version(distribution) for name, distribution in DISTRIBUTIONS.items()}
    return {"python": platform.python_version(), **found}


def plain(value: Any) -> Any:
    """A value as JSON knows it: NaN, infinities and NaT become None, -0.0 becomes 0.0, days and moments ISO text,
    a dataclass its fields by name.

    Raises TypeError for a type that has no such form.
    """
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if value is None or value is pd.NaT or (isinstance(value, (str, bool, int)) and not isinstance(value, Enum)):
        return None if value is pd.NaT else value
    if isinstance(value, (float, np.floating)):
        # Nothing is a number below zero that is none: -0.0 becomes 0.0.
        return float(value) + 0.0 if math.isfinite(value) else None
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[D]"))
    if isinstance(value, pd.Timestamp) and value.tzinfo is None and value == value.normalize():
        return value.strftime("%Y-%m-%d")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dictionaries."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False)]
