"""The distribution of returns, and the moving figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.tearsheet.counting import floats
from hedgebook.strategies.tearsheet.sheet import BAND_CONFIDENCE, SheetTables

from ..page.axes import axis, dates_axis, title, zero_axis
from ..page.figure import BLUE, GREY, ORANGE, SLATE, Figure, layout, line_of
from ..page.numbers import count, number, percent
from .lines import band, line, rounded

MOST_BINS, ROOM_IN_QUARTILES = 90, 6.0


def distribution_figure(sheet: SheetTables) -> Figure | None:
    """How often returns of each size came, with the normal law of their mean and deviation, and the fitted t."""
    values = floats(sheet.returns)
    low, high = np.quantile(values, [0.25, 0.75])
    if len(values) < 20 or not high > low:
        return None
    middle, span = float(np.median(values)), float(high - low)
    left = max(float(values.min()), middle - ROOM_IN_QUARTILES * span)
    right = min(float(values.max()), middle + ROOM_IN_QUARTILES * span)
    # Freedman and Diaconis 1981.
    bins = int(np.clip(math.ceil((right - left) / (2.0 * span / len(values) ** (1.0 / 3.0))), 8, MOST_BINS))
    counts, edges = np.histogram(values, bins=bins, range=(left, right))
    width = float(edges[1] - edges[0])
    bars: dict[str, Any] = {
        "type": "bar",
        "name": "returns",
        "x": rounded((edges[1:] + edges[:-1]) / 2.0),
        "y": counts.tolist(),
        "width": [width] * bins,
        "marker": {"color": GREY},
        "hovertemplate": "%{x:.2%}: %{y}<extra></extra>",
    }
    grid = np.linspace(left, right, 161)
    scale = len(values) * width
    data = [bars, _law(grid, scale * _normal(grid, values), "normal", SLATE)]
    fit, told = sheet.student, ""
    if fit is not None:
        data.append(_law(grid, scale * _student(grid, fit.nu, fit.location, fit.scale), "Student t", ORANGE))
        told = f" and a Student t of the highest likelihood with {number(fit.nu, 1)} degrees of freedom"
    beyond = int(((values < left) | (values > right)).sum())
    rest = f" {count(beyond)} returns lie beyond the axis, {percent(values.min(), 1)} to {percent(values.max(), 1)}."
    return Figure(
        "returns",
        f"How many returns have each size, with the normal law of their mean and deviation{told}."
        + (rest if beyond else ""),
        tuple(data),
        layout(
            320,
            top=34,
            legend=True,
            bargap=0.05,
            xaxis=axis(tickformat=",~%", nticks=8, range=[left - width, right + width], showgrid=False),
            yaxis=axis(rangemode="tozero", nticks=6, tickformat=",~f"),
        ),
    )


def _law(grid: Floats, values: Floats, name: str, colour: str) -> dict[str, Any]:
    return line_of(rounded(grid), rounded(values), colour, name=name, hoverinfo="skip")


def _normal(grid: Floats, values: Floats) -> Floats:
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    return np.asarray(np.exp(-0.5 * ((grid - mean) / deviation) ** 2) / (deviation * math.sqrt(2.0 * math.pi)))


def _student(grid: Floats, nu: float, location: float, scale: float) -> Floats:
    constant = math.lgamma((nu + 1.0) / 2.0) - math.lgamma(nu / 2.0) - 0.5 * math.log(nu * math.pi) - math.log(scale)
    z = (grid - location) / scale
    return np.asarray(np.exp(constant - (nu + 1.0) / 2.0 * np.log1p(z * z / nu)))


SHOWN = (("sharpe", "Sharpe", ".2f", ",~f"), ("volatility_annual", "Volatility", ".1%", ",~%"))
AGAINST = ("beta", "Beta", ".2f", ",~f")
PANEL_PX = 160


def moving_figure(sheet: SheetTables) -> Figure | None:
    """Sharpe, volatility and beta of the last returns at each date, with their bands."""
    shown = [*SHOWN, *([AGAINST] if "beta" in sheet.rolling.columns else [])]
    shown = [one for one in shown if one[0] in sheet.rolling.columns and sheet.rolling[one[0]].notna().any()]
    if not shown:
        return None
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    step = 1.0 / len(shown)
    for k, (key, name, hover, form) in enumerate(shown):
        where = "y" if k == 0 else f"y{k + 1}"
        edges = pd.DataFrame({side: sheet.bands[(key, side)] for side in ("low", "high")}).dropna()
        data += band(edges, BLUE, where)
        data.append(line(sheet.rolling[key].dropna(), name, BLUE, hover, axis_of=where))
        top = 1.0 - k * step
        axes[f"yaxis{k + 1 if k else ''}"] = zero_axis(
            form, domain=[0.0 if k == len(shown) - 1 else top - step + 0.04, top], nticks=5, title=title(name)
        )
    against = f", beta to {sheet.benchmark.name}" if sheet.benchmark is not None and len(shown) > 2 else ""
    return Figure(
        "moving",
        f"Sharpe ratio and volatility a year{against}, each over the last {sheet.window} "
        f"{sheet.track.frequency.units}; shaded: the {BAND_CONFIDENCE:.0%} band of a stationary block "
        "bootstrap within each window.",
        tuple(data),
        layout(
            PANEL_PX * len(shown) + 60,
            right=16,
            xaxis=dates_axis(anchor="y" if len(shown) == 1 else f"y{len(shown)}"),
            **axes,
        ),
    )
