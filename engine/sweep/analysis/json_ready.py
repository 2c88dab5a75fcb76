"""Figures as JSON takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np


def json_ready(value: Any) -> Any:
    """The value in Python's own types; None for a NaN or an infinity, lists for tuples and arrays."""
    if isinstance(value, Mapping):
        return {str(key): json_ready(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [json_ready(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
