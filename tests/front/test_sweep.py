"""Sweeps through the front door: every set is its single run, and the best is never shown without its luck."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.sweep.store.sink import read_column
from hedgebook.errors import InputError, ParameterError
from hedgebook.front.sweep import Interrupted
from hedgebook.strategies.league.measures import figures_of

AXES: dict[str, Any] = {
    "delay": [0, 3],
    "hold": [4, 9, 200],
    "hedge": ["dollar", "beta", "min_variance"],
    "gross": [1, 2.5],
    "stop_loss": [None, 0.03],
    "target_vol": [None, 0.2],
    "rebalance": ["none", "every:2"],
}


@pytest.fixture(scope="module")
def swept(market: hb.Market) -> hb.Sweep:
    return hb.sweep(hb.trade(), market, "default", "strict", metric="total_return", **AXES)


def test_every_set_is_its_single_run(market: hb.Market, swept: hb.Sweep) -> None:
    table = swept.table
    assert list(table.columns) == [*AXES, *MEASURES, "stale_positions", "problem"]
    assert len(table) == swept.count == 2 * 3 * 3 * 2 * 2 * 2 * 2
    benchmark = market.close_returns(("SPY",))[:, 0]
    for index in np.random.default_rng(0).permutation(len(table))[:60]:
        row = table.loc[index]
        chosen = {name: None if pd.isna(row[name]) else row[name] for name in AXES}
        assert swept.sets.at(int(index)) == chosen
        trade = hb.trade(**chosen)
        if row["hold"] == 200:
            with pytest.raises(InputError) as problem:
                hb.backtest(trade, market, "default", "strict")
            assert row["problem"] == str(problem.value)
            assert row[list(MEASURES)].isna().all()
            continue
        run = hb.backtest(trade, market, "default", "strict")
        wanted = {**run.metrics.to_dict(), **{k: figures_of(run)[k] for k in ("turnover", "cost_frac")}}
        wanted["final_nav"] = run.backtest.final_nav
        cut = np.quantile(run.returns, 0.05)
        wanted["var_historical"], wanted["es_historical"] = -cut, -run.returns[run.returns <= cut].mean()
        first = market.session_index(run.plan.entry_session)
        moves = benchmark[first + 1 : first + len(run.returns)]
        wanted["beta"] = np.cov(run.returns[1:], moves)[0, 1] / np.var(moves, ddof=1)
        for name in MEASURES:
            if name == "downside_deviation_annual":
                value = math.sqrt((np.minimum(run.returns, 0.0) ** 2).mean() * 252)
            else:
                value = wanted[name]
            if math.isnan(value):
                assert math.isnan(row[name]), name
            else:
                assert abs(row[name] - value) <= 1e-10 * max(1.0, abs(value)), name
        assert pd.isna(row["problem"])


def test_the_best_is_the_best_and_never_alone(swept: hb.Sweep) -> None:
    best = swept.best
    assert best.index == int(swept.table["total_return"].idxmax())
    assert best.value == swept.table["total_return"].max()
    assert best.luck is swept.overfitting()
    assert best.luck.verdict in repr(best)
    assert best.luck.verdict in repr(swept)
    assert swept.best_trade == hb.trade(**best.parameters)
    found = swept.to_dict()
    assert found["best"]["set"] == best.index
    assert found["overfitting"]["overfitting"]["pbo"] == best.luck.overfitting.result.pbo
    assert found["problems"] == dict(swept.table["problem"].value_counts())


def test_the_best_sets_stand_in_order(swept: hb.Sweep) -> None:
    wanted = swept.table["total_return"].sort_values(ascending=False, kind="stable")
    np.testing.assert_array_equal(swept.best_sets["total_return"], wanted.iloc[:20])


def test_marginal_effects_and_heat_map_are_group_means(swept: hb.Sweep) -> None:
    effects = swept.marginal_effects().set_index(["axis", "value"])
    for hedge, group in swept.table.groupby("hedge"):
        assert effects.loc[("hedge", hedge), "mean"] == pytest.approx(group["total_return"].mean(), abs=1e-12)
    found = swept.heat_map("hedge", "gross", "best")
    wanted = swept.table.pivot_table(index="hedge", columns="gross", values="total_return", aggfunc="max")
    assert found.loc["beta", 2.5] == pytest.approx(wanted.loc["beta", 2.5], abs=1e-12)


def test_short_sets_are_not_ranked_by_annual_figures(market: hb.Market) -> None:
    done = hb.sweep(hb.trade(), market, hold="1:8")
    assert done.best.parameters["hold"] >= 4
    assert done.short == 3
    assert "3 sets are on for fewer than 5 sessions" in " ".join(done.warnings)
    every = hb.sweep(hb.trade(), market, hold="1:8", options=hb.SweepOptions(min_sessions=1))
    assert every.short == 0
    assert every.values[0] == every.table["sharpe"].iloc[0]


@pytest.mark.parametrize("sample", ["random:30", "lhs:30", "sobol:30", "optuna:12"])
def test_samples(market: hb.Market, sample: str) -> None:
    axes: dict[str, Any] = {"hold": "4:18", "stop_loss": "0.02:0.2", "hedge": "dollar,beta"}
    one, two = (hb.sweep(hb.trade(), market, sample=sample, where="hold != 7", **axes) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table)
    assert 0 < one.count <= 30
    assert (one.table["hold"] != 7).all()
    assert one.table["stop_loss"].between(0.02, 0.2).all()
    assert one.table["stop_loss"].nunique() > 5


def test_a_function_of_ones_own(market: hb.Market) -> None:
    done = hb.sweep(momentum, market, window=[20, 60], gap=[10, 21], stop_loss=[None, 0.1])
    for index, row in done.table.iterrows():
        chosen = done.sets.at(int(str(index)))
        schedule = momentum(market, chosen["window"], chosen["gap"])
        run = hb.run_schedule(market, schedule, hb.load_costs("default"), rules=hb.Rules(stop_loss=chosen["stop_loss"]))
        assert row["total_return"] == pytest.approx(run.final_nav / run.capital - 1.0, abs=1e-10)


def momentum(market: hb.Market, window: int, gap: int = 21) -> hb.Schedule:
    """Long what rose most over a window, short what fell most, every so many sessions."""
    rows = list(range(len(market.sessions) - 260, len(market.sessions) - 1, gap))
    weights = []
    for t in rows:
        gains = market.close[t] / market.close[t - window] - 1.0
        known = np.flatnonzero(np.isfinite(gains) & np.isfinite(market.close[t + 1]))
        order = known[np.argsort(gains[known])]
        line = np.zeros(len(market.tickers))
        line[order[-3:]], line[order[:3]] = 1 / 6, -1 / 6
        weights.append(line)
    return hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[rows],
        session=market.sessions[[t + 1 for t in rows]],
        mark=np.zeros(len(rows), dtype=np.int64),
        weights=np.array(weights),
    )


@pytest.mark.parametrize("cv", ["walk-forward:train=120,test=30", "cpcv:folds=6"])
def test_out_of_sample(market: hb.Market, cv: str) -> None:
    done = hb.sweep(momentum, market, window=[20, 40, 60], gap=[10, 21], cv=cv)
    assert done.out_of_sample is not None
    assert done.luck.overfitting is not None
    returns = done.job.returns_of(list(range(done.count)), excess=True)[done.calendar.rows]
    plan = done.layout.plan
    for c, split in enumerate(plan.each):
        inside, outside = returns[split.train], returns[split.test]
        sharpe = inside.mean(axis=0) / inside.std(axis=0, ddof=1)
        assert done.out_of_sample.best[c] == int(sharpe.argmax())
        column = outside[:, int(sharpe.argmax())]
        wanted = column.mean() / column.std(ddof=1) * math.sqrt(252)
        assert done.out_of_sample.out_of_sample[c] == pytest.approx(wanted, rel=1e-9)


def test_events_are_left_out_one_by_one(market: hb.Market) -> None:
    events = pick_events(market, 3)
    done = hb.sweep(hb.trade(), market, event=events, hold=[3, 6, 9], cv="events", metric="total_return")
    table = done.table.pivot(index="hold", columns="event", values="total_return")
    found = done.out_of_sample
    for k, event in enumerate(found.names):
        others = [name for name in events if name != event]
        best = table[others].mean(axis=1).idxmax()
        assert found.out_of_sample[k] == pytest.approx(table.loc[best, event], abs=1e-12)


def pick_events(market: hb.Market, count: int) -> list[str]:
    """Events on which the flagship runs, a quarter of a year apart."""
    found: list[Any] = []
    for event in hb.events():
        far = all(abs((event.announced_on - other.announced_on).days) > 60 for other in found)
        try:
            hb.backtest(hb.trade(event=event.id, hold=9), market)
        except InputError:
            continue
        if far:
            found.append(event)
    return [event.id for event in found[:count]]


def test_folder_and_memory_hold_the_same(market: hb.Market, tmp_path: Path) -> None:
    axes: dict[str, Any] = {"hold": "3:9", "stop_loss": [None, 0.05]}
    kept, memory = (hb.sweep(hb.trade(), market, out=out, **axes) for out in (tmp_path / "s", None))
    pd.testing.assert_frame_equal(kept.table, memory.table)
    assert {p.name for p in (tmp_path / "s").iterdir()} == {
        "sweep.json",
        "sets",
        "blocks",
        "best.parquet",
        "report.json.gz",
        "report.html",
        "manifest.json",
    }
    plain = pd.read_parquet(tmp_path / "s" / "sets")
    np.testing.assert_array_equal(plain["sharpe"], memory.table["sharpe"])
    assert plain["hold"].dtype == np.int64
    assert read_column(kept.sink, "hold").tolist() == memory.table["hold"].tolist()


def test_an_interrupted_sweep_goes_on(market: hb.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgebook.engine.sweep.sweep.CHUNK_SETS", 8)
    axes: dict[str, Any] = {"hold": "1:18", "hedge": "dollar,beta"}

    stopped: list[int] = []

    def stop(done: int, count: int, _seconds: float) -> None:
        if 0 < done < count and not stopped:
            stopped.append(done)
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"stopped after \d+ of 36 sets; they are kept in .*s: go on with --resume"):
        hb.sweep(hb.trade(), market, out=tmp_path / "s", options=hb.SweepOptions(progress=stop, threads=1), **axes)
    before = {p.name: p.read_bytes() for p in (tmp_path / "s" / "sets").iterdir()}
    assert 0 < len(before) < 5
    hb.sweep(hb.trade(), market, out=tmp_path / "s", options=hb.SweepOptions(resume=True), **axes)
    whole = hb.sweep(hb.trade(), market, out=tmp_path / "t", **axes)
    for kind in ("sets", "blocks"):
        for path in (tmp_path / "t" / kind).iterdir():
            assert (tmp_path / "s" / kind / path.name).read_bytes() == path.read_bytes()
    assert whole.count == 36


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: hb.sweep(hb.trade(), m), "there is no parameter to sweep"),
        (lambda m: hb.sweep(hb.trade(), m, holt=[1]), "Did you mean 'hold'?"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[-1]), "hold"),
        (lambda m: hb.sweep(hb.trade(), m, hedge=["betta"]), "there is no hedge 'betta'. Did you mean 'beta'?"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[1], metric="sharp"), "Did you mean 'sharpe'?"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[1], cv="cvsc"), "Did you mean 'cscv'?"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[1], sample="sobel:8"), "Did you mean 'sobol'?"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[1], sample="sobol"), "how many sets is not said"),
        (lambda m: hb.sweep(hb.trade(), m, gross="0.5:2.0"), "Give a step"),
        (lambda m: hb.sweep(hb.trade(), m, hold="1:9", where="hold > 9"), "no set passes the constraints"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[300, 400]), "none of the 2 sets could be run"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[1, 2]), "no set has this metric"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[5, 6], cv="events"), "leaving out events needs a sweep over events"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[5], options=hb.SweepOptions(storage="sqlite://")), "adaptive search"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[5], options=hb.SweepOptions(threads=0)), "threads"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[5], options=hb.SweepOptions(top=0)), "a whole number from 1"),
    ],
)
def test_bad_input(market: hb.Market, call: Callable[[hb.Market], object], message: str) -> None:
    with pytest.raises((ParameterError, InputError), match=re.escape(message)):
        call(market)


def test_costs_for_a_name_that_there_is_not_are_refused_as_in_a_single_run(market: hb.Market) -> None:
    costs = hb.load_costs("default")
    wrong = hb.Costs.model_validate({**costs.model_dump(), "borrow": {"by_ticker_annual": {"CRVW": 0.5}}})
    with pytest.raises(InputError) as single:
        hb.backtest(hb.trade(), market, wrong)
    with pytest.raises(InputError, match=re.escape(str(single.value))):
        hb.sweep(hb.trade(), market, wrong, hold=[5, 6])


def test_the_command_has_the_defaults_of_the_function() -> None:
    from inspect import signature

    from hedgebook.cli.commands.sweep import sweep as command

    options = hb.SweepOptions()
    for name in ("seed", "storage", "min_sessions", "top", "events", "threads", "scheduler", "resume", "overwrite"):
        assert signature(command).parameters[name].default == getattr(options, name)
    for name in ("sample", "metric", "cv", "costs", "account"):
        assert signature(command).parameters[name].default == signature(hb.sweep).parameters[name].default
