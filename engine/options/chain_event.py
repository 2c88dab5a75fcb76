"""What a chain expects of an event: the straddle over it, and the variance of its day split from all others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.calendar import as_day
from hedgebook.universes.chains.chain import Chain, Snapshot
from hedgebook.universes.checks import DAY, MARKET, instance, maybe, number, takes
from hedgebook.universes.market import Market

from ..arrays import Floats
from .chain_surface import DAYS_A_YEAR, SNAPSHOT, ChainSurface, chain_surface
from .contracts import Contracts
from .european import european
from .event import Day, EventVariance, Expiry, StraddleMove, event_variance, split_variance, straddle_move

# The base of all other days is read this far out, where one day weighs little.
FAR_DAYS = (25.0, 70.0)
MOST_SESSIONS_BEFORE = 5


@dataclass(frozen=True, eq=False)
class ChainEvent:
    """What the quotes of one moment expect of an event.

    ticker, session: of the snapshot; event: its day; near, far: the first expiry with the event in it, and the one that
    gives the volatility of other days; forward: of near, USD; straddle: at the forward, USD per share, and
    straddle_error: half of what its bid and ask are apart; move: what it expects to expiry, the event and other days
    together; variance: of the event's day alone, not above zero where the quotes
    expect no event; low_frac, high_frac: its expected move at the straddle's bid and ask.
    """

    ticker: str
    session: np.datetime64
    event: date
    near: date
    far: date
    forward: float
    straddle: float
    straddle_error: float
    move: StraddleMove
    variance: EventVariance
    low_frac: float
    high_frac: float


@takes(snapshot=SNAPSHOT, event=DAY, far=maybe(DAY), rate_annual=number(-1.0, 10.0))
def chain_event(snapshot: Snapshot, event: Any, *, rate_annual: float, far: Any = None, day: Day = "add") -> ChainEvent:
    """The move that a `snapshot` of a chain, taken before an `event`, expects of it.

    event: its day; a report after a close is of that day. far: the expiry whose volatility is that of other days, None
    = the monthly nearest to six weeks out; day: whether the event's variance comes on top of a normal day's ("add") or
    in its place ("replace"); rate_annual: continuous. Volatilities are those of the surface at the forward. Where the
    quotes expect no event, as before news that nobody knew of, its variance is not above zero and its moves are NaN.
    Raises ParameterError for an event before the snapshot, PriceDataError where no two expiries hold it.
    """
    on = as_day(event)
    if on < snapshot.session:
        bound = f"from {snapshot.session}"
        raise ParameterError("the event lies before these quotes", where="event", value=str(on), bound=bound)
    surface = chain_surface(snapshot, rate_annual=rate_annual)
    after = [one for one in surface.slices if one.expiry > on]
    if len(after) < 2:
        raise PriceDataError(
            "no two expiries lie after the event", where=f"{snapshot.ticker}, {snapshot.moment}Z", value=str(on)
        )
    near = after[0]
    other = _far(surface, after[1:], None if far is None else as_day(far))
    forwards = [one.forward for one in (near, other)]
    vols = [
        float(surface.vol(forward, forward, one.years)) for forward, one in zip(forwards, (near, other), strict=True)
    ]
    straddle = _straddle(near.forward, near.years, rate_annual, vols[0])
    error = _error(snapshot, near.expiry, near.forward)
    discount = math.exp(-rate_annual * near.years)
    move = straddle_move(straddle, near.forward, discount, near.years)
    expiries = [Expiry(vol, one.years * DAYS_A_YEAR) for vol, one in zip(vols, (near, other), strict=True)]
    variance = split_variance(expiries[0], expiries[1], day=day)
    bounds = []
    for shift in (-error, error):
        vol = straddle_move(straddle + shift, near.forward, discount, near.years).vol_annual
        try:
            bounds.append(event_variance(Expiry(vol, expiries[0].days), expiries[1], day=day).expected_frac)
        except ParameterError:  # at that side of the quotes there is no event in them
            bounds.append(math.nan)
    return ChainEvent(
        snapshot.ticker, snapshot.session, day_of(on), day_of(near.expiry), day_of(other.expiry), near.forward,
        straddle, error, move, variance, bounds[0], bounds[1],
    )  # fmt: skip


def day_of(day: np.datetime64) -> date:
    """A day of an array as a date."""
    return date.fromisoformat(str(day))


def _far(surface: ChainSurface, later: Any, asked: Any) -> Any:
    if asked is not None:
        for one in later:
            if one.expiry == asked:
                return one
        bound = ", ".join(str(one.expiry) for one in later)
        raise ParameterError("no such expiry after the first", where="far", value=str(asked), bound=bound)
    days = np.array([(one.expiry - surface.session).astype(np.float64) for one in later])
    within = [i for i, left in enumerate(days) if FAR_DAYS[0] <= left <= FAR_DAYS[1]]
    choice = within or list(range(len(later)))
    middle = sum(FAR_DAYS) / 2.0
    return later[min(choice, key=lambda i: abs(days[i] - middle))]


def _straddle(forward: float, years: float, rate: float, vol: float) -> float:
    """A call and a put at the forward without early exercise, USD per share."""
    both = Contracts(["call", "put"], forward * math.exp(-rate * years), forward, years, rate, 0.0, vol)
    return float(european(both)["price"].sum())


def _error(snapshot: Snapshot, expiry: np.datetime64, forward: float) -> float:
    """Half of what bid and ask of the straddle at the strike nearest the forward are apart, USD per share."""
    rows = snapshot.some(snapshot.expiry == expiry)
    halves: list[float] = []
    for is_call in (True, False):
        side: Floats = np.flatnonzero(rows.calls == is_call)  # type: ignore[assignment]
        if len(side):
            halves.append(float(rows.half_width[side][np.argmin(np.abs(rows.strike[side] - forward))]))
    return sum(halves)


CHAIN = instance("hedgebook.universes.chains.chain", "Chain", "a Chain, as read_chain(...) gives")


@dataclass(frozen=True, eq=False)
class ExpectedAndRealised:
    """What options expected of an event and what came: expected: the chain's own numbers; session: the first after the
    news; realised_frac: the stock's return over it, from the close before; within_quotes: whether the size of that lies
    between the expected move at the bid and at the ask; deviations: realised over one standard deviation of the day,
    NaN where the quotes expected no event, as `note` then says.
    """

    expected: ChainEvent
    session: date
    realised_frac: float
    within_quotes: bool
    deviations: float

    @property
    def note(self) -> str:
        """What a reader must know: that the quotes expected no event; empty where they did."""
        variance = self.expected.variance.variance
        if variance > 0.0:
            return ""
        one = self.expected
        return (
            f"the quotes of {one.ticker} at {one.session} expected no event: the variance of its day, split by the "
            f"expiries {one.near} and {one.far}, is {variance:.3g}, not above zero; that is usual for unscheduled "
            "news, and no move was expected that what came could be held against"
        )

    def to_dict(self) -> dict[str, Any]:
        """Every figure by name: fractions, USD per share and days as text; None where undefined."""
        one = self.expected
        values = {
            "ticker": one.ticker,
            "quotes_of": str(one.session),
            "session": str(self.session),
            "expected_frac": one.variance.expected_frac,
            "expected_low_frac": one.low_frac,
            "expected_high_frac": one.high_frac,
            "deviation_frac": one.variance.deviation_frac,
            "realised_frac": self.realised_frac,
            "deviations": self.deviations,
            "within_quotes": None if self.note else self.within_quotes,
            "near": str(one.near),
            "far": str(one.far),
            "forward_usd": one.forward,
            "straddle_usd": one.straddle,
            "straddle_error_usd": one.straddle_error,
            "straddle_expected_frac": one.move.expected_frac,
            "straddle_vol_annual": one.move.vol_annual,
            "base_vol_annual": one.variance.base_vol_annual,
            "event_variance": one.variance.variance,
            "note": self.note or None,
        }
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }

    @property
    def table(self) -> pd.DataFrame:
        """The same as one row, indexed by ticker; None where undefined."""
        return pd.DataFrame([self.to_dict()]).set_index("ticker")


@takes(chain=CHAIN, market=MARKET, session=DAY, rate_annual=number(-1.0, 10.0))
def expected_and_realised(chain: Chain, market: Market, session: Any, *, rate_annual: float) -> ExpectedAndRealised:
    """The move that the last quotes of a `chain` before an event expected, against what its stock did in `market`.

    session: the first that could trade on the news, session 0 of a study; rate_annual: continuous. The quotes are the
    last of the five sessions before. Returns are those of the market's closes, as a study has them.
    Raises PriceDataError where the chain has no quotes of those sessions, or the market no closes.
    """
    on = as_day(session)
    row = market.session_index(on)
    column = market.column(chain.ticker)
    first = market.sessions[max(row - MOST_SESSIONS_BEFORE, 0)]
    before = [one for one in chain.snapshots if first <= one.session < on]
    if not before:
        raise PriceDataError(
            "the chain has no quotes of the week before the event",
            where=chain.source,
            bound=f"sessions from {first} to before {on}",
        )
    closes = market.close[max(row - 1, 0) : row + 1, column]
    if row == 0 or not np.isfinite(closes).all():
        raise PriceDataError("there is no return of this session", where=chain.ticker, value=str(on))
    # What expires in that session still holds the event.
    expected = chain_event(before[-1], on - np.timedelta64(1, "D"), rate_annual=rate_annual)
    realised = float(closes[1] / closes[0] - 1.0)
    # At a bid that has no event in it no move is expected.
    low = 0.0 if math.isnan(expected.low_frac) else expected.low_frac
    within = low <= abs(realised) <= expected.high_frac
    deviation = expected.variance.deviation_frac
    sized = realised / deviation if deviation > 0.0 else math.nan
    return ExpectedAndRealised(expected, day_of(on), realised, bool(within), sized)
