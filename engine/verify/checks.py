"""Whether the frames of a saved run agree with one another: fills, positions, P&L and NAV."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..account.margin import MarginRules
from ..arrays import Floats
from ..kernels.book.records import Booked, columns
from ..risk.metrics import ruin_levels, simple_returns
from .frames import TRADING_COSTS, SavedFrames
from .gaps import cumulative_size, gap, of_cells, of_rows, of_sessions

FILL_KEYS = ("ticker", "session", "mark")
FEES, CONCESSIONS = columns(Booked.FEE), columns(Booked.CONCESSION)


def frame_gaps(run: SavedFrames) -> tuple[str, ...]:
    """What disagrees among the frames of a run, a sentence each with file, place and both values.

    Every figure is worked out anew from others: shares and cash from fills, values from shares and prices, NAV from
    cash and values, P&L from shares and prices, costs of P&L from those of the fills. Not contradicted by anything in
    the folder are `reason` of a fill, and the requirement of an account with margin rules of its own.
    """
    return (
        *_fill_gaps(run),
        *_position_gaps(run),
        *_nav_gaps(run),
        *(_pnl_gaps(run) if run.pnl is not None else ()),
        *_requirement_gaps(run),
    )


def _fill_gaps(run: SavedFrames) -> tuple[str, ...]:
    fills = run.fills
    place = of_rows(fills, *FILL_KEYS)
    conceded = fills["shares"] * (fills["price"] - fills["reference"])
    size = (fills["shares"] * fills["price"]).abs() + fills["cost"].abs()
    found = [
        *gap(
            f"fills.parquet: {' + '.join(CONCESSIONS)}",
            fills[CONCESSIONS].sum(axis=1),
            conceded,
            "shares times (price - reference)",
            scale=size,
            place=place,
        ),
        *gap(
            "fills.parquet: cost",
            fills["cost"],
            fills[TRADING_COSTS].sum(axis=1),
            " + ".join(TRADING_COSTS),
            scale=fills["cost"].abs() + fills[TRADING_COSTS].abs().sum(axis=1),
            place=place,
        ),
    ]
    for name in TRADING_COSTS:
        if (below := np.flatnonzero(fills[name] < 0)).size:
            value = fills[name].iloc[below[0]]
            found.append(f"fills.parquet: {name} {place(int(below[0]))} is {value:.10g}, below 0")
    if "status" in fills and (odd := np.flatnonzero(fills["status"] != "filled")).size:
        row = int(odd[0])
        found.append(f"fills.parquet: status {place(row)} is {fills['status'].iloc[row]!r}, not 'filled'")
    return tuple(found)


def _position_gaps(run: SavedFrames) -> tuple[str, ...]:
    rows = run.positions
    place = of_rows(rows, "ticker", "session")
    t, _ = run.cells(rows)
    nav = run.nav["nav_close"].to_numpy()[t]
    traded = run.table(run.fills, "shares")
    bought = np.cumsum(traded, axis=0)
    if run.actions is not None:
        bought = run.carried(run.table(rows, "shares"))[0] + traded
    moved = np.cumsum(np.abs(run.table(run.fills, "shares")), axis=0)
    value = rows["shares"] * rows["price"]
    return (
        *gap(
            "positions.parquet: shares",
            run.table(rows, "shares").ravel(),
            bought.ravel(),
            f"fills.parquet{' and actions.parquet' if run.actions is not None else ''} adds up to",
            scale=moved.ravel() + np.abs(bought).ravel() if run.actions is not None else moved.ravel(),
            place=of_cells(run.sessions, run.tickers),
        ),
        *gap("positions.parquet: value", rows["value"], value, "shares times price", scale=value, place=place),
        *gap(
            "positions.parquet: weight",
            rows["weight"],
            rows["value"] / nav,
            "value over nav_close of nav.parquet",
            scale=rows["weight"].abs(),
            place=place,
        ),
    )


def _nav_gaps(run: SavedFrames) -> tuple[str, ...]:
    nav, fills = run.nav, run.fills
    place = of_sessions(run.sessions)
    closed = nav["nav_close"].to_numpy()
    paid = _by_session(run, fills.assign(paid=fills["shares"] * fills["price"] + fills[FEES].sum(axis=1)), "paid")
    if run.actions is not None:
        paid = paid + run.carried(run.table(run.positions, "shares"))[2].sum(axis=1)
    size = _by_session(run, fills.assign(size=(fills["shares"] * fills["price"]).abs()), "size")
    financing = (nav["interest"] - nav["borrow"]).to_numpy() + run.flowed
    flows = run.capital + cumulative_size(size + np.abs(financing))
    value = run.positions.assign(size=run.positions["value"].abs())
    gross = _by_session(run, value, "size")
    levels = ruin_levels(np.concatenate([[run.capital], closed]), nav["nav_open"].to_numpy())
    change = simple_returns(levels)  # none after a ruin
    return (
        *gap(
            "nav.parquet: cash",
            nav["cash"],
            run.capital + np.cumsum(financing - paid),
            f"capital, fills, interest{', cash flows' if 'cash_flow' in nav else ''} and borrow leave",
            scale=flows,
            place=place,
        ),
        *gap(
            "nav.parquet: nav_close",
            closed,
            nav["cash"].to_numpy() + _by_session(run, run.positions, "value"),
            "cash and the values of positions.parquet add up to",
            scale=nav["cash"].abs().to_numpy() + gross,
            place=place,
        ),
        *gap("nav.parquet: return", nav["return"], change, "nav_close gives", scale=1.0 + np.abs(change), place=place),
    )


def _pnl_gaps(run: SavedFrames) -> tuple[str, ...]:
    nav = run.nav
    place = of_sessions(run.sessions)
    opened, closed = nav["nav_open"].to_numpy(), nav["nav_close"].to_numpy()
    before = np.concatenate([[run.capital], closed[:-1]])
    gross = _by_session(run, run.positions.assign(size=run.positions["value"].abs()), "size")
    size = run.capital + np.abs(closed) + np.abs(opened) + gross + np.concatenate([[0.0], gross[:-1]])
    night = _cause(run, "overnight") + _cause(run, "borrow") + nav["interest"].to_numpy()
    night = night - _by_session(run, run.marked("open"), "cost")
    day = _cause(run, "intraday") - _by_session(run, run.marked("close"), "cost")
    # At which mark cash flowed is not saved: on such a session only both parts together are known.
    flowed = _cause(run, "cash_flow")
    both, flows = night + day + flowed, flowed != 0.0
    if "exchange" in run.fills:
        # Other exchanges open and close before and after the open that nav_open is of.
        flows = np.ones_like(flows)
    night = np.where(flows, opened - before, night)
    day = np.where(flows, both - night, day)
    found = [
        *gap(
            "nav.parquet: nav_open less the nav_close before",
            opened - before,
            night,
            "overnight and borrow of pnl.parquet, interest and the costs of fills.parquet give",
            scale=size,
            place=place,
        ),
        *gap(
            "nav.parquet: nav_close less nav_open",
            closed - opened,
            day,
            "intraday of pnl.parquet and the costs of fills.parquet give",
            scale=size,
            place=place,
        ),
        *gap(
            "nav.parquet: borrow",
            nav["borrow"],
            0.0 - _cause(run, "borrow"),
            "pnl.parquet has",
            scale=np.abs(nav["borrow"].to_numpy()) + run.capital * 1e-6,
            place=place,
        ),
    ]
    if "cash_flow" in nav or flows.any():
        found += gap(
            "nav.parquet: cash_flow",
            run.flowed,
            flowed,
            "pnl.parquet has",
            scale=np.abs(flowed) + run.capital * 1e-6,
            place=place,
        )
    for name in TRADING_COSTS:
        mine, theirs = run.table(run.of_cause(name), "pnl"), 0.0 - run.table(run.fills, name)
        found += gap(
            f"pnl.parquet: {name}",
            mine.ravel(),
            theirs.ravel(),
            "fills.parquet has",
            scale=np.abs(theirs).ravel(),
            place=of_cells(run.sessions, run.tickers),
        )
    return (*found, *_price_gaps(run), *_group_gaps(run))


def _price_gaps(run: SavedFrames) -> tuple[str, ...]:
    """P&L of prices by ticker and session against shares times their changes.

    The opening price is known where there was a fill at the open; elsewhere only both parts together are.
    """
    held = run.table(run.positions, "shares")
    price = _prices(run, run.positions, "price")
    # A position that was sold at the close is not among those held; its fill says at which price.
    price = np.where(np.isnan(price), _prices(run, run.marked("close"), "reference"), price)
    start = np.zeros((1, held.shape[1]))
    was = np.vstack([start * np.nan, price[:-1]])
    had, _, cost = run.carried(held)
    before = np.vstack([start, held[:-1]])
    # What is held before the open, USD: actions change shares, and what comes or goes is paid for.
    value = np.where(before == 0.0, 0.0, before * was) + cost
    if run.actions is not None:
        was = np.where(had == 0.0, was, value / np.where(had == 0.0, 1.0, had))
    opened = _prices(run, run.marked("open"), "reference")
    traded = ~np.isnan(opened)
    at_open = np.where(traded, opened, was)
    kept = had + run.table(run.marked("open"), "shares")
    # What is held over neither part of the session has no price and needs none.
    night = _times(had, at_open, was) if run.actions is None else np.where(had == 0.0, 0.0, had * at_open) - value
    day = _times(kept, price, at_open)
    size = np.nan_to_num(np.abs(had * was) + np.abs(had * at_open) + np.abs(kept * price) + np.abs(kept * at_open))
    size = size + 1e-9 * run.capital
    mine = {name: run.table(run.of_cause(name), "pnl") for name in ("overnight", "intraday")}
    place = of_cells(run.sessions, run.tickers)
    basis = "shares and prices of positions.parquet and fills.parquet give"
    both = (mine["overnight"] + mine["intraday"]).ravel()
    alone = np.where(traded, night, mine["overnight"]).ravel()
    return (
        *gap("pnl.parquet: overnight", mine["overnight"].ravel(), alone, basis, scale=size.ravel(), place=place),
        *gap(
            "pnl.parquet: overnight and intraday", both, (night + day).ravel(), basis, scale=size.ravel(), place=place
        ),
    )


def _times(shares: Floats, later: Floats, earlier: Floats) -> Floats:
    """(T, N) USD: shares times a change of price, 0 where there are none."""
    return np.where(shares == 0.0, 0.0, shares * (later - earlier))


def _prices(run: SavedFrames, rows: pd.DataFrame, column: str) -> Floats:
    """(T, N): a price, NaN without a row."""
    out = np.full((len(run.sessions), len(run.tickers)), np.nan)
    out[run.cells(rows)] = rows[column]
    return out


def _group_gaps(run: SavedFrames) -> tuple[str, ...]:
    """A ticker belongs to one bucket and one leg."""
    found = []
    for column in ("bucket", "leg"):
        if run.pnl is not None and column in run.pnl:
            names = run.pnl.groupby("ticker")[column].unique()
            found += [
                f"pnl.parquet: {column} of {ticker} is both {values[0]!r} and {values[1]!r}"
                for ticker, values in names.items()
                if len(values) > 1
            ]
    return tuple(found)


def _requirement_gaps(run: SavedFrames) -> tuple[str, ...]:
    """The maintenance requirement against the common rule, in a run that follows it on most of its sessions."""
    if "requirement" not in run.nav:
        return ()
    rows = run.positions
    price, shares = rows["price"].to_numpy(), rows["shares"].to_numpy()
    rule = MarginRules()
    short = np.where(
        price >= rule.low_price_usd,
        np.maximum(rule.maintenance_short_frac * price, rule.short_floor_usd),
        np.maximum(rule.low_frac * price, rule.low_floor_usd),
    )
    each = np.abs(shares) * np.where(shares > 0, rule.maintenance_long_frac * price, short)
    common = _by_session(run, rows.assign(required=each), "required")
    mine = run.nav["requirement"].to_numpy()
    off = not np.any(mine)
    wanted = np.zeros_like(common) if off else common
    agree = np.isclose(mine, wanted, rtol=1e-11, atol=0.0) & (wanted > 0)
    if off or agree.sum() < (wanted > 0).sum() / 2:
        return ()
    place = of_sessions(run.sessions)
    basis = "the positions require by the rule of the other sessions"
    return gap("nav.parquet: requirement", mine, wanted, basis, scale=wanted + 1e-9 * run.capital, place=place)


def _cause(run: SavedFrames, name: str) -> Floats:
    return _by_session(run, run.of_cause(name), "pnl")


def _by_session(run: SavedFrames, rows: pd.DataFrame, column: str) -> Floats:
    """(T,): a column added up by session."""
    total = rows.groupby("session")[column].sum().reindex(run.sessions, fill_value=0.0)
    return np.asarray(total, dtype=np.float64)
