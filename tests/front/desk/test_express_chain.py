"""Expressions with a chain: what was quoted after the entry moves neither what is bought nor what it costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import PriceDataError
from tests.universes.chains.made_up import made_up_chain

TRADE = "long-meta-short-neocloud"
# The sample market enters at the open of this session.
ENTRY = "2026-07-01"
EXPIRIES = ("2026-07-17", "2026-08-21", "2026-09-18")
COARSE = tuple(float(k) for k in range(65, 116, 5))
FINE = tuple(float(k) for k in range(66, 115, 1))


def quotes(moment: str, strikes: tuple[float, ...], vol: float, spot: float = 89.0) -> pd.DataFrame:
    """Quotes at a moment of three expiries, as many as a surface needs."""
    days = [int((np.datetime64(day) - np.datetime64(moment[:10])).astype(int)) for day in EXPIRIES]
    return made_up_chain(spot=spot, vol=vol, carry=0.06, days=days, strikes=strikes, moment=moment)


def expressed(folder: Path, name: str, *tables: pd.DataFrame) -> hb.Expressed:
    file = folder / name / "CRWV.csv"
    file.parent.mkdir()
    pd.concat(tables).to_csv(file, index=False)
    return hb.express(TRADE, hb.sample_market(), chain=file, only="long-put,put-spread", delta=0.37)


def of_crwv(found: hb.Expressed, name: str) -> dict[str, float]:
    one = found.of(name)
    assert one is not None
    return {str(contract): size for contract, size in one.positions.items() if contract.ticker == "CRWV"}


def test_what_is_quoted_after_the_entry_is_not_known_at_it(tmp_path: Path) -> None:
    before = quotes("2026-06-30T20:00:00Z", COARSE, 0.8)
    alone = expressed(tmp_path, "alone", before)
    # The close of the session of the entry at the open, and a later one: more strikes, another volatility.
    later = [quotes(f"{ENTRY}T20:00:00Z", FINE, 1.6), quotes("2026-07-09T20:00:00Z", FINE, 0.3)]
    whole = expressed(tmp_path, "whole", before, *later)
    for name in ("long-put", "put-spread"):
        own = of_crwv(alone, name)
        assert own == of_crwv(whole, name)
        assert {float(text.split()[2]) for text in own} <= set(COARSE)
        assert {text.split()[1] for text in own} <= set(EXPIRIES)
        one, other = alone.of(name), whole.of(name)
        assert one is not None
        assert other is not None
        for figure in ("premium_usd", "delta_usd", "vega_usd", "var_usd", "against_usd"):
            assert one.figures[figure] == other.figures[figure], figure
        # What it earns is of later quotes: they do count from then on.
        assert (one.pnl != other.pnl).any()
    assert not any("no quotes up to the entry" in note for note in whole.notes)


def test_strikes_of_an_open_are_those_quoted_at_it() -> None:
    """A snapshot of the first minutes stands for the open, one of noon does not."""
    table = quotes("2026-06-30T20:00:00Z", COARSE, 0.8)
    noon = quotes(f"{ENTRY}T16:00:00Z", FINE, 0.8)
    early = quotes(f"{ENTRY}T13:40:00Z", (*COARSE, 83.0), 0.8)
    chain = hb.options.read_chain(pd.concat([table, early, noon]), "CRWV")
    assert [str(one.moment)[:16] for one in chain.until(ENTRY, "open")] == ["2026-06-30T20:00", "2026-07-01T13:40"]
    assert len(chain.until(ENTRY)) == 3
    assert chain.until("2026-06-29") == ()
    listed = chain.listed(ENTRY, "open")
    assert {str(day) for day in listed} == set(EXPIRIES)
    for strikes in listed.values():
        np.testing.assert_array_equal(strikes, sorted((*COARSE, 83.0)))
    assert list(chain.listed("2026-08-21")) == [np.datetime64("2026-09-18")]
    assert chain.listed("2026-06-29") == {}


def test_a_chain_that_begins_after_the_entry_says_so(tmp_path: Path) -> None:
    found = expressed(tmp_path, "late", quotes("2026-07-09T20:00:00Z", FINE, 0.8))
    assert any(note.startswith("CRWV: the chain has no quotes up to the entry") for note in found.notes)
    plain = hb.express(TRADE, hb.sample_market(), only="long-put,put-spread", delta=0.37)
    assert of_crwv(found, "long-put") == of_crwv(plain, "long-put")


def test_a_chain_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PriceDataError, match="not quotes of an open market"):
        expressed(tmp_path, "none", quotes("2026-06-30T20:00:00Z", COARSE, 0.8).assign(bid=0.0, ask=0.0))
