"""The HTML report: complete, escaped everywhere, alone on its page, and drawn by a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from hedgebook.errors import RunFolderError
from hedgebook.reports.page.figure import Figure, label
from hedgebook.reports.page.html import beside, marked, render_page, script_json
from hedgebook.reports.page.section import Section
from hedgebook.reports.page.table import Table, columns, filled
from hedgebook.reports.run.page import header, render_report, sections, write_report
from hedgebook.reports.run.tables import headline_table
from hedgebook.reports.run.words import verdict
from hedgebook.strategies.run.run import TradeRun

from ..conftest import BOLD, run_invented

ORDER = (
    *("headline", "around", "pnl", "event-day", "holdings", "fills", "rejected", "shorts", "drawdowns"),
    *("exposures", "factor-pnl", "risk", "weights", "assumptions", "warnings", "versions"),
)
FIGURES = ("around", "equity", "pnl-through-time", "causes", "holders", "holdings", "exposure", "factor-pnl")
SHAPES = ("run", "one_leg", "hindsight", "one_session", "stuck", "free")


def page_of(run: TradeRun) -> BeautifulSoup:
    """The parsed report."""
    return BeautifulSoup(render_report(run), "html5lib")


@pytest.fixture(scope="module")
def pages(every_run: dict[str, TradeRun]) -> dict[str, BeautifulSoup]:
    return {name: page_of(run) for name, run in every_run.items()}


def source_of(tags: list[Tag]) -> str:
    """The text inside scripts and styles, which get_text leaves out."""
    return "".join(str(child) for tag in tags for child in tag.contents)


def section_of(page: BeautifulSoup, name: str) -> Tag:
    found = page.find(id=name)
    assert isinstance(found, Tag)
    return found


def text_of(page: BeautifulSoup, name: str) -> str:
    return " ".join(section_of(page, name).get_text(" ").split())


@pytest.mark.parametrize("shape", SHAPES)
def test_sections_stand_in_their_order(pages: dict[str, BeautifulSoup], shape: str) -> None:
    found = [section["id"] for section in pages[shape].find_all("section")]
    assert found == list(ORDER)


@pytest.mark.parametrize("shape", SHAPES)
def test_names_never_become_markup(pages: dict[str, BeautifulSoup], shape: str) -> None:
    page = pages[shape]
    assert page.find_all("b") == []
    assert page.find_all("i") == []
    scripts = page.find_all("script")
    figures = [script for script in scripts if script.get("type") == "application/json"]
    assert len(scripts) == len(figures) + 1
    assert len(source_of(figures)) > 1000
    assert "alert(1)" not in source_of(list(scripts))
    assert "</script><script>alert(1)</script> & <b>more" in text_of_header(page)
    assert page.title is not None
    assert page.title.get_text() == "invented-trade: hedgebook report"
    assert "Makers </title><b>against renters" in text_of_header(page)


def text_of_header(page: BeautifulSoup) -> str:
    found = page.find("header")
    assert isinstance(found, Tag)
    return " ".join(found.get_text(" ").split())


def test_a_ticker_like_a_tag_is_shown_as_text(pages: dict[str, BeautifulSoup]) -> None:
    for name in ("assumptions", "pnl", "event-day", "fills", "weights"):
        assert BOLD in text_of(pages["run"], name)
    assert "prices <i>v2.csv" in text_of(pages["run"], "assumptions")
    assert "a <i>warning</i>" in text_of(pages["run"], "warnings")


def test_labels_inside_figures_are_text(run: TradeRun, pages: dict[str, BeautifulSoup]) -> None:
    chart = pages["run"].find(id="chart-holders")
    assert isinstance(chart, Tag)
    assert "<" not in source_of(list(chart.find_all("script")))
    assert BOLD in [text.get_text() for text in chart.select("svg text")]
    figure = next(figure for part in sections(run) for figure in part.figures if figure.name == "holders")
    assert "&lt;b&gt;X" in figure.data[2]["y"]
    assert BOLD not in json.dumps([figure.spec["data"] for part in sections(run) for figure in part.figures])
    assert label("a<br>&b") == "a&lt;br&gt;&amp;b"


def test_script_json_cannot_end_its_script() -> None:
    nasty = {"</script><!--": ["<script>", "&amp;", "\u2028", float("nan")]}
    text = str(script_json(nasty))
    assert not re.search(r"[<>&\u2028\u2029]", text)
    assert json.loads(text) == {"</script><!--": ["<script>", "&amp;", "\u2028", None]}


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_comes_from_elsewhere(pages: dict[str, BeautifulSoup], shape: str) -> None:
    page = pages[shape]
    for tag in page.find_all(True):
        for attribute in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
            assert str(tag.get(attribute, "#")).startswith("#"), tag
    assert page.find_all(["link", "img", "iframe", "object", "embed", "base"]) == []
    own = source_of(list(page.find_all(["script", "style"])))
    assert "font-variant-numeric" in own
    assert "pointermove" in own
    assert "http" not in own
    assert "url(" not in own
    assert "@import" not in own
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert isinstance(policy, Tag)
    assert str(policy["content"]).startswith("default-src 'none'")


def test_badges_say_simulated_and_not_tradable(pages: dict[str, BeautifulSoup]) -> None:
    badges = {name: [tag.get_text() for tag in page.select("header .badge")] for name, page in pages.items()}
    simulated, hindsight = "Simulated history, reported event-day moves", "Not tradable: hindsight"
    assert badges["run"] == [simulated]
    assert badges["hindsight"] == [simulated, hindsight]
    assert badges["free"] == []


def test_the_verdict_is_one_sentence_with_the_outcome(run: TradeRun, every_run: dict[str, TradeRun]) -> None:
    gain = run.backtest.final_nav - 1e6
    text = verdict(run)
    assert f"{'gained' if gain >= 0 else 'lost'} {abs(gain):,.0f} USD on 1,000,000 USD" in text
    assert "from the open of 2026-07-01 to the close of 2026-07-14" in text
    assert text.count(". ") == 0
    assert "without any costs" in verdict(every_run["free"])


def test_assumptions_are_complete(pages: dict[str, BeautifulSoup]) -> None:
    text = text_of(pages["run"], "assumptions")
    for part in (
        "by 2026-07-01 09:29:59 New York at the latest",
        "First tradable fill open of 2026-07-01",
        "up to the close of 2026-06-30",
        "Exit close of 2026-07-14, 8 sessions after the entry session",
        "dollar: as many dollars short as long",
        "ab" * 32,
        "252 sessions",
        "risk-free rate zero",
        "initial capital included",
        "Costs assumed: default",
    ):
        assert part in text
    assert "2 sessions after the first tradable fill" in text_of(pages["free"], "assumptions")
    assert "beta:" in text_of(pages["free"], "assumptions")
    assert "none: the trade has one leg" in text_of(pages["one_leg"], "assumptions")
    assert "before the news was out" in text_of(pages["hindsight"], "assumptions")
    assert "1 session after the entry session" in text_of(page_of(run_invented(hold=1)), "assumptions")


def test_the_event_day_says_what_could_not_be_earned(pages: dict[str, BeautifulSoup]) -> None:
    assert "has no open on this session" in text_of(pages["run"], "event-day")
    assert "nobody who traded on the news could earn that" in text_of(pages["one_leg"], "event-day")
    assert "entered at a close" in text_of(pages["hindsight"], "event-day")


def test_missing_exposures_say_why(run: TradeRun) -> None:
    fields = {name: getattr(run.market, name)[:, :4] for name in ("open", "high", "low", "close", "volume")}
    bare = run_invented(replace(run.market, tickers=run.market.tickers[:4], **fields))
    page = page_of(bare)
    assert "No factor proxy has prices, so no exposure." in text_of(page, "exposures")
    assert page.find(id="figure-exposure") is None


@pytest.mark.parametrize("shape", SHAPES)
def test_figures_are_valid_for_plotly(every_run: dict[str, TradeRun], shape: str) -> None:
    """plotly's own schema refuses unknown properties and values."""
    from plotly.graph_objects import Figure

    figures = [figure for part in sections(every_run[shape]) for figure in part.figures]
    assert [figure.name for figure in figures] == list(FIGURES)
    for figure in figures:
        assert len(Figure(figure.spec).data) == len(figure.data)


