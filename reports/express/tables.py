"""The tables of one view in every instrument."""

from __future__ import annotations

import math

from hedgebook.strategies.express.result import Expressed, Expression
from hedgebook.strategies.express.structures import BY_NAME

from ..page.numbers import UNDEFINED, count, number, percent, setting
from ..page.table import Column, Table, columns
from .swept import best_sets

EQUAL_WORDS = {"delta": "delta", "premium": "premium", "var": "VaR", "shares": "shares"}


def figure_of(one: Expression, name: str) -> float:
    """A figure of an expression."""
    return float(one.figures[name])


def is_equal(found: Expressed, one: Expression) -> bool:
    """Whether an expression was made equal in what was asked for; the leg in shares is what all are held against."""
    return not one.structure.options or (one.equal == found.asked.equal and bool(one.positions))


def compared_table(found: Expressed) -> Table:
    """What each earned, and what it loses where nothing happens or prices gap."""
    rows = []
    for one in found.expressions:
        rows.append(
            (
                one.structure.title,
                one.structure.leg,
                *(count(figure_of(one, n)) for n in ("pnl_usd", "trade_pnl_usd", "nothing_usd", "against_usd")),
                *(count(figure_of(one, n)) for n in ("gain_usd", "cost_usd", "drawdown_usd")),
            )
        )
    asked = found.asked
    names = (
        Column("Expression", right=False, rank=-1), Column("Leg", right=False, rank=3), Column("P&L"),
        Column("Whole trade", rank=1), Column("If nothing"), Column("Gap against"), Column("Gap for", rank=2),
        Column("Costs", rank=1), Column("Drawdown", rank=3),
    )  # fmt: skip
    note = (
        f"USD from {found.entry} ({found.entry_mark}) to the close of {found.exit_session}. P&L: of the leg that the "
        "expression stands for. Whole trade: with the other leg in shares. If nothing: no price moves until the "
        f"exit and volatilities fall by {setting(asked.vol_fall_frac)} of themselves. Gap: all prices of the leg move "
        f"by {setting(asked.gap_frac)} at once, volatilities standing still."
    )
    return Table("Side by side", names, tuple(rows), note)


def sizes_table(found: Expressed) -> Table:
    """How large each is."""
    rows = []
    for one in found.expressions:
        figures = ("contracts", "premium_usd", "delta_usd", "gamma_usd", "vega_usd", "theta_usd", "var_usd", "es_usd")
        rows.append(
            (
                one.structure.title,
                EQUAL_WORDS[one.equal] if one.structure.options else "shares",
                *(count(figure_of(one, n)) for n in figures),
            )
        )
    names = (
        Column("Expression", right=False, rank=-1), Column("Equal in", right=False, rank=1),
        Column("Contracts", rank=1), Column("Premium"), Column("Delta"), Column("Gamma", rank=3),
        Column("Vega", rank=1),
        Column("Theta", rank=2), Column("VaR"), Column("ES", rank=3),
    )  # fmt: skip
    note = (
        "At the entry, USD. Premium: of the options at mid; below zero is received. Delta: gain where all prices of "
        "the leg double, by their slope. Gamma: change of delta for a rise of 1%. Vega: for one point of volatility. "
        f"Theta: a day. VaR and ES {setting(found.asked.confidence)}: one session, every option revalued on each of "
        f"the last {found.asked.lookback} sessions' moves before the news."
    )
    return Table(f"Sizes, equal in {EQUAL_WORDS[found.asked.equal]}", names, tuple(rows), note)


def expiry_table(found: Expressed) -> Table:
    """What each pays at expiry after some moves of all prices of its leg."""
    wanted = (-0.4, -0.2, 0.0, 0.2, 0.4)
    places = [int(abs(found.moves - move).argmin()) for move in wanted]
    rows = tuple((one.structure.title, *(count(float(one.at_expiry[k])) for k in places)) for one in found.expressions)
    heads = tuple(
        Column(("+" if move > 0 else "") + percent(move, 0), rank=1 if abs(move) > 0.3 else 0) for move in wanted
    )
    note = "P&L of the leg at expiry by the move of all its prices, USD, after costs of the entry, before borrow."
    return Table("At expiry", (Column("Expression", right=False, rank=-1), *heads), rows, note)


