"""A run as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.strategies.run.run import StrategyRun

from ..page.document import Document
from .assumptions import Assumptions, Facts, of_summary, settings
from .book import GREY, RED, Book, Kind
from .charts import bars, drawdown_chart, nav_chart
from .checks import Check, Checks
from .frames import flat, frame_sheet, kind_of
from .grid import Column, Grid
from .ledger import MOST_COMPARISONS, Ledger, long_pnl
from .measures import Measures
from .nav import Nav
from .orders import Fills, Positions, heading
from .text import all_plain, cell_text, quoted, text_literal
from .totals import Totals, ways

MEASURES_ROW = 8
DRAWDOWN_KINDS = {"depth": Kind.FRACTION, "calendar_days": Kind.COUNT}
TRIP_KINDS = {
    "entry_price": Kind.PRICE, "exit_price": Kind.PRICE, "largest_shares": Kind.SHARES, "pnl_usd": Kind.USD,
    "costs_usd": Kind.USD,
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What stands above and beside the numbers of a run: title, verdict, badges, and groups of assumptions."""

    title: str
    verdict: str
    badges: tuple[str, ...]
    groups: Mapping[str, Facts]


def run_workbook(
    run: StrategyRun, values: Mapping[str, Any], said: Said | None = None, *, loaded: bool = False
) -> bytes:
    """The bytes of a run's workbook, the same for the same run.

    values: its summary; said: what its report says, None where only the summary does; loaded: whether the run was read
    back. Raises RunFolderError where a table has more rows than a sheet holds.
    """
    said = said or said_of_summary(values)
    book = Book(said.title, moment(run))
    summary: Any = book.sheet("Summary")
    rows = long_pnl(run)
    nav = Nav(book, run)
    totals = [Totals(book, run, rows, by) for by in ways(run)]
    _drawdowns(book, run, nav)
    _table(book, "Round trips", run.round_trips, TRIP_KINDS, totals=("P&L USD", "Costs USD"))
    ledger, positions, fills = Ledger(book, run, rows), Positions(book, run), Fills(book, run)
    ledger.write()
    positions.write(nav)
    fills.write()
    nav.write(ledger, positions, fills)
    for one in totals:
        one.write(ledger)
    _others(book, run, positions, loaded=loaded)
    assumptions = Assumptions(book)
    warnings = [(str(k), text) for k, text in enumerate(run.warnings, start=1)]
    assumptions.write(run.capital, {**said.groups, "Warnings": warnings})
    measures = Measures(run, ledger, nav, fills, MEASURES_ROW + 1)
    checks = _checks(run, nav, measures, totals, summary.name)
    sheet = Checks(book, len(checks))
    sheet.write(checks)
    _summary(summary, book, said, measures, sheet)
    _charts(summary, book, nav, totals)
    return book.close()


def moment(run: StrategyRun) -> datetime:
    """The moment that stands in a workbook: the close of its last session, the same whenever it is written."""
    day = pd.Timestamp(run.sessions[-1])
    return datetime(day.year, day.month, day.day, 16)


def said_of_run(run: StrategyRun, values: Mapping[str, Any]) -> Said:
    """What the report of a run says above and beside its numbers."""
    from ..run.assumptions import assumption_facts
    from ..run.page import header

    top, facts = header(run), assumption_facts(run)
    costs, account = settings(run.backtest.costs), settings(run.backtest.account)
    groups = {"Report": facts, **of_summary(values), "Costs": costs, "Account": account}
    return Said(top.title, top.verdict, top.badges, groups)


def said_of_document(document: Document, values: Mapping[str, Any]) -> Said:
    """The same of a run that was read back, from the content of its report."""
    top = document.header
    facts = next((section.facts for section in document.sections if section.name == "assumptions"), ())
    return Said(top.title, top.verdict, top.badges, {"Report": facts, **of_summary(values)})


