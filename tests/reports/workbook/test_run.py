"""A run's workbook: every formula comes to the engine's number, and follows the data where that changes."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hedgebook.errors import RunFolderError
from hedgebook.front.run import Run
from hedgebook.reports.workbook import grid
from hedgebook.reports.workbook.ledger import CASH

from .conftest import ALTERED, Judged, made
from .office import cells_of, column, figures
from .runs import ODD, RUNS

KNOWN = {
    "Total return": "total_return", "Sessions": "sessions", "Largest drawdown": "max_drawdown", "Growth a year": "cagr",
    "Volatility a year": "volatility_annual", "Sharpe": "sharpe", "Sharpe, standard error": "sharpe_stderr",
    "Sortino": "sortino", "Calmar": "calmar", "Best session": "best_session", "Worst session": "worst_session",
    "Sessions up": "hit_rate",
}  # fmt: skip


def same(found: Any, told: float, scale: float = 1.0) -> bool:
    """Equal to 1e-9, or to 1e-12 of the scale; both undefined."""
    if told is None or told != told:
        return found is None or found == ""
    return isinstance(found, (int, float)) and math.isclose(found, told, rel_tol=1e-9, abs_tol=1e-12 * scale)


@pytest.mark.parametrize("name", RUNS)
def test_what_is_calculated_is_what_the_engine_says(judged: Judged, name: str) -> None:
    run, book = judged.runs[name], judged.office[name]
    found = figures(book)
    for figure, metric in KNOWN.items():
        assert same(found[figure], getattr(run.metrics, metric)), figure
    assert same(found["Final NAV"], run.final_nav, run.capital)
    assert same(found["P&L"], run.final_nav - run.capital, run.capital)
    assert same(found["Costs and interest"], sum(run.backtest.costs_paid.values()), run.capital)
    assert same(found["Turnover a year"], run.holdings["turnover"].mean() * 252)
    assert column(book, "NAV", "NAV")[1:] == pytest.approx(list(run.nav["nav_close"]), rel=1e-9)
    for heading, values in (("Return", run.returns), *((h, run.holdings[h.lower()]) for h in ("Gross", "Net"))):
        cells = column(book, "NAV", heading)[1:]
        assert all(map(same, cells, values)), heading


@pytest.mark.parametrize("name", RUNS)
def test_totals_are_those_of_the_engine(judged: Judged, name: str) -> None:
    run, book = judged.runs[name], judged.office[name]
    interest = float(run.nav["interest"].sum())
    for by in ("ticker", "bucket", "cause", *(("leg",) if name in ("flagship",) else ())):
        sheet = f"By {by}"
        rows = dict(zip(column(book, sheet, by.capitalize()), column(book, sheet, "Total"), strict=True))
        told = {str(k): v for k, v in run.pnl(by)["total"].items()}
        if interest or by == "cause":
            told["interest" if by == "cause" else CASH] = interest
        rows.pop(None, None)
        assert rows.keys() == told.keys(), by
        assert all(same(rows[key], told[key], run.capital) for key in told), by


@pytest.mark.parametrize("name", [*RUNS, "combined by blocks"])
def test_the_results_that_stand_beside_formulas_are_right(judged: Judged, name: str) -> None:
    data = judged.books.get(name) or judged.books["combined"]
    written, formulas = cells_of(data), cells_of(data, values=False)
    capital = judged.runs[name.split(" ")[0]].capital
    count = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    told = written[sheet.title][cell.coordinate].value
                    found = judged.office[name][sheet.title][cell.coordinate].value
                    if isinstance(told, str):
                        assert (found or "") == told, (sheet.title, cell.coordinate)
                    else:
                        assert same(found, told, 10 * capital), (sheet.title, cell.coordinate, found, told)
                    count += 1
    assert count > 300
    assert set(column(judged.office[name], "Checks", "Holds")) == {"yes"}


@pytest.mark.parametrize("name", [*RUNS, *(f"{name} altered" for name in ALTERED)])
def test_no_cell_is_an_error(judged: Judged, name: str) -> None:
    for sheet in judged.office[name]:
        assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]


def oracle(book: Any, capital: float) -> dict[str, float]:
    """The figures of the P&L that stands in a workbook, in plain steps; for a run that no open ruins."""
    days = column(book, "NAV", "Session")[1:]
    rows = zip(column(book, "P&L", "Session"), column(book, "P&L", "Amount"), strict=True)
    gains = dict.fromkeys(days, 0.0)
    for day, amount in rows:
        gains[day] += amount
    nav = [capital]
    for day in days:
        nav.append(nav[-1] + gains[day])
    returns = np.array([after / before - 1.0 for before, after in pairwise(nav)])
    n, mean = len(returns), float(np.mean(returns))
    deviation = math.sqrt(float(np.sum((returns - mean) ** 2)) / (n - 1))
    highest, deepest = nav[0], 0.0
    for level in nav:
        highest = max(highest, level)
        deepest = min(deepest, level / highest - 1.0)
    cagr = (nav[-1] / capital) ** (252 / n) - 1.0
    losses = math.sqrt(sum(min(x, 0.0) ** 2 for x in returns) / n)
    return {
        "Final NAV": nav[-1],
        "Total return": nav[-1] / capital - 1.0,
        "Growth a year": cagr,
        "Volatility a year": deviation * math.sqrt(252),
        "Sharpe": mean / deviation * math.sqrt(252),
        "Sortino": mean / losses * math.sqrt(252),
        "Largest drawdown": deepest,
        "Calmar": cagr / -deepest,
        "Best session": float(returns.max()),
        "Worst session": float(returns.min()),
        "Sessions up": float((returns > 1e-12).sum() / (np.abs(returns) > 1e-12).sum()),
    }


@pytest.mark.parametrize("name", ALTERED)
def test_figures_follow_an_amount_that_is_altered(judged: Judged, name: str) -> None:
    before, after = judged.office[name], judged.office[f"{name} altered"]
    _, row, _, more = ALTERED[name]
    told = oracle(after, judged.runs[name].capital)
    found = figures(after)
    for figure, value in told.items():
        assert same(found[figure], value, 1e3), figure
    assert not same(figures(before)["Sharpe"], told["Sharpe"])
    keys = {by: column(after, "P&L", by)[row] for by in ("Ticker", "Bucket", "Cause")}
    for by, key in keys.items():
        sheet = f"By {by.lower()}"
        for name_of, was, now in zip(
            column(before, sheet, by), column(before, sheet, "Total"), column(after, sheet, "Total"), strict=True
        ):
            assert now - was == pytest.approx(more if name_of == key else 0.0, abs=1e-6)
    assert "NO" in column(after, "Checks", "Holds")
    assert after["Summary"]["A5"].value.startswith("Checks that do not hold: ")


def test_no_name_is_a_formula(books: dict[str, bytes], judged: Judged) -> None:
    book = cells_of(books["odd"], values=False)
    texts = [c for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    assert {c.value for c in texts if c.data_type == "s"} >= {*ODD, "=1+1"}
    assert not [c.value for c in texts if c.data_type == "f" and c.value in (*ODD, "=1+1", "=HYPERLINK(1)")]
    assert set(column(judged.office["odd"], "By ticker", "Ticker")) == {*ODD, CASH}


def test_what_is_undefined_is_empty_and_says_why(judged: Judged) -> None:
    reasons = {name: [row[3] for row in judged.office[name]["Summary"].iter_rows(9, 26, values_only=True)]
               for name in ("flagship", "idle", "ruined")}  # fmt: skip
    assert not any(reasons["flagship"])
    assert sum("nothing was traded" in (text or "") for text in reasons["idle"]) == 9
    assert sum("ruined" in (text or "") for text in reasons["ruined"]) == 9


def test_numbers_and_days_are_real(books: dict[str, bytes], runs: dict[str, Run]) -> None:
    book = cells_of(books["basket"])
    days = column(book, "P&L", "Session")
    assert [day.date() for day in days if day] == [day.date() for day in sorted([*days])]
    assert {type(x) for x in column(book, "P&L", "Amount")} <= {float, int}
    sheet = book["P&L"]
    assert sheet.freeze_panes == "B5"
    assert sheet.tables["pnl"].ref == f"A4:F{len(days) + 4}"
    assert [s.freeze_panes is not None for s in book].count(False) == 1  # the summary
    assert len(book["Summary"]._charts) == 4
    assert sum(column(book, "P&L", "Amount")) == pytest.approx(runs["basket"].final_nav - runs["basket"].capital)


def test_the_same_run_gives_the_same_bytes(runs: dict[str, Run], books: dict[str, bytes]) -> None:
    assert made(runs["flagship"]) == books["flagship"]


def test_a_table_with_too_many_rows_is_refused(runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MOST_ROWS", 200)
    with pytest.raises(RunFolderError, match=r"P&L has more rows than a sheet of Excel holds.*at most 200"):
        made(runs["flagship"])


def test_strategies_and_factors_are_split_to_the_whole(judged: Judged) -> None:
    run, book = judged.runs["combined"], judged.office["combined"]
    told = run.pnl("strategy")
    assert column(book, "By strategy", "strategy") == list(told.index)
    assert column(book, "By strategy", "total") == pytest.approx(list(told["total"]), rel=1e-9)
    flag, factors = judged.runs["flagship"], judged.office["flagship"]["P&L by factor"]
    heads = [cell.value for cell in factors[4]]
    assert factors.cell(3, len(heads)).value == pytest.approx(flag.final_nav - flag.capital, rel=1e-9)
