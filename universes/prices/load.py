"""From a price file to a Market."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, PriceDataError, did_you_mean

from ..actions.actions import ACTIONS, Actions
from ..actions.attach import paid_in_usd, with_actions
from ..beside import include_remedy
from ..checks import LIST_OF_NAMES, MOVES, TEXT, UNIVERSE, either, instance, maybe, takes
from ..exchanges.held import with_currencies
from ..fingerprint.asked import remember_asked
from ..layouts.beside import Beside
from ..layouts.price_layout import PriceLayout, as_layout
from ..layouts.table import Recognised
from ..market import Market, Provenance, build_market
from ..quality.always import quality_warnings
from ..universe import ALL, DEFAULT_UNIVERSE, REFERENCES, Universe, as_universe
from .align import Cells, Grid, collect, edge_tickers, scatter, ticker_codes
from .confirm import Confirmed, judge_splits
from .layout import FileLayout, find_layout
from .rates import in_usd
from .read import RawTable, frame_sha256, is_csv
from .splits import SplitSuspect
from .stale import stale_warning
from .validate import refuse_bad_cells

SHOWN = 8


@dataclass(frozen=True, eq=False)
class Reading:
    """A market with what was found in its file on the way.

    ignored: tickers of the file that the universe lacks; lacking: members of the universe without a usable
    close in the file; masked: number of closes before its first session, by member; tickers are in the order
    of the universe, those ignored in the order of the file. confirmed: moves as of unadjusted splits that are
    confirmed as real; splits: those that are not, where they were not to be refused. beside: quoted and adjusted closes
    where the file has both.
    """

    market: Market
    table: RawTable
    layout: FileLayout
    ignored: tuple[str, ...]
    lacking: tuple[str, ...]
    masked: dict[str, int]
    confirmed: tuple[SplitSuspect, ...]
    splits: tuple[SplitSuspect, ...] = ()
    beside: tuple[Beside, ...] = ()


LAYOUT = either(TEXT, instance("hedgebook.universes.layouts.price_layout", "PriceLayout", "an hb.PriceLayout"))


@takes(
    universe=UNIVERSE,
    tickers=maybe(either(TEXT, LIST_OF_NAMES)),
    confirmed_moves=MOVES,
    layout=maybe(LAYOUT),
    actions=maybe(ACTIONS),
)
def load_market(
    path: str | Path | pd.DataFrame,
    universe: str | Path | Universe = "ai_infrastructure",
    *,
    tickers: Sequence[str] | None = None,
    confirmed_moves: Confirmed = (),
    among: Collection[str] | None = None,
    layout: str | PriceLayout | None = None,
    actions: str | Path | pd.DataFrame | Actions | None = None,
) -> Market:
    """Prices of a universe's members from a file (`path`: .csv, .csv.gz, .zip, .txt, .parquet, .pq, .xlsx), a folder or
    pattern of one file a ticker, a partitioned folder (ticker=META/...), or a DataFrame.

    Long: date, ticker (or symbol), close, and where known open, high, low, volume. Wide: date, and one column
    of closes per ticker. Files and frames of yfinance, Tiingo, Stooq, Alpha Vantage, Polygon, Nasdaq.com and
    Investing.com are recognised by their columns, which `Market.warnings` says; `layout`, a name or an hb.PriceLayout,
    tells what the columns do not. Names of columns may be in any case; tickers are taken as they are. Prices must be
    total-return adjusted USD, or raw with `actions`: a file, a DataFrame or an hb.Actions of corporate actions (see
    `load_actions`). Orders then fill at raw prices, dividends are paid, splits change shares, and everything that looks
    back uses total returns made here; where a file has both, its raw columns are read. `tickers` restricts the market
    to some members; their order is the universe's. `among` does so for a long file too large to look at whole: members
    among these that the file has are kept, and those that have its first and its last close, so that the sessions are
    the same.

    The market has every session of XNYS from the first to the last date with a value, float64. Nothing is
    filled: a cell that the file lacks, and a price before the member's first session, is NaN. What was left
    out or sorted is said in `Market.warnings`.

    A move that an unadjusted split would have made (see `find_splits`) is refused, unless `confirmed_moves`,
    as in [("APLD", "2022-07-19")], or the universe's member says that it is real.

    Raises PriceDataError, naming file, row and value, for a file that cannot be used; UniverseError for a
    universe that cannot; ParameterError for a confirmed move that is not in the prices.
    """
    market = read_market(path, universe, tickers, confirmed_moves, among, layout, actions).market
    if not isinstance(path, pd.DataFrame) and (actions is None or isinstance(actions, str | Path)):
        happened = {} if actions is None else {"actions": Path(actions)}
        remember_asked(
            market, path=path, universe=universe, tickers=tickers, confirmed_moves=confirmed_moves, among=among,
            layout=layout, **happened,
        )  # fmt: skip
    return market


def read_market(
    path: str | Path | pd.DataFrame,
    universe: str | Path | Universe,
    tickers: Sequence[str] | None,
    confirmed_moves: Confirmed = (),
    among: Collection[str] | None = None,
    layout: str | PriceLayout | None = None,
    actions: str | Path | pd.DataFrame | Actions | None = None,
    *,
    refuse: bool = True,
) -> Reading:
    """What `load_market` and `check_prices` share. Raises as `load_market` does.

    refuse: False takes prices of a row that contradict one another, and moves as of unadjusted splits, for a list.
    """
    more = (confirmed_moves, among, layout, None if actions is None else _actions(actions))
    try:
        return _read_market(path, universe, tickers, more, typed=True, refuse=refuse)
    except PriceDataError:
        if not is_csv(path):
            raise
    # Once more as text, so that the message shows a cell as it stands in the file.
    return _read_market(path, universe, tickers, more, typed=False, refuse=refuse)


def _read_market(
    path: str | Path | pd.DataFrame,
    universe: str | Path | Universe,
    tickers: Sequence[str] | None,
    more: tuple[Confirmed, Collection[str] | None, str | PriceLayout | None, Actions | None],
    *,
    typed: bool,
    refuse: bool,
) -> Reading:
    confirmed_moves, among, layout, happened = more
    from ..price_files.open import open_prices

    every = isinstance(universe, str) and universe == ALL
    names = None if every else as_universe(universe)
    known = {} if names is None else names.by_ticker
    rates = set() if names is None else {fx.ticker for fx in names.currencies.values()}
    tickers, held = _without_currencies(tickers, names)
    asked_layout = as_layout(layout) if happened is None else replace(as_layout(layout), raw=True)
    needed = _needed(names, tickers)
    needed = needed if needed is None else (*needed, *rates)
    read = open_prices(path, asked_layout, known, needed, typed=typed)
    if names is not None and _none_of_them(universe, names, _tickers_in(read), tickers):
        names, read = None, open_prices(path, asked_layout, typed=typed)
    table, columns = read.table, find_layout(read.table)
    found = ticker_codes(table, columns)
    if names is None:
        names = Universe.of(list(found.names), name=ALL, title="Every ticker of the file")
    wanted = _wanted(table, found.names, names, tickers)
    if among is not None and found.codes is not None and tickers is None:
        kept = {*among, *REFERENCES, names.benchmark, *edge_tickers(table, columns, wanted, found)}
        wanted = tuple(ticker for ticker in wanted if ticker in kept)
    cells = collect(table, columns, wanted, found, names.calendars_of(wanted))
    refuse_bad_cells(cells, ranges=refuse)
    grid = scatter(cells)
    if grid is None:
        raise _no_closes(table, wanted, names, {})
    members = np.array([ticker in names.by_ticker for ticker in wanted])
    if not members.all():  # what prices are measured against has no say in where they begin and end
        grid = grid.spanned_by(members)
    listed = names.listed(wanted, grid.sessions)
    priced = np.isfinite(grid.fields["close"])
    early = (priced & ~listed).sum(axis=0)
    masked = {t: int(n) for t, n in zip(wanted, early, strict=True) if n}
    usable = np.asarray((priced & listed).any(axis=0), dtype=np.bool_)
    dead = tuple(t for t, alive in zip(wanted, usable.tolist(), strict=True) if not alive)
    if dead and (tickers is not None or len(dead) == len(wanted)):
        raise _no_closes(table, dead, names, masked)
    venues = cells.venues
    if dead:
        grid = grid.only(usable)
        venues = None if venues is None else venues.only(usable)
        wanted = tuple(t for t in wanted if t not in dead)
    ignored = tuple(
        name for name in found.names if name not in names.by_ticker and name not in wanted and name not in rates
    )
    asked = wanted if tickers is not None else names.tickers
    if among is not None:
        asked = tuple(member for member in asked if member in among)
    lacking = tuple(member for member in asked if member not in wanted)
    warnings = _warnings((columns, cells), names, ignored, lacking, masked)
    provenance = _provenance(table, columns, wanted, grid)
    there = set(wanted)
    outside = tuple(name for name in found.names if name not in there)
    names = names.first_priced(_first_priced(grid, wanted))
    market = build_market(
        cells.calendar, grid.sessions, wanted, grid.fields, names, provenance, warnings, outside, venues
    )
    market = in_usd(market, table, columns, found, held)
    if happened is not None:
        market = with_actions(market, happened if market.rates is None else paid_in_usd(market, happened))
    warnings = market.warnings
    verdict = judge_splits(market, cells, confirmed_moves, refuse=refuse)
    stale = stale_warning(market)
    odd = quality_warnings(market)
    said = (*_how_read(read, raw=happened is not None), *warnings, *verdict.warnings, *([stale] if stale else []), *odd)
    reader = partial(_more_of, path, table.sha256, confirmed_moves, layout)
    # More tickers of such prices would need their actions, exchanges and rates too.
    plain = market.quotes is None and market.venues is None and market.rates is None
    market = replace(with_currencies(market), warnings=said, reader=reader if plain else None)
    return Reading(market, table, columns, ignored, lacking, masked, verdict.confirmed, verdict.refused, read.beside)


def _without_currencies(
    tickers: Sequence[str] | None, universe: Universe | None
) -> tuple[Sequence[str] | None, tuple[str, ...]]:
    """The tickers that are asked for, and those among them that are currencies of a universe."""
    if tickers is None or universe is None or not universe.currencies:
        return tickers, ()
    asked = (tickers,) if isinstance(tickers, str) else tuple(tickers)
    held = tuple(one for one in asked if one in universe.currencies and one not in universe.by_ticker)
    return (tuple(one for one in asked if one not in held) if held else tickers), held


def _needed(universe: Universe | None, tickers: Sequence[str] | None) -> tuple[str, ...] | None:
    """What a source that can tell is asked for: not fewer for some uses, so that the same prices have the same hash.

    None for all that there is.
    """
    if tickers is None:
        return None if universe is None else tuple(dict.fromkeys((*universe.tickers, universe.benchmark, *REFERENCES)))
    return (tickers,) if isinstance(tickers, str) else tuple(map(str, tickers))


def _more_of(
    path: str | Path | pd.DataFrame,
    sha256: str,
    confirmed: Confirmed,
    layout: str | PriceLayout | None,
    names: Universe,
) -> Market:
    """More tickers of a file that has been read before. Raises PriceDataError where it has changed since."""
    moves = [pair for pair in confirmed if pair[0] in names.by_ticker]
    again = read_market(path, names, names.tickers, moves, None, layout)
    # Of a folder only the files that are needed were read, others than before.
    if not again.table.parts and again.table.sha256 != sha256:
        raise PriceDataError(
            "the file has changed since it was read", where=again.table.source, remedy="Read it again with load_market."
        )
    return again.market


def _first_priced(grid: Grid, tickers: Sequence[str]) -> dict[str, date]:
    """The session of each ticker's first close, of those that have one."""
    priced = np.isfinite(grid.fields["close"])
    rows = priced.argmax(axis=0)
    found = zip(tickers, rows.tolist(), priced.sum(axis=0).tolist(), strict=True)
    return {ticker: grid.sessions[row].item() for ticker, row, there in found if there}


