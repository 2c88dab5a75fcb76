"""Reports as a real browser without a network shows them: what it logs, what is clipped, what a reader can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"),
)
HEIGHT_PX = 900
PHONE_PX = 400
# What is left of A4 between margins of 14 mm.
PAPER_PX = 688
MOST_LINES = 5

# Cells whose text is cut, whose column is narrower than its longest word, or that are taller than so many lines.
BAD_CELLS = """(most) => {
  const found = [];
  const pen = document.createElement("canvas").getContext("2d");
  for (const cell of document.querySelectorAll("th, td, dt, dd")) {
    const text = cell.textContent.trim();
    if (!text || !cell.offsetParent) continue;
    const style = getComputedStyle(cell);
    const inner = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const table = cell.matches("th, td");
    // More letters than 40 are no word, and may go on in the next line.
    const whole = table || cell.matches(".card dd") ? text : "";
    const words = whole.split(/[\\s\\u00a0]+|(?<=[-/_])/).filter((one) => one.length <= 40);
    const longest = words.reduce((a, b) => (b.length > a.length ? b : a), "");
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const wide = pen.measureText(longest).width;
    const high = parseFloat(style.lineHeight) || 1.55 * parseFloat(style.fontSize);
    const lines = (cell.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)) / high;
    if (wide > inner + 1.5) found.push(["narrow", text, inner, wide]);
    if (cell.scrollWidth > cell.clientWidth + 1 && style.overflowX !== "auto") found.push(["clipped", text]);
    if (table && lines > most + 0.5) found.push(["tall", text, lines]);
  }
  return found;
}"""
# Texts of figures that leave their drawing, or lie on one another.
BAD_LABELS = """() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg.figure")) {
    const all = svg.getBoundingClientRect();
    if (!all.width) continue;
    const boxes = [];
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (!box.width) continue;
      if (box.left < all.left - 1 || box.right > all.right + 1 || box.top < all.top - 1 || box.bottom > all.bottom + 1)
        found.push(["outside", text.textContent]);
      if (!text.closest(".mv")) boxes.push([text.textContent, box]);
    }
    boxes.forEach(([a, p], k) => boxes.slice(k + 1).forEach(([b, q]) => {
      const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (across > 1 && down > 4) found.push(["overlap", a, b]);
    }));
  }
  return found;
}"""


# Figures whose plot shows no value where the keys go to its last point, or that shows one after it is left.
SILENT = """() => {
  const found = [];
  for (const chart of document.querySelectorAll("figure.chart")) {
    if (chart.querySelector("script").textContent.includes('"s":[]')) continue;
    const plot = chart.querySelector(".plot"), tip = chart.querySelector(".tip");
    const press = (key) => plot.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    plot.focus();
    press("ArrowRight");
    const first = tip.hidden ? "" : tip.textContent;
    press("End");
    const last = tip.hidden ? "" : tip.textContent;
    press("Escape");
    if (!first || !/[0-9]/.test(last) || !tip.hidden) found.push([chart.id, first, last]);
    const svg = [...chart.querySelectorAll("svg.figure")].find((one) => one.getClientRects().length);
    const box = svg.getBoundingClientRect();
    let hovered = "";
    for (let k = 1; k < 400 && !/[0-9]/.test(hovered); k++) {
      const clientX = box.left + (k % 20) / 20 * box.width, clientY = box.top + Math.floor(k / 20) / 20 * box.height;
      svg.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
      hovered = tip.hidden ? "" : tip.textContent;
    }
    plot.dispatchEvent(new PointerEvent("pointerleave"));
    if (!/[0-9]/.test(hovered) || !tip.hidden) found.push([chart.id, "pointer", hovered]);
  }
  return found;
}"""
# Each table that can be sorted: the cells of its last column and whether its total stays last, before and after.
SORTED = """() => {
  const found = [];
  for (const table of document.querySelectorAll(".table table")) {
    const sorters = table.querySelectorAll(".sorter");
    if (!sorters.length) continue;
    const rows = () => [...table.tBodies[0].rows].map((row) =>
      [row.cells[row.cells.length - 1].textContent, row.classList.contains("total")]);
    const sorter = sorters[sorters.length - 1], name = table.parentNode.getAttribute("aria-label");
    const told = { name, as: [rows()] };
    for (const way of ["ascending", "descending"]) {
      sorter.click();
      if (sorter.closest("th").getAttribute("aria-sort") !== way) told.name += ": not " + way;
      told.as.push(rows());
    }
    found.push(told);
  }
  return found;
}"""
# Everything that a reader can do something with: marked, with its name and place in the order of keys.
CONTROLS = """[...document.querySelectorAll("button, a[href], .plot, .lg, .table, .sorter")]
  .filter((one) => one.getClientRects().length)
  .map((one, k) => {
    one.dataset.at = k;
    return [one.getAttribute("aria-label") || one.textContent.trim(), one.tabIndex];
  })
"""
# Tables that a printed page cuts at its edge.
WIDE_TABLES = """(wide) => [...document.querySelectorAll("table")]
  .filter((table) => table.getBoundingClientRect().right > wide + 1)
  .map((table) => [table.parentNode.getAttribute("aria-label"), table.getBoundingClientRect().right])"""
# Figures without a drawing that is seen, or with more than one, or with nothing drawn in it.
EMPTY = """() => [...document.querySelectorAll("figure.chart")].filter((chart) => {
  const seen = [...chart.querySelectorAll("svg.figure")].filter((svg) => svg.getClientRects().length);
  return seen.length !== 1 || !seen[0].querySelector(".tr path, .tr rect");
}).map((chart) => chart.id)"""


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, or the test is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium, which is absent here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        try:
            yield found
        finally:
            found.close()


@contextmanager
def opened(chromium: Browser, path: Path, width: int = 1400, scheme: Any = "light", **more: Any) -> Iterator[Page]:
    """A report in a window; it may log nothing, raise nothing and ask for nothing but itself."""
    context = chromium.new_context(
        viewport={"width": width, "height": HEIGHT_PX}, color_scheme=scheme, offline=True, **more
    )
    trouble: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: trouble.append(f"console: {message.text}"))
    page.on("pageerror", lambda problem: trouble.append(f"error: {problem}"))
    page.on("request", lambda request: trouble.append(request.url) if not ours(request.url, path) else None)
    try:
        page.goto(path.as_uri())
        yield page
        assert trouble == []
    finally:
        context.close()


def ours(url: str, path: Path) -> bool:
    """Whether a request is for the report itself, or for a picture that the page made."""
    return url == path.as_uri() or url.startswith(("data:", "blob:"))


def check_layout(page: Page, *, phone: bool) -> None:
    """Nothing is clipped, collapsed or empty, and the page itself does not scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(BAD_CELLS, MOST_LINES if phone else 8) == []
    assert page.evaluate(BAD_LABELS) == []
    assert page.evaluate(EMPTY) == []
