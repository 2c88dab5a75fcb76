"""How a market was loaded or drawn, kept with it so that the same prices can be loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def remember_asked(market: Any, **arguments: Any) -> None:
    """Keep the arguments that a market was loaded with; one that is derived from it has none."""
    object.__setattr__(market, "_asked", arguments)


def asked_of(market: Any) -> Mapping[str, Any] | None:
    """The arguments that a market was loaded with, None where they are not known."""
    found: Mapping[str, Any] | None = getattr(market, "__dict__", {}).get("_asked")
    return found
