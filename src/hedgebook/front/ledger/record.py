"""A result as a line of the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hedgebook.errors import ParameterError
from hedgebook.reports.page.made import made
from hedgebook.strategies.refute.result import SEARCH
from hedgebook.universes.fingerprint.values import digest

from ..replay.call import Call, call_of
from ..replay.encode import encode_arguments
from ..replay.known import known, known_text
from ..replay.manifest import market_told
from ..replay.numbers import nav_columns_digest, sets_of, table_digest
from .kinds import kind_of
from .store import Ledger, Record
from .workspace import ledger_path


def record_of(result: Any) -> Record | None:
    """The line of a result, None for what is no trial. Raises ParameterError for what no function of ours has made."""
    kind, call = kind_of(result), call_of(result)
    if kind is None or call is None:
        return None
    told = known(encode_arguments(call.arguments))
    latest = made()
    return Record(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        kind=kind,
        name=_name(result),
        trials=trials_of(result),
        identity=identity_of(call, told),
        strategy_sha256=_strategy(result, told),
        data_sha256=_sha(market_told(told)),
        parameters=json.dumps(_parameters(result, told), default=str),
        result_sha256=_result(result),
        command=None if latest is None else latest.command,
    )


def identity_of(call: Call, told: Mapping[str, Any] | None = None) -> str:
    """SHA-256 of what a call ran, on what and with what; the same for the same again."""
    held = dict(told if told is not None else known(encode_arguments(call.arguments)))
    if isinstance(held.get("options"), Mapping):
        # How many trials there were besides is no part of what was run.
        held["options"] = {name: value for name, value in held["options"].items() if name != "trials"}
    return digest(call.door, known_text(held))


def trials_besides(call: Call, strategy: Any = None) -> int:
    """How many trials the workspace has besides those of a call, and besides runs of a strategy, which are the same
    trial as a verdict on it. Raises InputError where that cannot be known."""
    place = ledger_path()
    if place is None:
        raise ParameterError(
            "there are no trials of the workspace: its ledger is switched off",
            where="trials",
            remedy="Take off --no-ledger and HEDGEBOOK_LEDGER=off, or give how many there were.",
        )
    return Ledger(place).trials_besides(identity_of(call), None if strategy is None else _sha_of(strategy))


def trials_of(result: Any) -> int:
    """How many trials a result holds: sets of a sweep, also of one of expressions, runs of a league or a series,
    expressions that are compared, else 1.

    None of a ticket, which looks at no outcome. 1 of a search for a hedge: its baskets are chosen by their variance,
    and what of that is luck its placebo books tell; they are no trials of a return. 1 of a verdict on a strategy, and 0
    on a sweep, whose sets count by themselves.
    """
    call = call_of(result)
    if call is not None and call.door == "ticket":
        return 0
    if call is not None and call.door == "refute":
        return int(not any(test.name == SEARCH for test in result.tests))
    if call is not None and call.door == "express":
        sets = sets_of(result)
        return len(result.expressions if sets is None else sets)
    if hasattr(result, "ran"):
        return max(int(result.ran), 1)
    methods = getattr(result, "methods", None)
    return max(len(methods), 1) if methods is not None else 1


def _name(result: Any) -> str:
    # One after the other: a run of no event trade has a strategy, and refuses to tell its trade.
    for path in ("name", "strategy.name", "trade.name", "subject.name", "job.strategy.name"):
        place = result
        for part in path.split("."):
            place = getattr(place, part, None)
        if isinstance(place, str) and place:
            return place
    return type(result).__name__


def _parameters(result: Any, told: Mapping[str, Any]) -> Any:
    if hasattr(result, "axes"):
        return {"axes": told.get("axes"), "sample": told.get("sample"), "where": told.get("where")}
    if hasattr(result, "expressions"):
        return {**result.trade.parameters(), "asked": result.asked.parameters()}
    strategy: Any = getattr(result, "strategy", None) or getattr(result, "trade", None)
    return strategy.parameters() if hasattr(strategy, "parameters") else {}


def _result(result: Any) -> str:
    backtest = getattr(result, "backtest", None)
    if backtest is not None:
        return nav_columns_digest(backtest.market.sessions, backtest.nav_columns())
    sets = sets_of(result)
    if sets is not None:
        return table_digest(sets)
    return ""


def _strategy(result: Any, told: Mapping[str, Any]) -> str:
    tried = getattr(result, "_tried", None)
    if tried is not None:
        return _sha_of(tried)
    return _sha(told.get("strategy") or told.get("trade") or told.get("book"))


def _sha_of(strategy: Any) -> str:
    """The SHA-256 of a strategy as a run has it that was given it."""
    return _sha(known(encode_arguments({"strategy": strategy})).get("strategy"))


def _sha(told: Any) -> str:
    return digest(known_text(told))
