"""Small made-up markets with dirt in them, and schedules and costs to run on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.calendar import Mark, trading_calendar
from hedgebook.universes.event import Event, Timing
from hedgebook.universes.market import FIELDS, Field, Market, Provenance, build_market
from hedgebook.universes.universe import Bucket, Member, Universe

NAN = float("nan")
LATE = date(2026, 6, 24)
BUCKETS = {"maker": ("ACME", "BOLT"), "renter": ("CLOUD", "DRIFT", "LATE"), "fund": ("BENCH", "SPARE")}


def universe_of(
    buckets: Mapping[str, Sequence[str]],
    benchmark: str = "SPY",
    *,
    name: str = "made_up",
    listed: Mapping[str, date] | None = None,
    **more: Mapping[str, Any],
) -> Universe:
    """Buckets of invented companies that have always been listed, but for `listed`; more: fields of members by ticker,
    as in delisted={"OLD": day}."""

    def member(ticker: str) -> Member:
        late = (listed or {}).get(ticker)
        own = {field: values[ticker] for field, values in more.items() if ticker in values}
        first = late or date(2000, 1, 3)
        return Member(ticker=ticker, company=f"{ticker} Inc.", first_session=first, earlier=late is None, **own)

    return Universe(
        name=name,
        title=name,
        benchmark=benchmark,
        buckets=tuple(Bucket(name=n, role=n, members=tuple(map(member, names))) for n, names in buckets.items()),
    )


def abroad_universe(homes: Mapping[str, str], currencies: Mapping[str, str] | None = None) -> Universe:
    """Tickers on exchanges, a bucket each, priced in USD or a currency of their own; the first is the benchmark."""
    money = {ticker: (currencies or {}).get(ticker, "USD") for ticker in homes}
    buckets = {ticker.lower(): (ticker,) for ticker in homes}
    old = dict.fromkeys(homes, date(2020, 1, 2))
    return universe_of(buckets, next(iter(homes)), name="abroad", listed=old, calendar=homes, currency=money)


def universe_text(
    buckets: Mapping[str, Sequence[str]], benchmark: str = "SPY", *, listed: Mapping[str, str] | None = None
) -> str:
    """A universe file of buckets of tickers that have always been listed, but for those with a day in `listed`."""
    lines = ['title = "Own"', f'benchmark = "{benchmark}"']
    for name, tickers in buckets.items():
        lines += ["[[buckets]]", f'name = "{name}"', 'role = "r"', "members = ["]
        for one in tickers:
            day = (listed or {}).get(one)
            since = f"first_session = {day or '2015-01-02'}, earlier = {'false' if day else 'true'}"
            lines.append(f'  {{ ticker = "{one}", company = "{one} Inc.", {since} }},')
        lines.append("]")
    return "\n".join(lines) + "\n"


def made_up_universe() -> Universe:
    """Three buckets of invented companies, of which LATE lists on 2026-06-24."""
    return universe_of(BUCKETS, "BENCH", listed={"LATE": LATE})


def session_days(count: int, first: str = "2026-06-01") -> NDArray[np.datetime64]:
    """`count` XNYS sessions from `first` on; those from June to August 2026 pass two holidays."""
    calendar = trading_calendar(2025, 2027)
    at = int(np.searchsorted(calendar.sessions, np.datetime64(first)))
    return calendar.sessions[at : at + count]


def market_of(
    fields: Mapping[Field, Any], tickers: Sequence[str], *, first: str = "2026-06-01", universe: Universe | None = None
) -> Market:
    """A market from (T, N) tables by field; a field that is left out is NaN everywhere."""
    close = np.asarray(fields["close"], dtype=np.float64)
    days = session_days(len(close), first)
    nothing = np.full(close.shape, np.nan)
    tables = {name: np.asarray(fields.get(name, nothing), dtype=np.float64) for name in FIELDS}
    return build_market(
        trading_calendar(2025, 2027),
        days,
        tuple(tickers),
        tables,
        universe or made_up_universe(),
        Provenance("made up", "", str(days[0]), str(days[-1]), simulated=True),
    )


def dirty_market(sessions: int = 50, seed: int = 7, first: str = "2026-06-01") -> Market:
    """Random walks of every made-up ticker.

    ACME has no open on session 21, BOLT no close on session 23, DRIFT stops printing after session 30, LATE
    lists on 2026-06-24, SPARE has no volume, and the sessions pass 2026-06-19 and 2026-07-03 (holidays).
    """
    draw = np.random.default_rng(seed)
    tickers = made_up_universe().tickers
    marks = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.015, (2 * sessions, len(tickers))), axis=0))
    opens, closes = marks[0::2].copy(), marks[1::2].copy()
    volume = np.rint(draw.lognormal(13.0, 0.4, closes.shape))
    column = {ticker: i for i, ticker in enumerate(tickers)}
    opens[21:22, column["ACME"]] = np.nan
    closes[23:24, column["BOLT"]] = np.nan
    opens[31:, column["DRIFT"]] = closes[31:, column["DRIFT"]] = np.nan
    volume[:, column["SPARE"]] = np.nan
    return market_of({"open": opens, "close": closes, "volume": volume}, tickers, first=first)


def random_market(seed: int, sessions: int = 30, tickers: int = 5, missing_frac: float = 0.1) -> Market:
    """Ragged random walks T0, T1, ... of a universe of their own; T0 lists late and T1 may stop early."""
    draw = np.random.default_rng(seed)
    names = tuple(f"T{i}" for i in range(tickers))
    start = draw.uniform(5.0, 300.0, tickers)
    marks = start * np.exp(np.cumsum(draw.normal(0.0, 0.02, (2 * sessions, tickers)), axis=0))
    marks[draw.random(marks.shape) < missing_frac] = np.nan
    if missing_frac:
        marks[: draw.integers(1, sessions), 0] = np.nan
        marks[draw.integers(sessions, 2 * sessions) :, 1] = np.nan
    volume = draw.lognormal(11.0, 1.0, (sessions, tickers))
    volume[draw.random(volume.shape) < missing_frac] = np.nan
    fields: dict[Field, Floats] = {"open": marks[0::2], "close": marks[1::2], "volume": volume}
    return market_of(fields, names, universe=numbered_universe(names))


def numbered_universe(names: Sequence[str]) -> Universe:
    """Buckets "left" and "right" that take turns; a lone name leaves no right bucket."""
    sides = {"left": names[0::2], "right": names[1::2]}
    old = dict.fromkeys(names, date(2020, 1, 2))
    return universe_of({n: m for n, m in sides.items() if m}, names[0], name="numbered", listed=old)


def schedule_of(
    market: Market,
    rows: Sequence[tuple[int, Mark, Sequence[float]]],
    *,
    tickers: Sequence[str] | None = None,
    hindsight: bool = False,
) -> Schedule:
    """Rows (session number, mark, weights) that were decided a second before their mark."""
    moments = [market.mark_time(t, mark) - np.timedelta64(1, "s") for t, mark, _ in rows]
    return Schedule(
        tickers=tuple(tickers if tickers is not None else market.tickers),
        decided_at=np.array(moments, dtype="datetime64[ns]"),
        session=np.array([market.sessions[t] for t, _, _ in rows], dtype="datetime64[D]"),
        mark=np.array([mark for _, mark, _ in rows], dtype=np.int64),
        weights=np.array([weights for _, _, weights in rows], dtype=np.float64),
        hindsight=hindsight,
    )


def random_schedule(seed: int, market: Market, *, size: float = 0.4, until: int | None = None) -> Schedule:
    """Rows at a third of the marks; each weight is zero, "leave alone" or drawn from -size to size."""
    draw = np.random.default_rng(seed)
    count = len(market.tickers)
    rows = []
    for step in range(2 * (until or len(market.sessions))):
        if draw.random() < 0.33 or step == 1:
            weights = draw.uniform(-size, size, count)
            kind = draw.integers(0, 4, count)
            weights[kind == 0], weights[kind == 1] = 0.0, np.nan
            rows.append((step // 2, Mark(step % 2), weights.tolist()))
    return schedule_of(market, rows)


def random_costs(seed: int, *, impact: bool = True, largest: float = 1.0) -> Costs:
    """Every friction and rate at once, each below `largest` times a generous size."""
    draw = np.random.default_rng(seed)

    def up_to(size: float) -> float:
        return float(draw.uniform(0.0, size * largest))

    return Costs.model_validate(
        {
            "name": "random",
            "commission": {"rate_bps": up_to(20)},
            "half_spread": {"default_bps": up_to(30), "by_bucket_bps": {"left": up_to(30)}},
            "slippage": {"default_bps": up_to(30), "by_ticker_bps": {"T1": up_to(30)}},
            "impact": {"y": up_to(1.0) if impact else 0.0, "window_sessions": int(draw.integers(5, 15))},
            "borrow": {"default_annual": up_to(0.2), "by_ticker_annual": {"T0": up_to(1.0)}},
            "cash": {"rate_annual": up_to(0.08), "margin_rate_annual": up_to(0.12)},
        }
    )


def changed_after(market: Market, session: int, seed: int, *, keep_open_of_next: bool = False) -> Market:
    """The market with every price and volume after the close of a session drawn anew, some of them missing."""
    draw = np.random.default_rng(seed)
    tables: dict[str, Floats] = {}
    for name in FIELDS:
        values = getattr(market, name).copy()
        first = session + 2 if keep_open_of_next and name == "open" else session + 1
        after = values[first:]
        after *= draw.uniform(0.5, 2.0, after.shape)
        after[draw.random(after.shape) < 0.1] = np.nan
        tables[name] = values
    return dataclasses.replace(market, **tables)


def with_ticker(market: Market, at: int, name: str = "NEW") -> Market:
    """The market with one more ticker, outside the universe, at column `at`."""
    draw = np.random.default_rng(5)
    extra = draw.uniform(10.0, 20.0, len(market.sessions))
    tables = {field: np.insert(getattr(market, field), at, extra, axis=1) for field in FIELDS}
    tickers = (*market.tickers[:at], name, *market.tickers[at:])
    return dataclasses.replace(market, tickers=tickers, **tables)


def permuted(market: Market, order: Sequence[int]) -> Market:
    """The market with its columns in another order."""
    tables = {field: getattr(market, field)[:, list(order)] for field in FIELDS}
    return dataclasses.replace(market, tickers=tuple(market.tickers[i] for i in order), **tables)


def news(day: date, timing: Timing = Timing.PRE_OPEN, event_id: str = "made-up-news") -> Event:
    """An event of nobody's making."""
    return Event(id=event_id, announced_on=day, timing=timing, headline="News", sources=("nowhere",))
