"""Writing what a store holds to a file that every other program reads."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hedgebook.errors import PriceDataError

if TYPE_CHECKING:
    from .store import Basis, PriceStore

SUFFIXES = (".csv", ".csv.gz", ".parquet")


def export_store(store: PriceStore, path: str | Path, as_of: str | date | datetime | None, basis: Basis) -> int:
    """Write all prices to a new file, whole or not at all; the number of rows.

    Raises PriceDataError for a type of file that is not known, and for a file that is there already.
    """
    to = Path(path)
    kind = next((suffix for suffix in SUFFIXES if to.name.lower().endswith(suffix)), None)
    if kind is None:
        raise PriceDataError(
            "this type of file is not known", where=str(to), value=to.suffix, bound=", ".join(SUFFIXES)
        )
    if to.exists():
        raise PriceDataError("this file is there already", where=str(to), remedy="Choose another name.")
    frame = store.frame(as_of=as_of, basis=basis)
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        if kind == ".parquet":
            frame.to_parquet(part, index=False)
        else:
            packed = {"method": "gzip", "mtime": 0} if kind == ".csv.gz" else None
            frame.to_csv(part, index=False, date_format="%Y-%m-%d", compression=packed)
        os.replace(part, to)
    except OSError as problem:
        part.unlink(missing_ok=True)
        what = f"it cannot be written: {problem.strerror or type(problem).__name__}"
        raise PriceDataError(what, where=str(to)) from None
    return len(frame)
