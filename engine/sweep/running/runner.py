"""Run a sweep: chunk after chunk on threads of this machine or on a cluster, into a sink."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from hedgebook.errors import ParameterError

from ..store.chunk import Job
from ..store.manifest import DONE
from ..store.sink import Sink
from .work import Progress, Work, listening

MOST_THREADS = 1024


@dataclass(frozen=True)
class SweepOutcome:
    """How a sweep ended: the sets that are in the sink, and whether it was interrupted before all of them were."""

    done_sets: int
    interrupted: bool


class Backend(Protocol):
    """Who computes chunks."""

    def run(self, job: Job, sink: Sink, work: Work, progress: Progress | None) -> None:
        """Compute what `work` hands out and put it into the sink, until nothing is left or going on."""


def run_job(
    job: Job,
    sink: Sink,
    *,
    threads: int = 2,
    resume: bool = False,
    progress: Progress | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
) -> SweepOutcome:
    """Run every chunk of a job that the sink does not hold yet; the result depends neither on order nor on threads.

    resume: go on with the sweep that the sink holds; progress: called with sets done, sets in all and seconds gone;
    scheduler: address of a Dask scheduler whose workers compute instead of this machine; workers: so many processes
    of this machine instead of threads. Ctrl-C lets the chunks that
    have begun end and keeps them; a second one raises KeyboardInterrupt at once. A chunk that fails ends the sweep in
    the same way and its exception is raised. Raises ParameterError and RunFolderError as the sink's `begin`, and
    InputError for a cluster that cannot be used.
    """
    if threads < 1:
        raise ParameterError("is too small", where="threads", value=threads, bound="at least 1")
    if threads > MOST_THREADS:
        raise ParameterError("is too large", where="threads", value=threads, bound=f"1 to {MOST_THREADS:,}")
    if workers is not None and not 1 <= workers <= MOST_THREADS:
        raise ParameterError("is out of range", where="workers", value=workers, bound=f"1 to {MOST_THREADS:,}")
    if workers is not None and scheduler is not None:
        raise ParameterError(
            "a sweep runs in processes here or on a cluster", where="workers, scheduler", remedy="Leave out one."
        )
    with _backend(scheduler, threads, workers) as backend:
        done = sink.begin(job, resume=resume)
        work = Work(sink.layout, done)
        work.show(progress)
        if not (work.complete and sink.status == DONE):
            try:
                with listening(work):
                    backend.run(job, sink, work, progress)
            finally:
                sink.end(done=work.complete)
    if work.failure is not None:
        raise work.failure
    return SweepOutcome(work.done_sets, interrupted=not work.complete)


class Threads:
    """Computes chunks on threads of this process, one chunk each at a time."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def run(self, job: Job, sink: Sink, work: Work, progress: Progress | None) -> None:
        """Compute what `work` hands out; where there are fewer chunks than threads, a chunk gets several."""
        workers = min(self._threads, max(work.total, 1))
        each = self._threads // workers
        # Daemons, not a pool: whoever interrupts twice does not wait for chunks that nobody wants any more.
        crew = [
            threading.Thread(target=_compute, args=(job, sink, work, each), name=f"sweep-{i}", daemon=True)
            for i in range(workers)
        ]
        work.watch_crew(crew, progress)


def _compute(job: Job, sink: Sink, work: Work, threads: int) -> None:
    """Compute and keep one chunk after another until there is none to start."""
    while (k := work.take()) is not None:
        try:
            sink.put(k, job.columns(k), job.run(k, threads))
        except KeyboardInterrupt:
            work.interrupted = True
        except BaseException as problem:
            work.failed(k, problem)
        else:
            work.finished(k)
    work.notify()


@contextmanager
def _backend(scheduler: str | None, threads: int, workers: int | None) -> Iterator[Backend]:
    if workers is not None:
        from .processes import Processes

        yield Processes(workers)
        return
    if scheduler is None:
        yield Threads(threads)
        return
    # Only for those who have a cluster: it needs an extra, and loads a lot.
    from .cluster import connect

    with connect(scheduler) as cluster:
        yield cluster
