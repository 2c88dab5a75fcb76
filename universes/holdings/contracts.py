"""Option contracts as brokers name them in their exports."""

from __future__ import annotations

import re
from datetime import datetime

from hedgebook.errors import ParameterError

from ..chains.chain import Listed
from ..chains.names import parse_contract

ROOT, RIGHT, STRIKE = (
    r"(?P<ticker>[A-Z]{1,6}(?:[./][A-Z])?)",
    r"(?P<right>[CP])(?:ALL|UT)?",
    r"\$?(?P<strike>\d+(?:\.\d+)?)",
)
# Fidelity: -META251219P600; Schwab: META 12/19/2025 600.00 P; Interactive Brokers: META 19DEC25 600 P.
FORMS = (
    (re.compile(rf"-?{ROOT}(?P<day>\d{{6}}){RIGHT}{STRIKE}", re.ASCII), "%y%m%d"),
    (re.compile(rf"{ROOT} (?P<day>\d{{1,2}}/\d{{1,2}}/\d{{4}}) {STRIKE} {RIGHT}", re.ASCII), "%m/%d/%Y"),
    (re.compile(rf"{ROOT} (?P<day>\d{{2}}[A-Z]{{3}}\d{{2}}) {STRIKE} {RIGHT}", re.ASCII), "%d%b%y"),
)


def contract_of(symbol: str) -> Listed | None:
    """The contract that a broker's symbol names, None for one that names none, a day that does not exist included."""
    given = " ".join(symbol.split()).upper()
    try:
        if (known := parse_contract(given)) is not None:
            return known
        for form, day in FORMS:
            if found := form.fullmatch(given):
                expiry = datetime.strptime(found["day"], day).date()
                call = found["right"] == "C"
                return Listed(found["ticker"], expiry, "call" if call else "put", float(found["strike"]))
    except (ValueError, ParameterError):
        return None
    return None
