"""Amounts as brokers write them: "1,234", "(500)" for what is owed or short, "$1,234.50", "--" for nothing."""

from __future__ import annotations

import re

NOTHING = ("", "-", "--", "n/a", "N/A")
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Commas, or the apostrophes and blanks of other countries, one kind in a number.
BLANKS = "' \u2019\u00a0\u202f"
GROUPED = re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:(,|[{BLANKS}])\d{{3}})(?:\1\d{{3}})*(\.\d*)?", re.ASCII)
IN_BRACKETS = re.compile(r"(\$?)\((\$?)([^()+-]+)\)")
SIGN_LAST = re.compile(r"([^+-]+)([+-])")


def amount_of(text: str, *, money: bool = False) -> float | None:
    """The number that a cell means, None where it is none; money: whether a dollar sign may stand before it.

    Commas, blanks or apostrophes stand between thousands and brackets mean below zero; a decimal comma, as in 1,5, is
    no number here.
    """
    text = text.strip().replace("\u2212", "-")
    sign = 1.0
    if found := IN_BRACKETS.fullmatch(text):
        text, sign = f"{found[1]}{found[2]}{found[3]}", -1.0
    elif found := SIGN_LAST.fullmatch(text):
        text, sign = found[1], -1.0 if found[2] == "-" else 1.0
    if money:
        text = re.sub(r"^([+-]?)\$\s*", r"\1", text)
    if PLAIN.fullmatch(text):
        return sign * float(text)
    return sign * float(re.sub(f"[,{BLANKS}]", "", text)) if GROUPED.fullmatch(text) else None
