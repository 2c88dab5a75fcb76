"""From trades in contracts to what the loop takes: columns of marks, widths, orders and exercises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.chains.chain import Listed, MarkName
from hedgebook.universes.market import Market

from ..arrays import Flags, Floats, Ints
from ..kernels.book.listed import EXERCISE, QUOTE, TRADE
from ..kernels.book.records import CHANGE, CLOSE, OPEN, Structs
from ..options.contracts import Contracts
from ..options.marks import Marks, Quoted, american_price
from .trades import CONTRACT_SHARES, OptionTerms, OptionTrade, name_of

# Exercise by exception: what is this much in the money is exercised, unless its holder says otherwise.
EXCEPTION_USD = 0.01
FIELDS = ("mid", "half_width", "vol_annual", "spot", "years", "rate_annual", "carry_annual")


@dataclass(frozen=True, eq=False)
class Span:
    """The simulated rows of a market: window its sessions; flows, changes: what actions bring, as the loop takes them;
    closes: (T, N) the last price up to each close, as
    quoted; ahead: flows with those of the session after the last, which are known before it."""

    window: Market
    flows: Structs
    changes: Structs
    closes: Floats
    ahead: Structs


@dataclass(frozen=True, eq=False)
class Columns:
    """K contracts over T sessions. contracts, names: K; under: (K,) column of the stock; first, last: (K,) sessions of
    the first trade and of expiry, T or more where that comes later; strike, size: (T, K) after splits; open, close:
    marks; settled: of each contract whether its stock ended for cash first.
    """

    contracts: tuple[Listed, ...]
    names: tuple[str, ...]
    under: Ints
    first: Ints
    last: Ints
    strike: Floats
    size: Floats
    open: Quoted
    close: Quoted
    payout: Floats

    @property
    def alive(self) -> Flags:
        """(T, K) sessions from the first trade to expiry."""
        t = np.arange(len(self.strike))[:, None]
        return np.asarray((t >= self.first) & (t <= self.last))

    @property
    def signs(self) -> Floats:
        """(K,) 1 of calls, -1 of puts."""
        return np.array([1.0 if one.right == "call" else -1.0 for one in self.contracts])


def columns_of(span: Span, contracts: tuple[Listed, ...], first: Ints, marks: Marks) -> Columns:
    """Columns of contracts first traded at sessions `first`, marked from there to expiry.

    Raises ParameterError for a stock that becomes another one, or is spun off from, while a contract lives.
    """
    window = span.window
    sessions = len(window.sessions)
    under = np.array([window.column(one.ticker) for one in contracts], dtype=np.int64)
    last = np.array([expiry_row(window, one) for one in contracts], dtype=np.int64)
    strike = np.tile([one.strike for one in contracts], (sessions, 1)).astype(np.float64)
    size = np.full(strike.shape, CONTRACT_SHARES)
    payout = np.full(len(contracts), np.nan)
    for change in span.changes:
        t = int(change["session"])
        for k in np.flatnonzero((under == change["ticker"]) & (first < t) & (t <= last)):
            if change["into"] >= 0:
                what = f"{contracts[k].ticker} becomes or brings other shares while a contract on it lives"
                remedy = "Trade contracts that expire before, or begin after."
                raise ParameterError(what, where=name_of(contracts[k]), value=window.sessions[t], remedy=remedy)
            if change["keep"] == 0.0:
                last[k], payout[k] = t, change["usd"]
                continue
            strike[t:, k] /= change["keep"]
            if change["keep"] != round(change["keep"]):
                size[t:, k] *= change["keep"]
    quoted = [quoted_over(window, contracts, (first, last), strike, marks, mark) for mark in ("open", "close")]
    names = tuple(name_of(one) for one in contracts)
    return Columns(contracts, names, under, first, last, strike, size, quoted[0], quoted[1], payout)


def expiry_row(window: Market, contract: Listed) -> int:
    """The session at whose close a contract ends, the last one not after its expiry; past the end where that is later.

    Raises ParameterError for one that has expired before the first session.
    """
    expiry = np.datetime64(contract.expiry, "D")
    row = row_up_to(window.sessions, expiry)
    if row < 0:
        raise ParameterError(
            "the contract has expired before the run", where=name_of(contract), bound=f"after {window.sessions[0]}"
        )
    if row == len(window.sessions) - 1 and expiry > window.sessions[-1]:
        return row if window.next_session(window.sessions[-1]) > expiry else row + 1
    return row


def quoted_over(
    window: Market, contracts: Sequence[Listed], lives: tuple[Ints, Ints], strike: Floats, marks: Marks, mark: MarkName
) -> Quoted:
    """(T, K) marks of contracts over the sessions of their lives, at strikes as they stand; NaN elsewhere."""
    shape = strike.shape
    out: dict[str, Any] = {name: np.full(shape, np.nan) for name in FIELDS}
    out["modelled"] = np.zeros(shape, dtype=np.bool_)
    first, last = lives
    cuts = 1 + np.flatnonzero((strike[1:] != strike[:-1]).any(axis=1))
    for a, b in zip([0, *cuts.tolist()], [*cuts.tolist(), shape[0]], strict=True):
        # Those that live alike are asked for together, so that nothing is priced outside its life.
        alike: dict[tuple[int, int], list[int]] = {}
        for k in np.flatnonzero((first < b) & (last >= a)).tolist():
            alike.setdefault((max(a, int(first[k])), min(b, int(last[k]) + 1)), []).append(k)
        for (low, high), now in alike.items():
            asked = [one if one.strike == strike[a, k] else _at(one, strike[a, k]) for k, one in _some(contracts, now)]
            found = marks.marks(asked, window.sessions[low:high], mark)
            for name in (*FIELDS, "modelled"):
                out[name][low:high, now] = getattr(found, name)
    return Quoted(**out)


def _some(contracts: Sequence[Listed], which: list[int]) -> list[tuple[int, Listed]]:
    return [(k, contracts[k]) for k in which]


def _at(contract: Listed, strike: float) -> Listed:
    return Listed(contract.ticker, contract.expiry, contract.right, float(strike), contract.american)


def wide(marks: Floats, columns: Columns) -> Floats:
    """(M, T, N + K): marks of stocks and, at opens and closes, of contracts."""
    more = np.full((len(marks), *columns.strike.shape), np.nan)
    more[OPEN], more[CLOSE] = columns.open.mid, columns.close.mid
    return np.concatenate([marks, more], axis=2)


def quotes_of(columns: Columns, stocks: int) -> Structs:
    """(T, N + K) of QUOTE."""
    sessions, count = columns.strike.shape
    out = np.zeros((sessions, stocks + count), dtype=QUOTE)
    own = out[:, stocks:]
    own["half_open"], own["half_close"] = columns.open.half_width, columns.close.half_width
    own["size"] = columns.size
    return out


def trades_of(window: Market, trades: Sequence[OptionTrade], columns: Columns) -> Structs:
    """(R,) of TRADE, in time order, those of one mark in the order given."""
    own = {name: k for k, name in enumerate(columns.names)}
    out = np.zeros(len(trades), dtype=TRADE)
    for n, trade in enumerate(trades):
        t = window.session_index(trade.session)
        if isinstance(trade.what, str):
            ticker, size = window.column(trade.what), 1.0
        else:
            k = own[name_of(trade.what)]
            ticker, size = len(window.tickers) + k, float(columns.size[t, k])
            if t > columns.last[k]:
                bound = f"up to {window.sessions[columns.last[k]]}"
                what = "a trade in a contract that has ended"
                raise ParameterError(what, where=columns.names[k], value=window.sessions[t], bound=bound)
        out[n] = (t, int(trade.at), ticker, np.nan if trade.quantity is None else trade.quantity * size)
    return out[np.lexsort((out["mark"], out["session"]))]


def contract_changes(span: Span, columns: Columns) -> Structs:
    """(C,) of CHANGE: splits of stocks on the contracts that live through them."""
    rows = []
    for change in span.changes:
        if change["keep"] in (0.0, 1.0):
            continue
        t, stocks = int(change["session"]), len(span.window.tickers)
        for k in np.flatnonzero((columns.under == change["ticker"]) & (columns.first < t) & (t <= columns.last)):
            rows.append((t, OPEN, stocks + k, -1, float(change["keep"]), 0.0, np.nan, 0.0))
    return np.array(rows, dtype=CHANGE)


def exercises_of(span: Span, columns: Columns, marks: Marks, terms: OptionTerms) -> Structs:
    """(E,) of EXERCISE: early ones and those at expiry, whether or not anything is held then."""
    rows: list[tuple[float, ...]] = []
    stocks, sessions = len(span.window.tickers), len(span.window.sessions)
    for k, sign in enumerate(columns.signs.tolist()):
        t, i = int(columns.last[k]), int(columns.under[k])
        if t >= sessions:
            continue
        strike, ended = float(columns.strike[t, k]), bool(np.isfinite(columns.payout[k]))
        spot = float(columns.payout[k]) if ended else float(span.closes[t, i])
        inside = round(sign * (spot - strike), 9)
        worth = sign * (spot - strike) if inside >= EXCEPTION_USD else 0.0
        into = 0.0 if ended or worth == 0.0 else sign
        rows.append((t, stocks + k, i, into, -into * strike if into else worth, spot, worth))
    rows += early_exercises(span, columns, marks, terms) if terms.early_exercise else []
    out = np.array(rows, dtype=EXERCISE)
    return out[np.lexsort((out["ticker"], out["under"], out["session"]))]


def early_exercises(span: Span, columns: Columns, marks: Marks, terms: OptionTerms) -> list[tuple[float, ...]]:
    """Calls that are exercised at the close before an ex-dividend date: the dividend is worth more than the put of the
    same strike and expiry and the interest on the strike till then.

    Quotes of that close have the dividend of tomorrow in them; a modelled put is priced at the spot less it.
    """
    rows: list[tuple[float, ...]] = []
    stocks = len(span.window.tickers)
    paid: dict[tuple[int, int], float] = {}
    for flow in span.ahead:
        key = (int(flow["session"]), int(flow["ticker"]))
        paid[key] = paid.get(key, 0.0) + float(flow["usd_per_share"])
    for (ex, i), usd in sorted(paid.items()):
        t = ex - 1
        live = (columns.under == i) & (columns.first <= t) & (columns.last > t) & (columns.signs > 0.0)
        for k in np.flatnonzero(live & np.array([one.american for one in columns.contracts], dtype=np.bool_)).tolist():
            one, strike, spot = columns.contracts[k], float(columns.strike[t, k]), float(span.closes[t, i])
            if not (usd > 0.0 and spot > strike):
                continue
            day = span.window.sessions[t]
            put = Listed(one.ticker, one.expiry, "put", strike, one.american)
            worth = _put_after(marks.marks([put], [day], "close"), strike, spot, usd)
            days = float((np.datetime64(one.expiry, "D") - day).astype(np.int64))
            if usd > worth + strike * terms.rate_annual * days / 365.0:
                rows.append((t, stocks + k, i, 1.0, -strike, spot, spot - strike))
    return rows


def _put_after(quoted: Quoted, strike: float, spot: float, usd: float) -> float:
    """What an American put is worth with the dividend of tomorrow in its price, USD a share; NaN without a mark."""
    mid, vol = float(quoted.mid[0, 0]), float(quoted.vol_annual[0, 0])
    if not (quoted.modelled[0, 0] and np.isfinite(mid) and np.isfinite(vol) and usd < spot):
        return mid
    years, rate, carry = (float(getattr(quoted, name)[0, 0]) for name in ("years", "rate_annual", "carry_annual"))
    return float(american_price(Contracts("put", spot - usd, strike, years, rate, carry, vol))[0])
