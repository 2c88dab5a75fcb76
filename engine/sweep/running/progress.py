"""How fast a sweep goes, and how long it will still take."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 20.0


class Rate:
    """Sets per second over the last seconds, from pairs of sets done and seconds gone.

    The first pair is where counting starts: sets that an earlier sweep had done count as done, not as speed.
    window_seconds: how far back the estimate looks; it follows a change of speed within that time.
    """

    def __init__(self, window_seconds: float = WINDOW_SECONDS) -> None:
        self._window_seconds = window_seconds
        self._points: deque[tuple[int, float]] = deque()

    def update(self, done_sets: int, seconds: float) -> None:
        """Take in how many sets are done after so many seconds; both never fall."""
        if len(self._points) > 1 and self._points[-2][0] == done_sets:
            # Nothing was done since: only the time moves on, so that waiting does not fill the memory.
            self._points.pop()
        self._points.append((done_sets, seconds))
        # The last point before the window stays: what was done since then is spread over the whole of it.
        while len(self._points) > 2 and self._points[1][1] <= seconds - self._window_seconds:
            self._points.popleft()

    @property
    def per_second(self) -> float | None:
        """Sets per second; None until something was done."""
        if len(self._points) < 2:
            return None
        (first_sets, first_seconds), (last_sets, last_seconds) = self._points[0], self._points[-1]
        if last_sets == first_sets or last_seconds <= first_seconds:
            return None
        return (last_sets - first_sets) / (last_seconds - first_seconds)

    def left_seconds(self, count: int) -> float | None:
        """Seconds until `count` sets are done at this rate; None while the rate is not known."""
        rate = self.per_second
        if rate is None:
            return None
        return max(count - self._points[-1][0], 0) / rate
