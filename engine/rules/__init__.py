"""Rules: when a trade ends before its schedule does, and how its size changes on the way."""

from __future__ import annotations

from .rules import Rules

__all__ = ["Rules"]
