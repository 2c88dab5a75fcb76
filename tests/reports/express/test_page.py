"""The page of one view in every instrument: its numbers are those of the result, and these those of plain Python."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.express.page import EXPRESS_REPORT, express_header, express_sections
from hedgebook.reports.express.summary import summarise_express
from hedgebook.reports.express.swept import best_sets, map_figures
from hedgebook.reports.express.tables import cards
from hedgebook.reports.figures.cells import colour_of
from hedgebook.reports.page.figure import ORANGE
from hedgebook.strategies.catalogue.find import find_event_trade
from hedgebook.strategies.express.request import ExpressAsked
from hedgebook.strategies.express.result import Expressed, Expression
from hedgebook.strategies.express.run import express
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.market import Market
from tests.strategies.express.flat import FlatMarks, black_scholes

from ..documents import Found, Page, shows

# Costs are none, and the commission is paid all the same, as one is asked for.
VOL, FEE = 0.8, 0.65
SWEEP = "delta=0.25,0.45,days=30,60,width=0.1,0.2"


@lru_cache(maxsize=1)
def market() -> Market:
    return hb.sample_market()


@lru_cache(maxsize=4)
def made(equal: str = "delta", only: str = "", sweep: str = SWEEP) -> Expressed:
    """Quotes of one volatility without rates or spreads; costs of none, but a commission."""
    asked = ExpressAsked.of(equal=equal, only=only, sweep=sweep or {}, commission_usd=FEE, lookback=120)
    setting = RunSetting.named(market(), "none", "plain")
    return express(find_event_trade("long-meta-short-neocloud"), None, setting, asked, lambda _: (quotes(), ()))


def quotes() -> FlatMarks:
    return FlatMarks(market(), vol=VOL)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(EXPRESS_REPORT.save(made(), tmp_path_factory.mktemp("express") / "o") / "report.html")


def table(page: Page, title: str) -> Found:
    return next(one for one in page.tables if one.title == title)


def rows(page: Page, title: str) -> Iterator[tuple[Expression, dict[str, str]]]:
    """Each row of a table by heading, with the expression that it is of."""
    found = table(page, title)
    by_title = {one.structure.title: one for one in made().expressions}
    for row in found.body:
        cells = dict(zip(found.head, row, strict=True))
        yield by_title[row[0]], cells


def spots() -> dict[str, float]:
    return {one.ticker: one.spot_usd for one in made().underlyings}


def worth(one: Expression, spot_of: Callable[[str], float], day: Any, vol: float = VOL) -> float:
    """What a position is worth less what its shares cost at the entry, contract by contract."""
    total = sum(n * (spot_of(ticker) - spots()[ticker]) for ticker, n in one.shares.items())
    for contract, n in one.positions.items():
        years = max((contract.expiry - np.datetime64(day, "D").item()).days, 0) / 365.0
        args = (contract.right, spot_of(contract.ticker), contract.strike, years, 0.0, 0.0, vol)
        total += 100.0 * n * black_scholes(*args)
    return total


def contracts(one: Expression) -> float:
    return sum(abs(n) for n in one.positions.values())


def alive(one: Expression) -> float:
    return sum(abs(n) for c, n in one.positions.items() if np.datetime64(c.expiry, "D") > made().exit_session)


def moved(move: float) -> Callable[[str], float]:
    return lambda ticker: spots()[ticker] * (1.0 + move)


def times(move: dict[str, float]) -> Callable[[str], float]:
    return lambda ticker: spots()[ticker] * move[ticker]


def test_side_by_side_is_what_formulas_say(page: Page) -> None:
    found, checked = made(), 0
    for one, cells in rows(page, "Side by side"):
        begin = worth(one, spots().__getitem__, found.entry)
        sign = 1.0 if one.structure.leg == "long" else -1.0
        entered, left = FEE * contracts(one), FEE * alive(one)
        calm = worth(one, spots().__getitem__, found.exit_session, VOL * 0.9)
        closes = {
            t: float(market().close[market().session_index(found.exit_session), market().column(t)]) for t in spots()
        }
        other = next(x for x in found.expressions if x.name == ("short-stock" if sign > 0.0 else "long-stock"))
        own = worth(one, closes.__getitem__, found.exit_session) - begin - entered - left
        beside = worth(other, closes.__getitem__, found.exit_session)
        wanted = {
            "P&L": own,
            "Whole trade": own + beside,
            "If nothing": calm - begin - entered - left,
            "Gap against": worth(one, moved(-0.2 * sign), found.entry) - begin - entered,
            "Gap for": worth(one, moved(0.2 * sign), found.entry) - begin - entered,
            "Costs": entered + left,
        }
        for head, value in wanted.items():
            assert shows(cells[head], value), (one.name, head, cells[head], value)
            checked += 1
    assert checked == 6 * 11


def test_sizes_are_what_formulas_say(page: Page) -> None:
    step = 1e-4
    for one, cells in rows(page, "Sizes, equal in delta"):
        day, at = made().entry, spots().__getitem__
        up, down = (worth(one, moved(s), day) for s in (step, -step))
        premium = math.fsum(
            100.0 * n * black_scholes(c.right, at(c.ticker), c.strike, (c.expiry - day.item()).days / 365.0, 0, 0, VOL)
            for c, n in one.positions.items()
        )
        vega = (worth(one, at, day, VOL + step) - worth(one, at, day, VOL - step)) / (2.0 * step) / 100.0
        assert shows(cells["Contracts"], contracts(one))
        assert shows(cells["Premium"], premium)
        assert float(one.figures["delta_usd"]) == pytest.approx((up - down) / (2.0 * step), abs=2.0)
        assert shows(cells["Delta"], one.figures["delta_usd"])
        assert float(one.figures["vega_usd"]) == pytest.approx(vega, abs=0.01)
        assert shows(cells["Vega"], one.figures["vega_usd"])
        assert shows(cells["VaR"], var_by_hand(one)), one.name
        assert cells["Equal in"] == ("shares" if not one.structure.options else one.equal)


def var_by_hand(one: Expression) -> float:
    """Minus the 5 % quantile of what the position gains over each of 120 sessions' moves before the news, sorted."""
    known = market().session_index(made().entry) - 1
    begin, gains = worth(one, spots().__getitem__, made().entry), []
    for t in range(known - 119, known + 1):
        move = {
            u: float(market().close[t, market().column(u)] / market().close[t - 1, market().column(u)]) for u in spots()
        }
        if all(np.isfinite(list(move.values()))):
            gains.append(worth(one, times(move), made().entry) - begin)
    gains.sort()
    place = 0.05 * (len(gains) - 1)
    low = int(place)
    return -(gains[low] + (place - low) * (gains[low + 1] - gains[low]))


