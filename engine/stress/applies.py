"""Which parts of a scenario apply to a universe and its prices, and what is left out otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .evaluate import StressSetting, check_name, index_problem
from .responses import WANTED
from .scenario import EVERYTHING, Move, Scenario, ShortTrouble, VolatilityMove


@dataclass(frozen=True)
class Applied:
    """A scenario as far as it applies. scenario: None where nothing of it does, or where a factor or an index that it
    moves cannot be estimated; missing: buckets and tickers that the universe lacks; reason: why it is left out."""

    name: str
    scenario: Scenario | None
    missing: tuple[str, ...] = ()
    reason: str = ""


def apply_to(setting: StressSetting, scenario: Scenario, *, lenient: bool) -> Applied:
    """What of a scenario can be asked of these positions.

    A factor or an index without usable prices leaves the scenario out, since the rest would be another question.
    lenient: buckets and tickers that the universe does not have are dropped, as is right for scenarios that were
    written for another universe; otherwise they raise a ParameterError with the closest name, as in run_scenario.
    """
    for move in scenario.moves:
        reason = _unusable(setting, move, lenient)
        if reason is not None:
            return Applied(scenario.name, None, reason=reason)
    if not lenient:
        return Applied(scenario.name, scenario)
    moves = tuple(move for move in scenario.moves if move.kind not in ("bucket", "ticker") or _known(setting, move))
    shorts = tuple(trouble for trouble in scenario.shorts if trouble.of == EVERYTHING or _known(setting, trouble))
    vols = tuple(one for one in scenario.volatility if one.of == EVERYTHING or _known(setting, one))
    asked = [move.of for move in scenario.moves if move not in moves]
    asked += [trouble.of for trouble in scenario.shorts if trouble not in shorts]
    asked += [one.of for one in scenario.volatility if one not in vols]
    missing = tuple(dict.fromkeys(asked))
    # What is left of a scenario of buckets when none of them is there, fees on all shorts, is not that scenario.
    if not moves and (scenario.moves or not (shorts or vols)):
        return Applied(scenario.name, None, missing)
    kept = scenario.model_copy(update={"moves": moves, "shorts": shorts, "volatility": vols})
    return Applied(scenario.name, kept, missing)


def notes_of(applied: Sequence[Applied], universe: str) -> tuple[str, ...]:
    """What was left out, scenarios with the same reason in one sentence."""
    whole: dict[str, list[str]] = {}
    for one in applied:
        if one.scenario is None and one.reason:
            whole.setdefault(one.reason, []).append(one.name)
    notes = [f"{_scenarios(names)} left out: {reason}" for reason, names in whole.items()]
    gone = [one for one in applied if one.scenario is None and not one.reason]
    if gone:
        names = sorted({name for one in gone for name in one.missing})
        notes.append(
            f"{_scenarios([one.name for one in gone])} left out: the universe {universe} has no bucket or ticker "
            f"{', '.join(names)}; scenarios of your own can be given as a file"
        )
    for one in applied:
        if one.scenario is not None and one.missing:
            notes.append(f"scenario {one.name} without {', '.join(one.missing)}, which the universe {universe} lacks")
    return tuple(notes)


def _scenarios(names: Sequence[str]) -> str:
    return f"{'scenario' if len(names) == 1 else 'scenarios'} {', '.join(names)}"


def _unusable(setting: StressSetting, move: Move, lenient: bool) -> str | None:
    if move.kind == "factor":
        responses = setting.responses
        if responses is None:
            return "it moves factors, and there are no factor responses"
        if move.of not in responses.names and move.of in WANTED:
            return f"no factor {move.of}: {responses.left_out.get(move.of, 'its proxy has no usable prices')}"
        return None
    if move.kind == "index" and setting.market is not None:
        market = setting.market
        if not lenient and move.of not in market.universe.tickers:
            check_name(setting, move)
        return index_problem(market, move.of, market.session_index(setting.positions.session))
    return None


def _known(setting: StressSetting, given: Move | ShortTrouble | VolatilityMove) -> bool:
    universe = setting.market.universe if setting.market else None
    buckets = universe.bucket_names if universe else ()
    tickers = (*setting.positions.tickers, *(universe.tickers if universe else ()))
    if isinstance(given, Move):
        return given.of in (buckets if given.kind == "bucket" else tickers)
    return given.of in buckets or given.of in tickers