def _actions(given: str | Path | pd.DataFrame | Actions) -> Actions:
    from ..actions.read import load_actions  # which reads tables as this folder does

    return load_actions(given)


def _how_read(read: Recognised, *, raw: bool) -> tuple[str, ...]:
    """What a file was recognised as, where that is no layout of this project's own."""
    if read.layout in ("long", "wide"):
        return ()
    how = "its quoted prices" if raw else "; ".join(read.notes)
    return (f"{read.table.source} is read as {read.layout}: {how}",)


def _tickers_in(read: Recognised) -> tuple[str, ...]:
    return ticker_codes(read.table, find_layout(read.table)).names


def _none_of_them(universe: object, names: Universe, in_file: tuple[str, ...], tickers: Sequence[str] | None) -> bool:
    """Whether the universe that is taken where none is named has nothing to do with a file, which then has its own."""
    if not isinstance(universe, str) or universe != DEFAULT_UNIVERSE or tickers is not None or not in_file:
        return False
    # In another case they would be meant, which the refusal says.
    return not {one.lower() for one in in_file} & {one.lower() for one in names.tickers}


def _wanted(
    table: RawTable, in_file: tuple[str, ...], universe: Universe, tickers: Sequence[str] | None
) -> tuple[str, ...]:
    """The tickers to keep, in the order of the universe: members in the file, or those of them asked for."""
    if tickers is None:
        there = set(in_file)
        kept = tuple(member for member in universe.tickers if member in there)
        if not kept:
            raise _no_member(table, in_file, universe)
        free = dict.fromkeys(one for one in (universe.benchmark, *REFERENCES) if one not in universe.by_ticker)
        return (*kept, *(one for one in free if one in there))
    asked = (tickers,) if isinstance(tickers, str) else tuple(tickers)
    if not asked:
        raise ParameterError("no ticker is asked for", where="tickers", remedy="Name some, or leave it out.")
    for ticker in asked:
        if ticker not in in_file:
            raise PriceDataError(
                "this ticker has no prices in it",
                where=table.source,
                value=ticker,
                remedy=f"{did_you_mean(ticker, in_file)} Tickers are taken as they are, capitals included.",
            )
        if ticker not in universe.by_ticker:
            raise PriceDataError(
                f"{ticker} is in {table.source} but not in universe {universe.name}", remedy=include_remedy(ticker)
            )
    return tuple(member for member in universe.tickers if member in asked)


