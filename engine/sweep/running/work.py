"""What is left of a sweep and what is done, shared by those who compute and the one who waits."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..store.chunk import ChunkLayout

Progress = Callable[[int, int, float], None]
TICK_SECONDS = 0.2


class Work:
    """Chunks to compute, handed out in order; safe to use from several threads.

    The first interruption stops the handing out, and so does the first failure.
    """

    def __init__(self, layout: ChunkLayout, done: Iterable[int]) -> None:
        there = frozenset(done)
        self._todo = [k for k in range(layout.chunks - 1, -1, -1) if k not in there]
        self._layout = layout
        self._failures: dict[int, BaseException] = {}
        self._changed = threading.Condition()
        self._started = time.monotonic()
        self.total = len(self._todo)
        self.done_sets = sum(layout.size(k) for k in there)
        self.interrupted = False

    @property
    def failure(self) -> BaseException | None:
        """The failure of the lowest chunk that failed."""
        return self._failures[min(self._failures)] if self._failures else None

    @property
    def stopping(self) -> bool:
        """Whether no further chunk shall start."""
        return self.interrupted or bool(self._failures)

    @property
    def complete(self) -> bool:
        """Whether every set is done."""
        return self.done_sets == self._layout.count

    def take(self) -> int | None:
        """The next chunk; None = there is none to start."""
        with self._changed:
            return None if self.stopping or not self._todo else self._todo.pop()

    def finished(self, k: int) -> None:
        """Chunk k is done and kept."""
        with self._changed:
            self.done_sets += self._layout.size(k)
            self._changed.notify_all()

    def failed(self, k: int, problem: BaseException) -> None:
        """Chunk k cannot be done; -1 = a problem of no chunk."""
        with self._changed:
            self._failures.setdefault(k, problem)
            self._changed.notify_all()

    def interrupt(self) -> None:
        """Start no further chunk; one who is interrupted twice stops at once."""
        # No lock here: a signal may come while this very thread holds it.
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True

    def wait(self) -> None:
        """Wait until something changes, at most for a moment."""
        with self._changed:
            self._changed.wait(TICK_SECONDS)

    def notify(self) -> None:
        """Wake the one who waits."""
        with self._changed:
            self._changed.notify_all()

    def watch(self, step: Callable[[], bool], progress: Progress | None) -> None:
        """Call `step`, which waits a moment, until it says that nothing is going on any more; show progress.

        A KeyboardInterrupt, from a signal or from what is called here, counts as an interruption: the second one is
        raised.
        """
        going = True
        while going:
            try:
                going = step()
                self.show(progress)
            except KeyboardInterrupt:
                self.interrupt()
                going = True

    def watch_crew(self, crew: Sequence[threading.Thread], progress: Progress | None) -> None:
        """Start the threads of a crew and watch until none of them is going on."""
        for member in crew:
            member.start()

        def step() -> bool:
            self.wait()
            return any(member.is_alive() for member in crew)

        self.watch(step, progress)

    def show(self, progress: Progress | None) -> None:
        """Tell how far it is. A callback that fails stops the sweep like a chunk that fails."""
        if progress is None or -1 in self._failures:
            return
        try:
            progress(self.done_sets, self._layout.count, time.monotonic() - self._started)
        except Exception as problem:
            self.failed(-1, problem)


@contextmanager
def listening(work: Work) -> Iterator[None]:
    """While this lasts, Ctrl-C interrupts the work between two steps instead of in the middle of one.

    Signals that a program treats in its own way are left alone; so are all of them outside of the main thread.
    """

    def heard(_signal: int, _frame: FrameType | None) -> Any:
        work.interrupt()

    replaced = []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is signal.default_int_handler:
                signal.signal(number, heard)
                replaced.append(number)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.default_int_handler)
