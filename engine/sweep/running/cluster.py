"""A Dask cluster as the place where chunks are computed."""

from __future__ import annotations

import logging
import re
import socket
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from platform import python_version_tuple
from queue import Empty, SimpleQueue
from typing import Any

from hedgebook.errors import InputError, without_secrets
from hedgebook.universes.fingerprint.program import ABSENT, version_of

from ...one_thread import one_thread
from ..store.chunk import ChunkResult, Job
from ..store.folder import FolderSink
from ..store.parts import Parts
from ..store.sink import Sink
from .work import TICK_SECONDS, Progress, Work

CONNECT_SECONDS = 8.0
# How long a run waits for a worker after the last one is gone, and for a written part to be seen from here.
WORKERLESS_SECONDS = 60.0
SEEN_SECONDS = 10.0
CHUNKS_PER_THREAD = 2
LOOK_SECONDS = 1.0
# A worker that is lost may take along chunks of which another one is the cause; a chunk is given this many chances.
ATTEMPTS = 3
PACKAGES = ("hedgebook", "numpy", "pandas", "numba", "pyarrow", "dask", "distributed")
ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})/?")
# A scheduler speaks first, and begins with the length of what it says: 8 bytes, little-endian.
MOST_GREETING_BYTES = 1_000_000
MISSING = re.compile(r"No module named '([^']+)'")
CONTINUE = "What is done is kept: run the sweep again with --resume."
LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")


