"""How a sweep is cross-validated, laid out over its sessions before it runs so that it gathers the right moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import InputError, ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.counted import counted
from hedgebook.universes.names import named
from hedgebook.universes.raw_file import whole_number

from ...arrays import Floats, Ints
from ..analysis.chunks import MomentChunk
from ..overfitting.block_moments import check_blocks
from .schemes import CombinatorialPurged, SplitPlan, WalkForward, plan

FEWEST_BLOCKS = 4
LONGEST_COUNT = 30
# What a text may set, and the field that it sets.
SETTINGS = {
    "blocks": "blocks",
    "train": "train_sessions",
    "test": "test_sessions",
    "anchored": "anchored",
    "folds": "folds",
    "test_folds": "test_folds",
    "purge": "purge_sessions",
    "embargo": "embargo_sessions",
}


class Scheme(StrEnum):
    """Ways to judge a sweep out of sample; CSCV is always done as well, where the sessions allow it."""

    CSCV = "cscv"
    WALK_FORWARD = "walk-forward"
    CPCV = "cpcv"
    EVENTS = "events"


@dataclass(frozen=True)
class Validation:
    """What is asked for.

    blocks: of CSCV, even, at most 20; train_sessions, test_sessions (None: half and a tenth of the sessions),
    anchored: of walk-forward; folds (None: 10, or as many as have 3 sessions each), test_folds: of cpcv;
    purge_sessions: how long the outcome of a session's decision takes beyond it, 0 because returns of single sessions
    do not overlap; embargo_sessions: left out besides.
    """

    scheme: Scheme = Scheme.CSCV
    blocks: int = 16
    train_sessions: int | None = None
    test_sessions: int | None = None
    anchored: bool = False
    folds: int | None = None
    test_folds: int = 2
    purge_sessions: int = 0
    embargo_sessions: int = 0

    def __post_init__(self) -> None:
        check_blocks(self.blocks)


@brief
@dataclass(frozen=True, eq=False)
class MomentLayout:
    """Pieces of the union calendar that moments are summed by.

    of_session: (T,) the piece of each session of the market, -1 outside of the calendar; counts: (G,) sessions of
    each; blocks: (G,) the CSCV block of each; segments: (G,) its segment of the plan; plan: None without splits of
    sessions; no_cscv: why there is no CSCV, None where there is.
    """

    validation: Validation
    of_session: Ints
    counts: Floats
    blocks: Ints
    segments: Ints
    plan: SplitPlan | None
    no_cscv: str | None

    @property
    def block_counts(self) -> Floats:
        """(B,) sessions of each CSCV block."""
        return np.bincount(self.blocks, weights=self.counts).astype(np.float64)

    def by_block(self, chunks: Iterator[MomentChunk]) -> Iterator[MomentChunk]:
        """Moments summed by CSCV block."""
        return _joined(chunks, self.blocks)

    def by_segment(self, chunks: Iterator[MomentChunk]) -> Iterator[MomentChunk]:
        """Moments summed by segment of the plan."""
        return _joined(chunks, self.segments)


def lay_out(validation: Validation, on: NDArray[np.bool_]) -> MomentLayout:
    """Cut the union calendar, (T,) True where a session belongs to it, into pieces.

    Raises ParameterError where the splits asked for do not fit the sessions.
    """
    sessions = int(on.sum())
    count = min(validation.blocks, sessions - sessions % 2)
    no_cscv = None if count >= FEWEST_BLOCKS else f"Cross-validation needs {FEWEST_BLOCKS} sessions, not {sessions}."
    block = np.arange(sessions, dtype=np.int64) * max(count, 1) // max(sessions, 1)
    made = _plan(validation, sessions)
    segment = np.zeros(sessions, dtype=np.int64) if made is None else made.segments.of_session
    pairs, piece = np.unique(np.column_stack([segment, block]), axis=0, return_inverse=True)
    of_session = np.full(len(on), -1, dtype=np.int64)
    of_session[on] = piece.ravel()
    return MomentLayout(
        validation=validation,
        of_session=of_session,
        counts=np.bincount(piece.ravel(), minlength=len(pairs)).astype(np.float64),
        blocks=pairs[:, 1].copy(),
        segments=pairs[:, 0].copy(),
        plan=made,
        no_cscv=no_cscv,
    )


def check_room(validation: Validation, sessions: int) -> None:
    """Raise ParameterError for more folds, or longer samples, than all the sessions of the prices could hold."""
    sizes = {"train": validation.train_sessions, "test": validation.test_sessions, "folds": validation.folds}
    for name, size in sizes.items():
        most = sessions // 3 if name == "folds" else sessions
        if size is not None and size > most:
            raise ParameterError(
                f"the prices have too few sessions for this: {sessions:,}",
                where=f"cv, {name}",
                value=f"{size:,}",
                bound=f"at most {most:,}",
            )


def _plan(validation: Validation, sessions: int) -> SplitPlan | None:
    horizon, embargo = validation.purge_sessions, validation.embargo_sessions
    try:
        if validation.scheme is Scheme.WALK_FORWARD:
            scheme = WalkForward(
                validation.train_sessions, validation.test_sessions, validation.anchored, horizon, embargo
            )
            return plan(scheme, sessions)
        if validation.scheme is Scheme.CPCV:
            folds = validation.folds or max(3, min(10, sessions // 3))
            return plan(CombinatorialPurged(folds, validation.test_folds, horizon, embargo), sessions)
    except InputError as problem:
        raise ParameterError(
            f"{validation.scheme} does not fit the {counted(sessions, 'session')} on which any set is on: {problem}",
            where="cv",
        ) from None
    return None


def _joined(chunks: Iterator[MomentChunk], of_piece: Ints) -> Iterator[MomentChunk]:
    groups = int(of_piece.max(initial=-1)) + 1
    for start, totals, squares in chunks:
        joined = np.zeros((2, groups, len(totals)))
        # Column by column and not as a product of matrices, which may round the same row in different ways: sets with
        # the same returns must tie.
        for piece, group in enumerate(of_piece.tolist()):
            joined[0, group] += totals[:, piece]
            joined[1, group] += squares[:, piece]
        yield start, np.ascontiguousarray(joined[0].T), np.ascontiguousarray(joined[1].T)


def parse_validation(text: str | Validation) -> Validation:
    """A validation from its name and settings: cscv, walk-forward:train=120,test=20,anchored, cpcv:folds=8,embargo=2.

    Settings: blocks, train, test, folds, test_folds, purge, embargo (whole numbers) and anchored. Raises ParameterError
    with the closest name.
    """
    if isinstance(text, Validation):
        return text
    name, _, rest = text.partition(":")
    given: dict[str, Any] = {"scheme": named(Scheme, name.strip(), "there is no such cross-validation", "cv")}
    for part in filter(None, (piece.strip() for piece in rest.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if key not in SETTINGS:
            raise ParameterError(f"there is no setting {key!r}", where="cv", remedy=did_you_mean(key, SETTINGS))
        if key == "anchored" and value in ("", "true", "false"):
            given[key] = value != "false"
        elif equals and (whole := whole_number(value, LONGEST_COUNT)) is not None:
            given[SETTINGS[key]] = whole
        else:
            raise ParameterError("is not a whole number", where=f"cv, {key}", value=value, bound=f"as in {key}=10")
    return Validation(**given)