def test_what_is_paid_at_expiry_is_a_sum_of_payoffs(page: Page) -> None:
    for one, cells in rows(page, "At expiry"):
        begin = worth(one, spots().__getitem__, made().entry)
        for head, move in (("−40%", -0.4), ("−20%", -0.2), ("0%", 0.0), ("+20%", 0.2), ("+40%", 0.4)):
            paid = worth(one, moved(move), "2030-01-01") - begin - FEE * contracts(one)
            assert shows(cells[head], paid), (one.name, head)


def test_causes_add_up_and_positions_are_those_held(page: Page) -> None:
    for one, cells in rows(page, "P&L by cause"):
        parts = [cells[cause.capitalize()] for cause in one.explained]
        for shown, value in zip(parts, one.explained.values(), strict=True):
            assert shows(shown, value)
        assert shows(cells["P&L"], sum(one.explained.values()))
    held = [(one.structure.title, one.positions, one.shares) for one in made().expressions]
    body = iter(table(page, "Positions").body)
    for title, positions, shares in held:
        for ticker, n in shares.items():
            row = next(body)
            assert row[:3] == [title, ticker, "shares"]
            assert shows(row[5], n)
        for contract, n in positions.items():
            row = next(body)
            assert row[:4] == [title, contract.ticker, contract.right, str(contract.expiry)]
            assert float(row[4].replace(",", "")) == contract.strike
            assert shows(row[5], n)
    assert next(body, None) is None


def test_borrow_by_fee_is_the_result(page: Page) -> None:
    found = made()
    for one, cells in rows(page, "P&L by borrow fee"):
        for head, case in zip(("Borrow 0%", "By costs", "Borrow 150%"), found.borrow, strict=True):
            assert shows(cells[head], case.pnl_usd[one.name])


