"""The simulations of a risk report: how many paths, and which of them a history carries."""

from __future__ import annotations

import numpy as np

from hedgebook.engine.stress.evaluate import StressSetting
from hedgebook.engine.stress.history import LEAST_ROWS
from hedgebook.engine.stress.replay import Replay
from hedgebook.engine.stress.simulate import Jumps, PathPlan, Simulation, simulate_bootstrap, simulate_factors
from hedgebook.universes.counted import counted

from .subject import Subject
from .tails import USUAL_PATHS, RiskTerms

LEAST_PATHS, MOST_MOVES, MOST_PRICES = 1_000, 300_000_000, 1_500_000


def simulations_of(
    setting: StressSetting, subject: Subject, asked: RiskTerms, replays: tuple[Replay, ...], notes: list[str]
) -> tuple[Simulation, ...]:
    """Bootstrap and factor simulation as far as the history and factors carry them; notes: what is left out."""
    holdings, contracts = len(setting.positions.tickers), len(subject.options.contracts) if subject.options else 0
    paths = paths_for(holdings, asked.sessions, contracts) if asked.paths is None else asked.paths
    if asked.paths is None and paths < USUAL_PATHS:
        held = f"{holdings:,} holdings" + (f" and {counted(contracts, 'option')}" if contracts else "")
        notes.append(
            f"{paths:,} simulated paths instead of {USUAL_PATHS:,}, for {held} over {asked.sessions} "
            "sessions; ask for more paths where their error is too large"
        )
    plan, found = PathPlan(paths, asked.sessions, asked.seed), []
    count = len(subject.rows.returns)
    if subject.kind == "returns" and bool((subject.history <= -1.0).any()):
        notes.append("a return of -100% or less is no mean to be taken out of the others: nothing is simulated")
        return ()
    if count >= LEAST_ROWS:
        found.append(simulate_bootstrap(setting.positions, subject.rows, setting.margin, plan, book=setting.book))
    else:
        remedy = "" if subject.market is None else "; missing='factor' fills what the youngest ticker lacks"
        notes.append(
            f"{counted(count, 'return is', 'returns are')} too few to resample; {LEAST_ROWS} are the least{remedy}"
        )
    if setting.responses is not None:
        jumps = event_jumps(setting, replays)
        if jumps is None:
            notes.append("no event before the positions' date can be replayed, so the factor simulation has none")
        found.append(
            simulate_factors(
                setting.positions, setting.responses, setting.margin, plan, jumps=jumps, book=setting.book
            )
        )  # fmt: skip
    return tuple(found)


def paths_for(holdings: int, sessions: int, contracts: int = 0) -> int:
    """How many paths are simulated where nobody says: 10,000, fewer where that would be more than 300 million moves
    of a holding in a session, or more than 1.5 million prices of options, and 1,000 at least."""
    most = min(MOST_MOVES // (holdings * sessions), MOST_PRICES // max(contracts * sessions, 1))
    return int(min(USUAL_PATHS, max(LEAST_PATHS, most)))


def event_jumps(setting: StressSetting, replays: tuple[Replay, ...]) -> Jumps | None:
    """The first sessions of past events as jumps, as often as they came; None where there are none before the date.

    The residuals keep the event days that fall into their window, so that those count twice: on the safe side.
    """
    market = setting.market
    past = [r for r in replays if r.result is not None and r.first_fill is not None and not r.later]
    if market is None or not past:
        return None
    moves = np.array([r.result.first_moves for r in past if r.result is not None])
    first = min(r.first_fill for r in past if r.first_fill is not None)
    sessions = market.sessions if market.venues is None else market.sessions[market.venues.counted]
    at = [int(np.searchsorted(sessions, day)) for day in (first, setting.positions.session)]
    span = at[1] - at[0] + 1
    return Jumps(moves, min(1.0, len(past) / span))
