"""Every null of a result says why it is one, beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.page.undefined import NOT_DEFINED, SILENT, reasoned


def unexplained(value: Any, path: str = "", told: tuple[dict[str, Any], str] = ({}, "")) -> Iterator[str]:
    """The paths of nulls without a reason of their own; told: the reasons of the object around, and its name there."""
    if isinstance(value, list):
        for one in value:
            yield from unexplained(one, f"{path}[]", told)
    if not isinstance(value, dict):
        return
    own = value.get("undefined") or {}
    around, name = told
    for key, part in value.items():
        if key in SILENT:
            continue
        mine, theirs = own.get(key), around.get(f"{name}.{key}")
        if part is None:
            if not (mine or theirs) or NOT_DEFINED in (mine, theirs):
                yield f"{path}.{key}: {mine or theirs}"
        elif theirs is None and not any(k.startswith(f"{name}.{key}.") for k in around):
            yield from unexplained(part, f"{path}.{key}", (own, key))
        else:
            inner = {k.removeprefix(f"{name}."): v for k, v in around.items() if k.startswith(f"{name}.")}
            yield from unexplained(part, f"{path}.{key}", (inner, key))


@cache
def _run(costs: str = "default") -> hb.Run:
    return hb.backtest(hb.trade(), hb.sample_market(), costs)


def _untraded() -> hb.Run:
    return hb.backtest(hb.trade(capital=100.0), hb.sample_market(), account="strict")


def _weights() -> hb.Run:
    market = hb.sample_market()
    frame = pd.DataFrame({"META": [0.5, 0.2]}, index=pd.to_datetime(market.sessions[[300, 310]]))
    return hb.backtest(frame, market)


def _returns() -> pd.Series[float]:
    rng = np.random.default_rng(11)
    return pd.Series(rng.normal(0.0, 0.01, 300), index=pd.bdate_range("2024-01-02", periods=300))


MADE: dict[str, Callable[[], Any]] = {
    "run": _run,
    "run without a fill": _untraded,
    "run of weights": _weights,
    "risk of a run": lambda: hb.risk(_run(), paths=200),
    "risk of returns": lambda: hb.risk(_returns(), paths=200),
    "sweep": lambda: hb.sweep(hb.trade(), hb.sample_market(), hold=[5, 6, 7]),
    "sweep with sets that do not trade": lambda: hb.sweep(
        hb.trade(), hb.sample_market(), account="strict", hold=[5, 6], capital=[500.0, 1e6]
    ),
    "sweep of a sample": lambda: hb.sweep(hb.trade(), hb.sample_market(), sample="random:4", hold=range(2, 20)),
    "study": lambda: hb.event_study("meta-compute-2026", hb.sample_market()),
    "hedges": lambda: hb.hedges(hb.trade(), hb.sample_market()),
    "capacity": lambda: hb.capacity(hb.trade(), hb.sample_market()),
    "capacity in an account": lambda: hb.capacity(hb.trade(), hb.sample_market(), account="strict"),
    "series": lambda: hb.event_series(hb.trade(), hb.sample_market(), tags="demand"),
    "book": lambda: hb.hedge_book(hb.HedgeBook(hb.Book({"META": 100.0, "CRWV": -50.0}), ("SPY",)), hb.sample_market()),
    "catalogue": lambda: hb.catalogue_results(hb.sample_market()),
}


@pytest.mark.parametrize("name", MADE)
def test_every_null_of_a_result_has_its_reason(name: str) -> None:
    found = MADE[name]().to_dict()
    json.dumps(found, allow_nan=False)
    assert list(unexplained(found)) == []


def test_files_and_output_say_the_same(tmp_path: Path) -> None:
    folder = _run().save(tmp_path / "run")
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert list(unexplained(found)) == []
    assert found["undefined"]["ruined_on"] == "it was not ruined"
    assert found["undefined"]["parameters.stop_loss"] == "it is not set"
    assert "undefined" not in found["parameters"]
    assert hb.load_run(folder).to_dict()["sharpe"] == found["sharpe"]


def test_a_ruin_and_a_run_without_fills_are_the_reason_of_their_figures() -> None:
    ruined = reasoned({"traded": True, "ruined_on": "2024-03-13", "sharpe": None, "margin": {"first_call": None}})
    assert ruined["undefined"]["sharpe"] == "NAV was zero or below on 2024-03-13, and nothing after that is a return"
    assert ruined["margin"]["undefined"] == {"first_call": "there was no margin call"}
    idle = reasoned({"traded": False, "ruined_on": None, "sharpe": None})
    assert idle["undefined"]["sharpe"].startswith("no order was filled")


def test_reasons_that_are_there_stay_and_what_was_given_is_not_changed() -> None:
    given = {"a": None, "undefined": {"a": "mine"}, "rows": [{"p": None, "reason": "few"}], "note": None}
    copy = json.loads(json.dumps(given))
    found = reasoned(given)
    assert given == copy
    assert found == {
        "a": None,
        "undefined": {"a": "mine"},
        "rows": [{"p": None, "reason": "few", "undefined": {"p": "few"}}],
        "note": None,
    }
    assert reasoned(found) == found
    assert reasoned({"a": 1.0}) == {"a": 1.0}
