"""A number is one number in every document: on the page, in the PDF, the workbook, the JSON and the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from .documents import DASH, Found, Page, at, sheets, shows, squeezed, terminal_tables, value_of
from .pdf.paper import lines_of, needs_poppler
from .told import ASKED, Told

# The fewest numbers that each comparison must have found to have compared anything: rows in the PDF, rows of the
# terminal, cells of the workbook.
FEWEST = {
    "express": (18, 17, 80), "journal": (15, 14, 80), "differences": (5, 1, 10),
    "run": (20, 15, -1), "capacity": (14, 15, 50), "check": (12, 12, 40), "trades": (6, 3, 20),
    "ticket": (20, 15, 50), "hedges": (4, 14, 20),
    "claims": (20, 15, 60), "study": (20, 11, 90), "book": (20, 15, 80), "refute": (12, 8, 40),
}  # fmt: skip
USUAL = (20, 15, 100)
JSON_NAMES = {"run": "summary", "sweep": "sweep", "sheet": "tearsheet", "compare": "comparison", "risk": "risk"}
KINDS = tuple(ASKED)
OTHER = ("undefined", "sessions")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def numeric(row: list[str]) -> list[str]:
    return [cell for cell in row if value_of(cell) is not None]


def words_in_order(words: list[str], line: str) -> bool:
    """Whether the words stand in a line, each after the one before."""
    place = 0
    for word in words:
        place = line.find(word, place)
        if place < 0:
            return False
        place += len(word)
    return True


@needs_poppler
def test_every_row_of_the_page_stands_in_the_pdf(told: Mapping[str, Told], kind: str) -> None:
    lines = lines_of((told[kind].folder / "report.pdf").read_bytes())
    rows = [(table.title, row) for table in told[kind].page.tables for row in table.body if numeric(row)]
    assert len(rows) > FEWEST.get(kind, USUAL)[0]
    for title, row in rows:
        first = row[0].split()[:1]
        # A table that is too wide for the paper stands there in parts of some columns, each with the first one.
        parts = [[*first, cell] for cell in row[1:] if value_of(cell) is not None] or [first]
        whole = [*first, *numeric(row[1:])]
        fits = any(words_in_order(whole, line) for line in lines)
        assert fits or all(any(words_in_order(part, line) for line in lines) for part in parts), (title, row)


def joined(tables: list[Found]) -> list[list[str]]:
    """The rows of tables of the same names as one: a wide table stands in two on the page."""
    named = [table for table in tables if table.rows and table.rows[0][0] == "Name"]
    rows = zip(*(table.rows for table in named), strict=True) if named else ()
    return [[row[0][0], *(cell for part in row for cell in part[1:])] for row in rows]


def part_of(table: Found, heads: str) -> list[list[str]]:
    """The rows of a table with those columns alone whose headings a terminal shows, in their order: the others are
    too wide for it."""
    taken, rest = [], heads
    for k, head in enumerate(table.head):
        if head and rest.startswith(squeezed(head)):
            taken.append(k)
            rest = rest.removeprefix(squeezed(head))
    return [[row[k] for k in taken] for row in table.rows] if not rest else []


MEASURES = {
    "total_return": "Return", "cagr": "CAGR", "volatility_annual": "Volatility", "sharpe": "Sharpe",
    "sortino": "Sortino", "max_drawdown": "Drawdown", "calmar": "Calmar", "omega": "Omega", "hit_rate": "Hit rate",
    "var_historical": "VaR 95%", "es_historical": "ES 95%", "skew": "Skew", "best_session": "Best",
    "worst_session": "Worst", "alpha_annual": "Alpha", "beta": "Beta", "correlation": "Correlation",
    "information_ratio": "Information",
}  # fmt: skip


def test_every_row_of_the_terminal_stands_on_the_page(told: Mapping[str, Told], kind: str) -> None:
    page = told[kind].page
    tables = terminal_tables(told[kind].terminal)
    notes = {squeezed(text) for text in page.words}
    examples = [row for table in page.tables for row in table.body if table.title == "Examples"]
    notes |= {squeezed(f"{on} {field}: {a} in A, {b} in B") for _, on, field, a, b in examples}
    cards = {squeezed(name + value) for name, value in page.labelled}
    compared = 0
    for title, rows in tables.items():
        same = [table for table in page.tables if title in (table.title, table.section)]
        known = {squeezed("".join(row)) for table in same for row in (*table.rows, *joined(same))} | cards
        known |= {squeezed("".join(row)) for table in same for row in part_of(table, rows[0])}
        for row in rows:
            if row not in known:
                row = row.removeprefix("Note:").removeprefix("serious:").removeprefix("-")
                assert any(row in text for text in notes) or not any(letter.isdigit() for letter in row), (title, row)
            else:
                compared += 1
    assert compared > FEWEST.get(kind, USUAL)[1]


def test_every_table_of_the_page_is_a_sheet_of_the_same_numbers(told: Mapping[str, Told], kind: str) -> None:
    book = sheets(told[kind].folder / "report.xlsx")
    compared = 0
    for table in told[kind].page.tables:
        if (rows := book.get(table.title)) is not None and rows[3][: len(table.head)] == tuple(table.head):
            compared += sheet_has(table, rows[4:])
    assert compared > FEWEST.get(kind, USUAL)[2]


def sheet_has(table: Found, rows: list[tuple[Any, ...]]) -> int:
    compared = 0
    for mine, theirs in zip(table.body, rows, strict=False):
        for text, cell in zip(mine, theirs, strict=False):
            if isinstance(cell, (int, float)):
                assert shows(text, cell), (table.title, mine, cell)
                compared += 1
            elif isinstance(cell, datetime):
                assert text == f"{cell:%Y-%m-%d}"
            else:
                assert (cell or "") == text.replace(DASH, "") or cell == text, (table.title, mine, cell)
    return compared


@dataclass(frozen=True)
class Same:
    """A figure of the JSON, and what documents call it."""

    label: str
    keys: tuple[Any, ...]


RUN_FIGURES = (
    Same("Total return", ("total_return",)),
    Same("Final NAV", ("final_nav",)),
    Same("Largest drawdown", ("max_drawdown",)),
    Same("Best session", ("best_session",)),
    Same("Worst session", ("worst_session",)),
    Same("Sessions up", ("hit_rate",)),
    Same("Growth a year", ("cagr",)),
    Same("Volatility a year", ("volatility_annual",)),
    Same("Sortino", ("sortino",)),
    Same("Calmar", ("calmar",)),
)


def test_a_run_tells_one_figure_everywhere(told: Mapping[str, Told]) -> None:
    values = json.loads((told["run"].folder / "summary.json").read_text())
    labelled = told["run"].page.labelled
    sheet = dict(row[:2] for row in sheets(told["run"].folder / "report.xlsx")["Summary"])
    for one in RUN_FIGURES:
        value = at(values, *one.keys)
        shown = {text for label, text in labelled if label == one.label}
        assert shown, one
        assert len(shown) == 1, one
        assert shows(shown.pop(), value), one
        assert sheet[one.label] == pytest.approx(value, rel=1e-12), one


def test_a_tear_sheet_tells_the_figures_of_its_run(told: Mapping[str, Told]) -> None:
    run = json.loads((told["run"].folder / "summary.json").read_text())
    sheet = json.loads((told["sheet"].folder / "tearsheet.json").read_text())
    compared = json.loads((told["compare"].folder / "comparison.json").read_text())["own_dates"][run["trade"]]
    for key in ("total_return", "cagr", "volatility_annual", "sharpe", "sortino", "calmar", "max_drawdown"):
        assert sheet["measures"][key] == pytest.approx(run[key], rel=1e-12), key
        assert compared[key] == pytest.approx(run[key], rel=1e-12), key


def rows_by_label(page: Page, label: str) -> Iterator[tuple[Found, list[str]]]:
    for table in page.tables:
        for row in table.body:
            if row[0] == label:
                yield table, row


def test_every_measure_of_a_tear_sheet_is_the_one_of_its_json(told: Mapping[str, Told]) -> None:
    from hedgebook.engine.tearsheet.definitions import MEASURES

    values = json.loads((told["sheet"].folder / "tearsheet.json").read_text())
    page, count = told["sheet"].page, 0
    book = sheets(told["sheet"].folder / "report.xlsx")
    unrounded = dict(row[:2] for row in book["Measures"][4:])
    for key, definition in MEASURES.items():
        name, value = definition.named("session"), values["measures"][key]
        for table, row in rows_by_label(page, name):
            if table.head[:1] != ["Measure"] or table.section != "Measures":
                continue
            if value is None:
                assert row[1] == DASH, (name, row)
            else:
                assert shows(row[1], value), (name, row, value)
                assert unrounded[key] == pytest.approx(value, rel=1e-14)
                count += 1
            if (error := values["standard_errors"].get(key)) is not None:
                assert shows(row[2], error), (name, row, error)
    assert count > 50


def test_every_var_is_the_one_of_its_json(told: Mapping[str, Told]) -> None:
    values = json.loads((told["risk"].folder / "risk.json").read_text())
    table = next(t for t in told["risk"].page.tables if t.title == "Value at risk and expected shortfall")
    methods = list(dict.fromkeys(one["method"] for one in values["var"]))
    assert len(table.body) == len(methods)
    for method, row in zip(methods, table.body, strict=True):
        mine = {one["confidence"]: one for one in values["var"] if one["method"] == method}
        for k, level in enumerate((0.95, 0.99)):
            assert shows(row[1 + 2 * k], mine[level]["var_frac"]), (method, row)
            assert shows(row[2 + 2 * k], mine[level]["es_frac"]), (method, row)


def test_the_measures_of_a_comparison_are_those_of_its_json(told: Mapping[str, Told]) -> None:
    values = json.loads((told["compare"].folder / "comparison.json").read_text())
    for section, key in (("Side by side", "measures"), ("Each on its own dates", "own_dates")):
        tables = [t for t in told["compare"].page.tables if section in (t.title, t.section)]
        head, *body = joined(tables)
        assert len(body) == len(values[key])
        for row in body:
            told_by = dict(zip(head, row, strict=True))
            mine = {name: value for name, value in values[key][row[0]].items() if name not in OTHER}
            compared = 0
            for name, value in mine.items():
                text = told_by.get(MEASURES.get(name, name))
                if text is not None:
                    assert text == DASH if value is None else shows(text.removeprefix("* "), value), (section, row)
                    compared += 1
            assert compared > 10


def test_the_best_set_of_a_sweep_is_the_one_of_its_json(told: Mapping[str, Told]) -> None:
    values = json.loads((told["sweep"].folder / "sweep.json").read_text())["results"]["best"]
    table = next(t for t in told["sweep"].page.tables if t.title == "The best set and its luck")
    shown = {row[0]: row[1] for row in table.body}
    for label, key in (("Sharpe", "sharpe"), ("Return", "total_return"), ("Drawdown", "max_drawdown")):
        assert shows(shown[label], values["metrics"][key]), label
    listed = next(t for t in told["sweep"].page.tables if t.title == "The best sets")
    first = dict(zip(listed.head, listed.body[0], strict=True))
    assert {name: first[name] for name in ("Sharpe", "Return", "Drawdown")} == {
        name: shown[name] for name in ("Sharpe", "Return", "Drawdown")
    }


def test_an_expression_tells_one_figure_everywhere(told: Mapping[str, Told]) -> None:
    values = json.loads((told["express"].folder / "express.json").read_text())
    tables = {table.title: table for table in told["express"].page.tables}
    cards, count = dict(told["express"].page.labelled), 0
    shown = {
        "Side by side": {"P&L": "pnl_usd", "Whole trade": "trade_pnl_usd", "If nothing": "nothing_usd",
                         "Gap against": "against_usd", "Gap for": "gain_usd", "Costs": "cost_usd"},
        "Sizes, equal in delta": {"Premium": "premium_usd", "Delta": "delta_usd", "Gamma": "gamma_usd",
                                  "Vega": "vega_usd", "Theta": "theta_usd", "VaR": "var_usd", "ES": "es_usd"},
    }  # fmt: skip
    for title, columns in shown.items():
        for one, row in zip(values["expressions"], tables[title].body, strict=True):
            by_head = dict(zip(tables[title].head, row, strict=True))
            assert by_head["Expression"] == one["title"]
            for head, key in columns.items():
                assert shows(by_head[head], one[key]), (title, head, one["name"])
                count += 1
            assert shows(cards[f"{one['title']}, P&L"], one["pnl_usd"])
    assert count == 13 * 4


def test_a_journal_tells_one_figure_everywhere(told: Mapping[str, Told]) -> None:
    values = json.loads((told["journal"].folder / "journal.json").read_text())
    table = next(table for table in told["journal"].page.tables if table.title == "Sessions")
    rows = {row[0]: dict(zip(table.head, row, strict=True)) for row in table.body}
    assert len(rows) == len(values["rows"]) > 10
    for one in values["rows"]:
        shown = rows[one["session"]]
        for head, key in (("NAV", "nav_usd"), ("Day", "pnl_usd"), ("Total", "total_usd")):
            assert shows(shown[head], one[key]), (one["session"], head)
    last = values["rows"][-1]
    assert (values["nav_usd"], values["last_session"]) == (last["nav_usd"], last["session"])
