"""Run folders: everything that a run leaves on disk, complete or not at all."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hedgebook.engine.actions.share_changes import CHANGE_COLUMNS
from hedgebook.errors import RunFolderError
from hedgebook.universes.raw_file import is_folder, read_bytes

from ..page.document import MANIFEST, NO_COPIES, Copies, Document
from ..page.files import broken_seals, write_frame, write_json, write_sealed
from ..page.folder import restore, save_folder
from ..page.html import render_page, write_page
from ..page.kept import KEPT, pack, unpack

if TYPE_CHECKING:
    from hedgebook.strategies.run.run import StrategyRun

SUMMARY, REPORT = "summary.json", "report.html"
COLUMNS = {
    "nav": ("session", "nav_open", "nav_close", "cash", "interest", "borrow", "return"),
    "fills": ("session", "mark", "ticker", "shares", "price", "cost"),
    "pnl": ("session", "ticker", "bucket", "leg", "cause", "pnl"),
    "positions": ("session", "ticker", "shares", "price", "value", "weight"),
}
RUN_FILES = (SUMMARY, *(f"{name}.parquet" for name in COLUMNS), REPORT, KEPT)
# Commands that are called otherwise than the functions that manifests name.
COMMANDS = {"hedge_book": "hedge", "check_claims": "claims", "catalogue_results": "trades"}
# Only in the folder of a run whose positions corporate actions changed.
ACTIONS = "actions.parquet"
TEXT_COLUMNS = ("mark", "ticker", "cause", "reason")
SESSIONS = ("1950-01-01", "2100-12-31")
LARGEST_CAPITAL_USD, LARGEST_NUMBER = 1e18, 1e30


@dataclass(frozen=True, eq=False)
class RunFiles:
    """What stands in the folder of a run.

    summary: as `summarise` gives it; nav: by session, as Backtest.nav; fills, positions: as Backtest's; pnl:
    session, ticker, bucket, leg, cause and P&L in USD; actions: as Backtest.share_changes, None where none changed
    a position.
    """

    folder: Path
    summary: dict[str, Any]
    nav: pd.DataFrame
    fills: pd.DataFrame
    pnl: pd.DataFrame
    positions: pd.DataFrame
    actions: pd.DataFrame | None = None


def save_run(run: StrategyRun, folder: str | Path, *, overwrite: bool = False, also: Copies = NO_COPIES) -> Path:
    """Write a run's folder, which appears complete or not at all; returns it.

    overwrite: replace a folder that holds nothing but a run; also: copies of the report that are written beside it.
    Raises RunFolderError for a path that is a file,
    for a folder that is not empty, for one with foreign files whatever `overwrite` says, and where writing fails.
    """
    return save_folder(folder, (*RUN_FILES, ACTIONS), partial(_write, run), overwrite=overwrite, also=also)


def read_run(folder: str | Path) -> RunFiles:
    """The files of a run. Raises RunFolderError for another kind of folder, and for a file missing or damaged."""
    folder = Path(folder)
    restore(folder)
    if not is_folder(folder):
        raise RunFolderError(
            "there is no such run folder", where=str(folder), remedy="Give a folder that --out has written."
        )
    _check_is_run(folder)
    frames = {name: _read_frame(folder / f"{name}.parquet", COLUMNS[name]) for name in COLUMNS}
    return RunFiles(
        folder=folder,
        summary=_read_summary(folder / SUMMARY),
        nav=frames["nav"].set_index("session"),
        fills=frames["fills"],
        pnl=frames["pnl"],
        positions=frames["positions"],
        actions=_read_frame(folder / ACTIONS, CHANGE_COLUMNS) if (folder / ACTIONS).is_file() else None,
    )


def _check_is_run(folder: Path) -> None:
    """Raise RunFolderError for a folder of another kind of result: running that again would write no NAV either."""
    if (folder / "nav.parquet").is_file():
        return
    door = _door(folder)
    if door is None or door == "backtest":
        return
    command = COMMANDS.get(door, door.replace("_", "-"))
    raise RunFolderError(
        f"this is the folder of hedgebook {command}, which is no run",
        where=str(folder),
        remedy=f"Write its documents again: hedgebook report {folder}; check that its result comes out the same: "
        f"hedgebook replay {folder}",
    )


def _door(folder: Path) -> str | None:
    """The function that a folder's manifest says has made it, None where it says none."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        door = told["call"]["door"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    return door if isinstance(door, str) else None


