"""The instruments that may hedge and the sessions that they are judged on, as known at one close."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Flags, Floats
from hedgebook.engine.exposure.factor_sets import SPREADS, etf_factors
from hedgebook.engine.exposure.freshness import is_fresh
from hedgebook.engine.finder.problem import HedgeInstrument, HedgeProblem, Terms
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.frictions.liquidity import MIN_SESSIONS
from hedgebook.engine.hedging.request import DOLLARS
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.chains.folder import read_chains
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..book.ask import book_returns
from .options import OptionBoard, PricedOption, instrument_of_option, option_board, option_returns
from .request import LEAST_SESSIONS, HedgeSearch
from .subject import Subject

IN_BOOK = "held in the book"
# Of the sessions on which the book has a return; a name with fewer would take the others' sessions away.
LEAST_SHARE = 0.9
DAYS_PER_YEAR, BORROW_DAYS = 365.0, 360.0
PLAIN = ("SPY", "SMH", "QQQ")


@dataclass(frozen=True, eq=False)
class Priced:
    """What each instrument of a market costs and may be held of, by ticker, as known at the last close.

    adv_usd: mean value traded a session; borrow_annual: fee; entry_frac: of spread, slippage, commission and impact of
    the largest order, for getting in or out once; low_usd, high_usd: most that may be sold (negative) and bought;
    most_usd: that either may be by budget and volume.
    """

    adv_usd: float
    borrow_annual: float
    entry_frac: float
    low_usd: float
    high_usd: float
    most_usd: float


@dataclass(frozen=True, eq=False)
class Sample:
    """A problem, what it rests on, and what was left out.

    problem: of all instruments that may hedge; rows: (T,) rows of the market that its sessions are; priced: by ticker;
    plain: problems of one plain hedge each, without equations; left_out: tickers with the reason; lookback: sessions of
    the window, of which those count that all have; board: the options among the instruments.
    """

    problem: HedgeProblem
    market: Market
    rows: NDArray[np.int64]
    priced: Mapping[str, Priced]
    plain: Mapping[str, HedgeProblem]
    left_out: Mapping[str, str]
    lookback: int
    gross_usd: float
    definitions: tuple[str, ...]
    board: OptionBoard

    @property
    def options(self) -> Mapping[str, PricedOption]:
        """The options among the instruments, by name."""
        return self.board.priced

    @property
    def quotes(self) -> str:
        """Where the prices of options come from."""
        return self.board.label

    @property
    def sessions(self) -> NDArray[np.datetime64]:
        """The sessions of the sample."""
        return self.market.sessions[self.rows]


def sample_of(subject: Subject, costs: Costs, asked: HedgeSearch) -> Sample:
    """Everything that a search needs. Raises ParameterError where too little is known for one."""
    names, left_out = _candidates(subject, asked)
    quoted, gross = subject.market, subject.gross_usd
    plain = [name for name in PLAIN if name in quoted.columns and name not in subject.values_usd]
    market = at_common(quoted, (*subject.values_usd, *names, *plain))
    series, window = _book_window(subject, market, asked)
    held_too = [name for name in left_out if left_out[name] == IN_BOOK] if asked.option_kinds else []
    known = _priced(quoted, subject.row, tuple(dict.fromkeys((*names, *plain, *held_too))), costs, asked, gross)
    refused = {name: why for name in names if (why := _unusable(market, name, window, known[name], asked)) is not None}
    usable = [name for name in names if name not in refused]
    left_out |= refused
    board = _options(subject, names, known, left_out, asked, costs)
    left_out |= board.left_out
    _check_any(usable, board, left_out, market, asked)
    factors, definitions = _factors(market, len(market.sessions) - 1, asked.neutral)
    returns = market.close_returns(tuple(known))
    at = {name: i for i, name in enumerate(known)}
    seen = dict.fromkeys((*usable, *(one.wanted.ticker for one in board.priced.values())))
    rows = _rows_of_all(np.column_stack([returns[:, [at[name] for name in seen]], factors]), window, market, asked)
    terms = Terms(
        asked.horizon_sessions, asked.hurdle_sharpe * (asked.horizon_sessions / SESSIONS_PER_YEAR) ** 0.5,
        asked.budget_frac,
    )  # fmt: skip

    def problem(tickers: list[str], factors: Floats, net: float | None) -> HedgeProblem:
        instruments = tuple(instrument_of(name, returns[rows, at[name]], known[name], asked, gross) for name in tickers)
        return HedgeProblem(instruments, series[rows], factors, net, terms)

    whole = problem(usable, factors[rows], subject.net_usd / gross if DOLLARS in asked.neutral else None)
    if board.priced:
        moves = np.column_stack([returns[rows, at[one.wanted.ticker]] for one in board.priced.values()])
        more = _option_instruments(board, moves, market.sessions[-1], gross)
        whole = replace(whole, instruments=(*whole.instruments, *more))
    alone = [
        name for name in plain
        if _unusable(market, name, window, known[name], asked) is None and np.isfinite(returns[rows, at[name]]).all()
    ]  # fmt: skip
    return Sample(
        problem=whole,
        market=market,
        rows=rows,
        priced=known,
        plain={name: problem([name], factors[rows][:, :0], None) for name in alone},
        left_out=left_out,
        lookback=asked.lookback,
        gross_usd=gross,
        definitions=definitions,
        board=board,
    )


def _book_window(subject: Subject, market: Market, asked: HedgeSearch) -> tuple[Floats, NDArray[np.int64]]:
    """(T,) returns of the book, and the rows of the lookback that have one. Raises ParameterError for too few."""
    row = len(market.sessions) - 1
    first = max(1, row + 1 - asked.lookback)
    held = [market.column(ticker) for ticker in subject.values_usd]
    series = book_returns(market.close[:, held], np.array(list(subject.values_usd.values())))
    window = np.arange(first, row + 1)
    window = window[np.isfinite(series[window])]
    if len(window) < LEAST_SESSIONS:
        short = min(subject.values_usd, key=lambda t: int(np.isfinite(market.close[first:, market.column(t)]).sum()))
        raise ParameterError(
            f"the book has too few sessions with a return of all its holdings; {short} has the fewest prices",
            where=subject.name,
            value=len(window),
            bound=f"{LEAST_SESSIONS} or more of the {asked.lookback} up to {market.sessions[row]}",
            remedy="Use a longer lookback, or leave that holding out of the book.",
        )
    return series, window


def _check_any(
    usable: list[str], board: OptionBoard, left_out: Mapping[str, str], market: Market, asked: HedgeSearch
) -> None:
    """Raise ParameterError, with the reasons, where nothing can hedge."""
    if usable or board.priced:
        return
    reasons = "; ".join(f"{ticker}: {reason}" for ticker, reason in list(left_out.items())[:8])
    raise ParameterError(
        f"no name can hedge at the close of {market.sessions[-1]} ({reasons})",
        where="among",
        value=", ".join(asked.among) or "the whole universe",
        remedy="Name others, or give higher limits.",
    )


def _rows_of_all(table: Floats, window: NDArray[np.int64], market: Market, asked: HedgeSearch) -> NDArray[np.int64]:
    """The rows of a window on which nothing in a (T, n) table is missing. Raises ParameterError for too few."""
    whole: Flags = np.asarray(np.isfinite(table).all(axis=1), dtype=np.bool_)
    rows = window[whole[window]]
    if len(rows) < LEAST_SESSIONS:
        raise ParameterError(
            "book, names and factors have too few sessions together",
            where="lookback",
            value=len(rows),
            bound=f"{LEAST_SESSIONS} or more of the {asked.lookback} up to {market.sessions[-1]}",
            remedy="Name fewer buckets with --among, or use a longer lookback.",
        )
    return rows


def _option_instruments(
    board: OptionBoard, moves: Floats, session: np.datetime64, gross_usd: float
) -> Iterator[HedgeInstrument]:
    """Options as instruments, revalued under the (T, K) moves of their stocks."""
    revalued = option_returns(list(board.priced.values()), moves, session)
    for k, (name, one) in enumerate(board.priced.items()):
        yield instrument_of_option(name, one, revalued[:, k], gross_usd)


def _options(
    subject: Subject, names: list[str], known: Mapping[str, Priced], left_out: Mapping[str, str], asked: HedgeSearch,
    costs: Costs,
) -> OptionBoard:  # fmt: skip
    """Options on every name that has prices enough, those that the book holds and that may not be sold among them."""
    if not asked.option_kinds:
        return OptionBoard({}, {}, "")
    held = [name for name, reason in left_out.items() if reason == IN_BOOK]
    on = [name for name in names if left_out.get(name) in (None, _barred(known[name]))]
    nights = asked.horizon_sessions * DAYS_PER_YEAR / SESSIONS_PER_YEAR
    most = {name: known[name].most_usd for name in (*on, *held) if asked.adv_frac is None or known[name].adv_usd > 0.0}
    return option_board(subject.market, most, asked.kinds, costs, nights, read_chains(asked.chain))


def instrument_of(name: str, returns: Floats, known: Priced, asked: HedgeSearch, gross_usd: float) -> HedgeInstrument:
    """An instrument in units of the book's gross value: in and out once each, and the borrow fee in between."""
    nights = asked.horizon_sessions * DAYS_PER_YEAR / SESSIONS_PER_YEAR
    trading = 2.0 * known.entry_frac
    borrow = known.borrow_annual * nights / BORROW_DAYS
    return HedgeInstrument(
        name, returns, known.low_usd / gross_usd, known.high_usd / gross_usd, trading + borrow, trading
    )


