"""hedgebook express: one view of an event trade in every instrument."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...deliver import MaybeFolder, print_page
from ...options import ChainFile, StrategyOptions, grouped
from ...output import progress

if TYPE_CHECKING:
    from hedgebook.front.desk.express import Expressed


@dataclass(frozen=True)
class ContractOptions:
    """Which options each expression has."""

    delta: Annotated[float, typer.Option("--delta", help="Of bought options, without sign: 0.02 to 0.9.")] = 0.40
    wing_delta: Annotated[float, typer.Option("--wing-delta", help="Of options sold against them: 0.02 to 0.9.")] = 0.25
    days: Annotated[int, typer.Option("--days", help="Calendar days to expiry: 1 to 730.")] = 60
    width: Annotated[
        float, typer.Option("--width", help="Of spreads, a fraction of the first strike: 0.01 to 0.6.")
    ] = 0.15
    only: Annotated[
        str, typer.Option("--only", help="Expressions that are compared, as in long-put,collar.", metavar="A,B")
    ] = ""
    chain: ChainFile = None
    surfaces: Annotated[str, typer.Option("--surfaces", help="Modelled volatilities, a TOML file.", metavar="FILE")] = (
        "default"
    )


@dataclass(frozen=True)
class ComparedOptions:
    """In what expressions are equal, and what happens to them."""

    equal: Annotated[str, typer.Option("--equal", help="delta, premium or var.")] = "delta"
    gap: Annotated[float, typer.Option("--gap", help="Prices gap by this fraction: 0.01 to 0.9.")] = 0.20
    vol_fall: Annotated[
        float, typer.Option("--vol-fall", help="Fall of volatilities where nothing happens: 0 to 0.9.")
    ] = 0.10
    confidence: Annotated[float, typer.Option("--confidence", help="Of VaR over one session: 0.5 to 0.995.")] = 0.95
    lookback: Annotated[int, typer.Option("--lookback", help="Sessions behind VaR: 60 to 2520.")] = 250
    commission: Annotated[
        float | None,
        typer.Option("--commission", help="USD a contract: 0 to 100. Default: 0.65, and 0 under --costs none."),
    ] = None
    sweep: Annotated[
        str | None,
        typer.Option(
            "--sweep", help="delta, days and width, as in delta=0.15:0.5:0.05,days=20:90:10.", metavar="VALUES"
        ),
    ] = None
    seed: Annotated[int, typer.Option("--seed", help="Of the luck statistics' draws.", min=0)] = 0


@grouped
def express(
    asked: StrategyOptions,
    to: MaybeFolder,
    contracts: ContractOptions,
    compared: ComparedOptions,
    event: Annotated[
        str | None, typer.Option("--event", help="Another event to enter on, of the library.", metavar="ID")
    ] = None,
) -> None:
    """Express a trade's view in shares, puts, spreads, synthetics, collars and calls, side by side.

    All are equal in delta, premium or VaR. Without --chain quotes of options are modelled, and every page says so.
    """
    from hedgebook.front.desk import express as front

    trade = asked.event_trade() if event is None else asked.event_trade(event=event)
    market = asked.market()
    with progress("Pricing every expression (the first run after installing compiles the kernels)"):
        made = front.express(
            trade, market, chain=contracts.chain, surfaces=contracts.surfaces,
            equal=compared.equal, delta=contracts.delta, wing_delta=contracts.wing_delta, days=contracts.days,
            width_frac=contracts.width, only=contracts.only, gap_frac=compared.gap, vol_fall_frac=compared.vol_fall,
            confidence=compared.confidence, lookback=compared.lookback, commission_usd=compared.commission,
            sweep={} if compared.sweep is None else compared.sweep, seed=compared.seed, **asked.terms,
        )  # fmt: skip
    if to.deliver(made):
        _print(made, to.out)


def _print(made: Expressed, folder: Path | None) -> None:
    from hedgebook.reports.express.page import express_header, express_tables

    top = express_header(made)
    print_page(top, express_tables(made), made.notes, folder, subtitle=f"{top.name}; {top.event}")
