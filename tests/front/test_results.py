"""Every result gives its figures as one dictionary and its headline as one series."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb


def _market() -> hb.Market:
    return hb.sample_market(seed=3)


def _book() -> hb.HedgedBook:
    return hb.hedge_book(hb.HedgeBook(hb.Book({"META": 100.0, "NBIS": -50.0}), ("SPY",)), _market())


def _daily() -> pd.Series[float]:
    values = np.random.default_rng(2).normal(0.0005, 0.01, 120)
    return pd.Series(values, index=pd.bdate_range("2024-01-01", periods=120))


# A call, the name of its summary, and headline figures that are attributes of the result.
RESULTS: dict[str, tuple[Callable[[], Any], str, dict[str, Callable[[Any], Any]]]] = {
    "Run": (
        lambda: hb.backtest(hb.trade(hold=4), _market()), "long-meta-short-neocloud",
        {"final_nav": lambda run: run.backtest.final_nav, "max_drawdown": lambda run: run.metrics.max_drawdown},
    ),
    "Study": (
        lambda: hb.event_study("meta-compute-2026", _market(), window=[(0, 2)]), "meta-compute-2026",
        {"caar_0..2": lambda study: study.groups.query("group == 'portfolio'")["caar"].iloc[0]},
    ),
    "Series": (
        lambda: hb.event_series(hb.trade(hold=2), _market(), tags=["contract"]), "long-meta-short-neocloud",
        {"mean": lambda series: series.mean.mean, "hit_rate": lambda series: series.hits.rate},
    ),
    "League": (
        lambda: hb.hedges(hb.trade(hold=4), _market(), ["dollar", "beta"]), "long-meta-short-neocloud",
        {"best_turnover": lambda league: ", ".join(league.best["turnover"])},
    ),
    "HedgedBook": (
        _book, "holdings",
        {"hedge_effectiveness": lambda book: book.effect.effectiveness, "together": lambda book: book.pnl["together"]},
    ),
    "HedgeFound": (
        lambda: hb.find_hedge(hb.Book({"META": 1.0}), _market(), names=1, among="memory,benchmark", placebos=19),
        "holdings",
        {"net_effectiveness": lambda found: found.winner.net, "p_value": lambda found: found.p_value},
    ),
    "Risk": (
        lambda: hb.risk(hb.Book({"META": 10.0}), _market(), paths=100, sessions=3, confidence=0.9), "holdings",
        {"var_historical_0.9": lambda risk: risk.var.query("method == 'historical'")["var_frac"].iloc[0]},
    ),
    "Capacity": (
        lambda: hb.capacity(hb.trade(hold=3), _market()), "long-meta-short-neocloud",
        {"capacity_usd": lambda capacity: capacity.capital_usd, "share": lambda _: 0.5},
    ),
    "TearSheet": (
        lambda: hb.tearsheet(_daily(), name="mine"), "mine",
        {"sharpe": lambda sheet: sheet.measures["sharpe"].value, "return_mtd": lambda sheet: sheet.periods["mtd"][0]},
    ),
    "Comparison": (
        lambda: hb.compare([_daily(), 0.5 * _daily()], names=["a", "b"]), "comparison of 2",
        {"best_volatility_annual": lambda _: "b", "common_dates": lambda found: len(found.dates)},
    ),
    "Sweep": (
        lambda: hb.sweep(hb.trade(), _market(), hold=[5, 7, 9]), "long-meta-short-neocloud",
        {"parameter_hold": lambda sweep: sweep.best.parameters["hold"], "sharpe": lambda sweep: sweep.best.value},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RESULTS)
def test_results_give_their_figures(kind: str, tmp_path: Path) -> None:
    call, name, figures = RESULTS[kind]
    result = call()
    assert type(result) is getattr(hb, kind)
    values = result.to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    summary = result.summary
    assert isinstance(summary, pd.Series)
    assert summary.name == name
    assert not any(isinstance(value, dict | list) for value in summary)
    for figure, of in figures.items():
        assert summary[figure] == of(result), figure
    if kind != "Capacity":
        assert result.report(tmp_path / "report.html").stat().st_size > 10_000
    if kind not in ("Capacity", "Sweep"):
        folder = result.save(tmp_path / "folder")
        assert (folder / "report.html").is_file()
        with pytest.raises(hb.InputError, match="not empty"):
            result.save(folder)
        assert result.save(folder, overwrite=True) == folder


def test_a_stopped_sweep_is_a_name_of_the_package() -> None:
    assert issubclass(hb.Interrupted, KeyboardInterrupt)
    assert hb.Interrupted(3, 9, None).done == 3
