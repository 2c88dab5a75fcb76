"""The account that a backtest trades: its money, and what its broker demands and allows."""

from __future__ import annotations

from .account import Account, load_account

__all__ = ["Account", "load_account"]
