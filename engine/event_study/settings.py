"""What an event study can be asked: models, windows and options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.checks import whole

WHERE = "event_study"
PAIR = "a pair of whole numbers as in (0, 5), 'open-to-close' or 'gap', or a list of these"


class StudyModel(StrEnum):
    """What a return would have been without the event.

    MARKET: a + b x benchmark; MEAN_ADJUSTED: the mean of the estimation window; MARKET_ADJUSTED: the
    benchmark's return; MULTI_FACTOR: a + the sum of b_k x proxy_k, over the proxies of engine.exposure.factors.
    """

    MARKET = "market"
    MEAN_ADJUSTED = "mean-adjusted"
    MARKET_ADJUSTED = "market-adjusted"
    MULTI_FACTOR = "multi-factor"


class ReturnKind(StrEnum):
    """Between which marks a session's return is measured."""

    CLOSE_TO_CLOSE = "close-to-close"
    OPEN_TO_CLOSE = "open-to-close"
    GAP = "gap"


@dataclass(frozen=True, order=True)
class EventWindow:
    """Sessions first to last, counted from the session of the first fill (0), and how a return is measured.

    Windows of open-to-close and of gap (previous close to open) are the session of the first fill alone.
    """

    first: int
    last: int
    kind: ReturnKind = ReturnKind.CLOSE_TO_CLOSE

    @property
    def label(self) -> str:
        """How the window is called in tables: "0", "0..5", "open-to-close", "gap"."""
        if self.kind is not ReturnKind.CLOSE_TO_CLOSE:
            return self.kind.value
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"

    @property
    def sessions(self) -> int:
        """How many sessions it has."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class StudyOptions:
    """How an event study estimates and infers.

    min_sessions: a ticker with fewer returns in the estimation window is left out and listed (None: half of the
    window); prediction_error: count that the model's parameters are estimates; factors: of the multi-factor
    model (empty: all that the market has prices for); draws: of permutation and wild bootstrap where there are
    too many cases to count them all; seed: of those draws.
    """

    min_sessions: int | None = None
    prediction_error: bool = True
    factors: tuple[str, ...] = ()
    draws: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole(self.draws, "draws", 99, 10_000_000)
        check_whole(self.seed, "seed", 0, 2**62)
        if self.min_sessions is not None:
            check_whole(self.min_sessions, "min_sessions", 10, 2520)


def check_whole(value: object, name: str, low: int, high: int) -> int:
    """The value. Raises ParameterError for anything but a whole number from `low` to `high`."""
    if not isinstance(value, int) or not whole(low, high).takes(value):
        raise ParameterError(
            f"{name} should be a whole number", where=f"{WHERE}: {name}", value=value, bound=f"{low} to {high}"
        )
    return value


def parse_model(model: StudyModel | str) -> StudyModel:
    """A model by its name. Raises ParameterError with the closest one."""
    try:
        return StudyModel(model)
    except ValueError:
        names = [m.value for m in StudyModel]
        raise ParameterError(
            f"there is no model {model!r}", where=f"{WHERE}: model", remedy=did_you_mean(str(model), names)
        ) from None


def parse_windows(window: Any, gap_sessions: int) -> tuple[EventWindow, ...]:
    """Windows from a pair, a name or a list of them, each once.

    Raises ParameterError for anything else, and for a window that reaches into the estimation window.
    """
    given = [window] if isinstance(window, str | EventWindow) or _is_pair(window) else window
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ParameterError("this is no window", where=f"{WHERE}: window", value=window, bound=PAIR)
    parsed = tuple(dict.fromkeys(_parse_window(one) for one in given))
    for one in parsed:
        if one.first > one.last:
            raise ParameterError(
                "a window ends before it begins",
                where=f"{WHERE}: window",
                value=f"({one.first}, {one.last})",
                remedy="Write the earlier session first.",
            )
        if one.first < -gap_sessions:
            raise ParameterError(
                "a window reaches into the estimation window",
                where=f"{WHERE}: window",
                value=f"({one.first}, {one.last})",
                bound=f"first session from {-gap_sessions}, which is gap_sessions before the event",
                remedy="Choose a larger gap or a later start.",
            )
    return parsed


def _parse_window(one: Any) -> EventWindow:
    if isinstance(one, EventWindow):
        return one
    if _is_pair(one):
        return EventWindow(int(one[0]), int(one[1]))
    kinds = [ReturnKind.OPEN_TO_CLOSE.value, ReturnKind.GAP.value]
    if isinstance(one, str) and one in kinds:
        return EventWindow(0, 0, ReturnKind(one))
    remedy = did_you_mean(one, kinds) if isinstance(one, str) else None
    raise ParameterError("this is no window", where=f"{WHERE}: window", value=one, bound=PAIR, remedy=remedy)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and all(isinstance(part, int) and not isinstance(part, bool) for part in value)
    )
