"""Books of options valued by the quotes of a chain: marks are its mids, and what moves from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.stress.held.options import HeldOptions
from hedgebook.errors import ParameterError
from hedgebook.reports.risk.options import held_table
from hedgebook.reports.risk.page import risk_header
from hedgebook.strategies.risk.subject import Subject, subject_of_book
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market
from tests.universes.chains.made_up import made_up_chain

DAY = "2026-06-30"
EXPIRY = date(2026, 9, 11)  # 73 days on
DEEP = Listed("CRWV", EXPIRY, "put", 160.0)
QUOTED = (Listed("CRWV", EXPIRY, "put", 80.0), Listed("CRWV", EXPIRY, "call", 110.0), DEEP)
UNQUOTED = Listed("CRWV", EXPIRY, "put", 82.0)


@pytest.fixture(scope="module")
def market() -> Market:
    return hb.sample_market()


@pytest.fixture(scope="module")
def spot(market: Market) -> float:
    return float(market.close[market.session_index(DAY), market.column("CRWV")])


@pytest.fixture(scope="module")
def quotes(spot: float) -> pd.DataFrame:
    """Quotes at a skewed volatility, which no model is; a put deep in the money is quoted below what exercise gives."""
    strikes = tuple(float(k) for k in range(60, 170, 10))
    parts = [
        made_up_chain(spot=spot, vol=vol, days=(24, 73, 108), strikes=(k,), moment=f"{DAY}T20:00:00Z")
        for k, vol in zip(strikes, np.linspace(1.3, 0.7, len(strikes)), strict=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    row = of(table, DEEP).index
    table.loc[row, "bid"], table.loc[row, "ask"] = 160.0 - spot - 0.4, 160.0 - spot + 0.1
    return table


def of(quotes: pd.DataFrame, one: Listed) -> pd.DataFrame:
    right = one.right[0].upper()
    here = (quotes["right"] == right) & (quotes["strike"] == one.strike) & (quotes["expiry"] == str(one.expiry))
    return quotes[here]


def mid(quotes: pd.DataFrame, one: Listed) -> float:
    row = of(quotes, one).iloc[0]
    return float(row["bid"] + row["ask"]) / 2.0


@pytest.fixture(scope="module")
def folder(quotes: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chains")
    quotes.to_csv(folder / "CRWV_quotes.csv", index=False)
    return folder


def book_of(*contracts: Listed) -> hb.Book:
    sizes = dict(zip(contracts, (-20.0, 15.0, 7.0, -3.0), strict=False))
    return hb.Book({"META": 400.0}, cash_usd=400_000.0, options=sizes)


@pytest.fixture(scope="module")
def subject(market: Market, folder: Path) -> Subject:
    return subject_of_book(book_of(*QUOTED), market, DAY, chain=folder)


def held_of(subject: Subject) -> HeldOptions:
    assert subject.options is not None
    return subject.options


def american_price(one: Listed, spot: float, years: float, terms: tuple[float, float, float]) -> float:
    return float(american(Contracts(one.right, spot, one.strike, years, *terms), sensitivities=False)["price"][0])


def test_a_book_is_marked_to_the_mids_of_its_chain(subject: Subject, quotes: pd.DataFrame) -> None:
    held = held_of(subject)
    sizes = (-20.0, 15.0, 7.0)
    for one, size, unit in zip(QUOTED, sizes, held.units[1:], strict=True):
        assert unit == pytest.approx(mid(quotes, one), abs=1e-12)
        assert held.by_line["value_usd"][1 + QUOTED.index(one)] == pytest.approx(100 * size * mid(quotes, one))
    assert held.options_usd == pytest.approx(
        sum(100 * size * mid(quotes, one) for one, size in zip(QUOTED, sizes, strict=True)), rel=1e-12
    )


def test_nothing_moves_where_nothing_happens(subject: Subject) -> None:
    held = held_of(subject)
    assert held.changes(np.zeros((1, len(held.tickers))))[0] == 0.0
    assert held.line_changes(np.zeros((1, len(held.tickers)))).tolist() == [[0.0] * len(held.lines)]


def test_moves_are_from_the_quote_on(subject: Subject, quotes: pd.DataFrame, spot: float) -> None:
    """The volatility that gives the mid, by bisection on single prices; of the quote that has none, its surface's."""
    held, years = held_of(subject), 73 / 365
    rate, move = held.lines.rate_annual, -0.2
    moves = np.array([[move if ticker == "CRWV" else 0.0 for ticker in held.tickers]])
    found = held.unit_values(moves)[0]
    for k, one in enumerate(QUOTED, start=1):
        carry = float(held.lines.carry_annual[k])
        now = mid(quotes, one)
        if one == DEEP:
            vol = float(held.lines.vol_annual[k])
            assert 0.3 < vol < 1.5
            gap = now - american_price(one, spot, years, (rate, carry, vol))
            assert abs(gap) > 0.1
        else:
            low, high, gap = 0.05, 4.0, 0.0
            for _ in range(60):
                vol = 0.5 * (low + high)
                low, high = (vol, high) if american_price(one, spot, years, (rate, carry, vol)) < now else (low, vol)
            assert held.lines.vol_annual[k] == pytest.approx(vol, rel=1e-6)
        wanted = american_price(one, spot * (1.0 + move), years, (rate, carry, vol)) + gap
        assert found[k] == pytest.approx(wanted, abs=1e-5)
    crash = np.array([[9.0 if ticker == "CRWV" else 0.0 for ticker in held.tickers]])
    assert (held.unit_values(crash)[0] >= 0.0).all()