def _candidates(subject: Subject, asked: HedgeSearch) -> tuple[list[str], dict[str, str]]:
    market, universe = subject.market, subject.market.universe
    on: date = market.sessions[subject.row].item()
    named = asked.among or universe.bucket_names
    names: list[str] = []
    left_out: dict[str, str] = {}
    for name in named:
        listed = market.resolve([name], on)
        if name in universe.bucket_names:
            members = [m.ticker for m in universe.bucket(name).members]
            left_out |= {ticker: "not listed yet" for ticker in members if ticker not in listed}
        names += listed
    found = []
    for name in dict.fromkeys(names):
        if name in subject.values_usd:
            left_out[name] = IN_BOOK
        elif name not in market.columns:
            left_out[name] = "no prices"
        else:
            found.append(name)
    return found, left_out


def _unusable(market: Market, name: str, window: NDArray[np.int64], known: Priced, asked: HedgeSearch) -> str | None:
    row = int(window[-1])
    if not is_fresh(market, name, len(market.sessions) - 1):
        return "no close in the last 5 sessions"
    returns = market.close_returns([name])[window, 0]
    count = int(np.isfinite(returns).sum())
    if count < LEAST_SHARE * len(window):
        few = counted(count, "return")
        return f"{few} in the {len(window)} sessions of the book, fewer than {LEAST_SHARE:.0%} of them"
    if not np.nanstd(returns) > 0.0:
        return f"its price does not move up to {market.sessions[row]}"
    if asked.adv_frac is not None and not known.adv_usd > 0.0:
        return "no traded value is known, of which a share could be taken"
    if known.low_usd == 0.0 and known.high_usd == 0.0:
        return _barred(known)
    return None


