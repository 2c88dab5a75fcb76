"""Costs files: what they may say, and messages about what they may not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hedgebook.engine.backtest import run_schedule
from hedgebook.engine.costs import DEFAULT_COSTS, Costs, load_costs
from hedgebook.errors import CostsError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.universe import load_universe
from tests import markets


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[comission]\nrate_bps = 1\n", r"mine\.toml: comission: .*Did you mean 'commission'"),
        ("[commission]\nrate_bp = 1\n", r"mine\.toml: commission\.rate_bp: .*Did you mean 'rate_bps'"),
        ("[commission]\nrate_bps = -1\n", r"commission\.rate_bps: .*greater than or equal to 0 .got -1"),
        ("[commission]\nrate_bps = nan\n", r"commission\.rate_bps: .*got nan"),
        ("[commission]\nrate_bps = 1001\n", r"commission\.rate_bps: .*less than or equal to 1000 .got 1001"),
        ("[commission]\nrate_bps = '1,5'\n", r"commission\.rate_bps: .*got '1,5'"),
        ("commission = 3\n", r"mine\.toml: commission: this should be a table"),
        ("[half_spread]\nby_bucket_bps = { meta = -2 }\n", r"half_spread\.by_bucket_bps\.meta: .*got -2"),
        ("[half_spread]\ndefault_bps = 2001\n", r"half_spread\.default_bps: .*2000"),
        ("[slippage]\nby_ticker_bps = { META = inf }\n", r"slippage\.by_ticker_bps\.META: .*got inf"),
        ("[impact]\ny = 11\n", r"impact\.y: .*10"),
        ("[impact]\nwindow_sessions = 4\n", r"impact\.window_sessions: .*greater than or equal to 5 .got 4"),
        ("[impact]\nwindow_sessions = 20.5\n", r"impact\.window_sessions: .*got 20\.5"),
        ("[borrow]\ndefault_annual = 11\n", r"borrow\.default_annual: .*10"),
        ("[borrow]\ndefault_bps = 11\n", r"borrow\.default_bps: .*Did you mean 'default_annual'"),
        ("[cash]\nrate_annual = -0.2\n", r"cash\.rate_annual: .*-0\.1"),
        ("[cash]\nmargin_rate_annual = nan\n", r"cash\.margin_rate_annual: .*nan"),
        ("[commission\n", r"mine\.toml: this is not valid TOML"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CostsError, match=message):
        load_costs(write(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, "")
    with pytest.raises(CostsError, match=r"nine\.toml: there is no such costs file. Did you mean 'mine\.toml'"):
        load_costs(tmp_path / "nine.toml")
    with pytest.raises(CostsError, match=r"there is no costs 'defalt'. Did you mean 'default'"):
        load_costs("defalt")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"half_spread": {"by_bucket_bps": {"mker": 1}}}, "no bucket 'mker'. Did you mean 'maker'"),
        ({"slippage": {"by_ticker_bps": {"ACMEE": 1}}}, "no ticker 'ACMEE'. Did you mean 'ACME'"),
        ({"borrow": {"by_bucket_annual": {"renters": 0.1}}}, "no bucket 'renters'. Did you mean 'renter'"),
        ({"borrow": {"by_ticker_annual": {"DRFT": 0.1}}}, "no ticker 'DRFT'. Did you mean 'DRIFT'"),
    ],
)
def test_names_that_the_universe_does_not_have(table: dict[str, object], message: str) -> None:
    market = markets.dirty_market()
    costs = Costs.model_validate({"name": "mine", **table})
    with pytest.raises(CostsError, match=f"costs mine: {next(iter(table))}: universe made_up has {message}"):
        run_schedule(market, markets.schedule_of(market, [(1, Mark.OPEN, [0.1] * 7)]), costs)


def test_none_is_the_value_without_arguments_and_costs_nothing() -> None:
    none = load_costs("none")
    assert none == Costs()
    market = markets.dirty_market()
    assert none.commission.frac == none.cash.rate_annual == none.cash.margin_rate_annual == none.impact.y == 0.0
    assert not none.half_spread.frac(market).any()
    assert not none.slippage.frac(market).any()
    assert not none.borrow.rates(market, 0, 3).any()


def test_an_empty_file_is_none_by_another_name(tmp_path: Path) -> None:
    costs = load_costs(write(tmp_path, ""))
    assert costs == Costs(name="mine.toml")


def test_costs_pass_through_and_paths_load(tmp_path: Path) -> None:
    costs = load_costs(write(tmp_path, "[commission]\nrate_bps = 2.5\n"))
    assert costs.commission.rate_bps == 2.5
    assert load_costs(costs) is costs


def test_the_default_says_why_and_names_the_shipped_universe() -> None:
    raw = tomllib.loads(DEFAULT_COSTS.read_text(encoding="utf-8"))
    costs = load_costs()
    assert costs.name == "default"
    assert set(raw) == set(Costs.model_fields) - {"name"}
    assert all(table["reason"] for table in raw.values())
    universe = load_universe()
    costs.check_names(universe)
    for buckets in (costs.half_spread.by_bucket_bps, costs.slippage.by_bucket_bps, costs.borrow.by_bucket_annual):
        assert set(buckets) == set(universe.bucket_names)
