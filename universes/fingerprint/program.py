"""The fingerprint of what computes: hedgebook's own sources and the packages whose versions decide numbers."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version_tuple
from typing import Any

from .values import digest

PACKAGES = ("numpy", "pandas", "scipy", "numba", "llvmlite", "scikit-learn", "cvxpy-base", "exchange_calendars")
# Pages and figures come after the numbers.
ROOMS = ("engine", "strategies", "universes")
ABSENT = "nothing"


def of_program() -> dict[str, Any]:
    """Versions of Python, hedgebook and the packages, and a hash over hedgebook's sources."""
    python = ".".join(python_version_tuple()[:2])
    return {
        "versions": {"python": python, **{name: version_of(name) for name in ("hedgebook", *PACKAGES)}},
        "sources": _sources(),
    }


@cache
def version_of(name: str) -> str:
    """The version of a distribution, "nothing" where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ABSENT


@cache
def _sources() -> str:
    root = Path(__file__).parents[2]
    files = [file for room in ROOMS for file in sorted((root / room).rglob("*.py"))]
    return digest(*(part for file in files for part in (file.relative_to(root).as_posix(), file.read_bytes())))
