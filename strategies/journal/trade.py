"""What is fixed of a trade when its journal is opened, as JSON that gives the same again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import SimulationTerms
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.rules import Rules
from hedgebook.universes.brief import brief
from hedgebook.universes.market import Provenance
from hedgebook.universes.universe import Universe

from ..ticket.forecast import Forecast

FORMAT = 1
PAPER, REAL = "paper", "real"


@brief
@dataclass(frozen=True, eq=False)
class JournalTrade:
    """A trade with everything that its rows follow from, prices and own fills excepted.

    kind: paper, whose orders are the plan's, or real, whose fills are told; schedule: the plan, None for own fills
    alone; shares: of the first orders, as a ticket has them, empty where the plan's weights size them; legs: "long" or
    "short" by ticker; fan: its forecast, None where there is none, with the reason among notes;
    idea: thesis, expected sign and what would refute it; event: what it was entered on; sides: buckets and tickers of
    each leg as they were named; limits: bounds by name; provenance: where prices came from; version: of the program.
    """

    name: str
    title: str
    kind: str
    tickers: tuple[str, ...]
    terms: SimulationTerms
    universe: Universe
    provenance: Provenance
    schedule: Schedule | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    until: str | None = None
    fan: Forecast | None = None
    idea: Mapping[str, str | None] = field(default_factory=dict)
    event: Mapping[str, Any] | None = None
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    version: str = ""

    @property
    def capital_usd(self) -> float:
        """NAV before the first fill."""
        return self.terms.account.capital_usd

    def to_json(self) -> dict[str, Any]:
        """The same as values of JSON."""
        source = self.provenance
        return {
            "format": FORMAT,
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "tickers": list(self.tickers),
            "costs": self.terms.costs.model_dump(mode="json"),
            "account": self.terms.account.model_dump(mode="json"),
            "rules": self.terms.rules.model_dump(mode="json"),
            "legs": dict(self.terms.legs),
            "universe": self.universe.model_dump(mode="json"),
            "provenance": {name: getattr(source, name) for name in ("source", "sha256", "first", "last", "simulated")},
            "schedule": None if self.schedule is None else _schedule_json(self.schedule),
            "shares": dict(self.shares),
            "until": self.until,
            "fan": None if self.fan is None else self.fan.to_dict(),
            "idea": dict(self.idea),
            "event": None if self.event is None else dict(self.event),
            "sides": {name: list(names) for name, names in self.sides.items()},
            "limits": dict(self.limits),
            "notes": list(self.notes),
            "version": self.version,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> JournalTrade:
        """What `to_json` gave. Raises KeyError, ValueError or an InputError for anything else."""
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}, and this version reads {FORMAT}")
        terms = SimulationTerms(
            Costs.model_validate(told["costs"]),
            Account.model_validate(told["account"]),
            Rules.model_validate(told["rules"]),
            dict(told["legs"]),
        )
        return cls(
            name=told["name"],
            title=told["title"],
            kind=told["kind"],
            tickers=tuple(told["tickers"]),
            terms=terms,
            universe=Universe.model_validate(told["universe"]),
            provenance=Provenance(**told["provenance"]),
            schedule=None if told["schedule"] is None else _schedule_from(told["schedule"]),
            shares=dict(told["shares"]),
            until=told["until"],
            fan=None if told["fan"] is None else Forecast.from_dict(told["fan"]),
            idea=told["idea"],
            event=told["event"],
            sides={name: tuple(names) for name, names in told["sides"].items()},
            limits=told["limits"],
            notes=tuple(told["notes"]),
            version=told["version"],
        )


def _schedule_json(schedule: Schedule) -> dict[str, Any]:
    return {
        "tickers": list(schedule.tickers),
        "decided_at": [str(one) for one in schedule.decided_at],
        "session": [str(one) for one in schedule.session],
        "mark": [int(one) for one in schedule.mark],
        "weights": [[None if math.isnan(one) else float(one) for one in row] for row in schedule.weights],
        **({} if schedule.joins is None else {"joins": [bool(one) for one in schedule.joins]}),
    }


def _schedule_from(told: Mapping[str, Any]) -> Schedule:
    weights = [[np.nan if one is None else one for one in row] for row in told["weights"]]
    return Schedule(
        tickers=tuple(told["tickers"]),
        decided_at=np.array(told["decided_at"], dtype="datetime64[ns]"),
        session=np.array(told["session"], dtype="datetime64[D]"),
        mark=np.array(told["mark"], dtype=np.int64),
        weights=np.array(weights, dtype=np.float64),
        joins=np.array(told["joins"], dtype=np.bool_) if "joins" in told else None,
    )
