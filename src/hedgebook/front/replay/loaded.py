"""What a loaded folder lacks, had again through its manifest: its prices, and the run itself."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hedgebook.errors import RunFolderError
from hedgebook.reports.page.document import MANIFEST

from .decode import Reader
from .manifest import call_told, market_told, read_manifest
from .prices import keep_loaded, market_of, same_prices
from .replay import replay

if TYPE_CHECKING:
    from hedgebook.front.run import Run
    from hedgebook.universes.market import Market

GIVE = "Give them: hb.load_run(folder, market), with the market of the same price file."


def market_of_folder(folder: Path) -> Market:
    """The prices that a folder's result was made with, from where they were read then.

    Raises RunFolderError where the folder does not tell, the source cannot be reached, or it holds other prices now.
    """
    if not (folder / MANIFEST).is_file():
        raise RunFolderError("the run was loaded without its prices", where=str(folder), remedy=GIVE)
    told = market_told(call_told(read_manifest(folder), folder))
    if told is None:
        raise RunFolderError("it was made without prices", where=str(folder), remedy=GIVE)
    with tempfile.TemporaryDirectory(prefix="hedgebook-") as scratch:
        market = market_of(told, Reader(str(folder), Path(scratch), recorded=True).read, str(folder))
        keep_loaded(market, told)
    if differs := same_prices(told, market):
        raise RunFolderError(
            f"the prices are no longer those that it was made with: {differs}",
            where=str(folder),
            remedy="Give the prices of then: --prices FILE, or market=hb.load_market(...); or run it again.",
        )
    return market


def run_again(folder: Path, market: Market) -> Run:
    """The run of a folder made again, the same to the bit.

    Raises RunFolderError where an input cannot be had, or where a number is another one now.
    """
    made = replay(folder, market)
    if made.number is not None:
        raise RunFolderError(
            f"the run cannot be made again as it was. {made.verdict}",
            where=str(folder),
            remedy="Put back what differs, or run the strategy again with hb.backtest.",
        )
    run: Run = made.result
    return run
