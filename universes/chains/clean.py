"""Which rows of a snapshot are quotes: the rest is left out and counted by reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..arrays import Flags, Floats
from .chain import Snapshot

# Volatilities below and above these are what vendors write where they found none.
NONSENSE_VOL = (0.01, 10.0)
# Quotes are judged against the spot that they imply themselves; what a fund rate and a fee may move it within a week.
SLACK_FRAC = 0.01
# European puts may be worth less than exercise by what their strike earns, at most so much a year.
MOST_RATE = 0.15
DAYS_A_YEAR = 365.0

EXPIRED = "expired before that session"
REPEATED = "the same row again"
CONTRADICTED = "the same contract quoted in two ways"
UNQUOTED = "neither bid nor ask"
NO_BID = "no bid"
NO_ASK = "no ask"
CROSSED = "bid above ask"
LOCKED = "bid equals ask"
BELOW = "ask below what exercise gives: stale against the spot"
ABOVE = "bid above what the contract could be worth at most"


def unquoted_frac(rows: pd.DataFrame) -> float:
    """Which part of the rows has neither bid nor ask."""
    return float(np.mean(~(rows["bid"].to_numpy() > 0.0) & ~(rows["ask"].to_numpy() > 0.0)))


def cleaned(
    rows: pd.DataFrame, ticker: str, moment: np.datetime64, session: np.datetime64, *, american: bool
) -> Snapshot:
    """The rows of one moment that are quotes, in order of expiry, right and strike, with what was left out."""
    given = rows["spot_vendor"].to_numpy()
    spot = float(np.nanmedian(given)) if np.isfinite(given).any() else np.nan
    spot = spot if spot > 0.0 else np.nan
    rows = rows.sort_values(["expiry", "calls", "strike"], kind="stable")
    dropped: dict[str, int] = {}

    def keep(good: Flags, why: str) -> None:
        nonlocal rows
        if lost := int(np.sum(~good)):
            dropped[why] = lost
            rows = rows[good]

    key = ["expiry", "calls", "strike"]
    keep(~rows.duplicated([*key, "bid", "ask"]).to_numpy(), REPEATED)
    keep(~rows.duplicated(key, keep=False).to_numpy(), CONTRADICTED)
    keep(rows["expiry"].to_numpy().astype("datetime64[D]") >= session, EXPIRED)
    for why in (UNQUOTED, CROSSED, NO_ASK, NO_BID, LOCKED):
        keep(_faults(rows) != why, why)
    for why in (BELOW, ABOVE):
        implied = implied_spot(rows, session)
        if np.isfinite(implied):
            keep(within_bounds(rows, implied, session, american=american, which=why), why)
    columns = {
        name: np.ascontiguousarray(rows[name].to_numpy(dtype=np.float64))
        for name in ("strike", "bid", "ask", "volume", "open_interest")
    }
    return Snapshot(
        ticker=ticker, moment=moment, session=session, spot=spot,
        expiry=rows["expiry"].to_numpy().astype("datetime64[D]"), calls=rows["calls"].to_numpy(dtype=np.bool_),
        **columns, dropped=dropped, american=american,
    )  # fmt: skip


def _faults(rows: pd.DataFrame) -> Any:
    """(n,) what is wrong with the quotes of rows, the first that holds of each, empty where nothing is."""
    bid, ask = np.nan_to_num(rows["bid"].to_numpy()), np.nan_to_num(rows["ask"].to_numpy())
    found = [(bid <= 0.0) & (ask <= 0.0), bid > ask, ask <= 0.0, bid <= 0.0, bid == ask]
    # An ask that is missing is none, one of zero is below the bid.
    found[1] &= ~np.isnan(rows["ask"].to_numpy())
    return np.select(found, [UNQUOTED, CROSSED, NO_ASK, NO_BID, LOCKED], default="")


def implied_spot(rows: pd.DataFrame, session: np.datetime64) -> float:
    """The spot that calls and puts of one strike imply at the three nearest expiries, USD per share; NaN without pairs.

    call - put + strike, the median over the strikes whose call and put lie closest, on the line back to no days: a fee
    of 60 % moves a forward of three weeks by 3.5 %. Needs no spot to begin with.
    """
    pairs = _pairs(rows, session)
    if not len(pairs):
        return float("nan")
    nearest = pairs["expiry"].drop_duplicates().sort_values().iloc[:3]
    found = []
    for expiry in nearest:
        one = pairs[pairs["expiry"] == expiry]
        gap = (one["call"] - one["put"]).to_numpy()
        at = np.argsort(np.abs(gap), kind="stable")[:5]
        found.append(float(np.median((gap + one["strike"].to_numpy())[at])))
    days = (nearest.to_numpy().astype("datetime64[D]") - session).astype(np.float64)
    return back_to_no_days(days, np.array(found))


def back_to_no_days(days: Floats, values: Floats) -> float:
    """Where a line through values at up to three expiries begins, not further from the first than all are apart."""
    if len(values) < 3:
        return float(values[0])
    began = float(np.polyval(np.polyfit(days, values, 1), 0.0))
    reach = float(np.ptp(values))
    return float(np.clip(began, values[0] - reach, values[0] + reach))


def _pairs(rows: pd.DataFrame, session: np.datetime64) -> pd.DataFrame:
    """Calls and puts of one strike and expiry side by side, by their middles; those that expire that day left out."""
    live = rows[rows["expiry"].to_numpy().astype("datetime64[D]") > session]
    mid = live.assign(mid=0.5 * (live["bid"] + live["ask"]))
    calls = mid[mid["calls"]].set_index(["expiry", "strike"])["mid"]
    puts = mid[~mid["calls"]].set_index(["expiry", "strike"])["mid"]
    return pd.DataFrame({"call": calls, "put": puts}).dropna().reset_index()


def within_bounds(rows: pd.DataFrame, spot: float, session: np.datetime64, *, american: bool, which: str) -> Flags:
    """Whether each quote keeps the bound `which` that no model is needed for, with slack for carry to its expiry."""
    years = (rows["expiry"].to_numpy().astype("datetime64[D]") - session).astype(np.float64) / DAYS_A_YEAR
    calls = rows["calls"].to_numpy(dtype=np.bool_)
    strike: Floats = rows["strike"].to_numpy(dtype=np.float64)
    slack = SLACK_FRAC * spot
    if which == ABOVE:
        most = np.where(calls, spot, strike)
        return np.asarray(rows["bid"].to_numpy() <= most + slack)
    paid = strike * (1.0 if american else np.exp(-MOST_RATE * years))
    stock = spot * (1.0 if american else np.exp(-MOST_RATE * years))
    least = np.where(calls, stock - strike, paid - spot)
    return np.asarray(rows["ask"].to_numpy() >= least - slack)
