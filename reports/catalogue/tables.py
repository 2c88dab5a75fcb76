"""The catalogue's results, for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..page.json import SIMULATED_NOTE, plain
from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Table, columns
from ..page.undefined import reasoned

if TYPE_CHECKING:
    from hedgebook.strategies.catalogue.results import CatalogueRuns
    from hedgebook.strategies.strategy.described import ParameterText

NOTE = (
    "Held: sessions. Needed: sum of the returns over cash that so many sessions of its volatility would have to show "
    "to be told from luck among all (5%). p: of its mean return over cash, two-sided, raised for the "
    "number of trades (Holm)."
)


def results_table(found: CatalogueRuns) -> Table:
    """A row a trade in the order of the catalogue; what could not run has dashes."""
    names = ("Return", "Sharpe", "Drawdown", "Held", "Needed", "p")
    rows = tuple(_row(str(name), row) for name, row in found.table.iterrows())
    return Table("Trades side by side", columns("Trade", *names), rows, NOTE)


def _row(name: str, row: pd.Series[Any]) -> tuple[str, ...]:
    return (
        name,
        percent(row["total_return"], 1),
        number(row["sharpe"]),
        percent(row["max_drawdown"], 1),
        count(row["sessions"]) if row["sessions"] else UNDEFINED,
        percent(row["needed_return"], 1),
        number(row["adjusted_p_value"]),
    )


def parameter_lines(parameters: Sequence[ParameterText], width: int) -> list[str]:
    """For each parameter its value and what it may be, and under it the sentence that its docstring has of it; one
    that holds for several in a row stands under the last of them."""
    lines: list[str] = []
    for one, after in zip_longest(parameters, parameters[1:]):
        may_be = f"{one.kind}: {one.bounds}" if one.bounds else one.kind
        lines += wrap(f"{one.name} = {value_words(one.value)}  ({may_be})", width, subsequent_indent="  ")
        if after is None or after.says != one.says:
            lines += wrap(one.says, width, initial_indent="    ", subsequent_indent="    ")
    return lines


def value_words(value: Any) -> str:
    """A value of a parameter for a reader; a strategy goes by its name."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, list | tuple):
        return ", ".join(value_words(one) for one in value) or "none"
    if isinstance(value, dict):
        return str(value["name"]) if "name" in value else ", ".join(f"{k} {value_words(v)}" for k, v in value.items())
    return str(value)


def results_dict(found: CatalogueRuns) -> dict[str, Any]:
    """Everything that `hedgebook trades --results --json` prints: fractions unrounded, None where undefined."""
    table, luck = found.table, found.luck
    rows = [{"name": str(name), **row} for name, row in zip(table.index, table.to_dict("records"), strict=True)]
    tests = luck.superiority
    values = {
        "note": SIMULATED_NOTE if found.market.provenance.simulated else None,
        "source": found.market.provenance.source,
        "costs": found.costs.name,
        "verdict": found.verdict,
        "trades": len(rows),
        "ran": luck.trials,
        "results": rows,
        "luck": {
            "trials": luck.trials,
            "best": luck.best,
            "stands_out": luck.proven,
            "superiority": None if tests is None else tests.to_dict(),
            "reasons": dict(luck.reasons),
        },
        "notes": list(found.notes),
    }
    return reasoned(plain(values))