def said_of_summary(values: Mapping[str, Any]) -> Said:
    """The same of a run that was read back, from its summary."""
    names = ("event", "announced_at", "known_at", "first_fill", "entry_session", "entry_mark", "exit_session",
             "exit_mark", "costs_name", "account", "universe")  # fmt: skip
    facts = [(heading(name), values[name]) for name in names if values.get(name) is not None]
    note = str(values.get("note") or "")
    title = str(values.get("title") or values.get("trade") or "Run")
    return Said(title, str(values.get("trade") or ""), (note,) if note else (), {"Run": facts, **of_summary(values)})


def _drawdowns(book: Book, run: StrategyRun, nav: Nav) -> None:
    frame = run.drawdowns()
    valleys = [nav.row_of(day) for day in frame["valley"]]
    heads = [heading(name) for name in frame.columns]
    grid = Grid(book, "Drawdowns", heads, len(frame))
    formulas = {
        "depth": lambda k: nav.grid.cell("Drawdown", valleys[k]),
        "calendar_days": lambda k: (
            f'IF({grid.here("Recovery", k)}="",{nav.grid.cell("Session", len(nav.days) - 1)},'
            f"{grid.here('Recovery', k)})-{grid.here('Peak', k)}"
        ),
    }
    columns = [
        Column(heading(n), DRAWDOWN_KINDS.get(n, kind_of(n, frame[n])), frame[n], formulas.get(n))
        for n in frame.columns
    ]
    note = "Deepest first, as simulated. Empty: not recovered by the last session."
    grid.write("Drawdowns", note, columns, table="drawdowns")


def _table(book: Book, name: str, frame: pd.DataFrame, kinds: dict[str, Kind], **more: Any) -> None:
    table = frame.rename(columns=heading)
    frame_sheet(book, name, table, kinds={heading(n): k for n, k in kinds.items()}, **more)


def _others(book: Book, run: StrategyRun, positions: Positions, *, loaded: bool) -> None:
    """Weights, corporate actions, rejected orders, strategies within one, exposures and P&L by factor, if any."""
    _weights(book, run, positions)
    if len(run.share_changes):
        note = "What corporate actions did to positions before opens; their cash is in the P&L."
        _table(book, "Corporate actions", run.share_changes, {}, note=note)
    if len(run.rejected):
        _table(book, "Rejected orders", run.rejected, {})
    if not loaded and run.plan.parts:
        _split(book, "By strategy", "P&L by strategy, USD", run.pnl("strategy"))
    exposure = run.exposure()
    if len(exposure):
        kinds = dict.fromkeys(flat(exposure).columns[1:], Kind.PRICE)
        note = "Betas with Newey-West standard errors and t-statistics."
        frame_sheet(book, "Exposures", exposure, kinds=kinds, note=note, title="Factor exposures")
    if not loaded and run.factor_pnl is not None:
        _split(book, "P&L by factor", "P&L by session and factor, USD", run.factor_pnl.by_session)


def _split(book: Book, name: str, title: str, frame: pd.DataFrame) -> None:
    """A table of amounts whose last column is their total, which a formula is."""
    table = flat(frame)
    heads = [str(head) for head in table.columns]
    grid = Grid(book, name, heads, len(table))
    total = {heads[-1]: lambda k: f"SUM({grid.here(heads[1], k)}:{grid.here(heads[-2], k)})"}
    columns = [Column(heads[0], kind_of(heads[0], table[heads[0]]), table[heads[0]])]
    columns += [Column(head, Kind.USD, table[head], total.get(head), total=True) for head in heads[1:]]
    grid.write(title, "As simulated; the total is the sum of the row.", columns, table=book.table_name(name))


