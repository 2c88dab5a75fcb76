"""hedgebook capacity: how much capital a strategy carries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import MaybeFolder, print_page
from ..options import StrategyOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.trade import Capacity


@grouped
def capacity(
    asked: StrategyOptions,
    to: MaybeFolder,
    participation: Annotated[
        float,
        typer.Option(
            "--participation", help="Share of a day's volume that an order may be. An account may cap it lower."
        ),
    ] = 0.10,
    share: Annotated[float, typer.Option("--share", help="Share of the P&L that costs may eat.")] = 0.5,
) -> None:
    """Find the capital at which a strategy's largest order is a tenth of a day's volume.

    Beside it: the capital at which costs eat half of what it earns before them.
    """
    from hedgebook.front import trade as front

    strategy = asked.strategy()
    market = asked.market()
    with progress("Trying capitals"):
        found = front.capacity(strategy, market, participation=participation, share=share, **asked.terms)
    if to.deliver(found):
        _print(found, to.out)


def _print(found: Capacity, folder: Path | None) -> None:
    from hedgebook.reports.capacity.page import capacity_header
    from hedgebook.reports.capacity.tables import capital_table

    print_page(capacity_header(found), (capital_table(found),), found.warnings, folder)
