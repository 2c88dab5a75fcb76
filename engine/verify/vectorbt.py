"""A second opinion on a run: the same fills booked by vectorbt, which shares no code with hedgebook's kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from hedgebook.errors import VerificationError
from hedgebook.universes.calendar import Mark

from ..arrays import Floats, Ints
from ..backtest.result import Backtest
from ..exchanges.timeline import worth_at_ends
from ..kernels.book.records import Booked, columns
from ..peers import peer
from .checks import frame_gaps
from .frames import SavedFrames, read_frames
from .gaps import ROUNDING_FRAC, gap, of_cells, of_sessions
from .summary import summary_gaps

if TYPE_CHECKING:
    import vectorbt

TOLERANCE_FRAC = 1e-8
NO_TICKER = "(nothing held)"
# vectorbt takes no price of zero, at which a share may end.
LEAST_PRICE_USD = 1e-12


@dataclass(frozen=True)
class Verification:
    """How far hedgebook's NAV lies from vectorbt's, with interest and borrow fees taken out of it.

    largest_nav_difference_usd, largest_nav_difference_frac: absolute, in USD and in fractions of capital, NaN
    where a NAV is NaN; session, mark: where it is largest; marks_compared: how many NAVs were held against each
    other; tolerance_frac: the largest difference allowed; mismatches: what else does not agree, a sentence each;
    passed: whether the difference is allowed and nothing else disagrees.
    """

    largest_nav_difference_usd: float
    largest_nav_difference_frac: float
    session: date
    mark: str
    marks_compared: int
    tolerance_frac: float
    passed: bool
    mismatches: tuple[str, ...] = ()


class VectorbtOrders(NamedTuple):
    """What vectorbt needs to know: bars in time order, and at most one order per bar and ticker.

    moments: (B,) ascending; levels: (B, N) USD, NaN = no price; shares: (B, N) bought, negative when sold,
    NaN = no order; price, fees: (B, N) USD of the order, NaN and 0 where there is none.
    """

    moments: pd.DatetimeIndex
    tickers: tuple[str, ...]
    levels: Floats
    shares: Floats
    price: Floats
    fees: Floats


def to_vectorbt(backtest: Backtest) -> vectorbt.Portfolio:
    """The run as a `vectorbt.Portfolio` of the tickers that were traded, rebuilt from its fills.

    Two bars a session, at the moments of the open and the close (UTC); all tickers share one cash account; its
    value() starts at the capital. vectorbt knows no financing and no cash flows, so value() is NAV without interest,
    borrow fees and what flowed. freq is half a day: with `year_freq="252D"` vectorbt's annual figures count 252
    sessions a year.
    Raises VerificationError for a fill that vectorbt cannot book.
    """
    return book_with_vectorbt(_book_of(backtest), backtest.capital)


def verify_backtest(backtest: Backtest) -> Verification:
    """Hold the NAV at every open and close against vectorbt's; of several exchanges, whose opens and closes come in
    turns, at the end of every day. Raises VerificationError as `to_vectorbt` does."""
    nav = backtest.nav
    ours = nav[["nav_open", "nav_close"]].to_numpy() - _financing(nav)[:, None]
    if len(backtest.flows) or len(backtest.changes):
        ours -= _flowed(backtest)
    theirs = np.asarray(to_vectorbt(backtest).value(), dtype=np.float64)
    theirs = theirs.reshape(len(ours), -1)[:, -2:]  # before these two a session has a bar for actions, where any came
    if backtest.market.venues is not None:
        return _verification((ours - theirs)[:, 1:], backtest.sessions, ("close",), backtest.capital)
    return _verification(ours - theirs, backtest.sessions, ("open", "close"), backtest.capital)


def verify_frames(
    nav: pd.DataFrame,
    fills: pd.DataFrame,
    positions: pd.DataFrame,
    capital: float,
    pnl: pd.DataFrame | None = None,
    summary: Mapping[str, Any] | None = None,
    actions: pd.DataFrame | None = None,
) -> Verification:
    """Hold a saved run against vectorbt at every close, and its files against one another.

    nav, fills, positions, pnl: as in a run folder, columns as in `Backtest.nav`, `fills`, `positions` and
    `pnl_long`; the session of `nav` may be its index; capital in USD; summary: what summary.json holds; actions: as
    `Backtest.share_changes`, None where no corporate action changed a position. The fills
    are booked by vectorbt at the closing prices that stand in `positions`: NAV, cash and values must be what it
    holds. What the files say of one another is in `frame_gaps` and `summary_gaps`. Opening prices are not saved, so
    NAV at the open is checked only where `pnl` is given, by adding up. Raises RunFolderError for frames that cannot
    be read as such, and VerificationError for rows that contradict each other.
    """
    run = read_frames(nav, fills, positions, capital, pnl, actions)
    portfolio = frames_to_vectorbt(run)
    bars = bars_a_session(run.actions)
    value = np.asarray(portfolio.value(), dtype=np.float64)[bars - 1 :: bars]
    cash = np.asarray(portfolio.cash(), dtype=np.float64)[bars - 1 :: bars]
    by_ticker = np.asarray(portfolio.asset_value(group_by=False), dtype=np.float64)
    held = by_ticker.reshape(bars * len(value), -1)[bars - 1 :: bars]
    financing = _financing(run.nav) + np.cumsum(run.flowed)
    mismatches = (
        *frame_gaps(run),
        *(summary_gaps(summary, run) if summary is not None else ()),
        *_engine_gaps(run, cash + financing, held),
    )
    difference = run.nav["nav_close"].to_numpy() - financing - value
    return _verification(difference[:, None], run.sessions, ("close",), capital, mismatches)


def frames_to_vectorbt(run: SavedFrames) -> vectorbt.Portfolio:
    """A saved run as a `vectorbt.Portfolio`, valued at closes, and at the opens of what was traded there.

    As `to_vectorbt` otherwise. Raises VerificationError for a fill that vectorbt cannot book.
    """
    return book_with_vectorbt(_book_of_frames(run), run.capital)


def _engine_gaps(run: SavedFrames, cash: Floats, held: Floats) -> tuple[str, ...]:
    """Cash (T,) and the values of positions (T, N) at closes as vectorbt has them, USD, financing included in cash."""
    scale = run.capital * TOLERANCE_FRAC / ROUNDING_FRAC
    value = run.table(run.positions, "value")
    shown = run.tickers or (NO_TICKER,)
    return (
        *gap(
            "nav.parquet: cash",
            run.nav["cash"],
            cash,
            "the second engine has",
            scale=scale,
            place=of_sessions(run.sessions),
        ),
        *gap(
            "positions.parquet: value",
            value.ravel(),
            held[:, : len(run.tickers)].ravel(),
            "the second engine has",
            scale=scale,
            place=of_cells(run.sessions, shown),
        ),
    )


def book_with_vectorbt(book: VectorbtOrders, capital_usd: float) -> vectorbt.Portfolio:
    """Book orders with vectorbt, which starts from `capital_usd`. Raises VerificationError where it cannot."""
    _check_bookable(book)
    vectorbt = peer("vectorbt")

    # vectorbt cuts a purchase down to the cash at hand, where hedgebook borrows on margin. It is lent what all
    # purchases cost together and the loan is taken back below: how much cash there was leaves no trace in the
    # orders, and vectorbt works out cash and value from the orders and init_cash.
    spent = np.where(book.shares > 0, book.shares * book.price + book.fees, 0.0)
    loan_usd = float(spent.sum())
    portfolio = vectorbt.Portfolio.from_orders(
        pd.DataFrame(book.levels, index=book.moments, columns=list(book.tickers)),
        size=book.shares,
        size_type="amount",
        direction="both",
        price=book.price,
        fixed_fees=book.fees,
        init_cash=capital_usd + loan_usd,
        cash_sharing=True,
        group_by=True,
        # All that follows are vectorbt's settings, which its users can change for the whole process; its own
        # default for min_size, 1e-8 shares, would swallow small orders.
        fees=0.0,
        slippage=0.0,
        min_size=0.0,
        max_size=np.inf,
        size_granularity=np.nan,
        reject_prob=0.0,
        lock_cash=False,
        allow_partial=False,
        raise_reject=True,
        call_seq="default",
        freq="12h",
    )
    return portfolio.replace(init_cash=np.array([capital_usd]))


def _check_bookable(book: VectorbtOrders) -> None:
    ordered = ~np.isnan(book.shares)
    sound = np.isfinite(book.shares) & np.isfinite(book.price) & np.isfinite(book.fees) & (book.price > 0)
    if (bad := np.argwhere(ordered & ~sound)).size:
        bar, i = bad[0]
        raise VerificationError(
            f"vectorbt cannot book the fill of {book.tickers[i]} on {book.moments[bar].date()}: "
            f"{book.shares[bar, i]} shares at {book.price[bar, i]} USD, fees {book.fees[bar, i]} USD"
        )


def _book_of(backtest: Backtest) -> VectorbtOrders:
    market, fills = backtest.market, backtest.fills
    changes = backtest.share_changes
    traded = {*fills["ticker"], *changes["ticker"]}
    tickers = tuple(ticker for ticker in market.tickers if ticker in traded) or market.tickers
    at = [market.column(ticker) for ticker in tickers]
    moments = np.stack([market.open_at, market.close_at], axis=1).ravel()
    levels = np.stack([market.quoted("open")[:, at], worth_at_ends(market)[:, at]], axis=1).reshape(-1, len(at))
    return _book(pd.DatetimeIndex(moments, tz="UTC"), tickers, levels, fills, backtest.sessions, changes)


def _book_of_frames(run: SavedFrames) -> VectorbtOrders:
    """Bars of a saved run: opens carry the prices of what was traded there, closes those of what is held."""
    bars = 2 * len(run.sessions)
    tickers = run.tickers or (NO_TICKER,)
    levels = np.full((bars, len(tickers)), np.nan)
    levels[_bars(run.fills, run.sessions), _columns(run.fills, tickers)] = run.fills["reference"]
    closes = 2 * run.sessions.get_indexer(pd.Index(run.positions["session"])) + Mark.CLOSE
    levels[closes, _columns(run.positions, tickers)] = run.positions["price"]
    half_day = pd.to_timedelta(np.tile([0, 12], len(run.sessions)), unit="h")
    return _book(run.sessions.repeat(2) + half_day, tickers, levels, run.fills, run.sessions, run.actions)


def bars_a_session(actions: pd.DataFrame | None) -> int:
    """Open and close, and where corporate actions changed positions bars before them for what came and went."""
    return 2 if actions is None or not len(actions) else 2 + int(actions.groupby(["session", "ticker"]).size().max())


def _book(
    moments: pd.DatetimeIndex,
    tickers: tuple[str, ...],
    levels: Floats,
    fills: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    actions: pd.DataFrame | None = None,
) -> VectorbtOrders:
    """Prices and fills, side by side; a missing price is the last known one, as in a NAV."""
    if actions is not None and len(actions):
        return _book_with_actions(moments, tickers, levels, fills, sessions, actions)
    at = (_bars(fills, sessions), _columns(fills, tickers))
    shares, price = np.full(levels.shape, np.nan), np.full(levels.shape, np.nan)
    fees = np.zeros(levels.shape)
    shares[at], price[at], fees[at] = fills["shares"], fills["price"], fills[columns(Booked.FEE)].sum(axis=1)
    return VectorbtOrders(moments, tickers, pd.DataFrame(levels).ffill().to_numpy(), shares, price, fees)


def _book_with_actions(
    moments: pd.DatetimeIndex,
    tickers: tuple[str, ...],
    levels: Floats,
    fills: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    actions: pd.DataFrame,
) -> VectorbtOrders:
    """The same in shares as they are after every split, with bars before each open for what came and went there."""
    count, width = len(sessions), bars_a_session(actions)
    early, shape = width - 2, (width * len(sessions), len(tickers))
    day, column = sessions.get_indexer(pd.Index(actions["session"])), _columns(actions, tickers)
    ratio, number, at = (actions[name].to_numpy(dtype=np.float64) for name in ("ratio", "shares", "price"))
    at = np.maximum(at, LEAST_PRICE_USD)
    ratios = np.ones((count, len(tickers)))
    np.multiply.at(ratios, (day, column), ratio)
    later = np.vstack([ratios[1:], np.ones((1, len(tickers)))])
    after = np.cumprod(later[::-1], axis=0)[::-1].copy()  # shares at the end for one after the actions of a session
    shares, price, fees = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    wide = np.full(shape, np.nan)
    wide[early::width], wide[early + 1 :: width] = levels[0::2] / after, levels[1::2] / after
    bars = width * day + actions.groupby(["session", "ticker"]).cumcount().to_numpy()
    since = np.ones((count, len(tickers)))
    for k in reversed(range(len(actions))):
        cell = day[k], column[k]
        if number[k] != 0.0:
            factor, place = after[cell] * since[cell], (bars[k], column[k])
            shares[place], price[place], wide[place] = number[k] * factor, at[k] / factor, at[k] / factor
        since[cell] *= ratio[k]
    old = _bars(fills, sessions)
    bar, of = old // 2 * width + old % 2 + early, _columns(fills, tickers)
    factors = after[old // 2, of]
    shares[bar, of] = fills["shares"].to_numpy() * factors
    price[bar, of] = fills["price"].to_numpy() / factors
    fees[bar, of] = fills[columns(Booked.FEE)].sum(axis=1)
    plain = np.asarray(moments.tz_localize(None), dtype="datetime64[ns]")
    times = np.repeat(plain[0::2], width)
    for before in range(early):
        times[before::width] -= np.timedelta64(early - before, "m")
    times[early + 1 :: width] = plain[1::2]
    known = pd.DataFrame(wide).ffill().to_numpy()
    return VectorbtOrders(pd.DatetimeIndex(times, tz=moments.tz), tickers, known, shares, price, fees)


def _bars(fills: pd.DataFrame, sessions: pd.DatetimeIndex) -> Ints:
    """Number of the bar of each fill."""
    marks = (fills["mark"] == Mark.CLOSE.label).to_numpy().astype(np.int64)
    return np.asarray(2 * sessions.get_indexer(pd.Index(fills["session"])) + marks, dtype=np.int64)


def _columns(frame: pd.DataFrame, tickers: tuple[str, ...]) -> Ints:
    return np.asarray(pd.Index(tickers, dtype=object).get_indexer(pd.Index(frame["ticker"])), dtype=np.int64)


def _financing(nav: pd.DataFrame) -> Floats:
    """(T,) USD: interest received less borrow fees paid since the start, as it stands at both marks."""
    return np.asarray((nav["interest"] - nav["borrow"]).cumsum(), dtype=np.float64)


def _flowed(backtest: Backtest) -> Floats:
    """(T, 2) USD: cash that flowed to the shares held before each mark since the start, by the fills of the run."""
    record = backtest.record
    bought = np.zeros((2, *record.shares.shape))
    filled = record.filled
    np.add.at(bought, (filled["mark"], filled["session"], filled["ticker"]), filled["shares"])
    before = np.stack([record.shares - bought[0] - bought[1], record.shares - bought[1]])
    paid = np.zeros((len(record.shares), 2))
    for flow in backtest.flows:
        t, mark = flow["session"], flow["mark"]
        paid[t, mark] += before[mark, t, flow["ticker"]] * flow["usd_per_share"]
    # What shares bring in other shares comes before the open, and is booked with what the open pays.
    income = np.asarray(record.of(Booked.INCOME).sum(axis=(1, 2)))
    paid[:, Mark.OPEN] = income - paid[:, Mark.CLOSE]
    return np.cumsum(paid).reshape(-1, 2)


def _verification(
    difference: Floats,
    sessions: pd.DatetimeIndex,
    marks: tuple[str, ...],
    capital: float,
    mismatches: tuple[str, ...] = (),
) -> Verification:
    """The worst of (T, marks) differences in USD; a NaN counts as the worst of all."""
    size = np.abs(difference)
    t, mark = np.unravel_index(int(np.argmax(size)), size.shape)
    worst = float(size[t, mark])
    return Verification(
        largest_nav_difference_usd=worst,
        largest_nav_difference_frac=worst / capital,
        session=sessions[int(t)].date(),
        mark=marks[int(mark)],
        marks_compared=size.size,
        tolerance_frac=TOLERANCE_FRAC,
        passed=worst / capital <= TOLERANCE_FRAC and not mismatches,
        mismatches=mismatches,
    )
