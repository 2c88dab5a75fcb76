"""Numbers as people write them: what they are in plain digits, and where that is not clear."""

from __future__ import annotations

import pytest

from hedgebook.universes.meant_number import is_percentage, meant_number, number_hint


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("8%", "stop_loss", "0.08"),
        ("12.5 %", "", "0.125"),
        ("-3%", "", "-0.03"),
        ("\u22123%", "", "-0.03"),
        ("150 percent", "gross", "1.5"),
        ("0,5%", "", "0.005"),
        ("100%", "", "1"),
        ("25bp", "cap", "0.0025"),
        ("25 bps", "spread_bps", "25"),
        ("5%", "spread_bps", "500"),
        ("1,000,000", "capital", "1000000"),
        ("1,234.5", "", "1234.5"),
        ("1'000'000", "", "1000000"),
        ("1 000 000", "", "1000000"),
        ("1.000.000", "", "1000000"),
        ("1.234,5", "", "1234.5"),
        ("0,08", "", "0.08"),
        ("$2,500", "cash", "2500"),
        ("-$2,500", "cash", "-2500"),
        ("1.5m", "capital", "1500000"),
        ("250k USD", "capital", "250000"),
        ("2bn", "", "2000000000"),
    ],
)
def test_what_is_meant(text: str, name: str, meant: str) -> None:
    assert meant_number(text, name) == meant


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("0.08", ""),
        ("1000000", ""),
        ("ten", ""),
        ("", ""),
        ("%", ""),
        ("1,00,000", ""),
        ("1,000'000", ""),
        ("8%", "capital"),
        ("8%", "hold_sessions"),
        ("1e6", ""),
        ("\u0663%", ""),
        ("9" * 50 + "%", ""),
    ],
)
def test_what_is_plain_or_no_number(text: str, name: str) -> None:
    assert meant_number(text, name) is None


def test_a_hint_names_the_parameter_and_only_what_fits() -> None:
    assert number_hint("8%", "stop_loss") == "Did you mean stop_loss=0.08?"
    assert number_hint("1,500") == "Did you mean 1500?"
    assert number_hint("800%", "stop_loss", fits=lambda value: value < 1.0) is None
    assert number_hint(8, "stop_loss") is None
    assert is_percentage("8 %")
    assert not is_percentage("miner%")
