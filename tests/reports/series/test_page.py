"""The report of a trade over many events: its numbers are the series' own, and nothing becomes markup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hedgebook.errors import RunFolderError
from hedgebook.reports.page.numbers import percent
from hedgebook.reports.series import tables
from hedgebook.reports.series.figures import account_figure, events_figure, path_figure
from hedgebook.reports.series.page import SERIES_REPORT, series_dict, series_sections, series_verdict
from hedgebook.strategies.series.run import EventSeries
from tests.strategies.event_news import COSTS, event_on, series, series_market

MARKET = series_market()
NASTY = "Makers </title><b>against renters"
ORDER = (*("statistics", "path", "events", "left-out", "account", "expectations", "choice", "warnings", "versions"),)
SHAPES = {
    "skip": {},
    "stack": {"overlap": "stack", "costs": COSTS},
    "cap": {"overlap": "cap:1.5", "tags": "even", "between": ("2026-07-01", None)},
    "expected": {"sides": "expected", "costs": COSTS},
    "hindsight": {"hindsight": True},
    "session": {"hold": 0, "delay": 2},
}


@pytest.fixture(scope="module")
def shapes() -> dict[str, EventSeries]:
    made = {name: series(MARKET, title=NASTY, **asked) for name, asked in SHAPES.items()}
    made["one"] = series(MARKET, (event_on(MARKET, 60), event_on(MARKET, 118)))
    made["chain"] = series(MARKET, (event_on(MARKET, 60), event_on(MARKET, 62)), overlap="stack")
    return made


def page_of(found: EventSeries) -> BeautifulSoup:
    return BeautifulSoup(SERIES_REPORT.html(found), "html5lib")


def test_sections_and_escapes(shapes: dict[str, EventSeries]) -> None:
    for name, found in shapes.items():
        page = page_of(found)
        assert tuple(section["id"] for section in page.find_all("section")) == ORDER
        assert page.find_all(["b", "i"]) == []
        assert (NASTY in page.get_text()) == (name not in ("one", "chain"))
        assert ("Not tradable" in page.get_text()) == (name == "hindsight")
        assert "Simulated history" in page.get_text()


def test_no_event_is_dropped_silently(shapes: dict[str, EventSeries]) -> None:
    for found in shapes.values():
        shown = {row[0] for row in tables.series_events_table(found).rows}
        left = {row[0] for row in tables.left_out_table(found).rows}
        assert shown | left == {event.id for event in found.asked}
        assert not shown & left
        page = page_of(found).find(id="left-out")
        assert page is not None
        assert all(one.reason in page.get_text() for one in found.left_out)


def test_tables_hold_what_was_found(shapes: dict[str, EventSeries]) -> None:
    found = shapes["stack"]
    rows = {row[0]: row for row in tables.series_events_table(found, detailed=True).rows}
    for name, line in found.table.iterrows():
        assert rows[str(name)][1:3] == (percent(line["return"]), percent(line["abnormal"]))
        assert rows[str(name)][-1] == "long ACME, BOLT; short CLOUD"
    facts: dict[str, str] = dict(tables.series_statistics_table(found).rows)
    assert facts["Mean return an event"] == percent(found.mean.mean)
    assert facts["Clusters"] == "3"
    assert facts["Worst event"] == f"{found.worst[0]} {percent(found.worst[1])}"
    assert facts["Exact 95% interval of it"] == tables.interval(found.hits.low, found.hits.high, 0)
    book: dict[str, str] = dict(tables.series_book_table(found).rows)
    assert book["Total return"] == percent(found.book.final_nav / 2e6 - 1.0)
    levels = [2e6, *found.book.record.days["nav_close"]]
    deepest = min(level / max(levels[: k + 1]) - 1.0 for k, level in enumerate(levels))
    assert book["Largest drawdown"] == percent(deepest)


def test_hits_and_misses_add_up(shapes: dict[str, EventSeries]) -> None:
    for found in shapes.values():
        up, down, both = (tuple(map(int, row[1:])) for row in tables.expectation_counts_table(found).rows)
        assert both == tuple(a + b for a, b in zip(up, down, strict=True))
        assert both[0] == len(found.expectations) == both[3] + both[4] + both[5]
        shown = [row[6] for row in tables.expectations_table(found).rows]
        assert (shown.count("hit"), shown.count("miss"), shown.count("–")) == both[3:]


def test_the_verdict_never_says_more_than_the_data(shapes: dict[str, EventSeries]) -> None:
    assert "says nothing about others" in series_verdict(shapes["one"])
    assert "its error is not known" in series_verdict(shapes["chain"])
    assert "95% interval" in series_verdict(shapes["stack"])
    assert f"{shapes['stack'].hits.hits} of 6 made money" in series_verdict(shapes["stack"])


def test_everything_is_json(shapes: dict[str, EventSeries], tmp_path: Path) -> None:
    for name, found in shapes.items():
        folder = SERIES_REPORT.save(found, tmp_path / name)
        assert {file.name for file in folder.iterdir()} == {"series.json", "report.html"}
        read = json.loads((folder / "series.json").read_text())
        assert read == json.loads(json.dumps(series_dict(found), allow_nan=False))
        assert read["statistics"]["mean"] == found.mean.mean
        assert len(read["events"]) + len(read["left_out"]) == read["statistics"]["events_asked"]
        assert read["max_gross"] == (1.5 if name == "cap" else None)
    with pytest.raises(RunFolderError, match="not empty"):
        SERIES_REPORT.save(shapes["one"], tmp_path / "one")
    SERIES_REPORT.save(shapes["one"], tmp_path / "one", overwrite=True)


def test_figures_are_valid_and_hold_the_numbers(shapes: dict[str, EventSeries]) -> None:
    from plotly.graph_objects import Figure

    for found in shapes.values():
        figures = [figure for part in series_sections(found) for figure in part.figures]
        assert [figure.name for figure in figures] == ["path", "events", "account"]
        for figure in figures:
            assert len(Figure(figure.spec).data) == len(figure.data)
    found = shapes["stack"]
    low, high, net, *adjusted = path_figure(found).data
    assert net["y"] == [0.0, *found.path["mean"]]
    assert (low["y"][1:], high["y"][1:]) == (found.path["low"].tolist(), found.path["high"].tolist())
    assert adjusted[-1]["y"] == [0.0, *found.path["caar"]]
    assert [trace["y"] for trace in path_figure(shapes["one"]).data] == [
        [0.0, *shapes["one"].path["mean"]],
        [0.0, *shapes["one"].path["caar"]],
    ]
    assert events_figure(found).data[0]["x"] == found.returns.tolist()
    account = account_figure(found)
    assert account.data[0]["y"] == [2e6, *found.book.record.days["nav_close"]]
    assert len(account.layout["shapes"]) == 1 + len(found.runs)
    first = account.layout["shapes"][1]
    assert (first["x0"], first["x1"]) == (0.5, 6)
