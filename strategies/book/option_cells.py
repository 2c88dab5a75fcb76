"""Options in the rows of a book: cells that mean one but name none, and contracts that no exchange lists."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.chains.names import FORM
from hedgebook.universes.holdings.contracts import contract_of
from hedgebook.universes.market import Market

MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
# 2026-09-18, 09/18/2026, 18.9.26; 18SEP26, SEP 2026; 260918, 20260918.
DATE_LIKE = re.compile(
    rf"\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|\d{{0,2}}({MONTHS})[A-Z]*\d{{0,4}}|(20)?\d{{6}}", re.ASCII
)
NUMBER = re.compile(r"[CP]?\$?\d+(\.\d+)?(C|P|CALL|PUT)?", re.ASCII)
# Exchanges list strikes around the price: none lies farther from it than by this factor.
FARTHEST = 10.0


def meant_option(text: str, market: Market) -> str | None:
    """How the option is written that a cell seems to mean, None for a cell that means none."""
    ticker, *rest = text.upper().split()
    if len(rest) < 2 or not market.can_price(ticker):
        return None
    dates = [part for part in rest if DATE_LIKE.fullmatch(part)]
    others = [part for part in rest if part not in dates]
    if not dates or not any(NUMBER.fullmatch(part) for part in (*others, *dates[1:])):
        return None
    meant = contract_of(text)
    if meant is None:
        return f"Write ticker, expiry, C or P and strike, as in {FORM}."
    right = "P" if meant.right == "put" else "C"
    return f"Write {meant.ticker} {meant.expiry} {right} {meant.strike:.10g}, as in {FORM}."


def wrong_size(size: float | None, amount: str, unit: str) -> tuple[str, str, str | None, str] | None:
    """What is wrong with the size of an option, which counts contracts: what, column, value and remedy."""
    if unit != "shares":
        remedy = "Give the book in shares, and options in contracts of 100."
        return "options are counted in contracts, not in dollars", "ticker", None, remedy
    if size is not None and size != round(size):
        return "contracts are whole", "shares", amount, "Write contracts of 100 shares."
    return None


def unlisted_notes(contracts: Iterable[Listed], market: Market) -> tuple[str, ...]:
    """A line for each contract that the usual calendar and strikes of exchanges do not have, by the last close."""
    found = []
    for one in contracts:
        expiry, why = np.datetime64(one.expiry, "D"), ""
        if not trading_calendar(one.expiry.year, one.expiry.year + 1).is_session(expiry):
            why = f"{one.expiry} is a {one.expiry:%A} without a session"
        closes = market.quoted("close")[:, market.column(one.ticker)]
        known = closes[np.isfinite(closes)]
        if not why and len(known) and not known[-1] / FARTHEST <= one.strike <= known[-1] * FARTHEST:
            why = f"the last price of {one.ticker} is {known[-1]:.2f} and the strike {one.strike:.10g}"
        if why:
            found.append(f"no such contract as {one} is listed by the usual calendar and strikes: {why}")
    return tuple(found)
