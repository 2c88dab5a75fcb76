"""A small invented market with dirt in it, and trades run on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import build_trade
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.event import Event, Timing
from hedgebook.universes.market import Field, Market, Provenance, build_market
from hedgebook.universes.universe import Universe
from tests.markets import universe_of

from . import browser
from .told import AllTold, all_told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BOLD = "<b>X"
TICKERS = (BOLD, "ACME", "CLOUD", "LATE", "SPY", "SMH", "IBIT", "MTUM")
ENTRY, EXIT = "2026-07-01", "2026-07-14"
HEADLINE = "Invented news </script><script>alert(1)</script> & <b>more"
Runner = Callable[..., TradeRun]


def invented_universe() -> Universe:
    """Two long names, two short ones of which LATE lists on 2026-05-26, and four proxies."""
    buckets = {"maker": TICKERS[:2], "renter": TICKERS[2:4], "fund": TICKERS[4:]}
    listed = dict.fromkeys(TICKERS, date(2020, 1, 2)) | {"LATE": date(2026, 5, 26)}
    return universe_of(buckets, name="invented", listed=listed)


def invented_market(*, simulated: bool = True, missing_closes: tuple[tuple[str, str], ...] = ()) -> Market:
    """60 sessions from 2026-05-01 (three holidays): CLOUD has no open on the entry session, MTUM no close once."""
    calendar = trading_calendar(2025, 2027)
    start = int(np.searchsorted(calendar.sessions, np.datetime64("2026-05-01")))
    days = calendar.sessions[start : start + 60]
    draw = np.random.default_rng(20260701)
    shape = (len(days), len(TICKERS))
    market_move = draw.normal(0.0, 0.01, (len(days), 1))
    moves = market_move * np.linspace(0.5, 2.0, len(TICKERS)) + draw.normal(0.0, 0.02, shape)
    close = 50.0 * np.exp(np.cumsum(moves, axis=0))
    opening = close * np.exp(draw.normal(0.0, 0.01, shape))
    fields: dict[Field, Any] = {
        "open": opening,
        "high": np.maximum(opening, close),
        "low": np.minimum(opening, close),
        "close": close,
        "volume": np.full(shape, 1e6),
    }
    row = {str(day): k for k, day in enumerate(days)}
    fields["open"][row[ENTRY], TICKERS.index("CLOUD")] = np.nan
    fields["open"][row["2026-07-06"], TICKERS.index("ACME")] = np.nan
    fields["close"][row["2026-06-15"], TICKERS.index("MTUM")] = np.nan
    for ticker, session in missing_closes:
        fields["close"][row[session], TICKERS.index(ticker)] = np.nan
    source = Provenance("prices <i>v2.csv", "ab" * 32, str(days[0]), str(days[-1]), simulated=simulated)
    return build_market(calendar, days, TICKERS, fields, invented_universe(), source, warnings=("a <i>warning</i>",))


def invented_event() -> Event:
    """News before the open of 2026-07-01 whose headline tries to break out of the page."""
    return Event(
        id="invented-news",
        announced_on=date(2026, 7, 1),
        timing=Timing.PRE_OPEN,
        headline=HEADLINE,
        sources=("an invention",),
    )


def run_invented(market: Market | None = None, costs: Costs | None = None, **changes: Any) -> TradeRun:
    """The invented trade with other parameters where `changes` gives them."""
    values: dict[str, Any] = {
        "name": "invented-trade",
        "title": "Makers </title><b>against renters",
        "event": "invented-news",
        "long": ("maker",),
        "short": ("renter",),
        "hold": 8,
    }
    trade = build_trade({**values, **changes})
    return run_trade(trade, invented_event(), RunSetting(market or invented_market(), costs or invented_costs()))


def invented_costs() -> Costs:
    """The shipped costs without their buckets, which this universe does not have."""
    shipped = load_costs("default")
    return shipped.model_copy(
        update={
            "half_spread": shipped.half_spread.model_copy(update={"by_bucket_bps": {"renter": 4.0}}),
            "slippage": shipped.slippage.model_copy(update={"by_bucket_bps": {"renter": 6.0}}),
            "borrow": shipped.borrow.model_copy(update={"by_bucket_annual": {"renter": 0.06}}),
        }
    )


@pytest.fixture(scope="session")
def run() -> TradeRun:
    """The invented trade as it stands."""
    return run_invented()


@pytest.fixture(scope="session")
def one_leg() -> TradeRun:
    """The long leg alone."""
    return run_invented(short=())


@pytest.fixture(scope="session")
def hindsight() -> TradeRun:
    """Entered at the close before the news."""
    return run_invented(hindsight=True)


@pytest.fixture(scope="session")
def one_session() -> TradeRun:
    """Entered at the open and closed at the close of the same session, where CLOUD is never held."""
    return run_invented(hold=0)


@pytest.fixture(scope="session")
def stuck() -> TradeRun:
    """LATE has no close on the exit session, so it is still held at the end."""
    return run_invented(invented_market(missing_closes=(("LATE", EXIT),)))


@pytest.fixture(scope="session")
def every_run(
    run: TradeRun, one_leg: TradeRun, hindsight: TradeRun, one_session: TradeRun, stuck: TradeRun
) -> dict[str, TradeRun]:
    """All of them by name, and one without costs on prices that are not simulated."""
    free = run_invented(invented_market(simulated=False), Costs(), hedge="beta", lookback=40, delay=2)
    return {
        "run": run,
        "one_leg": one_leg,
        "hindsight": hindsight,
        "one_session": one_session,
        "stuck": stuck,
        "free": free,
    }


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a session."""
    with browser.browser() as found:
        yield found


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> AllTold:
    """Each kind of report with all of its documents, made by its command."""
    return all_told(tmp_path_factory)
