"""A sweep's folder as a sweep that can be asked for everything."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hedgebook.engine.one_thread import on_one_thread
from hedgebook.engine.sweep.store.chunk import ChunkLayout
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.store.manifest import DONE, check_same, identity
from hedgebook.errors import RunFolderError
from hedgebook.front.sweep import Sweep, SweepOptions, analysed, prepared_sweep
from hedgebook.universes.checks import MARKET, PATH, maybe, takes
from hedgebook.universes.market import Market

from .call import Call
from .decode import Reader
from .loaded import market_of_folder
from .manifest import call_told, read_manifest


@takes(folder=PATH, market=maybe(MARKET))
@on_one_thread
def load_sweep(folder: str | Path, market: Market | None = None) -> Sweep:
    """Read the folder of a finished sweep, which can then be asked for what a sweep can; no set is run again.

    market: that of the same prices; None reads them again from where they were read then. Every other input is that of
    the call in its manifest, read from its files as they stand now. Raises RunFolderError for a
    folder without a sweep, one that is not finished, and one whose inputs cannot be had, or are others now.
    """
    path = Path(folder)
    sink = FolderSink.open(path)
    if sink.status != DONE:
        remedy = "Go on with it: hedgebook sweep --resume, with the same arguments."
        raise RunFolderError("the sweep is not finished", where=str(folder), value=sink.status, remedy=remedy)
    told = call_told(read_manifest(path), path)
    if told.get("door") != "sweep":
        raise RunFolderError("this is no folder of a sweep", where=str(folder), value=told.get("door"))
    prices = market if market is not None else market_of_folder(path)
    with tempfile.TemporaryDirectory(prefix="hedgebook-") as scratch:
        reader = Reader(str(path), Path(scratch), market=prices)
        arguments = reader.arguments(told["arguments"])
        # All sets are looked at again: what they were before they ran was laid out over other sessions.
        options = replace(arguments.get("options") or SweepOptions(), resume=True)
        prepared, wish = prepared_sweep(Call("sweep", {**arguments, "options": options}), sink)
        job = prepared.job
        check_same(sink.manifest, identity(job, ChunkLayout.of(job)), str(folder))
        return analysed(prepared, wish, Call("sweep", {**arguments, "out": path}))
