"""Options that several commands share: prices and their universe, a strategy and what it is run with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from hedgebook.errors import ParameterError

from .output import progress

if TYPE_CHECKING:
    from hedgebook.strategies.strategy.strategy import Strategy
    from hedgebook.strategies.trade.trade import EventTrade
    from hedgebook.universes.market import Market
    from hedgebook.universes.universe import Universe

SIMULATING = "Simulating (the first run after installing compiles the kernels)"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Prices = Annotated[
    str | None,
    typer.Option(
        "--prices",
        help="CSV, Parquet or Excel, a folder or pattern of one file a ticker, or a URL: duckdb:///FILE?table=T, "
        "sqlite:///FILE?table=T, postgresql://user@host/db?table=T, yfinance:, store:, sample:. Default: the price "
        "store where it has the universe, else the sample market.",
        metavar="FILE|URL",
    ),
]
DataAsOf = Annotated[
    str | None,
    typer.Option(
        "--data-as-of", help="Prices of the store as they were known then, a day or a moment in UTC.", metavar="MOMENT"
    ),
]
UniverseName = Annotated[
    str, typer.Option("--universe", help="A shipped universe or a TOML file.", metavar="NAME|FILE")
]
Events = Annotated[str, typer.Option("--events", help="Another event library, a TOML file.", metavar="FILE")]
CostsName = Annotated[str, typer.Option("--costs", help="default, flat, none or a TOML file.", metavar="NAME|FILE")]
AccountName = Annotated[
    str, typer.Option("--account", help="plain, strict, none or a TOML file of rules.", metavar="NAME|FILE")
]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="A parameter, as in hold=10. May be repeated.", metavar="KEY=VALUE")
]
ConfirmMoves = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm-move",
        help="A move that is real although an unadjusted split could have made it. May be repeated.",
        metavar="TICKER:DATE",
    ),
]
LayoutText = Annotated[
    str | None,
    typer.Option(
        "--layout",
        help="How the price file is laid out, where its columns do not say it: a name such as yfinance or tiingo, "
        "ticker=META, dates=day-first.",
        metavar="TEXT",
    ),
]
ColumnsText = Annotated[
    str | None,
    typer.Option("--columns", help="Its columns, as in 'date=Day,close=Adj Close'.", metavar="FIELD=COLUMN,..."),
]
ActionsFile = Annotated[
    Path | None,
    typer.Option(
        "--actions",
        help="Corporate actions (CSV or Parquet: date, ticker, kind, value, into). The prices are then raw: dividends "
        "are paid, splits change shares.",
        metavar="FILE",
    ),
]
Factors = Annotated[
    str | None,
    typer.Option("--factors", help="Daily returns of a vendor's factors: date, a column each.", metavar="FILE"),
]
LoadingsFile = Annotated[
    str | None, typer.Option("--loadings", help="Its loadings: date, ticker, a column for each factor.", metavar="FILE")
]
FactorsIn = Annotated[
    str | None,
    typer.Option("--factors-in", help="Unit of --factors. Default: told by size.", metavar="fraction|percent"),
]
ChainFile = Annotated[
    Path | None,
    typer.Option(
        "--chain", help="Quotes of options: a file, or a folder of one a name. Default: modelled.",
        metavar="FILE|FOLDER",
    ),
]  # fmt: skip
GIVE_PRICES = "Give a price file with --prices."
TradeName = Annotated[str, typer.Argument(help="A trade of the catalogue, FILE.toml:NAME or FILE.py:NAME.")]
Start = Annotated[
    str | None, typer.Option("--start", help="First session; what was wanted before is bought.", metavar="DATE")
]
Until = Annotated[str | None, typer.Option("--until", help="Last session.", metavar="DATE")]
Threads = Annotated[int, typer.Option("--threads", help="Threads of this machine.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Run on a Dask cluster: tcp://host:port.", metavar="ADDRESS")
]
DEFAULT_UNIVERSE = "ai_infrastructure"
DEFAULT_TRADE = "long-meta-short-neocloud"


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command of which each parameter that is a dataclass stands for the options that are its fields."""
    hints = get_type_hints(command, include_extras=True)
    shown, groups = [], {}
    for name, own in signature(command).parameters.items():
        if not is_dataclass(hints[name]):
            shown.append(own.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY))
            continue
        groups[name] = hints[name]
        types = get_type_hints(groups[name], include_extras=True)
        shown += [
            Parameter(part.name, Parameter.KEYWORD_ONLY, default=part.default, annotation=types[part.name])
            for part in fields(groups[name])
        ]

    def run(**values: Any) -> None:
        made = {
            name: kind(**{part.name: values.pop(part.name) for part in fields(kind)}) for name, kind in groups.items()
        }
        command(**values, **made)

    run.__doc__, run.__signature__ = command.__doc__, Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {}  # The signature has them, as typer reads them.
    return run


