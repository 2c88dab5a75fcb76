"""What an account does in stock beside its trades in options."""

from __future__ import annotations

from dataclasses import dataclass, field

from hedgebook.universes.brief import brief
from hedgebook.universes.checks import CASH_FLOWS, HOLDINGS, RULES, SCHEDULE, Kind, check_fields, maybe

from ..backtest.flows import CashFlows
from ..backtest.holdings import Holdings
from ..backtest.run import LEGS
from ..backtest.schedule import Schedule
from ..rules import Rules


@brief
@dataclass(frozen=True, eq=False)
class StockBeside:
    """Stock in the account of a run with options, as `run_schedule` takes it.

    schedule: weights of stock, None = none; rules: of its trade, which close contracts too where they end it; legs: the
    side of each ticker, for rules by leg; holdings: shares that are held before the first session; flows: cash that
    comes and goes beside the trades. Raises ParameterError for what is none of these.
    """

    schedule: Schedule | None = None
    rules: Rules | None = None
    legs: dict[str, str] = field(default_factory=dict)
    holdings: Holdings | None = None
    flows: CashFlows | None = None

    def __post_init__(self) -> None:
        check_fields(
            self,
            {
                "schedule": maybe(SCHEDULE),
                "rules": maybe(RULES),
                "legs": LEGS,
                "holdings": maybe(HOLDINGS),
                "flows": maybe(CASH_FLOWS),
            },
        )


BESIDE = Kind("StockBeside(...)", lambda value: isinstance(value, StockBeside))
