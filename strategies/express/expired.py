"""Contracts that expire before the exit of a trade: what they paid stands, so it is partly just an earlier exit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.counted import counted

from .size import Held
from .structures import PLAIN

if TYPE_CHECKING:
    from .result import Expression


def expired_before(contracts: Iterable[Listed], exit_session: np.datetime64) -> tuple[date, ...]:
    """Expiries of contracts that lie before the session of the exit, ascending, each once."""
    return tuple(sorted({one.expiry for one in contracts if _early(one, exit_session)}))


def sets_expired(held: Held, contracts: Sequence[Listed], exit_session: np.datetime64) -> NDArray[np.bool_]:
    """(n,) whether a set holds any contract that expires before the exit."""
    early = np.array([_early(one, exit_session) for one in contracts], dtype=np.bool_)
    if not held.places.shape[1]:
        return np.zeros(held.count, dtype=np.bool_)
    return np.asarray((early[held.places] & (held.options != 0.0)).any(axis=1))


def _early(contract: Listed, exit_session: np.datetime64) -> bool:
    return bool(np.datetime64(contract.expiry, "D") < exit_session)


def expiry_notes(made: Sequence[Expression], exit_session: np.datetime64) -> tuple[str, ...]:
    """What a reader must know of expressions whose contracts expire before the exit, those alike in one note."""
    alike: dict[tuple[tuple[date, ...], bool], list[str]] = {}
    for one in made:
        if days := expired_before(one.positions, exit_session):
            whole = all(contract.expiry in days for contract in one.positions)
            alike.setdefault((days, whole), []).append(one.structure.title)
    return tuple(
        f"{', '.join(titles)}: {'' if whole else 'some '}contracts expire on {', '.join(map(str, days))}, before the "
        f"exit on {exit_session}; the P&L of these contracts stands from then on"
        for (days, whole), titles in alike.items()
    )


def swept_notes(table: pd.DataFrame, exit_session: np.datetime64) -> tuple[str, ...]:
    """How many sets of a sweep hold contracts that expire before the exit, and so are compared over fewer sessions."""
    options = table[~table["structure"].isin(PLAIN.values())]
    early = int(options["expires_before_exit"].sum())
    if not early:
        return ()
    hold = "holds" if early == 1 else "hold"
    return (
        f"of {counted(len(options), 'set')} with options {early:,} {hold} contracts that expire before the exit on "
        f"{exit_session}; part of what sets these apart from the others is the earlier exit",
    )
