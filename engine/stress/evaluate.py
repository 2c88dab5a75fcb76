"""What positions lose in a scenario, ticker by ticker, and whether a margin call follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..exposure.freshness import stale_reason
from ..exposure.known import WINDOW_SESSIONS
from .held.margin import HeldMargin
from .held.scenarios import revalued
from .lines import slopes
from .positions import MarginTerms, Positions
from .responses import LEAST_SESSIONS, Responses
from .scenario import EVERYTHING, Move, Scenario, ShortTrouble, VolatilityMove, narrowest

CALENDAR_DAYS_PER_SESSION, BORROW_YEAR_DAYS = 365.0 / 252.0, 360.0
UNMOVED = "nothing in the scenario moves it"


@brief
@dataclass(frozen=True, eq=False)
class StressResult:
    """Losses of one scenario.

    tickers: rows by ticker: bucket, value_usd, move_frac (at the end), borrow_usd, buy_in_usd (negative when paid),
    pnl_usd, how (what moved it), note; path: by step: pnl_usd, requirement_usd, excess_usd (NAV less requirement; NaN
    where margin is off); pnl_frac: of NAV, at the end; worst_frac: the lowest on the way; called: whether a step
    ends below the requirement; moved: how many positions move; first_moves: (N,) of the first step.
    """

    name: str
    title: str
    tickers: pd.DataFrame
    path: pd.DataFrame
    pnl_usd: float
    pnl_frac: float
    worst_frac: float
    called: bool
    moved: int
    first_moves: Floats
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class StressSetting:
    """What every scenario of one set of positions is evaluated with.

    responses: None where no factor has prices; market: None for a series; index_betas are estimated on its closes up
    to the positions' session; book: of shares and options, whose tickers are those of the positions, which are then
    the shares of the same delta; None where there are no options.
    """

    positions: Positions
    margin: MarginTerms
    responses: Responses | None
    market: Market | None
    book: HeldMargin | None = None

    @property
    def values_usd(self) -> Floats:
        """(N,) what is held of each ticker, options at their prices."""
        return self.positions.values_usd if self.book is None else self.book.held.values_usd

    @property
    def stock_usd(self) -> Floats:
        """(N,) what the shares alone are worth."""
        if self.book is None:
            return self.positions.values_usd
        return np.asarray(self.book.held.shares * self.book.held.spots)

    def checked(self) -> StressSetting:
        """The setting. Raises ParameterError where a book's tickers are not those of the positions, in their order."""
        if self.book is not None and self.book.held.tickers != self.positions.tickers:
            raise ParameterError("positions and options have other tickers", where="book")
        return self


def run_scenario(setting: StressSetting, scenario: Scenario) -> StressResult:
    """Evaluate a scenario. P&L is linear in each ticker's move, options are revalued, and a price falls to zero at
    worst.

    Raises ParameterError for a factor, bucket or ticker that does not exist, with the closest name.
    """
    moves, how, notes = _moves(setting, scenario)
    return finish(setting, scenario, moves, how, {t: n for t, n in notes.items() if n})


