"""The tables of a run's figures, costs and exposures, as finished text for the terminal and for the HTML report."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.engine.backtest import Booked, causes
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.frictions.costs import TABLES, Costs
from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, day, number, percent, pnl_decimals
from ..page.table import Table, columns
from .pnl.tables import MAX_TICKERS, TRADING

# Tables of costs that the note below the rates puts in words of its own; borrow has a column.
IN_WORDS = ("impact", "borrow", "cash", "liquidity")


def headline_table(run: StrategyRun) -> Table:
    """The figures that a reader asks for first."""
    m, backtest = run.metrics, run.backtest
    cents = pnl_decimals(backtest.capital)
    enough = m.sessions >= FEWEST_FOR_ANNUAL
    rows = (
        ("Total return", percent(backtest.final_nav / backtest.capital - 1.0)),
        ("P&L", f"{number(backtest.final_nav - backtest.capital, cents)} USD"),
        ("Final NAV", f"{number(backtest.final_nav, cents)} USD"),
        ("Costs and interest", f"{number(sum(backtest.costs_paid.values()), cents)} USD"),
        ("Largest drawdown", percent(m.max_drawdown)),
        ("Worst session", percent(m.worst_session)),
        ("Best session", percent(m.best_session)),
        ("Sessions up", percent(m.hit_rate)),
        *((("Growth a year", percent(m.cagr)), *_annual_rows(run)) if enough else ()),
        *(_held_rows(run) if enough and run.trade_plan is None and run.traded else ()),
    )
    note = f"{m.sessions:,} sessions; ± is one standard error." if m.sessions > 1 else "One session."
    note += _undefined(run, rows) + stale_note(backtest)
    return Table("Headline figures", columns("Figure", "Value"), rows, note)


def _undefined(run: StrategyRun, rows: tuple[tuple[str, str], ...]) -> str:
    if not any(value == UNDEFINED for _, value in rows):
        return ""
    reason = run.backtest.no_track
    if reason is not None:
        return f" {UNDEFINED}: not defined. {reason[:1].upper()}{reason[1:]}."
    return f" {UNDEFINED}: not defined for so few sessions, without a move, or without a loss."


def _annual_rows(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    m = run.metrics
    sharpe = number(m.sharpe) if np.isnan(m.sharpe) else f"{number(m.sharpe)} ± {number(m.sharpe_stderr)}"
    return (
        ("Volatility a year", percent(m.volatility_annual)),
        ("Sharpe ± error", sharpe),
        ("Sortino", number(m.sortino)),
        ("Calmar", number(m.calmar)),
    )


def _held_rows(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    """What a strategy that goes on held on average, and what it turned over."""
    held = run.holdings
    return (
        ("Gross, mean", percent(held["gross"].mean(), 1)),
        ("Net, mean", percent(held["net"].mean(), 1)),
        ("Turnover a year", percent(held["turnover"].mean() * SESSIONS_PER_YEAR, 0)),
    )


def annual_table(run: StrategyRun) -> Table:
    """The annual figures of a run with too few sessions for a headline of them; empty where there are enough."""
    m = run.metrics
    if m.sessions >= FEWEST_FOR_ANNUAL:
        return Table("", columns("Figure", "Value"), ())
    sessions = f"{m.sessions} session{'s' if m.sessions != 1 else ''}"
    rows = (("Growth a year", percent(m.cagr, 0)), *_annual_rows(run))
    note = f"As if {sessions} made a year of 252: not what a year would bring. Fewer than {FEWEST_FOR_ANNUAL} sessions."
    return Table(f"Annualised from {sessions}", columns("Figure", "Value"), rows, note + _undefined(run, rows))


def costs_table(run: StrategyRun) -> Table:
    """What was paid, in USD, in basis points of the traded value and of the capital."""
    paid, fills = run.backtest.costs_paid, run.fills
    traded = float((fills["shares"].abs() * fills["reference"]).sum())
    capital = run.backtest.capital

    def line(name: str, amount: float, per_traded: bool) -> tuple[str, ...]:
        of_traded = number(1e4 * amount / traded) if per_traded and traded > 0 else ""
        return name, number(amount), of_traded, number(1e4 * amount / capital)

    rows = [line(cause.label, paid[cause.column], cause in TRADING) for cause in causes(Booked.COST)]
    rows.append(line("Interest", paid["interest"], False))
    rows.append(line("Total", sum(paid.values()), False))
    note = f"Costs {run.backtest.costs.name}; traded {number(traded, 0)} USD; negative: earned."
    if unknown := run.backtest.participation.unknown:
        # Without a volume nothing limits a fill, and impact has nothing to go by.
        note += f" No volume is known of {', '.join(unknown)}: all orders were filled whole, whatever their size."
    return Table("Costs paid", columns("Cost", "USD", "bp of traded", "bp of capital"), tuple(rows), note, totals=1)


def cost_rates_table(run: StrategyRun) -> Table:
    """The rates that the traded tickers were charged."""
    market, costs = run.market, run.backtest.costs
    start = market.session_index(run.backtest.market.sessions[0])
    rates = costs.rates_bps(market, start)
    borrow = costs.borrow_rates(market, start, start + 1)[0]
    at = {ticker: market.column(ticker) for ticker in run.plan.tickers[:MAX_TICKERS]}
    left = len(run.plan.tickers) - len(at)
    shorted = {ticker for ticker, low in run.plan.lowest().items() if low < 0}
    rows = tuple(
        (
            ticker,
            market.bucket_of(ticker) or "other",
            *(number(each[i]) for each in rates.values()),
            percent(borrow[i]) if ticker in shorted else "",
        )
        for ticker, i in at.items()
    )
    names = ("Ticker", "Bucket", *(f"{table_label(name).capitalize()} bp" for name in rates), "Borrow a year")
    impact = f"{number(costs.impact.y)} × volatility × √(order / daily volume)" if costs.impact.y else "none"
    more = "".join(_in_words(costs, name) for name in TABLES if name not in rates and name not in IN_WORDS)
    note = (
        f"Impact: {impact}.{more} Cash earns {percent(costs.cash.rate_annual)} and owes "
        f"{percent(costs.cash.margin_rate_annual)} a year. Calendar days over 360."
    )
    note += f" {counted(left, 'more ticker is', 'more tickers are')} left out here." if left else ""
    return Table(f"Costs assumed: {costs.name}", columns(*names, left=2), rows, note)


def table_label(name: str) -> str:
    """What readers call a table of costs."""
    return {"half_spread": "half-spread", "borrow": "borrow fee", "cash": "interest"}.get(name, name.replace("_", " "))


def _in_words(costs: Costs, name: str) -> str:
    values = getattr(costs, name).model_dump(exclude={"reason"}).items()
    words = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in values)
    return f" {table_label(name).capitalize()}: {words}."


def stale_note(backtest: Backtest) -> str:
    """What stands at an old price in the final NAV, and what that is without it; empty where nothing does."""
    stale = backtest.stale
    if not stale:
        return ""
    names = ", ".join(f"{one.ticker} at the last price of {one.priced_on}" for one in stale)
    cents, low, ends = pnl_decimals(backtest.capital), backtest.nothing_recovered_nav, ""
    if low != backtest.final_nav:
        lost = percent(low / backtest.capital - 1.0)
        ends = f" With recovery 0 the NAV is {number(low, cents)} USD, a return of {lost}."
    if any(one.reopened_on is not None for one in stale):
        ends += f" At the prices at which they came back later it is {number(backtest.reopened_nav, cents)} USD."
    return f" Stale: {names}.{ends}"


def drawdown_table(run: StrategyRun, *, limit: int = 5) -> Table:
    """The deepest drawdowns of the closing NAV, the initial capital included."""
    found = run.drawdowns()
    rows = tuple(
        (
            percent(row["depth"]),
            day(row["peak"]),
            day(row["first_underwater"]),
            day(row["valley"]),
            "not yet" if row["recovery"] is pd.NaT else day(row["recovery"]),
            count(row["sessions_to_valley"]),
            count(row["sessions_to_recovery"]),
            count(row["calendar_days"]),
        )
        for row in found.head(limit).to_dict("records")
    )
    names = ("Depth", "Peak", "First below", "Valley", "Recovery", "Down", "Back", "Days")
    note = "Down, Back: sessions from peak to valley and to recovery. Days: calendar days from the peak."
    if not rows:
        note = "No close was below an earlier one."
    elif len(found) > limit:
        note = f"The {limit} deepest of {len(found)}. {note}"
    return Table("Drawdowns", columns(*names, left=0), rows, note)


def exposure_table(run: StrategyRun) -> Table:
    """Factor betas, Newey-West standard errors and t-statistics, before the news and while the run went on."""
    found, events = run.exposures, run.trade_plan is not None
    windows = [x.to_dict() if x else {} for x in ((found.before, found.during) if events else (found.during,))]
    rows = []
    if any(windows):
        for factor in found.factors:
            cells = [
                number(window[factor][name]) if factor in window else UNDEFINED
                for window in windows
                for name in ("beta", "stderr", "tstat")
            ]
            rows.append((factor, *cells))
    names = ("Factor", "Before", "error", "t", "During", "error", "t") if events else ("Factor", "Beta", "error", "t")
    return Table("Factor exposures", columns(*names), tuple(rows), exposure_note(run))


def exposure_note(run: StrategyRun) -> str:
    """Which sessions the exposures rest on, or why they are missing."""
    parts = []
    during = "During: " if run.trade_plan is not None else ""
    for when, found in (("Before: ", run.exposures.before), (during, run.exposures.during)):
        if found is not None:
            parts.append(
                f"{when}{counted(found.sessions, 'session')} {found.first} to {found.last}, "
                f"R² {number(found.r_squared)}, {found.lags} lags."
            )
    parts += [f"{note[0].upper()}{note[1:]}." for note in run.exposures.notes]
    return " ".join(parts)
