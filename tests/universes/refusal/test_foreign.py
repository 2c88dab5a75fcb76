"""Values whose own methods fail, lists without an end and arrays of records: refused by name, never a raw error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.universes.refusal.foreign import in_python, unusable


class _NoEquality:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    __hash__ = object.__hash__


class _NoText:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class _NoAttribute:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


class _NoOrder(int):
    def __lt__(self, other: object) -> bool:
        raise RuntimeError("no order")

    __le__ = __gt__ = __ge__ = __lt__

    def __int__(self) -> int:
        raise RuntimeError("no number")


class _NoItems(dict[str, float]):
    def __iter__(self) -> Any:
        raise RuntimeError("no items")

    items = __iter__


class _ShyText(str):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def _nested(levels: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


def _endless() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


RECORDS = np.zeros(3, dtype=[("beta", "f8"), ("ratio", "i4")])
FOREIGN = [
    _NoEquality(), _NoText(), _NoAttribute(), _NoOrder(5), _NoItems(a=1.0), [_NoEquality()], {"META": _NoText()},
    _nested(2_000), _endless(), RECORDS, RECORDS[0], np.array([_NoEquality(), 1.0], dtype=object),
]  # fmt: skip
TRADE = "long-meta-short-neocloud"
CALLS: dict[str, Callable[[Any], Any]] = {
    "hedge": lambda value: hb.EventTrade(name="x", event="y", long=("A",), short=("B",), hedge=value),
    "rules": lambda value: hb.Rules(stop_loss=value),
    "weights": lambda value: hb.BuyAndHold(name="x", weights=value),
    "timing": lambda value: hb.trade(TRADE, event=value),
    "universe": lambda value: hb.load_market("no.parquet", universe=value),
    "until": lambda value: hb.backtest(TRADE, hb.sample_market(), until=value),
    "strategy": lambda value: hb.sweep(value, hb.sample_market(), hold=[5]),
    "returns": lambda value: hb.tearsheet(value),
    "subject": lambda value: hb.risk(value),
    "tickers": lambda value: hb.Actions(dates=np.zeros(0, "M8[D]"), tickers=value, kinds=(), values=np.zeros(0)),
    "seed": lambda value: hb.sample_market(value) if isinstance(value, _NoOrder) else hb.sample_market([value]),
}


@pytest.mark.parametrize("value", FOREIGN, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_value_whose_own_methods_fail_is_refused_in_words(call: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(hb.InputError) as caught:
        call(value)
    assert " object at 0x" not in str(caught.value)
    json.dumps(caught.value.to_dict())


def test_text_of_a_class_of_its_own_is_text(market: hb.Market) -> None:
    run = hb.backtest(TRADE, market, until=_ShyText("2026-07-20"))
    assert run.backtest.nav.equals(hb.backtest(TRADE, market, until="2026-07-20").backtest.nav)
    assert type(in_python(_ShyText("beta"))) is str


def test_an_error_of_ours_is_not_blamed_on_sound_values() -> None:
    assert unusable({"a": [1, "b", None], "b": np.arange(3.0), "c": {"x": (1, 2)}, "d": hb.sample_market()}) is None
