"""Strategies of every kind sweep as they run: by their own parameters and those of their rules."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import ParameterError

from ..strategy.test_strategy import AfterNews, Tilt, tilt


class Legged(Tilt):
    """The same with legs that stops can ask for."""

    def plan(self, market: hb.Market) -> Any:
        frame = super().plan(market).iloc[:-2]
        schedule = hb.backtest(frame, market, "none").plan.schedule
        legs = (hb.Leg("long", self.long, 0.5), hb.Leg("short", self.short, -0.5))
        return hb.Plan(schedule=schedule, legs=legs, until=market.sessions[-5])


def same(grid: hb.Sweep, strategy: hb.Strategy, market: hb.Market) -> None:
    """Every set has the return of the run with its parameters."""
    assert grid.count > 3
    for index, row in grid.table.iterrows():
        run = hb.backtest(strategy.replaced(**grid.sets.at(int(str(index)))), market)
        assert row["total_return"] == pytest.approx(run.final_nav / run.capital - 1.0, abs=1e-10)


def test_a_class_sweeps_as_it_runs(market: hb.Market) -> None:
    grid = hb.sweep(Tilt, market, every_sessions=[10, 40], long=["META", ("META", "NVDA")], trailing_stop=[None, 0.1])
    same(grid, Tilt(), market)


def test_what_is_set_before_holds_for_every_set(market: hb.Market) -> None:
    base = tilt(stop_loss=0.2, capital=300_000.0, short="NVDA")
    grid = hb.sweep(base, market, every_sessions="10:40:10")
    same(grid, base, market)
    plain = hb.sweep(Tilt, market, every_sessions="10:40:10", options=hb.SweepOptions(fixed={"short": "NVDA"}))
    assert (grid.table["total_return"] != plain.table["total_return"]).any()


def test_legs_and_ends_are_those_of_the_plan(market: hb.Market) -> None:
    grid = hb.sweep(Legged, market, every_sessions=[10, 30], long_stop=[None, 0.02, 0.2])
    same(grid, Legged(), market)
    assert grid.table["total_return"].nunique() > 2


def test_a_table_sweeps_by_its_rules(market: hb.Market) -> None:
    frame = market.frame("close")[["META", "NVDA"]].iloc[::40] * 0.0 + 0.4
    grid = hb.sweep(hb.weights(frame), market, stop_loss=[None, 0.02, 0.05, 0.1])
    same(grid, hb.weights(frame), market)


def test_one_that_asks_for_events_is_given_them(market: hb.Market) -> None:
    grid = hb.sweep(AfterNews, market, news=["meta-compute-2026", "oracle-rpo-2025"], max_hold=[3, 9])
    same(grid, AfterNews(), market)


def test_a_parameter_that_does_not_exist_is_named(market: hb.Market) -> None:
    with pytest.raises(ParameterError, match=r"Tilt has no parameter 'every'.*every_sessions"):
        hb.sweep(Tilt, market, every=[1, 2])
    with pytest.raises(ParameterError, match="every_sessions"):
        hb.sweep(Tilt, market, every_sessions=["often", "never"])


def test_tables_decide_whether_a_sweep_can_go_on(market: hb.Market, tmp_path: Any) -> None:
    frame = market.frame("close")[["META", "NVDA"]].iloc[::40] * 0.0 + 0.4
    out = tmp_path / "swept"
    hb.sweep(hb.weights(frame), market, stop_loss=[0.02, 0.05], out=out)
    other = frame.copy()
    other.iloc[3, 0] = 0.1
    again = hb.SweepOptions(resume=True)
    with pytest.raises(hb.InputError, match="frame"):
        hb.sweep(hb.weights(other), market, stop_loss=[0.02, 0.05], out=out, options=again)
    same_table = pd.DataFrame(frame.to_numpy(), index=frame.index, columns=frame.columns)
    assert hb.sweep(hb.weights(same_table), market, stop_loss=[0.02, 0.05], out=out, options=again).count == 2


@pytest.mark.parametrize("until", ["2026-03-01", None])
def test_sets_start_and_end_as_single_runs_do(market: hb.Market, until: str | None) -> None:
    kind = hb.CrossSectionalRank(among="neocloud,miner", names=2, every_sessions=7)
    starts = ["2025-06-03", "2025-09-06"]
    grid = hb.sweep(kind, market, lookback_sessions=[30, 60], stop_loss=[None, 0.2], start=starts, until=[until])
    assert len(grid.table) == 8
    for row in grid.table.astype(object).to_dict("records"):
        stop = row["stop_loss"] if isinstance(row["stop_loss"], float) else None
        one = hb.backtest(
            kind.replaced(lookback_sessions=row["lookback_sessions"], stop_loss=stop),
            market,
            start=row["start"],
            until=until,
        )
        assert row["total_return"] == pytest.approx(one.metrics.total_return, abs=1e-12)
        assert row["sessions"] == len(one.returns)


def test_an_event_trade_starts_and_ends_as_a_single_run_does(market: hb.Market) -> None:
    trade = hb.trade("long-meta-short-neocloud")
    span = {"start": "2026-07-06", "until": "2026-07-16"}
    grid = hb.sweep(trade, market, hold=[6, 15], hedge=["dollar", "beta"], **span)
    for row in grid.table.to_dict("records"):
        one = hb.backtest(trade.replaced(hold=row["hold"], hedge=row["hedge"]), market, **span)
        assert row["total_return"] == pytest.approx(one.metrics.total_return, abs=1e-12)
        assert row["sessions"] == len(one.returns)
    assert grid.best_trade.hold in (6, 15)


def test_many_plans_at_once_end_before_their_last_orders(market: hb.Market) -> None:
    kind = hb.CrossSectionalRank(among="neocloud,miner", names=1)
    grid = hb.sweep(kind, market, names=[1, 2], until="2025-10-01")
    for row in grid.table.to_dict("records"):
        one = hb.backtest(kind.replaced(names=row["names"]), market, until="2025-10-01")
        assert row["total_return"] == pytest.approx(one.metrics.total_return, abs=1e-12)


WEIGHTS = [(0.5, 0.5), (0.7, 0.3)]


def weighted(market: hb.Market, weights: tuple[float, ...] = (0.5, 0.5)) -> hb.Combined:
    """META and SPY."""
    del market
    assert isinstance(weights, tuple)
    parts = (hb.BuyAndHold(name="a", tickers="META"), hb.BuyAndHold(name="b", tickers="SPY"))
    return hb.Combined(parts=parts, weights=weights)


@pytest.mark.parametrize("values", [WEIGHTS, "0.5/0.5,0.7/0.3"])
@pytest.mark.parametrize("of_function", [False, True])
def test_several_numbers_that_belong_together_can_be_swept(
    market: hb.Market, values: Any, *, of_function: bool
) -> None:
    grid = hb.sweep(weighted if of_function else weighted(market), market, weights=values)
    assert grid.table["weights"].tolist() == ["0.5/0.5", "0.7/0.3"]
    for given, total in zip(WEIGHTS, grid.table["total_return"], strict=True):
        one = hb.backtest(weighted(market, given), market)
        assert total == pytest.approx(one.metrics.total_return, abs=1e-12)
    assert weighted(market).replaced(weights="0.7/0.3").weights == (0.7, 0.3)


def test_numbers_that_do_not_fit_are_named(market: hb.Market) -> None:
    with pytest.raises(ParameterError, match="3 weights for 2 parts"):
        hb.sweep(weighted(market), market, weights=[(0.5, 0.5), (0.2, 0.3, 0.5)])