def capital_of(saved: RunFiles) -> float:
    """The capital of a run, USD. Raises RunFolderError where its summary has none."""
    _check_capital(saved.folder / SUMMARY, saved.summary)
    return float(saved.summary["capital"])


def copy_run(files: RunFiles, folder: str | Path, *, overwrite: bool = False, also: Copies = NO_COPIES) -> Path:
    """Write the folder of a run once more, byte for byte, complete or not at all. Raises as `save_run` does."""
    # A folder of an older version holds no content of its report.
    names = [name for name in RUN_FILES if name != KEPT or (files.folder / KEPT).exists()]
    names += [] if files.actions is None else [ACTIONS]
    contents = {name: _bytes(files.folder / name) for name in names}

    def write(target: Path) -> None:
        for name, content in contents.items():
            (target / name).write_bytes(content)

    return save_folder(folder, (*RUN_FILES, ACTIONS), write, overwrite=overwrite, also=also)


def copy_report(files: RunFiles, path: str | Path) -> Path:
    """Write the report that stands in a folder once more. Raises RunFolderError where it is missing."""
    return write_page(_bytes(files.folder / REPORT).decode(), path)


def kept_document(files: RunFiles) -> Document | None:
    """What the report of a folder says, None in one of an older version. Raises RunFolderError where it is damaged."""
    path = files.folder / KEPT
    if not path.exists():
        return None
    try:
        return unpack(_bytes(path))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise _damaged(path, problem) from None


def _bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, error=RunFolderError)
    except FileNotFoundError:
        raise _missing(path) from None


def changed_files(folder: str | Path) -> tuple[str, ...]:
    """The files of a run, but for its report, with bytes that were changed since it was written.

    nav.parquet holds the digests of all of them. Where it was written anew, by whatever program, it has none: then
    only pages whose checksums do not fit are told.
    """
    folder = Path(folder)
    found = []
    for name in (*COLUMNS, *(["actions"] if (folder / ACTIONS).is_file() else [])):
        try:
            _read_parquet(folder / f"{name}.parquet", page_checksum_verification=True)
        except Exception:  # as in _read_frame
            found.append(f"{name}.parquet")
    try:
        found += broken_seals(folder / "nav.parquet")
    except Exception:
        found.append("nav.parquet")
    return tuple(sorted(set(found)))


def _read_parquet(path: Path, **how: Any) -> pd.DataFrame:
    # By its bytes: pyarrow cannot be told the name of a file that is not text.
    return pd.read_parquet(io.BytesIO(read_bytes(path, error=RunFolderError)), **how)


def _write(run: StrategyRun, folder: Path) -> None:
    # Both need everything else of this folder, and the report is the slower half of a run: imported when used.
    from .page import run_document
    from .summary import summarise

    write_json(summarise(run), folder / SUMMARY)
    frames = {"fills": run.fills, "pnl": run.pnl_long, "positions": run.positions}
    if len(run.share_changes):
        frames["actions"] = run.share_changes
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.parquet")
    document = run_document(run)
    (folder / KEPT).write_bytes(pack(document))
    sealed = [folder / SUMMARY, folder / KEPT, *(folder / f"{name}.parquet" for name in frames)]
    write_sealed(run.nav.reset_index(), folder / "nav.parquet", sealed)
    write_page(render_page(document.header, document.sections), folder / REPORT)


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
            remedy="Run it again with --overwrite.",
        )


def _read_frame(path: Path, names: tuple[str, ...]) -> pd.DataFrame:
    try:
        frame = _read_parquet(path)
        odd = [name for name in names if name in frame.columns and not _sound(frame[name], name)]
    except FileNotFoundError:
        raise _missing(path) from None
    except RunFolderError:
        raise
    except Exception as problem:  # What pandas and pyarrow raise for a damaged footer is of every kind.
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
    return RunFolderError(f"{path.name} is missing", where=str(path.parent), remedy="Run it again with --overwrite.")


def _damaged(path: Path, problem: object) -> RunFolderError:
    detail = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return RunFolderError(
        f"{path.name} cannot be read: {detail}", where=str(path.parent), remedy="Run it again with --overwrite."
    )
