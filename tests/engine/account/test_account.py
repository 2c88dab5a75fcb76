"""Accounts: what a file may say, and messages about what it may not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.account.account import DATA
from hedgebook.engine.account.margin import OnMarginCall
from hedgebook.engine.account.shorts import OnRule201
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.errors import CostsError, ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.universe import load_universe
from tests import markets


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[margn]\non_call = 'off'\n", r"mine\.toml: margn: .*Did you mean 'margin'"),
        ("[margin]\non_cal = 'off'\n", r"mine\.toml: margin\.on_cal: .*Did you mean 'on_call'"),
        ("[margin]\non_call = 'reduced'\n", r"mine\.toml: margin\.on_call: .*Did you mean 'reduce'"),
        ("[margin]\non_call = 3\n", r"margin\.on_call: .*got 3"),
        ("[margin]\ninitial_long_frac = -0.1\n", r"margin\.initial_long_frac: .*got -0\.1"),
        ("[margin]\nmaintenance_short_frac = nan\n", r"margin\.maintenance_short_frac: .*got nan"),
        ("[margin]\nlow_frac = 5.1\n", r"margin\.low_frac: .*got 5\.1"),
        ("[margin]\nshort_floor_usd = -5\n", r"margin\.short_floor_usd: .*got -5"),
        ("[margin]\nlow_price_usd = 1001\n", r"margin\.low_price_usd: .*1000"),
        ("[margin]\nlow_floor_usd = 'x'\n", r"margin\.low_floor_usd: .*got 'x'"),
        ("[margin]\nhouse_by_bucket = { renter = 0.5 }\n", r"margin\.house_by_bucket\.renter: .*got 0\.5"),
        ("[margin]\nhouse_by_ticker = { ACME = 11 }\n", r"margin\.house_by_ticker\.ACME: .*got 11"),
        ("[orders]\nwhole_share = true\n", r"orders\.whole_share: .*Did you mean 'whole_shares'"),
        ("[orders]\nwhole_shares = 'perhaps'\n", r"orders\.whole_shares: .*got 'perhaps'"),
        ("[orders]\nmin_order_usd = -1\n", r"orders\.min_order_usd: .*got -1"),
        ("[orders]\nparticipation_frac = 0\n", r"orders\.participation_frac: .*got 0"),
        ("[orders]\nparticipation_frac = 1.5\n", r"orders\.participation_frac: .*got 1\.5"),
        ("[orders]\nadv_window_sessions = 4\n", r"orders\.adv_window_sessions: .*got 4"),
        ("[shorts]\nrule_201 = 'defered'\n", r"shorts\.rule_201: .*Did you mean 'defer'"),
        ("[shorts]\nno_locates = []\n", r"shorts\.no_locates: .*Did you mean 'no_locate'"),
        ("[[shorts.no_locate]]\nnames = []\n", r"shorts\.no_locate\[0\]\.names: this has too few entries"),
        ("[[shorts.no_locate]]\nname = ['ACME']\n", r"shorts\.no_locate\[0\]\.name: .*Did you mean 'names'"),
        (
            "[[shorts.no_locate]]\nnames = ['ACME']\nfirst = 2026-07-02\nlast = 2026-07-01\n",
            r"shorts\.no_locate\[0\]: last 2026-07-01 lies before first 2026-07-02; exchange the two",
        ),
        ("[[shorts.recalls]]\nnames = ['ACME']\n", r"shorts\.recalls\[0\]\.session: this key is missing"),
        ("[[shorts.recalls]]\nnames = ['ACME']\nsession = 'soon'\n", r"shorts\.recalls\[0\]\.session: .*got 'soon'"),
        ("[delisting]\ndelisted = { ACME = 'soon' }\n", r"delisting\.delisted\.ACME: .*got 'soon'"),
        ("[delisting]\nrecovery_frac = 1.2\n", r"delisting\.recovery_frac: .*any ticker: 0 to 1.*1\.2.*recovery_by_t"),
        ("[delisting]\nrecovery_frac = 50\n", r"delisting\.recovery_frac: .*any ticker: 0 to 1.*got 50.*0\.5"),
        ("[delisting]\nrecovery_by_ticker = { ACME = 50 }\n", r"recovery_by_ticker\.ACME: out of range .*0 to 10"),
        ("[delisting]\nrecovery_frac = -0.1\n", r"delisting\.recovery_frac: .*got -0\.1"),
        ("[delisting]\nrecovery_by_ticker = { ACME = 10.5 }\n", r"recovery_by_ticker\.ACME: .*got 10\.5"),
        ("max_stale_sessions = 0\n", r"mine\.toml: max_stale_sessions: .*got 0"),
        ("capital_usd = 5\n", r"mine\.toml: capital_usd: there is no such key"),
        ("margin = 3\n", r"mine\.toml: margin: this should be a table"),
        ("[margin\n", r"mine\.toml: this is not valid TOML"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CostsError, match=message):
        load_account(write(tmp_path, text))


def test_names_and_files_that_are_not_there(tmp_path: Path) -> None:
    write(tmp_path, "")
    with pytest.raises(CostsError, match=r"nine\.toml: there is no such account file. Did you mean 'mine\.toml'"):
        load_account(tmp_path / "nine.toml")
    with pytest.raises(CostsError, match=r"there is no account 'strikt'. Did you mean 'strict'"):
        load_account("strikt")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"margin": {"house_by_bucket": {"mker": 2}}}, r"margin: .*no bucket 'mker'. Did you mean 'maker'"),
        ({"margin": {"house_by_ticker": {"ACMEE": 2}}}, r"margin: .*no ticker 'ACMEE'. Did you mean 'ACME'"),
        ({"delisting": {"delisted": {"DRFT": "2026-07-01"}}}, r"delisting: .*no ticker 'DRFT'. Did you mean 'DRIFT'"),
        ({"delisting": {"recovery_by_ticker": {"DRFT": 0}}}, r"delisting: .*no ticker 'DRFT'. Did you mean 'DRIFT'"),
        (
            {"shorts": {"no_locate": [{"names": ["ACME", "renters"]}]}},
            r"shorts: .*no bucket or ticker 'renters'. Did you mean 'renter'",
        ),
        (
            {"shorts": {"recalls": [{"names": ["CLOUDD"], "session": "2026-07-01"}]}},
            r"shorts: .*no bucket or ticker 'CLOUDD'. Did you mean 'CLOUD'",
        ),
    ],
)
def test_names_that_the_universe_does_not_have(table: dict[str, Any], message: str) -> None:
    market = markets.dirty_market()
    schedule = markets.schedule_of(market, [(1, Mark.OPEN, [0.1] * 7)])
    with pytest.raises(CostsError, match=f"account mine: {message}"):
        run_schedule(market, schedule, "none", account=Account(name="mine", **table))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"capital_usd": 0}, r"capital_usd: out of range \(got 0\)"),
        ({"capital_usd": float("nan")}, r"capital_usd: .*\(got nan\)"),
        ({"max_stale_sessions": 2521}, r"max_stale_sessions: .*\(got 2521\)"),
        ({"margin": {"on_call": "beg"}}, r"margin\.on_call: .*\(got 'beg'\)"),
        ({"orders": {"participation_frac": 2}}, r"orders\.participation_frac: .*\(got 2\)"),
        ({"broker": "x"}, r"broker: .*\(got 'x'\)"),
    ],
)
def test_bad_values_in_code(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Account(**values)


def test_plain_is_the_value_without_arguments_and_enforces_nothing() -> None:
    plain = load_account("plain")
    assert plain == Account() == load_account()
    assert (plain.name, plain.capital_usd, plain.max_stale_sessions) == ("plain", 1e6, 5)
    assert not plain.orders.whole_shares
    assert plain.orders.min_order_usd == 0.0
    assert plain.orders.participation_frac is None
    assert plain.margin.on_call is OnMarginCall.REPORT
    assert plain.shorts.rule_201 is OnRule201.IGNORE
    assert plain.delisting.recovery_frac is None


def test_names_of_accounts() -> None:
    assert load_account() == load_account("plain") == load_account("default") == Account()
    none = load_account("none")
    assert (none.name, none.margin.on_call, none.shorts.rule_201) == ("none", OnMarginCall.OFF, OnRule201.IGNORE)
    with pytest.raises(CostsError, match=r"there is no account 'stict'. Did you mean 'strict'"):
        load_account("stict")


def test_strict_is_what_its_file_says_and_names_the_shipped_universe() -> None:
    raw = tomllib.loads((DATA / "account_strict.toml").read_text(encoding="utf-8"))
    strict = load_account("strict")
    assert strict.name == "strict"
    for table, values in raw.items():
        for key, value in values.items():
            assert getattr(getattr(strict, table), key) == value
    assert all(raw[table]["reason"] for table in ("shorts", "margin", "delisting"))
    strict.check_names(load_universe())


def test_a_file_takes_its_name_and_leaves_the_capital_to_the_trade(tmp_path: Path) -> None:
    account = load_account(write(tmp_path, "max_stale_sessions = 3\n[orders]\nwhole_shares = true\n"))
    assert account == Account(name="mine.toml", max_stale_sessions=3, orders={"whole_shares": True})
    assert load_account(account) is account
    rich = account.with_capital(5e6)
    assert (rich.capital_usd, rich.orders, account.capital_usd) == (5e6, account.orders, 1e6)
    assert load_account(write(tmp_path, "", "empty.toml")) == Account(name="empty.toml")


def test_accounts_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Account().capital_usd = 3.0  # type: ignore[misc]
