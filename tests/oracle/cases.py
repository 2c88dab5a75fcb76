"""Seeded simulations full of dirt, for the oracle and for whatever is held against it."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from .inputs import NO_LEG
from .simulator import (
    NAN,
    Action,
    OracleInput,
    OracleLimits,
    OracleMargin,
    OracleRow,
    OracleRules,
    OracleShorting,
    Reason,
)

Cell = TypeVar("Cell")


def dirty_case(seed: int) -> OracleInput:
    """Sixty sessions of five tickers: one lists late, one stops, an eighth of all marks has no price."""
    draw = random.Random(seed)
    sessions, tickers = 60, 5
    day = date(2026, 1, 5)
    dates: list[date] = []
    while len(dates) < sessions:
        if day.weekday() < 5 and draw.random() < 0.97:
            dates.append(day)
        day += timedelta(days=1)
    marks: list[list[float]] = []
    levels = [draw.uniform(5.0, 300.0) for _ in range(tickers)]
    for step in range(2 * sessions):
        levels = [level * math.exp(draw.gauss(0.0, 0.03)) for level in levels]
        line = [NAN if draw.random() < 0.12 else level for level in levels]
        line[0] = NAN if step < 30 else line[0]
        line[1] = NAN if step > 80 else line[1]
        marks.append(line)
    rows = []
    for step in range(2 * sessions):
        if draw.random() < 0.33:
            choices = [draw.choice([0.0, NAN, draw.uniform(-0.6, 0.6)]) for _ in range(tickers)]
            rows.append(OracleRow(step // 2, step % 2, choices, draw.choice([0.5, 1.0, 1.5])))
    return OracleInput(
        opens=marks[0::2],
        closes=marks[1::2],
        dates=dates,
        rows=rows,
        half_spread=[draw.uniform(0.0, 0.002) for _ in range(tickers)],
        slippage=[draw.uniform(0.0, 0.001) for _ in range(tickers)],
        impact_coef=[[draw.uniform(0.0, 1e-6) for _ in range(tickers)] for _ in range(sessions)],
        borrow=[[draw.uniform(0.0, 0.5) for _ in range(tickers)] for _ in range(sessions)],
        commission=0.0005,
        cash_rate=0.04,
        margin_rate=0.07,
        max_stale=4,
        capital=1e6,
    )


def ruled_case(seed: int) -> OracleInput:
    """A dirty case with a random choice of every rule, limit and bar, set so that they fire often."""
    draw = random.Random(f"rules {seed}")
    case = dirty_case(seed)
    size = draw.choice([1.0, 1.0, 1.5, 2.5, 6.0])
    if draw.random() < 0.8:
        case = dataclasses.replace(case, rows=_episodes(draw, len(case.dates), size))
    case = _wilder(draw, case)
    return dataclasses.replace(
        case, limits=_limits(draw, case), shorting=_shorting(draw, case), margin=_margin(draw), rules=_rules(draw, case)
    )


def _episodes(draw: random.Random, sessions: int, size: float) -> list[OracleRow]:
    """Entry rows, often with an exit row some sessions later, sometimes with another entry on top."""
    rows, step = [], draw.randrange(8)
    while step < 2 * sessions:
        long_leg = [draw.uniform(0.05, 0.5) * size for _ in range(3)]
        weights = [*long_leg[:2], -long_leg[2], *(-draw.uniform(0.05, 0.5) * size for _ in range(2))]
        line = [draw.choice([0.0, NAN]) if draw.random() < 0.2 else weight for weight in weights]
        rows.append(OracleRow(step // 2, step % 2, line, draw.choice([0.5, 1.0])))
        step += draw.randrange(4, 40)
        if draw.random() < 0.6:
            leave = [NAN if draw.random() < 0.1 else 0.0 for _ in range(5)]
            rows.append(OracleRow(step // 2, step % 2, leave))
            step += draw.randrange(1, 8)
    return [row for row in rows if row.session < sessions]


def _wilder(draw: random.Random, case: OracleInput) -> OracleInput:
    """Now and then a ticker of a few dollars, a thin market, or dear stock loans."""
    if draw.random() < 0.5:
        cheap = draw.randrange(5)
        factor = draw.uniform(1.0, 8.0) / 150.0
        opens, closes = (
            [[price * factor if i == cheap else price for i, price in enumerate(line)] for line in table]
            for table in (case.opens, case.closes)
        )
        case = dataclasses.replace(case, opens=opens, closes=closes)
    if draw.random() < 0.3:
        thin = _table(case, lambda: 3e-3 if draw.random() < 0.05 else draw.uniform(0.0, 2e-6))
        case = dataclasses.replace(case, impact_coef=thin)
    if draw.random() < 0.3:
        case = dataclasses.replace(case, borrow=_table(case, lambda: draw.uniform(0.0, 4.0)))
    return case


def _limits(draw: random.Random, case: OracleInput) -> OracleLimits:
    def cap() -> float:
        return draw.choice([0.0, math.inf, *(draw.uniform(1e3, 4e5) for _ in range(4))])

    return OracleLimits(
        lot=draw.randrange(2),
        min_order_usd=_maybe(draw, 1e3, 4e4, off=0.0),
        min_commission_usd=_maybe(draw, 1.0, 500.0, off=0.0),
        cap=_table(case, cap) if draw.random() < 0.5 else None,
        recovery=[draw.choice([0.0, 0.4, 1.0, NAN]) for _ in range(5)] if draw.random() < 0.6 else None,
        delisted=[draw.choice([None, draw.randrange(60)]) for _ in range(5)] if draw.random() < 0.5 else None,
    )


def _shorting(draw: random.Random, case: OracleInput) -> OracleShorting:
    def bar() -> int:
        return draw.choices([0, int(Reason.NO_LOCATE), int(Reason.RULE_201)], [0.6, 0.15, 0.25])[0]

    def recall() -> bool:
        return draw.random() < 0.05

    barred = [_table(case, bar), _table(case, bar)] if draw.random() < 0.5 else None
    return OracleShorting(
        barred=barred, defer_201=draw.random() < 0.5, recall=_table(case, recall) if draw.random() < 0.5 else None
    )


def _margin(draw: random.Random) -> OracleMargin:
    """Maintenance not far below initial, so that calls come soon."""
    action = draw.choice([Action.OFF, *Action])
    house = [draw.uniform(1.0, 1.5) for _ in range(5)] if draw.random() < 0.5 else None
    if draw.random() < 0.4:
        return OracleMargin(action=action, house=house)
    return OracleMargin(
        action=action,
        house=house,
        initial_long=draw.uniform(0.3, 0.5),
        initial_short=draw.uniform(0.3, 0.5),
        maint_long=draw.uniform(0.25, 0.4),
        maint_short=draw.uniform(0.25, 0.4),
        short_floor=draw.uniform(2.0, 8.0),
        low_price=draw.uniform(3.0, 10.0),
        low_frac=draw.uniform(0.5, 1.0),
        low_floor=draw.uniform(1.0, 4.0),
    )


def _rules(draw: random.Random, case: OracleInput) -> OracleRules:
    sessions = len(case.dates)

    def vol() -> float:
        return draw.choice([NAN, 0.0, *(draw.uniform(0.1, 0.9) for _ in range(8))])

    return OracleRules(
        stop_loss=_maybe(draw, 0.05, 0.4),
        take_profit=_maybe(draw, 0.05, 0.4),
        trailing_stop=_maybe(draw, 0.05, 0.4),
        leg_stop=(_maybe(draw, 0.03, 0.2), _maybe(draw, 0.03, 0.2)),
        max_hold=draw.randrange(2, 15) if draw.random() < 0.5 else 0,
        band=_maybe(draw, 0.05, 0.5),
        target_vol=_maybe(draw, 0.1, 0.6),
        max_scale=draw.uniform(0.8, 2.0),
        derisk_drawdown=_maybe(draw, 0.02, 0.15),
        derisk_to=draw.choice([0.0, draw.uniform(0.2, 0.8), draw.uniform(0.2, 0.8)]),
        rebalance=[draw.random() < 0.15 for _ in range(sessions)] if draw.random() < 0.5 else None,
        leg=[0, 0, 1, 1, draw.choice([1, NO_LEG])] if draw.random() < 0.7 else None,
        vol=[[vol() for _ in range(sessions + 1)] for _ in case.rows],
    )


def _maybe(draw: random.Random, low: float, high: float, *, off: float = NAN) -> float:
    """Half of the time off, otherwise anything between low and high."""
    return draw.uniform(low, high) if draw.random() < 0.5 else off


def _table(case: OracleInput, cell: Callable[[], Cell]) -> list[list[Cell]]:
    """A cell for every session and ticker."""
    return [[cell() for _ in case.half_spread] for _ in case.dates]
