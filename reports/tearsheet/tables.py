"""The tables of a tear sheet."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.engine.tearsheet.counting import runs
from hedgebook.engine.tearsheet.definitions import GROUPS, MEASURES, PERIODS, PERIODS_DEFINITION
from hedgebook.strategies.tearsheet.sheet import SheetTables

from ..page.numbers import UNDEFINED, count, day, percent
from ..page.table import Table, columns
from .words import written

MOST_SHOWN, WORST = 5, 10
CARDS = ("total_return", "cagr", "sharpe", "max_drawdown")
# In place of annual figures where there are fewer returns than these say anything of.
FEW_CARDS = ("total_return", "hit_rate", "worst_session", "max_drawdown")


def cards_table(sheet: SheetTables) -> Table:
    """The figures that are shown large."""
    unit = sheet.track.frequency.unit
    wanted = CARDS if len(sheet.returns) >= FEWEST_FOR_ANNUAL else FEW_CARDS
    shown = [name for name in wanted if math.isfinite(sheet.measures[name].value)]
    rows = tuple((MEASURES[name].named(unit), _one(sheet, name)) for name in shown)
    note = sheet.track.frequency.basis
    note += " ±: one standard error." if "sharpe" in shown else ""
    return Table("Figures", columns("Figure", "Value"), rows, note)


def _one(sheet: SheetTables, name: str) -> str:
    found = sheet.measures[name]
    text = written(name, found.value)
    return f"{text} ± {written(name, found.stderr)}" if name == "sharpe" and math.isfinite(found.stderr) else text


def measures_tables(sheet: SheetTables) -> tuple[Table, ...]:
    """Every measure with its standard error beside the benchmark's, a table a group."""
    theirs, unit = sheet.benchmark_measures, sheet.track.frequency.unit
    other = "" if sheet.benchmark is None else str(sheet.benchmark.name)
    tables = []
    for group in GROUPS:
        names = [name for name, one in MEASURES.items() if one.group == group]
        if MEASURES[names[0]].benchmark and sheet.benchmark is None:
            continue
        beside = bool(theirs) and not MEASURES[names[0]].benchmark
        rows = tuple(
            (
                MEASURES[name].named(unit),
                written(name, sheet.measures[name].value),
                "" if math.isnan(sheet.measures[name].stderr) else written(name, sheet.measures[name].stderr),
                *((written(name, theirs[name].value),) if beside else ()),
            )
            for name in names
        )
        heads = columns("Measure", sheet.name, "±", *((other,) if beside else ()), keep=(sheet.name,))
        tables.append(Table(group, heads, rows, _why_not(sheet, names)))
    return tuple(tables)


def _why_not(sheet: SheetTables, names: list[str]) -> str:
    """Which measures are undefined and why, those of one reason together."""
    unit, reasons = sheet.track.frequency.unit, dict[str, list[str]]()
    for name in names:
        if sheet.measures[name].reason:
            reasons.setdefault(sheet.measures[name].reason, []).append(MEASURES[name].named(unit))
    if not reasons:
        return ""
    if len(reasons) == 1 and len(next(iter(reasons.values()))) == len(names):
        return f"Undefined: {next(iter(reasons))}."
    return "Undefined: " + "; ".join(f"{', '.join(who)} ({why})" for why, who in reasons.items()) + "."


def errors_note(sheet: SheetTables) -> str:
    """How standard errors and the benchmark's column are made."""
    text = (
        "±: one standard error: of the Sharpe ratio Lo's formula for independent returns, of the others the deviation "
        "over 1,000 draws of a stationary block bootstrap."
    )
    text += f" {riskless_note(sheet.track.riskless_annual if sheet.track.frequency.regular else 0.0)}"
    count = len(sheet.returns)
    if count < FEWEST_FOR_ANNUAL and sheet.track.frequency.regular:
        text += f" Annual figures rest on {sheet.track.frequency.count(count)}: they say little."
    if sheet.benchmark is None:
        return text
    both, all_dates = len(sheet.common), len(sheet.returns)
    share = "" if both == all_dates else f" Its column and the measures against it rest on {both} of {all_dates} dates."
    return f"{text} Benchmark: {sheet.benchmark.name}.{share}"


def riskless_note(rate_annual: float) -> str:
    """What the riskless rate is, and which measures it is taken off."""
    if not rate_annual:
        return "Riskless rate: zero."
    return f"In excess of a riskless rate of {percent(rate_annual)} a year: Sharpe, Sortino, alpha, Treynor."


def periods_table(sheet: SheetTables) -> Table:
    """Returns up to the last date, from the month to date to all."""
    theirs = sheet.benchmark_periods
    rows = tuple(
        (
            PERIODS[name],
            percent(value),
            *((percent(theirs[name][0]), percent(value - theirs[name][0])) if theirs else ()),
        )
        for name, (value, _) in sheet.periods.items()
    )
    other = () if sheet.benchmark is None else (str(sheet.benchmark.name), "Difference")
    last = sheet.returns.index[-1]
    note = f"Up to {last:%Y-%m-%d}; three years and more, and all, as a yearly rate."
    reasons = {why for _, why in sheet.periods.values() if why}
    if reasons:
        note += f" {UNDEFINED}: {'; '.join(sorted(reasons))}."
    return Table("Returns by period", columns("Period", sheet.name, *other), rows, note)


