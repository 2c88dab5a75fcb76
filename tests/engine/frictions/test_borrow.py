"""Borrow rates by date from a file, and spikes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.errors import CostsError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.fingerprint.values import of_file
from hedgebook.universes.market import Market
from tests import markets

MARKET = markets.dirty_market()
HEAD = "date,ticker,rate_annual\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "borrow.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rates_of(borrow: Borrow, ticker: str, market: Market = MARKET) -> dict[str, float]:
    """By session."""
    rates = borrow.rates(market, 0, len(market.sessions))
    found = np.broadcast_to(rates, (len(market.sessions), len(market.tickers)))[:, market.column(ticker)]
    return {str(day): rate for day, rate in zip(market.sessions, found.tolist(), strict=True)}


def test_a_rate_of_the_file_holds_from_its_date_until_the_next(tmp_path: Path) -> None:
    """In any order of rows; on a holiday it begins with the next session; before it the usual rate holds."""
    text = HEAD + "2026-07-10,ACME,0.9\n2026-06-19,ACME,0.5\n2026-07-03,ACME,0.0\n"
    text += "2026-06-19,BOLT,0.7\n2026-01-02,XXX,1\n"
    borrow = Borrow(default_annual=0.01, by_ticker_annual={"ACME": 0.02}, file=write(tmp_path, text))
    found = rates_of(borrow, "ACME")
    for day, rate in found.items():
        steps = [(0.9, "2026-07-10"), (0.0, "2026-07-03"), (0.5, "2026-06-19")]
        assert rate == next((rate for rate, since in steps if day >= since), 0.02)
    assert (found["2026-06-18"], found["2026-06-22"], found["2026-07-02"], found["2026-07-06"]) == (0.02, 0.5, 0.5, 0.0)
    assert set(rates_of(borrow, "CLOUD").values()) == {0.01}
    part = borrow.rates(MARKET, 17, 31)
    np.testing.assert_array_equal(part, borrow.rates(MARKET, 0, 50)[17:31])


def test_a_rate_from_before_the_prices_holds_from_their_start(tmp_path: Path) -> None:
    borrow = Borrow(file=write(tmp_path, HEAD + "2020-01-02,ACME,0.3\n2021-01-04,ACME,0.4\n2030-01-02,ACME,9\n"))
    assert set(rates_of(borrow, "ACME").values()) == {0.4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "2026-07-01,ACME,0.1\n01/07/2026,ACME,0.1\n", r"borrow\.csv, line 3: this is not a date .*01/07/2026"),
        (HEAD + "2026-02-30,ACME,0.1\n", r"line 2: this is not a date .*2026-02-30, ACME, 0\.1"),
        (HEAD + "2026-07-01,ACME,10%\n2026-07-02,ACME,0.1\n", r"some fees have a percent sign.*1 of 2"),
        (HEAD + "2026-07-01,ACME,1001%\n", r"line 2: .*got '2026-07-01, ACME, 1001%'.*from 0 to 1000"),
        (HEAD + "2026-07-01,ACME,\n", r"line 2: .*rate"),
        (HEAD + "2026-07-01,ACME,-0.1\n", r"line 2: .*a fraction from 0 to 10"),
        (HEAD + "2026-07-01,ACME,10.1\n", r"line 2: .*a fraction from 0 to 10"),
        (HEAD + "2026-07-01,ACME,nan\n", r"line 2: "),
        (HEAD + "2026-07-01,ACME,0.1\n2026-07-01,ACME,0.2\n", r"line 3: this rate stands twice"),
        ("date;ticker;rate_annual\n2026-07-01;ACME;0,1\n", r"borrow\.csv, line 1: the columns are separated by semi"),
        ("date,ticker,rat\n2026-07-01,ACME,1\n", r"borrow\.csv: the column 'rate_annual' is missing"),
        ("date,ticker,rate\n2026-07-01,ACME,1\n", r"may be fractions or percent.*file_in"),
        ("date,ACME,BOLT\n2026-07-01,1,2\n", r"may be fractions or percent.*file_in"),
        ("dat,ticker,rate_annual\n2026-07-01,ACME,1\n", r"column 'date' is missing. Did you mean 'dat'"),
        ("SYM|CUR|FEERATE\nACME|USD|1\n", r"of which day.*usa-2026-07-01"),
        ("#BOF|2026.07.01\n#SYM|CUR|FEERATE\nACME|USD|x\n", r"line 3: .*ACME, x.*percentage from 0 to 1000"),
        ("", r"borrow\.csv: the file cannot be read"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CostsError, match=message):
        Borrow(file=write(tmp_path, text)).rates(MARKET, 0, 50)


def test_a_file_that_is_not_there_is_told_when_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(CostsError, match=r"none\.csv: the file cannot be read"):
        Borrow(file=tmp_path / "none.csv").rates(MARKET, 0, 50)


def test_a_relative_file_lies_beside_the_costs_that_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, HEAD + "2026-06-01,ACME,0.5\n")
    (tmp_path / "costs.toml").write_text('[borrow]\nfile = "borrow.csv"\n', encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    costs = load_costs(tmp_path / "costs.toml")
    assert costs.borrow.file == tmp_path / "borrow.csv"
    assert set(rates_of(costs.borrow, "ACME").values()) == {0.5}
    absolute = elsewhere / "costs.toml"
    absolute.write_text(f'[borrow]\nfile = "{tmp_path / "borrow.csv"}"\n', encoding="utf-8")
    assert load_costs(absolute).borrow.file == tmp_path / "borrow.csv"


SPIKE = {"names": ["renter"], "first": "2026-07-01", "sessions": 3, "multiple": 5.0}


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({}, ["2026-07-01", "2026-07-02", "2026-07-06"]),
        ({"first": "2026-07-03"}, ["2026-07-06", "2026-07-07", "2026-07-08"]),  # a holiday
        ({"first": "2026-08-10"}, ["2026-08-10", "2026-08-11"]),  # past the last price
        ({"first": "2026-08-13"}, []),
        ({"first": "2028-01-03"}, []),
        ({"first": "2026-05-28"}, ["2026-06-01"]),  # begun two sessions before the first price
        ({"first": "2026-05-01"}, []),
        ({"first": "2015-05-01"}, []),
        ({"first": "1815-06-18", "sessions": 2520}, []),
        ({"sessions": 1}, ["2026-07-01"]),
    ],
)
def test_a_spike_lasts_so_many_sessions_of_the_exchange(changes: dict[str, object], days: list[str]) -> None:
    borrow = Borrow(default_annual=0.02, by_bucket_annual={"renter": 0.1}, spikes=[{**SPIKE, **changes}])
    for ticker, usual, hit in (("CLOUD", 0.1, True), ("LATE", 0.1, True), ("ACME", 0.02, False)):
        found = rates_of(borrow, ticker)
        assert [day for day, rate in found.items() if rate != usual] == (days if hit else [])
        assert set(found.values()) <= {usual, 5 * usual}
    whole = borrow.rates(MARKET, 0, 50)
    for start, stop in ((0, 10), (20, 24), (22, 50), (40, 41)):
        np.testing.assert_array_equal(borrow.rates(MARKET, start, stop), whole[start:stop])


def test_spikes_multiply_each_other_and_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + "2026-07-02,CLOUD,0.5\n")
    borrow = Borrow(default_annual=0.01, file=file, spikes=[SPIKE, {**SPIKE, "names": ["CLOUD"], "multiple": 2.0}])
    found = rates_of(borrow, "CLOUD")
    assert (found["2026-07-01"], found["2026-07-02"], found["2026-07-07"]) == pytest.approx((0.1, 5.0, 0.5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": []}, r"borrow\.spikes\[0\]\.names: this has too few entries"),
        ({"sessions": 0}, r"borrow\.spikes\[0\]\.sessions: .*got 0"),
        ({"multiple": 0.5}, r"borrow\.spikes\[0\]\.multiple: .*got 0\.5"),
        ({"time": 3}, r"borrow\.spikes\[0\]\.time: there is no such key"),
    ],
)
def test_bad_spikes(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    values = {**SPIKE, **changes}
    body = "\n".join(f"{key} = {value!r}" for key, value in values.items() if key != "first")
    path = tmp_path / "costs.toml"
    path.write_text(f"[[borrow.spikes]]\nfirst = 2026-07-01\n{body}\n", encoding="utf-8")
    with pytest.raises(CostsError, match=message):
        load_costs(path)


def test_a_spike_of_a_name_that_nobody_has() -> None:
    costs = Costs.model_validate({"name": "mine", "borrow": {"spikes": [{**SPIKE, "names": ["rentr"]}]}})
    with pytest.raises(CostsError, match=r"costs mine: borrow: .*no bucket or ticker 'rentr'. Did you mean 'renter'"):
        run_schedule(MARKET, markets.schedule_of(MARKET, [(1, Mark.OPEN, [0.1] * 7)]), costs)


def test_the_rate_of_a_session_is_charged_over_the_night_that_follows(tmp_path: Path) -> None:
    """10 short at 50 from Wednesday 2026-07-01; the rate of Thursday 07-02 pays for four nights."""
    file = write(tmp_path, HEAD + "2026-07-01,ACME,0.36\n2026-07-02,ACME,0.72\n2026-07-06,ACME,3.6\n")
    prices = [[50.0]] * 4
    market = markets.market_of({"open": prices, "close": prices}, ["ACME"], first="2026-07-01")
    costs = Costs.model_validate({"borrow": {"file": str(file)}})
    rows = [(0, Mark.OPEN, [-0.5])]
    found = run_schedule(market, markets.schedule_of(market, rows), costs, Account(capital_usd=1000.0))
    assert found.nav["borrow"].tolist() == pytest.approx([0.0, 500 * 0.001, 500 * 0.008, 500 * 0.01])


LIST = (
    "#BOF|2026.07.02|16:15:03\n#SYM|CUR|NAME|CON|ISIN|REBATERATE|FEERATE|AVAILABLE|\n"
    "ACME|USD|ACME INC|1|US1|-31.6|36.0|900|\nACME|EUR|OTHER LISTING|2|DE1|1|99|5|\nBOLT|USD|BOLT|3|US2|4|NA|100|\n"
    "ZZZZ|USD|UNKNOWN|4|US3|4|0.25|>10000000|\n#EOF|4\n"
)
LONG = HEAD + "2026-07-02,ACME,0.36\n2026-07-06,ACME,0.5\n"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("date,ticker,fee\n2026-07-02,ACME,36\n2026-07-06,ACME,50\n", None),
        ("date,symbol,fee_rate\n2026-07-02,ACME,36%\n2026-07-06,ACME,50%\n", None),
        ("Date,Ticker,Borrow_Rate\n2026-07-02,ACME,0.36\n2026-07-06,ACME,0.5\n", "fraction"),
        ("date,sym,fee_pct\n2026-07-06,ACME,50\n2026-07-02,ACME,36\n", None),
        ("date,ACME,ZZZZ\n2026-07-02,36,1\n2026-07-06,50,\n", "percent"),
        ("date,ZZZZ,ACME\n2026-07-02,1%,36%\n2026-07-06,,50%\n", None),
    ],
)
def test_every_shape_gives_the_fees_of_the_plain_file(tmp_path: Path, text: str, unit: str | None) -> None:
    wanted = Borrow(file=write(tmp_path, LONG)).rates(MARKET, 0, 50)
    found = Borrow(file=write(tmp_path, text), file_in=unit).rates(MARKET, 0, 50)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)


def test_lists_of_a_broker_one_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "usa.txt").write_text(LIST)
    later = LIST.split("\n", 1)[1].replace("36.0", "50")
    (folder / "usa_20260706.txt").write_text(later)
    (folder / ".hidden.txt").write_text("x")
    wanted = Borrow(file=write(tmp_path, LONG)).rates(MARKET, 0, 50)
    np.testing.assert_array_equal(Borrow(file=folder).rates(MARKET, 0, 50), wanted)
    (folder / "usa_20260702.txt").write_text(later)
    with pytest.raises(CostsError, match=r"two files have a fee.*2026-07-02, ACME"):
        Borrow(file=folder).rates(MARKET, 0, 50)
    (folder / "usa_20260702.txt").write_text(later.replace("50", "minus"))
    (folder / "usa_20260706.txt").write_text(later.replace("50", "none"))
    with pytest.raises(CostsError, match=r"(?s)usa_20260702.*minus.*usa_20260706.*none.*2 problems"):
        Borrow(file=folder).rates(MARKET, 0, 50)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CostsError, match="there is no file of fees in it"):
        Borrow(file=empty).rates(MARKET, 0, 50)
    assert of_file(folder)["sha256"] == of_file(folder)["sha256"] != of_file(empty)["sha256"]


def test_a_dated_fee_counts_from_its_day_until_the_next() -> None:
    dated = (
        {"names": ["ACME"], "first": "2026-07-10", "rate_annual": 1.5},
        {"names": ["maker"], "first": "2026-06-19", "rate_annual": 0.5},
        {"names": ["ACME"], "first": "2020-01-02", "rate_annual": 0.2},
    )
    borrow = Borrow.model_validate({"default_annual": 0.01, "dated": dated, "by_ticker_annual": {"BOLT": 0.03}})
    for ticker, before in (("ACME", 0.2), ("BOLT", 0.03)):
        for day, rate in rates_of(borrow, ticker).items():
            last = 1.5 if ticker == "ACME" and day >= "2026-07-10" else 0.5 if day >= "2026-06-19" else before
            assert rate == last
    assert set(rates_of(borrow, "CLOUD").values()) == {0.01}


def test_a_file_comes_before_dated_fees_and_a_spike_after_them(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "2026-07-01,ACME,0.9\n")
    dated = ({"names": ["ACME", "BOLT"], "first": "2026-06-01", "rate_annual": 0.5},)
    spikes = ({"names": ["BOLT"], "first": "2026-07-01", "sessions": 2, "multiple": 3.0},)
    borrow = Borrow.model_validate({"file": path, "dated": dated, "spikes": spikes})
    found = rates_of(borrow, "ACME")
    assert (found["2026-06-30"], found["2026-07-01"]) == (0.5, 0.9)
    found = rates_of(borrow, "BOLT")
    assert (found["2026-06-30"], found["2026-07-01"], found["2026-07-06"]) == (0.5, 1.5, 0.5)


def test_a_short_pays_the_dated_fee_of_each_night() -> None:
    """By hand: 10 % until a day and 40 % from it on, of the closing value over 360 for each calendar day."""
    close = np.full((8, 1), 100.0)
    market = markets.market_of({"close": close, "open": close}, ["CLOUD"])
    dated = ({"names": ["CLOUD"], "first": "2026-06-04", "rate_annual": 0.4},)
    borrow = Borrow.model_validate({"default_annual": 0.1, "dated": dated})
    rates = borrow.rates(market, 0, 8)[:, 0]
    days = np.diff(market.sessions).astype(float)
    # 2026-06-01 is a Monday: nights of 1, 1, 1, 1, 3 and 1 days.
    assert days[:6].tolist() == [1, 1, 1, 1, 3, 1]
    assert float(100.0 * rates[:6] @ days[:6] / 360) == pytest.approx(100.0 * (0.1 * 3 + 0.4 * 5) / 360)


def test_names_of_dated_fees_are_checked_unless_they_may_be_absent() -> None:
    entry = {"names": ["NOBODY"], "first": "2026-06-01", "rate_annual": 0.4}
    with pytest.raises(CostsError, match="NOBODY"):
        Costs(borrow=Borrow.model_validate({"dated": (entry,)})).check_names(MARKET.universe)
    absent = Borrow.model_validate({"dated": ({**entry, "may_be_absent": True},)})
    Costs(borrow=absent).check_names(MARKET.universe)
    assert set(rates_of(absent, "ACME").values()) == {0.0}


def test_the_flat_costs_differ_from_the_default_in_dated_fees_alone() -> None:
    flat, default = load_costs("flat"), load_costs()
    assert flat.name == "flat"
    assert len(default.borrow.dated) == 3
    assert all(one.reason and one.may_be_absent for one in default.borrow.dated)
    plain = default.borrow.model_copy(update={"dated": (), "reason": flat.borrow.reason})
    assert plain == flat.borrow
    for table in ("commission", "half_spread", "slippage", "impact", "cash", "liquidity"):
        assert getattr(flat, table) == getattr(default, table)


@pytest.mark.parametrize(("session", "ticker", "fee"), [
    ("2025-06-30", "CRWV", 0.06), ("2025-07-01", "CRWV", 1.5), ("2025-08-14", "CRWV", 1.5),
    ("2025-08-15", "CRWV", 0.06),
    ("2026-04-30", "CRWV", 0.06), ("2026-05-01", "CRWV", 0.003), ("2026-04-30", "NBIS", 0.06),
    ("2026-05-01", "NBIS", 0.003), ("2026-07-01", "APLD", 0.06), ("2026-07-01", "META", 0.003),
])  # fmt: skip
def test_the_default_fee_of_a_day_is_what_was_known_then(
    market: hb.Market, session: str, ticker: str, fee: float
) -> None:
    costs = load_costs()
    rates = costs.borrow.rates(market, 0, len(market.sessions), costs.liquidity)
    row = int(np.searchsorted(market.sessions, np.datetime64(session)))
    assert str(market.sessions[row]) == session
    assert rates[row, market.column(ticker)] == fee


@pytest.mark.parametrize("table", [
    "default_annual = 0.02", "by_bucket_annual = { neocloud = 0.2 }", "by_ticker_annual = { CRWV = 0.2 }",
    'dated = [{ names = ["NBIS"], first = 2026-01-02, rate_annual = 0.2, may_be_absent = true }]',
])  # fmt: skip
def test_who_states_a_fee_has_no_dated_ones_of_the_default(tmp_path: Path, table: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[borrow]\n{table}\n")
    borrow = load_costs(path).borrow
    assert [one.names for one in borrow.dated] == ([("NBIS",)] if "dated" in table else [])


def test_a_spike_alone_is_a_multiple_of_the_dated_fees(market: hb.Market, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[borrow.spikes]]\nnames = ["CRWV"]\nfirst = 2026-07-02\nsessions = 2\nmultiple = 10.0\n')
    at = int(np.searchsorted(market.sessions, np.datetime64("2026-07-01")))
    rates = load_costs(path).borrow.rates(market, at, at + 4)[:, market.column("CRWV")]
    assert rates == pytest.approx([0.003, 0.03, 0.03, 0.003], rel=1e-12)


def test_fees_that_are_the_same_on_every_session_are_one_row(market: hb.Market) -> None:
    """A run after the last change costs no more than one without dates."""
    at = int(np.searchsorted(market.sessions, np.datetime64("2026-05-01")))
    costs = load_costs()
    assert costs.borrow.rates(market, at, at + 40).shape == (1, len(market.tickers))
    assert costs.borrow.rates(market, at - 1, at + 40).shape == (41, len(market.tickers))
