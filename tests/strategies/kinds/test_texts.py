"""Strategies within others, and weights by part, as a command line and a sweep give them."""

from __future__ import annotations

import pytest

import hedgebook as hb
from hedgebook.errors import ParameterError
from hedgebook.strategies.kinds.combined import Combined
from hedgebook.strategies.kinds.regime import Regime


def test_none_is_cash_and_names_are_looked_up() -> None:
    regime = Regime(name="r", bucket="memory", when_up="capex-basket", when_down="none")
    assert regime.when_down is None
    assert regime.when_up.name == "capex-basket"
    with pytest.raises(ParameterError, match="there is no trade 'capex-baskt'"):
        regime.replaced(when_up="capex-baskt")


def test_weights_of_parts_are_read_from_text() -> None:
    both = Combined(name="both", parts="capex-basket,momentum-unwind", weights="0.5,0.25")
    assert both.weights == (0.5, 0.25)
    named = both.replaced(weights="capex-basket=0.5, momentum-unwind=0.25")
    assert named.weights == {"capex-basket": 0.5, "momentum-unwind": 0.25}
    assert both.replaced(weights="none").weights is None
    with pytest.raises(ParameterError, match="weights"):
        both.replaced(weights="half,half")


def test_a_sweep_varies_which_strategy_is_followed(market: hb.Market) -> None:
    base = Regime(name="r", bucket="memory", trend_sessions=60, when_up="capex-basket")
    grid = hb.sweep(base, market, when_up=["capex-basket", "momentum-unwind"], trend_sessions=[60, 90])
    assert grid.count == 4
    assert set(grid.table["when_up"]) == {"capex-basket", "momentum-unwind"}
    for index, row in grid.table.iterrows():
        run = hb.backtest(base.replaced(**grid.sets.at(int(str(index)))), market)
        assert row["total_return"] == pytest.approx(run.final_nav / run.capital - 1.0, abs=1e-10)
