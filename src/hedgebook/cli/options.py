"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import ParameterError

if TYPE_CHECKING:
    from hedgebook.strategies.strategy.strategy import Strategy
    from hedgebook.strategies.trade.trade import EventTrade
    from hedgebook.universes.market import Market

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Prices = Annotated[
    Path | None, typer.Option("--prices", help="Price file (CSV or Parquet, long or wide). Default: the sample market.")
]
UniverseName = Annotated[
    str, typer.Option("--universe", help="A shipped universe or a TOML file.", metavar="NAME|FILE")
]
Events = Annotated[str, typer.Option("--events", help="Another event library, a TOML file.", metavar="FILE")]
CostsName = Annotated[str, typer.Option("--costs", help="default, none or a TOML file.", metavar="NAME|FILE")]
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
DEFAULT_UNIVERSE = "ai_infrastructure"


def market_of(
    prices: Path | None, universe: str, confirm: Sequence[str] | None = None, among: Collection[str] | None = None
) -> Market:
    """The market of a price file, or the embedded sample; `confirm` is what --confirm-move gave; among: of a long
    file, the only tickers that are looked at.

    Raises an InputError.
    """
    confirmed = confirmed_moves(confirm or ())
    if prices is None:
        if confirmed:
            raise ParameterError(
                "the sample market has no move to confirm",
                where="--confirm-move",
                value=(confirm or ("",))[0],
                remedy="Give a price file with --prices.",
            )
        if universe != DEFAULT_UNIVERSE:
            from hedgebook.universes.universe import load_universe

            load_universe(universe)  # What is wrong with the file itself is said first: prices would not help it.
            raise ParameterError(
                "the sample market has a universe of its own",
                where="--universe",
                value=universe,
                remedy="Give a price file with --prices.",
            )
        from hedgebook.universes.sample import sample_market

        return sample_market()
    from hedgebook.universes.prices import load_market

    return load_market(prices, universe, confirmed_moves=confirmed, among=among)


def confirmed_moves(pairs: Sequence[str]) -> list[tuple[str, str]]:
    """The moves that `--confirm-move TICKER:DATE` gives. Raises ParameterError for anything else."""
    found = []
    for pair in pairs:
        ticker, _, day = (part.strip() for part in pair.rpartition(":"))
        if not ticker or not day:
            raise ParameterError(
                "this is not a ticker and a session",
                where="--confirm-move",
                value=pair,
                bound="TICKER:DATE, as in APLD:2022-07-19",
            )
        found.append((ticker, day))
    return found


def trade_of(name: str, given: Mapping[str, str]) -> EventTrade:
    """The event trade called `name` with the parameters that --set gives. Raises ParameterError."""
    from hedgebook.strategies.catalogue.read import find_trade

    _no_name(given)
    return find_trade(name, **given)


def strategy_of(name: str, given: Mapping[str, str]) -> Strategy:
    """The strategy called `name`, of the catalogue or a file, with the parameters of --set. Raises ParameterError."""
    from hedgebook.strategies.catalogue.find import find_strategy

    _no_name(given)
    return find_strategy(name, given)


def _no_name(given: Mapping[str, str]) -> None:
    if "name" in given:
        raise ParameterError(
            "a trade's name is not one of its parameters",
            where="--set",
            value=f"name={given['name']}",
            remedy="Name the trade itself first, as in hedgebook run long-meta-short-memory.",
        )


def settings(pairs: Sequence[str]) -> dict[str, str]:
    """The parameters that `--set key=value` gives. Raises ParameterError for anything else."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise ParameterError(
                "this is not a parameter and a value", where="--set", value=pair, bound="key=value, as in hold=10"
            )
        if key.strip() in found:
            raise ParameterError("this parameter is set twice", where="--set", value=key.strip())
        found[key.strip()] = value.strip()
    return found
