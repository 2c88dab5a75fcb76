"""Adaptive search: optuna proposes one set after another from what the earlier ones gave."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import HedgebookError, ParameterError, without_secrets

from . import ChunkSets, ParameterSets, Space

if TYPE_CHECKING:
    from optuna import Study

Words = NDArray[np.int64]
MADE_BY = "hedgebook"
# Each proposal looks at all earlier ones.
MOST_TRIALS = 100_000
LONGEST_CHAIN = 20


def adaptive_sets(
    space: Space,
    trials: int,
    evaluate: Callable[[ChunkSets], float],
    *,
    higher_is_better: bool = True,
    seed: int = 0,
    storage: str | None = None,
    identity: Mapping[str, Any] | None = None,
) -> ParameterSets:
    """The distinct sets that a tree-structured Parzen estimator (optuna's TPE) proposes, in order.

    evaluate: the value of one set, NaN where it cannot run; storage: a database of optuna's, as in sqlite:///a.db,
    that keeps the trials, so that a later call goes on to `trials` in all; identity: what decides the values,
    JSON-ready: a sweep of something else begins anew. Numbers are proposed by their place in order. With the same
    seed and no earlier trials the proposals are the same. Sets that a constraint refuses count as trials and are
    never run.
    Raises ParameterError, also where no set could be run. Source: Bergstra et al. (2011), NeurIPS 24.
    """
    if trials != int(trials) or not 1 <= trials <= MOST_TRIALS:
        bound = f"a whole number from 1 to {MOST_TRIALS:,}"
        raise ParameterError("this many trials cannot be made", where="trials", value=f"{trials:,}", bound=bound)
    with _told(storage):
        study = _study(space, seed, storage, higher_is_better, dict(identity or {}))
        words, points = _search(space, study, int(trials), evaluate)
    return ParameterSets(
        space, "given", seed, len(words), duplicates=int(trials) - len(words), words=words, points=points
    )


def _search(
    space: Space, study: Study, trials: int, evaluate: Callable[[ChunkSets], float]
) -> tuple[Words, NDArray[np.float64]]:
    """(n, W) and (n, C): the distinct sets of the study's trials, those of earlier calls first."""
    states = _optuna().trial.TrialState
    known: dict[tuple[Any, ...], float] = {}
    kept: list[tuple[Words, NDArray[np.float64]]] = []
    for earlier in study.trials:
        _remember(space, earlier, known, kept)
    for _ in range(len(study.trials), trials):
        trial = study.ask(_distributions(space))
        words, points = _proposed(space, trial.params)
        key = (*words[0].tolist(), *points[0].tolist())
        if not space.keep(words, points)[0]:
            study.tell(trial, state=states.PRUNED)
            continue
        if key not in known:
            known[key] = evaluate(space.block(words, points).sets(0))
            kept.append((words, points))
        if math.isfinite(known[key]):
            study.tell(trial, known[key])
        else:
            study.tell(trial, state=states.FAIL)
    if not kept:
        raise ParameterError("no proposed set passes the constraints", where="constraints", value=trials)
    words, points = (np.concatenate(part) for part in zip(*kept, strict=True))
    return words, points


@contextmanager
def _told(storage: str | None) -> Iterator[None]:
    """Turn what the storage refuses into a ParameterError without a word of its driver's, who may quote the URL."""
    try:
        yield
    except HedgebookError:
        raise
    except Exception as problem:
        if storage is None or not _of_storage(problem):
            raise
        raise ParameterError(
            f"the storage failed in the middle of the search ({type(problem).__name__})",
            where="storage",
            value=without_secrets(storage),
            remedy="See that the database answers and has room; what it holds of the search is gone on with",
        ) from None


def _of_storage(problem: BaseException | None) -> bool:
    """Whether an error, or one that it came from, is optuna's or its database's."""
    seen = 0
    while problem is not None and seen < LONGEST_CHAIN:
        if type(problem).__module__.partition(".")[0] in ("optuna", "sqlalchemy", "sqlite3", "redis"):
            return True
        problem, seen = problem.__cause__ or problem.__context__, seen + 1
    return False


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise ParameterError(
            "adaptive search needs optuna", where="sample", remedy='Install it: pip install "hedgebook[optuna]".'
        ) from None
    # Also of errors: they become ours, and those of a storage quote what its driver says.
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    return optuna


def _study(space: Space, seed: int, storage: str | None, higher_is_better: bool, identity: dict[str, Any]) -> Study:
    """A new study, or the one that the storage holds of the same space and identity."""
    optuna = _optuna()
    content = json.dumps({"space": space.describe(), **identity}, sort_keys=True, default=str)
    name = f"{MADE_BY}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    try:
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            direction="maximize" if higher_is_better else "minimize",
            load_if_exists=True,
        )
    except Exception as problem:  # whatever the database's driver raises
        raise ParameterError(
            "this storage cannot be used",
            where="storage",
            value=without_secrets(storage),
            bound=f"a database URL, as in sqlite:///sweep.db ({type(problem).__name__})",
        ) from None
    # A sampler that goes on begins another stream, or it would propose the first sets again.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    made: Study = study
    return made


def _distributions(space: Space) -> dict[str, Any]:
    distributions = _optuna().distributions
    made: dict[str, Any] = {}
    for axis in space.axes:
        if axis.continuous:
            made[axis.name] = distributions.FloatDistribution(axis.low, axis.high)
        elif axis.numeric and not axis.missing.any():
            made[axis.name] = distributions.IntDistribution(0, len(axis) - 1)
        else:
            made[axis.name] = distributions.CategoricalDistribution(list(range(len(axis))))
    return made


def _proposed(space: Space, params: Mapping[str, Any]) -> tuple[Words, NDArray[np.float64]]:
    """(1, W) and (1, C): a proposal as the space writes sets."""
    codes, points = [], []
    for axis in space.axes:
        value = params[axis.name]
        if axis.continuous:
            points.append(float(value))
        else:
            level = axis.order[value] if axis.numeric and not axis.missing.any() else value
            codes.append(np.array([level], dtype=np.int64))
    return space.radix.encode(codes, 1), np.array([points], dtype=np.float64)


def _remember(
    space: Space, trial: Any, known: dict[tuple[Any, ...], float], kept: list[tuple[Words, NDArray[np.float64]]]
) -> None:
    """Take over an earlier trial that was run."""
    if set(trial.params) != set(space.names):
        return
    words, points = _proposed(space, trial.params)
    key = (*words[0].tolist(), *points[0].tolist())
    if key in known or not space.keep(words, points)[0]:
        return
    known[key] = math.nan if trial.value is None else float(trial.value)
    kept.append((words, points))