def drawdowns_table(sheet: SheetTables) -> Table:
    """The deepest drawdowns, numbered as in the figure."""
    unit = sheet.track.frequency.units
    rows = tuple(
        (
            str(k), percent(r["depth"]), day(r["peak"]), day(r["valley"]), day(r["recovery"]),
            count(r["sessions_to_valley"]), count(r["sessions_to_recovery"]), count(r["calendar_days"]),
        )
        for k, r in enumerate(sheet.drawdowns.head(WORST).to_dict("records"), start=1)
    )  # fmt: skip
    note = (
        f"{UNDEFINED} in recovery: not yet. To valley and recovery: {unit} from the peak. Days: calendar days from the "
    )
    note += "peak to the recovery, or to the last date."
    names = ("No.", "Depth", "Peak", "Valley", "Recovery", "To valley", "To recovery", "Days")
    return Table("Worst drawdowns", columns(*names, left=0, keep=("Depth",)), rows, note)


def extremes_table(sheet: SheetTables) -> Table:
    """The best and the worst returns, and months."""
    unit = sheet.track.frequency.unit
    parts = {f"Best {unit}s": (sheet.returns, False), f"Worst {unit}s": (sheet.returns, True)}
    if 2 <= len(sheet.months) < len(sheet.returns):
        parts |= {"Best months": (sheet.months, False), "Worst months": (sheet.months, True)}
    cells = {name: _extremes(values, ascending) for name, (values, ascending) in parts.items()}
    rows = tuple(
        (str(k + 1), *(column[k] if k < len(column) else "" for column in cells.values()))
        for k in range(min(MOST_SHOWN, max(len(column) for column in cells.values())))
    )
    return Table("Best and worst", columns("No.", *cells), rows)


def _extremes(values: pd.Series[float], ascending: bool) -> list[str]:
    found = values.sort_values(ascending=ascending, kind="stable").head(MOST_SHOWN)
    return [f"{percent(x)} ({p if isinstance(p, pd.Period) else day(p)})" for p, x in found.items()]


def streaks_table(sheet: SheetTables) -> Table:
    """The longest stretches of gains and of losses in a row, and what they made."""
    values = sheet.returns.to_numpy(dtype=np.float64)
    index = sheet.returns.index
    rows = []
    for name, flags in (("Gains", values > 1e-12), ("Losses", values < -1e-12)):
        found = sorted(runs(flags), key=lambda span: (span[0] - span[1], span[0]))[:3]
        for start, stop in found:
            made = float(np.prod(1.0 + values[start:stop]) - 1.0)
            rows.append((name, count(stop - start), day(index[start]), day(index[stop - 1]), percent(made)))
    unit = sheet.track.frequency.units
    note = f"The three longest of each; a return of zero ends both. Length in {unit}."
    return Table("Streaks", columns("In a row", "Length", "From", "To", "Return"), tuple(rows), note)


def moving_table(sheet: SheetTables) -> Table:
    """The last moving figures with their bands."""
    if sheet.rolling.empty:
        return Table("Moving figures", columns("Figure", "Last", "Low", "High"), ())
    shown = {"sharpe": "Sharpe", "volatility_annual": "Volatility", "beta": "Beta"}
    rows = []
    for key, name in shown.items():
        if key not in sheet.rolling.columns or not sheet.rolling[key].notna().any():
            continue
        last, edges = sheet.rolling[key].dropna().iloc[-1], sheet.bands[key].dropna()
        low, high = (edges[side].iloc[-1] if len(edges) else math.nan for side in ("low", "high"))
        form = "volatility_annual" if key == "volatility_annual" else "sharpe"
        rows.append((name, written(form, last), written(form, low), written(form, high)))
    note = f"Over the last {sheet.window} {sheet.track.frequency.units}, with the 90% band of the figure above."
    note += f" {riskless_note(sheet.track.riskless_annual)}" if sheet.track.riskless else ""
    return Table("Moving figures", columns("Figure", "Last", "Low", "High"), tuple(rows), note)


def definitions_table(sheet: SheetTables) -> Table:
    """Each measure with its definition, the source of its formula, and how other packages have it."""
    unit = sheet.track.frequency.unit
    rows = tuple(
        (one.named(unit), one.text.format(unit=unit), one.source, one.differs)
        for one in (*MEASURES.values(), PERIODS_DEFINITION)
        if sheet.benchmark is not None or not one.benchmark
    )
    return Table("Definitions", columns("Measure", "Definition", "Formula and source", "Elsewhere", left=4), rows)
