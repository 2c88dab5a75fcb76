"""A trade over several exchanges is entered in parts, and a ticket of the first says which others follow."""

from __future__ import annotations

import numpy as np

import hedgebook as hb
from hedgebook.strategies.ticket.planned import parts_later


def test_parts_that_are_entered_later_are_told() -> None:
    schedule = hb.Schedule(
        tickers=("META", "000660.KS"),
        decided_at=np.array(["2026-07-01T12:00"] * 3, dtype="datetime64[ns]"),
        session=np.array(["2026-07-01", "2026-07-02", "2026-07-10"], dtype="datetime64[D]"),
        mark=np.array([0, 0, 1]),
        weights=np.array([[0.5, np.nan], [np.nan, -0.5], [0.0, 0.0]]),
        joins=np.array([False, True, False]),
    )
    (note,) = parts_later(schedule)
    assert note.startswith("000660.KS: entered later, at the open of 2026-07-02 on an exchange of its own")
    plain = hb.Schedule(schedule.tickers, schedule.decided_at, schedule.session, schedule.mark, schedule.weights)
    assert parts_later(plain) == ()
