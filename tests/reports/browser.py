"""Reports as a real browser without a network shows them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from hedgebook.reports.page.html import plotly_script

CHROMIUM = Path("/usr/bin/chromium")
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium, which is absent here")


def drawn(path: Path, home: Path) -> tuple[BeautifulSoup, list[Tag]]:
    """The page of a report and its figures, all drawn and nothing logged; home: a folder for what a browser keeps."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr"),
            f"--user-data-dir={home / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=8000",
            "--window-size=1200,2000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "HOME": str(home)},
    )
    page = BeautifulSoup(done.stdout.replace(plotly_script(), ""), "html5lib")
    plots = page.select("[data-figure]")
    for plot in plots:
        assert plot.select("svg.main-svg"), plot["data-figure"]
        assert "could not be drawn" not in plot.get_text()
    # What a page logs reaches stderr with the word CONSOLE; a policy violation or a script error is such a line.
    assert "CONSOLE" not in done.stderr
    return page, list(plots)