def _weights(book: Book, run: StrategyRun, positions: Positions) -> None:
    """Weights by session and ticker, as formulas over the positions."""
    weights = run.weights
    if weights.size * max(len(positions.frame), 1) > MOST_COMPARISONS or weights.shape[1] == 0:
        return
    tickers = [str(name) for name in weights.columns]
    if not all_plain(tickers) or "session" in {name.lower() for name in tickers}:
        frame_sheet(book, "Weights", weights, title="Weights", kinds=dict.fromkeys(tickers, Kind.FRACTION), table=False)
        return
    held, heads = positions.grid, ["Session", *tickers]
    grid = Grid(book, "Weights", heads, len(weights))

    def formula(name: str) -> Any:
        spans = f"{held.span('Weight')},{held.span('Session')}"
        return lambda k: f"SUMIFS({spans},{grid.here('Session', k)},{held.span('Ticker')},{text_literal(name)})"

    days = Column("Session", Kind.DAY, pd.DatetimeIndex(weights.index))
    columns = [Column(n, Kind.FRACTION, weights[w], formula(n)) for n, w in zip(tickers, weights.columns, strict=True)]
    grid.write("Weights", "Value at each close over NAV.", [days, *columns])


def _checks(run: StrategyRun, nav: Nav, measures: Measures, totals: list[Totals], summary: str) -> list[Check]:
    gap = float(np.max(nav.gaps))
    found = [
        Check("Capital and all P&L against NAV: largest difference", f"MAX({nav.grid.span('Difference')})", 0.0,
              run.capital * 1e3, gap),
    ]  # fmt: skip
    for k, measure in enumerate(measures.all):
        cell = f"{quoted(summary)}!$B${measures.row + k}"
        found.append(Check(measure.name, cell, measure.engine, run.capital if measure.kind is Kind.USD else 1.0))
    for one in totals:
        found += one.checks(run)
    return found


def _summary(sheet: Any, book: Book, said: Said, measures: Measures, checks: Checks) -> None:
    look = book.look
    for j, width in enumerate((26, 18, 74, 60)):
        sheet.set_column(j, j, width)
    sheet.write_string(0, 0, cell_text(said.title), look(bold=True, font_size=16))
    sheet.merge_range(1, 0, 1, 2, "", look())
    sheet.write_string(1, 0, cell_text(said.verdict), look(text_wrap=True, valign="top"))
    sheet.set_row(1, 50)
    if said.badges:
        sheet.write_string(2, 0, cell_text("; ".join(said.badges)), look(bold=True, font_color=RED))
    count = checks.grid.count
    known = f"All {count} checks hold: formulas against engine"
    failing = checks.failing()
    text = f'IF({failing}=0,"{known}","Checks that do not hold: "&{failing})'
    sheet.write_formula(4, 0, f"={text}", look(bold=True), known)
    sheet.write_string(5, 0, "All numbers are formulas over the other sheets.", look(font_color=GREY))
    for j, head in enumerate(("Figure", "Value", "Definition", "Why it is empty")):
        sheet.write_string(
            MEASURES_ROW - 1,
            j,
            head,
            look(bold=True, bottom=1, align="right" if j == 1 else "left", indent=int(j == 2)),
        )
    for k, measure in enumerate(measures.all):
        row = MEASURES_ROW + k
        sheet.write_string(row, 0, measure.name, look())
        value = measure.engine if measure.engine == measure.engine else ""
        sheet.write_formula(row, 1, f"={measures.formula(measure)}", look(measure.kind), value)
        sheet.write_string(row, 2, measure.words, look(font_color=GREY, indent=1))
        sheet.write_formula(row, 3, f"={measures.reason(k)}", look(font_color=GREY), measures.known_reason(measure))
    sheet.fit_to_pages(1, 1)
    sheet.activate()


def _charts(sheet: Any, book: Book, nav: Nav, totals: list[Totals]) -> None:
    """NAV and drawdown side by side below the figures, P&L by cause and ticker below them."""
    top = MEASURES_ROW + 20
    sheet.insert_chart(top, 0, nav_chart(book, nav))
    sheet.insert_chart(top, 2, drawdown_chart(book, nav), {"x_offset": 340})
    shown = [one for one in totals if one.by in ("Cause", "Ticker") and len(one.table)]
    for one, (column, offset) in zip(shown[::-1], ((0, 0), (2, 340)), strict=False):
        sheet.insert_chart(top + 16, column, bars(book, one), {"x_offset": offset})
