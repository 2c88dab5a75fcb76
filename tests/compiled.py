"""Compiles the kernels that most tests call, each in one of the processes that share the tests.

Where nothing is compiled yet, processes that begin together would all compile the same kernels at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

import hedgebook as hb

LONGEST_WAIT_SECONDS = 240.0


def tiles() -> None:
    """Sets side by side: a third of what there is to compile."""
    from hedgebook.engine.kernels.sets.tally import MEASURES
    from hedgebook.engine.kernels.sets.tiles.run import run_tiles
    from tests.engine.kernels.test_cells import room
    from tests.engine.sweep.test_tiles import many_sets
    from tests.oracle.cases import dirty_case

    stage, sets = many_sets(dirty_case(2), 5)
    out = room(stage, len(sets.sets))
    run_tiles(stage, sets, out, 0, len(sets.sets))
    if not np.isfinite(out.rows[:, MEASURES.index("final_nav")]).all():
        raise RuntimeError("tiles gave no NAV")


def runs() -> None:
    """A run, its risk and its tear sheet, and a sweep of two sets."""
    market = hb.sample_market()
    run = hb.backtest(hb.trade(), market)
    hb.risk(run)
    hb.tearsheet(run)
    hb.sweep(hb.trade(), market, hold="5:6")


def searches() -> None:
    """A search for a hedge, and American prices."""
    from hedgebook import options
    from hedgebook.engine.finder.pieces import Pieces, SearchJob, run_search
    from hedgebook.engine.finder.search import Search
    from tests.engine.finder.cases import made_up

    run_search(SearchJob(Search(made_up(3, 9, 1).books(), (1, 2, 3)), {}), Pieces(), threads=1)
    options.american(options.Contracts("put", spot=90.0, strike=80.0, years=0.1, rate_annual=0.04, vol_annual=0.9))


# As long as each other: tiles take twice as long as either of the others.
SHARES: dict[str, tuple[Callable[[], None], ...]] = {"gw0": (tiles,), "gw1": (runs, searches)}


def compile_share(worker: str, count: int, meeting: Path) -> None:
    """Compile the share of a worker of pytest-xdist, and wait for those of the others, but not for ever.

    meeting: a folder that all workers see.
    """
    if count < len(SHARES):
        return
    for share in SHARES.get(worker, ()):
        # What fails here fails in a test of its own, which says why.
        with suppress(Exception):
            share()
    (meeting / f"compiled-{worker}").touch()
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < until and not all((meeting / f"compiled-{name}").exists() for name in SHARES):
        time.sleep(0.2)
