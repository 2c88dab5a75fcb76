"""Seeded simulations full of dirt, for the oracle and for whatever is held against it."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

from .simulator import NAN, OracleInput, OracleRow


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
