"""The tables of a comparison."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.engine.tearsheet.definitions import MEASURES
from hedgebook.strategies.tearsheet.compare import AGAINST, SHOWN, TESTED, ComparisonTables

from ..page.numbers import UNDEFINED, count, day, number
from ..page.section import MOST_CARDS
from ..page.table import Table, columns
from ..tearsheet.tables import riskless_note
from ..tearsheet.words import written

MARK = "* "
MOST_CORRELATED = 12
SHORT = {
    "total_return": "Return", "cagr": "CAGR", "volatility_annual": "Volatility", "max_drawdown": "Drawdown",
    "hit_rate": "Hit rate", "var_historical": "VaR 95%", "es_historical": "ES 95%", "skew": "Skew",
    "best_session": "Best", "worst_session": "Worst", "alpha_annual": "Alpha", "information_ratio": "Information",
}  # fmt: skip
CARDS = {
    "total_return": "Highest return", "sharpe": "Highest Sharpe", "max_drawdown": "Smallest drawdown",
    "volatility_annual": "Lowest volatility",
}  # fmt: skip
# In place of annual figures where there are fewer returns than these say anything of.
FEW_CARDS = {
    "total_return": "Highest return", "max_drawdown": "Smallest drawdown", "worst_session": "Smallest worst loss",
    "hit_rate": "Most winning",
}  # fmt: skip
CARD_LETTERS = 40
FIRST = ("total_return", "sharpe", "max_drawdown")
FEW_FIRST = ("total_return", "max_drawdown", "hit_rate")


def heading(key: str) -> str:
    """What stands above the column of a measure."""
    return SHORT.get(key, MEASURES[key].name)


def value_of(table: pd.DataFrame, name: str, key: str) -> float:
    """A number of a table."""
    return float(table[key].loc[name])


def is_short(found: ComparisonTables) -> bool:
    """Whether there are too few common dates for annual figures to say much."""
    return len(found.dates) < FEWEST_FOR_ANNUAL


def annual_note(found: ComparisonTables) -> str:
    """What annual figures of few dates are worth; empty where there are enough, or none is defined."""
    if not is_short(found) or not found.frequency.regular:
        return ""
    return f" Annual figures rest on {found.frequency.count(len(found.dates))}: they say little."


def annual_last(keys: list[str]) -> list[str]:
    """Measures with the annual ones behind the others."""
    return sorted(keys, key=lambda key: MEASURES[key].annual)


def measures_in_two(found: ComparisonTables) -> tuple[Table, ...]:
    """The measures as two tables: tails apart, or of few dates the annual figures."""
    table = measures_table(found)
    if not is_short(found):
        return in_two(table, "Calmar", "Gains, losses and tails")
    plain = [key for key in SHOWN if key in found.measures.columns and not MEASURES[key].annual]
    return in_two(table, heading(plain[-1]), f"Annual figures of {found.frequency.count(len(found.dates))}")


def measures_table(found: ComparisonTables) -> Table:
    """Measures on the common dates, the best marked where its lead exceeds its error; annual ones of few last."""
    keys = [key for key in (*SHOWN, *AGAINST) if key in found.measures.columns]
    few = is_short(found)
    keys = annual_last(keys) if few else keys
    marked = {key: one.name for key, one in found.best.items() if one.stands}
    if not len(found.dates):
        return Table("Side by side", columns("Name", *map(heading, keys)), ())
    rows = tuple(
        (str(name), *(_cell(key, row[key], marked.get(key) == name) for key in keys))
        for name, row in found.measures.iterrows()
    )
    note = (
        f"On {len(found.dates)} common dates, {day(found.dates[0])} to {day(found.dates[-1])}. {found.frequency.basis} "
        "*: the best, where its lead over the next is more than 1.96 standard errors of their difference; of CAGR, "
        "volatility, Sharpe, Sortino, drawdown, Calmar, Omega, hit rate and those against the benchmark; the others "
        f"are not tested. {riskless_note(found.riskless_annual)}{annual_note(found)}"
    )
    heads = columns("Name", *map(heading, keys), keep=tuple(heading(key) for key in (FEW_FIRST if few else FIRST)))
    return Table("Side by side", heads, rows, note, totals=0 if found.benchmark is None else 1)


def in_two(table: Table, after: str, title: str) -> tuple[Table, ...]:
    """A table with so many columns that it would not fit on a page as two; after: the last column of the first.

    title: of the second, which has the first column too.
    """
    names = [column.name for column in table.columns]
    cut = names.index(after) + 1 if after in names else len(names)
    if cut >= len(names) or not table.rows:
        return (table,)

    def part(picked: list[int], called: str, note: str) -> Table:
        rows = tuple(tuple(row[k] for k in picked) for row in table.rows)
        return replace(table, title=called, columns=tuple(table.columns[k] for k in picked), rows=rows, note=note)

    first, second = list(range(cut)), [0, *range(cut, len(names))]
    return part(first, table.title, table.note), part(second, title, "")


def cards_table(found: ComparisonTables) -> Table | None:
    """The best of the figures that most is asked of, each with whose it is; None without common dates."""
    rows = []
    for key, words in (FEW_CARDS if is_short(found) else CARDS).items():
        if key not in found.best:
            continue
        name = found.best[key].name
        value = written(key, value_of(found.measures, name, key))
        rows.append((f"{words}: {shortened(name)}", value))
    if 0 < len(rows) < MOST_CARDS:
        rows.append(("Dates in common", count(len(found.dates))))
    note = "Of the dates that all have; whether the best is better than the next stands below."
    return Table("Best", columns("Figure", "Value"), tuple(rows), note) if rows else None


def shortened(name: str) -> str:
    """A name as a card has room for it."""
    return name if len(name) <= CARD_LETTERS else name[: CARD_LETTERS - 1] + "\u2026"


def _cell(key: str, value: Any, best: bool) -> str:
    return (MARK if best else "") + written(key, float(value))


def own_table(found: ComparisonTables) -> Table:
    """The same of each on its own dates; no rows where all have the same."""
    heads = columns("Name", "Dates", "From", "To", *map(heading, SHOWN))
    if all(len(track.returns) == len(found.dates) for track in found.tracks):
        return Table("Each on its own dates", heads, ())
    rows = tuple(
        (
            track.name, number(len(track.returns), 0), day(track.returns.index[0]), day(track.returns.index[-1]),
            *(written(key, value_of(found.own, track.name, key)) for key in SHOWN),
        )
        for track in found.tracks
    )  # fmt: skip
    note = "Of other times and lengths: not to be read against each other. Annual figures by how often each comes."
    if any(len(track.returns) < FEWEST_FOR_ANNUAL for track in found.tracks):
        note += f" Those of fewer than {FEWEST_FOR_ANNUAL} dates say little."
    return Table("Each on its own dates", heads, rows, note)


def best_table(found: ComparisonTables) -> Table:
    """Of each measure the best and the next, and whether the difference is more than its error."""
    rows = tuple(
        (
            MEASURES[key].named(found.frequency.unit), one.name, written(key, value_of(found.measures, one.name, key)),
            one.next, written(key, value_of(found.measures, one.next, key)), written(key, abs(one.lead)),
            written(key, one.stderr), "yes" if one.stands else "no",
        )
        for key, one in found.best.items()
    )  # fmt: skip
    note = (
        f"±: deviation of the difference over {found.draws:,} draws of a paired stationary block bootstrap: each draw "
        f"takes the same dates of all (blocks of {number(found.block_length, 1)} on average, seed {found.seed}). The "
        f"best of {len(found.tracks)} was picked after looking: the more there are, the more its lead flatters."
        + annual_note(found)
    )
    names = ("Measure", "Best", "Value", "Next", "Its value", "Lead", "±", "More than 1.96 ±")
    return Table("Is the best better than the next?", _columns(names, {"Measure", "Best", "Next"}), rows, note)


def _columns(names: tuple[str, ...], left: set[str]) -> tuple[Any, ...]:
    from ..page.table import Column

    return tuple(Column(name, right=name not in left) for name in names)


def differences_table(found: ComparisonTables) -> Table:
    """Each less the reference, with errors."""
    table = found.differences
    shown = list(dict.fromkeys(table.index.get_level_values(0))) if len(table) else []
    rows = tuple(
        (
            str(name),
            *(_difference(key, table.loc[(name, key)]) for key in TESTED),
            number(float(table.loc[(name, "sharpe"), "p_value"]), 3),
        )
        for name in shown
    )
    note = (
        f"Less {found.reference}, ± one standard error of the paired draws; p: of no difference in Sharpe ratio, by "
        f"the normal law. Of twenty that do not differ one has a p below 0.05.{annual_note(found)}"
    )
    names = ("Name", *(heading(key) for key in TESTED), "p, Sharpe")
    return Table(f"Difference to {found.reference}", columns(*names), rows, note)


def _difference(key: str, row: pd.Series[float]) -> str:
    if not math.isfinite(row["difference"]):
        return UNDEFINED
    error = written(key, float(row["stderr"]))
    return f"{written(key, float(row['difference']))} ± {error}"


def parameters_table(found: ComparisonTables) -> Table:
    """What differs in the parameters of the runs."""
    table = found.parameters
    rows = tuple(
        (str(name), *(_parameter(value) for value in row))
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    )
    left = len(table.columns) + 1
    return Table(
        "What differs in their parameters", columns("Name", *map(str, table.columns), left=left),
        rows if len(table.columns) else (),
    )  # fmt: skip


def _parameter(value: Any) -> str:
    if value is None:
        return UNDEFINED
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_parameter(part)}" for name, part in value.items())
    return ", ".join(map(_parameter, value)) if isinstance(value, list | tuple) else str(value)


def correlation_table(found: ComparisonTables) -> Table:
    """Correlations as numbers, of few; the figure shows those of many."""
    names = [str(name) for name in found.correlation.columns]
    if len(names) > MOST_CORRELATED:
        return Table("Correlation", columns("Name"), ())
    values = found.correlation.to_numpy()
    rows = tuple((name, *(number(float(x)) for x in row)) for name, row in zip(names, values, strict=True))
    note = f"Of the returns of each pair on the dates that both have; {UNDEFINED}: fewer than 8, or one does not move."
    return Table("Correlation", columns("Name", *names), rows, note)
