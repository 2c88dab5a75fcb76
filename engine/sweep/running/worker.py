"""A process that computes chunks of a sweep for another one: jobs come by standard input, results go by the output."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import IO, Any

from ...one_thread import one_thread

LENGTH_BYTES = 8


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message. Raises BrokenPipeError where nobody reads any more."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(LENGTH_BYTES, "little"))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one message. Raises EOFError where there is none any more."""
    length = pipe.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        raise EOFError
    size = int.from_bytes(length, "little")
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)


def serve() -> None:
    """Take a job and then numbers of chunks until there is none any more.

    Ctrl-C is left to the process that asked: it lets chunks that have begun end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What the user's code prints must not stand between the answers.
    os.dup2(2, 1)
    try:
        sys.path[:] = receive(asked)
        job = _unpacked(receive(asked))
    except EOFError:
        return
    except BaseException as problem:
        send(answers, ("refused", f"{type(problem).__name__}: {problem}"))
        return
    with one_thread():
        while True:
            try:
                k = receive(asked)
            except EOFError:
                return
            send(answers, _answer(job, k))


def _unpacked(data: bytes) -> Any:
    from dataclasses import replace

    job, strategy = pickle.loads(data)
    return replace(job, strategy=strategy.unpacked() if hasattr(strategy, "unpacked") else strategy)


def _answer(job: Any, k: int) -> tuple[str, Any]:
    """The result of chunk k, or what it fails with."""
    try:
        return "done", job.compute(k, 1, keep=True)
    except BaseException as problem:
        try:
            pickle.loads(pickle.dumps(problem))
        except Exception:
            return "failed", RuntimeError(f"{type(problem).__name__}: {problem}")
        return "failed", problem
