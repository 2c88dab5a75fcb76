"""What a journal says in words, tables and its figure, held against its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgebook as hb
from hedgebook.reports.figures.svg import svg
from hedgebook.reports.journal.figures import fan_figure, session_places
from hedgebook.reports.journal.tables import sessions_table, stops_table
from hedgebook.reports.journal.words import mark_line, place_text, verdict
from hedgebook.reports.page.numbers import number


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> hb.Journal:
    file: Path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    trade = hb.trade(hold=8, stop_loss=0.4)
    hb.journal.open(trade, hb.sample_market(seed=3), name="one", as_of="2026-07-08", file=file)
    return hb.journal.show("one", file=file)


def test_places_are_told_between_the_levels_of_the_forecast() -> None:
    assert [place_text(one) for one in (None, 0.0, 0.384, 1.0)] == ["\u2013", "below", "p38", "above"]


def test_the_line_and_the_verdict_are_of_the_last_row(shown: hb.Journal) -> None:
    row = shown.state.rows[-1]
    line = mark_line(shown.state, 2, 0)
    assert line.startswith("one  2026-07-08  day ")
    assert line.endswith("on  +2  ok")
    assert mark_line(shown.state, 0, 3).endswith("+0  ALERT 3")
    word = "made" if row["total_usd"] >= 0.0 else "lost"
    assert f"has {word} {number(abs(row['total_usd']), 0)} USD" in verdict(shown.state)


def test_tables_have_the_rows_newest_first(shown: hb.Journal) -> None:
    table = sessions_table(shown.state)
    assert [row[0] for row in table.rows] == [row["session"] for row in reversed(shown.state.rows)]
    assert [row[1] for row in table.rows] == [number(row["nav_usd"], 0) for row in reversed(shown.state.rows)]
    stops = stops_table(shown.state)
    assert stops is not None
    assert stops.rows[0][0] == "Stop loss"


def test_the_figure_is_the_fan_with_the_trade_in_it(shown: hb.Journal) -> None:
    figure = fan_figure(shown.state)
    assert figure is not None
    own = next(one for one in figure.data if one.get("name") == "P&L since entry")
    assert own["y"] == [0.0, *(round(row["total_usd"] / 1e6, 6) for row in shown.state.rows)]
    assert sum("fill" in one for one in figure.data) == 2
    assert svg(figure).startswith("<svg")


def test_a_day_that_is_no_session_stands_between_two() -> None:
    assert session_places([1, 2, 3]) == [1, 2, 3]
    assert session_places([0, 1, 2, 2, 2, 3]) == [0, 1, 2, 2.333333, 2.666667, 3]
