"""Every kind of report in a real browser: wide, narrow, light, dark and printed; what a reader can do with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.strategies.run.run import TradeRun

from ..browser import PHONE_PX, check_layout, opened
from ..sweeps import sweep_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MOST_BYTES = 1_000_000
EVENTS = ("nebius-microsoft-2025", "meta-compute-2026")
SERIOUS = ("serious", "critical")


def _strategy() -> hb.Run:
    market = hb.sample_market()
    days = pd.DatetimeIndex(market.sessions[10:-1:9].astype("datetime64[ns]"))
    weights = np.random.default_rng(2).uniform(-0.1, 0.1, (len(days), 12))
    return hb.backtest(hb.weights(pd.DataFrame(weights, days, list(market.tickers[:12])), title="Sway"), market)


def _book(folder: Path) -> Path:
    path = folder / "book.csv"
    path.write_text("ticker,shares\nMETA,1000\nMU,800\nCRWV,-500\n")
    return path


def _compared(market: hb.Market) -> list[Any]:
    """Tickers, runs and a series with names that are long, and that a page could take for its own."""
    odd = pd.Series(np.random.default_rng(4).normal(0.0, 0.01, 300), pd.bdate_range("2025-03-03", periods=300))
    return [
        "META", "CRWV",
        hb.backtest(hb.BuyAndHold(name="hold-of-a-long-name-that-goes-on-and-on", tickers=("MU",)), market),
        odd.rename("<b>bold</b> & \U0001f680 " + "a name of very many letters in words of which each is short " * 2),
        odd.mul(0.5).rename("UNBROKENNAMEOFEIGHTYLETTERS" * 3),
    ]  # fmt: skip


def _makers(folder: Path, trade: TradeRun) -> dict[str, Callable[[], Any]]:
    """What writes each kind of report to a file."""
    from hedgebook.reports.run.page import write_report
    from hedgebook.reports.sweep.page import write_sweep_report

    market, path = hb.sample_market(), folder / "report.html"
    return {
        "trade": lambda: write_report(trade, path),
        "run": lambda: _strategy().report(path),
        "sweep": lambda: write_sweep_report(sweep_of("grid"), path),
        "splits": lambda: write_sweep_report(sweep_of("cpcv"), path),
        "study": lambda: hb.event_study("meta-compute-2026", market).report(path),
        "series": lambda: hb.event_series("long-meta-short-neocloud", market).report(path),
        "league": lambda: hb.hedges("long-meta-short-neocloud", market, "dollar,beta,ridge").report(path),
        "events": lambda: hb.hedges(hb.trade(hold=6), market, ["dollar", "kalman"], on=EVENTS).report(path),
        "book": lambda: hb.hedge_book(hb.HedgeBook(_book(folder), ("NBIS", "SPY")), market).report(path),
        "tearsheet": lambda: hb.tearsheet("META", "SPY", market=market).report(path),
        "compare": lambda: hb.compare(_compared(market), "SPY", market=market).report(path),
        "claims": lambda: hb.check_claims(market).report(path),
        "risk": lambda: hb.risk(hb.read_book(_book(folder), market), market, paths=200).report(path),
    }


SHEETS = ("tearsheet", "compare", "claims")
KINDS = ("trade", "run", "sweep", "splits", "study", "series", "league", "events", "book", "risk", *SHEETS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, run: TradeRun) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            _makers(folder, run)[kind]()
            made[kind] = folder / "report.html"
        return made[kind]

    return of


@pytest.fixture(params=KINDS)
def report(request: pytest.FixtureRequest, written: Callable[[str], Path]) -> Path:
    return written(request.param)


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (800, "dark"), (PHONE_PX, "light")])
def test_nothing_is_clipped_or_empty(report: Path, chromium: Browser, width: int, scheme: str) -> None:
    assert len(report.read_bytes()) <= MOST_BYTES
    with opened(chromium, report, width, scheme) as page:
        check_layout(page, phone=width == PHONE_PX)


def test_a_printed_report_shows_all_figures(report: Path, chromium: Browser) -> None:
    with opened(chromium, report) as page:
        page.emulate_media(media="print")
        assert page.locator(".tools button:visible, nav:visible").count() == 0
        charts = page.locator("figure.chart")
        assert page.locator("svg.figure:visible").count() == charts.count()
        assert charts.count() > 0 or report.parent.name.startswith("claims")


def test_pointing_and_keys_show_values(report: Path, chromium: Browser) -> None:
    with opened(chromium, report) as page:
        told = 0
        for chart in page.locator("figure.chart").all():
            if '"s":[]' in str(chart.locator("script").text_content()):
                continue
            plot, tip = chart.locator(".plot"), chart.locator(".tip")
            plot.focus()
            page.keyboard.press("ArrowRight")
            first = tip.inner_text()
            page.keyboard.press("End")
            last = tip.inner_text()
            assert any(letter.isdigit() for letter in last), chart.get_attribute("id")
            assert first
            page.keyboard.press("Escape")
            assert not tip.is_visible()
            told += 1
        assert told > 0 or report.parent.name.startswith("claims")


# Rows after the first few of a table are like those.
AXE_PART = {"exclude": [[".table tbody tr:nth-child(n+4)"]]}
AXE_OPTIONS = {"resultTypes": ["violations"]}


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_serious(kind: str, chromium: Browser, written: Callable[[str], Path]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # Each kind in one of the two ways, both ways over all kinds: one pass takes seconds.
    width, scheme = ((1400, "light"), (PHONE_PX, "dark"))[KINDS.index(kind) % 2]
    with opened(chromium, written(kind), width, scheme) as page:
        found = Axe().run(page, context=AXE_PART, options=AXE_OPTIONS).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS] == []


def _drag(page: Page, chart: str) -> None:
    page.locator(f"#{chart}").scroll_into_view_if_needed()
    box = page.locator(f"#{chart} svg.figure:visible").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.4 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], middle, steps=4)
    page.mouse.up()


def test_days_are_zoomed_together_and_set_back(chromium: Browser, written: Callable[[str], Path]) -> None:
    with opened(chromium, written("run")) as page:
        line = page.locator("#chart-equity svg.figure:visible .zs").first
        other = page.locator("#chart-holdings svg.figure:visible .zs").first
        button = page.get_by_role("button", name="Reset zoom: equity")
        assert not button.is_visible()
        _drag(page, "chart-equity")
        assert str(line.get_attribute("transform")).startswith("matrix(")
        assert str(other.get_attribute("transform")).startswith("matrix(")
        days = page.locator("#chart-equity svg.figure:visible .newax text").all_text_contents()
        assert days == sorted(days)
        assert len(days) >= 2
        page.locator("#chart-equity .plot").focus()
        page.keyboard.press("Home")
        assert days[0] in page.locator("#chart-equity .tip").inner_text()
        button.click()
        assert line.get_attribute("transform") is None
        assert other.get_attribute("transform") is None


def test_the_crosshair_stands_on_one_day_in_all_figures(chromium: Browser, written: Callable[[str], Path]) -> None:
    with opened(chromium, written("run")) as page:
        box = page.locator("#chart-equity svg.figure:visible").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
        told = page.locator("#chart-equity .tip").inner_text()
        assert "NAV, USD" in told
        assert "Drawdown" in told
        assert page.locator("#chart-holdings svg.figure:visible .cross").count() == 3
        assert page.locator("#chart-exposure svg.figure:visible .cross").count() == 0


def test_a_legend_hides_its_line(chromium: Browser, written: Callable[[str], Path]) -> None:
    with opened(chromium, written("league")) as page:
        svg = page.locator("#chart-paths svg.figure:visible")
        entry = svg.locator(".lg").first
        entry.focus()
        page.keyboard.press("Enter")
        assert entry.get_attribute("aria-pressed") == "false"
        assert not svg.locator('.tr[data-k="0"]').is_visible()
        entry.click()
        assert svg.locator('.tr[data-k="0"]').is_visible()


def _column(page: Page, table: str, column: int) -> list[str]:
    rows = page.locator(f"{table} tbody tr:not(.total)").all()
    return [row.locator("td").nth(column).inner_text() for row in rows]


def _number(text: str) -> float:
    plain = text.replace(",", "").replace("\u2212", "-").rstrip("%")
    return float("inf") if plain == "\u2013" else float(plain)


def test_tables_sort_with_what_is_undefined_last(chromium: Browser, written: Callable[[str], Path]) -> None:
    with opened(chromium, written("trade")) as page:
        head = page.locator("#fills thead th").nth(3)
        before = _column(page, "#fills", 3)
        total = page.locator("#fills tr.total").inner_text()
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        assert _column(page, "#fills", 3) == sorted(before, key=_number)
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        assert [_number(x) for x in _column(page, "#fills", 3)] == sorted(map(_number, before), reverse=True)
        assert page.locator("#fills tbody tr").last.inner_text() == total
        page.evaluate("document.querySelector('#fills tbody tr td:nth-child(4)').textContent = '\u2013'")
        for _ in range(2):
            head.get_by_role("button").click()
            assert _column(page, "#fills", 3)[-1] == "\u2013"


def test_tables_and_figures_can_be_taken_along(chromium: Browser, written: Callable[[str], Path]) -> None:
    path = written("trade")
    with opened(chromium, path, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.get_by_role("button", name="Copy: P&L in USD").click()
        lines = str(page.evaluate("document.querySelector('#pnl table').dataset.copied")).split("\n")
        assert lines[0].split("\t")[0] == "Ticker"
        assert len(lines) == 1 + page.locator("#pnl table").first.locator("tbody tr").count()
        assert all(len(line.split("\t")) == len(lines[0].split("\t")) for line in lines)
        assert "\u2212" not in "".join(lines)
        with page.expect_download() as vector:
            page.get_by_role("button", name="SVG: equity").click()
        text = Path(vector.value.path()).read_text()
        assert text.startswith("<svg")
        assert 'xmlns="http://www.w3.org/2000/svg"' in text
        with page.expect_download() as pixels:
            page.get_by_role("button", name="PNG: equity").click()
        assert Path(pixels.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_contents_follow_the_reader_on_wide_screens(chromium: Browser, written: Callable[[str], Path]) -> None:
    with opened(chromium, written("trade")) as page:
        link = page.locator('nav a[href="#fills"]')
        link.click()
        page.wait_for_function("document.querySelector('nav a[aria-current]')?.hash === '#fills'")
        assert link.is_visible()
    with opened(chromium, written("trade"), 800) as page:
        assert not page.locator("nav").is_visible()


def test_figures_stand_without_scripts(chromium: Browser, written: Callable[[str], Path]) -> None:
    with opened(chromium, written("trade"), java_script_enabled=False) as page:
        assert page.locator("svg.figure:visible").count() == page.locator("figure.chart").count() == 8


def test_days_are_zoomed_by_the_keyboard(chromium: Browser, written: Callable[[str], Path]) -> None:
    def shown(page: Page) -> list[str]:
        return page.locator("#chart-equity svg.figure:visible .newax text").all_text_contents()

    with opened(chromium, written("run")) as page:
        reset = page.get_by_role("button", name="Reset zoom: equity")
        page.locator("#chart-equity .plot").focus()
        page.keyboard.press("-")
        assert shown(page) == []  # There is nothing beyond all days.
        page.keyboard.press("+")
        half = shown(page)
        assert reset.is_visible()
        page.keyboard.press("+")
        quarter = shown(page)
        assert half[0] < quarter[0] < quarter[-1] < half[-1]
        page.keyboard.press("Shift+ArrowRight")
        moved = shown(page)
        assert quarter[0] < moved[0] < quarter[-1] < moved[-1]
        page.keyboard.press("Shift+ArrowLeft")
        assert shown(page) == quarter
        page.keyboard.press("End")
        page.keyboard.press("+")
        assert shown(page)[-1] <= quarter[-1]
        for _ in range(12):
            page.keyboard.press("+")
        assert len(set(shown(page))) >= 2
        page.keyboard.press("0")
        assert shown(page) == []
        assert not reset.is_visible()
        page.keyboard.press("+")
        page.keyboard.press("Escape")
        assert shown(page) == []
        page.keyboard.press("+")
        reset.focus()
        page.keyboard.press("Enter")
        assert shown(page) == []
        assert page.evaluate("document.activeElement.closest('#chart-equity') !== null")


# Everything that a reader can do something with: marked, with its name and place in the order of keys.
CONTROLS = """[...document.querySelectorAll("button, a[href], .plot, .lg, .table, .sorter")]
  .filter((one) => one.getClientRects().length)
  .map((one, k) => {
    one.dataset.at = k;
    return [one.getAttribute("aria-label") || one.textContent.trim(), one.tabIndex];
  })
"""


def test_every_control_is_reached_by_the_keyboard_and_has_a_name(
    chromium: Browser, written: Callable[[str], Path]
) -> None:
    with opened(chromium, written("trade")) as page:
        wanted = page.evaluate(CONTROLS)
        assert len(wanted) > 40
        assert [name for name, index in wanted if not name or index != 0] == []
        page.evaluate("document.activeElement.blur()")
        seen = set()
        for _ in range(len(wanted) + 5):
            page.keyboard.press("Tab")
            seen.add(page.evaluate("document.activeElement.dataset?.at ?? null"))
        assert len(seen - {None}) == len(wanted)
