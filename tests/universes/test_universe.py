"""The shipped universe against the lists it was made from, and universes of a user's own."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from hedgebook.errors import UniverseError
from hedgebook.universes.universe import Universe, load_universe, shipped_universes

BUCKETS = {
    "meta": "META",
    "memory": "MU SNDK WDC STX",
    "equipment": "KLAC LRCX AMAT ASML TER",
    "gpu": "NVDA AMD AVGO TSM MRVL ARM INTC QCOM",
    "neocloud": "CRWV NBIS APLD",
    "miner": "IREN CORZ WULF CIFR RIOT MARA CLSK HUT",
    "optical": "GLW LITE COHR CIEN",
    "hyperscaler": "MSFT GOOGL AMZN ORCL",
    "benchmark": "SPY QQQ SMH SOXX IWM MTUM IBIT TLT",
}
GOOD = """\
title = "Two rivals"

[[buckets]]
name = "long_leg"
role = "bought"
members = [{ ticker = "AAA", company = "Alpha", first_session = 2020-01-02, earlier = true }]

[[buckets]]
name = "short-leg"
role = "sold"
members = [
    { ticker = "BBB", company = "Beta", first_session = 2020-01-02 },
    { ticker = "CCC", company = "Gamma", first_session = 2025-03-28, earlier = false },
]
"""


@pytest.fixture
def universe() -> Universe:
    return load_universe()


def own(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


class TestShipped:
    def test_buckets_and_tickers_in_order(self, universe: Universe) -> None:
        assert {b.name: " ".join(m.ticker for m in b.members) for b in universe.buckets} == BUCKETS
        assert universe.bucket_names == tuple(BUCKETS)
        assert universe.tickers == tuple(" ".join(BUCKETS.values()).split())
        assert len(universe.tickers) == 45

    def test_name_title_and_benchmark(self, universe: Universe) -> None:
        assert (universe.name, universe.title, universe.benchmark) == ("ai_infrastructure", "AI infrastructure", "SPY")
        assert universe.bucket_of(universe.benchmark) == "benchmark"

    def test_roles_and_companies_say_something_of_their_own(self, universe: Universe) -> None:
        roles = [b.role for b in universe.buckets]
        companies = [m.company for b in universe.buckets for m in b.members]
        assert len(set(roles)) == len(roles)
        assert len(set(companies)) == len(companies)
        assert all("\n" not in role and len(role) > 20 for role in roles)

    def test_first_sessions_equal_the_facts(self, universe: Universe, shared: Path) -> None:
        with (shared / "facts" / "sample_market.csv").open(encoding="utf-8") as file:
            facts = {row["ticker"]: row for row in csv.DictReader(file)}
        assert set(facts) == set(universe.tickers)
        for ticker, (bucket, member) in universe.by_ticker.items():
            assert facts[ticker]["bucket"] == bucket
            if ticker == "WULF":
                continue
            assert member.first_session == date.fromisoformat(facts[ticker]["first_session"])
            assert member.earlier == (member.first_session == date(2015, 1, 2))

    def test_wulf_starts_where_it_stopped_being_another_company(self, universe: Universe) -> None:
        wulf = universe.by_ticker["WULF"][1]
        assert (wulf.first_session, wulf.earlier) == (date(2021, 12, 14), False)
        assert not wulf.listed_on(date(2021, 12, 13))
        assert wulf.listed_on(date(2021, 12, 14))

    def test_comment_says_what_earlier_means(self) -> None:
        text = shipped_universes()["ai_infrastructure"].read_text(encoding="utf-8")
        assert "# earlier = true:" in text.split("title =")[0]

    def test_only_universes_are_listed(self) -> None:
        assert set(shipped_universes()) == {"ai_infrastructure", "ai_infrastructure_global"}


class TestMembership:
    def test_bucket_grows_by_listings(self, universe: Universe) -> None:
        assert universe.resolve(["neocloud"], date(2024, 10, 18)) == ("APLD",)
        assert universe.resolve(["neocloud"], date(2024, 10, 21)) == ("NBIS", "APLD")
        assert universe.resolve(["neocloud"], date(2025, 3, 27)) == ("NBIS", "APLD")
        assert universe.resolve(["neocloud"], date(2025, 3, 28)) == ("CRWV", "NBIS", "APLD")

    def test_earlier_names_are_always_members(self, universe: Universe) -> None:
        assert universe.resolve(["META", "equipment"], date(2013, 5, 6)) == (
            "META",
            "KLAC",
            "LRCX",
            "AMAT",
            "ASML",
            "TER",
        )

    def test_names_are_taken_once_in_the_order_given(self, universe: Universe) -> None:
        assert universe.resolve(["NBIS", "neocloud", "META", "NBIS"], date(2026, 7, 1)) == (
            "NBIS",
            "CRWV",
            "APLD",
            "META",
        )

    def test_ticker_that_is_not_listed_yet_is_refused(self, universe: Universe) -> None:
        with pytest.raises(UniverseError, match=r"CRWV was not listed on 2025-03-27.*days from 2025-03-28"):
            universe.resolve(["CRWV"], date(2025, 3, 27))

    @pytest.mark.parametrize(("name", "meant"), [("neoclod", "neocloud"), ("CRVW", "CRWV"), ("Memory", "memory")])
    def test_unknown_names_get_the_closest(self, universe: Universe, name: str, meant: str) -> None:
        with pytest.raises(UniverseError, match=rf"'{name}' is neither a bucket nor a ticker.*'{meant}'\?"):
            universe.resolve([name], date(2026, 7, 1))

    def test_unknown_bucket_gets_the_closest(self, universe: Universe) -> None:
        with pytest.raises(UniverseError, match=r"no bucket 'minr'.*Did you mean 'miner'\?"):
            universe.bucket("minr")
        assert universe.bucket("miner").members[0].ticker == "IREN"

    def test_listed_mask(self, universe: Universe) -> None:
        sessions = np.array(["2021-12-13", "2021-12-14", "2025-03-27", "2025-03-28"], dtype="datetime64[D]")
        listed = universe.listed(["META", "WULF", "CRWV", "OUTSIDER"], sessions)
        assert listed.tolist() == [
            [True, False, False, True],
            [True, True, False, True],
            [True, True, False, True],
            [True, True, True, True],
        ]

    def test_bucket_of_an_outsider_is_none(self, universe: Universe) -> None:
        assert universe.bucket_of("OUTSIDER") is None


class TestOwnFile:
    def test_good_file(self, tmp_path: Path) -> None:
        universe = load_universe(own(tmp_path))
        assert universe.name == "mine"
        assert universe.benchmark == "SPY"
        assert universe.tickers == ("AAA", "BBB", "CCC")
        assert universe.bucket_of("CCC") == "short-leg"
        assert universe == load_universe(str(own(tmp_path)))

    def test_name_in_the_file_wins(self, tmp_path: Path) -> None:
        assert load_universe(own(tmp_path, f'name = "rivals"\n{GOOD}')).name == "rivals"

    @pytest.mark.parametrize(
        ("old", "new", "key", "value", "remedy"),
        [
            ("title =", "titel =", "titel", "Two rivals", "Did you mean 'title'?"),
            ('role = "bought"', 'rolle = "bought"', "buckets[0].rolle", "bought", "Did you mean 'role'?"),
            ('company = "Beta"', 'compny = "Beta"', "buckets[1].members[0].compny", "Beta", "'company'?"),
            ('name = "long_leg"\n', "", "buckets[0].name", None, "Add it."),
            ("2025-03-28", '"March"', "buckets[1].members[1].first_session", "March", "as in 2026-07-01"),
            ("earlier = true", "earlier = 1", "buckets[0].members[0].earlier", 1, "Write true or false"),
            ('"AAA"', "7", "buckets[0].members[0].ticker", 7, "Write text in quotes."),
            ('"AAA"', '"A A"', "buckets[0].members[0].ticker", "A A", "accepted ones only"),
            ('"long_leg"', '"Long"', "buckets[0].name", "Long", "accepted ones only"),
            ('"CCC"', '"AAA"', "buckets[1].members[1].ticker", "AAA", "Remove one of the two."),
            ('"CCC"', '"BBB"', "buckets[1].members[1].ticker", "BBB", "Remove one of the two."),
            ('"short-leg"', '"long_leg"', "buckets[1].name", "long_leg", "a name of its own."),
            ('"CCC"', '"long_leg"', "buckets[1].members[1].ticker", "long_leg", "Rename the bucket."),
        ],
    )
    def test_bad_files(self, tmp_path: Path, old: str, new: str, key: str, value: object, remedy: str) -> None:
        assert old in GOOD
        with pytest.raises(UniverseError) as caught:
            load_universe(own(tmp_path, GOOD.replace(old, new)))
        assert caught.value.where == f"mine.toml: {key}"
        assert caught.value.value == value
        assert remedy in str(caught.value.remedy)
        for part in ("mine.toml", key, remedy, *([repr(value)] if value is not None else [])):
            assert part in str(caught.value)

    def test_duplicate_names_both_buckets(self, tmp_path: Path) -> None:
        with pytest.raises(UniverseError, match="stands in bucket 'long_leg' and in bucket 'short-leg'"):
            load_universe(own(tmp_path, GOOD.replace('"CCC"', '"AAA"')))

    @pytest.mark.parametrize("text", ["", 'title = "x"\nbuckets = []\n'])
    def test_empty_files(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(UniverseError, match=r"mine\.toml: (title: this key is missing|buckets: .*Add)"):
            load_universe(own(tmp_path, text))

    def test_bad_toml_names_file_and_line(self, tmp_path: Path) -> None:
        path = own(tmp_path, GOOD.replace("[[buckets]]", "[[buckets", 1))
        with pytest.raises(UniverseError, match=rf"{re.escape(str(path))}: this is not valid TOML.*line 3"):
            load_universe(path)

    def test_no_such_file(self, tmp_path: Path) -> None:
        own(tmp_path)
        with pytest.raises(UniverseError, match=r"there is no such universe file.*mean 'mine\.toml'\?"):
            load_universe(tmp_path / "mein.toml")

    def test_unknown_shipped_name(self) -> None:
        with pytest.raises(UniverseError, match=r"no universe 'ai_infra'.*mean 'ai_infrastructure'\?"):
            load_universe("ai_infra")

    def test_the_file_of_events_is_no_universe(self) -> None:
        with pytest.raises(UniverseError, match="there is no universe 'events'"):
            load_universe("events")


def test_names_that_stand_twice_are_told_beside_other_problems(tmp_path: Path) -> None:
    member = '{ ticker = "%s", company = "c", first_session = 2020-01-02 }'
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "t"\nbenchmrk = "SPY"\n'
        f'[[buckets]]\nname = "a"\nrole = "r"\nmembers = [{member % "X"}, {member % "X"}, {member % "b"}]\n'
        f'[[buckets]]\nname = "b"\nrole = "r"\nmembers = [{member % "X"}]\n',
        encoding="utf-8",
    )
    with pytest.raises(UniverseError) as caught:
        load_universe(path)
    assert [line.partition(" (")[0] for line in str(caught.value).splitlines()] == [
        "mine.toml: benchmrk: there is no such key",
        "mine.toml: buckets[0].members[1].ticker: this ticker stands twice in bucket 'a'",
        "mine.toml: buckets[0].members[2].ticker: this ticker is also the name of a bucket, so that a leg could mean "
        "either",
        "mine.toml: buckets[1].members[0].ticker: this ticker stands in bucket 'a' and in bucket 'b'",
        "These are 4 problems.",
    ]