def _no_member(table: RawTable, in_file: tuple[str, ...], universe: Universe) -> PriceDataError:
    by_lower = {name.lower(): name for name in in_file}
    near = next((member for member in universe.tickers if member.lower() in by_lower), None)
    if near:
        hint = f"The file has {by_lower[near.lower()]!r}; did you mean {near!r}?"
    else:
        hint = f"Its members are {_some(universe.tickers)}."
    return PriceDataError(
        f"no ticker of the universe {universe.name} has prices in it",
        where=table.source,
        value=_some(in_file) or "no ticker",
        remedy=f"{hint} A long file has the columns date, ticker, close; a wide one has one per ticker.",
    )


def _no_closes(table: RawTable, tickers: Sequence[str], universe: Universe, masked: dict[str, int]) -> PriceDataError:
    early = [t for t in tickers if t in masked]
    first = [f"{t} from {universe.by_ticker[t][1].first_session}" for t in early]
    return PriceDataError(
        "there is no close of a ticker that was listed on its date",
        where=table.source,
        value=_some(tickers),
        bound=f"closes of {_some(first)}" if early else None,
        remedy="Fill in the closes, or leave the ticker out.",
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _warnings(
    reading: tuple[FileLayout, Cells],
    universe: Universe,
    ignored: tuple[str, ...],
    lacking: tuple[str, ...],
    masked: dict[str, int],
) -> tuple[str, ...]:
    """What was left out or changed, one line each; the file's name stands in the provenance."""
    layout, cells = reading
    lines = []
    if ignored:
        count = _count(ignored, "ticker")
        lines.append(f"{count} outside the universe {universe.name}, read where one is named: {_some(ignored)}")
    if lacking:
        by_lower = {name.lower(): name for name in ignored}
        other_case = [f"{by_lower[t.lower()]!r} is not {t!r}" for t in lacking if t.lower() in by_lower]
        hint = f" ({_some(other_case)})" if other_case else ""
        count = _count(lacking, "member")
        lines.append(f"no usable closes for {count} of the universe: {_some(lacking)}{hint}")
    if masked:
        each = [f"{t} {n} before {universe.by_ticker[t][1].first_session}" for t, n in masked.items()]
        lines.append(f"closes before a member's first session not used: {_some(each)}")
    if not cells.in_order():
        lines.append("rows were not in the order of their dates and have been sorted")
    if layout.unread:
        lines.append(f"{_count(layout.unread, 'column')} not read: {_some(layout.unread)}")
    return tuple(lines)


def _count(names: Sequence[str], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"


def _provenance(table: RawTable, layout: FileLayout, tickers: Sequence[str], grid: Grid) -> Provenance:
    sha256 = table.sha256
    if not sha256:
        read = [layout.date, *([] if layout.ticker is None else [layout.ticker]), *layout.fields.values()]
        read += [layout.tickers[ticker] for ticker in tickers if layout.ticker is None]
        sha256 = frame_sha256([table.names[i] for i in read], [table.columns[i] for i in read])
    return Provenance(
        source=table.source, sha256=sha256, first=str(grid.sessions[0]), last=str(grid.sessions[-1]),
        simulated=table.simulated, note=table.note,
    )  # fmt: skip
