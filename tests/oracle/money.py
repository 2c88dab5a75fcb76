"""Shares at home and abroad, and money in two currencies, in plain Python: who buys abroad owes what was paid there."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

Clock = list[tuple[float, str, str]]  # hours since the first midnight UTC, ticker, "trade" or "see"


@dataclass
class Rate:
    """USD of a unit of the other currency, known from some hours on."""

    hours: list[float]
    usd: list[float]

    def at(self, hour: float) -> float:
        """The last one up to a moment."""
        return self.usd[bisect_right(self.hours, hour) - 1]


@dataclass
class Ledger:
    """One share priced in USD, one priced in won, USD and won in cash."""

    usd: float
    rate: Rate
    commission: float
    exchange: float
    won: float = 0.0
    shares: dict[str, float] = field(default_factory=lambda: {"home": 0.0, "abroad": 0.0})
    price: dict[str, float] = field(default_factory=lambda: {"home": 0.0, "abroad": 0.0})
    changed: float = 0.0  # USD that the won in cash gained by their rate alone

    def nav(self, hour: float) -> float:
        """USD of everything at a moment."""
        there = self.shares["abroad"] * self.price["abroad"] + self.won
        return self.usd + self.shares["home"] * self.price["home"] + there * self.rate.at(hour)

    def trade(self, hour: float, ticker: str, weight: float, local: float) -> None:
        """Hold a fraction of NAV in a share; abroad it is paid with won that are owed, at home with USD."""
        nav, rate = self.nav(hour), self.rate.at(hour) if ticker == "abroad" else 1.0
        more = weight * nav / (self.price[ticker] * rate) - self.shares[ticker]
        usd = abs(more) * self.price[ticker] * rate
        self.shares[ticker] += more
        self.usd -= usd * self.commission
        if ticker == "home":
            self.usd -= more * self.price[ticker]
            return
        self.won -= more * self.price[ticker]
        # What is owed is to be a part of what the shares are worth; the rest is changed.
        wanted = -local * self.shares[ticker] * self.price[ticker]
        owed_before = self.won + more * self.price[ticker]
        self.usd -= (wanted - self.won) * rate
        value, side = abs(wanted - owed_before) * rate, 1.0 if wanted > owed_before else -1.0
        self.usd -= value * self.exchange + value * (1.0 + side * self.exchange) * self.commission
        self.won = wanted

    def night(self, days: float, worth: float, usd_rates: tuple[float, float], won_rates: tuple[float, float]) -> None:
        """Interest on what is there (first rate) and on debt (second); worth: USD of a won at the last close."""
        years = days / 360.0
        won = self.won * won_rates[0 if self.won > 0.0 else 1] * years * worth
        self.usd += self.usd * usd_rates[0 if self.usd > 0.0 else 1] * years + won
