"""Universes of tickers alone: from Python, from text with commas, from lists in files."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgebook as hb
from hedgebook.errors import InputError, UniverseError, did_you_mean
from hedgebook.universes.universe import REFERENCES, load_universe


def test_from_python() -> None:
    power = hb.Universe.of({"power": ["CEG", "VST"], "server": "SMCI, VRT"}, benchmark="XLU")
    assert power.bucket_names == ("power", "server")
    assert power.tickers == ("CEG", "VST", "SMCI", "VRT")
    assert (power.benchmark, power.name, power.title) == ("XLU", "own", "own")
    assert hb.Universe.of(["A", "B"]) == hb.Universe.of(" A , B,")
    assert load_universe("CEG,VST").tickers == ("CEG", "VST")
    assert load_universe("CEG").tickers == ("CEG",)


def test_moves_that_are_known_to_be_real_are_so_in_any_universe() -> None:
    shipped = hb.load_universe().by_ticker["CLSK"][1].confirmed_moves
    assert shipped
    assert hb.Universe.of(["CLSK", "CEG"]).by_ticker["CLSK"][1].confirmed_moves == shipped


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ([], ("there is no ticker",)),
        (None, ("this is no ticker",)),
        ([1, "A", 2.5], ("(got '1')", "(got '2.5')", "These are 2 problems")),
        ({"Power": ["A"], "x": ["B", "B"]}, ("buckets[0].name", "a letter first")),
        ({"x": ["B", "B"], "y": ["B"]}, ("stands twice in bucket 'x'", "in bucket 'x' and in bucket 'y'")),
        (["A B"], ("no spaces",)),
    ],
)
def test_everything_wrong_is_said_at_once(given: object, parts: tuple[str, ...]) -> None:
    with pytest.raises(UniverseError) as caught:
        hb.Universe.of(given)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "buckets"),
    [
        ("mine.txt", "# power\nCEG\nVST # a comment\n\n", {"tickers": ("CEG", "VST")}),
        ("mine.txt", "CEG, VST\nVRT", {"tickers": ("CEG", "VST", "VRT")}),
        ("mine.csv", "Symbol;Name;Sector\nCEG;Constellation;Utilities\nVRT;Vertiv;Capital Goods\n",
         {"utilities": ("CEG",), "capital-goods": ("VRT",)}),
        ("mine.csv", "ticker\nCEG\nVST\n", {"tickers": ("CEG", "VST")}),
        ("mine.csv", 'company,ticker\n"Vertiv, Inc.",VRT\n', {"tickers": ("VRT",)}),
        ("mine.tsv", "ticker\tbucket\nCEG\t2 power\n", {"b-2-power": ("CEG",)}),
        ("mine.txt", "\ufeffCEG\r\nVST\r\n", {"tickers": ("CEG", "VST")}),
    ],
)  # fmt: skip
def test_from_files(tmp_path: Path, name: str, text: str, buckets: dict[str, tuple[str, ...]]) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    found = load_universe(path)
    assert found.name == "mine"
    assert {b.name: tuple(m.ticker for m in b.members) for b in found.buckets} == buckets


def test_what_a_file_says_beside_the_tickers(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("benchmark = QQQ\nticker,company,first_session\nCEG,Constellation,2022-02-02\nVST,,\n")
    found = load_universe(path)
    assert found.benchmark == "QQQ"
    members = {ticker: member for ticker, (_, member) in found.by_ticker.items()}
    assert (members["CEG"].company, str(members["CEG"].first_session)) == ("Constellation", "2022-02-02")
    assert (members["VST"].company, members["VST"].first_session) == ("", None)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("there is no ticker in it",)),
        ("# nothing\n", ("there is no ticker in it",)),
        ("CEG\nCEG\nX Y\n", ("line 2", "stood already in line 1", "line 3", "2 problems")),
        ("date,close\n2020-01-02,5\n", ("no column is called ticker",)),
        ("ticker,first_session\nCEG,soon\nVST,later\n", ("first_session", "2 problems")),
        ("ticker,bucket\n,a\nCEG,b\n", ("line 2", "the ticker is missing")),
    ],
)
def test_bad_files(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(UniverseError) as caught:
        load_universe(path)
    for part in parts:
        assert part in str(caught.value)


def test_a_misspelt_name_is_no_ticker() -> None:
    with pytest.raises(InputError, match="Did you mean 'ai_infrastructure'"):
        load_universe("ai_infrastucture")
    with pytest.raises(InputError, match="only together with that file"):
        load_universe("all")


def test_references_are_the_proxies_of_the_factors() -> None:
    from hedgebook.engine.exposure.factor_sets import SPREADS
    from hedgebook.engine.exposure.factors import PROXIES
    from hedgebook.engine.exposure.known import RATES

    assert set(REFERENCES) == {*PROXIES.values(), SPREADS[RATES][0]}


def test_names_that_are_equally_close_are_all_told() -> None:
    told = did_you_mean("mstt", ["MSFT", "MSTR", "SPY"])
    assert set(told.removeprefix("Did you mean ").rstrip("?").split(" or ")) == {"'MSFT'", "'MSTR'"}
    assert did_you_mean("msft", ["MSFT", "MSTR"]) == "Did you mean 'MSFT'?"


def test_a_line_for_spreadsheets_is_no_ticker(tmp_path: Path) -> None:
    for line in ("sep=;", '"SEP=,"'):
        (tmp_path / "mine.csv").write_text(f"{line}\nticker;bucket\nCEG;power\nSMCI;server\n")
        made = load_universe(str(tmp_path / "mine.csv"))
        assert made.tickers == ("CEG", "SMCI")
        assert made.bucket_names == ("power", "server")
