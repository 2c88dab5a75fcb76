"""The market: prices aligned to sessions, and what was known about the tickers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as part
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, PriceDataError, UniverseError, did_you_mean

from .actions.quotes import Quotes
from .beside import beside, include_remedy
from .brief import brief
from .calendar import Mark, TradingCalendar, as_day, trading_calendar
from .checks import DAY, LIST_OF_NAMES, MARK, NAME, UNIVERSE_VALUE, Kind, as_array, check, one_of, takes, whole
from .exchanges.currencies import Rates, meant_currency
from .exchanges.venues import Venues
from .universe import Universe

if TYPE_CHECKING:
    import pandas as pd

Field = Literal["open", "high", "low", "close", "volume"]
FIELDS: tuple[Field, ...] = ("open", "high", "low", "close", "volume")
Reader = Callable[[Universe], "Market"]


@dataclass(frozen=True)
class Provenance:
    """Where prices came from: file name (or "sample"), content hash, span, and whether they are simulated."""

    source: str
    sha256: str
    first: str
    last: str
    simulated: bool
    note: str = ""


def _is_or_none(kind: type, value: object) -> bool:
    return value is None or isinstance(value, kind)


PROVENANCE = Kind("a Provenance", lambda value: isinstance(value, Provenance))


@brief
@dataclass(frozen=True, eq=False)
class Market:
    """Frozen prices of N tickers over T sessions, and the universe they belong to.

    sessions: (T,) datetime64[D]; open_at, close_at: (T,) datetime64[ns] UTC, the moments of the two marks; open, high,
    low, close, volume: (T, N) float64, read-only, C order. Prices are total-return adjusted USD, volume is in shares.
    provenance: where they came from; warnings: what a reader must know of them. NaN means that there is no price: not
    listed yet, halted, or not in the file. outside: tickers that have prices where these came from and are not in the
    market, most often for want of a bucket; reader: what reads prices of them (`including`), None where nothing can.
    quotes: prices as quoted and the corporate actions beside them, where orders fill at those (`load_market` with
    actions): the fields above are then adjusted for what looks back. venues: where tickers trade on other exchanges
    than XNYS, which of them each does and when it opens and closes; sessions are then the days on which any of them
    trades. rates: where prices were in other currencies, by what they are in USD.
    """

    sessions: NDArray[np.datetime64]
    open_at: NDArray[np.datetime64]
    close_at: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    universe: Universe
    provenance: Provenance
    warnings: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    reader: Reader | None = part(default=None, repr=False, compare=False)
    quotes: Quotes | None = None
    venues: Venues | None = None
    rates: Rates | None = None

    def __post_init__(self) -> None:
        check("universe", self.universe, UNIVERSE_VALUE, PriceDataError)
        check("provenance", self.provenance, PROVENANCE, PriceDataError)
        for name in ("tickers", "warnings", "outside"):
            check(name, getattr(self, name), LIST_OF_NAMES, PriceDataError)
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("sessions", "open_at", "close_at"):
            unit = "datetime64[D]" if name == "sessions" else "datetime64[ns]"
            days = as_array(getattr(self, name), unit, name, PriceDataError)
            object.__setattr__(self, name, days)
            if days.shape != self.sessions.shape or days.ndim != 1 or np.isnat(days).any():
                raise PriceDataError("one moment a session is needed", where=name, value=str(days.shape))
        shape = (len(self.sessions), len(self.tickers))
        for field in FIELDS:
            values = as_array(getattr(self, field), np.float64, field, PriceDataError)
            if values.shape != shape:
                what = "one number a session and ticker is needed"
                raise PriceDataError(what, where=field, value=str(values.shape), bound=str(shape))
            values = values.view()
            values.flags.writeable = False
            object.__setattr__(self, field, values)
        for name, kind in (("quotes", Quotes), ("venues", Venues), ("rates", Rates)):
            check(
                name, getattr(self, name), Kind(f"{kind.__name__} or None", partial(_is_or_none, kind)), PriceDataError
            )
        if self.quotes is not None and not self.quotes.open.shape == self.quotes.close.shape == shape:
            raise PriceDataError("one number a session and ticker is needed", where="quotes", bound=str(shape))

    @cached_property
    def columns(self) -> dict[str, int]:
        """Column number of each ticker."""
        return {ticker: i for i, ticker in enumerate(self.tickers)}

    @cached_property
    def currency_columns(self) -> dict[str, int]:
        """Column number of each currency that can be held as such: KRW, of which a share is one won."""
        return {} if self.rates is None else self.rates.held(self.tickers)

    @cached_property
    def buckets(self) -> tuple[str | None, ...]:
        """The bucket of each ticker in the order of the columns, None for one outside the universe."""
        return tuple(self.universe.bucket_of(ticker) for ticker in self.tickers)

    @takes(field=one_of("open", "close"))
    def quoted(self, field: Literal["open", "close"] = "close") -> NDArray[np.float64]:
        """(T, N): opens or closes as quoted, at which orders fill; the field itself in a market without quotes.

        Raises ParameterError for another field.
        """
        values: NDArray[np.float64] = getattr(self if self.quotes is None else self.quotes, field)
        return values

    @property
    def named(self) -> tuple[str, ...]:
        """Every ticker that has prices where these came from, in the market or not."""
        return (*self.tickers, *self.outside)

    @cached_property
    def has_opens(self) -> bool:
        """Whether any opening price exists; without them only fills at the close are possible."""
        return bool(np.isfinite(self.open).any())

    @property
    def first_mark(self) -> Mark:
        """Where a session can first be traded: at its open, or at its close where there are no opens at all."""
        return Mark.OPEN if self.has_opens else Mark.CLOSE

    @takes(session=DAY)
    def next_session(self, session: np.datetime64) -> np.datetime64:
        """The session of the exchange after `session`, also after the last one with prices.

        Raises ParameterError for what is no day.
        """
        session = as_day(session)
        i = int(np.searchsorted(self.sessions, session, side="right"))
        if i < len(self.sessions):
            following: np.datetime64 = self.sessions[i]
            return following
        year = int(str(session)[:4])
        return trading_calendar(year, year + 1).next_session(session)

    def column(self, ticker: str) -> int:
        """Column number of `ticker`. Raises PriceDataError that says why there is none, and what to do about it."""
        try:
            return self.columns[ticker]
        except (KeyError, TypeError):
            what, remedy = self.why_unpriced(ticker)
            raise PriceDataError(what, remedy=remedy) from None

    @takes(ticker=NAME)
    def why_unpriced(self, ticker: str) -> tuple[str, str]:
        """Why the market has no prices of `ticker`, and what to do about it. Raises ParameterError for no text."""
        universe = self.universe
        source = "the sample market" if self.provenance.source == "sample" else self.provenance.source
        if rate := meant_currency(ticker, universe.currencies):
            return rate
        member = ticker in universe.by_ticker
        if ticker in self.outside:
            if member:
                return f"{ticker} is in {source} but was left out of this market", "Load it too: see tickers=."
            return f"{ticker} is in {source} but not in universe {universe.name}", include_remedy(ticker)
        if ticker in self.columns:
            return f"{ticker} stands in no bucket of universe {universe.name}", include_remedy(ticker)
        if member:
            return f"{ticker} is in universe {universe.name} but has no prices in {source}", "Add its prices there."
        if ticker == universe.benchmark:
            what = f"{ticker}, the benchmark of universe {universe.name}, has no prices in {source}"
            shown = ", ".join(self.tickers[:8])
            return what, f"Add its prices there, or name another benchmark: --benchmark, benchmark=. It has {shown}."
        return f"{ticker} has no prices in {source}", did_you_mean(ticker, (*self.tickers, *self.outside))

    @takes(names=LIST_OF_NAMES, on=DAY)
    def resolve(self, names: Sequence[str], on: date) -> tuple[str, ...]:
        """Tickers of buckets and tickers (`names`) as listed on a day, as `Universe.resolve` has it.

        A ticker that has prices here and stands in no bucket, as a benchmark may, is itself.
        Raises UniverseError, which tells a ticker that has prices but no bucket from one that is unknown.
        """
        universe = self.universe
        for name in names:
            if name in self.outside and name not in universe.by_ticker:
                what, remedy = self.why_unpriced(name)
                raise UniverseError(what, remedy=remedy)
            if name not in universe.bucket_names and name not in universe.by_ticker and name not in self.columns:
                raise universe.unknown(name, self.named)
        free = {
            n for n in names if n in self.columns and n not in universe.by_ticker and n not in universe.bucket_names
        }
        if not free:
            return universe.resolve(names, on)
        found = [one for name in names for one in ((name,) if name in free else universe.resolve((name,), on))]
        return tuple(dict.fromkeys(found))

    @takes(tickers=LIST_OF_NAMES)
    def including(self, tickers: Sequence[str]) -> Market:
        """The market with more tickers of the file that it came from, in the bucket `other`; sessions are the same.

        Raises PriceDataError for a ticker that the file does not have, or whose prices cannot be used.
        """
        new = tuple(dict.fromkeys(one for one in tickers if one not in self.columns))
        if not new:
            return self
        reader = self.reader
        if lost := [ticker for ticker in new if ticker not in self.outside]:
            what, remedy = self.why_unpriced(lost[0])
            raise PriceDataError(what, remedy=remedy)
        if reader is None:
            what, remedy = "prices of more tickers cannot be read here", "Load the market with them."
            raise PriceDataError(what, where=self.provenance.source, value=new[0], remedy=remedy)
        added = reader(Universe.of(list(new), name=self.universe.name))
        return beside(self, added, new)

    def can_price(self, ticker: str) -> bool:
        """Whether there are prices of a ticker here, or where these came from without standing in the universe."""
        known = ticker in self.outside and ticker not in self.universe.by_ticker
        return ticker in self.columns or (known and self.reader is not None)

    def covering(self, names: Iterable[str]) -> Market:
        """The market with those of some names that are tickers of its file and stand in no bucket of its universe.

        Other names are passed over. Raises PriceDataError where such prices cannot be used.
        """
        if not self.outside or self.reader is None:
            return self
        known = set(self.outside) - set(self.universe.by_ticker)
        wanted = [name for name in dict.fromkeys(names) if name in known]
        return self.including(wanted) if wanted else self

    def __getstate__(self) -> dict[str, object]:
        """What other processes are sent: all but the reader, which may hold a whole table."""
        return {**self.__dict__, "reader": None}

    @takes(session=DAY)
    def session_index(self, session: np.datetime64 | str) -> int:
        """Row number of a session. Raises ParameterError when the market has no such session."""
        day = as_day(session)
        i = int(np.searchsorted(self.sessions, day))
        if i == len(self.sessions) or self.sessions[i] != day:
            raise ParameterError(
                f"{day} is not a session of these prices",
                where=self.provenance.source,
                bound=f"sessions from {self.sessions[0]} to {self.sessions[-1]}",
            )
        return i

    @takes(row=whole(), mark=MARK)
    def mark_time(self, row: int, mark: Mark) -> np.datetime64:
        """The UTC moment of a mark of session number `row`; 0 and 1 are marks too.

        Raises ParameterError for another.
        """
        moment: np.datetime64 = (self.open_at if mark == Mark.OPEN else self.close_at)[row]
        return moment

    @takes(ticker=NAME)
    def bucket_of(self, ticker: str) -> str | None:
        """The bucket that a ticker belongs to, or None for one outside the universe.

        Raises ParameterError for no text.
        """
        return self.universe.bucket_of(ticker)

    @takes(tickers=LIST_OF_NAMES)
    def close_returns(self, tickers: Sequence[str]) -> NDArray[np.float64]:
        """(T, K): simple returns of K `tickers` from close to close, NaN where one of the two is missing; row 0 is NaN.

        Of several exchanges each counts from its own session before. Raises PriceDataError for a ticker without prices.
        """
        at = [self.column(ticker) for ticker in tickers]
        close = self.close[:, at]
        if self.venues is not None:
            out = np.full(close.shape, np.nan)
            for n, i in enumerate(at):
                days = np.flatnonzero(self.venues.trades[:, self.venues.of[i]])
                out[days[1:], n] = close[days[1:], n] / close[days[:-1], n] - 1.0
            return out
        return np.vstack([np.full((1, len(tickers)), np.nan), close[1:] / close[:-1] - 1.0])

    @takes(field=one_of(*FIELDS))
    def frame(self, field: Field = "close") -> pd.DataFrame:
        """One field as a (T, N) DataFrame indexed by session, in USD or shares, NaN where there is none.

        Raises ParameterError for a field that does not exist.
        """
        import pandas as pd

        index = pd.DatetimeIndex(self.sessions.astype("datetime64[ns]"), name="session")
        return pd.DataFrame(getattr(self, field), index=index, columns=list(self.tickers))

    @takes(start=whole(), stop=whole())
    def rows(self, start: int, stop: int) -> Market:
        """The sessions `start` to `stop` (excluded) as a market of their own.

        Raises ParameterError for no row numbers.
        """
        part = slice(start, stop)
        return replace(
            self,
            sessions=self.sessions[part],
            open_at=self.open_at[part],
            close_at=self.close_at[part],
            **{field: getattr(self, field)[part] for field in FIELDS},
            quotes=None if self.quotes is None else self.quotes.rows(part),
            venues=None if self.venues is None else self.venues.rows(part),
            rates=None if self.rates is None else self.rates.rows(part),
        )

    @takes(session=DAY)
    def until(self, session: np.datetime64 | str) -> Market:
        """The market as it was known after the close of `session`. Raises ParameterError for what is no day."""
        stop = int(np.searchsorted(self.sessions, as_day(session), side="right"))
        return self.rows(0, stop)


def build_market(
    calendar: TradingCalendar,
    sessions: NDArray[np.datetime64],
    tickers: tuple[str, ...],
    fields: dict[Field, NDArray[np.float64]],
    universe: Universe,
    provenance: Provenance,
    warnings: tuple[str, ...] = (),
    outside: tuple[str, ...] = (),
    venues: Venues | None = None,
) -> Market:
    """A market from arrays on `sessions` of `calendar`; prices before a member's listing become NaN.

    venues: of all days of the calendar.
    """
    at = np.searchsorted(calendar.sessions, sessions)
    listed = universe.listed(tickers, sessions)
    masked: dict[str, Any] = {name: np.where(listed, values, np.nan) for name, values in fields.items()}
    return Market(
        sessions=sessions,
        open_at=calendar.open_at[at],
        close_at=calendar.close_at[at],
        tickers=tickers,
        universe=universe,
        provenance=provenance,
        warnings=warnings,
        outside=outside,
        quotes=None,
        rates=None,
        venues=None if venues is None else venues.rows(slice(int(at[0]), int(at[-1]) + 1)),
        **masked,
    )
