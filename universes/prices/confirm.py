"""Moves that look like unadjusted splits: refused in a price file, unless somebody has confirmed them as real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from hedgebook.errors import ParameterError, PriceDataError, value_text

from ..calendar import as_day
from ..market import Market
from .align import Cells
from .moves import Moves, moves_of
from .splits import SplitSuspect, find_splits

ARGUMENT = "confirmed_moves (--confirm-move)"
SHOWN = 8
# A move of this size can be confirmed whether or not it is suspected: one file has the opens that clear it and
# the next has not. It is that of the smallest split, 5:4, less a fifth.
CONFIRMABLE_LOG = 0.18

Confirmed = Sequence[tuple[str, str | date]]


@dataclass(frozen=True)
class SplitVerdict:
    """The suspects of a market that are confirmed, what to say about the confirmations, and the suspects that are not.

    refused: none where they are refused with an error.
    """

    confirmed: tuple[SplitSuspect, ...]
    warnings: tuple[str, ...]
    refused: tuple[SplitSuspect, ...] = ()


def judge_splits(market: Market, cells: Cells, asked: Confirmed, *, refuse: bool = True) -> SplitVerdict:
    """Refuse the moves that unadjusted splits would have made and that nobody has confirmed.

    refuse: False for a list of them instead. A move is confirmed by `asked`, (ticker, session) each, or by its member
    of the universe. Raises
    PriceDataError for the first that is not, and ParameterError for an entry of `asked` without a move, unless its
    ticker is one of the file that the market does not have. A
    universe serves many files, some of which begin later or have other prices, so an entry of its own
    without a move is only said in a warning.
    """
    moves = moves_of(market)
    suspects = find_splits(market, moves)
    there = _confirmable(market, moves, suspects)
    wanted = _given(asked)
    # One list of confirmed moves serves a whole file, of which a market has some tickers.
    elsewhere = [place for place in wanted if place[0] not in market.columns and place[0] in market.outside]
    given = {place: there.get(place) for place in wanted if place not in elsewhere}
    for place, move in given.items():
        if move is None:
            raise _not_there(market, place, suspects, there)
    of_universe = {place: there.get(place) for place in _of_universe(market)}
    confirmed = {place for place, move in {**of_universe, **given}.items() if move is not None}
    refused = [s for s in suspects if (s.ticker, s.session) not in confirmed]
    if refused and refuse:
        raise _refusal(cells, refused)
    return SplitVerdict(
        tuple(s for s in suspects if s not in refused),
        (*_warnings(market, given, of_universe), *_elsewhere(market, elsewhere)),
        tuple(refused),
    )


def _given(asked: Confirmed) -> list[tuple[str, str]]:
    """What a caller confirms, as tickers and ISO days. Raises ParameterError for what is neither."""
    found: list[tuple[str, str]] = []
    for entry in (asked,) if isinstance(asked, str) else tuple(asked):
        if isinstance(entry, str) or not isinstance(entry, Sequence) or len(entry) != 2:
            raise _malformed(entry)
        ticker, day = entry
        try:
            moment = as_day(day)
        except ParameterError:
            moment = np.datetime64("NaT")
        if not isinstance(ticker, str) or isinstance(day, int) or np.isnat(moment):
            raise _malformed(f"{ticker}, {day}")
        found.append((ticker, str(moment)))
    return found


def _malformed(value: object) -> ParameterError:
    return ParameterError(
        "this is not a ticker and a session",
        where=ARGUMENT,
        value=value_text(value, quoted=False),
        bound='("APLD", "2022-07-19"), on the command line APLD:2022-07-19',
    )


def _of_universe(market: Market) -> list[tuple[str, str]]:
    members = [(t, market.universe.by_ticker[t][1]) for t in market.tickers if t in market.universe.by_ticker]
    return [(ticker, str(day)) for ticker, member in members for day in member.confirmed_moves]


def _row(market: Market, day: str) -> int | None:
    row = int(np.searchsorted(market.sessions, as_day(day)))
    return row if row < len(market.sessions) and market.sessions[row] == as_day(day) else None


def _confirmable(market: Market, moves: Moves, suspects: Sequence[SplitSuspect]) -> dict[tuple[str, str], float]:
    """Every move that can be confirmed, as a fraction, by ticker and session."""
    found = {(s.ticker, s.session): s.move_frac for s in suspects}
    for i in np.flatnonzero(np.abs(moves.close) >= CONFIRMABLE_LOG).tolist():
        place = market.tickers[moves.column[i]], str(market.sessions[moves.row[i]])
        found[place] = float(np.expm1(moves.close[i]))
    return found


def _not_there(
    market: Market, place: tuple[str, str], suspects: Sequence[SplitSuspect], there: Mapping[tuple[str, str], float]
) -> ParameterError:
    """Why there is nothing to confirm at a place, and which move may have been meant."""
    ticker, day = place
    if ticker not in market.columns:
        what, remedy = market.why_unpriced(ticker)
        return ParameterError(
            f"a move of {ticker} on {day} is confirmed, but {what}", where=ARGUMENT, value=ticker, remedy=remedy
        )
    choices = [s.session for s in suspects if s.ticker == ticker]
    choices = choices or [session for name, session in there if name == ticker]
    remedy = f"{ticker} has no move of that size in these prices."
    if choices:
        nearest = min(choices, key=lambda session: abs(as_day(session) - as_day(day)))
        remedy = f"Did you mean {nearest}, when it moved {there[ticker, nearest]:+.1%}?"
    if _row(market, day) is None:
        what, bound = f"{day} is not a session of these prices", None
    else:
        what = f"{ticker} did not move on {day} as a split would have moved it"
        bound = f"moves beyond {np.expm1(-CONFIRMABLE_LOG):+.1%} or {np.expm1(CONFIRMABLE_LOG):+.1%}"
    return ParameterError(what, where=ARGUMENT, value=f"{ticker}:{day}", bound=bound, remedy=remedy)


def _refusal(cells: Cells, suspects: Sequence[SplitSuspect]) -> PriceDataError:
    first, more = suspects[0], suspects[1:]
    column = cells.tickers.index(first.ticker)
    session = np.searchsorted(cells.calendar.sessions, as_day(first.session))
    k = int(np.flatnonzero((cells.column == column) & (cells.session == session))[0])
    position = cells.position(k, "close")
    factor = first.factor
    verb, by = ("Divide", factor) if factor > 1 else ("Multiply", 1 / factor)
    seen = [f"it would leave {float(1 / factor):.4g}"]
    if first.gap_frac is not None:
        seen.append(f"the open stands at {1 + first.gap_frac:.4g} of the close before")
    if first.volume_times is not None:
        seen.append(f"volume is {first.volume_times:.3g} times its usual")
    if first.neighbours_frac is not None:
        seen.append(f"its neighbours moved {first.neighbours_frac:+.1%}")
    remedy = (
        f"{verb} its prices before {first.session} by {_number(by)}, or, if the move is real, confirm it: "
        f'--confirm-move {first.ticker}:{first.session}, or confirmed_moves=[("{first.ticker}", '
        f'"{first.session}")].'
    )
    if more:
        rest = ", ".join(f"{s.ticker}:{s.session} {s.ratio}" for s in more[:SHOWN])
        others = "is 1 more such move" if len(more) == 1 else f"are {len(more)} more such moves"
        remedy += f" There {others}: {rest}{' and more' if len(more) > SHOWN else ''}."
    return PriceDataError(
        f"{first.ticker} moves to {1 + first.move_frac:.4g} of the close before on {first.session}, as a split "
        f"of {first.ratio} does that was left unadjusted ({'; '.join(seen)})",
        where=f"{cells.table.source}, {cells.table.place(int(cells.rows[k]))}, column {cells.table.names[position]!r}",
        value=f"{first.close_before:g} to {first.close:g}",
        remedy=remedy,
    )


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value} ({float(value):.4g})"


def _warnings(
    market: Market, given: Mapping[tuple[str, str], float | None], of_universe: Mapping[tuple[str, str], float | None]
) -> list[str]:
    lines = []
    if given:
        each = [f"{ticker} {move:+.1%} on {day}" for (ticker, day), move in given.items()]
        lines.append(f"confirmed as real and not as unadjusted splits: {', '.join(each)}")
    idle = [f"{t} {day}" for (t, day), move in of_universe.items() if move is None and _priced(market, t, day)]
    if idle:
        more = f" and {len(idle) - SHOWN} more" if len(idle) > SHOWN else ""
        lines.append(f"moves that the universe confirms are not in these prices: {', '.join(idle[:SHOWN])}{more}")
    return lines


def _elsewhere(market: Market, places: Sequence[tuple[str, str]]) -> list[str]:
    """What is said of confirmed moves of tickers that the file has and the market has not."""
    if not places:
        return []
    shown = ", ".join(f"{ticker} {day}" for ticker, day in places[:SHOWN])
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return [f"confirmed moves of tickers outside universe {market.universe.name} are not looked at: {shown}{more}"]


def _priced(market: Market, ticker: str, day: str) -> bool:
    """Whether a ticker has a close on a day and on the session before."""
    row = _row(market, day)
    pair = market.close[max((row or 0) - 1, 0) : (row or 0) + 1, market.columns[ticker]]
    return len(pair) == 2 and bool(np.isfinite(pair).all())
