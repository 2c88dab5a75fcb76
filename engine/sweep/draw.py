"""Which sets of a space a sweep runs: all of its grid, a sample, or what an adaptive search comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hedgebook.errors import ParameterError, did_you_mean, without_secrets
from hedgebook.universes.counted import counted
from hedgebook.universes.fingerprint import bare, of_program
from hedgebook.universes.meant_number import meant_number

from ..kernels.sets.tally import MEASURES
from ..risk.measures import MEASURE_FACTS, direction_of
from .analyse import RankBy
from .analysis.standing import ruined, untraded
from .batch.run import run_batch
from .batch.stage import SweepSetting
from .job import Sweepable, setting_fingerprint, strategy_fingerprint
from .space import ChunkSets, ParameterSets, Space
from .space.adaptive import MOST_TRIALS, adaptive_sets
from .space.sampling import MOST_SAMPLED

GRID, OPTUNA = "grid", "optuna"
SAMPLES = ("random", "lhs", "sobol", OPTUNA)
# Sets that one sweep runs, and the digits of a number that is worth reading.
MOST_RUN = 100_000_000
LONGEST_COUNT = 30


@dataclass(frozen=True)
class Draw:
    """how: grid, random, lhs, sobol or optuna; count: of sets to draw, None for the grid; seed; storage: of optuna."""

    how: str = GRID
    count: int | None = None
    seed: int = 0
    storage: str | None = field(default=None, repr=False)


def parse_draw(text: str, seed: int = 0, storage: str | None = None) -> Draw:
    """A draw from "grid", "random:500", "lhs:500", "sobol:512" or "optuna:200". Raises ParameterError."""
    how, colon, count = (part.strip() for part in text.partition(":"))
    if how != OPTUNA and storage is not None:
        raise ParameterError(
            "only adaptive search keeps trials",
            where="storage",
            value=without_secrets(storage),
            remedy="Use it with sample=optuna:N.",
        )
    if how == GRID and not colon:
        return Draw(seed=seed)
    if how not in SAMPLES:
        raise ParameterError(
            "sets cannot be drawn like this", where="sample", value=text, remedy=did_you_mean(how, (GRID, *SAMPLES))
        )
    plain = count.isascii() and count.isdigit() and bool(count.lstrip("0"))
    if not plain:
        meant = meant_number(count)
        raise ParameterError(
            "how many sets is not said",
            where="sample",
            value=text,
            bound=f"a whole number from 1, as in {how}:500",
            remedy=f"Did you mean {how}:{meant}?" if meant and meant.isdigit() else None,
        )
    most = MOST_TRIALS if how == OPTUNA else MOST_SAMPLED
    if len(count) > LONGEST_COUNT or int(count) > most:
        shown = f"{int(count):,}" if len(count) <= LONGEST_COUNT else f"{count[:3]}... ({len(count)} digits)"
        raise ParameterError(
            "this many sets are not drawn",
            where="sample",
            value=f"{how}:{shown}",
            bound=f"1 to {most:,}",
            remedy="Draw fewer sets" if how != OPTUNA else "Use random:N, lhs:N or sobol:N for more",
        )
    return Draw(how, int(count), seed, storage)


def draw_sets(space: Space, draw: Draw, setting: SweepSetting, strategy: Sweepable, wish: RankBy) -> ParameterSets:
    """The sets to run. Raises ParameterError where there are none or too many, before any of them is looked at."""
    check_grid(space, draw)
    _check_size(setting, wish)
    if draw.how != OPTUNA:
        return space.sets(draw.how, draw.count, draw.seed)
    at, drawdown, turnover = (MEASURES.index(name) for name in (wish.metric, "max_drawdown", "turnover"))
    none = np.full(len(setting.market.sessions), -1, dtype=np.int64)

    def evaluate(sets: ChunkSets) -> float:
        row = run_batch(setting, strategy.batch(setting.market, sets), none).measures[0]
        brief = MEASURE_FACTS[wish.metric].annual and not row[0] >= wish.min_sessions
        out = bool(untraded(row[turnover]) or ruined(row[drawdown]))
        return float("nan") if brief or out else float(row[at])

    identity = {
        **setting_fingerprint(setting),
        "strategy": strategy_fingerprint(strategy),
        "metric": wish.metric,
        "min_sessions": wish.min_sessions,
        "program": of_program(),
    }
    return adaptive_sets(
        space,
        draw.count or 1,
        evaluate,
        higher_is_better=direction_of(wish.metric) > 0,
        seed=draw.seed,
        storage=draw.storage,
        identity=bare(identity),
    )


def _check_size(setting: SweepSetting, wish: RankBy) -> None:
    sessions = len(setting.market.sessions)
    if wish.min_sessions > sessions:
        raise ParameterError(
            "no set can be on for so many sessions",
            where="min_sessions",
            value=f"{wish.min_sessions:,}",
            bound=f"at most the {counted(sessions, 'session')} of the prices",
        )


def check_grid(space: Space, draw: Draw) -> None:
    """Raise ParameterError where a grid is too large to run: by its counts, before any of its values is checked."""
    count = space.radix.count
    if draw.how != GRID or space.continuous:
        return
    if not space.constraints and count > MOST_RUN:
        raise ParameterError(
            "the grid has too many sets to run",
            where="grid",
            value=f"{count:,}",
            bound=f"at most {MOST_RUN:,}",
            remedy="Draw some of them with --sample, as in random:10000 or sobol:8192, or give larger steps",
        )
    space.check_count()
