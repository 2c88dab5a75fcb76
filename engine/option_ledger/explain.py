"""Where the P&L of options came from: delta, gamma, vega, theta and carry between two marks, and a stated rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import FLAG, takes

from ..arrays import Flags, Floats, Ints
from ..kernels.book.records import CLOSE, OPEN, Booked, Cause, columns
from ..options.american import american
from ..options.contracts import Contracts
from ..options.european import european

if TYPE_CHECKING:
    from .result import OptionRun

GREEKS = ("delta", "gamma", "vega", "theta", "carry")
OPTION_COLUMNS = (*GREEKS, "rest", "total")
TRADING = tuple(columns(Booked.TRADING))
COLUMNS = ("stock", *GREEKS, "rest", "borrow", "dividends", *TRADING, "interest", "total")
DAYS_A_YEAR = 365.0


@takes(american_style=FLAG, second_order=FLAG)
def explain_moves(
    start: Contracts,
    end: Contracts,
    shares: object,
    days: object,
    *,
    american_style: bool = True,
    second_order: bool = False,
    prices: tuple[Any, Any] | None = None,
) -> pd.DataFrame:
    """P&L of options between two marks by cause, USD, a row a contract: delta, gamma, vega, theta, carry, rest, total.

    start, end: the same contracts at both marks; shares: held, signed, 100 a contract; days: calendar days between.
    Sensitivities are those of the start: delta x move + gamma / 2 x move^2 + vega x change of volatility + theta x
    days / 365 + (rho x change of rate + carry_rho x change of carry), and `rest` is all that these leave. theta is that
    of the whole formula, so the passing of time has carry in it. american_style: False for European options;
    second_order: also vanna and volga, by European formulas. prices: marks at start and end, default
    those of the model. NaN where a term is NaN.
    Raises ParameterError for contracts of another number.
    """
    if len(start) != len(end):
        raise ParameterError("other contracts at the end", where="end", value=len(end), bound=str(len(start)))
    held, passed = (np.broadcast_to(np.asarray(x, dtype=np.float64), len(start)) for x in (shares, days))
    greeks = american(start) if american_style else european(start)
    move, shift = end.spot - start.spot, end.vol_annual - start.vol_annual
    found = {
        "delta": greeks["delta"] * move,
        "gamma": 0.5 * greeks["gamma"] * move**2,
        "vega": greeks["vega"] * shift,
        "theta": greeks["theta_annual"] * passed / DAYS_A_YEAR,
        "carry": greeks["rho"] * (end.rate_annual - start.rate_annual)
        + greeks["carry_rho"] * (end.carry_annual - start.carry_annual),
    }
    if second_order:
        more = european(start)
        found["vanna"] = more["vanna"] * move * shift
        found["volga"] = 0.5 * more["volga"] * shift**2
    if prices is None:
        after = american(end, sensitivities=False) if american_style else european(end)
        prices = (greeks["price"].to_numpy(), after["price"].to_numpy())
    total = np.asarray(prices[1]) - np.asarray(prices[0])
    table = pd.DataFrame({name: np.asarray(value) * held for name, value in found.items()})
    table["rest"] = total * held - table.sum(axis=1, skipna=False)
    table["total"] = total * held
    return table


@dataclass(frozen=True, eq=False)
class Steps:
    """Contracts held between two marks. column: (n,) which; session: (n,) of the end; shares; days; at: (mark, session)
    of both ends."""

    column: Any
    session: Any
    shares: Floats
    days: Floats
    start: Any
    end: Any


def explained(run: OptionRun) -> pd.DataFrame:
    """P&L by session, USD: stock, delta, gamma, vega, theta, carry, rest, borrow, dividends, spread, commission,
    slippage, impact, interest and total, the change of NAV.

    Options are explained from mark to mark, with what is held between two of them. rest: what the sensitivities leave,
    and all of what lies between marks that have no volatility, among it the last session of a contract.
    """
    pnl, stocks = run.record.pnl, len(run.market.tickers)
    causes = {cause: pnl[:, :, cause].sum(axis=1) for cause in run.record.causes}
    moves = run.record.of(Booked.MOVE)
    table = pd.DataFrame(0.0, index=run.sessions, columns=list(COLUMNS))
    table["stock"] = moves[:, :stocks].sum(axis=(1, 2))
    options = moves[:, stocks:].sum(axis=(1, 2))
    steps = steps_of(run)
    if len(steps.column):
        parts = _of_steps(run, steps)
        for name in GREEKS:
            table[name] = np.bincount(steps.session, weights=parts[name].to_numpy(), minlength=len(table))
    table["rest"] = options - table[list(GREEKS)].sum(axis=1)
    table["borrow"] = causes[Cause.BORROW]
    if Cause.CASH_FLOW in causes:
        table["dividends"] = causes[Cause.CASH_FLOW]
    for name in TRADING:
        table[name] = causes[Cause[name.upper()]]
    table["interest"] = run.record.interest
    table["total"] = run.daily_pnl
    return table


def steps_of(run: OptionRun) -> Steps:
    """Every contract between each two marks at which it has a mid and a volatility, while it is held."""
    columns = run.columns
    sessions, count = columns.strike.shape
    order = [mark for mark in run.prices.order.tolist() if mark in (OPEN, CLOSE)]
    held = held_after(run)
    rows: list[tuple[int, int, float, int, int]] = []
    for k in range(count):
        last: int | None = None
        for t in range(max(int(columns.first[k]), 0), min(int(columns.last[k]) + 1, sessions)):
            for mark in order:
                quoted = columns.open if mark == OPEN else columns.close
                if not np.isfinite(quoted.mid[t, k]):
                    continue
                here = 2 * t + mark
                if last is not None and held[last, k] != 0.0:
                    split = columns.strike[last // 2, k] / columns.strike[t, k]
                    rows.append((k, t, held[last, k] * split, last, here))
                last = here if np.isfinite(quoted.vol_annual[t, k]) and quoted.years[t, k] > 0.0 else None
    if not rows:
        nothing = np.zeros(0, dtype=np.int64)
        return Steps(nothing, nothing, np.zeros(0), np.zeros(0), nothing, nothing)
    column, session, shares, start, end = (np.array(x) for x in zip(*rows, strict=True))
    years = np.stack([columns.open.years, columns.close.years], axis=1).reshape(2 * sessions, count)
    days = (years[start, column] - years[end, column]) * DAYS_A_YEAR
    return Steps(column, session, shares, days, start, end)


def held_after(run: OptionRun) -> Floats:
    """(2 T, K): contracts in shares after the fills of each open and close."""
    stocks, lines = len(run.market.tickers), run.record.filled
    closes = run.record.shares[:, stocks:]
    out = np.repeat(closes, 2, axis=0)
    late = lines[(lines["mark"] == CLOSE) & (lines["ticker"] >= stocks)]
    for line in late:
        out[2 * line["session"], line["ticker"] - stocks] -= line["shares"]
    return np.asarray(out)


def _of_steps(run: OptionRun, steps: Steps) -> pd.DataFrame:
    columns = run.columns

    def at(marks: Any, early: Flags | Ints) -> Contracts:
        t, k = marks // 2, steps.column
        quoted = {
            name: np.where(marks % 2 == OPEN, getattr(columns.open, name)[t, k], getattr(columns.close, name)[t, k])
            for name in ("spot", "years", "rate_annual", "carry_annual", "vol_annual")
        }
        # Of the last mark the time that is left may be none: only its spot, volatility, rate and carry are read.
        quoted["years"] = np.maximum(quoted["years"], 1e-9)
        calls = (columns.signs > 0.0)[k]
        terms = Contracts(calls, strike=columns.strike[steps.start // 2, k], **quoted)
        return terms.some(early)

    mids = [
        np.where(m % 2 == OPEN, columns.open.mid[m // 2, steps.column], columns.close.mid[m // 2, steps.column])
        for m in (steps.start, steps.end)
    ]
    ratio = columns.strike[steps.start // 2, steps.column] / columns.strike[steps.end // 2, steps.column]
    style = np.array([one.american for one in columns.contracts], dtype=np.bool_)[steps.column]
    out = pd.DataFrame(0.0, index=range(len(steps.column)), columns=list(OPTION_COLUMNS))
    for american_style in (True, False):
        some = np.flatnonzero(style == american_style)
        if not len(some):
            continue
        start, end = at(steps.start, some), at(steps.end, some)
        # In shares and prices as before a split, so that both ends are of the same contract.
        end = end.but(spot=end.spot * ratio[some])
        unknown = np.isnan(end.vol_annual)
        end = end.but(vol_annual=np.where(unknown, start.vol_annual, end.vol_annual))
        found = explain_moves(
            start, end, steps.shares[some] / ratio[some], steps.days[some], american_style=american_style,
            prices=(mids[0][some], mids[1][some] * ratio[some]),
        )  # fmt: skip
        out.loc[some, list(OPTION_COLUMNS)] = found[list(OPTION_COLUMNS)].fillna(0.0).to_numpy()
    return out
