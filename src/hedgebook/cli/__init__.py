"""The command line: a thin shell over the functions of hedgebook.front.trade."""

from __future__ import annotations

from .app import main

__all__ = ["main"]
