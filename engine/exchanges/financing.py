"""Money in other currencies: what it earns and costs overnight, and positions abroad that are paid with it."""

from __future__ import annotations

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..frictions.costs import Costs
from ..kernels.book.hold import YEAR_DAYS
from ..kernels.book.records import CLOSE, FLOW, OPEN, Orders, Prices, Structs
from ..rules import Rules
from .timeline import Timeline


def interest_flows(market: Market, prices: Prices, timeline: Timeline | None, costs: Costs) -> Structs:
    """(F,) of FLOW: what a unit of each currency of a market earned over the nights before its sessions, paid in USD.

    It is the unit's worth at the last close times the rate on cash, by calendar day over 360. Who owes it pays that
    and, as a fee like that of borrowed shares, what its rate on debt is above it. prices: marks of the same sessions.
    """
    rows = []
    for name, i in market.currency_columns.items():
        rate = costs.cash.of_currency(name).rate_annual
        if rate == 0.0 or len(prices.days) < 2:
            continue
        worth = _carried(np.abs(prices.marks[CLOSE, :, i]))
        flows = np.zeros(len(prices.days) - 1, dtype=FLOW)
        flows["session"], flows["mark"], flows["ticker"] = np.arange(1, len(prices.days)), OPEN, i
        flows["usd_per_share"] = rate * worth[:-1] * prices.days[1:] / YEAR_DAYS
        rows.append(flows[np.isfinite(flows["usd_per_share"])])
    found = np.concatenate([np.zeros(0, dtype=FLOW), *rows])
    return found if timeline is None else timeline.at_opens(found)


def _carried(values: Floats) -> Floats:
    """The last finite number up to each session, NaN before the first."""
    latest = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), -1))
    return np.where(latest >= 0, values[np.maximum(latest, 0)], np.nan)


def paid_locally(orders: Orders, market: Market, frac: float) -> Orders:
    """Orders that also owe, in each currency, `frac` of what they hold in it; what they sell short they own instead.

    A row that names neither a ticker of a currency nor the currency leaves its money alone; of one that does, the
    tickers that it does not name count as they were asked for last. What a row asks of the currency itself is added.
    """
    money = LocalMoney(orders.bank, market, frac)
    return Orders(money.beside(orders.rows), money.bank()) if money.applies else orders


class LocalMoney:
    """Adds to the orders of one book after another the money that their tickers abroad are paid with; lines stand once
    in one bank."""

    def __init__(self, bank: Floats, market: Market, frac: float) -> None:
        self._given, self._frac = bank, frac
        self._more: list[Floats] = []
        self._lines: dict[tuple[int, tuple[float | None, ...]], int] = {}
        names = () if market.rates is None or frac == 0.0 else market.rates.names
        stated = np.asarray((~np.isnan(bank)).any(axis=0), dtype=np.bool_)
        own = [
            (column, [i for i, one in enumerate(names) if one == name and i != column and stated[i]])
            for name, column in market.currency_columns.items()
        ]
        self._groups = [(column, np.array(theirs, dtype=np.int64)) for column, theirs in own if theirs]

    @property
    def applies(self) -> bool:
        """Whether there is anything to add."""
        return bool(self._groups)

    def bank(self) -> Floats:
        """The rows that were given and all lines since."""
        return np.concatenate([self._given, np.stack(self._more)]) if self._more else self._given

    def beside(self, rows: Structs) -> Structs:
        """The rows (R,) of ORDER of one book with the money beside them."""
        rows = rows.copy()
        asked = [np.zeros(len(theirs)) for _, theirs in self._groups]
        for k, row in enumerate(rows):
            number, scale = int(row["row"]), float(row["scale"])
            found: list[float | None] = []
            for n, (column, theirs) in enumerate(self._groups):
                wanted = self._given[number, theirs]
                named = ~np.isnan(wanted)
                asked[n] = np.where(named, scale * wanted, asked[n])
                owed = float(asked[n].sum())
                meant = named.any() or not np.isnan(self._given[number, column])
                found.append((0.0 - self._frac * owed / scale if scale else 0.0) if meant else None)
            rows["row"][k] = self._line(number, tuple(found))
        return rows

    def _line(self, number: int, money: tuple[float | None, ...]) -> int:
        if all(one is None for one in money):
            return number
        if (number, money) not in self._lines:
            line = self._given[number].copy()
            for (column, _), usd in zip(self._groups, money, strict=True):
                if usd is not None:
                    line[column] = usd + (0.0 if np.isnan(line[column]) else line[column])
            self._lines[number, money] = len(self._given) + len(self._more)
            self._more.append(line)
        return self._lines[number, money]


def check_paid_locally(market: Market, frac: float, rules: Rules) -> None:
    """Raise ParameterError where a stop of one leg would leave the money behind that its shares were paid with."""
    if frac and market.currency_columns and (rules.long_stop is not None or rules.short_stop is not None):
        raise ParameterError(
            "a stop of one leg would leave the money that its shares abroad were paid with",
            where="account: currency_hedge_frac",
            value=frac,
            remedy="Use stop_loss, which closes both legs, or leave currency_hedge_frac out.",
        )
