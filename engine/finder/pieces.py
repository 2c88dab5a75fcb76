"""Running a search piece by piece: on threads or a Dask cluster, kept in memory or in a folder that it goes on from."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from hedgebook.errors import RunFolderError
from hedgebook.universes.fingerprint import differences
from hedgebook.universes.fingerprint import digest as digest_of

from ..locks import WRITE_REMEDY, FolderLock, disk_failures
from ..one_thread import one_thread
from ..sweep.running.runner import SweepOutcome, run_job
from ..sweep.store.parts import write_whole
from .search import Piece, Search

SETTING, REPLACES = "search.json", "replaces"
FORMAT = 1
SHOWN = 3
ARRAYS = ("values", "best", "names", "solved")


def digest(known: Mapping[str, Any]) -> str:
    """SHA-256 of everything that decides a search's numbers."""
    return digest_of(json.dumps(known, sort_keys=True))


@dataclass(frozen=True)
class PieceLayout:
    """Baskets of each piece, as who hands out the work counts them."""

    sizes: tuple[int, ...]

    @property
    def chunks(self) -> int:
        """How many pieces there are."""
        return len(self.sizes)

    @property
    def count(self) -> int:
        """How many baskets there are."""
        return sum(self.sizes)

    def size(self, k: int) -> int:
        """Baskets of piece k."""
        return self.sizes[k]


@dataclass(frozen=True, eq=False)
class SearchJob:
    """A search as threads and workers of a cluster compute it; known: everything that decides its numbers."""

    search: Search
    known: Mapping[str, Any]

    def layout(self) -> PieceLayout:
        """Its pieces."""
        return PieceLayout(tuple(self.search.size(k) for k in range(len(self.search.pieces))))

    def run(self, k: int, _threads: int) -> Piece:
        """Piece k; one thread computes it, so that threads have pieces of their own."""
        with one_thread():
            return self.search.run(k)

    def columns(self, k: int) -> Mapping[str, Any]:
        """Nothing: which baskets a piece has follows from its number."""
        return {"piece": [k]}


@dataclass
class Pieces:
    """Pieces in memory and, where a folder is given, in its files as well.

    folder: of a search that is running; it goes when the search is done. Each file is there as a whole or not at all.
    replaces: whether the result is to replace an earlier one, which is kept with the pieces for who goes on with them.
    """

    folder: Path | None = None
    replaces: bool = False
    done: dict[int, Piece] = field(default_factory=dict)
    status: str = "running"
    layout: PieceLayout = field(default_factory=lambda: PieceLayout(()))

    def __post_init__(self) -> None:
        self._lock = None if self.folder is None else FolderLock(self.folder)

    def begin(self, job: SearchJob, *, resume: bool = False) -> frozenset[int]:
        """Make ready; the pieces that are there. Raises RunFolderError where another search is there, or none."""
        self.layout = job.layout()
        if self.folder is None:
            return frozenset(self.done)
        known = {"format": FORMAT, "hedgebook": version("hedgebook"), **job.known}
        known = json.loads(json.dumps(known, allow_nan=False))
        with disk_failures(self.folder):
            if resume:
                self._check_same(self.folder, known)
            else:
                self._make_empty(self.folder)
            assert self._lock is not None
            self._lock.acquire("search", str(self.folder))
            if not resume:
                text = json.dumps({"sha256": digest(known), REPLACES: self.replaces, **known}, indent=2) + "\n"
                write_whole(self.folder / SETTING, lambda file: file.write(text.encode()))
            for k in range(self.layout.chunks):
                piece = _read(self._path(k), digest(known))
                if piece is not None:
                    self.done[k] = piece
        self._digest = digest(known)
        return frozenset(self.done)

    def put(self, k: int, _columns: Mapping[str, Any], piece: Piece) -> None:
        """Keep piece k. Raises RunFolderError where it cannot be written."""
        self.done[k] = piece
        if self.folder is None:
            return
        held = io.BytesIO()
        arrays = {name: getattr(piece, name) for name in ARRAYS}
        np.savez(held, search=np.array(self._digest), tried=np.array(piece.tried), **arrays)
        with disk_failures(self.folder):
            write_whole(self._path(k), lambda file: file.write(held.getvalue()))

    def end(self, *, done: bool) -> None:
        """Say whether all pieces are there."""
        self.status = "done" if done else "interrupted"
        if self._lock is not None:
            self._lock.release()

    def clear(self) -> None:
        """Remove the folder of a search that is done."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def in_order(self) -> list[Piece]:
        """All pieces."""
        return [self.done[k] for k in range(self.layout.chunks)]

    def _path(self, k: int) -> Path:
        assert self.folder is not None
        return self.folder / f"piece-{k:03d}.npz"

    def _make_empty(self, folder: Path) -> None:
        """Make the folder, or take away the pieces of an earlier search that was given up."""
        if folder.exists():
            if not folder.is_dir() or not all(_is_ours(path) for path in folder.iterdir()):
                raise RunFolderError(
                    "there is something else in the folder of pieces", where=str(folder), remedy=WRITE_REMEDY
                )
            for path in folder.iterdir():
                path.unlink()
        folder.mkdir(parents=True, exist_ok=True)

    def _check_same(self, folder: Path, known: dict[str, Any]) -> None:
        try:
            there = json.loads((folder / SETTING).read_text(encoding="utf-8"))
            sha = there.pop("sha256")
            there.pop(REPLACES, None)
        except (OSError, ValueError, KeyError, AttributeError):
            raise RunFolderError(
                f"there is no search to go on with: {SETTING} is missing or damaged",
                where=str(folder),
                remedy="Run it without --resume.",
            ) from None
        if sha != digest(known):
            found = [str(one) for one in differences("", there, known)]
            raise RunFolderError(
                f"the folder holds another search: {'; '.join(found[:SHOWN]) or 'it was changed by hand'}",
                where=str(folder),
                remedy="Go on with the same arguments and prices; else run it without --resume.",
            )


def run_search(
    job: SearchJob,
    pieces: Pieces,
    *,
    threads: int = 2,
    resume: bool = False,
    scheduler: str | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> SweepOutcome:
    """Compute every piece that is not there yet; the result depends neither on threads nor on the order of pieces.

    Ctrl-C lets the pieces that have begun end and keeps them. Raises as `engine.sweep.running.runner.run_job`.
    """
    # The runner asks a job and a store of results for no more than these have; its own are tables of sets.
    anything: Any = job
    store: Any = pieces
    return run_job(anything, store, threads=threads, resume=resume, progress=progress, scheduler=scheduler)


def replaces(folder: Path) -> bool:
    """Whether the search whose pieces stand in a folder was to replace an earlier result; False where there is none."""
    try:
        return bool(json.loads((folder / SETTING).read_text(encoding="utf-8")).get(REPLACES, False))
    except (OSError, ValueError, AttributeError):
        return False


def _is_ours(path: Path) -> bool:
    return path.is_file() and (path.name == SETTING or path.suffix in (".npz", ".tmp"))


def _read(path: Path, search: str) -> Piece | None:
    """A piece as it was kept; None for one that is missing, damaged or another search's."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as found:
            if str(found["search"]) != search:
                return None
            return Piece(**{name: found[name] for name in ARRAYS}, tried=int(found["tried"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
