"""What a script calls to see one view in every instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.express.request import ExpressAsked
from hedgebook.strategies.express.result import Expressed as ExpressedByStrategies
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import EVENT, PATH, RUN_ON, maybe, takes
from hedgebook.universes.event import Event, Events
from hedgebook.universes.market import Market

from ..replay.call import Call
from ..result import Result, of_kind

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.engine.account import Account
    from hedgebook.engine.options.marks import Marks
    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.universes.chains.chain import Chain


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Expressed(Result, ExpressedByStrategies):
    """One view in every instrument, with everything that can be asked of it and written about it.

    `table` has one row an expression, figures in USD, NaN where undefined; `sessions` (S,), `moves` (M,) fractions.
    `costs_name`, `account_name`: what the shares are traded under; `chain`: files of quotes, or None; `parameters`:
    what the trade was given.
    """

    _label = ("trade",)
    _main = ("expressions",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.express.page import EXPRESS_REPORT

        return EXPRESS_REPORT

    def _frames(self) -> dict[str, pd.DataFrame]:
        from hedgebook.reports.express.summary import frames_of

        return frames_of(self)

    @property
    def table(self) -> pd.DataFrame:
        """A row an expression: its figures in USD, in what it was made equal, and its leg."""
        from hedgebook.reports.express.summary import figures_frame

        return figures_frame(self)

    def __repr__(self) -> str:
        kind = "modelled quotes" if self.modelled else "quotes of a chain"
        return f"<Expressed {self.trade.name} on {self.event.id}: {len(self.expressions)} expressions, {kind}>"


@takes(**RUN_ON, event=maybe(EVENT), chain=maybe(PATH), surfaces=PATH)
@on_one_thread
def express(
    trade: EventTrade | str,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    events: Events = "events",
    event: Event | str | None = None,
    chain: str | Path | None = None,
    surfaces: str | Path = "default",
    **asked: Any,
) -> Expressed:
    """Express the view of an event trade in every instrument, side by side at equal delta, premium or VaR.

    trade, market, costs, account, events, event as in `backtest`; chain: quotes of options, a file or a folder of one
    file a name, None = modelled quotes, which the result says; surfaces: "default" or a TOML file of the modelled
    volatilities; asked: fields of ExpressAsked by name, such as equal="var", delta=0.3, days=45, width_frac=0.15,
    only="long-put,put-spread", sweep="delta=0.15:0.5:0.05,days=20:90:10". Options are bought at the ask at the trade's
    entry and sold at the bid at its exit. USD, NaN where undefined. Raises an InputError that says what cannot be used.
    """
    from hedgebook.strategies.express.run import express as run

    call = Call("express", {k: v for k, v in locals().items() if k != "run"})
    wanted = ExpressAsked.of(**asked)
    found = find_strategy(trade)
    if not isinstance(found, EventTrade):
        raise ParameterError(
            "only an event trade has a view to express", where="trade", value=getattr(found, "name", str(trade)),
            remedy="Name one of the catalogue, as in long-meta-short-neocloud.",
        )  # fmt: skip
    if event is not None:
        from ..run import entered_on

        entered, events = entered_on(found, event, events)
        found = cast(EventTrade, entered)  # what it was, on another event
    setting = RunSetting.named(market, costs, account, events, about=found)

    from hedgebook.universes.chains.folder import chain_name, read_chains

    chains = read_chains(chain)

    def quoting(used: RunSetting) -> tuple[Marks, Sequence[Chain]]:
        return _marks(used, chains, surfaces), chains

    made = of_kind(Expressed, replace(run(found, None, setting, wanted, quoting), chain=chain_name(chain)))
    object.__setattr__(made, "_call", call)
    return made


def _marks(setting: RunSetting, chains: Sequence[Chain], surfaces: str | Path) -> Marks:
    """What marks options: the chains where there are any, else the model."""
    from hedgebook.engine.options.chain_marks import quoted_marks
    from hedgebook.engine.options.marks import ModelMarks

    return quoted_marks(ModelMarks(setting.market, surfaces, setting.costs), chains)


__all__ = ["Expressed", "express"]
