"""Numbers as people write them for one another, 8% or 1,000,000, and how they are written here: 0.08 and 1000000."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

LONGEST = 40
# A number that Python reads as well, with or without a power of ten.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
PERCENT = re.compile(r"(.+?)\s*(?:%|percent|pct)", re.IGNORECASE)
BASIS_POINTS = re.compile(r"(.+?)\s*(?:bps|bp|basis points)", re.IGNORECASE)
USD = re.compile(r"(-?)(?:\$|USD)?\s*(.+?)\s*(?:\$|USD)?", re.IGNORECASE)
LARGE = re.compile(r"(.+?)\s*(k|m|mn|mm|mio|million|b|bn|billion)", re.IGNORECASE)
TIMES = {"k": 3, "m": 6, "b": 9}
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}([,'_ \u00a0\u2009\u202f])\d{3}(\1\d{3})*(\.\d+)?", re.ASCII)
POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3}){2,}(,\d+)?|[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
# Amounts that are no share of anything.
NO_SHARES = ("capital", "cash", "seed")
NO_SHARES_END = ("_usd", "_days", "_sessions")


def meant_number(text: str, name: str = "") -> str | None:
    """What a number with a percent sign, thousands separators, a decimal comma or a unit is in plain digits.

    name: of the parameter, whose ending says its unit: 8% is 800 of what ends in _bps. None for what is a plain number
    already, and for what is none.
    """
    text = text.strip().replace("\u2212", "-")
    if len(text) > LONGEST or PLAIN.fullmatch(text):
        return None
    in_bps = name.endswith("_bps")
    for form, shift in ((PERCENT, 2 if in_bps else -2), (BASIS_POINTS, 0 if in_bps else -4)):
        if found := form.fullmatch(text):
            value = _digits(found[1])
            if value is None or name in NO_SHARES or name.endswith(NO_SHARES_END):
                return None
            return _plain(value.scaleb(shift))
    found = USD.fullmatch(text)
    text = f"{found[1]}{found[2]}" if found else text
    if large := LARGE.fullmatch(text):
        value = _digits(large[1])
        return None if value is None else _plain(value.scaleb(TIMES[large[2][0].lower()]))
    value = _digits(text)
    return None if value is None else _plain(value)


def is_percentage(text: str) -> bool:
    """Whether a text is a number with a percent sign."""
    return text.endswith("%") and len(text) <= LONGEST and _digits(text[:-1]) is not None


def number_hint(text: object, name: str = "", *, fits: Callable[[float], bool] = lambda _: True) -> str | None:
    """The remedy "Did you mean stop_loss=0.08?" for text that is such a number; None for others, and unless it fits."""
    meant = meant_number(text, name) if isinstance(text, str) else None
    if meant is None or not fits(float(meant)):
        return None
    return f"Did you mean {name}={meant}?" if name else f"Did you mean {meant}?"


def _digits(text: str) -> Decimal | None:
    """The number without separators; None where it is not clear which sign is the decimal one, as in 1.000."""
    text = text.strip()
    if COMMAS.fullmatch(text):
        text = re.sub(r"[^0-9.+-]", "", text)
    elif POINTS.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return Decimal(text) if PLAIN.fullmatch(text) else None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
