"""The codes of the kernels: what groups, names and labels the causes of P&L have."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from hedgebook.engine.kernels.book.records import LINE, Booked, Cause, Reason, causes, columns


@pytest.mark.parametrize(
    ("booked", "names"),
    [
        (Booked.MOVE, ["overnight", "intraday"]),
        (Booked.FEE, ["commission"]),
        (Booked.CONCESSION, ["spread", "slippage", "impact"]),
        (Booked.TRADING, ["commission", "spread", "slippage", "impact"]),
        (Booked.CARRY, ["borrow"]),
        (Booked.COST, ["commission", "spread", "slippage", "impact", "borrow"]),
        (Booked.INCOME, ["cash_flow"]),
        (Booked.GROSS, ["overnight", "intraday", "cash_flow"]),
        (~Booked.COST, ["overnight", "intraday", "cash_flow"]),
    ],
)
def test_causes_by_how_they_are_booked(booked: Booked, names: list[str]) -> None:
    assert columns(booked) == names == [cause.column for cause in causes(booked)]


def test_every_cause_is_booked_one_way_and_every_cost_of_a_fill_has_a_column_of_the_log() -> None:
    assert all(len(list(cause.booked)) == 1 and cause.label for cause in Cause)
    assert set(columns(Booked.TRADING)) <= set(LINE.names or ())


def test_codes_are_plain_numbers() -> None:
    assert [int(cause) for cause in Cause] == list(range(len(Cause)))
    assert [int(reason) for reason in Reason] == list(range(len(Reason)))
    assert np.arange(7.0)[causes(Booked.TRADING)].tolist() == [2.0, 3.0, 4.0, 5.0]
    assert pickle.loads(pickle.dumps(Cause.SPREAD)) is list(Cause)[3] is Cause.SPREAD
    assert Reason(10).label == "stop loss"
