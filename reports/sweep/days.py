"""The sessions of a sweep as an axis of a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.sweep.result import SweepResult

from ..page.axes import axis, even_ticks


def days_of(result: SweepResult) -> list[str]:
    """The sessions on which any set is on, as 2026-07-01."""
    return [str(day) for day in result.job.setting.market.sessions[result.calendar.rows]]


def day_axis(days: list[str]) -> dict[str, Any]:
    """An axis on which the closes of sessions stand at 1, 2 and so on, and the start at 0, with a few of them named."""
    last = len(days)
    ticks = even_ticks(last, first=1)
    named = [pd.Timestamp(days[k - 1]) for k in ticks]
    return axis(
        showgrid=False,
        range=[-0.02 * last, 1.02 * last],
        tickvals=ticks,
        ticktext=[f"{day.day} {day:%b<br>%Y}" for day in named],
        tickangle=0,
    )


def path_of(returns: NDArray[np.float64], days: list[str]) -> dict[str, Any]:
    """x, y and texts of a line: the return so far at the start and at each close."""
    levels = np.concatenate([[0.0], np.cumprod(1.0 + returns) - 1.0]).round(8)
    return {"x": list(range(len(levels))), "y": levels.tolist(), "text": ["start", *days]}
