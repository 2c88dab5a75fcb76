"""One fetch at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hedgebook.errors import PriceDataError


@contextmanager
def one_writer(store: Path) -> Iterator[None]:
    """Hold the store for writing. Raises PriceDataError where another fetch holds it, or the folder cannot be written.

    Where a system has no such locks, DuckDB's own lock of the file keeps two writers apart.
    """
    try:
        import fcntl
    except ImportError:
        fcntl = None  # type: ignore[assignment]
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        held = open(store.with_name(store.name + ".lock"), "a+", encoding="utf-8")  # noqa: SIM115
    except OSError as problem:
        what = f"the price store cannot be written: {problem.strerror or type(problem).__name__}"
        raise PriceDataError(what, where=str(store), remedy="Set HEDGEBOOK_DATA to another folder.") from None
    with held:
        if fcntl is not None:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held.seek(0)
                process = held.read().strip()
                raise PriceDataError(
                    "another fetch is writing to the price store",
                    where=str(store),
                    value=f"process {process}" if process else None,
                    remedy="Wait until it has ended; nothing was changed.",
                ) from None
        held.seek(0)
        held.truncate()
        held.write(str(os.getpid()))
        held.flush()
        yield