def test_the_equity_figure_shows_the_nav_and_its_drawdown(run: TradeRun) -> None:
    figure = next(part for part in sections(run) if part.name == "equity").figures[0]
    bench, nav, drawdown, entry, exit_mark = figure.data
    assert (bench["name"], bench["x"][0], bench["y"][0]) == ("SPY", 0.5, 1e6)
    closes = [y for x, y in zip(nav["x"], nav["y"], strict=True) if x == int(x)]
    assert closes == [1e6, *run.nav["nav_close"]]
    assert (entry["x"], entry["y"]) == ([0.5], [run.nav["nav_open"].iloc[0]])
    assert (exit_mark["x"], exit_mark["y"]) == ([9.0], [run.backtest.final_nav])
    high = 0.0
    for level, depth in zip(closes, drawdown["y"], strict=True):
        high = max(high, level)
        assert depth == pytest.approx(level / high - 1, abs=1e-15)


def test_the_waterfall_ends_at_the_total(run: TradeRun) -> None:
    figure = next(part for part in sections(run) if part.name == "pnl").figures[1]
    amounts = figure.data[0]["x"]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-6)
    assert amounts[-1] == pytest.approx(run.backtest.final_nav - 1e6, abs=1e-3)
    assert figure.data[0]["y"][-1] == "Total"


def test_interval_bars_are_95_percent(run: TradeRun) -> None:
    figure = next(part for part in sections(run) if part.name == "exposures").figures[0]
    before = run.exposures.before
    assert before is not None
    assert figure.data[0]["x"] == before.table["beta"].tolist()
    wanted = (1.959964 * before.table["stderr"]).tolist()
    assert figure.data[0]["error_x"]["array"] == pytest.approx(wanted, rel=1e-6)


