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

from ..browser import CONTROLS, EMPTY, HEIGHT_PX, PAPER_PX, PHONE_PX, SILENT, SORTED, WIDE_TABLES, check_layout, opened
from ..sweeps import sweep_of
from ..told import ASKED, AllTold

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


def _compared(market: hb.Market) -> list[Any]:
    """Tickers, runs and a series with names that are long, and that a page could take for its own."""
    odd = pd.Series(np.random.default_rng(4).normal(0.0, 0.01, 300), pd.bdate_range("2025-03-03", periods=300))
    return [
        "META", "CRWV",
        hb.backtest(hb.BuyAndHold(name="hold-of-a-long-name-that-goes-on-and-on", tickers=("MU",)), market),
        odd.rename("<b>bold</b> & \U0001f680 " + "a name of very many letters in words of which each is short " * 2),
        odd.mul(0.5).rename("UNBROKENNAMEOFEIGHTYLETTERS" * 3),
    ]  # fmt: skip


def _makers(path: Path, trade: TradeRun) -> dict[str, Callable[[], Any]]:
    """What writes each kind of report that no plain command makes to a file."""
    from hedgebook.reports.run.page import write_report
    from hedgebook.reports.sweep.page import write_sweep_report

    market = hb.sample_market()
    return {
        "trade": lambda: write_report(trade, path),
        "strategy": lambda: _strategy().report(path),
        "splits": lambda: write_sweep_report(sweep_of("cpcv"), path),
        "league": lambda: hb.hedges("long-meta-short-neocloud", market, "dollar,beta,ridge").report(path),
        "events": lambda: hb.hedges(hb.trade(hold=6), market, ["dollar", "kalman"], on=EVENTS).report(path),
        "odd names": lambda: hb.compare(_compared(market), "SPY", market=market).report(path),
    }


MADE = ("trade", "strategy", "splits", "league", "events", "odd names")
# A league of the same two hedges stands among those that are made.
KINDS = (*MADE, *(kind for kind in ASKED if kind != "hedges"))
# What has no figures of values that a reader could point at.
WITHOUT_VALUES = ("claims",)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, run: TradeRun, told: AllTold) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind in ASKED:
            return told[kind].folder / "report.html"
        if kind not in made:
            path = tmp_path_factory.mktemp("made") / "report.html"
            _makers(path, run)[kind]()
            made[kind] = path
        return made[kind]

    return of


# Rows after the first few of a table are like those.
AXE_PART = {"exclude": [[".table tbody tr:nth-child(n+3)"]]}
AXE_OPTIONS = {"resultTypes": ["violations"]}
LOOKS = ((1400, "light"), (800, "dark"), (PHONE_PX, "light"), (800, "light"), (PHONE_PX, "dark"), (1400, "dark"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_whole_at_every_width_in_light_dark_and_print(
    kind: str, chromium: Browser, written: Callable[[str], Path]
) -> None:
    path = written(kind)
    assert len(path.read_bytes()) <= MOST_BYTES
    with opened(chromium, path) as page:
        for width, scheme in LOOKS[:3]:
            page.set_viewport_size({"width": width, "height": HEIGHT_PX})
            page.emulate_media(color_scheme=scheme)
            check_layout(page, phone=width == PHONE_PX)
        _check_axe(page, *LOOKS[KINDS.index(kind) % len(LOOKS)])
        assert page.evaluate(SILENT) == []
        assert page.locator("figure.chart").count() > 0 or kind in WITHOUT_VALUES
        _check_sorting(page)
        controls = page.evaluate(CONTROLS)
        assert [name for name, index in controls if not name or index != 0] == []
        page.set_viewport_size({"width": PAPER_PX, "height": HEIGHT_PX})
        page.emulate_media(media="print", color_scheme="light")
        assert page.evaluate(EMPTY) == []
        assert page.evaluate(WIDE_TABLES, PAPER_PX) == []
        assert page.locator(".tools button:visible, nav:visible").count() == 0


def _check_axe(page: Page, width: int, scheme: Any) -> None:
    """Nothing serious is found, in one of the ways a page can look: all ways over all kinds, for each takes seconds."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": HEIGHT_PX})
    page.emulate_media(color_scheme=scheme)
    found = Axe().run(page, context=AXE_PART, options=AXE_OPTIONS).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS] == []


def _check_sorting(page: Page) -> None:
    """Every table stands as its last column goes, both ways; what is undefined comes last, before the totals."""
    for table in page.evaluate(SORTED):
        before, up, down = ([cell for cell, total in rows if not total] for rows in table["as"])
        assert [row for row in table["as"][0] if row[1]] == [row for row in table["as"][2] if row[1]], table["name"]
        assert sorted(before) == sorted(up) == sorted(down), table["name"]
        for rows in table["as"]:
            totals = [total for _, total in rows]
            assert totals == sorted(totals), table["name"]
        try:
            known = [_number(cell) for cell in before if cell.strip() not in ("", "\u2013")]
        except ValueError:
            continue  # Words, or numbers with words beside them.
        assert [_number(cell) for cell in up[: len(known)]] == sorted(known), table["name"]
        assert [_number(cell) for cell in down[: len(known)]] == sorted(known, reverse=True), table["name"]
        assert all(cell.strip() in ("", "\u2013") for cell in up[len(known) :] + down[len(known) :]), table["name"]


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
    with opened(chromium, written("strategy")) as page:
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
    with opened(chromium, written("strategy")) as page:
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

    with opened(chromium, written("strategy")) as page:
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
