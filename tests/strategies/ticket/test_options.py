"""A ticket beside a book with options: greeks by differences of prices, their limits, VaR by loops, margin by rule."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.option_ledger.margin import MarginLeg, option_requirement
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.marks import ModelMarks
from hedgebook.errors import ParameterError
from hedgebook.reports.ticket.page import ticket_sections
from hedgebook.strategies.ticket.greeks import limited
from hedgebook.strategies.ticket.limits import State, load_limits
from hedgebook.strategies.ticket.positions import Held
from hedgebook.universes.chains.chain import Listed

PUT = Listed("CRWV", date(2026, 12, 18), "put", 80.0)
CALL = Listed("META", date(2027, 1, 15), "call", 800.0)
BOOK = hb.Book({"META": 500.0, "NBIS": 300.0}, cash_usd=500_000.0, options={PUT: -20.0, CALL: -5.0})
LIMITS = hb.Limits.model_validate(
    {
        "delta_usd": {"max": 1e9, "by_name": {"CRWV": 1.0, "neocloud": 1e9}},
        "gamma_usd": {"max": 1.0}, "vega_usd": {"max": 1e6, "warn": 1.0}, "theta_usd_day": {"max": 1.0},
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> hb.Ticket:
    return hb.ticket(
        "long-meta-short-neocloud", hb.sample_market(), book=BOOK, capital=1e6, limits=LIMITS, account="strict"
    )


def priced(made: hb.Ticket) -> dict[Listed, tuple[float, dict[str, float]]]:
    """Spot of each contract at the close, and its other terms."""
    found = {}
    for one in (PUT, CALL):
        marks = ModelMarks(made.market, costs=made.terms).marks([one], [made.as_of], "close")
        years = (np.datetime64(one.expiry) - made.as_of).astype(int) / 365.0
        terms = {
            "years": years, "rate_annual": float(marks.rate_annual[0, 0]),
            "carry_annual": float(marks.carry_annual[0, 0]), "vol_annual": float(marks.vol_annual[0, 0]),
        }  # fmt: skip
        found[one] = (float(marks.spot[0, 0]), terms)
    return found


def price(one: Listed, spot: float, **terms: float) -> float:
    return float(american(Contracts(one.right, spot, one.strike, **terms), sensitivities=False)["price"][0])


def after(made: hb.Ticket) -> dict[str, float]:
    """Shares of each ticker with the orders in them."""
    shares = dict(BOOK.amounts)
    for row in made.orders.to_dict("records"):
        shares[str(row["ticker"])] = shares.get(str(row["ticker"]), 0.0) + float(row["shares"])
    return shares


def test_greeks_are_differences_of_prices(made: hb.Ticket) -> None:
    table = made.greeks.set_index(["kind", "of"])
    closes = {t: float(made.market.close[-1, made.market.column(t)]) for t in after(made)}
    wanted = {t: {"delta": n * closes[t], "gamma": 0.0, "vega": 0.0, "theta": 0.0} for t, n in after(made).items()}
    for one, (spot, terms) in priced(made).items():
        size, step = 100.0 * BOOK.options[one], 0.02 * spot
        mid, up, down = (price(one, s, **terms) for s in (spot, spot + step, spot - step))
        higher, lower = (price(one, spot, **{**terms, "vol_annual": terms["vol_annual"] + v}) for v in (0.005, -0.005))
        tomorrow, yesterday = (price(one, spot, **{**terms, "years": terms["years"] + y / 365.0}) for y in (-1.0, 1.0))
        row = wanted[one.ticker]
        row["delta"] += size * spot * (up - down) / (2.0 * step)
        row["gamma"] += size * spot**2 / 100.0 * (up - 2.0 * mid + down) / step**2
        row["vega"] += size * (higher - lower)
        row["theta"] += size * (tomorrow - yesterday) / 2.0
    for ticker, row in wanted.items():
        for name, value in row.items():
            assert table.loc[("ticker", ticker), f"{name}_usd_after"] == pytest.approx(value, rel=5e-3, abs=1e-6)
    neo = [row for ticker, row in wanted.items() if ticker != "META"]
    for name in ("delta", "gamma", "vega", "theta"):
        assert table.loc[("bucket", "neocloud"), f"{name}_usd_after"] == pytest.approx(
            sum(row[name] for row in neo), rel=5e-3
        )
        whole = sum(row[name] for row in wanted.values())
        assert table.loc[("book", "book"), f"{name}_usd_after"] == pytest.approx(whole, rel=5e-3)
    moved = sum(float(r["shares"]) * closes[str(r["ticker"])] for r in made.orders.to_dict("records"))
    all_of = table.loc[("book", "book")]
    assert all_of["delta_usd_after"] - all_of["delta_usd_before"] == pytest.approx(moved)
    assert all_of["vega_usd_after"] == pytest.approx(all_of["vega_usd_before"])


def test_limits_of_greeks_pass_warn_and_fail_with_value_and_bound(made: hb.Ticket) -> None:
    table = made.greeks.set_index(["kind", "of"])
    found = {(one.limit, one.of): one for one in made.limits}
    assert {key: one.state for key, one in found.items()} == {
        ("delta_usd", "book"): State.PASS, ("delta_usd", "CRWV"): State.FAIL, ("delta_usd", "neocloud"): State.PASS,
        ("gamma_usd", "book"): State.FAIL, ("vega_usd", "book"): State.WARN, ("theta_usd_day", "book"): State.FAIL,
    }  # fmt: skip
    assert not made.passed
    for (limit, of), one in found.items():
        kind = "book" if of == "book" else "ticker" if of == "CRWV" else "bucket"
        column = f"{limit.removesuffix('_day')}_after"
        assert one.value == pytest.approx(abs(table.loc[(kind, of), column]))


def test_var_and_es_are_of_revalued_pnl(made: hb.Ticket) -> None:
    """Mean of the worst sessions of P&L that is worked out line by line."""
    shares, terms_of = after(made), priced(made)
    tickers = tuple(dict.fromkeys((*shares, *(one.ticker for one in terms_of))))
    returns = made.market.close_returns(tickers)[1:]
    kept = returns[np.isfinite(returns).all(axis=1)]
    pnl = np.zeros(len(kept))
    for k, ticker in enumerate(tickers):
        pnl += shares.get(ticker, 0.0) * float(made.market.close[-1, made.market.column(ticker)]) * kept[:, k]
    for one, (spot, terms) in terms_of.items():
        moved = spot * (1.0 + kept[:, tickers.index(one.ticker)])
        start = price(one, spot, **terms)
        for t, s in enumerate(moved.tolist()):
            pnl[t] += 100.0 * BOOK.options[one] * (price(one, s, **terms) - start)
    nav = float(made.margin.loc["after", "nav_usd"])
    worst = np.sort(pnl)[: int(np.floor(0.05 * len(pnl)))]
    row = made.tails[(made.tails["figure"] == "ES") & (made.tails["confidence"] == 0.95)].iloc[0]
    # The tail of 5 % ends within a session, which counts in part.
    assert -worst.mean() / nav >= row["after_frac"] >= -np.sort(pnl)[: len(worst) + 1].mean() / nav - 1e-12
    parts = made.by_ticker.drop("book")
    assert set(parts.index) == {*shares, str(PUT), str(CALL)}
    assert parts["component_es"].sum() == pytest.approx(row["after_frac"], rel=1e-9)


def test_margin_is_the_rule_on_shares_and_options_together(made: hb.Ticket) -> None:
    shares, terms_of, need = after(made), priced(made), 0.0
    house = np.asarray(made.account.margin.house(made.market))
    for ticker in shares:
        legs = [
            MarginLeg(one.right, one.strike, BOOK.options[one], price(one, spot, **terms), one.expiry)
            for one, (spot, terms) in terms_of.items()
            if one.ticker == ticker
        ]
        at = made.market.column(ticker)
        asked = option_requirement(float(made.market.close[-1, at]), shares[ticker], legs)
        need += asked.requirement * float(house[at]) - asked.proceeds + asked.capped
    assert made.margin.loc["after", "requirement_usd"] == pytest.approx(need, rel=1e-9)
    assert made.margin.loc["after", "initial_usd"] > need


def test_the_page_says_how_options_count(made: hb.Ticket) -> None:
    sections = {section.name: section for section in ticket_sections(made)}
    _, greeks = sections["greeks"].tables
    assert [row[0] for row in greeks.rows][-1] == "All"
    assert "Every option is revalued" in str(sections["risk"].tables[0].note)
    assert made.to_dict()["greeks"][-1]["kind"] == "book"
    plain = hb.ticket("long-meta-short-neocloud", hb.sample_market(), capital=1e6)
    assert "greeks" not in plain.to_dict()
    assert "greeks" not in {section.name for section in ticket_sections(plain)}


def test_unknown_names_of_greeks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text("[vega_usd]\nmax = 100\nby_name = { CRVW = 1 }\n")
    with pytest.raises(ParameterError, match="there is no ticker or bucket 'CRVW'"):
        hb.ticket("long-meta-short-neocloud", hb.sample_market(), limits=path)
    path.write_text("[vega_usd]\nmax = -100\n")
    with pytest.raises(ParameterError, match="vega_usd"):
        load_limits(path)


def test_an_account_that_holds_nothing_has_no_greeks() -> None:
    found = limited(Held(None, 1_000.0))
    assert found == {kind: {"book": 0.0} for kind in ("delta_usd", "gamma_usd", "vega_usd", "theta_usd_day")}


def test_every_option_of_the_book_is_listed_with_its_price_and_volatility(made: hb.Ticket) -> None:
    tables = {t.title: t for part in ticket_sections(made) for t in part.tables}
    rows = {row[0]: row[1:] for row in tables["Options held"].rows}
    assert set(rows) == {str(PUT), str(CALL)}
    for one, (spot, terms) in priced(made).items():
        worth, vol = price(one, spot, **terms), terms["vol_annual"]
        size = BOOK.options[one]
        assert rows[str(one)] == (
            f"{size:,.0f}".replace("-", "\u2212"), f"{worth:,.2f}",
            f"{100.0 * size * worth:,.0f}".replace("-", "\u2212"), f"{100.0 * vol:.1f}%",
        )  # fmt: skip


def test_no_column_of_a_ticket_is_empty_throughout(made: hb.Ticket) -> None:
    for table in (t for part in ticket_sections(made) for t in part.tables):
        assert all(any(row[j] for row in table.rows) for j in range(1, len(table.columns))), table.title
