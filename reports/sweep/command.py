"""The command that runs the best set of a sweep by itself."""

from __future__ import annotations

import shlex
from typing import Any

from hedgebook.engine.sweep.result import SweepResult
from hedgebook.engine.sweep.space.values import text_of
from hedgebook.errors import InputError
from hedgebook.strategies.catalogue.find import find_event_trade
from hedgebook.strategies.trade.trade import EventTrade

SAMPLE, COSTS, ACCOUNT = "sample", "default", "plain"


def run_command(result: SweepResult) -> str:
    """`hedgebook run` with the best set's parameters; empty for what no command line can name in full.

    That is a strategy that is no trade of the catalogue as it stands there, and costs or an account of a file.
    """
    trade = getattr(result.job.strategy, "trade", None)
    setting = result.job.setting
    if not isinstance(trade, EventTrade) or not _is_shipped(trade):
        return ""
    if setting.costs.name not in (COSTS, "none") or setting.account.name not in (ACCOUNT, "strict", "none"):
        return ""
    parts = ["hedgebook", "run", trade.name]
    if setting.market.provenance.source != SAMPLE:
        parts += ["--prices", setting.market.provenance.source]
    for name, value in result.best.parameters.items():
        if value is not None:
            parts += ["--set", f"{name}={_typed(value)}"]
        elif _own(trade, name) is not None:
            return ""  # there is no way to take back on a command line what the trade itself has
    for option, name, usual in (("--costs", setting.costs.name, COSTS), ("--account", setting.account.name, ACCOUNT)):
        parts += [option, name] if name != usual else []
    return shlex.join(parts)


def _own(trade: EventTrade, name: str) -> Any:
    return getattr(trade, name, getattr(trade.rules, name, None))


def _is_shipped(trade: EventTrade) -> bool:
    try:
        return find_event_trade(trade.name) == trade
    except InputError:
        return False


def _typed(value: Any) -> str:
    """A value as --set takes it: names of a basket with commas."""
    return ",".join(value) if isinstance(value, tuple) else text_of(value)
