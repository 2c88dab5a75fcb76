"""What a workbook has beside its report and its JSON, as JSON takes it, so that it can be made again from a folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..frames import flat
from .returns import MOST_FORMULAS, Track

# More would weigh more in the folder than the figures themselves.
MOST_CELLS = 400_000


def told(frames: Mapping[str, pd.DataFrame], track: Track | None) -> dict[str, Any]:
    """Tables and returns by name; those that are too long are left out."""
    kept: dict[str, Any] = {}
    for name, frame in frames.items():
        table = flat(frame)
        if table.size <= MOST_CELLS:
            kept.setdefault("frames", {})[name] = {head: _plain(table[head]) for head in table.columns}
    if track is not None and 2 * track.returns.size <= MOST_FORMULAS:
        returns = track.returns
        kept["track"] = {
            "dates": [day.isoformat() for day in pd.DatetimeIndex(returns.index)],
            "returns": [[str(name), returns.iloc[:, j].tolist()] for j, name in enumerate(returns.columns)],
            "per_year": track.per_year if math.isfinite(track.per_year) else None,
            "riskless": track.riskless,
        }
    return kept


def read(kept: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], Track | None]:
    """The tables and returns of it. Raises KeyError, TypeError or ValueError for anything else."""
    frames = {name: pd.DataFrame(dict(columns)) for name, columns in (kept.get("frames") or {}).items()}
    track = kept.get("track")
    if track is None:
        return frames, None
    columns = [pd.Series(values, name=name, dtype="float64") for name, values in track["returns"]]
    returns = pd.concat(columns, axis=1).set_axis(pd.DatetimeIndex(track["dates"]), axis=0)
    year = track["per_year"]
    return frames, Track(returns, math.nan if year is None else float(year), float(track["riskless"]))


def _plain(column: pd.Series[Any]) -> list[Any]:
    """The values of a column as JSON has them, None for what is undefined."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if day is pd.NaT else f"{day:%Y-%m-%d}" for day in column]
    values = column.astype(object).where(column.notna(), None).tolist()
    return [None if isinstance(value, float) and not math.isfinite(value) else value for value in values]
