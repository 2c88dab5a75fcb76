"""The tables of a run: figures as text that a reader can trust, narrow enough for a terminal."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Callable
from datetime import date
from io import StringIO
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import DEFAULT_COSTS, load_costs
from hedgebook.engine.kernels.book.records import Reason
from hedgebook.reports.page.numbers import day, number, percent, pnl_decimals
from hedgebook.reports.page.table import Table, columns
from hedgebook.reports.run import tables
from hedgebook.reports.run.event_day import event_day, event_day_table
from hedgebook.reports.run.figures import causes_figure
from hedgebook.reports.run.orders import fills
from hedgebook.reports.run.orders.weights import weights_table
from hedgebook.reports.run.pnl import tables as pnl_tables
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy import setting as run_setting
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.sample import sample_market

from ...engine.frictions.test_tiers import tier_in_plain_python
from ...oracle.drawdowns import drawdown_episodes
from ..conftest import BOLD, invented_market, run_invented

TERMINAL_CHARACTERS = 76
ALL = (
    tables.headline_table,
    pnl_tables.pnl_table,
    tables.costs_table,
    tables.cost_rates_table,
    fills.fills_table,
    fills.rejected_table,
    tables.drawdown_table,
    tables.exposure_table,
    lambda run: event_day_table(run.market, run.plan),
    weights_table,
)


def value(text: str) -> float:
    """The number that a reader sees."""
    bare = text.replace("\u2212", "-").replace(",", "").removesuffix(" USD")
    return float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)


def rows_of(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


@pytest.fixture(scope="module")
def flagship() -> TradeRun:
    trade = find_trade()
    return run_trade(trade, load_events().get(trade.event), RunSetting(sample_market(), load_costs("default")))


@pytest.mark.parametrize(
    ("given", "decimals", "text"),
    [
        (1234567.891, 2, "1,234,567.89"),
        (-1234.5, 0, "\u22121,234"),
        (-0.004, 2, "0.00"),
        (0.0, 2, "0.00"),
        (math.nan, 2, "\u2013"),
        (-math.inf, 2, "\u2013"),
        (-0.005001, 2, "\u22120.01"),
    ],
)
def test_numbers(given: float, decimals: int, text: str) -> None:
    assert number(given, decimals) == text


def test_percentages_and_days() -> None:
    assert percent(-0.0829) == "\u22128.29%"
    assert percent(0.0442) == "4.42%"
    assert percent(math.nan) == "\u2013"
    for given in (np.datetime64("2026-07-01T13:30", "ns"), pd.Timestamp("2026-07-01"), date(2026, 7, 1)):
        assert day(given) == "2026-07-01"
    for missing in (None, pd.NaT, np.datetime64("NaT")):
        assert day(missing) == "\u2013"
    with pytest.raises(TypeError, match="float is not a day"):
        day(1.0)
    assert (pnl_decimals(1e6), pnl_decimals(5_000.0)) == (0, 2)


def test_a_table_refuses_a_row_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Table("Wrong", columns("A", "B"), (("1",),))
    table = Table("Right", columns("Name", "B"), (("x", "12345"),))
    assert table.width == len("Name") + 2 + 5
    assert [column.right for column in table.columns] == [False, True]


@pytest.mark.parametrize("make", ALL, ids=lambda make: str(make.__name__))
def test_tables_fit_a_terminal(
    flagship: TradeRun, every_run: dict[str, TradeRun], make: Callable[[TradeRun], Table]
) -> None:
    for run in (flagship, *every_run.values()):
        table = make(run)
        assert table.width <= TERMINAL_CHARACTERS
        page = StringIO()
        Console(width=80, file=page).print(rich_table(table))
        text = page.getvalue()
        for row in table.rows:
            assert all(cell in text for cell in row)


def rich_table(table: Table) -> RichTable:
    """The table as a terminal shows it, at the spacing that `width` counts."""
    out = RichTable(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in table.columns:
        out.add_column(column.name, justify="right" if column.right else "left", no_wrap=True)
    for row in table.rows:
        out.add_row(*(Text(cell) for cell in row))
    return out


def test_headline_figures_are_the_runs_own(run: TradeRun) -> None:
    shown = rows_of(tables.headline_table(run))
    nav = run.nav["nav_close"].to_numpy()
    levels = [1e6, *nav]
    steps = [b / a - 1 for a, b in pairwise(levels)]
    assert value(shown["Total return"][0]) == pytest.approx(nav[-1] / 1e6 - 1, abs=0.00006)
    assert value(shown["P&L"][0]) == pytest.approx(nav[-1] - 1e6, abs=0.51)
    assert value(shown["Worst session"][0]) == pytest.approx(min(steps), abs=0.00006)
    assert value(shown["Best session"][0]) == pytest.approx(max(steps), abs=0.00006)
    deviation = float(np.std(steps, ddof=1))
    # So few sessions make no headline of a year; what a year would be is named after them.
    assert not {"Volatility a year", "Sharpe ± error", "Sortino", "Calmar"} & set(shown)
    annual = tables.annual_table(run)
    assert annual.title == f"Annualised from {len(steps)} sessions"
    shown = rows_of(annual)
    assert value(shown["Volatility a year"][0]) == pytest.approx(deviation * 252**0.5, abs=0.00006)
    assert value(shown["Growth a year"][0]) == pytest.approx((nav[-1] / 1e6) ** (252 / len(steps)) - 1, abs=0.0051)
    sharpe, error = shown["Sharpe ± error"][0].split(" ± ")
    assert value(sharpe) == pytest.approx(float(np.mean(steps)) / deviation * 252**0.5, abs=0.006)
    per_session = value(sharpe) / 252**0.5
    assert value(error) == pytest.approx(((1 + per_session**2 / 2) / len(steps) * 252) ** 0.5, abs=0.006)


def test_undefined_figures_are_dashes_with_a_word_of_why(one_session: TradeRun) -> None:
    table = tables.annual_table(one_session)
    shown = rows_of(table)
    assert shown["Sharpe ± error"] == ("\u2013",)
    assert shown["Volatility a year"] == ("\u2013",)
    assert "not defined" in table.note


def test_pnl_rows_add_up(every_run: dict[str, TradeRun]) -> None:
    for run in every_run.values():
        table = pnl_tables.pnl_table(run)
        tickers = table.rows[: -table.totals]
        total = rows_of(table)["Total"]
        interest = value(rows_of(table)["Interest"][-1])
        for j in range(1, 6):
            parts = sum(value(row[j + 1]) for row in tickers) + (interest if j == 5 else 0.0)
            assert value(total[j]) == pytest.approx(parts, abs=len(tickers) + 1.0)
        assert value(total[-1]) == pytest.approx(run.backtest.final_nav - 1e6, abs=0.51)


def test_cash_flows_have_a_column_and_a_bar_where_there_are_any(run: TradeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    day = run.backtest.market.sessions[2:3]
    flows = CashFlows(("ACME",), day, np.array([0]), np.array([25.0]))
    monkeypatch.setattr(run_setting, "run_schedule", functools.partial(run_schedule, flows=flows))
    paid = run_invented()
    headings = [[column.name for column in pnl_tables.pnl_table(one).columns] for one in (run, paid)]
    assert headings[1] == [*headings[0][:-1], "Cash flow", "Total"]
    flowed = float(paid.pnl("ticker").loc["ACME", "cash_flow"])
    assert flowed > 1000.0
    shown = rows_of(pnl_tables.pnl_table(paid))
    assert value(shown["ACME"][-2]) == pytest.approx(flowed, abs=0.51)
    assert value(shown["Total"][-1]) == pytest.approx(paid.backtest.final_nav - 1e6, abs=0.51)
    bars = [causes_figure(one).data[0] for one in (run, paid)]
    assert bars[1]["y"] == [*bars[0]["y"][:-2], "Cash flow", "Interest", "Total"]
    assert bars[1]["x"][-1] == pytest.approx(paid.backtest.final_nav - 1e6, abs=1e-3)
    assert len(bars[1]["x"]) == len(bars[1]["y"])


def test_costs_paid(run: TradeRun) -> None:
    shown = rows_of(tables.costs_table(run))
    paid = run.fills[["commission", "spread", "slippage", "impact"]].sum()
    traded = float((run.fills["shares"].abs() * run.fills["reference"]).sum())
    assert value(shown["Commission"][0]) == pytest.approx(paid["commission"], abs=0.006)
    assert value(shown["Half-spread"][0]) == pytest.approx(paid["spread"], abs=0.006)
    assert value(shown["Slippage"][1]) == pytest.approx(1e4 * paid["slippage"] / traded, abs=0.006)
    assert value(shown["Borrow"][2]) == pytest.approx(run.nav["borrow"].sum() / 100, abs=0.006)
    assert value(shown["Interest"][0]) == pytest.approx(-run.nav["interest"].sum(), abs=0.006)


def test_cost_rates_are_those_of_each_ticker(run: TradeRun) -> None:
    shown = rows_of(tables.cost_rates_table(run))
    assert shown["CLOUD"] == ("renter", "0.50", "4.00", "6.00", "6.00%")
    # The shipped costs do not know its bucket: it pays by its tier of liquidity before the first session.
    tier = tier_in_plain_python(run.market, "ACME", run.market.session_index(run.backtest.market.sessions[0]))
    shipped = tomllib.loads(DEFAULT_COSTS.read_text())
    spread, slippage = (f"{shipped[name]['by_liquidity_bps'][tier]:.2f}" for name in ("half_spread", "slippage"))
    assert shown["ACME"] == ("maker", "0.50", spread, slippage, "")


def test_fills_and_their_costs(run: TradeRun) -> None:
    table, detailed = fills.fills_table(run), fills.fills_table(run, detailed=True)
    assert len(table.rows) == len(run.fills) + 1 == 9
    first = table.rows[0]
    assert first[:3] == ("2026-07-01", "open", BOLD)
    at = run.market.session_index("2026-07-01"), run.market.column(BOLD)
    assert value(first[4]) == pytest.approx(run.market.open[at], abs=0.006)
    kinds = [column.name for column in detailed.columns[6:]]
    assert kinds == ["Commission", "Half-spread", "Slippage", "Impact", "Cost"]
    for row in detailed.rows:
        assert sum(value(cell) for cell in row[6:10]) == pytest.approx(value(row[10]), abs=0.03)


def test_deferred_orders_say_why(run: TradeRun, stuck: TradeRun, one_leg: TradeRun) -> None:
    cloud = ("2026-07-01", "open", "CLOUD", "deferred", "no price at the open")
    assert fills.rejected_table(run).rows == (cloud,)
    late = ("2026-07-14", "close", "LATE", "deferred", "no price at the close")
    assert fills.rejected_table(stuck).rows == (cloud, late)
    none = fills.rejected_table(one_leg)
    assert (none.rows, none.note) == ((), "None.")


def test_every_reason_has_words(run: TradeRun) -> None:
    wanted = {"no_open": "no price at the open", "delisted": "written off, delisted", "band": "drift beyond the band"}
    assert {name: Reason[name.upper()].label for name in wanted} == wanted
    assert [reason.name for reason in Reason if not reason.label] == ["ORDER"]
    assert run.backtest.rejected["reason"].isin([reason.name.lower() for reason in Reason]).all()


def test_drawdowns_agree_with_the_slow_walk(every_run: dict[str, TradeRun]) -> None:
    for run in every_run.values():
        levels, days = run.levels.tolist(), [f"{d:%Y-%m-%d}" for d in run.levels.index]
        wanted = {
            (days[e.peak], days[e.first_underwater], days[e.valley], days[e.recovery] if e.recovery else "not yet")
            for e in drawdown_episodes(levels)
        }
        shown = tables.drawdown_table(run, limit=100)
        assert {row[1:5] for row in shown.rows} == wanted
        depths = [value(row[0]) for row in shown.rows]
        assert depths == sorted(depths)


def test_the_deepest_drawdowns_come_first() -> None:
    run = run_invented(hold=9)
    every = tables.drawdown_table(run, limit=100)
    if len(every.rows) < 2:
        pytest.fail("this test needs a run with two drawdowns")
    one = tables.drawdown_table(run, limit=1)
    assert one.rows == every.rows[:1]
    assert one.note.startswith(f"The 1 deepest of {len(every.rows)}.")


def test_exposures_show_both_windows_or_say_what_is_missing(flagship: TradeRun, one_session: TradeRun) -> None:
    shown = rows_of(tables.exposure_table(flagship))
    before, during = flagship.exposures.before, flagship.exposures.during
    assert before is not None
    assert during is not None
    for factor, row in before.to_dict().items():
        assert value(shown[factor][0]) == pytest.approx(row["beta"], abs=0.006)
        assert value(shown[factor][2]) == pytest.approx(row["tstat"], abs=0.006)
        assert value(shown[factor][4]) == pytest.approx(during.to_dict()[factor]["stderr"], abs=0.006)
    table = tables.exposure_table(one_session)
    assert all(row[4:] == ("\u2013",) * 3 for row in table.rows)
    assert "Too few sessions for the exposure during the trade." in table.note


def test_the_event_day_splits_into_gap_and_session(run: TradeRun) -> None:
    row = run.market.session_index("2026-07-01")
    found = event_day(run.market, run.plan)
    for i, ticker in enumerate(found.tickers):
        at = run.market.column(ticker)
        before, opening, close = run.market.close[row - 1, at], run.market.open[row, at], run.market.close[row, at]
        assert found.whole[i] == pytest.approx(close / before - 1)
        if ticker == "CLOUD":
            assert math.isnan(found.gap[i])
            assert math.isnan(found.session[i])
        else:
            assert found.gap[i] == pytest.approx(opening / before - 1)
            assert (1 + found.gap[i]) * (1 + found.session[i]) == pytest.approx(close / before)
    table = event_day_table(run.market, run.plan)
    assert rows_of(table)["CLOUD"][1:3] == ("\u2013", "\u2013")
    assert rows_of(table)["Trade"][1:3] == ("\u2013", "\u2013")
    assert "Without an open" in table.note


def test_the_trades_gap_and_session_add_up(flagship: TradeRun) -> None:
    gap, session, whole = event_day(flagship.market, flagship.plan).of_trade()
    assert gap + session == pytest.approx(whole, abs=1e-15)
    assert gap > 0.05  # the reported gap of the flagship's event


def test_weights_at_entry_and_exit(run: TradeRun, stuck: TradeRun) -> None:
    shown = rows_of(weights_table(run))
    at = run.market.session_index("2026-07-14"), run.market.column("ACME")
    shares = float(run.positions.query("ticker == 'ACME'")["shares"].iloc[0])
    assert value(shown["ACME"][3]) == pytest.approx(
        shares * run.market.close[at] / run.nav["nav_close"].iloc[-1], abs=0.00006
    )
    assert shown["LATE"][1] == "\u221225.00%"
    assert value(shown["Net"][1]) == 0.0
    assert value(shown["Gross"][1]) == 1.0
    assert rows_of(weights_table(stuck))["LATE"][3] == "\u2013"


def test_small_capitals_show_cents() -> None:
    run = run_invented(invented_market(), capital=1_000.0)
    assert rows_of(tables.headline_table(run))["Final NAV"][0] == f"{run.backtest.final_nav:,.2f} USD"
