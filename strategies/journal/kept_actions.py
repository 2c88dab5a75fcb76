"""Corporate actions as they are kept: in the currency of each ticker, by session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.actions.actions import Actions

SOURCE = "the journal"


def in_session(actions: Actions, sessions: NDArray[np.datetime64]) -> Actions:
    """The actions of some sessions."""
    return actions.only(np.flatnonzero(np.isin(actions.dates, sessions)))


def told_actions(actions: Actions, *, with_date: bool = False) -> list[dict[str, Any]]:
    """Actions as values of JSON."""
    columns = (np.asarray(actions.price), np.asarray(actions.cash))
    price, cash = (column.tolist() for column in columns)
    return [
        {
            **({"date": str(actions.dates[k])} if with_date else {}),
            "ticker": actions.tickers[k],
            "kind": str(actions.kinds[k]),
            "value": float(actions.values[k]),
            "into": actions.into[k],
            "price": None if price[k] != price[k] else price[k],
            "cash": cash[k],
        }
        for k in range(len(actions))
    ]


def actions_of(told: Sequence[Mapping[str, Any]]) -> Actions:
    """Actions of what `told_actions` gave with dates. Raises KeyError or an InputError for anything else."""
    return Actions(
        dates=np.array([one["date"] for one in told], dtype="datetime64[D]"),
        tickers=tuple(one["ticker"] for one in told),
        kinds=tuple(one["kind"] for one in told),
        values=np.array([one["value"] for one in told], dtype=np.float64),
        into=tuple(one["into"] for one in told),
        price=np.array([np.nan if one["price"] is None else one["price"] for one in told], dtype=np.float64),
        cash=np.array([one["cash"] for one in told], dtype=np.float64),
        source=SOURCE,
    )


def joined(actions: Actions, told: Sequence[Mapping[str, Any]], session: np.datetime64) -> Actions:
    """Actions, and those of a later session as `told_actions` gave them."""
    if not told:
        return actions
    later = [{**one, "date": str(session)} for one in told]
    return actions_of([*told_actions(actions, with_date=True), *later])
