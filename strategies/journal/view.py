"""Everything that a page of a journal shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hedgebook.engine.live.fills import ModelledFill, modelled_fills
from hedgebook.universes.brief import brief
from hedgebook.universes.event import Event

from .state import JournalState
from .trade import REAL
from .watch import Watched, watched


@brief
@dataclass(frozen=True, eq=False)
class JournalView:
    """A journal as it stands.

    state: what was fixed, the rows and what they follow from; fills: own ones beside the model; watched: events of the
    four indicators since its entry.
    """

    state: JournalState
    fills: tuple[ModelledFill, ...] = ()
    watched: tuple[Watched, ...] = ()

    @property
    def name(self) -> str:
        """What the journal is called."""
        return self.state.name

    @property
    def alerts(self) -> tuple[str, ...]:
        """What asks for somebody in the last row."""
        return tuple(one["says"] for one in self.state.rows[-1]["alerts"]) if self.state.rows else ()


def view_of(state: JournalState, events: Sequence[Event]) -> JournalView:
    """A journal beside the model's costs and the events of a library."""
    fills: tuple[ModelledFill, ...] = ()
    if state.trade.kind == REAL and state.fills:
        market = state.kept.market(state.trade.universe, state.trade.provenance)
        known = [one for one in state.fills if one.session <= state.kept.sessions[-1]]
        fills = modelled_fills(market, known, state.trade.terms) if known else ()
    return JournalView(state, fills, watched(state, events))