def explained_table(found: Expressed) -> Table:
    """P&L by cause."""
    causes = tuple(found.expressions[0].explained)
    rows = tuple(
        (
            one.structure.title,
            *(count(float(one.explained[cause])) for cause in causes),
            count(figure_of(one, "pnl_usd")),
        )
        for one in found.expressions
    )
    heads = (
        Column("Expression", right=False, rank=-1),
        *(Column(cause.capitalize(), rank=1 if "commission" in cause or "costs" in cause else 0) for cause in causes),
        Column("P&L", rank=-1),
    )
    note = "USD; each line adds up. Options: change of their mid prices. Borrow of options is in their prices."
    return Table("P&L by cause", heads, rows, note)


def borrow_table(found: Expressed) -> Table:
    """What each expression of the short leg earns at other borrow fees."""
    cases = found.borrow
    heads = ["By costs" if one.by_costs else f"Borrow {setting(next(iter(one.fees_annual.values())))}" for one in cases]
    rows = tuple(
        (one.structure.title, *(count(case.pnl_usd[one.name]) for case in cases))
        for one in found.expressions
        if cases and one.name in cases[0].pnl_usd
    )
    usual = next((one.fees_annual for one in cases if one.by_costs), {})
    by_costs = ", ".join(f"{ticker} {setting(fee)}" for ticker, fee in usual.items())
    note = (
        f"P&L of the leg, USD, at a borrow fee of all its names a year; by costs it is {by_costs} at the entry. Each "
        "position stands as it is. Who is short pays the fee; modelled puts and calls are priced with it, at the entry "
        "and at each close."
    )
    if found.chain is not None:
        note += " Quotes of the chain stand as they are: what they imply of borrow is in them."
    return Table("P&L by borrow fee", columns("Expression", *heads), rows, note)


def positions_table(found: Expressed) -> Table:
    """What each holds."""
    rows = []
    for one in found.expressions:
        for ticker, shares in one.shares.items():
            rows.append((one.structure.title, ticker, "shares", UNDEFINED, UNDEFINED, number(shares, 0)))
        for contract, size in one.positions.items():
            rows.append(
                (
                    one.structure.title, contract.ticker, contract.right, f"{contract.expiry:%Y-%m-%d}",
                    f"{contract.strike:,.10g}", number(size, 0),
                )
            )  # fmt: skip
    names = (
        Column("Expression", right=False, rank=-1), Column("Ticker", right=False), Column("What", right=False),
        Column("Expiry", right=False), Column("Strike"), Column("Size"),
    )  # fmt: skip
    return Table("Positions", names, tuple(rows), "Contracts of 100 shares, or shares; below zero is sold.")


def cards(found: Expressed) -> Table:
    """The figures that a reader asks for first."""
    rows = []
    for name in ("short-stock", "long-put", "put-spread", "long-stock", "long-call", "collar"):
        one = found.of(name)
        if one is not None:
            rows.append((f"{one.structure.title}, P&L", f"{count(figure_of(one, 'pnl_usd'))} USD"))
    best = [] if found.swept is None else best_sets(found.swept, 1)
    if best:
        title = BY_NAME[str(best[0]["structure"])].title
        rows.append((f"Best set, {title.lower()}, P&L", f"{count(best[0]['pnl_usd'])} USD"))
    if found.swept is not None and math.isfinite(found.swept.spa_p):
        rows.append(("Best set by luck, p", number(found.swept.spa_p, 3)))
    return Table("Headline figures", columns("Figure", "Value"), tuple(rows))
