"""hb.journal: open, mark, show, close, and what is named of prices that a vendor has revised."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.live.fills import OwnFill
from hedgebook.front.journal.store import JournalFile
from hedgebook.universes.chains.chain import Listed

NAME = "long-meta-short-neocloud"


@pytest.fixture(scope="module")
def market() -> hb.Market:
    return hb.sample_market(seed=5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def revised(market: hb.Market, ticker: str, day: str, price: float) -> hb.Market:
    close = market.close.copy()
    close[market.session_index(day), market.column(ticker)] = price
    return dataclasses.replace(market, close=close)


def test_a_revision_is_named_once_and_the_kept_price_stays(path: Path, market: hb.Market) -> None:
    hb.journal.open(NAME, market, as_of="2026-07-08", file=path)
    before = hb.journal.show(NAME, file=path).rows
    kept = market.close[market.session_index("2026-07-07"), market.column("META")]
    other = revised(market, "META", "2026-07-07", 500.0)
    found = hb.journal.mark(NAME, other, as_of="2026-07-08", file=path)
    assert found.new_rows == 0
    assert found.revisions[0]["revisions"] == [
        {"ticker": "META", "session": "2026-07-07", "field": "close", "kept": kept, "now": 500.0}
    ]
    assert found.alerts == (f"revised: META close of 2026-07-07, kept {kept:.10g}, now 500",)
    again = hb.journal.mark(NAME, other, as_of="2026-07-09", file=path)
    assert again.new_rows == 1
    assert again.revisions == ()
    shown = hb.journal.show(NAME, file=path)
    assert shown.rows["nav_usd"].tolist()[:-1] == before["nav_usd"].tolist()
    assert hb.journal.verify(file=path).sound
    assert shown.to_dict()["revisions"][0]["now"] == 500.0
    # Another figure for the same cell is another revision.
    third = hb.journal.mark(NAME, revised(market, "META", "2026-07-07", 501.0), file=path)
    assert third.revisions[0]["revisions"][0]["now"] == 501.0


def test_a_mark_again_adds_nothing_and_says_the_same(path: Path, market: hb.Market) -> None:
    first = hb.journal.open(NAME, market, as_of="2026-07-09", limits={"gross_frac": 0.1}, file=path)
    again = hb.journal.mark(NAME, market, as_of="2026-07-09", file=path)
    assert again.new_rows == 0
    assert again.state.texts == first.state.texts
    assert again.alerts == (first.alerts[-1],)


def test_simulated_prices_do_not_go_on_with_real_ones(path: Path, market: hb.Market) -> None:
    given = {"source": "desk.parquet", "simulated": False}
    real = dataclasses.replace(market, provenance=dataclasses.replace(market.provenance, **given))
    moved = dataclasses.replace(
        real, provenance=dataclasses.replace(real.provenance, source="elsewhere/new.csv", sha256="1" * 64)
    )
    hb.journal.open(NAME, real, as_of="2026-07-08", name="real", file=path)
    hb.journal.open(NAME, market, as_of="2026-07-08", name="sample", file=path)
    before = [JournalFile(path).entries(one) for one in ("real", "sample")]
    with pytest.raises(hb.InputError, match=r"opened on desk\.parquet, .* market 'sample'.*--prices FILE"):
        hb.journal.mark("real", market, file=path)
    with pytest.raises(hb.InputError, match=r"opened on the simulated market 'sample', .* desk\.parquet.*sample:"):
        hb.journal.mark("sample", real, file=path)
    assert [JournalFile(path).entries(one) for one in ("real", "sample")] == before
    assert hb.journal.mark("real", moved, as_of="2026-07-09", file=path).new_rows == 1


def test_a_closed_journal_is_marked_no_more(path: Path, market: hb.Market) -> None:
    hb.journal.open(NAME, market, as_of="2026-07-09", file=path)
    closed = hb.journal.close(NAME, note="enough", file=path)
    assert closed.to_dict()["state"] == "closed"
    assert closed.state.closed is not None
    assert closed.state.closed["held"] == ["APLD", "CRWV", "META", "NBIS"]
    for call in (lambda: hb.journal.mark(NAME, market, file=path), lambda: hb.journal.close(NAME, file=path)):
        with pytest.raises(hb.InputError, match="was closed on"):
            call()
    assert hb.journal.table(path).loc[NAME, "state"] == "closed"


def test_own_fills_are_held_against_the_model(path: Path, market: hb.Market, tmp_path: Path) -> None:
    row = market.session_index("2026-07-01")
    opens = {t: float(market.open[row, market.column(t)]) for t in ("META", "NBIS")}
    file = tmp_path / "fills.csv"
    file.write_text(
        "date,ticker,shares,price,commission\n"
        f"2026-07-01,META,700,{opens['META'] * 1.001!r},3.5\n"
        f"2026-07-01,NBIS,-900,{opens['NBIS'] * 0.996!r},4.5\n"
    )
    hb.journal.open(NAME, market, fills=file, as_of="2026-07-06", file=path)
    shown = hb.journal.show(NAME, file=path)
    meta, nbis = shown.to_dict()["fills"]
    assert meta["paid_usd"] == pytest.approx(700 * opens["META"] * 0.001, rel=1e-6)
    assert nbis["paid_usd"] == pytest.approx(900 * opens["NBIS"] * 0.004, rel=1e-6)
    costs = hb.load_costs("default")
    spread = costs.concession_frac("half_spread", market, row)[market.column("NBIS")]
    assert nbis["spread_usd"] == pytest.approx(900 * opens["NBIS"] * spread, rel=1e-9)
    model = nbis["spread_usd"] + nbis["slippage_usd"] + nbis["impact_usd"]
    assert nbis["beyond_usd"] == pytest.approx(nbis["paid_usd"] - model)
    out = [OwnFill(np.datetime64("2026-07-07"), "META", -700.0, float(market.close[row + 3, market.column("META")]))]
    more = hb.journal.mark(NAME, market, fills=out, as_of="2026-07-07", file=path)
    assert more.state.rows[-1]["tickers"]["META"]["shares"] == 0.0
    late = hb.journal.mark(NAME, market, file=path).state.rows
    overdue = [row["session"] for row in late if any(one["kind"] == "overdue" for one in row["alerts"])]
    assert overdue == [row["session"] for row in late if row["session"] > "2026-07-30"]
    assert overdue
    assert hb.journal.verify(file=path).sound
    with pytest.raises(hb.InputError, match="keeps no prices of AAPL"):
        hb.journal.mark(NAME, market, fills=[OwnFill(market.sessions[-1], "AAPL", 1.0, 10.0)], file=path)


def test_bad_fills_are_all_said_at_once(path: Path, market: hb.Market, tmp_path: Path) -> None:
    file = tmp_path / "fills.csv"
    file.write_text(
        "date,ticker,shares,price,commission\n"
        "2026-07-04,META,10,700,0\n"
        "2026-07-01,MTEA,10,700,0\n"
        "2026-07-01,META,0,-3,x\n"
        "yesterday,META,ten,\n"
        "2026-07-01,META,10,7,0\n"
    )
    with pytest.raises(hb.InputError) as caught:
        hb.journal.open(None, market, fills=file, file=path)
    text = str(caught.value)
    for said in (
        "line 2: 2026-07-04 is no session of XNYS", "2026-07-02 before it, 2026-07-06 after it",
        "Did you mean 'META'", "line 4: no such number of shares",
        "line 4: a price is above zero", "line 4: the commission is not a number",
        "line 5: the row has 4 cells for 5 columns", "line 6: the price of META is far from its session's",
    ):  # fmt: skip
        assert said in text
    assert not path.exists()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m, p: hb.journal.open("long-meta-short-neocluod", m, file=p), "Did you mean"),
        (lambda m, p: hb.journal.open(NAME, m, limits={"gros_frac": 1}, file=p), "Did you mean 'gross_frac'"),
        (lambda m, p: hb.journal.open(NAME, m, limits={"gross_frac": -1.0}, file=p), "no bound"),
        (lambda m, p: hb.journal.open(NAME, m, name="a/b", file=p), "cannot be named so"),
        (lambda m, p: hb.journal.open(None, m, file=p), "nothing to open"),
        (lambda _, p: hb.journal.show("other", file=p), "there is no journal 'other'"),
        (lambda m, p: hb.journal.open(NAME, m, fills="no.csv", file=p), "no such file of fills"),
        (lambda m, p: hb.journal.open(NAME, m, as_of="soon", file=p), "as_of"),
    ],
)
def test_bad_input_is_said(path: Path, market: hb.Market, call: Callable[[hb.Market, Path], object], says: str) -> None:
    with pytest.raises(hb.InputError, match=says):
        call(market, path)


def test_the_folder_of_a_ticket_is_followed(path: Path, market: hb.Market, tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text(
        "[gross]\nmax = 5.0\n[position]\nmax = 0.9\nby_name = { META = 0.3 }\n[headroom]\nmin = 0.1\n"
        "[delta_usd]\nmax = 1.0\nby_name = { META = 1e9, neocloud = 1e9 }\n[gamma_usd]\nmax = 1.0\n[var]\nmax = 0.9\n"
    )
    ticket = hb.ticket(NAME, market.until("2026-07-06"), capital=500_000.0, limits=limits)
    folder = ticket.save(tmp_path / "ticket")
    made = hb.journal.open(folder, market.until("2026-07-06"), name="t", as_of="2026-07-02", file=path)
    held = {t: one["shares"] for t, one in made.state.rows[0]["tickers"].items()}
    assert held == dict(zip(ticket.orders["ticker"], ticket.orders["shares"], strict=True))
    assert made.state.trade.fan == ticket.forecast
    told = made.state.rows[-1]["limits"]
    value = made.state.rows[-1]["tickers"]["META"]
    share = value["shares"] * value["price_usd"] / made.state.rows[-1]["nav_usd"]
    assert told["position META"] == {"value": pytest.approx(share), "bound": 0.3, "holds": False}
    assert told["headroom"]["holds"]
    # Of shares delta is their value, and they have no gamma.
    worth = {t: one["shares"] * one["price_usd"] for t, one in made.state.rows[-1]["tickers"].items()}
    assert told["delta_usd"] == {"value": pytest.approx(abs(sum(worth.values()))), "bound": 1.0, "holds": False}
    short = abs(sum(usd for t, usd in worth.items() if market.bucket_of(t) == "neocloud"))
    assert told["delta_usd neocloud"] == {"value": pytest.approx(short), "bound": 1e9, "holds": True}
    assert told["delta_usd META"]["value"] == pytest.approx(abs(worth["META"]))
    assert told["gamma_usd"] == {"value": 0.0, "bound": 1.0, "holds": True}
    (note,) = [note for note in made.state.trade.notes if "not looked at" in note]
    assert "not looked at here: var, which" in note
    assert told["gross"]["holds"]
    assert any("limit position META" in one for one in made.alerts)
    assert hb.journal.verify(file=path).sound
    with pytest.raises(hb.InputError, match="is another one"):
        hb.journal.open(folder, hb.sample_market(seed=6), name="other", file=path)
    run = hb.backtest(hb.trade(hold=2), market).save(tmp_path / "run")
    with pytest.raises(hb.InputError, match="holds no ticket"):
        hb.journal.open(run, market, name="other", file=path)


def test_limits_of_greeks_of_an_account_with_options_are_said_to_be_left(path: Path, market: hb.Market) -> None:
    book = hb.Book({"META": 100.0}, cash_usd=500_000.0, options={Listed("CRWV", date(2026, 12, 18), "put", 80.0): -5.0})
    limits = hb.Limits.model_validate({"gross": {"max": 5.0}, "vega_usd": {"max": 1.0}, "delta_usd": {"max": 1e9}})
    ticket = hb.ticket(NAME, market.until("2026-07-06"), capital=500_000.0, limits=limits, book=book)
    made = hb.journal.open(ticket, market, name="o", as_of="2026-07-02", file=path)
    assert list(made.state.rows[-1]["limits"]) == ["gross"]
    told = " ".join(hb.journal.show("o", file=path).to_dict()["notes"])
    assert "not looked at here: delta_usd, vega_usd, as this journal follows the shares" in told


def test_its_folder_and_page_say_the_same(path: Path, market: hb.Market, tmp_path: Path) -> None:
    library = tmp_path / "own.toml"
    library.write_text(
        '[[events]]\nid = "iren-x"\nannounced_on = 2026-07-07\ntiming = "pre-open"\nheadline = "IREN signs <b>X</b>"\n'
        'tags = ["miner-contracts"]\nexpected_winners = ["neocloud"]\nexpected_losers = []\nsources = ["a report"]\n'
    )
    hb.journal.open(NAME, market, as_of="2026-07-13", file=path)
    shown = hb.journal.show(NAME, events=library, file=path)
    (one,) = [told for told in shown.to_dict()["watched"] if told["event"] == "iren-x"]
    assert one["stands"] == "against the trade"
    rows = {row["session"]: row["total_usd"] for row in shown.state.rows}
    assert one["pnl_since_usd"] == pytest.approx(rows["2026-07-13"] - rows["2026-07-06"])
    folder = shown.save(tmp_path / "out")
    kept = json.loads((folder / "journal.json").read_text())
    assert kept["total_usd"] == shown.rows["total_usd"].iloc[-1]
    page = (folder / "report.html").read_text()
    for said in (
        "Neoclouds renew with Meta",
        "IREN signs &lt;b&gt;X&lt;/b&gt;",
        "against the trade",
        "Memory prices: no",
    ):
        assert said in page
    assert "NaN" not in json.dumps(kept)
