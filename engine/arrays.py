"""Types of arrays by what they hold, for the engine's own modules."""

from __future__ import annotations

from hedgebook.universes.arrays import Codes, Flags, Floats, Ints

__all__ = ["Codes", "Flags", "Floats", "Ints"]
