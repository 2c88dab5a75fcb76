"""The account that a backtest trades."""

from __future__ import annotations

from dataclasses import dataclass

from hedgebook.errors import ParameterError


@dataclass(frozen=True)
class Account:
    """Starting cash in USD, and how long a position may go without a closing price before it is closed."""

    capital_usd: float = 1_000_000.0
    max_stale_sessions: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.capital_usd < 1e15:
            raise ParameterError(
                "capital cannot be used", where="capital", value=self.capital_usd, bound="above 0, below 1e15"
            )
        if self.max_stale_sessions < 1:
            raise ParameterError(
                "a position cannot be stale so soon",
                where="max_stale_sessions",
                value=self.max_stale_sessions,
                bound="1 or more",
            )