def _barred(known: Priced) -> str:
    return f"its borrow fee, {known.borrow_annual:.2%} a year, is above the limit, and it may not be bought"


def _priced(
    market: Market, row: int, names: tuple[str, ...], costs: Costs, asked: HedgeSearch, gross_usd: float
) -> dict[str, Priced]:
    window = costs.impact.window_sessions
    now = row + 1  # What an order of the next session would be charged, from what is known at this close.
    rates = np.sum(list(costs.rates_bps(market, now).values()), axis=0) / 1e4
    fees = costs.borrow_rates(market, row, now)[-1]
    found = {}
    for name in names:
        i = market.column(name)
        value = market.close[max(0, now - window) : now, i] * market.volume[max(0, now - window) : now, i]
        value = value[np.isfinite(value)]
        adv = float(value.mean()) if len(value) >= MIN_SESSIONS and value.mean() > 0 else np.nan
        moves = market.close_returns([name])[max(1, now - window) : now, 0]
        moves = moves[np.isfinite(moves)]
        most = asked.budget_frac * gross_usd
        if asked.adv_frac is not None and adv > 0:
            most = min(most, asked.adv_frac * adv)
        impact = 0.0
        if adv > 0 and len(moves) >= MIN_SESSIONS:
            impact = costs.impact.y * float(moves.std(ddof=1)) * (most / adv) ** 0.5
        price = market.quoted("close")[:now, i]
        price = price[np.isfinite(price)]
        per_share = costs.per_share_usd / float(price[-1]) if len(price) else 0.0
        entry = float(rates[i]) + per_share + impact
        fee = float(fees[i])
        may_sell = asked.side != "long" and (asked.borrow_annual is None or fee <= asked.borrow_annual)
        may_buy = asked.side != "short"
        found[name] = Priced(adv, fee, entry, -most if may_sell else 0.0, most if may_buy else 0.0, most)
    return found


def _factors(market: Market, row: int, names: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """(T, F) returns of the factors that a hedge must be neutral to, and what each one is."""
    wanted = tuple(name for name in names if name != DOLLARS)
    for name in wanted:
        if name not in SPREADS:
            remedy = did_you_mean(name, (DOLLARS, *SPREADS))
            raise ParameterError(f"no factor is called {name!r}", where="neutral", value=name, remedy=remedy)
    if not wanted:
        return np.empty((row + 1, 0)), ()
    found = etf_factors(market, wanted)
    return found.returns, found.definitions
