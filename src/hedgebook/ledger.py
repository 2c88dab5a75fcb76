"""The trial ledger of the workspace, from a script: `hb.ledger.note(run)`, `hb.ledger.trials()`, `hb.ledger.table()`.

Commands note every run, sweep and search by themselves. A script says what counts, with `note`: a loop that calls
`hb.backtest` a thousand times is neither slowed nor counted unasked.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import ParameterError
from hedgebook.front.ledger.kinds import kind_of
from hedgebook.front.ledger.workspace import ledger_path
from hedgebook.universes.checks import maybe, whole

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.front.ledger.store import Ledger

__all__ = ["clear", "note", "path", "table", "trials"]


def path() -> Path | None:
    """The file of the ledger that counts in the working directory, None where it is switched off."""
    return ledger_path()


def note(result: Any) -> int | None:
    """Add a run, sweep, series, league, hedged book, ticket, verdict or search for a hedge; returns its line's number.

    result: as the function gave it. None for what is no trial, and where the ledger is switched off. Raises InputError
    where it cannot be written, and for what no function of hedgebook gave.
    """
    place = ledger_path()
    if kind_of(result) is None or place is None:
        return None
    from hedgebook.front.ledger.record import record_of

    record = record_of(result)
    return None if record is None else opened(place).append(record)


def trials() -> int:
    """How many different trials the workspace holds: what was run again in the same way counts once.

    Raises InputError where the ledger cannot be read.
    """
    place = ledger_path()
    return 0 if place is None else opened(place).trials()


def table(most: int | None = None) -> pd.DataFrame:
    """The lines of the ledger, newest first by number, None where a line does not say; most: of them.

    Raises an InputError as `trials`.
    """
    import pandas as pd

    from hedgebook.front.ledger.store import COLUMNS

    if not maybe(whole(1)).takes(most):
        raise ParameterError("this is no number of lines", where="most", value=most, bound="1 or more")
    place = ledger_path()
    lines = [] if place is None else opened(place).lines(most)
    return pd.DataFrame(lines, columns=["number", *COLUMNS]).set_index("number")


def clear() -> int:
    """Delete every line of the workspace's ledger, and return how many there were. Raises InputError."""
    place = ledger_path()
    return 0 if place is None else opened(place).clear()


def opened(place: Path) -> Ledger:
    """The ledger of a file, one for each file and process."""
    return _opened(str(place.absolute()))


@lru_cache(maxsize=16)
def _opened(place: str) -> Ledger:
    from hedgebook.front.ledger.store import Ledger

    return Ledger(Path(place))
