"""The best set of a sweep as a track of returns: of one that has just run, or of its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError
from hedgebook.universes.counted import counted

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.strategies.tearsheet.track import Track

    from ..sweep import Sweep

SWEEP_JSON, BEST = "sweep.json", "best.parquet"
LEFT_OUT = ("name", "title")
Chosen = tuple["Track", Mapping[str, Any]]


def is_sweep_folder(path: Path) -> bool:
    """Whether a sweep was written there."""
    return (path / SWEEP_JSON).is_file()


def best_of(sweep: Sweep) -> Chosen:
    """Returns of the best set over its own sessions, and the parameters that it ran with."""
    return _told(sweep.to_dict(), sweep.best_returns)


def best_of_folder(folder: Path) -> Chosen:
    """The same of a sweep's folder. Raises RunFolderError where that does not hold it."""
    values = results_of(folder)
    return _told(values, _read(folder))


def write_best(sweep: Sweep, path: Path) -> None:
    """Write the returns of the best set: session, return."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from hedgebook.engine.sweep.store.parts import write_whole

    returns = sweep.best_returns
    table = pa.table({"session": returns.index.to_numpy(), "return": returns.to_numpy()})
    write_whole(path, lambda file: pq.write_table(table, file))


def results_of(folder: Path) -> dict[str, Any]:
    """What was found of a sweep as a whole. Raises RunFolderError for one that did not come to its end."""
    from hedgebook.engine.sweep.store.folder import FolderSink

    found = FolderSink.open(folder).results
    if found is None:
        raise RunFolderError(
            "the sweep did not come to its end", where=str(folder), remedy="Go on with it: the same command, --resume."
        )
    return found


def _read(folder: Path) -> pd.Series[float]:
    import pandas as pd

    path = folder / BEST
    try:
        frame = pd.read_parquet(path)
        return pd.Series(frame["return"].to_numpy("float64"), index=pd.DatetimeIndex(frame["session"]), name="return")
    except FileNotFoundError:
        raise RunFolderError(
            f"the folder does not hold the returns of the best set: {BEST} is missing",
            where=str(folder),
            remedy="The same sweep again with --resume writes it, without running the sets anew.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise RunFolderError(
            f"{BEST} cannot be read: {str(problem).splitlines()[0]}",
            where=str(folder),
            remedy="Run the sweep again with --overwrite.",
        ) from None


def _told(values: Mapping[str, Any], returns: pd.Series[float]) -> Chosen:
    """The track and its parameters, from what JSON holds of the sweep."""
    from hedgebook.strategies.tearsheet.track import track_of_returns

    strategy, best = values["strategy"], values["best"]
    name = f"{strategy['name']}, best set"
    base = strategy.get("trade") or {}
    more = {"costs_name": values["costs"], "account": values["account"]}
    found = {"strategy": strategy["name"], **base, **best["parameters"], **more}
    track = track_of_returns(returns.rename(name), name, "fraction")
    sets = counted(values["sets"], "set")
    note = f"{name}: the best of {sets} by {values['metric']}, picked after looking at all of them"
    return replace(
        track,
        basis=f"the best of {sets} of a sweep, set {best['set']}",
        notes=(*track.notes, note),
        simulated=bool(values["simulated"]),
        hindsight=bool(found.get("hindsight")),
    ), {key: _plain(value) for key, value in found.items() if key not in LEFT_OUT}


def _plain(value: Any) -> Any:
    """A parameter as JSON gives it back, so that a sweep and its folder say the same."""
    return json.loads(json.dumps(value, default=str))
