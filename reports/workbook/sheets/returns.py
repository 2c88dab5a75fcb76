"""Returns by date with what follows from them: growth, drawdowns and ratios, all live formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import compounded, underwater

from ..book import Book, Kind
from ..grid import Column, Grid

NOTE = "Ratios are formulas over the sheet {}: change a return and they follow. Empty: not defined."
MOST_FORMULAS = 60_000
GROWTH, DRAWDOWN = "growth", "drawdown"
MEASURES = {"Total return": Kind.FRACTION, "Volatility a year": Kind.FRACTION, "Sharpe": Kind.RATIO,
            "Largest drawdown": Kind.FRACTION, "Best": Kind.FRACTION, "Worst": Kind.FRACTION}  # fmt: skip


@dataclass(frozen=True)
class Track:
    """Returns that a workbook calculates ratios of.

    returns: simple, by date and name, without NaN; per_year: how many make a year, NaN where they have no regular step;
    riskless: the rate from one to the next that the Sharpe ratio is in excess of, a fraction.
    """

    returns: pd.DataFrame
    per_year: float
    riskless: float = 0.0


@dataclass(frozen=True, eq=False)
class ReturnSheets:
    """What was written of returns: the sheet, what their columns are called, the sheets and what they show."""

    grid: Grid
    names: list[str]
    listed: list[tuple[str, str]]


def return_sheets(book: Book, track: Track) -> ReturnSheets | None:
    """Write returns by name as a sheet, and their ratios as others.

    None where there are more than can be live, or where everything was lost: no ratio of what follows is defined.
    """
    frame = _apart(track.returns)
    if not len(frame) or 2 * frame.size > MOST_FORMULAS or (frame <= -1.0).to_numpy().any():
        return None
    grid = _by_date(book, frame)
    listed = [(book.last, "Returns by date, growth of 1 and drawdown")]
    _ratios(book, frame, grid, track)
    listed.append((book.last, "Ratios of the returns, as live formulas"))
    if frame.shape[1] > 1 and len(frame) > 1:
        _correlation(book, frame, grid)
        listed.append((book.last, "Correlations of the returns, as live formulas"))
    return ReturnSheets(grid, list(frame.columns), listed)


def _apart(returns: pd.DataFrame) -> pd.DataFrame:
    """The same with numbers before names that would not be told apart as headings."""
    names = [str(name) for name in returns.columns]
    heads = [head.lower() for name in names for head in (name, f"{name} {GROWTH}", f"{name} {DRAWDOWN}")]
    if len({"date", "name", *heads}) < len(heads) + 2:
        names = [f"{k}: {name}" for k, name in enumerate(names, start=1)]
    return returns.set_axis(names, axis=1)


def _by_date(book: Book, frame: pd.DataFrame) -> Grid:
    names = list(frame.columns)
    heads = ["Date", *names, *(f"{name} {what}" for what in (GROWTH, DRAWDOWN) for name in names)]
    grid = Grid(book, "Returns", heads, len(frame))
    here = grid.here
    columns = [Column("Date", Kind.DAY, pd.DatetimeIndex(frame.index))]
    columns += [Column(name, Kind.FRACTION, frame.iloc[:, j]) for j, name in enumerate(names)]

    def grown(name: str) -> Any:
        first = f"1+{here(name, 0)}"
        return lambda k: f"{here(f'{name} {GROWTH}', k - 1)}*(1+{here(name, k)})" if k else first

    def below(name: str) -> Any:
        # The level before the first return is a high as any other.
        last = f"{name} {DRAWDOWN}"
        return lambda k: f"MIN(0,(1+{here(last, k - 1)})*(1+{here(name, k)})-1)" if k else f"MIN(0,{here(name, 0)})"

    levels = [compounded(frame.iloc[:, j].to_numpy(dtype=np.float64)) for j in range(len(names))]
    columns += [Column(f"{n} {GROWTH}", Kind.PRICE, levels[j][1:], grown(n)) for j, n in enumerate(names)]
    columns += [
        Column(f"{n} {DRAWDOWN}", Kind.FRACTION, underwater(levels[j])[1:], below(n)) for j, n in enumerate(names)
    ]
    grid.write("Returns by date", "Growth is of 1 before the first date; keep this order.", columns)
    return grid


def _ratios(book: Book, frame: pd.DataFrame, returns: Grid, track: Track) -> None:
    names, per_year = list(frame.columns), track.per_year
    grid = Grid(book, "Ratios", ["Name", *MEASURES, "Dates"], len(names))
    year, riskless = f"{per_year:.17g}", f"{track.riskless:.17g}"

    def over(write: Any) -> Any:
        return lambda k: write(returns.span(names[k]))

    def spread(span: str) -> str:
        return f"STDEV({span})*SQRT({year})"

    formulas = {
        "Total return": lambda k: f"{returns.cell(f'{names[k]} {GROWTH}', len(frame) - 1)}-1",
        "Volatility a year": over(spread),
        "Sharpe": over(lambda span: f'IF(STDEV({span})=0,"",(AVERAGE({span})-{riskless})/STDEV({span})*SQRT({year}))'),
        "Largest drawdown": lambda k: f"MIN(0,{returns.span(f'{names[k]} {DRAWDOWN}')})",
        "Best": over(lambda span: f"MAX({span})"),
        "Worst": over(lambda span: f"MIN({span})"),
        "Dates": over(lambda span: f"COUNT({span})"),
    }
    known = pd.DataFrame([_known(frame[name].to_numpy(dtype=np.float64), track) for name in names])
    annual = math.isfinite(per_year) and len(frame) > 1
    kinds = {**MEASURES, "Dates": Kind.COUNT}
    columns = [Column("Name", Kind.TEXT, names)]
    for head, kind in kinds.items():
        live = annual or head not in ("Volatility a year", "Sharpe")
        columns.append(Column(head, kind, known[head], formulas[head] if live else None))
    note = NOTE.format(returns.sheet.name)
    if annual:
        note += f" A year has {per_year:g} returns; the riskless rate is {track.riskless:g} from one to the next."
    grid.write("Ratios", note, columns)


def _known(values: np.ndarray[Any, np.dtype[np.float64]], track: Track) -> dict[str, float]:
    levels = compounded(values)
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    year = math.sqrt(track.per_year) if math.isfinite(track.per_year) else math.nan
    return {
        "Total return": float(levels[-1]) - 1.0,
        "Volatility a year": spread * year,
        "Sharpe": (float(values.mean()) - track.riskless) / spread * year if spread > 0.0 else math.nan,
        "Largest drawdown": float(underwater(levels).min()),
        "Best": float(values.max()),
        "Worst": float(values.min()),
        "Dates": float(len(values)),
    }


def _correlation(book: Book, frame: pd.DataFrame, returns: Grid) -> None:
    names = list(frame.columns)
    grid = Grid(book, "Correlations live", ["Name", *names], len(names))
    known = frame.corr().to_numpy()

    def formula(j: int) -> Any:
        other = returns.span(names[j])
        return lambda k: f"CORREL({returns.span(names[k])},{other})" if math.isfinite(known[k, j]) else ""

    columns = [Column("Name", Kind.TEXT, names)]
    columns += [Column(name, Kind.RATIO, known[:, j], formula(j)) for j, name in enumerate(names)]
    grid.write("Correlations", NOTE.format(returns.sheet.name), columns)
