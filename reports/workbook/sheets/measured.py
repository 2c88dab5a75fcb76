"""Measures of returns as formulas over the sheet of returns, wherever that gives what the engine says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..grid import Grid
from ..values import KEY, NAME, VALUE
from .live import Live, Sheet, near, numbers, plain_name
from .returns import DRAWDOWN, GROWTH, Track

Floats = np.ndarray[Any, np.dtype[np.float64]]
UP, DOWN = 'SUMIF({r},">0")', 'SUMIF({r},"<0")'
WINS, LOSSES = 'COUNTIF({r},">1E-12")', 'COUNTIF({r},"<-1E-12")'
TAIL = "PERCENTILE({r},0.05)"


@dataclass(frozen=True, eq=False)
class Moves:
    """Returns r, how far below the high d, growth at the end g, how many make a year y and the riskless return f."""

    r: Floats
    d: Floats
    g: float
    y: float
    f: float

    @property
    def n(self) -> int:
        """How many."""
        return len(self.r)


# Name, formula, and the same of the numbers.
OF_RETURNS: tuple[tuple[str, str, Callable[[Moves], float]], ...] = (
    ("total_return", "{g}-1", lambda m: m.g - 1.0),
    ("cagr", "{g}^({y}/{n})-1", lambda m: m.g ** (m.y / m.n) - 1.0),
    ("expected_session", "{g}^(1/{n})-1", lambda m: m.g ** (1.0 / m.n) - 1.0),
    ("mean_annual", "AVERAGE({r})*{y}", lambda m: float(m.r.mean()) * m.y),
    ("volatility_annual", "STDEV({r})*SQRT({y})", lambda m: float(m.r.std(ddof=1)) * math.sqrt(m.y)),
    (
        "sharpe",
        "(AVERAGE({r})-{f})/STDEV({r})*SQRT({y})",
        lambda m: float((m.r.mean() - m.f) / m.r.std(ddof=1)) * math.sqrt(m.y),
    ),
    (
        "sortino",
        "(AVERAGE({r})-{f})/SQRT(SUMPRODUCT(({r}<{f})*({r}-{f})^2)/{n})*SQRT({y})",
        lambda m: float((m.r.mean() - m.f) / np.sqrt(np.mean(np.minimum(m.r - m.f, 0.0) ** 2))) * math.sqrt(m.y),
    ),
    ("max_drawdown", "MIN(0,{d})", lambda m: min(0.0, float(m.d.min()))),
    ("ulcer_index", "SQRT(SUMSQ({d})/{n})", lambda m: float(np.sqrt(np.mean(m.d**2)))),
    ("pain_index", "-AVERAGE({d})", lambda m: -float(m.d.mean())),
    (
        "omega",
        "SUMPRODUCT(({r}>{f})*({r}-{f}))/SUMPRODUCT(({r}<{f})*({f}-{r}))",
        lambda m: float(np.maximum(m.r - m.f, 0.0).sum() / np.maximum(m.f - m.r, 0.0).sum()),
    ),
    ("hit_rate", f"{WINS}/({WINS}+{LOSSES})", lambda m: float(np.mean(m.r[np.abs(m.r) > 1e-12] > 0.0))),
    ("exposure", f"({WINS}+{LOSSES})/{{n}}", lambda m: float(np.mean(np.abs(m.r) > 1e-12))),
    ("var_historical", f"-{TAIL}", lambda m: -float(np.quantile(m.r, 0.05))),
    (
        "es_historical",
        f"-SUMPRODUCT(({{r}}<={TAIL})*{{r}})/SUMPRODUCT(({{r}}<={TAIL})*1)",
        lambda m: -float(m.r[m.r <= np.quantile(m.r, 0.05)].mean()),
    ),
    (
        "tail_ratio",
        f"PERCENTILE({{r}},0.95)/-{TAIL}",
        lambda m: -float(np.quantile(m.r, 0.95) / np.quantile(m.r, 0.05)),
    ),
    (
        "skew",
        "SUMPRODUCT(({r}-AVERAGE({r}))^3)/{n}/STDEVP({r})^3",
        lambda m: float(np.mean((m.r - m.r.mean()) ** 3) / m.r.std() ** 3),
    ),
    (
        "excess_kurtosis",
        "SUMPRODUCT(({r}-AVERAGE({r}))^4)/{n}/STDEVP({r})^4-3",
        lambda m: float(np.mean((m.r - m.r.mean()) ** 4) / m.r.std() ** 4 - 3.0),
    ),
    ("best_session", "MAX({r})", lambda m: float(m.r.max())),
    ("worst_session", "MIN({r})", lambda m: float(m.r.min())),
    ("average_win", f'{UP}/COUNTIF({{r}},">0")', lambda m: float(m.r[m.r > 0.0].mean())),
    ("average_loss", f'{DOWN}/COUNTIF({{r}},"<0")', lambda m: float(m.r[m.r < 0.0].mean())),
    ("profit_factor", f"{UP}/-{DOWN}", lambda m: float(m.r[m.r > 0.0].sum() / -m.r[m.r < 0.0].sum())),
    ("gain_to_pain", f"SUM({{r}})/-{DOWN}", lambda m: float(m.r.sum() / -m.r[m.r < 0.0].sum())),
)
# What follows from other measures.
OF_MEASURES = (
    ("expected_month", "(1 + cagr) ** (1 / 12) - 1"),
    ("expected_year", "cagr"),
    ("calmar", "cagr / -max_drawdown"),
    ("recovery_factor", "total_return / -max_drawdown"),
    ("risk_adjusted_return", "cagr / exposure"),
    ("adjusted_sortino", "sortino / root(2)"),
    ("martin_ratio", "cagr / ulcer_index"),
    ("pain_ratio", "cagr / pain_index"),
    ("serenity", "cagr / (ulcer_index * cdar / volatility_annual)"),
    ("payoff_ratio", "-(average_win / average_loss)"),
    ("common_sense_ratio", "profit_factor * tail_ratio"),
    ("cpc_index", "profit_factor * hit_rate * payoff_ratio"),
    ("kelly", "hit_rate - (1 - hit_rate) / payoff_ratio"),
    ("r_squared", "correlation ** 2"),
)


def relate_returns(live: Live, returns: Grid, track: Track, names: list[str]) -> None:
    """Let measures of the returns be formulas over their sheet. names: what their columns there are called."""
    frame = track.returns
    for name in ("measures", "benchmark_measures", "runs", "figures", "own_figures"):
        sheet = live.get(name)
        if sheet is None:
            continue
        for j, head in enumerate(names):
            row = _row_of(sheet, str(frame.columns[j]), j, name)
            if row is not None:
                _measures(sheet, row, returns, head, _moves(frame.iloc[:, j], track))
        for target, expression in OF_MEASURES:
            live.rule(name, target, expression)
    if len(names) > 1:
        _beside(live, returns, frame, names)
    _periods(live, returns, frame, track, names)
    _quantiles(live, returns, frame, names)
    _leads(live)


def _moves(returns: pd.Series[Any], track: Track) -> Moves:
    from hedgebook.engine.risk.drawdowns import compounded, underwater

    values = returns.to_numpy(dtype=np.float64)
    levels = compounded(values)
    return Moves(values, underwater(levels)[1:], float(levels[-1]), track.per_year, track.riskless)


def _row_of(sheet: Sheet, name: str, column: int, table: str) -> int | None:
    """The row of a table of measures that is of a column of returns; -1 for a list, which is of one column alone."""
    if sheet.is_list:
        return -1 if column == (1 if table == "benchmark_measures" else 0) else None
    label_column = next((one for one in (NAME, "method") if one in sheet.frame.columns), None)
    if label_column is None:
        return None
    rows = [k for k, label in enumerate(sheet.frame[label_column]) if label == name]
    return rows[0] if len(rows) == 1 else None


def _measures(sheet: Sheet, row: int, returns: Grid, head: str, moves: Moves) -> None:
    spans = {
        "r": returns.span(head), "d": returns.span(f"{head} {DRAWDOWN}"),
        "g": returns.cell(f"{head} {GROWTH}", moves.n - 1), "n": str(moves.n), "y": f"{moves.y:.17g}",
        "f": f"{moves.f:.17g}",
    }  # fmt: skip
    labels = [plain_name(str(label)) for label in sheet.frame[NAME]] if sheet.is_list else []
    for name, text, answer in OF_RETURNS:
        column, at = (VALUE, labels.index(name) if name in labels else -1) if sheet.is_list else (name, row)
        if at < 0 or column not in sheet.frame.columns:
            continue
        there = float(numbers([sheet.frame[column].iloc[at]])[0])
        with np.errstate(all="ignore"):
            if math.isfinite(there) and near(answer(moves), there):
                sheet.put(column, at, text.format(**spans))


def _beside(live: Live, returns: Grid, frame: pd.DataFrame, names: list[str]) -> None:
    """Beta and correlation of a tear sheet with its benchmark, which is the last column."""
    sheet = live.get("measures")
    if sheet is None or not sheet.is_list or len(names) != 2:
        return
    mine, theirs = (frame.iloc[:, j].to_numpy(dtype=np.float64) for j in range(2))
    r, b = (returns.span(name) for name in names)
    spread = float(np.cov(mine, theirs, ddof=0)[0, 1])
    found = {
        "beta": (f"COVAR({r},{b})/VARP({b})", spread / float(theirs.var())),
        "correlation": (f"CORREL({r},{b})", spread / float(mine.std() * theirs.std())),
    }
    for k, label in enumerate(sheet.frame[NAME]):
        if label in found and near(found[label][1], float(numbers([sheet.frame[VALUE].iloc[k]])[0])):
            sheet.put(VALUE, k, found[label][0])


def _quantiles(live: Live, returns: Grid, frame: pd.DataFrame, names: list[str]) -> None:
    """Historical VaR and expected shortfall of one return, of a risk report."""
    sheet = live.get("var")
    if sheet is None or len(names) != 1 or not {"method", "confidence", "var_frac"} <= set(sheet.frame.columns):
        return
    r, values = returns.span(names[0]), frame.iloc[:, 0].to_numpy(dtype=np.float64)
    for k, row in enumerate(sheet.frame.to_dict("records")):
        if row["method"] != "historical":
            continue
        cut = float(np.quantile(values, 1.0 - row["confidence"]))
        quantile = f"PERCENTILE({r},1-{sheet.grid.here('confidence', k)})"
        if near(-cut, row["var_frac"]):
            sheet.put("var_frac", k, f"-{quantile}")
        if near(-float(values[values <= cut].mean()), row["es_frac"]):
            sheet.put("es_frac", k, f"-SUMPRODUCT(({r}<={quantile})*{r})/SUMPRODUCT(({r}<={quantile})*1)")


def _periods(live: Live, returns: Grid, frame: pd.DataFrame, track: Track, names: list[str]) -> None:
    """Returns of months, years and the latest periods: growth at the end over growth before it."""
    days = pd.DatetimeIndex(frame.index)
    for table, column in (("months", 0), ("years", 0), ("periods", 0), ("benchmark_periods", 1)):
        sheet = live.get(table)
        if sheet is None or not sheet.is_list or column >= len(names):
            continue
        head = f"{names[column]} {GROWTH}"
        levels = np.concatenate([[1.0], np.cumprod(1.0 + frame.iloc[:, column].to_numpy(dtype=np.float64))])
        for k, (label, value) in enumerate(zip(sheet.frame[NAME], sheet.frame[VALUE], strict=True)):
            there = float(numbers([value])[0])
            if not math.isfinite(there):
                continue
            inside = np.flatnonzero(days.strftime("%Y-%m" if "-" in str(label) else "%Y") == str(label))
            span = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else _stretch(levels, there, track.per_year)
            if span is not None:
                _period(sheet, k, there, _Stretch(returns, head, levels, span, track.per_year))


@dataclass(frozen=True, eq=False)
class _Stretch:
    returns: Grid
    head: str
    levels: Floats
    span: tuple[int, int]
    year: float

    def cell(self, place: int) -> str:
        """The level at a place, 0 being before the first return."""
        return self.returns.cell(self.head, place - 1) if place else "1"


def _stretch(levels: Floats, there: float, year: float) -> tuple[int, int] | None:
    """From where to the end a return is that of a period, or a year's part of it."""
    last = len(levels) - 1
    with np.errstate(all="ignore"):
        growth = levels[-1] / levels[:-1]
        plain = np.flatnonzero(np.isclose(growth - 1.0, there, rtol=1e-10, atol=0.0))
        counts = last - np.arange(last)
        annual = np.flatnonzero(np.isclose(growth ** (year / counts) - 1.0, there, rtol=1e-10, atol=0.0))
    found = [*plain.tolist(), *annual.tolist()]
    return (int(found[0]), last) if found else None