class Cluster:
    """Computes chunks on the workers of a Dask scheduler.

    With a folder the workers write the parts themselves, and it must be the same folder for all of them.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self._flying: dict[int, Any] = {}
        self._attempts: dict[int, int] = {}
        self._landed: SimpleQueue[Any] = SimpleQueue()
        self._job: Any = None
        self._workers: Mapping[str, Any] = {}
        self._asked = self._workers_seen = float("-inf")

    def run(self, job: Job, sink: Sink, work: Work, progress: Progress | None) -> None:
        """Compute what `work` hands out and see that it is kept. Raises InputError where the cluster fails."""
        parts = sink.parts if isinstance(sink, FolderSink) else None
        try:
            work.watch(lambda: self._step(job, sink, parts, work), progress)
        finally:
            for future in self._flying.values():
                with suppress(Exception):
                    future.cancel()

    def _step(self, job: Job, sink: Sink, parts: Parts | None, work: Work) -> bool:
        """Keep the workers busy, and take in what has landed."""
        self._look_around(work)
        if not work.stopping:
            self._fill(job, parts, work)
        if not self._flying:
            return False
        with suppress(Empty):
            future = self._landed.get(timeout=TICK_SECONDS)
            k = next((k for k, flying in self._flying.items() if flying is future), None)
            if k is not None:
                del self._flying[k]
                self._take(k, future, job, sink, parts, work)
        return True

    def _fill(self, job: Job, parts: Parts | None, work: Work) -> None:
        room = CHUNKS_PER_THREAD * sum(worker["nthreads"] for worker in self._workers.values())
        while len(self._flying) < room and (k := work.take()) is not None:
            self._submit(k, job, parts)

    def _submit(self, k: int, job: Job, parts: Parts | None) -> None:
        if self._job is None:
            self._job = self._send(job)
        self._attempts[k] = self._attempts.get(k, 0) + 1
        future = self._client.submit(compute, self._job, k, parts, versions(), pure=False, retries=0)
        self._flying[k] = future
        future.add_done_callback(self._landed.put)

    def _send(self, job: Job) -> Any:
        """The job as the workers have it. Raises InputError where they cannot take it."""
        what = ""
        for _ in range(ATTEMPTS):
            try:
                return self._client.scatter(job, broadcast=True, hash=False)
            except TimeoutError:
                raise self._workerless() from None
            except Exception as problem:
                # Of what a worker says here dask gives the words alone; a worker lost just now is tried without.
                if (missing := MISSING.search(str(problem))) is not None:
                    raise _of_worker(ModuleNotFoundError(name=missing[1]), self._address) from None
                what = f"the sweep cannot be sent to the workers: {problem}"
                time.sleep(LOOK_SECONDS)
        raise InputError(what, where=without_secrets(self._address), remedy=CONTINUE)

    def _take(self, k: int, future: Any, job: Job, sink: Sink, parts: Parts | None, work: Work) -> None:
        """Keep the result of chunk k, or compute it again where only its worker was lost."""
        try:
            result = self._result(k, future)
            if result is None:
                self._submit(k, job, parts)
            elif parts is None:
                sink.put(k, job.columns(k), result)
                work.finished(k)
            else:
                see(parts, k)
                work.finished(k)
        except Exception as problem:
            work.failed(k, problem)

    def _result(self, k: int, future: Any) -> Any:
        """What a task returned; None = its worker was lost. Raises what the task raised."""
        if future.status == "finished":
            return future.result()
        lost = future.status in ("cancelled", "lost")
        problem = None if lost else future.exception()
        if problem is not None and type(problem).__name__ != "KilledWorker":
            raise _of_worker(problem, self._address)
        if self._attempts[k] >= ATTEMPTS:
            raise InputError(
                f"chunk {k} was lost {self._attempts[k]} times together with its worker",
                where=without_secrets(self._address),
                remedy=f"Give the workers more memory or fewer threads. {CONTINUE}",
            )
        if lost:
            # The job itself was on that worker alone.
            self._job = None
        return None

    def _look_around(self, work: Work) -> None:
        """See who works. Raises InputError where the scheduler is gone, or all workers have been for a while."""
        now = time.monotonic()
        if self._client.status != "running":
            raise InputError(
                "the connection to the scheduler was lost", where=without_secrets(self._address), remedy=CONTINUE
            )
        if now - self._asked > LOOK_SECONDS:
            # What fails here because the scheduler is gone shows in the status next time.
            with suppress(OSError):
                self._workers = self._client.scheduler_info().get("workers", {})
            self._asked = now
        if self._workers:
            self._workers_seen = now
        elif work.stopping:
            self._flying.clear()
        elif now - self._workers_seen > WORKERLESS_SECONDS:
            raise self._workerless()

    def _workerless(self) -> InputError:
        return InputError("the scheduler has no worker any more", where=without_secrets(self._address), remedy=CONTINUE)


def compute(job: Job, k: int, parts: Parts | None, expected: Mapping[str, str]) -> ChunkResult | int:
    """Chunk k, on a worker: its result, or with `parts` the number of sets that it wrote.

    Raises InputError where the worker has other versions than the client, RunFolderError where it does not see the
    folder.
    """
    check_versions(expected, versions(), "a worker")
    if parts is not None:
        parts.check_folder()
    with one_thread():
        result = job.run(k, 1)
    if parts is None:
        return result
    parts.write(k, job.columns(k), result)
    return parts.layout.size(k)


def versions() -> dict[str, str]:
    """The versions that decide numbers and whether two processes understand each other."""
    found = {"python": ".".join(python_version_tuple()[:2])}
    return found | {name: version_of(name) for name in PACKAGES}


def check_versions(here: Mapping[str, str], there: Mapping[str, str], who: str) -> None:
    """Raise InputError that names the first package of which another process has another version."""
    for name, mine in here.items():
        if there.get(name, ABSENT) != mine:
            raise InputError(
                f"{who} has {name} {there.get(name, ABSENT)}, this machine {mine}: the results could differ",
                where="scheduler",
                remedy="Install the same versions on every machine of the cluster.",
            )


def see(parts: Parts, k: int) -> None:
    """Raise InputError unless the part that a worker reports as written can be seen from here within a while."""
    until = time.monotonic() + SEEN_SECONDS
    while not all(parts.path(kind, k).is_file() for kind in parts.kinds):
        # A network file system may tell of a new file only after a moment.
        if time.monotonic() > until:
            raise InputError(
                f"a worker wrote part {k}, but it is not here",
                where=str(parts.folder),
                remedy="All machines of a cluster must share the folder under the same path.",
            )
        time.sleep(TICK_SECONDS)


@contextmanager
def connect(address: str) -> Iterator[Cluster]:
    """A cluster for as long as a run takes.

    Raises InputError where dask is not installed, the address is none, nobody answers, there are no workers, or they
    have other versions than this machine.
    """
    if (match := ADDRESS.fullmatch(address)) is None or int(match[3]) >= 2**16:
        raise InputError(
            "is not the address of a scheduler",
            where="scheduler",
            value=without_secrets(address),
            bound="such as tcp://10.0.0.5:8786",
        )
    try:
        # By name: what dask says about its types is no contract of ours.
        distributed = import_module("distributed")
    except ImportError:
        raise InputError(
            "a cluster needs dask.distributed, which is not installed",
            where="scheduler",
            remedy='Install it with: pip install "hedgebook[dask]"',
        ) from None
    with _quiet():
        try:
            _knock(match[1], match[2].strip("[]"), int(match[3]))
            client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="hedgebook")
        except (OSError, ValueError, TimeoutError) as problem:
            raise InputError(
                f"nobody answers there: {str(problem).splitlines()[0] if str(problem) else type(problem).__name__}",
                where="scheduler",
                value=without_secrets(address),
                remedy="Start one with `dask scheduler`, and its workers with `dask worker ADDRESS`.",
            ) from None
        try:
            _check_workers(client, address)
            yield Cluster(client, address)
        finally:
            with suppress(Exception):
                client.close(timeout=2)


def _knock(scheme: str, host: str, port: int) -> None:
    """Raise OSError unless a scheduler greets: dask itself would wait for ever for someone who says nothing."""
    until = time.monotonic() + CONNECT_SECONDS
    greeting = b""
    with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as caller:
        while scheme == "tcp" and len(greeting) < 8:
            caller.settimeout(max(until - time.monotonic(), 0.001))
            try:
                said = caller.recv(8 - len(greeting))
            except TimeoutError:
                said = b""
            if not said:
                raise OSError("someone listens, but it is no scheduler")
            greeting += said
    if scheme == "tcp" and not 0 < int.from_bytes(greeting, "little") < MOST_GREETING_BYTES:
        raise OSError("someone answers, but it is no scheduler")


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise InputError(
            "the scheduler has no workers",
            where=without_secrets(address),
            remedy="Start some with `dask worker ADDRESS`.",
        ) from None
    here = versions()
    for worker, found in client.get_versions(packages=PACKAGES)["workers"].items():
        there = {name: value or ABSENT for name, value in found["packages"].items()}
        there["python"] = ".".join(there["python"].split(".")[:2])
        check_versions(here, there, f"worker {worker}")


def _of_worker(problem: BaseException, address: str) -> BaseException:
    """A module that only workers lack is the cluster's fault, not the job's."""
    if not isinstance(problem, ModuleNotFoundError):
        return problem
    return InputError(
        f"a worker lacks the module {problem.name}",
        where=address,
        remedy="Install it there, or start the workers where it can be imported.",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask's loggers and warnings from standard error: what matters to the user becomes an error."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"distributed(\..*)?")
        warnings.filterwarnings("ignore", message="(?s).*(Mismatched versions|Sending large graph)")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
