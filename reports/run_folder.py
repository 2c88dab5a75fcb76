"""Run folders: everything that a run leaves on disk, complete or not at all."""

from __future__ import annotations

import io
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hedgebook.errors import RunFolderError
from hedgebook.universes.checks import PATH, takes
from hedgebook.universes.raw_file import is_folder, read_bytes

if TYPE_CHECKING:
    from hedgebook.strategies.run import TradeRun

SUMMARY, REPORT = "summary.json", "report.html"
COLUMNS = {
    "nav": ("session", "nav_open", "nav_close", "cash", "interest", "borrow", "return"),
    "fills": ("session", "mark", "ticker", "shares", "price", "cost"),
    "pnl": ("session", "ticker", "bucket", "leg", "cause", "pnl"),
    "positions": ("session", "ticker", "shares", "price", "value", "weight"),
}
RUN_FILES = (SUMMARY, *(f"{name}.parquet" for name in COLUMNS), REPORT)
TEXT_COLUMNS = ("mark", "ticker", "cause")
SESSIONS = ("1950-01-01", "2100-12-31")
LARGEST_CAPITAL_USD, LARGEST_NUMBER = 1e18, 1e30
WRITE_REMEDY = "Choose another folder with --out, or make room and permission there."


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run read back from its folder.

    summary: as `summarise` gives it; nav: by session, as Backtest.nav; fills, positions: as Backtest's; pnl:
    session, ticker, bucket, leg, cause and P&L in USD.
    """

    folder: Path
    summary: dict[str, Any]
    nav: pd.DataFrame
    fills: pd.DataFrame
    pnl: pd.DataFrame
    positions: pd.DataFrame


def save_run(run: TradeRun, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a run's folder, which appears complete or not at all; returns it.

    overwrite: replace a folder that holds nothing but a run. Raises RunFolderError for a path that is a file,
    for a folder that is not empty, for one with foreign files whatever `overwrite` says, and where writing fails.
    """
    return save_folder(folder, RUN_FILES, partial(_write, run), overwrite=overwrite)


def save_folder(
    folder: str | Path, names: Sequence[str], write: Callable[[Path], None], *, overwrite: bool = False
) -> Path:
    """Let `write` fill a folder with the files `names`; it appears complete or not at all.

    overwrite: replace a folder that holds nothing but such files. Raises RunFolderError as `save_run` does.
    """
    given = Path(folder)
    target = _resolve(given)
    with _failures(given):
        _check_target(target, given, names, overwrite)
    with _failures(given), _parents(target):
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        beside.mkdir()
        try:
            write(beside)
            _put(beside, target, names)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
    return given


@takes(folder=PATH)
def load_run(folder: str | Path) -> SavedRun:
    """Read a run folder. Raises RunFolderError that names the file that is missing or damaged."""
    folder = Path(folder)
    if not is_folder(folder):
        raise RunFolderError(
            "there is no such run folder", where=str(folder), remedy="Give a folder that --out has written."
        )
    frames = {name: _read_frame(folder / f"{name}.parquet", COLUMNS[name]) for name in COLUMNS}
    return SavedRun(
        folder=folder,
        summary=_read_summary(folder / SUMMARY),
        nav=frames["nav"].set_index("session"),
        fills=frames["fills"],
        pnl=frames["pnl"],
        positions=frames["positions"],
    )


def _resolve(given: Path) -> Path:
    try:
        return given.resolve()
    except (OSError, RuntimeError) as problem:
        raise RunFolderError(f"cannot be used as a folder: {problem}", where=str(given)) from None


def _check_target(target: Path, given: Path, names: Sequence[str], overwrite: bool) -> None:
    where = str(given)
    if not target.name:
        raise RunFolderError("the root of a disk cannot be a run folder", where=where)
    if target.exists() and not target.is_dir():
        raise RunFolderError("a file of this name is in the way", where=where, remedy="Choose another folder.")
    if not target.is_dir():
        return
    entries = sorted(target.iterdir())
    if not entries:
        return
    if not overwrite:
        raise RunFolderError(
            "the folder is not empty", where=where, remedy="Choose another one, or replace it with --overwrite."
        )
    for entry in entries:
        if entry.name not in names or not entry.is_file():
            raise RunFolderError(
                "the folder holds something that no run wrote, so it is not replaced",
                where=where,
                value=entry.name,
                bound=f"nothing but {', '.join(names)}",
                remedy="Move it away or choose another folder.",
            )


@contextmanager
def _failures(given: Path) -> Iterator[None]:
    """Turn what the disk refuses into a RunFolderError."""
    try:
        yield
    except OSError as problem:
        what = f"the folder cannot be written: {problem.strerror or problem}"
        raise RunFolderError(what, where=str(given), remedy=WRITE_REMEDY) from problem


@contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Create the folders above `target`, and take those away again when what follows fails."""
    missing = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in missing:
            with suppress(OSError):
                parent.rmdir()
        raise


def _write(run: TradeRun, folder: Path) -> None:
    # Both need everything else of this folder, and the report is the slower half of a run: imported when used.
    from .html import write_report
    from .summary import summarise

    text = json.dumps(summarise(run), indent=2, allow_nan=False, ensure_ascii=False)
    (folder / SUMMARY).write_text(text + "\n", encoding="utf-8")
    frames = {
        "nav": run.nav.reset_index(),
        "fills": run.fills,
        "pnl": pnl_with_leg(run),
        "positions": run.positions,
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    write_report(run, folder / REPORT)


def pnl_with_leg(run: TradeRun) -> pd.DataFrame:
    """P&L by session, ticker, bucket, leg and cause in USD, without the rows that are zero."""
    frame = run.backtest.pnl_long
    leg_of = {ticker: leg.name for leg in run.plan.legs for ticker in leg.tickers}
    legs = pd.Series([leg_of[str(ticker)] for ticker in frame["ticker"]], index=frame.index, dtype="str")
    return frame.assign(leg=legs)[list(COLUMNS["pnl"])]


def _put(beside: Path, target: Path, names: Sequence[str]) -> None:
    """Move a finished folder to its place; an older one is set aside first and comes back if that fails."""
    if not target.is_dir():
        beside.rename(target)
        return
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.old")
    try:
        target.rename(aside)
        beside.rename(target)
    except BaseException:
        if aside.is_dir() and not target.exists():
            aside.rename(target)
        raise
    _remove(aside, names)


def _remove(old: Path, names: Sequence[str]) -> None:
    """Delete a replaced run, file by file: what came into its folder in the meantime is not ours to delete."""
    for name in names:
        (old / name).unlink(missing_ok=True)
    try:
        old.rmdir()
    except OSError:
        raise RunFolderError(
            "the new run stands, but its old folder holds something that no run wrote and was kept",
            where=str(old),
            remedy="Move what you need and delete that folder.",
        ) from None


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(read_bytes(path, error=RunFolderError))
    except FileNotFoundError:
        raise _missing(path) from None
    except RecursionError:
        raise _damaged(path, "it is nested too deeply") from None
    except ValueError as problem:
        raise _damaged(path, problem) from None
    if not isinstance(summary, dict) or not isinstance(summary.get("trade"), str):
        raise _damaged(path, "it does not describe a run")
    _check_capital(path, summary)
    return summary


def _check_capital(path: Path, summary: dict[str, Any]) -> None:
    """Refuse a summary without the amount of money that every reader of it needs."""
    capital = summary.get("capital")
    money = float("nan")
    if isinstance(capital, int | float) and not isinstance(capital, bool):
        money = min(capital, LARGEST_CAPITAL_USD)  # a whole number may be beyond any float
    if not 0.0 < money < LARGEST_CAPITAL_USD:
        raise RunFolderError(
            f"{path.name} does not give the capital of the run",
            where=str(path.parent),
            value=capital,
            bound="an amount of USD above 0",
            remedy="Run the trade again with --overwrite.",
        )


def _read_frame(path: Path, names: tuple[str, ...]) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(read_bytes(path, error=RunFolderError)))
        odd = [name for name in names if name in frame.columns and not _sound(frame[name], name)]
    except FileNotFoundError:
        raise _missing(path) from None
    # What pyarrow and pandas raise for damaged bytes, and for types that neither can read from the other.
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, NotImplementedError) as problem:
        raise _damaged(path, problem) from None
    if absent := [name for name in names if name not in frame.columns]:
        raise _damaged(path, f"it has no column {absent[0]!r}")
    if not frame.columns.is_unique:
        raise _damaged(path, "a column stands twice in it")
    if odd:
        raise _damaged(path, f"column {odd[0]!r} holds what no run writes there")
    return frame


def _sound(column: pd.Series[Any], name: str) -> bool:
    """Whether a column has days, text or numbers as a run writes them; NaN is a figure that does not exist."""
    if isinstance(column, pd.DataFrame):
        return True  # a name that stands twice is told by itself
    if name == "session":
        days = pd.api.types.is_datetime64_any_dtype(column) and getattr(column.dtype, "tz", None) is None
        return days and bool(column.between(*SESSIONS).all())
    if name in TEXT_COLUMNS:
        return all(isinstance(value, str) for value in column)
    if name in ("bucket", "leg"):
        return all(value is None or value != value or isinstance(value, str) for value in column)
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    return not bool((np.abs(column.to_numpy(dtype=np.float64, na_value=np.nan)) > LARGEST_NUMBER).any())


def _missing(path: Path) -> RunFolderError:
    return RunFolderError(
        f"{path.name} is missing", where=str(path.parent), remedy="Run the trade again with --overwrite."
    )


def _damaged(path: Path, problem: object) -> RunFolderError:
    detail = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return RunFolderError(
        f"{path.name} cannot be read: {detail}",
        where=str(path.parent),
        remedy="Run the trade again with --overwrite.",
    )
