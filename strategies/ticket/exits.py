"""At which prices, values and dates the rules of a plan end it."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from hedgebook.engine.rules.levels import leg_levels, trade_levels
from hedgebook.universes.counted import counted

from .planned import Planned

COLUMNS = ("rule", "of", "level", "unit", "meaning")


def exit_levels(
    planned: Planned, orders: pd.DataFrame, nav_usd: float, in_options: Collection[str] = ()
) -> pd.DataFrame:
    """One row a level: rule, of (a ticker, a leg or the trade), level, unit (USD, price or date) and what it means.

    nav_usd: the trade's own NAV at the entry. Prices are those at which one ticker alone, the others standing still,
    takes the whole loss that a rule allows, costs left out; a price below zero is none. in_options: tickers that
    options stand for, of whose legs no price is told: what they lose with it is no straight line.
    """
    # Money that is owed abroad follows the shares that were paid with it.
    orders = orders[~orders["ticker"].astype(str).isin(list(planned.carried.currency_columns))]
    rules, rows = planned.strategy.rules, list[tuple[str, str, object, str, str]]()
    for found in trade_levels(rules):
        rows.append((found.rule, "trade", nav_usd * (1.0 + found.at_frac), "USD", found.meaning))
    sides = planned.plan.sides()
    for leg, frac in leg_levels(rules):
        named = [(str(t), s, p) for t, s, p in _held(orders) if sides.get(str(t)) == leg]
        gross = sum(abs(s * p) for _, s, p in named)
        rows.append((f"{leg}_stop", f"{leg} leg", frac * nav_usd, "USD", f"P&L at which the {leg} leg alone is closed"))
        straight = gross > 0.0 and not any(sides.get(ticker) == leg for ticker in in_options)
        for ticker, shares, price in named if straight else []:
            level = price * (1.0 + frac * nav_usd / gross * (1.0 if shares > 0 else -1.0))
            if level > 0.0:
                rows.append((f"{leg}_stop", ticker, level, "price", "if its whole leg moves by the same fraction"))
    if rules.stop_loss is not None:
        for ticker, shares, price in _held(orders):
            level = price - rules.stop_loss * nav_usd / shares
            if level > 0.0:
                rows.append(("stop_loss", str(ticker), level, "price", "if it moves alone"))
    if planned.whole_life is not None:
        end = planned.run.sessions[-1]
        when = f"close, after {counted(planned.whole_life, 'session')}"
        rows.append(("planned end", "trade", f"{end:%Y-%m-%d}", "date", when))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _held(orders: pd.DataFrame) -> list[tuple[str, float, float]]:
    """Ticker, shares and reference price of what the trade then has."""
    kept = orders[orders["trade_shares"] != 0.0]
    shares, prices = kept["trade_shares"].tolist(), kept["reference_usd"].tolist()
    return list(zip(kept["ticker"].astype(str), shares, prices, strict=True))