def _period(sheet: Sheet, row: int, there: float, one: _Stretch) -> None:
    first, stop = one.span
    growth = float(one.levels[stop] / one.levels[first])
    text = f"{one.cell(stop)}/{one.cell(first)}"
    if near(growth - 1.0, there):
        sheet.put(VALUE, row, f"{text}-1")
    elif math.isfinite(one.year) and near(growth ** (one.year / (stop - first)) - 1.0, there):
        sheet.put(VALUE, row, f"({text})^({one.year:.17g}/{stop - first})-1")


def _leads(live: Live) -> None:
    """How far the best of a measure is from the next, and each track from the first, of the sheet of measures."""
    measures, best, apart = live.get("measures"), live.get("best"), live.get("differences")
    if measures is None or measures.is_list or NAME not in measures.frame.columns:
        return
    names = [str(name) for name in measures.frame[NAME]]
    if len(set(names)) < len(names):
        return
    rows = {name: k for k, name in enumerate(names)}

    def difference(sheet: Sheet, column: str, row: int, measure: str, pair: tuple[int, int]) -> None:
        if measure not in measures.frame.columns:
            return
        one, other = (float(numbers([measures.frame[measure].iloc[k]])[0]) for k in pair)
        there = float(numbers([sheet.frame[column].iloc[row]])[0])
        cells = [measures.grid.cell(measure, k) for k in pair]
        if near(one - other, there):
            sheet.put(column, row, f"{cells[0]}-{cells[1]}")
        elif near(abs(one) - abs(other), there):
            sheet.put(column, row, f"ABS({cells[0]})-ABS({cells[1]})")

    if best is not None and {KEY, NAME, "next", "lead"} <= set(best.frame.columns):
        for k, row in enumerate(best.frame.to_dict("records")):
            if row["name"] in rows and row["next"] in rows:
                difference(best, "lead", k, str(row[KEY]), (rows[row["name"]], rows[row["next"]]))
    if apart is not None and {"name", "measure", "difference"} <= set(apart.frame.columns):
        for k, row in enumerate(apart.frame.to_dict("records")):
            if row["name"] in rows:
                difference(apart, "difference", k, str(row["measure"]), (rows[row["name"]], 0))
