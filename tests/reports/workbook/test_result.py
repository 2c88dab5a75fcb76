"""Workbooks of other results: every figure unrounded, the report's tables as numbers, sums as formulas."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.front.result import Documents
from hedgebook.reports.page.document import Document
from hedgebook.reports.page.section import Header, Section
from hedgebook.reports.page.table import Table, columns
from hedgebook.reports.workbook.result import result_workbook
from hedgebook.reports.workbook.shown import shown_number
from hedgebook.reports.workbook.values import tables

from ..documents import shows
from ..test_one_number import RUN_FIGURES
from ..told import AllTold
from .conftest import ALSO_TOLD, WITH_TOTALS, Judged, drawn
from .office import cells_of

KINDS = ("sweep", "study", "risk", "league", "book")


def numbers(value: Any) -> Iterator[float]:
    """Every number within nested values that does not stand in a list of numbers."""
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, dict):
                yield from numbers(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_stands_in_a_cell(
    results: dict[str, Documents], written: Callable[[str], bytes], kind: str
) -> None:
    result = results[kind]
    book = cells_of(written(kind))
    found = {float(c.value) for s in book for row in s.iter_rows() for c in row if isinstance(c.value, (int, float))}
    told = list(numbers(result.to_dict()))
    assert len(told) > 50
    # A file of Excel has 16 digits of a number.
    near = {float(f"{x:.13g}") for x in found}
    assert not [x for x in told if float(f"{x:.13g}") not in near]


def test_the_sets_of_a_sweep_are_a_sheet(results: dict[str, Documents], written: Callable[[str], bytes]) -> None:
    result: Any = results["sweep"]
    sheet = cells_of(written("sweep"))["All sets"]
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert len(rows) == 1 + len(result.table)
    at = rows[0].index("sharpe")
    assert [row[at] for row in rows[1:]] == pytest.approx(list(result.table["sharpe"]), rel=1e-14)


@pytest.mark.parametrize("kind", WITH_TOTALS)
def test_formulas_come_to_what_stands_beside_them(judged: Judged, written: Callable[[str], bytes], kind: str) -> None:
    assert formulas_hold(written(kind), judged.office[kind])


@pytest.mark.parametrize("kind", ALSO_TOLD)
def test_formulas_of_what_a_command_wrote_come_to_what_stands_beside_them(
    judged: Judged, told: AllTold, kind: str
) -> None:
    assert formulas_hold((told[kind].folder / "report.xlsx").read_bytes(), judged.office[f"told {kind}"])


def formulas_hold(data: bytes, office: Any) -> int:
    """How many formulas come to the value beside them, which is asserted of all."""
    formulas, told, count = cells_of(data, values=False), cells_of(data), 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                found = office[sheet.title][cell.coordinate]
                assert found.data_type != "e"
                if cell.data_type == "f":
                    value = told[sheet.title][cell.coordinate].value
                    assert math.isclose(found.value, value, rel_tol=1e-9, abs_tol=1e-9), (sheet.title, cell.coordinate)
                    count += 1
    return count


def test_what_libreoffice_calculates_is_what_the_page_shows(judged: Judged, told: AllTold) -> None:
    rows = judged.office["told run"]["Summary"].iter_rows(max_col=2, values_only=True)
    sheet, labelled = {row[0]: row[1] for row in rows}, dict(told["run"].page.labelled)
    for one in RUN_FIGURES:
        assert shows(labelled[one.label], sheet[one.label]), one


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_result_gives_the_same_bytes(
    results: dict[str, Documents], written: Callable[[str], bytes], kind: str
) -> None:
    assert results[kind]._workbook() == written(kind)


def made_up() -> bytes:
    rows = (("=A1", "1,000.50", "−12.5%"), ("@b", "−0.25", "–"), ("Sum", "1,000.25", "−12.5%"), ("Off", "9.99", "0.0%"))
    table = Table("[Sums]: a/b?", columns("Who", "USD", "Share"), rows, "=note", totals=2)
    again = Table("[Sums]: a/b?", columns("Day"), (("2026-07-01",), ("–",)))
    top = Header("=title", "n", "", "+verdict", ("-badge",), 0)
    section = Section("s", "S", facts=(("=what", "@said"),), tables=(table, again))
    values = {"=key": "=value", "pnl_by_leg": {"long": 2.5, "=short": -1.5}, "none": None}
    frames = {"a": pd.DataFrame({"=x": ["=y", "\tz"], "n": [1.5, math.nan]})}
    return result_workbook(Document(top, (section,), datetime(2026, 7, 30)), values, frames)


def test_text_stays_text_and_sums_are_formulas() -> None:
    book = cells_of(made_up(), values=False)
    formulas = {c.value for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"}
    assert formulas == {"=ROUND(SUM(B5:B6),2)", "=ROUND(SUM(C5:C6),3)", "=SUBTOTAL(9,$B$5:$B$6)"}
    texts = {c.value for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "s"}
    assert {
        "=title",
        "+verdict",
        "-badge",
        "=A1",
        "@b",
        "=what",
        "@said",
        "=value",
        "=key",
        "=x",
        "=y",
        "=short",
    } <= texts
    assert book.sheetnames[1:3] == ["Sums a b", "Sums a b 2"]
    sums = book["Sums a b"]
    assert (sums["B5"].value, sums["B5"].number_format) == (1000.5, "#,##0.00")
    assert (sums["C5"].value, sums["C5"].number_format) == (-0.125, "#,##0.0%")
    assert sums["C6"].value is None
    assert sums["B8"].value == 9.99  # which is no sum of what stands above it
    assert cells_of(made_up())["Sums a b 2"]["A5"].value == datetime(2026, 7, 1)
    assert cells_of(made_up())["A"]["B6"].value is None
    assert book.properties.created == datetime(2026, 7, 30)


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [
        ("1,234.50", 1234.5, "#,##0.00"),
        ("−3", -3.0, "#,##0"),
        ("4.29%", 0.0429, "#,##0.00%"),
        ("12 USD", 12.0, '#,##0" USD"'),
        ("5.9%*", 0.059, '#,##0.0%"*"'),
        ("21 sessions", 21.0, '#,##0" sessions"'),
    ],
)
def test_a_text_that_shows_a_number_is_one(text: str, value: float, form: str) -> None:
    found = shown_number(text)
    assert found is not None
    assert (found.value, found.form) == (value, form)


@pytest.mark.parametrize("text", ["1.2 ± 0.3", "3 of 157", "<0.0001", "2026-07-01", "", "–", "1,23", "=1", "12:30"])
def test_a_text_that_shows_none_stays_text(text: str) -> None:
    assert shown_number(text) is None


def test_rows_within_rows_become_tables_with_their_keys() -> None:
    values = {
        "plain": 1,
        "by": {"a": {"x": 1.0, "deep": {"y": 2.0}}, "b": {"x": 3.0, "deep": {"y": 4.0}}},
        "list": [{"name": "p", "rows": [{"v": 1}, {"v": 2}]}, {"name": "q", "rows": [{"v": 3}]}],
        "levels": {"0.95": [{"m": "h"}], "0.99": [{"m": "g"}]},
        "days": [{"session": "2026-07-01"}, {"session": None}],
    }
    found = tables(values)
    assert list(found) == ["by", "list", "list rows", "levels", "days"]
    assert found["by"].values.tolist() == [["a", 1.0, 2.0], ["b", 3.0, 4.0]]
    assert found["list rows"].values.tolist() == [["p", 1], ["p", 2], ["q", 3]]
    assert found["levels"].values.tolist() == [["0.95", "h"], ["0.99", "g"]]
    assert found["days"]["session"].tolist()[0] == pd.Timestamp("2026-07-01")


def test_figures_are_native_charts_over_their_numbers(
    results: dict[str, Documents], written: Callable[[str], bytes]
) -> None:
    for kind in KINDS:
        figures = [figure for section in results[kind]._document().sections for figure in section.figures]
        book = cells_of(written(kind))
        drawn = [sheet for sheet in book if sheet.title.startswith("Figure ")]
        points = [f for f in figures if all(t.get("type", "scatter") in ("scatter", "bar") for t in f.data)]
        assert 0 < len(drawn) <= len(points)
        assert all(sheet._charts for sheet in drawn), kind
    scenarios = next(figure for s in results["risk"]._document().sections for figure in s.figures
                     if figure.name == "scenarios")  # fmt: skip
    sheet = cells_of(written("risk"))["Figure scenarios"]
    column = [row[0] for row in sheet.iter_rows(min_row=5, values_only=True)]
    assert column == pytest.approx(list(scenarios.data[0]["x"]), rel=1e-14)


def headed(sheet: Any) -> dict[str, list[Any]]:
    """What stands under each heading of a sheet."""
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    return {str(head): [row[j] for row in rows[1:]] for j, head in enumerate(rows[0]) if head is not None}


def test_a_changed_set_moves_the_means_of_its_values_and_the_map(judged: Judged, results: dict[str, Documents]) -> None:
    sweep: Any = results["sweep"]
    office = judged.office["sweep changed"]
    # By hand: the set in the third row has another Sharpe ratio, all else as it ran.
    table = sweep.table.assign(compared=sweep.values)
    assert math.isfinite(table["compared"].iloc[2])
    table.loc[table.index[2], "compared"] = 1.25
    told = headed(office["Means by value"])
    known = table.dropna(subset="compared")
    for parameter, value, mean, count in zip(told["parameter"], told["value"], told["mean"], told["sets"], strict=True):
        own = known.loc[known[parameter] == value, "compared"]
        assert count == len(own)
        assert mean == pytest.approx(own.mean(), rel=1e-9) if len(own) else mean in (None, "")
    cells = {row[0]: row[1:4] for row in office["Map heat map"].iter_rows(min_row=5, values_only=True)}
    assert cells["dollar"][1] == pytest.approx(1.25, rel=1e-9)
    spread = headed(office["Effects"])["spread"][headed(office["Effects"])["parameter"].index("hedge")]
    means = known.groupby("hedge")["compared"].mean()
    assert spread == pytest.approx(means.max() - means.min(), rel=1e-9)


def test_a_changed_return_moves_measures(judged: Judged) -> None:
    returns = drawn()[0].to_numpy().copy()
    returns[15] = 0.05
    level = (1.0 + returns).cumprod()
    below = level / pd.Series(level).cummax().clip(lower=1.0).to_numpy() - 1.0
    hand = {
        "total_return": level[-1] - 1.0,
        "cagr": level[-1] ** (252 / len(returns)) - 1.0,
        "volatility_annual": returns.std(ddof=1) * math.sqrt(252),
        "sharpe": returns.mean() / returns.std(ddof=1) * math.sqrt(252),
        "max_drawdown": min(below.min(), 0.0),
        "calmar": (level[-1] ** (252 / len(returns)) - 1.0) / -below.min(),
        "best_session": 0.05,
        "skew": float(((returns - returns.mean()) ** 3).mean() / returns.std() ** 3),
    }
    told = headed(judged.office["compare changed"]["Measures"])
    assert {name: told[name][0] for name in hand} == pytest.approx(hand, rel=1e-9)
    apart = headed(judged.office["compare changed"]["Differences"])
    place = apart["measure"].index("sharpe")
    assert apart["difference"][place] == pytest.approx(told["sharpe"][1] - hand["sharpe"], rel=1e-9)


@pytest.mark.parametrize("kind", ["sweep", "study", "league", "compare", "tearsheet", "risk"])
def test_what_is_no_formula_is_said(written: Callable[[str], bytes], kind: str) -> None:
    sheet = cells_of(written(kind))["Assumptions"]
    told = {row[0]: row[1] for row in sheet.iter_rows(min_row=2, max_col=2, values_only=True)}
    assert told["Formulas"].startswith("Sums, means, ratios")
    assert "bootstraps, permutations" in told["Values"]


def test_shown_columns_follow_their_unrounded_ones(written: Callable[[str], bytes]) -> None:
    book = cells_of(written("league"), values=False)
    shown = [cell.value for row in book["Hedges side by side"].iter_rows(min_row=5) for cell in row]
    links = [value for value in shown if isinstance(value, str) and value.startswith("=ROUND('Runs'!")]
    assert len(links) > 30


def test_a_series_of_a_chart_is_never_a_formula() -> None:
    name = "=cmd|' /C calc'!A0"
    days = pd.bdate_range("2026-01-05", periods=30)
    returns = pd.Series([0.01, -0.02, 0.005] * 10, days, name=name)
    data = hb.compare([returns, returns.rename("@b") * 0.5])._workbook()
    with zipfile.ZipFile(BytesIO(data)) as parts:
        charts = [parts.read(one).decode() for one in parts.namelist() if one.startswith("xl/charts/chart")]
    assert charts
    assert not [text for text in charts if re.search(r"<c:f>=?cmd", text)]
    assert any("<c:v>=cmd|' /C calc'! A0</c:v>" in text for text in charts)


def test_what_is_left_at_a_capital_follows_the_return_before_costs(written: Callable[[str], bytes]) -> None:
    book = cells_of(written("capacity"), values=False)
    sheet, said = book["Curve"], {row[0]: k for k, row in enumerate(book["Summary"].values, start=1)}
    heads = [cell.value for cell in sheet[4]]
    rows = range(5, sheet.max_row + 1)
    assert len(rows) > 20
    for name in ("net_return", "share_eaten"):
        cells = [sheet.cell(row, 1 + heads.index(name)).value for row in rows]
        assert all(str(cell).startswith("=") for cell in cells), name
        assert all(f"'Summary'!$B${said['Gross return']}" in cell for cell in cells), name