def test_a_report_that_cannot_be_written_says_so(run: TradeRun, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="the report cannot be written"):
        write_report(run, tmp_path / "nowhere" / "report.html")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_screen_has_four_figures_and_one_picture(
    every_run: dict[str, TradeRun], pages: dict[str, BeautifulSoup], shape: str
) -> None:
    page, run = pages[shape], every_run[shape]
    cards = [(card.dt.get_text(), card.dd.get_text()) for card in page.select("header .card") if card.dt and card.dd]
    gain = run.backtest.final_nav / run.backtest.capital - 1.0
    assert [name for name, _ in cards] == ["Total return", "P&L", "Largest drawdown", "Worst session"]
    assert float(cards[0][1].rstrip("%").replace("\u2212", "-")) == pytest.approx(100 * gain, abs=0.005 + 1e-9)
    # One figure has one rounding: what stands large stands in the section too, word for word.
    assert set(cards) <= set(headline_table(run).rows)
    assert cards[0][1].lstrip("\u2212") in text_of_header(page).split("a return of ")[1].split(",")[0]
    assert [tag["id"] for tag in page.select("header figure")] == ["chart-equity"]
    assert len(page.select("#chart-equity")) == 1
    assert section_of(page, "equity").find("figure") is not None


def test_tradable_stands_beside_the_headline(run: TradeRun, pages: dict[str, BeautifulSoup]) -> None:
    plan = run.trade_plan
    assert plan is not None
    market, row = run.market, run.market.session_index(plan.first_fill.session)
    one = run_invented(short=())
    weights = one.plan.weights()
    at = [market.column(ticker) for ticker in weights]
    gaps = market.open[row, at] / market.close[row - 1, at] - 1.0
    moves = market.close[row, at] / market.close[row - 1, at] - 1.0
    gap, whole = (100 * sum(w * x for w, x in zip(weights.values(), part, strict=True)) for part in (gaps, moves))
    text = pages["one_leg"].select_one("header .tradable")
    assert text is not None
    said = [float(x.replace("\u2212", "-")) for x in re.findall(r"(\u2212?\d+\.\d+)%", text.get_text())]
    assert said[:2] == [pytest.approx(whole, abs=0.005 + 1e-9), pytest.approx(gap, abs=0.005 + 1e-9)]
    assert said[2] == pytest.approx(100 * (one.backtest.final_nav / 1e6 - 1.0), abs=0.005 + 1e-9)
    # Without an open there is no gap to tell, and with hindsight nothing was tradable.
    assert pages["run"].select_one("header .tradable") is None
    assert pages["hindsight"].select_one("header .tradable") is None


def test_how_it_was_made_stands_last_with_links_from_the_top(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["run"]
    links = {str(link["href"]) for link in page.select("header a")}
    assert {"#assumptions", "#warnings", "#versions"} <= links
    assert [str(link["href"])[1:] for link in page.select("nav a")] == list(ORDER)
    for link in page.select("a"):
        assert page.find(id=str(link["href"])[1:]) is not None


def test_a_long_table_is_read_a_few_times_and_not_once_a_cell(run: TradeRun) -> None:
    class Rows(tuple[tuple[str, ...], ...]):
        """Rows that count how often they are gone through."""

        times = 0

        def __iter__(self) -> Iterator[tuple[str, ...]]:
            type(self).times += 1
            return super().__iter__()

    rows = Rows((f"T{i}", "a cell of so many words that it has to be broken", f"{i}") for i in range(200))
    table = Table("Long", columns("Ticker", "Why", "Number", left=2), rows)
    text = render_page(header(run), [Section("long", "Long", tables=(table,))])
    assert text.count("<td>T") == 200
    assert text.count('<td class="w"') == 200
    assert text.count('<td class="n">199<') == 1
    assert Rows.times < 20


def test_the_verdict_of_a_check_is_coloured_and_still_a_word() -> None:
    assert str(marked("FAIL")) == '<b class="bad">FAIL</b>'
    assert str(marked("PASS")) == '<b class="good">PASS</b>'
    assert marked("FAIL: Gross") == "FAIL: Gross"


def test_columns_that_are_empty_in_every_row_are_left_out() -> None:
    table = Table("T", columns("", "A", "B"), (("", "1", ""), ("", "", "")), "note", 1)
    assert filled(table) == Table("T", columns("", "A"), (("", "1"), ("", "")), "note", 1)
    assert filled(Table("T", columns("X", "A"), ())) == Table("T", columns("X", "A"), ())


def test_tables_stand_beside_a_figure_only_where_they_leave_no_void_under_it() -> None:
    figure = Figure("f", "", (), {"height": 340})
    short, long = (Table("T", columns("", "A"), (("a", "1"),) * n) for n in (8, 18))
    assert beside(Section("s", "S", figures=(figure,), tables=(short, short)))
    assert beside(Section("s", "S", figures=(figure,), tables=(long,)))
    assert not beside(Section("s", "S", figures=(figure,), tables=(short, long)))
