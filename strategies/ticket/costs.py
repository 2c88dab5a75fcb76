"""What a planned trade is expected to cost by cause, and how far off that may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.arrays import Flags, Floats
from hedgebook.engine.backtest import Cause
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.exchanges.money import held_currencies
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.recorded import COST_CAUSES
from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from .entry import is_entry
from .known import counted_days
from .planned import Planned

# How often the band holds what comes, and of what the past would have cost the part that it is made of: the least of
# those tried that holds 90 % over the events of the shipped library. Set on one half of the events and held against the
# other, as benchmarks.ticket does, such bands hold more than what is stated.
COVERAGE, PAST_FRAC = 0.80, 0.99
# No band is wider than this part of the cost itself: a wider one is narrowed towards the expected cost.
MOST_WIDTH_FRAC = 0.5
NO_ORDER = "no order can be filled"
# Sessions back that a comparison may begin, and the fewest of them that a band is made of.
ANCHORS, LEAST_ANCHORS = 500, 30
BORROW, IMPACT = "borrow", "impact"
# The square-root law charges a share of the value that grows with its root.
IMPACT_POWER = 1.5
# Fees of shorts accrue by calendar day over 360; sessions are 1.45 calendar days apart on average.
DAYS_A_SESSION, YEAR_DAYS = 365.0 / 252.0, 360.0
NOT_NETTED: Mapping[str, float] = MappingProxyType({})


@brief
@dataclass(frozen=True, eq=False)
class ExpectedCosts:
    """Costs in USD, positive.

    table: by cause and in total: entry_usd, later_usd (until the planned end, borrow among it), total_usd, low_usd and
    high_usd (of each, NaN where too little history is known; those of the total are the band); by_session: (life,) paid
    up to each close; interest_usd: that the account's cash earns over the life, which is no cost; coverage: how often
    the band holds what is paid; anchors: past sessions behind it; note: what the band rests on, or why there is none;
    past_usd: (anchors,) what the plan would have cost from each of these on.
    """

    table: pd.DataFrame
    by_session: Floats
    interest_usd: float
    coverage: float
    anchors: int
    note: str
    past_usd: Floats


@dataclass(frozen=True, eq=False)
class _Parts:
    """(C, N) USD by cause and ticker, of the first orders and of all later ones; borrow is a later one."""

    tickers: tuple[str, ...]
    entry: Floats
    later: Floats


def expected_costs(planned: Planned, costs: Costs, short_frac: Mapping[str, float] = NOT_NETTED) -> ExpectedCosts:
    """The costs of a plan where prices stand still, and the band of what the same plan would have cost had it begun on
    any of the last 500 sessions that ended by the close of the ticket.

    short_frac: of the shares that the plan sells of a ticker, the part by which the account is short after it; on the
    rest, which is sold from holdings, there is no fee. A ticker that is left out: all of them.
    """
    run = planned.run
    fills = run.fills
    first = _first_fills(planned, fills)
    parts = _parts(run, fills, first, short_frac)
    totals = _past_totals(planned.known, costs, parts, len(run.sessions))
    table = pd.DataFrame(index=pd.Index([*COST_CAUSES, "total"], name="cause"))
    for name, values in (("entry_usd", parts.entry), ("later_usd", parts.later)):
        by_cause = values.sum(axis=1)
        table[name] = [*by_cause.tolist(), float(by_cause.sum())]
    table["total_usd"] = table["entry_usd"] + table["later_usd"]
    low, high = _bands(totals, float(table["total_usd"]["total"]))
    table["low_usd"], table["high_usd"] = low, high
    found = 0 if totals is None else totals.shape[1]
    note = (
        f"the middle {PAST_FRAC:.0%} of what the same plan would have cost from each of {found:,} earlier sessions on, "
        f"at most {MOST_WIDTH_FRAC:.0%} of the cost wide, which holds what comes {COVERAGE:.0%} of the time or more"
        if totals is not None
        else NO_ORDER
        if not parts.tickers
        else f"fewer than {LEAST_ANCHORS} earlier stretches of this length are known: no band"
    )
    past = np.zeros(0) if totals is None else np.asarray(totals.sum(axis=0))
    interest = float(run.nav["interest"].sum()) + _earned_abroad(run)
    return ExpectedCosts(table, _by_session(planned, parts, first, short_frac), interest, COVERAGE, found, note, past)


def with_options(costs: ExpectedCosts, entry_usd: Mapping[str, float], later_usd: Mapping[str, float]) -> ExpectedCosts:
    """The same with what orders in options cost by cause, USD, at quotes that stand still: they are no part of the
    width of the band."""
    table = costs.table.copy()
    for name, paid in (("entry_usd", entry_usd), ("later_usd", later_usd)):
        for cause, usd in paid.items():
            for at in (cause, "total"):
                for column in (name, "total_usd", "low_usd", "high_usd"):
                    table.loc[at, column] = float(table[column][at]) + usd
    entry, later = sum(entry_usd.values()), sum(later_usd.values())
    by_session = costs.by_session + entry
    by_session[-1] += later
    alone = "options at their quotes, premiums without interest"
    note = f"no orders in shares, so no band; {alone}" if costs.note == NO_ORDER else f"{costs.note}; {alone}"
    return replace(costs, table=table, by_session=by_session, past_usd=costs.past_usd + entry + later, note=note)


def _earned_abroad(run: Backtest) -> float:
    """USD that money in other currencies earns, below zero where it is owed; what debt costs beyond that is a fee."""
    causes, columns = run.record.causes, list(held_currencies(run).values())
    flows = [n for n, cause in enumerate(causes) if cause == Cause.CASH_FLOW]
    return float(run.record.pnl[:, columns][:, :, flows].sum()) if columns and flows else 0.0


def _first_fills(planned: Planned, fills: pd.DataFrame) -> Flags:
    """(F,): the fills that enter the trade: of the first session, or over several exchanges the first of each ticker
    that it enters by."""
    if not len(fills):
        return np.zeros(0, dtype=np.bool_)
    if planned.known.venues is None:
        return np.asarray(fills["session"] == fills["session"].min(), dtype=np.bool_)
    return is_entry(planned, fills)


def _parts(run: Backtest, fills: pd.DataFrame, first: NDArray[np.bool_], short_frac: Mapping[str, float]) -> _Parts:
    """The costs of a run by cause and ticker. Later impact is that of the first order of the ticker, by the square-root
    law: where prices stand still volatility would fade, and the impact with it."""
    tickers = tuple(dict.fromkeys(fills["ticker"].astype(str)))
    at = {ticker: i for i, ticker in enumerate(tickers)}
    shape = (len(COST_CAUSES), len(tickers))
    entry, later = np.zeros(shape), np.zeros(shape)
    value = (fills["shares"].abs() * fills["reference"]).to_numpy()
    rows = [at[ticker] for ticker in fills["ticker"].astype(str)]
    bought = np.zeros(len(tickers))
    for n, i in enumerate(rows):
        bought[i] += value[n] if first[n] else 0.0
    for c, cause in enumerate(COST_CAUSES):
        if cause == BORROW:
            continue
        paid = fills[cause].to_numpy()
        for n, i in enumerate(rows):
            if first[n]:
                entry[c, i] += paid[n]
        for n, i in enumerate(rows):
            if not first[n]:
                grown = entry[c, i] * (value[n] / bought[i]) ** IMPACT_POWER if bought[i] > 0.0 else paid[n]
                later[c, i] += grown if cause == IMPACT else paid[n]
    long = run.pnl_long
    fees = long[long["cause"] == BORROW].groupby("ticker")["pnl"].sum()
    for ticker, pnl in fees.items():
        if ticker in at:
            later[COST_CAUSES.index(BORROW), at[str(ticker)]] -= float(pnl) * short_frac.get(str(ticker), 1.0)
    return _Parts(tickers, entry, later)


def _by_session(planned: Planned, parts: _Parts, first: Flags, short_frac: Mapping[str, float]) -> Floats:
    """(life,) USD paid up to each close: the first orders when they are filled, borrow night by night, the rest when it
    comes. Of several exchanges the first counts the sessions."""
    run = planned.run
    sessions = len(run.sessions)
    out = np.zeros(sessions)
    fills = run.fills
    value = (fills["shares"].abs() * fills["reference"]).to_numpy()
    when = run.sessions.get_indexer(pd.DatetimeIndex(fills["session"]))
    start = int(when.min()) if len(when) else 0
    entered = first if planned.known.venues is not None else np.zeros(len(fills), dtype=np.bool_)
    if entered.any():
        np.add.at(out, when[entered], parts.entry.sum() * value[entered] / value[entered].sum())
    else:
        out[0] = parts.entry.sum()
    out += run.nav["borrow"].to_numpy() if not short_frac else _fees(run, short_frac)
    trading = parts.later.sum() - parts.later[COST_CAUSES.index(BORROW)].sum()
    after = (when > start) & ~entered
    if after.any():
        np.add.at(out, when[after], trading * value[after] / value[after].sum())
    paid = np.asarray(np.cumsum(out)[start : start + planned.life])
    if planned.known.venues is None:
        return paid
    days = counted_days(run.market, start, sessions)[: planned.life]
    return np.asarray(np.cumsum(out)[days if len(days) else [sessions - 1]])


def _fees(run: Backtest, short_frac: Mapping[str, float]) -> Floats:
    """(T,) USD of fees by session, of each ticker on the part that the account is short of."""
    long = run.pnl_long
    paid = long[long["cause"] == BORROW]
    part = np.array([short_frac.get(str(ticker), 1.0) for ticker in paid["ticker"]], dtype=np.float64)
    out = np.zeros(len(run.sessions))
    np.subtract.at(out, run.sessions.get_indexer(pd.DatetimeIndex(paid["session"])), paid["pnl"].to_numpy() * part)
    return out


def _past_totals(known: Market, costs: Costs, parts: _Parts, sessions: int) -> Floats | None:
    """(C, A): what each cause would have come to from each of A earlier closes on, None where too few are known."""
    rows = len(known.sessions)
    # A plan from the close `a` on trades first in session a + 1, and last in session a + sessions.
    last = rows - 1 - sessions
    starts = np.arange(max(1, last - ANCHORS + 1), last + 1)
    if len(starts) < LEAST_ANCHORS or not parts.tickers:
        return None
    columns = [known.column(ticker) for ticker in parts.tickers]
    first = int(starts[0])
    close = pd.DataFrame(known.close[first:, columns]).ffill().to_numpy()
    opens = known.open[first:, columns]
    at = starts - first
    base, end = close[at], close[at + sessions]
    mean = pd.DataFrame(close).rolling(sessions).mean().to_numpy()[at + sessions]
    coefficient = np.broadcast_to(costs.impact.coefficients(known, first, rows), (rows - first, len(known.tickers)))[
        :, columns
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(np.isfinite(opens[at + 1]), opens[at + 1], close[at + 1]) / base
        moved, average, harder = end / base, mean / base, coefficient[at + sessions] / coefficient[at + 1]
    known_at = np.isfinite(moved).any(axis=1) & np.isfinite(average).any(axis=1)
    if known_at.sum() < LEAST_ANCHORS:
        return None
    gap, moved, average, harder = (_filled(x[known_at]) for x in (gap, moved, average, harder))
    out = np.empty((len(COST_CAUSES), int(known_at.sum())))
    for c, cause in enumerate(COST_CAUSES):
        scale = average if cause == BORROW else moved**IMPACT_POWER * harder if cause == IMPACT else moved
        out[c] = gap @ parts.entry[c] + scale @ parts.later[c]
    return out


def _filled(ratios: Floats) -> Floats:
    """(A, N) with the mean of the other tickers where one is unknown, 1 where all are."""
    known = np.isfinite(ratios)
    counts = known.sum(axis=1)
    means = np.where(known, ratios, 0.0).sum(axis=1) / np.maximum(counts, 1)
    return np.where(known, ratios, np.where(counts > 0, means, 1.0)[:, None])


def _bands(totals: Floats | None, expected_usd: float) -> tuple[list[float], list[float]]:
    """Where the middle of the past lies of each cause, and the band of the total."""
    if totals is None:
        nothing = [float("nan")] * (len(COST_CAUSES) + 1)
        return nothing, nothing
    tail = (1.0 - PAST_FRAC) / 2.0
    low, high = np.quantile(totals, (tail, 1.0 - tail), axis=1)
    least, most = band(totals.sum(axis=0), expected_usd)
    return [*low.tolist(), least], [*high.tolist(), most]


def band(past_usd: Floats, expected_usd: float, past_frac: float = PAST_FRAC) -> tuple[float, float]:
    """The middle `past_frac` of past costs (A,), narrowed towards the expected one where it is too wide; USD."""
    tail = (1.0 - past_frac) / 2.0
    low, high = (float(one) for one in np.quantile(past_usd, (tail, 1.0 - tail)))
    most = MOST_WIDTH_FRAC * abs(expected_usd)
    kept = min(1.0, most / (high - low)) if high > low else 1.0
    return expected_usd - (expected_usd - low) * kept, expected_usd + (high - expected_usd) * kept


def held_costs_usd(
    market: Market, row: int, tickers: tuple[str, ...], values_usd: Floats, costs: Costs, sessions: int
) -> Floats:
    """(sessions,) of costs paid up to each close: the entry in the first, the exit in the last, fees of shorts between.

    By what was known at the close of row `row`: spread, slippage, commission, impact of one order a ticker.
    """
    at = [market.column(ticker) for ticker in tickers]
    notional = np.abs(values_usd)
    bps = sum(rates[at] for rates in costs.rates_bps(market, row).values())
    impact = costs.impact.charged(market, row, row + 1)[0][at]
    one_way = float((notional * bps / 1e4 + impact * notional**1.5).sum())
    fees = costs.borrow_rates(market, row, row + 1)[0][at]
    nightly = float((np.where(values_usd < 0.0, notional, 0.0) * fees).sum()) * DAYS_A_SESSION / YEAR_DAYS
    paid = np.asarray(one_way + nightly * np.arange(sessions), dtype=np.float64)
    paid[-1] += one_way
    return paid