@dataclass(frozen=True)
class MarketOptions:
    """Prices and the universe that they are read in."""

    prices: Prices = None
    universe: UniverseName = DEFAULT_UNIVERSE
    confirm: ConfirmMoves = None
    layout: LayoutText = None
    columns: ColumnsText = None
    actions: ActionsFile = None
    data_as_of: DataAsOf = None

    def market(self, names: Universe | None = None, among: Collection[str] | None = None) -> Market:
        """The market of the price file, or the embedded sample.

        names: the universe where it has been read already; among: of a long file, the only tickers that are looked
        at. Raises an InputError.
        """
        with progress("Reading prices"):
            confirmed = confirmed_moves(self.confirm or ())
            prices, note = self._prices()
            if prices is None:
                if self.layout is not None or self.columns is not None:
                    raise ParameterError("there is no price file", where="--layout, --columns", remedy=GIVE_PRICES)
                if self.actions is not None:
                    raise ParameterError("there is no price file", where="--actions", remedy=GIVE_PRICES)
                return _noted(_sample(self.universe, self.confirm or ()), note)
            from hedgebook.universes.fingerprint.asked import asked_of, remember_asked
            from hedgebook.universes.layouts.price_layout import parse_layout
            from hedgebook.universes.prices import load_market

            layout = parse_layout(self.layout, self.columns)
            found = load_market(
                prices,
                names or self.universe,
                confirmed_moves=confirmed,
                among=among,
                layout=layout,
                actions=self.actions,
            )
            market = _noted(found, note)
            # What it was read from, so that a change of that file is seen when the result is made again.
            asked = asked_of(found)
            if asked is not None:
                remember_asked(market, **{**asked, "universe": self.universe})
            return market

    def _prices(self) -> tuple[str | None, str | None]:
        """Where prices are read from, None = the sample market, and what is said of it where nobody named it."""
        if self.prices is not None and self.data_as_of is None:
            return self.prices, None
        from hedgebook.universes.store.place import is_there

        if self.data_as_of is None and not is_there():
            return None, None
        from hedgebook.universes.store.choice import as_of_url, chosen_prices

        if self.data_as_of is not None:
            return as_of_url(self.prices, self.data_as_of), None
        return chosen_prices(self.universe)


@dataclass(frozen=True)
class RunOptions(MarketOptions):
    """What anything is run on and with: prices, costs, an account, events."""

    costs: CostsName = "default"
    account: AccountName = "plain"
    events: Events = "events"

    @property
    def terms(self) -> dict[str, Any]:
        """Costs, account and events by the names that front functions give them."""
        return {"costs": self.costs, "account": self.account, "events": self.events}


@dataclass(frozen=True)
class StrategyOptions(RunOptions):
    """A strategy with what is set of it, and what it is run on and with."""

    trade: TradeName = DEFAULT_TRADE
    changes: Changes = None

    def strategy(self, **more: str) -> Strategy:
        """What is named, with what --set gives and `more`. Raises ParameterError."""
        return strategy_named(self.trade, self.changes, more)

    def event_trade(self, **more: str) -> EventTrade:
        """The event trade that is named, with the same. Raises ParameterError, also for a strategy that is none."""
        from hedgebook.strategies.catalogue.find import find_event_trade

        return find_event_trade(self.trade, _parameters(self.changes, more))


def strategy_named(name: str, changes: Sequence[str] | None, more: Mapping[str, str] | None = None) -> Strategy:
    """The strategy of the catalogue or a file, with what --set gives and `more`. Raises ParameterError."""
    from hedgebook.strategies.catalogue.find import find_strategy

    return find_strategy(name, _parameters(changes, more or {}))


def _parameters(changes: Sequence[str] | None, more: Mapping[str, str]) -> dict[str, str]:
    parameters = {**settings(changes or ()), **more}
    if "name" in parameters:
        raise ParameterError(
            "a trade's name is not one of its parameters",
            where="--set",
            value=f"name={parameters['name']}",
            remedy="Name the trade itself first, as in hedgebook run long-meta-short-memory.",
        )
    return parameters


def _noted(market: Market, note: str | None) -> Market:
    """A market with one more thing to know of it."""
    return market if note is None else replace(market, warnings=(note, *market.warnings))


def _sample(universe: str, confirm: Sequence[str]) -> Market:
    """The embedded market. Raises an InputError for what is said of another one."""
    if confirm:
        raise ParameterError(
            "the sample market has no move to confirm", where="--confirm-move", value=confirm[0], remedy=GIVE_PRICES
        )
    if universe != DEFAULT_UNIVERSE:
        from hedgebook.universes.universe import load_universe

        load_universe(universe)  # What is wrong with the file itself is said first: prices would not help it.
        raise ParameterError(
            "the sample market has a universe of its own", where="--universe", value=universe, remedy=GIVE_PRICES
        )
    from hedgebook.universes.sample import sample_market

    return sample_market()


def confirmed_moves(pairs: Sequence[str]) -> list[tuple[str, str]]:
    """The moves that `--confirm-move TICKER:DATE` gives. Raises ParameterError for anything else."""
    moves = []
    for pair in pairs:
        ticker, _, day = (part.strip() for part in pair.rpartition(":"))
        if not ticker or not day:
            raise ParameterError(
                "this is not a ticker and a session",
                where="--confirm-move",
                value=pair,
                bound="TICKER:DATE, as in APLD:2022-07-19",
            )
        moves.append((ticker, day))
    return moves


def is_repeatable(subject: str) -> bool:
    """Whether a text names a folder whose manifest says which prices it was made with."""
    from hedgebook.universes.raw_file import is_folder

    return is_folder(Path(subject)) and (Path(subject) / "manifest.json").is_file()


def settings(pairs: Sequence[str]) -> dict[str, str]:
    """The parameters that `--set key=value` gives. Raises ParameterError for anything else."""
    values: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise ParameterError(
                "this is not a parameter and a value", where="--set", value=pair, bound="key=value, as in hold=10"
            )
        if key.strip() in values:
            raise ParameterError("this parameter is set twice", where="--set", value=key.strip())
        values[key.strip()] = value.strip()
    return values
