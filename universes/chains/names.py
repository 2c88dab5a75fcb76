"""Names of listed contracts as people and clearing houses write them."""

from __future__ import annotations

import re
from datetime import date

from hedgebook.errors import ParameterError

from .chain import Listed

FORM = "CRWV 2026-09-18 P 80, or the OCC symbol CRWV260918P00080000"
# CRWV 2026-09-18 P 80, CRWV 2026-09-18 P80, CRWV 2026-09-18 80 put
PLAIN = re.compile(
    r"(?P<ticker>\S+)\s+(?P<day>\d{4}-\d{2}-\d{2})\s+"
    r"(?:(?P<first>[CP]|CALL|PUT)\s*(?P<strike>\d+(?:\.\d+)?)|(?P<before>\d+(?:\.\d+)?)\s*(?P<last>[CP]|CALL|PUT))",
    re.ASCII | re.IGNORECASE,
)
# The root in up to six letters, two digits each of year, month and day, the right, the strike in thousandths.
OCC = re.compile(r"(?P<ticker>[A-Z.]{1,6})\s*(?P<day>\d{6})(?P<right>[CP])(?P<strike>\d{8})", re.ASCII | re.IGNORECASE)


def parse_contract(text: str) -> Listed | None:
    """The contract that a text names, None for a text that is none. Raises ParameterError for a day that is none."""
    given = " ".join(text.split())
    if found := PLAIN.fullmatch(given):
        right, strike = (found["first"] or found["last"]).upper()[0], found["strike"] or found["before"]
        return _made(text, found["ticker"], found["day"], right, float(strike))
    if found := OCC.fullmatch(given):
        day = f"20{found['day'][:2]}-{found['day'][2:4]}-{found['day'][4:]}"
        return _made(text, found["ticker"].upper(), day, found["right"].upper(), int(found["strike"]) / 1000.0)
    return None


def occ_symbol(contract: Listed) -> str:
    """The symbol of a contract at clearing houses, empty for one that has none: a long ticker, or a strike that is no
    thousandth."""
    thousandths = round(contract.strike * 1000.0, 6)
    if len(contract.ticker) > 6 or thousandths != int(thousandths) or thousandths >= 1e8:
        return ""
    right = "C" if contract.right == "call" else "P"
    return f"{contract.ticker}{contract.expiry:%y%m%d}{right}{int(thousandths):08d}"


def _made(text: str, ticker: str, day: str, right: str, strike: float) -> Listed:
    try:
        return Listed(ticker, date.fromisoformat(day), "call" if right == "C" else "put", strike)
    except ValueError:
        raise ParameterError("this option has no such expiry", where="option", value=text, bound=FORM) from None