def test_the_sweep_tells_of_all_sets(page: Page) -> None:
    swept = made().swept
    assert swept is not None
    sets = swept.table
    for one, cells in rows(page, "All sets of each"):
        mine = sorted(sets["pnl_usd"][sets["structure"] == one.name])
        middle = (mine[(len(mine) - 1) // 2] + mine[len(mine) // 2]) / 2.0
        assert shows(cells["Sets"], len(mine))
        assert shows(cells["Best"], mine[-1])
        assert shows(cells["Median"], middle)
        assert shows(cells["Worst"], mine[0])
        assert shows(cells["Above zero"], sum(x > 0.0 for x in mine) / len(mine))
        assert shows(cells["Positions"], len(set(sets["same_as"][sets["structure"] == one.name])))
    best = table(page, "The best sets")
    told = [dict(zip(best.head, row, strict=True)) for row in best.body]
    options = sets[~sets["structure"].str.contains("stock")]
    values = sorted(dict(zip(options["same_as"], options["pnl_usd"], strict=True)).values(), reverse=True)
    assert len(told) == 12
    for cells, value in zip(told, values, strict=False):
        assert shows(cells["P&L"], value)
    listed = best_sets(swept, 1000)
    assert sum(one["sets"] for one in listed) == len(options)


def test_maps_have_the_mean_of_each_cell() -> None:
    swept = made().swept
    assert swept is not None
    figures = {one.name: one for one in map_figures(made())}
    assert set(figures) == {
        f"map-{x}"
        for x in ("long-put", "put-spread", "risk-reversal", "straddle", "collar", "long-call", "call-spread")
    }
    for name, figure in figures.items():
        (trace,) = figure.data
        mine = swept.table[swept.table["structure"] == name.removeprefix("map-")]
        # 0.40 and 60 days were asked for; 0.25 and 0.45, 30 and 60 are swept.
        for j, days in enumerate((30.0, 60.0)):
            for k, delta in enumerate((0.25, 0.40, 0.45)):
                cell = [
                    p
                    for d, n, p in zip(mine["delta"], mine["days"], mine["pnl_usd"], strict=True)
                    if (d, n) == (delta, days)
                ]
                shown = trace["z"][j][k]
                assert (shown is None) == (not cell)
                assert shown is None or shown == pytest.approx(sum(cell) / len(cell), abs=0.006)


def test_what_expires_before_the_exit_is_said() -> None:
    found = made("delta", "put-spread", "days=7,60")
    assert found.swept is not None
    sets = found.swept.table.dropna(subset="days").set_index("days")
    assert sets["expires_before_exit"].to_dict() == {7.0: True, 60.0: False}
    (shown,) = (one for section in express_sections(found) for one in section.tables if one.title == "The best sets")
    heads = [column.name for column in shown.columns]
    cells = {row[heads.index("Days")]: row[heads.index("Expires before exit")] for row in shown.rows}
    assert cells == {"7": "yes", "60": "no"}
    assert any("of 2 sets with options 1 holds contracts that expire before the exit" in note for note in found.notes)
    early = bool(sets.loc[7.0, "pnl_usd"] > sets.loc[60.0, "pnl_usd"])
    assert ("expire before the exit" in express_header(found).verdict) == early
    titles = {section.name: section.title for section in express_sections(found)}
    assert titles["before-expiry"] == "What each pays at the exit, before expiry"


def test_a_payoff_at_the_exit_after_expiry_is_no_payoff_before_it() -> None:
    found = express(
        find_event_trade("long-meta-short-neocloud"), None, RunSetting.named(market(), "none", "plain"),
        ExpressAsked.of(only="put-spread", days=7, lookback=120), lambda _: (quotes(), ()),
    )  # fmt: skip
    (spread,) = (one for one in found.expressions if one.name == "put-spread")
    last = max(contract.expiry for contract in spread.positions)
    assert last < found.exit_session.item()
    np.testing.assert_array_equal(spread.pnl[found.sessions > np.datetime64(last)], spread.pnl[-1])
    sections = {section.name: section for section in express_sections(found)}
    assert sections["before-expiry"].title == "What each pays at the exit, after expiry"
    (figure,) = sections["before-expiry"].figures
    assert "Expired by then, so that this is what is paid at expiry: put spread." in figure.caption
    assert any(f"contracts expire on {last}, before the exit" in note for note in summarise_express(found)["notes"])
    told = {one["name"]: one["expires_before_exit"] for one in summarise_express(found)["expressions"]}
    assert told == {"short-stock": False, "put-spread": True, "long-stock": False}


def test_a_best_set_of_another_size_is_not_called_equal() -> None:
    found = made("delta", "straddle", "days=30,60")
    assert found.swept is not None
    assert set(found.swept.table["equal"][found.swept.table["structure"] == "straddle"]) == {"premium"}
    text = express_header(found).verdict
    assert "It is sized by premium, so it is not equal to the others in delta." in text
    assert "did best" not in text
    assert "Not equal in delta on the short leg, so compared with nothing: straddle" in text
    assert "sized by" not in express_header(made("delta", "put-spread", "days=7,60")).verdict


def test_maps_share_one_scale_that_is_as_wide_as_their_cells_and_name_what_they_show() -> None:
    figures = map_figures(made())
    cells = [value for one in figures for row in one.data[0]["z"] for value in row if value is not None]
    assert min(cells) < 0.0 < max(cells)
    for one in figures:
        (trace,) = one.data
        assert (trace["zmin"], trace["zmax"]) == pytest.approx((min(cells), max(cells)), abs=0.006)
        assert trace["colorscale"] == figures[0].data[0]["colorscale"]
        # Zero is grey, and a cell's text begins with its value.
        zero = -trace["zmin"] / (trace["zmax"] - trace["zmin"])
        assert colour_of(trace["colorscale"], zero) == "#f2f2f2"
        for texts, values in zip(trace["text"], trace["z"], strict=True):
            assert all(v is None or shows(t.split("<br>")[0], v) for t, v in zip(texts, values, strict=True))
        assert one.caption.split(":")[0] in one.layout["annotations"][0]["text"]


def test_colours_where_every_cell_loses_are_those_of_losses() -> None:
    table = pd.DataFrame(
        {
            "structure": "long-put", "delta": [0.2, 0.2, 0.4, 0.4], "days": [20.0, 40.0, 20.0, 40.0],
            "pnl_usd": [-10.0, -20.0, -30.0, -40.0],
        }
    )  # fmt: skip
    swept = made().swept
    assert swept is not None
    (figure,) = map_figures(replace(made(), swept=replace(swept, table=table)))
    trace = figure.data[0]
    assert (trace["zmin"], trace["zmax"]) == (-40.0, 0.0)
    assert [colour_of(trace["colorscale"], x) for x in (0.0, 1.0)] == [ORANGE, "#f2f2f2"]


def test_the_best_set_is_a_tile() -> None:
    swept = made().swept
    assert swept is not None
    options = swept.table[~swept.table["structure"].isin(("short-stock", "long-stock"))]
    tiles = {name: value for name, value in cards(made()).rows if name.startswith("Best set, ") and "P&L" in name}
    ((_, value),) = tiles.items()
    assert shows(value.removesuffix(" USD"), float(options["pnl_usd"].max()))


def test_figures_are_the_paths_of_the_result() -> None:
    figures = {figure.name: figure for section in express_sections(made()) for figure in section.figures}
    for leg in ("short", "long"):
        shown = [one for one in made().expressions if one.structure.leg == leg]
        for name, of in (("payoff", "at_expiry"), ("exit", "at_exit"), ("pnl", "pnl")):
            for trace, one in zip(figures[f"{name}-{leg}"].data, shown, strict=True):
                values = np.asarray(getattr(one, of))
                if name != "pnl":
                    values = values[np.abs(made().moves) <= 0.5 + 1e-9]
                assert trace["name"] == one.structure.title
                np.testing.assert_allclose(trace["y"], values, atol=0.00501)


def test_the_verdict_names_the_best_and_what_holds_up(page: Page) -> None:
    text = express_header(made()).verdict
    for leg in ("short", "long"):
        whole = [one for one in made().expressions if one.structure.leg == leg]
        wanted = made().expressions[0 if leg == "short" else 6].figures["delta_usd"]
        mine = [one for one in whole if one.figures["delta_usd"] == pytest.approx(wanted, rel=0.1)]
        assert len(mine) == len(whole) - (leg == "short")  # a straddle has no delta to speak of
        best = sorted(mine, key=lambda one: -one.figures["pnl_usd"])[0]
        holds = sorted(mine, key=lambda one: -one.figures["against_usd"])[0]
        assert f"On the {leg} leg {best.structure.title.lower()} did best" in text
        assert f"against it {holds.structure.title.lower()} holds up best" in text
    straddle = made().of("straddle")
    assert straddle is not None
    delta = f"{straddle.figures['delta_usd']:,.0f}".replace("-", "−")
    assert f"Not equal in delta on the short leg, so compared with nothing: straddle ({delta} USD)." in text
    assert text in "".join(page.words)


@pytest.mark.parametrize(
    ("equal", "said"),
    [
        ("delta", "has, name by name, the delta of the leg in shares"),
        ("premium", "spend that of the long put (short leg) or the long call (long leg)"),
        ("var", "scaled until its 95% VaR of one session is that of the leg in shares"),
    ],
)
def test_what_all_are_equal_in_is_stated(equal: str, said: str) -> None:
    found = made(equal, "put-spread", "")
    facts = {name: text for section in express_sections(found) for name, text in section.facts}
    assert said in facts["Equal in"]
    assert express_header(found).name.startswith(f"Equal in {'VaR' if equal == 'var' else equal};")
    spread, short = found.of("put-spread"), found.of("short-stock")
    assert spread is not None
    assert short is not None
    if equal == "delta":
        # Whole contracts: half a contract of each name at most.
        assert spread.figures["delta_usd"] == pytest.approx(short.figures["delta_usd"], rel=0.03)
    if equal == "var":
        assert spread.figures["var_usd"] == pytest.approx(short.figures["var_usd"], rel=0.03)


def test_the_page_is_whole_and_asks_for_nothing(tmp_path: Path) -> None:
    import html5lib

    folder = EXPRESS_REPORT.save(made(), tmp_path / "o")
    assert {file.name for file in folder.iterdir()} == {"express.json", "report.html", "sweep.parquet"}
    text = (folder / "report.html").read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # html5lib's own
        assert html5lib.HTMLParser(strict=True).parse(text) is not None
    assert len(text) < 1_000_000
    for part in ("http://", "https://", "src=", "@import"):
        assert part not in text
    for section in EXPRESS_REPORT.document(made()).sections:
        assert f'id="{section.name}"' in text
    told = json.loads((folder / "express.json").read_text())
    assert told == json.loads(json.dumps(summarise_express(made()), allow_nan=False))
    swept = made().swept
    assert swept is not None
    assert told["sweep"]["count"] == len(swept.table)
    assert told["sweep"]["sets"][0]["pnl_usd"] == swept.table["pnl_usd"][swept.best]
    # One without a sweep takes its place, and nothing of the sweep stays.
    EXPRESS_REPORT.save(made("delta", "put-spread", ""), folder, overwrite=True)
    assert {file.name for file in folder.iterdir()} == {"express.json", "report.html"}


@pytest.mark.parametrize(
    ("costs", "said", "paid"),
    [
        ("none", "bought and sold at mid, as costs are none, at the entry", False),
        ("default", "bought at mid and half the spread, sold at mid less half the spread, at the entry", True),
    ],
)
def test_fills_are_told_as_the_costs_have_them(costs: str, said: str, paid: bool) -> None:
    """The spread that a page speaks of is one that was paid: bought and sold again at once, a put loses it."""
    setting = RunSetting.named(market(), costs, "plain")
    asked = ExpressAsked.of(only="short-stock,long-put", commission_usd=FEE, lookback=120)
    wide = FlatMarks(market(), vol=VOL, half_usd=0.25)
    found = express(find_event_trade("long-meta-short-neocloud"), None, setting, asked, lambda _: (wide, ()))
    facts = {name: text for section in express_sections(found) for name, text in section.facts}
    captions = [
        one.caption for section in express_sections(found) for one in section.figures if "at each close" in one.caption
    ]
    assert said in facts["Fills"]
    assert captions
    assert all(("the spread paid" in one) is paid for one in captions)
    put = found.of("long-put")
    assert put is not None
    contracts = sum(abs(count) for count in put.positions.values())
    assert contracts > 0.0
    spread_usd = contracts * 2.0 * 25.0 if paid else 0.0
    assert put.explained["spread of options"] == pytest.approx(-spread_usd, abs=1e-9)