def finish(
    setting: StressSetting, scenario: Scenario, moves: Floats, how: Sequence[str], notes: Mapping[str, str]
) -> StressResult:
    """From moves (S, N) to a result; `scenario` gives name, length and what happens to shorts."""
    positions = setting.checked().positions
    told = dict(notes)
    for i in np.flatnonzero((moves < -1.0).any(axis=0)):
        told[positions.tickers[i]] = "its move was cut at a loss of everything"
    moves = np.maximum(moves, -1.0)
    named: tuple[ShortTrouble | VolatilityMove, ...] = (*scenario.shorts, *scenario.volatility)
    for one in named:
        check_name(setting, one)
    borrow, buy_in = _shorts(setting, scenario, moves[-1])
    if setting.book is None:
        gains = positions.values_usd * moves
        requirement = setting.margin.requirement_usd(positions.prices * (1.0 + moves))
    else:
        gains, requirement = revalued(setting.book, scenario, moves)
    by_step = gains.sum(axis=1)
    # Fees grow along the way, a buy-in comes at its end.
    fees = borrow.sum() * np.arange(1, len(moves) + 1) / len(moves)
    fees[-1] += buy_in.sum()
    by_step = by_step + fees
    excess = positions.nav_usd + by_step - requirement
    if not setting.margin.enforced:
        requirement, excess = np.full(len(moves), np.nan), np.full(len(moves), np.nan)
    table = pd.DataFrame(
        {
            "bucket": [bucket or "other" for bucket in positions.buckets],
            "value_usd": setting.values_usd,
            "move_frac": moves[-1],
            "borrow_usd": borrow,
            "buy_in_usd": buy_in,
            "pnl_usd": gains[-1] + borrow + buy_in,
            "how": list(how),
            "note": [told.get(ticker, "") for ticker in positions.tickers],
        },
        index=pd.Index(positions.tickers, name="ticker"),
    )
    path = pd.DataFrame(
        {"pnl_usd": by_step, "requirement_usd": requirement, "excess_usd": excess},
        index=pd.RangeIndex(1, len(moves) + 1, name="step"),
    )
    touched = (moves != 0.0).any(axis=0) | (borrow != 0.0) | (buy_in != 0.0)
    if setting.book is not None:
        touched |= (gains != 0.0).any(axis=0)
    return StressResult(
        name=scenario.name,
        title=scenario.title,
        tickers=table,
        path=path,
        pnl_usd=float(by_step[-1]),
        pnl_frac=float(by_step[-1] / positions.nav_usd),
        worst_frac=float(min(by_step.min(), 0.0) / positions.nav_usd),
        called=bool((excess < 0).any()),
        moved=int(touched.sum()),
        first_moves=moves[0],
        notes=tuple(f"{ticker}: {text}" for ticker, text in told.items()),
    )


def index_betas(setting: StressSetting, index: str) -> tuple[Floats, dict[str, str]]:
    """(N,) slopes on the index's returns over the last 250 sessions; a ticker with fewer than 60, or without a close
    in the last 5 sessions, takes its bucket's mean, NaN where there is none. And by ticker, what replaced its own. Over
    several exchanges the sessions are days on which those of the tickers and of the index all trade.

    Raises ParameterError for an index that cannot be estimated against.
    """
    market, positions = setting.market, setting.positions
    if market is None:
        raise ParameterError("an index move needs prices", where="scenario", value=index)
    row = market.session_index(positions.session)
    problem = index_problem(market, index, row)
    if problem is not None:
        raise ParameterError(problem, where="scenario", value=index)
    whole = market.rows(0, row + 1)

    def own(tickers: Sequence[str]) -> Floats:
        known = at_common(whole, (*tickers, index), home=True)
        known = known.rows(max(0, len(known.sessions) - 1 - WINDOW_SESSIONS), len(known.sessions))
        x = known.close_returns([index])[1:, 0]
        found = slopes(known.close_returns(tickers)[1:], x, LEAST_SESSIONS)
        stale = [i for i, ticker in enumerate(tickers) if stale_reason(whole, ticker, row)]
        found[stale] = np.nan
        return found

    out, notes = own(positions.tickers), dict[str, str]()
    by_bucket: dict[str | None, Floats] = {None: np.empty(0)}
    for i in np.flatnonzero(~np.isfinite(out)).tolist():
        ticker, bucket = positions.tickers[i], positions.buckets[i]
        if bucket not in by_bucket:
            mates = [m.ticker for m in whole.universe.bucket(str(bucket)).members if m.ticker in whole.columns]
            found = own(mates)
            by_bucket[bucket] = found[np.isfinite(found)]
        found = by_bucket[bucket]
        if len(found):
            out[i] = float(found.mean())
            notes[ticker] = f"too few returns: the mean beta of {len(found)} of its bucket to {index} stands in"
        else:
            notes[ticker] = f"too few returns for a beta to {index}: it is left where it is"
    return out, notes


def index_problem(market: Market, index: str, row: int) -> str | None:
    """Why betas to an index cannot be estimated at the close of row `row`, None where they can."""
    if index not in market.columns:
        return f"{index} has no prices"
    count = int(np.isfinite(market.close_returns([index])[max(1, row + 1 - WINDOW_SESSIONS) : row + 1, 0]).sum())
    if count < LEAST_SESSIONS:
        return f"{index} has {count} of {LEAST_SESSIONS} returns up to {market.sessions[row]}"
    return stale_reason(market, index, row)


