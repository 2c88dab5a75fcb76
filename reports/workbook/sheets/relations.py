"""What follows from what in the tables of results: sums, means and ratios by table and column."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hedgebook.universes.calendar import SESSIONS_PER_YEAR

from ..values import NAME, VALUE
from .live import Live, Sheet, numbers, plain_name
from .sweeps import relate_sets

RULES: tuple[tuple[str, str, str], ...] = (
    # All sets of a sweep.
    ("All_sets", "total_return", "final_nav / capital - 1"),
    ("All_sets", "cagr", "(1 + total_return) ** (sessions_per_year / sessions) - 1"),
    ("All_sets", "calmar", "cagr / -max_drawdown"),
    ("All_sets", "sortino", "sharpe * volatility_annual / downside_deviation_annual"),
    *(
        ("overfitting", f"haircut_{how}_haircut_frac", f"1 - haircut_{how}_haircut_sharpe / sharpe")
        for how in ("bonferroni", "holm", "bhy")
    ),
    ("plateau", "share", "mean / value"),
    # A hedge method by event.
    ("runs", "total_return", "total"),
    ("pooled", "events", "count(runs.total_return, method=method)"),
    ("pooled", "mean_return", "mean(runs.total_return, method=method)"),
    ("pooled", "mean_volatility", "mean(runs.volatility_annual, method=method)"),
    ("pooled", "mean_turnover", "mean(runs.turnover, method=method)"),
    ("pooled", "mean_cost_frac", "mean(runs.cost_frac, method=method)"),
    # Two tracks side by side.
    ("own_dates", "calmar", "cagr / -max_drawdown"),
    ("differences", "low", "difference - 1.959963984540054 * stderr"),
    ("differences", "high", "difference + 1.959963984540054 * stderr"),
    ("differences", "p_value", "normal_p(difference / stderr)"),
    # An event study.
    ("windows", "t", "car / standard_error"),
    ("groups", "caar", "mean(windows.car, window=window, bucket=group)"),
    ("groups", "caar", "mean(windows.car, window=window)"),
    ("groups", "bhaar", "mean(windows.bhar, window=window, bucket=group)"),
    ("groups", "bhaar", "mean(windows.bhar, window=window)"),
    ("groups", "tickers", "count(windows.car, window=window, bucket=group)"),
    ("groups", "tickers", "count(windows.car, window=window)"),
    ("path", "caar", "running(aar, group)"),
    ("split", "remainder", "abnormal - gap_abnormal - tradable_abnormal"),
    ("split", "return", "(1 + gap_return) * (1 + tradable_return) - 1"),
    # A trade on many events.
    ("events", "return", "pnl / capital"),
    ("statistics", "events_traded", "count(events.return_)"),
    ("statistics", "mean", "mean(events.return_)"),
    ("statistics", "mean_of_clusters", "mean(events.return_)"),
    ("statistics", "naive_error", "stdev(events.return_) / root(events_traded)"),
    ("statistics", "standard_error", "stdev(events.return_) / root(events_traded)"),
    ("statistics", "t", "mean / standard_error"),
    ("statistics", "p_value", "student_p(t, clusters - 1)"),
    ("statistics", "low", "mean - student_at(0.05, clusters - 1) * standard_error"),
    ("statistics", "high", "mean + student_at(0.05, clusters - 1) * standard_error"),
    ("statistics", "hit_rate_hits", "above_zero(events.return_)"),
    ("statistics", "hit_rate_events", "count(events.return_)"),
    ("statistics", "hit_rate_rate", "hit_rate_hits / hit_rate_events"),
    ("statistics", "worst_return", "lowest(events.return_)"),
    ("statistics", "leave_one_out_low", "(sum(events.return_) - highest(events.return_)) / (events_traded - 1)"),
    ("statistics", "leave_one_out_high", "(sum(events.return_) - lowest(events.return_)) / (events_traded - 1)"),
    ("statistics", "book_pnl", "last(account.nav) - capital"),
    ("statistics", "book_return", "book_pnl / capital"),
    # What is left at each capital.
    ("curve", "net_return", "gross_return - lost_to_limits - lost_to_costs"),
    ("curve", "share_eaten", "lost_to_costs / (gross_return - lost_to_limits)"),
    # Risk of what is held.
    ("var", "tail_sessions", "sessions * (1 - confidence)"),
    *(
        rule
        for kind in ("var", "es")
        for rule in (
            ("by_position", f"component_{kind}", f"weight * marginal_{kind}"),
            ("by_position", f"share_{kind}", f"component_{kind} / last(component_{kind})"),
        )
    ),
    ("scenarios_tickers", "pnl_usd", "value_usd * move_frac - borrow_usd - buy_in_usd"),
    ("replays_result_tickers", "pnl_usd", "value_usd * move_frac - borrow_usd - buy_in_usd"),
    ("scenarios", "pnl_usd", "sum(scenarios_tickers.pnl_usd, name=name)"),
    ("scenarios", "pnl_frac", "pnl_usd / nav_usd"),
    ("replays", "pnl_usd", "sum(replays_result_tickers.pnl_usd, event=event)"),
    ("replays", "pnl_frac", "pnl_usd / nav_usd"),
    # A hedged book.
    ("pnl", "together", "book + hedge + trading + borrow + interest"),
    ("windows", "together", "book + hedge + trading + borrow + interest"),
    ("windows", "hedge_effectiveness", "1 - (volatility_hedged / volatility_book) ** 2"),
    ("windows", "capital", "net + cash"),
    ("worst_days", "together", "book + hedge"),
)
# Columns that are the sum of those left of them.
TOTALS = (("runs", "total"), ("pooled", "total"))
# Where a number that rules take stands in a list of figures: the table and the name.
KNOWN = (
    ("capital", "strategy", "trade_capital"), ("capital", "strategy", "capital"), ("capital", "parameters", "capital"),
    ("nav_usd", "positions", "nav_usd"),
)  # fmt: skip


def relate(
    sheets: Mapping[str, Sheet], values: Mapping[str, Any], stands: Mapping[str, tuple[float, str]] | None = None
) -> Live:
    """The tables of a workbook, in which every figure that follows from others is a formula.

    values: its scalars; stands: those of them that a sheet of its own shows, each with its cell.
    """
    live = Live(sheets, {**(stands or {}), **constants(sheets)})
    relate_sets(live, str(values.get("metric")))
    _tests(live)
    _sum_of_rows(live, "by_position", "ticker", "book")
    for table, target, expression in RULES:
        live.rule(table, target, expression)
    for table, target in TOTALS:
        live.total(table, target)
    live.link("best_sets", "All_sets", "set")
    _best(live)
    return live


def _sum_of_rows(live: Live, table: str, key: str, name: str) -> None:
    """Let the last row of a table be the sums of those above, wherever they are what stands there."""
    sheet = live.get(table)
    if sheet is None or len(sheet.frame) < 2 or key not in sheet.frame.columns or sheet.frame[key].iloc[-1] != name:
        return
    last = len(sheet.frame) - 1
    for head in sheet.frame.columns:
        values = numbers(sheet.frame[head])
        if math.isclose(math.fsum(values[:last]), values[last], rel_tol=1e-9, abs_tol=1e-12):
            sheet.put(head, last, f"SUM({sheet.grid.span(head, 0, last, local=True)})")


def constants(sheets: Mapping[str, Sheet]) -> dict[str, tuple[float, str]]:
    """Numbers that rules take, with the cell that holds each."""
    found: dict[str, tuple[float, str]] = {"sessions_per_year": (float(SESSIONS_PER_YEAR), str(SESSIONS_PER_YEAR))}
    for name, table, figure in KNOWN:
        sheet = Live(sheets).get(table)
        if sheet is None or not sheet.is_list or name in found:
            continue
        for row, label in enumerate(sheet.frame[NAME]):
            value = float(numbers([sheet.frame[VALUE].iloc[row]])[0])
            if plain_name(str(label)) == figure and value == value:
                found[name] = (value, sheet.grid.cell(VALUE, row))
    return found


def _tests(live: Live) -> None:
    """The t-statistic of a group and its p-value, from the group's mean and standard error."""
    tests, groups = live.get("tests"), live.get("groups")
    if tests is None or groups is None or "window" not in tests.frame.columns or "caar" not in groups.frame.columns:
        return
    places = {(w, g): k for k, (w, g) in enumerate(zip(groups.frame["window"], groups.frame["group"], strict=True))}
    cell, here, frame = groups.grid.cell, tests.grid.here, tests.frame
    for k, (window, group, test) in enumerate(zip(frame["window"], frame["group"], frame["test"], strict=True)):
        row = places.get((window, group))
        if row is None or test not in ("portfolio", "ticker"):
            continue
        mean, error = (float(groups.frame[name].iloc[row]) for name in ("caar", "standard_error"))
        there: Any = frame["statistic"].iloc[k]
        if error and there is not None and abs(mean / error - there) <= 1e-9 * abs(there):
            tests.put("statistic", k, f"{cell('caar', row)}/{cell('standard_error', row)}")
            tests.put("p_value", k, f"TDIST(ABS({here('statistic', k)}),{here('df', k)},2)")


def _best(live: Live) -> None:
    """The figures of the best set are those of its row."""
    best, sets = live.get("best"), live.get("All_sets")
    if best is None or sets is None or not best.is_list:
        return
    told = dict(zip(best.frame[NAME], best.frame[VALUE], strict=True))
    rows = [k for k, number in enumerate(sets.frame["set"]) if number == told.get("set")]
    for k, (name, value) in enumerate(told.items()):
        head = str(name).rpartition("metrics.")[2]
        if rows and head in sets.frame.columns and isinstance(value, float) and sets.frame[head].iloc[rows[0]] == value:
            best.put(VALUE, k, sets.grid.cell(head, rows[0]))
