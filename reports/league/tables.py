"""The tables of a league of hedges, for the terminal and for the page."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from hedgebook.strategies.league.measures import stress_betas
from hedgebook.strategies.league.run import HedgeLeague
from hedgebook.strategies.run.run import TradeRun
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Table, columns

BEST = "*"
MARKED = f"{BEST}: best of its column."


def _percent_1(value: float) -> str:
    return percent(value, 1)


# Column of the league's table, heading, and how a value is written.
ONE: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("ratio", "Ratio", number),
    ("total_return", "Return", percent),
    ("volatility_annual", "Vol.", _percent_1),
    ("max_drawdown", "Drawdown", _percent_1),
    ("worst_session", "Worst", _percent_1),
    ("turnover", "Traded", number),
    ("cost_frac", "Cost", percent),
)
POOLED: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("events", "Events", count),
    ("mean_return", "Mean", percent),
    ("hits", "Hits", count),
    ("worst_return", "Worst", _percent_1),
    ("mean_volatility", "Vol.", _percent_1),
    ("worst_drawdown", "Drawdown", _percent_1),
    ("mean_cost_frac", "Cost", percent),
)


def league_table(league: HedgeLeague) -> Table:
    """One row for each method: of the one event, or pooled over several; the best of each column marked."""
    several = len(league.events) > 1
    shown = POOLED if several else ONE
    table = league.table
    rows = tuple(
        (str(method), *(_marked(league, str(method), name, write(_value(row, name))) for name, _, write in shown))
        for method, row in table.iterrows()
    )
    if several:
        note = (
            "Return: of capital, net. Hits: events with a gain. Worst: lowest return; drawdown: deepest of any event. "
            f"Vol.: mean annual volatility. Cost: mean, of capital. {MARKED}"
        )
        title = f"Hedges over {counted(int(table['events'].max()), 'event')}"
    else:
        note = (
            "Ratio: USD short per USD long. Vol.: annual. Worst: session. Traded, cost: over capital, cost without "
            f"interest. {MARKED}"
        )
        title = "Hedges side by side"
    return Table(title, columns("Method", *(heading for _, heading, _ in shown)), rows, note)


def _marked(league: HedgeLeague, method: str, name: str, text: str) -> str:
    # Before the number, so that the digits of a column stand under one another.
    return f"{BEST}{text}" if method in league.best.get(name, ()) else text


def _value(row: pd.Series[float], name: str) -> float:
    return float(row[name]) if name in row and row[name] is not None else math.nan


def effectiveness_table(league: HedgeLeague) -> Table:
    """How much variance of the long leg each hedge took away, and the short leg that did it."""
    if len(league.events) > 1:
        pooled = tuple(
            (str(m), _marked(league, str(m), "median_effectiveness", percent(float(e), 1)), number(float(t)))
            for m, e, t in league.pooled[["median_effectiveness", "mean_turnover"]].itertuples()
        )
        note = (
            "Effectiveness: 1 - Var(trade) / Var(long leg alone) of daily P&L before costs while the trade ran; "
            f"median over the events. Negative: the hedge added variance. {MARKED}"
        )
        return Table("Hedge effectiveness", columns("Method", "Effectiveness", "Traded/capital"), pooled, note)
    table = league.table
    rows = tuple(
        (
            str(method),
            _marked(league, str(method), "effectiveness_before", _percent_1(_value(row, "effectiveness_before"))),
            _marked(league, str(method), "effectiveness_during", _percent_1(_value(row, "effectiveness_during"))),
            _short_leg(league, str(method)),
        )
        for method, row in table.iterrows()
    )
    note = (
        "Effectiveness: 1 - Var(trade) / Var(long leg alone) of daily returns before costs; before: entry weights over "
        f"the {league.trade.lookback} sessions up to the news. Negative: the hedge added variance. Short leg: cents "
        f"short per dollar long, negative is bought. {MARKED}"
    )
    made = columns("Method", "Before", "During", "Short leg")
    return Table("Hedge effectiveness and short leg", (*made[:3], *columns("Short leg")), rows, note)


def _short_leg(league: HedgeLeague, method: str) -> str:
    part = league.weights[league.weights["method"] == method]
    pairs = zip(part["ticker"], part["weight"], strict=True)
    return ", ".join(f"{ticker} {number(100 * weight, 1)}" for ticker, weight in pairs) or UNDEFINED


def residual_table(league: HedgeLeague, when: str) -> Table:
    """Beta and t-statistic on each factor, "before" the news or "during" the trade; for one event."""
    title = f"Exposure left {'before the news' if when == 'before' else 'during the trade'}"
    factors = league.runs[0].exposures.factors
    rows = []
    for method, row in league.table.iterrows():
        pairs = [(_value(row, f"{factor}_{when}_beta"), _value(row, f"{factor}_{when}_tstat")) for factor in factors]
        rows.append((str(method), *(_beta_and_t(beta, t) for beta, t in pairs)))
    found = [getattr(run.exposures, when) for run in league.runs]
    known = next((x for x in found if x is not None), None)
    if known is None:
        return Table(title, columns("Method", *factors), (), f"{title}: not known, too few sessions or no factors.")
    note = (
        f"Beta in units of NAV and, in brackets, its Newey-West t-statistic; {known.sessions} sessions, {known.first} "
        f"to {known.last}."
    )
    return Table(title, columns("Method", *factors), tuple(rows), note)


def _beta_and_t(beta: float, tstat: float) -> str:
    return f"{number(beta)} ({number(tstat, 1)})" if math.isfinite(beta) else UNDEFINED


def stress_table(league: HedgeLeague) -> Table:
    """Market beta of the entry weights on all, down and worst days before the news; for one event."""
    rows, notes = [], []
    for run in league.runs:
        found = stress_betas(run)
        if found is not None:
            cells = [f"{number(b)} ± {number(e)}" for b, e in found[["beta", "stderr"]].itertuples(index=False)]
            rows.append((_method(run), cells[0], cells[2], cells[3]))
            notes = [int(n) for n in found["sessions"]]
    names = ("Method", "All days", "Down days", "Worst 5% of days")
    if not rows:
        return Table("Market beta on bad days", columns(*names), (), "")
    note = (
        f"Of the entry weights before the news, ± one standard error: {notes[0]} sessions, {notes[2]} on which the "
        f"market fell, its {notes[3]} worst. Tails of few days: read the beta with its error."
    )
    return Table("Market beta on bad days", columns(*names), tuple(rows), note)


def league_pnl_table(league: HedgeLeague) -> Table:
    """P&L by factor of each method, in percent of capital: of the one event, or the mean over several."""
    title = "P&L by factor"
    mean = mean_factor_pnl(league)
    if mean.empty:
        return Table(title, columns("Method"), (), "Not split: the factor proxies have too little history.")
    mean = mean.assign(costs=mean["costs"] + mean["interest"]).drop(columns="interest")
    rows = tuple(
        (str(m), *(percent(float(x)) for x in row)) for m, row in zip(mean.index, mean.to_numpy(), strict=True)
    )
    over = "Mean over the events, " if len(league.events) > 1 else "In "
    note = (
        f"{over}percent of capital. Betas known before the news times factor returns; what they do not explain is "
        "specific. Costs with interest. The parts of a row add up to its total."
    )
    return Table(title, columns("Method", *(str(name).capitalize() for name in mean), keep=("Total",)), rows, note)


def mean_factor_pnl(league: HedgeLeague) -> pd.DataFrame:
    """Rows by method, columns factors, specific, costs, interest, total; fractions of capital."""
    table = league.factor_pnl
    if table.empty:
        return table
    return table.drop(columns="event").groupby("method", sort=False).mean()


def events_table(league: HedgeLeague) -> Table:
    """Return of every method on every event."""
    methods = [method.value for method in league.methods]
    table = league.by_event.pivot(index="event", columns="method", values="total_return")
    rows = tuple((event.id, *(percent(float(table[name][event.id]), 1) for name in methods)) for event in league.events)
    return Table(
        "Return by event", columns("Event", *methods), rows, f"{UNDEFINED}: could not be run, for the reason given."
    )


def _method(run: TradeRun) -> str:
    return run.plan.hedge.method.value
