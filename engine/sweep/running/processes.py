"""Processes of this machine as the place where chunks are computed: for strategies that hold Python's lock."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hedgebook.errors import InputError, ParameterError

from ..store.chunk import Job
from ..store.sink import Sink
from .work import Progress, Work
from .worker import receive, send

COMMAND = "from hedgebook.engine.sweep.running.worker import serve; serve()"
CONTINUE = "What is done is kept: run the sweep again with --resume."


class Processes:
    """Computes chunks in processes of their own, one chunk each at a time; they begin anew and share nothing."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(self, job: Job, sink: Sink, work: Work, progress: Progress | None) -> None:
        """Compute what `work` hands out. Raises ParameterError for a strategy that cannot be sent to a process."""
        data = packed(job)
        started: list[subprocess.Popen[bytes]] = []
        try:
            crew = []
            for number in range(min(self._workers, max(work.total, 1))):
                started.append(_start())
                given = (started[-1], data, job, sink, work)
                crew.append(threading.Thread(target=_feed, args=given, name=f"sweep-{number}", daemon=True))
            work.watch_crew(crew, progress)
        finally:
            for process in started:
                _end(process)


def packed(job: Any) -> bytes:
    """A job as another process takes it. Raises ParameterError for a strategy that exists in this process alone."""
    strategy = job.strategy.packed() if hasattr(job.strategy, "packed") else job.strategy
    try:
        return pickle.dumps((replace(job, strategy=None, kept=None), strategy))
    except Exception:
        raise ParameterError(
            f"{job.strategy.name} cannot be sent to other processes",
            where="workers",
            remedy="Name a function of a file, as in mine.py:function, or one at the top of a module; "
            "lambdas and functions inside of functions run in threads only, without workers.",
        ) from None


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that has nothing to do any more, or whose result nobody wants."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _feed(process: subprocess.Popen[bytes], data: bytes, job: Any, sink: Sink, work: Work) -> None:
    """Give a process one chunk after another until there is none to start, and keep what it answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    k: int | None = -1
    try:
        send(process.stdin, sys.path)
        send(process.stdin, data)
        while (k := work.take()) is not None:
            send(process.stdin, k)
            what, found = receive(process.stdout)
            if what == "refused":
                raise InputError(f"a process cannot take the strategy: {found}", where="workers", remedy=_IMPORTABLE)
            if what == "failed":
                raise found
            result, kept = found
            if job.kept is not None:
                job.kept.keep(kept)
            sink.put(k, job.columns(k), result)
            work.finished(k)
    except (EOFError, OSError):
        if not work.interrupted:
            code = process.poll()
            problem = InputError(
                f"a process ended while it computed{'' if code is None else f' (exit code {code})'}",
                where="workers",
                remedy=f"Use fewer workers if memory is short. {CONTINUE}",
            )
            work.failed(k if k is not None else -1, problem)
    except KeyboardInterrupt:
        work.interrupted = True
    except BaseException as problem:
        work.failed(k if k is not None else -1, problem)
    work.notify()


_IMPORTABLE = "Name a function of a file, as in mine.py:function, or one of a module that can be imported."
