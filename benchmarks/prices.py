"""Opening price files: 45 tickers of eleven years, and 45 out of a Parquet file of 5,000 over 2,900 sessions.

Run as `python -m benchmarks.prices [FOLDER]`; the large files are made in FOLDER (a temporary one without it) and kept
there. Every opening is checked against the numbers that were written. The memory of the large opening is measured in a
process of its own, above that of one that opens a file of the 45 alone. Nothing else may run beside it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import hedgebook as hb
from hedgebook.errors import VerificationError
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import FIELDS
from hedgebook.universes.universe import Bucket, Member, Universe

from .timing import call_seconds

WANTED, SESSIONS, MANY, MANY_SESSIONS, PER_GROUP = 45, 2770, 5000, 2900, 1_000_000
MOST_SECONDS, MOST_SECONDS_MANY, MOST_MB = 0.3, 1.5, 300.0
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"WANTED": 4, "SESSIONS": 60, "MANY": 40, "MANY_SESSIONS": 80, "PER_GROUP": 500}


def universe(tickers: tuple[str, ...]) -> Universe:
    """All tickers in one bucket, listed long ago."""
    members = tuple(Member(ticker=t, company=t, first_session=date(2000, 1, 3), earlier=True) for t in tickers)
    return Universe(name="some", title="Some", buckets=(Bucket(name="all", role="All.", members=members),))


def names(count: int) -> tuple[str, ...]:
    """Made-up tickers in alphabetical order."""
    return tuple(f"T{i:04}" for i in range(count))


def wanted(count: int) -> tuple[str, ...]:
    """Those that are opened, spread over all of them."""
    every = names(count)
    return tuple(every[i] for i in np.linspace(0, count - 1, WANTED).astype(int))


def days(count: int) -> NDArray[np.datetime64]:
    """The last sessions up to the middle of 2026."""
    sessions = trading_calendar(2010, 2026).sessions
    return sessions[sessions <= np.datetime64("2026-06-30")][-count:]


def numbers(ticker: int, sessions: int) -> dict[str, NDArray[np.float64]]:
    """A ticker's prices and volume, the same in every run."""
    draw = np.random.default_rng([20260701, ticker])
    close = np.round(50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.015, sessions))), 4)
    open_ = np.round(close * np.exp(draw.normal(0.0, 0.003, sessions)), 4)
    volume = draw.integers(10_000, 9_000_000, sessions).astype(np.float64)
    return {
        "open": open_, "high": np.maximum(open_, close) + 0.25, "low": np.minimum(open_, close) * 0.99,
        "close": close, "volume": volume,
    }  # fmt: skip


def table(count: int, sessions: int, *, by_date: bool = False) -> Any:
    """A long Arrow table, sorted by ticker, or by date."""
    import pyarrow as pa

    parts = [numbers(i, sessions) for i in range(count)]
    stack = {name: np.stack([part[name] for part in parts], axis=1 if by_date else 0).ravel() for name in FIELDS}
    calendar, codes = days(sessions), np.arange(count, dtype=np.int32)
    dates = np.repeat(calendar, count) if by_date else np.tile(calendar, count)
    at = np.tile(codes, sessions) if by_date else np.repeat(codes, sessions)
    ticker = pa.DictionaryArray.from_arrays(pa.array(at), pa.array(names(count)))
    return pa.table({"date": pa.array(dates), "ticker": ticker.cast(pa.string()), **stack})


def check(market: Any, tickers: tuple[str, ...], sessions: int) -> None:
    """Raises VerificationError where a number is not the one that was written."""
    if market.tickers != tickers or len(market.sessions) != sessions:
        raise VerificationError("tickers or sessions are missing")
    for ticker in tickers:
        written = numbers(int(ticker[1:]), sessions)
        for name in FIELDS:
            if not np.array_equal(market.frame(name)[ticker].to_numpy(), written[name]):
                raise VerificationError(f"{name} of {ticker} is not what was written")


def peak_mb(path: Path, tickers: tuple[str, ...]) -> float:
    """Peak memory in MB of a process that opens `tickers` of a file, from Linux: getrusage counts the parent's too."""
    code = (
        "import sys, hedgebook as hb\nfrom benchmarks.prices import universe\n"
        "hb.load_market(sys.argv[1], universe(tuple(sys.argv[2].split(','))))\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", code, str(path), ",".join(tickers)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024.0


def small(folder: Path) -> bool:
    """45 tickers over eleven years from each kind of file."""
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    whole, met = table(WANTED, SESSIONS), True
    pq.write_table(whole, folder / "small.parquet")
    arrow_csv.write_csv(whole, folder / "small.csv")
    apart = folder / f"apart-{WANTED}"
    apart.mkdir(exist_ok=True)
    for k, ticker in enumerate(names(WANTED)):
        arrow_csv.write_csv(whole.slice(k * SESSIONS, SESSIONS).drop_columns(["ticker"]), apart / f"{ticker}.csv")
    of = universe(names(WANTED))
    for path, bound in ((folder / "small.parquet", MOST_SECONDS), (folder / "small.csv", MOST_SECONDS), (apart, None)):
        check(hb.load_market(path, of), names(WANTED), SESSIONS)
        took = call_seconds(lambda path=path: hb.load_market(path, of))
        print(f"{path.name}, {WANTED} tickers x {SESSIONS} sessions: {took:.3f} s (bound {bound or 'none'} s)")
        met = met and (bound is None or took <= bound)
    return met


def large(folder: Path) -> bool:
    """45 out of 5,000 tickers."""
    import pyarrow.parquet as pq

    of, met = universe(wanted(MANY)), True
    own = folder / f"wanted-{MANY}.parquet"
    for order in ("ticker", "date"):
        path = folder / f"{MANY}-by-{order}.parquet"
        if not path.exists():
            pq.write_table(table(MANY, MANY_SESSIONS, by_date=order == "date"), path, row_group_size=PER_GROUP)
        found = hb.load_market(path, of)
        check(found, wanted(MANY), MANY_SESSIONS)
        if not own.exists():
            frames = {name: found.frame(name).stack() for name in FIELDS}
            import pandas as pd

            alone = pd.DataFrame(frames).rename_axis(["date", "ticker"]).reset_index()
            alone.to_parquet(own)
        took = call_seconds(lambda path=path: hb.load_market(path, of), runs=3)
        more = peak_mb(path, wanted(MANY)) - peak_mb(own, wanted(MANY))
        print(
            f"{path.name}, {WANTED} of {MANY} tickers x {MANY_SESSIONS} sessions: {took:.2f} s (bound "
            f"{MOST_SECONDS_MANY} s), {more:.0f} MB above a file of them alone (bound {MOST_MB:.0f} MB)"
        )
        met = met and took <= MOST_SECONDS_MANY and more <= MOST_MB
    return met


def main() -> int:
    """Print times, memory and their bounds; 0 when all are met."""
    if len(sys.argv) > 1 and Path(sys.argv[-1]).is_dir():
        return 0 if small(Path(sys.argv[-1])) & large(Path(sys.argv[-1])) else 1
    with tempfile.TemporaryDirectory() as name:
        return 0 if small(Path(name)) & large(Path(name)) else 1


if __name__ == "__main__":
    sys.exit(main())
