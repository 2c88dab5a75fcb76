"""The report of an event study: what it says is what the study found, and nothing in it becomes markup."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from hedgebook.engine.event_study import EventStudy, event_study
from hedgebook.engine.event_study.definitions import HEADLINES, TESTS
from hedgebook.errors import RunFolderError
from hedgebook.reports.page.numbers import number, percent
from hedgebook.reports.study import tables
from hedgebook.reports.study.figures import car_figure, split_figure
from hedgebook.reports.study.page import (
    confounders,
    stress_line,
    study_dict,
    study_report,
    study_sections,
    study_verdict,
)
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market
from tests.engine.event_study.markets import SESSION_0, dirty_market, event_at

NASTY = "</script><script>alert(1)</script> & <b>more"
ORDER = (
    *("headline", "car", "gap", "confounders", "tickers", "diagnostics", "excluded", "models", "question", "tests"),
    *("warnings", "versions"),
)


def news(market: Market, row: int = SESSION_0, **changes: str) -> Event:
    return event_at(market.sessions[row]).model_copy(update=changes)


def study_of(market: Market, **asked: object) -> EventStudy:
    event = news(market, headline=NASTY, notes="Bitcoin rose. Payrolls came out; The <i>index</i> was rebalanced.")
    more: dict[str, object] = {"estimation_sessions": 60, "gap_sessions": 5, **asked}
    return event_study(market, event, **more)


@pytest.fixture(scope="module")
def market() -> Market:
    return dirty_market()


@pytest.fixture(scope="module")
def study(market: Market) -> EventStudy:
    return study_of(market, window=[(0, 0), (-1, 4), "open-to-close"])


@pytest.fixture(scope="module")
def lone(market: Market) -> EventStudy:
    return study_of(market, names=["BBB"])


def page_of(study: EventStudy) -> BeautifulSoup:
    return BeautifulSoup(study_report().html(study), "html5lib")


def test_sections_and_escapes(study: EventStudy, lone: EventStudy) -> None:
    for one in (study, lone):
        page = page_of(one)
        assert tuple(section["id"] for section in page.find_all("section")) == ORDER
        assert page.find_all(["b", "i"]) == []
        assert NASTY in page.get_text()
        for tag in page.find_all(True):
            for attribute in ("src", "href"):
                assert str(tag.get(attribute, "#")).startswith("#")
        assert "Simulated history" in page.get_text()


def test_headline_tests_come_first_and_diagnostics_are_labelled(study: EventStudy) -> None:
    text = page_of(study).get_text(" ")
    assert text.index("Headline tests") < text.index("Diagnostics, not evidence")
    for window in ("0", "-1..4", "open-to-close"):
        first = [row[0] for row in tables.headline_tests_table(study, window).rows]
        other = [row[0] for row in tables.diagnostics_table(study, window).rows]
        assert tuple(first) == HEADLINES
        assert sorted(first + other) == sorted(test.name for test in TESTS)
        assert "Diagnostics only, not evidence" in tables.diagnostics_table(study, window).title


def test_tables_hold_what_the_study_found(study: EventStudy) -> None:
    for window in tables.study_windows(study):
        shown = {row[0]: row for row in tables.groups_table(study, window).rows}
        for line in study.groups[study.groups["window"] == window].to_dict("records"):
            row = shown[line["group"]]
            assert row[1:5] == (
                str(line["tickers"]),
                *(percent(line[name]) for name in ("caar", "bhaar", "standard_error")),
            )
            p = study.tests_of(line["group"], window)["p_value"]
            assert row[5:] == tuple(tables.p_text(float(p[name])) for name in HEADLINES)
        by_ticker = {row[0]: row for row in tables.tickers_table(study, window).rows}
        found = study.windows[study.windows["window"] == window].set_index("ticker")
        assert list(by_ticker) == list(found.index)
        assert all(by_ticker[t][2] == percent(found.loc[t, "car"]) for t in by_ticker)
    split = {row[0]: row for row in tables.split_table(study).rows}
    assert split["maker"][3] == percent(study.split.loc["maker", "gap_abnormal"])
    assert split["maker"][5] == percent(study.split.loc["maker", "tradable_abnormal"])
    assert tables.split_table(study, tickers=True).rows[-1][0] in study.tickers.index


def test_excluded_tickers_stand_with_their_reasons(study: EventStudy) -> None:
    rows = tables.excluded_table(study).rows
    assert len(rows) == len(study.excluded) > 2
    page = page_of(study).find(id="excluded")
    assert page is not None
    for line in study.excluded.to_dict("records"):
        assert line["ticker"] in page.get_text()
        assert line["reason"] in page.get_text()


def test_confounders_are_the_notes_and_other_news_inside_the_windows(market: Market, study: EventStudy) -> None:
    others = [
        news(market, SESSION_0 + 3, id="inside", headline="Inside"),
        news(market, SESSION_0 - 1, id="first", headline="First"),
        news(market, SESSION_0 + 5, id="after", headline="After"),
        news(market, SESSION_0 - 2, id="before", headline="Before"),
        study.event,
    ]
    found = confounders(study, others)
    assert found[:3] == ("Bitcoin rose.", "Payrolls came out;", "The <i>index</i> was rebalanced.")
    assert [("(inside)" in x, "(first)" in x) for x in found[3:]] == [(True, False), (False, True)]
    assert confounders(replace(study, event=study.event.model_copy(update={"notes": ""}))) == ()


def test_the_verdict_counts_rejections(study: EventStudy, lone: EventStudy) -> None:
    p = study.tests_of()["p_value"]
    rejecting = sum(float(p[name]) < 0.05 for name in HEADLINES)
    text = study_verdict(study)
    assert f"{rejecting} of 4 headline tests reject" in text
    assert percent(study.split.loc["portfolio", "gap_abnormal"]) in text
    assert study_verdict(lone).startswith("BBB alone returned")
    assert "of 3 headline tests" in study_verdict(lone)
    assert "Of the estimation window's 5%" in stress_line(study)


@pytest.mark.parametrize("model", ["mean-adjusted", "market-adjusted", "multi-factor"])
def test_every_model_has_a_report(market: Market, model: str) -> None:
    found = study_of(market, model=model)
    assert "NaN" not in json.dumps(study_dict(found), allow_nan=False)
    assert page_of(found).find(id="models") is not None
    if model == "mean-adjusted":
        assert stress_line(found) == ""


def test_move_gap_and_rest_are_stated_over_the_same_tickers(market: Market) -> None:
    """A ticker without an open (EEE has none either) leaves the others, with their own move and not that of all."""
    opens = market.open.copy()
    opens[SESSION_0, market.column("BBB")] = np.nan
    found = study_of(replace(market, open=opens), window=[(0, 0), "gap", "open-to-close"])
    split = found.split.loc["portfolio"]
    whole = found.abnormal.loc[0].dropna()
    assert "BBB" in whole.index
    there = found.split.index[found.split["kind"] == "ticker"]
    assert sorted(there) == sorted(set(whole.index) - {"BBB", "EEE"})
    text = study_verdict(found)
    assert f"The {len(whole)} tickers returned {percent(whole.mean())}" in text
    assert f"Of session 0, {percent(whole[there].mean())} over the {len(there)} that have both parts of it" in text
    assert f"{percent(split['gap_abnormal'])} was the opening gap" in text
    assert split["abnormal"] == pytest.approx(whole[there].mean(), rel=1e-12)
    assert any("do not add up" in warning for warning in found.warnings)
    complete = study_of(market, names=["BBB", "CCC"])
    assert " Of session 0, " in study_verdict(complete)
    assert "both parts" not in study_verdict(complete)
    assert complete.warnings == ()


def test_closes_alone_have_no_split_and_the_report_says_why(market: Market) -> None:
    closes = replace(market, open=market.open * float("nan"))
    found = study_of(closes)
    assert split_figure(found) is None
    assert "closes only" in str(page_of(found).find(id="gap"))
    assert "opening gap" not in study_verdict(found)


def test_figures_are_valid_and_hold_the_path(study: EventStudy, lone: EventStudy) -> None:
    from plotly.graph_objects import Figure

    for one in (study, lone):
        for figure in (x for part in study_sections(one) for x in part.figures):
            assert len(Figure(figure.spec).data) == len(figure.data)
    figure = car_figure(study)
    groups = list(dict.fromkeys(study.path["group"]))
    assert len(figure.data) == 3 * len(groups)
    for j, group in enumerate(groups):
        low, high, middle = figure.data[3 * j : 3 * j + 3]
        path = study.path[study.path["group"] == group]
        assert middle["x"] == [-2, -1, 0, 1, 2, 3, 4]
        assert middle["y"] == [0.0, *path["caar"]]
        half = 1.959963984540054 * path["standard_error"].to_numpy()
        assert low["y"][1:] == pytest.approx((path["caar"].to_numpy() - half).tolist())
        assert high["y"][1:] == pytest.approx((path["caar"].to_numpy() + half).tolist())
    split = split_figure(study)
    assert split is not None
    groups_of = study.split[study.split["kind"] == "group"]
    assert split.data[0]["x"] == groups_of["gap_abnormal"].tolist()
    assert split.data[1]["x"] == groups_of["tradable_abnormal"].tolist()


def test_the_folder_is_whole_or_not_there(study: EventStudy, tmp_path: Path) -> None:
    folder = study_report().save(study, tmp_path / "mine")
    assert {file.name for file in folder.iterdir()} == {"study.json", "report.html"}
    assert json.loads((folder / "study.json").read_text()) == json.loads(json.dumps(study_dict(study)))
    with pytest.raises(RunFolderError, match="not empty"):
        study_report().save(study, folder)
    study_report().save(study, folder, overwrite=True)
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(RunFolderError, match="not replaced"):
        study_report().save(study, folder, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine"]


def test_small_words() -> None:
    assert [tables.p_text(p) for p in (0.00009, 0.0001, 0.5, float("nan"))] == ["<0.0001", "0.0001", "0.5000", "–"]
    assert tables.window_words("-1..4") == "sessions -1 to 4"
    assert tables.window_words("gap") == "session 0, close before to open"
    assert number(-0.001) == "0.00"
