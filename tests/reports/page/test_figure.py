"""Names from files are text in figures, whatever plotly would make of them."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

import hedgebook as hb
from hedgebook.reports.figures import svg
from hedgebook.reports.page.figure import Figure, layout
from hedgebook.reports.page.hover import hover, unpacked
from hedgebook.universes.event import SHIPPED
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe

POISONED = {name: f"<i>{name}</i>" for name in ("META", "CRWV", "NBIS", "MU")}
META, CRWV, NBIS = (POISONED[name] for name in ("META", "CRWV", "NBIS"))


@pytest.fixture(scope="module")
def market() -> Market:
    plain = hb.sample_market()
    universe = json.loads(plain.universe.model_dump_json())
    for bucket in universe["buckets"]:
        bucket["role"] = "<i>role</i>"
        for member in bucket["members"]:
            member["ticker"] = POISONED.get(member["ticker"], member["ticker"])
    return dataclasses.replace(
        plain,
        tickers=tuple(POISONED.get(ticker, ticker) for ticker in plain.tickers),
        universe=Universe.model_validate({**universe, "title": "<i>title</i>"}),
    )


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("events") / "events.toml"
    text = re.sub(r'headline = "[^"]*"', 'headline = "<i>news</i>"', SHIPPED.read_text(encoding="utf-8"))
    for name, other in POISONED.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    plain = svg.svg

    def drawn(figure: Figure, width_px: int, narrow: bool) -> str:
        seen.append(figure.spec)
        return plain(figure, width_px, narrow)

    monkeypatch.setattr(svg, "svg", drawn)
    return seen


@pytest.mark.parametrize("what", ["run", "book", "hedge book", "sweep"])
def test_tags_in_names_are_text(
    what: str, market: Market, events: Path, specs: list[dict[str, Any]], tmp_path: Path
) -> None:
    page, book = tmp_path / "page.html", tmp_path / "book.csv"
    book.write_text(f"ticker,shares\n{META},1000\n{CRWV},-500\n")
    trade = hb.trade(long=(META,), short=(CRWV, NBIS), title="<i>title</i>")
    if what == "run":
        hb.backtest(trade, market, events=events).report(page)
    elif what == "book":
        hb.risk(hb.read_book(book, market), market, events=events, paths=200).report(page)
    elif what == "hedge book":
        hb.hedge_book(hb.HedgeBook(book, (NBIS, "SPY")), market, events=events).report(page)
    else:
        options = hb.SweepOptions(events=events)
        hb.sweep(trade, market, options=options, hold="5:9", short=[CRWV, NBIS]).report(page)
    assert specs
    text = json.dumps(specs)
    assert "<i>" not in text
    assert ("&lt;i&gt;" in text) is (what != "book")
    assert "<i>" not in re.sub(r"(?s)<style.*?</style>|<script>.*?</script>", "", page.read_text(encoding="utf-8"))


def test_a_cell_of_a_heat_map_says_where_it_is() -> None:
    cells = {
        "type": "heatmap", "x": ["Jan", "Feb"], "y": ["2025", "2026"], "z": [[0.0123, -0.2], [None, 0.5]],
        "hovertemplate": "%{x} %{y}: %{z:.2%}<extra></extra>",
    }  # fmt: skip
    told = hover(Figure("months", "c", (cells,), layout(200)))
    assert unpacked(told["s"][0]["t"]) == ["Jan 2025: 1.23%", "Feb 2025: −20.00%", "Jan 2026: –", "Feb 2026: 50.00%"]
    bare = {"type": "heatmap", "z": [[1.0, 2.0]], "text": [["one", "two"]], "hovertemplate": "%{text}<extra></extra>"}
    assert unpacked(hover(Figure("bare", "c", (bare,), layout(200)))["s"][0]["t"]) == ["one", "two"]