def test_the_badge_goes_where_every_option_is_quoted(market: Market, folder: Path) -> None:
    quick: dict[str, Any] = {"paths": 100, "sessions": 2, "as_of": DAY}
    found = hb.risk(book_of(*QUOTED), market, chain=folder, **quick)
    assert [badge for badge in risk_header(found).badges if "odelled" in badge] == []
    told = found.to_dict()["options"]
    assert told["modelled"] is False
    assert "modelled" not in told["quotes"]
    assert "modelled" not in " ".join(found.notes)
    assert [row["modelled"] for row in told["contracts"]] == [False] * 3
    # The last column of the table is whose price it is.
    assert {row[-1] for row in held_table(held_of(found.subject)).rows} == {"quote"}
    partly = hb.risk(book_of(*QUOTED[:2], UNQUOTED), market, chain=folder, **quick)
    assert "Option quotes are modelled where the chain has none" in risk_header(partly).badges
    (note,) = [note for note in partly.notes if str(UNQUOTED) in note]
    assert f"{UNQUOTED} is modelled: the chain has no quote" in note
    assert partly.to_dict()["options"]["modelled"] is True


def test_a_scenario_that_moves_nothing_loses_nothing(market: Market, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "still.toml"
    path.write_text(
        '[[scenarios]]\nname = "still"\ntitle = "Still"\nsessions = 5\n'
        'moves = [{ kind = "bucket", of = "neocloud", path = [0.0] }, { kind = "bucket", of = "meta", path = [0.0] }]\n'
    )
    found = hb.risk(book_of(*QUOTED), market, chain=folder, paths=100, sessions=2, as_of=DAY, scenarios=path)
    (one,) = found.scenarios
    assert one.pnl_usd == 0.0


def test_days_without_quotes_are_modelled_and_said(market: Market, folder: Path) -> None:
    late = subject_of_book(book_of(*QUOTED), market, "2026-07-20", chain=folder)
    assert held_of(late).modelled == QUOTED
    alone = subject_of_book(book_of(*QUOTED), market, "2026-07-20")
    np.testing.assert_array_equal(held_of(late).units, held_of(alone).units)
    assert "no quotes at the close of 2026-07-20, its sessions are 2026-06-30" in " ".join(late.notes)
    other = replace(QUOTED[0], ticker="IREN", strike=round(40.0))
    mixed = subject_of_book(book_of(QUOTED[0], other), market, DAY, chain=folder)
    assert held_of(mixed).modelled == (other,)
    assert "the chain has no quotes of IREN, it has CRWV" in " ".join(mixed.notes)


def test_a_ticket_beside_the_book_has_the_same_marks(market: Market, folder: Path, quotes: pd.DataFrame) -> None:
    made = hb.ticket("long-meta-short-neocloud", market, book=book_of(*QUOTED), chain=folder, capital=1e6)
    assert str(made.as_of) == DAY
    held = made.held_options
    assert held is not None
    assert held.modelled == ()
    prices = {str(row["contract"]): row["price_usd"] for row in made.to_dict()["options"]["contracts"]}
    assert prices == {str(one): pytest.approx(mid(quotes, one), abs=1e-12) for one in QUOTED}


def test_a_hedge_of_the_book_holds_it_at_its_quotes(market: Market, folder: Path, quotes: pd.DataFrame) -> None:
    """From the close of the quotes on: what the book is worth with its options at their mids."""
    period = hb.Period("2026-07-01", "2026-07-06")
    found = hb.hedge_book(hb.HedgeBook(book_of(*QUOTED), "SMH", chain=folder), market, period)
    meta = 400.0 * market.close[market.session_index(DAY), market.column("META")]
    options = sum(100.0 * n * mid(quotes, one) for one, n in book_of(*QUOTED).options.items())
    assert found.windows[0].capital.usd == pytest.approx(400_000.0 + meta + options, rel=1e-12)
    assert found.asked.parameters()["chain"] == folder.name


def test_a_search_buys_what_the_chain_lists_at_its_mid(market: Market, folder: Path, quotes: pd.DataFrame) -> None:
    found = hb.find_hedge(
        hb.Book({"META": 500.0}), market, names="1", among="CRWV,IREN", option_kinds="put:25d:70d", placebos=19,
        as_of=DAY, chain=folder,
    )  # fmt: skip
    mine, other = (found.sample.options[f"{ticker}:put:25d:70d"].picked for ticker in ("CRWV", "IREN"))
    assert (mine.modelled, other.modelled) == (False, True)
    assert mine.mid_usd == pytest.approx(mid(quotes, mine.contract), abs=1e-12)
    assert mine.half_width_usd == pytest.approx(0.02)
    told = " ".join(found.warnings)
    assert "the chain has no quote at that close of IREN:put:25d:70d: modelled" in told
    assert found.asked.parameters()["chain"] == folder.name


def test_a_chain_without_options_to_value_is_refused(market: Market, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"chain: .*holds no option"):
        hb.risk(hb.Book({"META": 5.0}, source="mine"), market, chain=folder)
    with pytest.raises(ParameterError, match="there is no option among the instruments"):
        hb.hedge_book(hb.HedgeBook(hb.Book({"META": 5.0}), "SMH", chain=folder), market)
    with pytest.raises(ParameterError, match="there is no book with options"):
        hb.ticket("long-meta-short-neocloud", market, chain=folder)
    with pytest.raises(ParameterError, match="there is no option among the instruments"):
        hb.find_hedge(hb.Book({"META": 5.0}), market, chain=folder)
    (tmp_path / "returns.csv").write_text("date,return\n2026-01-02,0.01\n2026-01-05,-0.01\n")
    with pytest.raises(ParameterError, match="only a book takes this"):
        hb.risk(tmp_path / "returns.csv", chain=folder)
    with pytest.raises(hb.InputError, match="there is no such file"):
        hb.risk(book_of(*QUOTED), market, chain=tmp_path / "none", as_of=DAY)
