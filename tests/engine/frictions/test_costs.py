"""Costs files: what they may say, and messages about what they may not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.commission import Commission
from hedgebook.engine.frictions.costs import DEFAULT_COSTS, Costs, load_costs
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
        ("[commission]\nrate_bps = -1\n", r"commission\.rate_bps: out of range .got -1"),
        ("[commission]\nrate_bps = nan\n", r"commission\.rate_bps: .*got nan"),
        ("[commission]\nrate_bps = 1001\n", r"commission\.rate_bps: out of range .got 1001"),
        ("[commission]\nrate_bps = '1,5'\n", r"commission\.rate_bps: .*got '1,5'"),
        ("commission = 3\n", r"mine\.toml: commission: this should be a table"),
        ("[half_spread]\nby_bucket_bps = { meta = -2 }\n", r"half_spread\.by_bucket_bps\.meta: .*got -2"),
        ("[half_spread]\ndefault_bps = 2001\n", r"half_spread\.default_bps: .*2000"),
        ("[slippage]\nby_ticker_bps = { META = inf }\n", r"slippage\.by_ticker_bps\.META: .*got inf"),
        ("[impact]\ny = 11\n", r"impact\.y: .*10"),
        ("[impact]\nwindow_sessions = 4\n", r"impact\.window_sessions: out of range .got 4"),
        ("[impact]\nwindow_sessions = 20.5\n", r"impact\.window_sessions: .*got 20\.5"),
        ("[borrow]\ndefault_annual = 11\n", r"borrow\.default_annual: out of range .got 11.*0 to 1\. .*11% is 0\.11"),
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


@pytest.mark.parametrize("text", ["", "# only words\n", "name = 'x'\n", "[borrow]\n"])
def test_a_file_that_states_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CostsError, match=r"mine\.toml: the file states no costs.*base = \"none\""):
        load_costs(write(tmp_path, text))


def test_base_none_costs_nothing_but_what_is_said(tmp_path: Path) -> None:
    costs = load_costs(write(tmp_path, "base = 'none'\n[commission]\nrate_bps = 2.5\n"))
    assert costs == Costs(name="mine.toml", commission=Commission(rate_bps=2.5))
    assert costs.notes(load_universe()) == ()
    assert load_costs(write(tmp_path, "base = 'none'\n")) == Costs(name="mine.toml")
    with pytest.raises(CostsError, match=r"mine\.toml: base: .*'nil'.*none"):
        load_costs(write(tmp_path, "base = 'nil'\n"))


def test_what_a_file_leaves_out_is_that_of_the_default_and_said(tmp_path: Path) -> None:
    raw = tomllib.loads(DEFAULT_COSTS.read_text(encoding="utf-8"))
    text = "[cash]\nrate_annual = 0.01\n[borrow]\nby_bucket_annual = { neocloud = 0.5 }\n[slippage]\ndefault_bps = 9\n"
    costs, default = load_costs(write(tmp_path, text)), load_costs()
    assert (costs.commission, costs.half_spread, costs.impact) == (
        default.commission,
        default.half_spread,
        default.impact,
    )
    assert costs.cash.rate_annual == 0.01
    assert costs.cash.margin_rate_annual == raw["cash"]["margin_rate_annual"]
    assert costs.borrow.default_annual == raw["borrow"]["default_annual"]
    assert costs.borrow.by_bucket_annual == {**raw["borrow"]["by_bucket_annual"], "neocloud": 0.5}
    # Its own number for whatever is not named: the shipped ones by bucket would undo it.
    assert (costs.slippage.default_bps, costs.slippage.by_bucket_bps) == (9.0, {})
    (note,) = costs.notes(load_universe())
    assert note == (
        "costs mine.toml: as in the default costs: commission, half_spread, impact, borrow.default_annual, "
        "borrow.by_liquidity_annual, borrow.by_bucket_annual, cash.margin_rate_annual, liquidity"
    )


def test_a_full_file_inherits_nothing(tmp_path: Path) -> None:
    copied = load_costs(write(tmp_path, DEFAULT_COSTS.read_text(encoding="utf-8")))
    assert copied.inherited == copied.shipped == ()
    # A copy is a file of its own, whose names must be known.
    with pytest.raises(CostsError, match="universe made_up has no bucket 'meta'"):
        copied.check_names(markets.made_up_universe())


@pytest.mark.parametrize("account", ["plain", "strict", "default", "none"])
@pytest.mark.parametrize("costs", ["default", "none"])
def test_shipped_costs_and_accounts_serve_any_universe(costs: str, account: str) -> None:
    market = markets.dirty_market()
    schedule = markets.schedule_of(market, [(1, Mark.OPEN, [0.1] * 7)])
    found = run_schedule(market, schedule, costs, account)
    assert (found.costs.name, found.account.name) == (costs, "plain" if account == "default" else account)
    said = [note for note in found.warnings if "does not apply to universe made_up" in note]
    assert [note.split(":")[0] for note in said] == [
        *(["costs default"] if costs == "default" else []),
        *(["account strict"] if account == "strict" else []),
    ]
    if costs == "default":
        # Half of the spread and slippage that the shipped file has for whatever is not named, in basis points.
        assert (found.costs.half_spread.frac(market) == 5.0 / 1e4).all()
        assert "5 + 5 bps" in said[0]


def test_names_that_a_user_wrote_are_never_passed_over(tmp_path: Path) -> None:
    costs = load_costs(write(tmp_path, "[borrow]\nby_bucket_annual = { neocloud = 0.5 }\n"))
    with pytest.raises(CostsError, match="universe made_up has no bucket 'neocloud'"):
        costs.check_names(markets.made_up_universe())
    costs = load_costs(write(tmp_path, "[borrow]\nby_bucket_annual = { renter = 0.5 }\n"))
    costs.check_names(markets.made_up_universe())
    _, note = costs.notes(markets.made_up_universe())
    assert "meta, hyperscaler" in note
    assert "renter" not in note


def test_a_run_costs_by_default_what_the_default_costs_say() -> None:
    market = markets.dirty_market()
    schedule = markets.schedule_of(market, [(1, Mark.OPEN, [0.1] * 7)])
    left_out, named = run_schedule(market, schedule), run_schedule(market, schedule, load_costs(), Account())
    assert left_out.costs == load_costs("default")
    assert left_out.final_nav == named.final_nav
    assert left_out.costs_paid["commission"] > 0


def test_costs_pass_through_and_paths_load(tmp_path: Path) -> None:
    costs = load_costs(write(tmp_path, "[commission]\nrate_bps = 2.5\n"))
    assert costs.commission.rate_bps == 2.5
    assert load_costs(costs) is costs


def test_the_default_says_why_and_names_the_shipped_universe() -> None:
    raw = tomllib.loads(DEFAULT_COSTS.read_text(encoding="utf-8"))
    costs = load_costs()
    assert costs.name == "default"
    assert set(raw) == set(Costs.model_fields) - {"name", "inherited", "shipped"}
    assert all(table["reason"] for table in raw.values())
    universe = load_universe()
    costs.check_names(universe)
    for buckets in (costs.half_spread.by_bucket_bps, costs.slippage.by_bucket_bps, costs.borrow.by_bucket_annual):
        assert set(buckets) == set(universe.bucket_names)


def test_an_unknown_base_hides_no_other_problem(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "nope"\nwrong = 1\n[half_spread]\ndefault_bps = "a"\n')
    with pytest.raises(CostsError) as found:
        load_costs(path)
    text = str(found.value)
    for part in ("mine.toml: base", "wrong", "half_spread.default_bps", "These are 3 problems"):
        assert part in text
