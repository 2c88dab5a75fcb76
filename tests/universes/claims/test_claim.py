"""Claims against the facts they were carried from, and their check against prices worked out by hand."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.errors import EventError
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.claims.check import ClaimsCheck, ClaimVerdict, FindingKind, check_claims
from hedgebook.universes.claims.claim import Claim, load_claims, unit
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Field, Market, Provenance, build_market
from hedgebook.universes.prices import load_market
from hedgebook.universes.sample import sample_market
from tests.markets import universe_of

EVENT = "meta-compute-2026"
DAY, YEAR_END = "2024-03-06", "2023-12-29"
# Close of the year before, close before the day, open, low, high and close of the day.
BARS = {
    "AAA": (50.0, 100.0, 97.0, 88.0, 98.0, 90.0),
    "BBB": (80.0, 200.0, 196.0, 186.0, 199.0, 188.0),
    "CCC": (20.0, 100.0, 104.0, 103.0, 112.0, 108.81),
    "DDD": (100.0, 50.0, 50.0, 48.0, 51.0, math.nan),
    "EEE": (10.0, 100.0, 100.0, 99.0, 101.0, 100.4),
}


def hand_market(*, simulated: bool = False) -> Market:
    """Sessions from 2023-12-28 to 2024-03-07; prices stand still but for the rows that BARS names."""
    calendar = trading_calendar(2023, 2024)
    sessions = calendar.sessions[
        (calendar.sessions >= np.datetime64("2023-12-28")) & (calendar.sessions <= np.datetime64("2024-03-07"))
    ]
    at, end = (
        int(np.searchsorted(sessions, np.datetime64(DAY))),
        int(np.searchsorted(sessions, np.datetime64(YEAR_END))),
    )
    table = np.array(list(BARS.values()))
    close = np.tile(table[:, 1], (len(sessions), 1))
    close[: end + 1] = table[:, 0]
    fields: dict[Field, Any] = {name: close.copy() for name in ("open", "high", "low", "close", "volume")}
    for name, k in (("open", 2), ("low", 3), ("high", 4), ("close", 5)):
        fields[name][at] = table[:, k]
    provenance = Provenance("made up", "0" * 64, str(sessions[0]), str(sessions[-1]), simulated=simulated)
    return build_market(calendar, sessions, tuple(BARS), fields, universe_of({"all": tuple(BARS)}, "AAA"), provenance)


def claim(subject: str, value: float, **changes: Any) -> Claim:
    given = {
        "event": "news",
        "source": "one.txt",
        "publisher": "One",
        "subject": subject,
        "quantity": f"return_{DAY}",
        "operator": "eq",
        "value_percent": value,
        "quote": f"{subject} {value}",
    }
    return Claim.model_validate({**given, **changes})


def verdict(one: Claim, market: Market | None = None) -> str:
    return str(check_claims(market or hand_market(), [one]).table["verdict"].iloc[0])


def kinds(check: ClaimsCheck) -> list[FindingKind]:
    return [finding.kind for finding in check.findings]


class TestShipped:
    def test_every_row_of_the_facts_is_carried(self, shared: Path) -> None:
        with (shared / "facts" / "claims.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        claims = load_claims().claims
        assert len(claims) == len(rows) == 39
        for one, row in zip(claims, rows, strict=True):
            for name in ("source", "publisher", "subject", "quantity", "operator", "stated_basis", "quote"):
                assert str(getattr(one, name)) == row[name]
            assert one.value_percent == float(row["value_percent"])
            decimals = len(row["value_percent"].partition(".")[2])
            assert unit(one.value_percent) == pytest.approx(10.0**-decimals), row

    def test_levels_stand_in_their_quotes(self) -> None:
        levels = [one for one in load_claims().claims if one.level_usd is not None]
        assert levels
        for one in levels:
            assert f"${one.level_usd:g}" in one.quote

    def test_they_are_about_an_event_of_the_library(self) -> None:
        for one in load_claims().claims:
            assert load_events().get(one.event).id == one.event
        with pytest.raises(EventError, match="Did you mean 'meta-compute-2026'"):
            load_claims().of_event("meta-compute-2025")


class TestTheRealArticles:
    @pytest.fixture(scope="class")
    @classmethod
    def check(cls, real_prices: Path) -> ClaimsCheck:
        return check_claims(load_market(real_prices), load_claims().of_event(EVENT))

    def test_measures_against_the_file_itself(self, check: ClaimsCheck, real_prices: Path) -> None:
        prices = pd.read_parquet(real_prices).set_index(["ticker", "date"]).sort_index()
        seen = 0
        for row in check.table[check.table["verdict"] != ClaimVerdict.NO_DATA.value].to_dict("records"):
            day = row["quantity"][-10:]
            closes = prices.loc[row["subject"], "close"]
            before = (
                closes[:"2025-12-31"]
                if "ytd" in row["quantity"]
                else closes[: pd.Timestamp(day) - pd.Timedelta(days=1)]
            )
            bar = prices.loc[(row["subject"], pd.Timestamp(day))]
            for mark in ("close", "open", "low", "high"):
                wanted = 100 * (bar[mark] / before.iloc[-1] - 1)
                assert row[f"{'gap' if mark == 'open' else mark}_percent"] == pytest.approx(wanted, abs=1e-9)
                seen += 1
        assert seen == 4 * 34

    def test_verdicts(self, check: ClaimsCheck) -> None:
        table = check.table.set_index(["publisher", "subject", "quantity", "value_percent"])["verdict"]
        on = "return_2026-07-01"
        wanted = {
            ("36Kr", "META", on, 8.81): ClaimVerdict.CONFIRMED,
            ("36Kr", "MU", on, -10.57): ClaimVerdict.CONFIRMED,
            ("Gate Square", "LRCX", on, -9.7): ClaimVerdict.ROUNDED,
            ("Gate Square", "KLAC", on, -12.0): ClaimVerdict.ROUNDED,
            ("Gate Square", "CRWV", on, -10.8): ClaimVerdict.INTRADAY,
            ("Gate Square", "AMD", on, -3.0): ClaimVerdict.INTRADAY,
            ("36Kr", "SNDK", on, -11.0): ClaimVerdict.INTRADAY,
            ("36Kr", "META", on, 6.0): ClaimVerdict.INTRADAY,
            ("Gate Square", "AVGO", on, -4.0): ClaimVerdict.WRONG,
            ("Gate Square", "META", on, 10.0): ClaimVerdict.WRONG,
            ("36Kr", "META", "return_ytd_2026-06-30", -4.0): ClaimVerdict.WRONG,
            ("Gate Square", "SNDK", "return_ytd_2026-06-30", 781.0): ClaimVerdict.WRONG,
            ("Gate Square", "SOX", on, -6.27): ClaimVerdict.NO_DATA,
            ("Gate Square", "SOX", "drawdown_cycle_2000", -82.0): ClaimVerdict.NO_DATA,
        }
        for key, value in wanted.items():
            assert table[key] == value.value, key
        assert sum(check.counts.values()) == 39

    def test_findings(self, check: ClaimsCheck) -> None:
        found = {(f.kind, f.publisher): f for f in check.findings}
        swapped = found[FindingKind.SWAPPED, "Gate Square"]
        assert set(swapped.subjects) == {"MU", "SNDK"}
        assert {check.claims[row].value_percent for row in swapped.rows} == {700.0, 300.0}
        mixed = found[FindingKind.MIXED, "Gate Square"]
        assert {"KLAC", "LRCX", "AMAT", "CRWV", "NBIS"} <= set(mixed.subjects)
        level = found[FindingKind.LEVEL, "Gate Square"]
        assert level.subjects == ("META",)
        assert "+8.65%" in level.explanation

    def test_contradictions(self, check: ClaimsCheck) -> None:
        found = {
            (row["subject"], row["statement"], row["other_statement"])
            for row in check.contradictions.to_dict("records")
        }
        assert ("CRWV", "CRWV below -13%", "CRWV -10.8%") in found
        assert ("NBIS", "NBIS below -14.5%", "NBIS -12.4%") in found
        assert ("AMD", "AMD below -5%", "AMD -3%") in found
        assert ("MU", "MU -9.7%", "MU -10.57%") in found
        assert "GLW" not in {subject for subject, _, _ in found}


class TestOneClaim:
    @pytest.mark.parametrize(
        ("subject", "value", "changes", "wanted"),
        [
            ("CCC", 8.81, {}, ClaimVerdict.CONFIRMED),
            ("CCC", 8.82, {}, ClaimVerdict.CONFIRMED),
            ("CCC", 8.8, {}, ClaimVerdict.ROUNDED),
            ("CCC", 9, {}, ClaimVerdict.ROUNDED),
            ("AAA", -10, {}, ClaimVerdict.CONFIRMED),
            ("CCC", 8.5, {}, ClaimVerdict.INTRADAY),
            ("CCC", 12.3, {}, ClaimVerdict.WRONG),
            ("CCC", 2, {}, ClaimVerdict.WRONG),
            ("CCC", 8, {"operator": "gt"}, ClaimVerdict.CONFIRMED),
            ("CCC", 10, {"operator": "gt"}, ClaimVerdict.INTRADAY),
            ("CCC", 13, {"operator": "gt"}, ClaimVerdict.WRONG),
            ("BBB", -5, {"operator": "lt"}, ClaimVerdict.CONFIRMED),
            ("BBB", -6.5, {"operator": "lt"}, ClaimVerdict.INTRADAY),
            ("BBB", -8, {"operator": "lt"}, ClaimVerdict.WRONG),
            ("CCC", 4, {"stated_basis": "intraday"}, ClaimVerdict.INTRADAY),
            ("CCC", -1, {"stated_basis": "intraday"}, ClaimVerdict.WRONG),
            ("CCC", 11, {"stated_basis": "close"}, ClaimVerdict.INTRADAY),
            ("AAA", 80, {"quantity": f"return_ytd_{DAY}"}, ClaimVerdict.CONFIRMED),
            ("AAA", 90, {"quantity": f"return_ytd_{DAY}"}, ClaimVerdict.WRONG),
            ("DDD", -2, {}, ClaimVerdict.NO_DATA),
            ("ZZZ", -2, {}, ClaimVerdict.NO_DATA),
            ("AAA", -2, {"quantity": "return_2024-03-09"}, ClaimVerdict.NO_DATA),
            ("AAA", -2, {"quantity": "return_2023-12-28"}, ClaimVerdict.NO_DATA),
            ("AAA", -2, {"quantity": "return_ytd_2023-12-29"}, ClaimVerdict.NO_DATA),
            ("AAA", -20, {"quantity": "drawdown_cycle_2022"}, ClaimVerdict.NO_DATA),
        ],
    )
    def test_verdict(self, subject: str, value: float, changes: dict[str, Any], wanted: ClaimVerdict) -> None:
        assert verdict(claim(subject, value, **changes)) == wanted.value

    def test_without_a_days_range_what_was_not_seen_is_not_called_wrong(self) -> None:
        market = hand_market()
        nothing = np.full_like(market.low, np.nan)
        market = replace(market, low=nothing, high=nothing)
        assert verdict(claim("AAA", -5), market) == ClaimVerdict.INTRADAY.value  # between open and close
        assert verdict(claim("AAA", -11), market) == ClaimVerdict.NO_DATA.value
        assert verdict(claim("AAA", -11), hand_market()) == ClaimVerdict.INTRADAY.value

    def test_a_simulated_history_is_never_held_against_an_article(self) -> None:
        assert verdict(claim("AAA", -10), hand_market(simulated=True)) == ClaimVerdict.NO_DATA.value
        table = check_claims(sample_market(), load_claims().of_event(EVENT)).table
        simulated = table[table["quantity"].str.startswith("return_ytd")]
        assert set(simulated["verdict"]) == {ClaimVerdict.NO_DATA.value}
        assert (
            verdict(claim("META", -10, quantity="return_ytd_2026-07-01"), sample_market())
            == "cannot be checked: no data"
        )
        assert verdict(claim("META", 8.81, quantity="return_2026-07-01"), sample_market()) == "confirmed"
        assert table["low_percent"].isna().all()
        one = table[(table["subject"] == "META") & (table["value_percent"] == 8.81)].iloc[0]
        assert one["verdict"] == ClaimVerdict.CONFIRMED.value
        assert one["gap_percent"] == pytest.approx(7.92, abs=1e-9)

    def test_the_closest_mark(self) -> None:
        table = check_claims(hand_market(), [claim("AAA", v) for v in (-3.1, -9.8, -11.9, -2.2)]).table
        assert table["closest"].tolist() == ["open", "close", "low", "high"]


class TestSwappedNames:
    YTD = f"return_ytd_{DAY}"  # AAA +80, BBB +135, CCC +444.05, EEE +904

    def test_two(self) -> None:
        both = [claim(s, v, quantity=self.YTD, operator="gt", quote="both") for s, v in (("AAA", 130), ("BBB", 75))]
        check = check_claims(hand_market(), both)
        assert kinds(check) == [FindingKind.SWAPPED]
        assert check.table["verdict"].tolist() == [ClaimVerdict.WRONG.value] * 2

    def test_three_in_a_circle(self) -> None:
        values = (("AAA", 135), ("BBB", 444), ("CCC", 80))
        check = check_claims(hand_market(), [claim(s, v, quantity=self.YTD, quote="all") for s, v in values])
        assert check.findings[0].subjects == ("AAA", "BBB", "CCC")

    def test_one_of_three_stays(self) -> None:
        values = (("AAA", 135), ("EEE", 904), ("BBB", 80))
        check = check_claims(hand_market(), [claim(s, v, quantity=self.YTD, quote="all") for s, v in values])
        assert check.findings[0].subjects == ("AAA", "BBB")
        assert check.table["verdict"].iloc[1] == ClaimVerdict.CONFIRMED.value

    @pytest.mark.parametrize(
        ("values", "quotes"),
        [
            ((80, 135), ("both", "both")),  # right as they stand
            ((135, 80), ("one", "other")),  # not said together
            ((135, 90), ("both", "both")),  # wrong in either order
        ],
    )
    def test_nothing_to_find(self, values: tuple[float, float], quotes: tuple[str, str]) -> None:
        both = [claim(s, v, quantity=self.YTD, quote=q) for s, v, q in zip(("AAA", "BBB"), values, quotes, strict=True)]
        assert kinds(check_claims(hand_market(), both)) == []


class TestMixedLists:
    def test_closes_and_prints_in_one_list(self) -> None:
        check = check_claims(hand_market(), [claim("AAA", -10), claim("BBB", -2), claim("EEE", 0.4)])
        assert kinds(check) == [FindingKind.MIXED]
        assert check.findings[0].rows == (0, 1, 2)
        assert "BBB -2% (closed -6.00%)" in check.findings[0].explanation
        assert check.table["verdict"].tolist() == ["confirmed", "intraday print", "confirmed"]

    @pytest.mark.parametrize(
        "second",
        [
            {"subject": "BBB", "value": -6},  # a close, too
            {"subject": "BBB", "value": -2, "source": "two.txt"},  # another article
            {"subject": "BBB", "value": -2, "stated_basis": "intraday"},  # said to be what it is
            {"subject": "BBB", "value": -40},  # simply wrong
        ],
    )
    def test_nothing_to_find(self, second: dict[str, Any]) -> None:
        assert kinds(check_claims(hand_market(), [claim("AAA", -10), claim(**second)])) == []

    def test_a_bound_is_no_proof_of_a_close(self) -> None:
        both = [claim("AAA", -5, operator="lt"), claim("BBB", -2)]
        assert kinds(check_claims(hand_market(), both)) == []


class TestLevels:
    def test_a_level_that_the_percentage_does_not_lead_to(self) -> None:
        check = check_claims(hand_market(), [claim("CCC", 10, level_usd=108)])
        assert kinds(check) == [FindingKind.LEVEL]
        assert check.table["verdict"].iloc[0] == ClaimVerdict.WRONG.value
        assert "which is the close" in check.findings[0].explanation

    @pytest.mark.parametrize(("value", "level"), [(8.81, 108.81), (9, 108), (9, 109), (11, 111)])
    def test_a_level_that_it_does(self, value: float, level: float) -> None:
        assert kinds(check_claims(hand_market(), [claim("CCC", value, level_usd=level)])) == []

    def test_a_level_meets_a_bound(self) -> None:
        assert kinds(check_claims(hand_market(), [claim("CCC", 8, operator="gt", level_usd=108.81)])) == []
        assert kinds(check_claims(hand_market(), [claim("CCC", 10, operator="gt", level_usd=108.81)])) == [
            FindingKind.LEVEL
        ]


class TestContradictions:
    @pytest.mark.parametrize(
        ("one", "other", "contradict"),
        [
            ({"value": -9.7}, {"value": -10.57}, True),
            ({"value": -9.7}, {"value": -9.74}, False),  # the same number, rounded
            ({"value": -10}, {"value": -10.4}, False),
            ({"value": -10.8}, {"value": -13, "operator": "lt"}, True),
            ({"value": -13.92}, {"value": -13, "operator": "lt"}, False),
            ({"value": 5, "operator": "gt"}, {"value": 4, "operator": "lt"}, True),
            ({"value": 4, "operator": "gt"}, {"value": 5, "operator": "lt"}, False),
            ({"value": -9, "stated_basis": "intraday"}, {"value": -13, "stated_basis": "close"}, False),
            ({"value": -9, "stated_basis": "intraday"}, {"value": -13}, True),
            ({"value": -9}, {"value": -13, "quantity": f"return_ytd_{DAY}"}, False),
        ],
    )
    def test_pairs(self, one: dict[str, Any], other: dict[str, Any], contradict: bool) -> None:
        pair = [claim("AAA", **one), claim("AAA", **other, source="two.txt", publisher="Two")]
        assert len(check_claims(hand_market(), pair).contradictions) == int(contradict)

    def test_an_article_is_not_held_against_itself(self) -> None:
        assert check_claims(hand_market(), [claim("AAA", -9), claim("AAA", -13)]).contradictions.empty


def test_json() -> None:
    check = check_claims(sample_market(), load_claims().of_event(EVENT))
    raw = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert len(raw["claims"]) == 39
    assert raw["simulated"] is True
    assert {f["kind"] for f in raw["findings"]} <= {kind.value for kind in FindingKind}
    assert raw["contradictions"][0]["claims"] == [0, 8]


GOOD = """\
[[claims]]
event = "news"
source = "a.txt"
publisher = "A paper"
subject = "AAA"
quantity = "return_2024-03-06"
operator = "eq"
value_percent = -9.5
quote = "AAA fell 9.5%"
"""


class TestUsersFiles:
    def test_a_file_of_ones_own(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.toml"
        path.write_text(GOOD)
        one = load_claims(path).of_event("news")[0]
        assert (one.value_percent, one.half_unit, one.stated_basis.value) == (-9.5, 0.05, "unstated")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("return_2024-03-06", "returns_2024-03-06", r"claims\[0\]\.quantity: this is no quantity"),
            ("return_2024-03-06", "return_2024-02-30", "this is no quantity"),
            ("return_2024-03-06", "drawdown_cycle_22", "this is no quantity"),
            ('"eq"', '"equals"', "operator"),
            ("-9.5", "nan", "value_percent"),
            ("-9.5", "-100.0", "value_percent"),
            ("-9.5", '"-9.5%"', "value_percent"),
            ("subject", "subjects", "Did you mean 'subject'"),
            ('quote = "AAA fell 9.5%"', "", "quote: this key is missing"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        path = tmp_path / "mine.toml"
        path.write_text(GOOD.replace(old, new))
        with pytest.raises(EventError, match=message) as caught:
            load_claims(path)
        assert "mine.toml" in str(caught.value)

    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(EventError, match="no such claim file"):
            load_claims(tmp_path / "mine.toml")
        with pytest.raises(EventError, match="there is no claim 'claim'"):
            load_claims("claim")
