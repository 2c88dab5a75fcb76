"""A sweep's folder: Parquet parts by chunk and sweep.json, which says what they are and whether all are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, RunFolderError

from ...arrays import Floats
from ...locks import WRITE_REMEDY, FolderLock, disk_failures
from .chunk import PROBLEM, ChunkLayout, ChunkResult, Columns, Job
from .manifest import DONE, IDENTITY, INTERRUPTED, RUNNING, check_same, digest, identity, layout_of, other_blocks
from .parts import BLOCKS, MANIFEST, PART_NAME, SETS, TEMPORARY, Parts, write_whole

EXTRAS = ("report.html", "report.pdf", "report.xlsx", "best.parquet", "manifest.json", "report.json.gz")


class FolderSink:
    """Writes a sweep to a folder.

    overwrite: replace a folder that holds nothing but a sweep; extras: files that others write next to it, which go
    with it. The path is taken as absolute from the working directory at this moment.
    """

    def __init__(self, folder: str | Path, *, overwrite: bool = False, extras: Sequence[str] = EXTRAS) -> None:
        self.given = Path(folder)
        try:
            self.folder = self.given.resolve()
        except (OSError, RuntimeError) as problem:
            raise RunFolderError(f"cannot be used as a folder: {problem}", where=str(folder)) from None
        self._overwrite = overwrite
        self._extras = tuple(extras)
        self._parts: Parts | None = None
        self._manifest: dict[str, Any] = {}
        self._lock = FolderLock(self.folder)
        self._holding = False

    @classmethod
    def open(cls, folder: str | Path) -> FolderSink:
        """The sweep of a folder, to read. Raises RunFolderError where there is none or its sweep.json is damaged."""
        sink = cls(folder)
        sink._load()
        return sink

    @property
    def parts(self) -> Parts:
        """The part files. Raises RunFolderError before `begin`."""
        if self._parts is None:
            raise RunFolderError("no sweep has begun", where=str(self.given), remedy="Run a job into it first.")
        return self._parts

    @property
    def layout(self) -> ChunkLayout:
        """The table. Raises RunFolderError before `begin`."""
        return self.parts.layout

    @property
    def manifest(self) -> dict[str, Any]:
        """What sweep.json holds."""
        return dict(self._manifest)

    @property
    def status(self) -> str:
        """running, interrupted or done."""
        return str(self._manifest.get("status", RUNNING))

    @property
    def results(self) -> dict[str, Any] | None:
        """What `finish` was given; None until then."""
        return self._manifest.get("results")

    def begin(self, job: Job, *, resume: bool = False) -> frozenset[int]:
        """Make the folder ready for a job; the chunks that are there whole.

        Raises ParameterError for a job whose table makes no sense. Raises RunFolderError for a path that is a file;
        without resume for a folder that is not empty, or with `overwrite` one that holds something foreign; with
        resume for a folder without a sweep or with another one; and where writing fails.
        """
        layout = ChunkLayout.of(job)
        known = identity(job, layout)
        with disk_failures(self.given):
            try:
                self._lock.acquire("sweep", str(self.given))
                if resume:
                    self._load()
                else:
                    self._check_target()
                    self.folder.mkdir(parents=True, exist_ok=True)
                    self._lock.acquire("sweep", str(self.given))
                done = self._resume(known, layout) if resume else self._start(known, layout)
            except BaseException:
                self._lock.release()
                raise
            if len(done) == layout.chunks and self.status == DONE:
                self._release()
            return done

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keep others out from `begin` until the end of the block, not only until `end`."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            self._release()

    def _release(self) -> None:
        if not self._holding:
            self._lock.release()

    def _resume(self, known: dict[str, Any], layout: ChunkLayout) -> frozenset[int]:
        """Look what is there, now that nobody else writes."""
        self._load()
        if self.status != DONE and other_blocks(self._manifest, known):
            self._parts = Parts(self.folder, layout, digest(known))
            self._manifest = {**{key: known[key] for key in IDENTITY}, "sha256": self._parts.digest}
        check_same(self._manifest, known, str(self.given))
        self._remove_temporaries()
        for kind in self.parts.kinds:
            (self.folder / kind).mkdir(exist_ok=True)
        done = frozenset(k for k in range(layout.chunks) if self.parts.is_whole(k))
        if len(done) < layout.chunks or self.status != DONE:
            self._manifest.pop("results", None)
            self._write(RUNNING)
        return done

    def put(self, k: int, columns: Columns, result: ChunkResult) -> None:
        """Write chunk k. Raises ParameterError for one that does not fit the table, RunFolderError where it cannot."""
        with disk_failures(self.given):
            self.parts.write(k, columns, result)

    def end(self, *, done: bool) -> None:
        """Say in sweep.json whether all chunks are there; others may go on with the sweep then."""
        try:
            with disk_failures(self.given):
                self._write(DONE if done else INTERRUPTED)
        finally:
            self._release()

    def sum_anew(self, job: Job, moments: Callable[[int], tuple[Floats, Floats]]) -> None:
        """Make all chunks those of a job with other blocks: `moments` gives totals and squares (n, B) of a chunk.

        Raises RunFolderError where writing fails.
        """
        layout, old = ChunkLayout.of(job), self.parts
        known = identity(job, layout)
        with disk_failures(self.given):
            self._lock.acquire("sweep", str(self.given))
            try:
                self._parts = Parts(self.folder, layout, digest(known))
                self._manifest = {**{key: known[key] for key in IDENTITY}, "sha256": self._parts.digest}
                # From here on a part of the old blocks is another sweep's, and made anew should this stop half-way.
                self._write(RUNNING)
                for kind in self.parts.kinds:
                    (self.folder / kind).mkdir(exist_ok=True)
                counts = np.array(layout.block_sessions, dtype=np.float64)
                for k in range(layout.chunks):
                    kept = old.columns(k, [*layout.metrics, PROBLEM])
                    metrics = np.column_stack([kept[name] for name in layout.metrics])
                    found = ChunkResult(layout.span(k)[0], metrics, tuple(kept[PROBLEM]), counts, *moments(k))
                    self.parts.write(k, job.columns(k), found)
                self._write(DONE)
            finally:
                self._release()

    def finish(self, results: Mapping[str, Any]) -> None:
        """Add what an analysis of the whole sweep found to sweep.json.

        Raises ParameterError for what JSON cannot hold, RunFolderError where writing fails.
        """
        try:
            self._manifest["results"] = json.loads(json.dumps(dict(results), allow_nan=False))
        except (TypeError, ValueError) as problem:
            raise ParameterError(f"cannot be written as JSON: {problem}", where="results") from None
        with disk_failures(self.given):
            self._write(self.status)

    def place(self, name: str, write: Callable[[Path], Any]) -> None:
        """Let `write` put one of the extras into the folder.

        Raises RunFolderError that names it as the caller gave the folder.
        """
        with disk_failures(self.given):
            try:
                write(self.folder / name)
            except RunFolderError as problem:
                where = str(self.given / name)
                remedy = f"{problem.remedy or WRITE_REMEDY} The sweep itself is kept: --resume writes what is missing."
                raise RunFolderError(problem.what, where=where, remedy=remedy) from problem.__cause__

    def columns(self, k: int, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Columns of chunk k. Raises ParameterError for an unknown name, RunFolderError for a bad or missing part."""
        wanted = list(names)
        for name in wanted:
            self.layout.type_of(name)
        return self.parts.columns(k, wanted)

    def moments(self, k: int) -> tuple[Floats, Floats]:
        """Block moments of chunk k: totals and squares (n, B). Raises RunFolderError as `columns`."""
        return self.parts.moments(k)

    def _start(self, known: dict[str, Any], layout: ChunkLayout) -> frozenset[int]:
        """Leave nothing but a new sweep.json and the empty folders of parts; no chunk is there."""
        # Another process may have put a sweep there until the folder was locked.
        self._check_target()
        self._parts = Parts(self.folder, layout, digest(known))
        self._manifest = {**{key: known[key] for key in IDENTITY}, "sha256": self._parts.digest}
        # First the new manifest: should this stop half-way, the old parts are told from the new ones by their digest.
        self._write(RUNNING)
        for path in self._old_files():
            path.unlink()
        for kind in (SETS, BLOCKS):
            if kind in self._parts.kinds:
                (self.folder / kind).mkdir(exist_ok=True)
            elif (self.folder / kind).is_dir():
                (self.folder / kind).rmdir()
        return frozenset()

    def _load(self) -> None:
        path = self.folder / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            known = {key: manifest[key] for key in IDENTITY}
            self._parts = Parts(self.folder, layout_of(known), digest(known))
            if manifest["sha256"] != self._parts.digest:
                raise ValueError("its sha256 is not that of its content")
        except (FileNotFoundError, NotADirectoryError):
            raise RunFolderError(
                f"there is no sweep here: {MANIFEST} is missing",
                where=str(self.given),
                remedy="Give a folder that a sweep has written; the first run goes without --resume.",
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ParameterError) as problem:
            raise RunFolderError(
                f"{MANIFEST} cannot be read: {str(problem).splitlines()[0]}",
                where=str(self.given),
                remedy="Run the sweep again with --overwrite.",
            ) from None
        self._manifest = manifest

    def _write(self, status: str) -> None:
        self._manifest["status"] = status
        text = json.dumps(self._manifest, indent=2, ensure_ascii=False, allow_nan=False)
        try:
            data = text.encode()
        except UnicodeEncodeError:  # the name of a file, which need not be text
            data = json.dumps(self._manifest, indent=2, allow_nan=False).encode()
        write_whole(self.folder / MANIFEST, lambda file: file.write(data + b"\n"))

    def _check_target(self) -> None:
        where, target = str(self.given), self.folder
        if not target.name:
            raise RunFolderError("the root of a disk cannot be a sweep's folder", where=where)
        if target.exists() and not target.is_dir():
            raise RunFolderError("a file of this name is in the way", where=where, remedy="Choose another folder.")
        entries = sorted(target.iterdir()) if target.is_dir() else []
        # One that was killed before its sweep.json had its name left nothing else.
        if all(entry.is_file() and TEMPORARY.fullmatch(entry.name) for entry in entries):
            return
        if not self._overwrite:
            remedy = "Choose another one, or replace it with --overwrite."
            if (target / MANIFEST).is_file():
                remedy = "Continue the sweep there with --resume, choose another one, or replace it with --overwrite."
            raise RunFolderError("the folder is not empty", where=where, remedy=remedy)
        foreign = self._foreign(entries) if (target / MANIFEST).is_file() else entries[0].name
        if foreign is not None:
            raise RunFolderError(
                "the folder holds something that no sweep wrote, so it is not replaced",
                where=where,
                value=foreign,
                bound=f"nothing but {', '.join((MANIFEST, SETS, BLOCKS, *self._extras))}",
                remedy="Move it away or choose another folder.",
            )

    def _foreign(self, entries: list[Path]) -> str | None:
        """The first entry that is not a sweep's."""
        for entry in entries:
            if entry.name in (SETS, BLOCKS) and entry.is_dir() and not entry.is_symlink():
                for part in sorted(entry.iterdir()):
                    if not (part.is_file() and (PART_NAME.fullmatch(part.name) or TEMPORARY.fullmatch(part.name))):
                        return f"{entry.name}/{part.name}"
            elif not (entry.is_file() and (entry.name in (MANIFEST, *self._extras) or TEMPORARY.fullmatch(entry.name))):
                return entry.name
        return None

    def _old_files(self) -> list[Path]:
        """Everything of an earlier sweep but sweep.json, which has been replaced."""
        inside = [path for kind in (SETS, BLOCKS) for path in self._files(kind)]
        extras = [path for name in self._extras if (path := self.folder / name).is_file()]
        return [*inside, *extras, *(path for path in self._files("") if TEMPORARY.fullmatch(path.name))]

    def _remove_temporaries(self) -> None:
        """Delete what a sweep that was stopped at once has left half-written."""
        for kind in ("", SETS, BLOCKS):
            for path in self._files(kind):
                if TEMPORARY.fullmatch(path.name):
                    # Another process may have finished and renamed it by now.
                    with suppress(FileNotFoundError):
                        path.unlink()

    def _files(self, kind: str) -> list[Path]:
        folder = self.folder / kind
        return [path for path in sorted(folder.iterdir()) if path.is_file()] if folder.is_dir() else []
