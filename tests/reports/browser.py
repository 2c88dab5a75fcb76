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
    const words = table ? text.split(/[\\s\\u00a0]+|(?<=[-/_])/).filter((one) => one.length <= 40) : [];
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
    for chart in page.locator("figure.chart").all():
        shown = chart.locator("svg.figure:visible")
        assert shown.count() == 1
        assert shown.locator(".tr path, .tr rect").count() > 0, chart.get_attribute("id")
