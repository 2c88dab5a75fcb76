"""The table of contracts of a hedge in options: a line a contract, and one for decisions in a row that chose none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from hedgebook.reports.book.options import contracts_table
from hedgebook.strategies.option_hedge.path import Bought
from hedgebook.strategies.option_hedge.run import LedgerWindow

CONTRACT = "CRWV 2025-09-19 75 put"
PUT: Any = SimpleNamespace(contract=CONTRACT, delta=-0.25, mid_usd=6.95, half_width_usd=0.2, vol_annual=0.9)


def chosen(session: str, name: str, asked: float, picked: Any = None) -> Bought:
    return Bought(np.datetime64(session), name, picked, 0.0 if picked is None else 17.0, asked, rolled=False)


def test_decisions_in_a_row_that_chose_nothing_are_one_line() -> None:
    window = object.__new__(LedgerWindow)
    bought = (
        chosen("2025-08-01", "A:put", 10.0), chosen("2025-08-01", "B:put", 5.0, PUT),
        chosen("2025-08-08", "A:put", 1200.0), chosen("2025-08-08", "B:put", 7.0),
        chosen("2025-08-15", "A:put", -3.0), chosen("2025-08-15", "B:put", 6.0, PUT),
        chosen("2025-08-22", "A:put", 4.0, PUT), chosen("2025-08-22", "B:put", 8.0),
        chosen("2025-08-29", "A:put", 9.0), chosen("2025-08-29", "B:put", 8.0),
    )  # fmt: skip
    object.__setattr__(window, "bought", bought)
    assert [(row[0], row[1], row[2], row[4]) for row in contracts_table(window).rows] == [
        ("2025-08-01 to 2025-08-15", "none of A:put, 3 times", "", "−3 to 1,200"),
        ("2025-08-01", CONTRACT, "17", "5"),
        ("2025-08-08", "none of B:put", "", "7"),
        ("2025-08-15", CONTRACT, "17", "6"),
        ("2025-08-22", CONTRACT, "17", "4"),
        ("2025-08-22 to 2025-08-29", "none of B:put, 2 times", "", "8"),
        ("2025-08-29", "none of A:put", "", "9"),
    ]
