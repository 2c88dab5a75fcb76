"""Figures that were measured, kept beside the code that measured them, for the page that shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scipy.stats import beta

FOLDER = Path(__file__).parent / "figures"


def keep(name: str, values: Any) -> Path:
    """Write one measurement."""
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(values, indent=1) + "\n")
    return path


def kept(name: str) -> Any:
    """One measurement, None where it was not made."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def interval(hits: int, cases: int, confidence: float = 0.95) -> tuple[float, float]:
    """The binomial interval of a share. Source: Clopper and Pearson (1934), Biometrika 26(4)."""
    tail = (1.0 - confidence) / 2.0
    low = float(beta.ppf(tail, hits, cases - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1.0 - tail, hits + 1, cases - hits)) if hits < cases else 1.0
    return low, high