def _moves(setting: StressSetting, scenario: Scenario) -> tuple[Floats, list[str], dict[str, str]]:
    """(S, N) cumulative moves, what moved each ticker, and notes by ticker."""
    positions = setting.positions
    moves = np.zeros((scenario.steps, len(positions.tickers)))
    how, notes = [UNMOVED] * len(positions.tickers), {}
    factor_moves = [m for m in scenario.moves if m.kind == "factor"]
    if factor_moves:
        moves, label = _factor_moves(setting, scenario, factor_moves)
        how = [label] * len(how)
        responses = setting.responses
        assert responses is not None
        notes.update(responses.notes)
        if scenario.betas == "stress":
            notes.update({t: n for t, n in responses.stress_notes.items() if t not in notes})
    for move in scenario.moves:
        path = np.array(move.path)
        if move.kind == "index":
            check_name(setting, move)
            betas, told = index_betas(setting, move.of)
            for i, ticker in enumerate(positions.tickers):
                notes.pop(ticker, None)
                moves[:, i] = np.power(1.0 + path, betas[i]) - 1.0 if np.isfinite(betas[i]) else 0.0
                how[i] = f"{move.of} by beta {betas[i]:.2f}" if np.isfinite(betas[i]) else UNMOVED
            notes.update(told)
    for kind in ("bucket", "ticker"):
        for move in scenario.moves:
            if move.kind != kind:
                continue
            check_name(setting, move)
            names = positions.buckets if kind == "bucket" else positions.tickers
            for i, name in enumerate(names):
                if name == move.of:
                    moves[:, i] = np.array(move.path)
                    how[i] = f"{kind} {name}"
                    notes.pop(positions.tickers[i], None)
    return moves, how, notes


def _factor_moves(setting: StressSetting, scenario: Scenario, given: list[Move]) -> tuple[Floats, str]:
    responses = setting.responses
    if responses is None:
        raise ParameterError(
            "factor moves need prices of factors", where=f"scenario {scenario.name}", value=given[0].of
        )
    betas = responses.stress_betas if scenario.betas == "stress" else responses.betas
    rows = [
        betas @ responses.shock({m.of: m.path[s] for m in given}, expected=scenario.others == "expected")
        for s in range(scenario.steps)
    ]
    return np.array(rows), f"factors by {'stress ' if scenario.betas == 'stress' else ''}betas"


def check_name(setting: StressSetting, given: Move | ShortTrouble | VolatilityMove) -> None:
    """Raises ParameterError with the closest name for a bucket or ticker that nobody knows."""
    market, positions = setting.market, setting.positions
    buckets = list(market.universe.bucket_names) if market else []
    tickers = list(dict.fromkeys([*positions.tickers, *(market.universe.tickers if market else ())]))
    what: str
    if isinstance(given, Move):
        priced = list(market.tickers) if market else []
        known = {"bucket": buckets, "ticker": tickers, "index": priced}[given.kind]
        what = "index with prices" if given.kind == "index" else str(given.kind)
    else:
        known, what = [EVERYTHING, *buckets, *tickers], "bucket or ticker"
    if given.of not in known:
        raise ParameterError(f"there is no {what} {given.of!r}", where="scenario", remedy=did_you_mean(given.of, known))


def _shorts(setting: StressSetting, scenario: Scenario, final: Floats) -> tuple[Floats, Floats]:
    """(N,) borrow fees and (N,) costs of buying in, USD, negative; the narrowest rule counts."""
    positions = setting.positions
    values = setting.stock_usd
    days = round(scenario.sessions * CALENDAR_DAYS_PER_SESSION)
    chosen = [
        narrowest(scenario.shorts, ticker, bucket) if value < 0.0 else None
        for ticker, bucket, value in zip(positions.tickers, positions.buckets, values.tolist(), strict=True)
    ]
    borrow = np.array([0.0 if t is None else t.borrow_annual * days / BORROW_YEAR_DAYS for t in chosen])
    buy_in = np.array([0.0 if t is None or t.buy_in is None else t.buy_in for t in chosen])
    return values * borrow, values * (1.0 + final) * buy_in
