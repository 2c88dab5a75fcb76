"""The exports of Interactive Brokers, Fidelity and Schwab, and plain tables in the words of any broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..counted import counted
from .amounts import amount_of
from .sheet import TICKER, Row, Sheet, columns_of, squeezed

# Columns of plain tables that change no amount.
HARMLESS = {
    "name", "description", "company", "security", "securityname", "sector", "industry", "country", "exchange", "isin",
    "cusip", "sedol", "conid", "figi", "price", "lastprice", "closeprice", "markprice", "marketprice", "costbasis",
    "averagecost", "avgcost", "avgprice", "costprice", "unrealizedpl", "gain", "gainloss", "date", "asof", "reportdate",
    "account", "accountname", "last", "accountnumber", "accountid", "side", "notes", "note", "percentofaccount",
}  # fmt: skip
FIDELITY = {"symbol", "quantity", "currentvalue"}
FIDELITY_ACCOUNT = {"accountnumber", "accountnumbername"}
SCHWAB_TITLES = ("positions for ", "all-accounts positions")
SECTIONS = ("Open Positions", "Positions")
# A table may follow so many lines of titles and dates.
TITLE_LINES = 8
FLEX = {"symbol", "quantity", "assetclass", "currencyprimary"}


def read_sheet(rows: Sequence[Row]) -> Sheet | None:
    """The positions of an export, None where it is none that is known here."""
    for reader in (_ibkr_statement, _ibkr_flex, _schwab, _fidelity, _plain):
        found = reader(rows)
        if found is not None:
            return found
    return None


def _ibkr_statement(rows: Sequence[Row]) -> Sheet | None:
    """An activity statement: sections, each with its own header; Open Positions is read, and Ending Cash."""
    section = [(line, cells) for line, cells in rows if cells[0] in SECTIONS and len(cells) > 2]
    header = next((cells[2:] for _, cells in section if cells[1] == "Header"), None)
    if header is None:
        return None
    base = "USD"
    for _, cells in rows:
        if cells[:3] == ["Account Information", "Data", "Base Currency"] and len(cells) > 3:
            base = cells[3]
    cash, problems = _ibkr_cash(rows)
    data = _under_one_header(section, header)
    return Sheet("ibkr activity statement", header, data, columns_of(header), cash, base, problems=problems)


def _under_one_header(section: Sequence[Row], header: Sequence[str]) -> list[Row]:
    """The data of a section, in the order of its first header: each kind of asset may have a header of its own."""
    data, own = list[Row](), list(header)
    for line, cells in section:
        if cells[1] == "Header":
            own = cells[2:]
        elif cells[1] == "Data":
            by_name = dict(zip(own, cells[2:], strict=False))
            same = own == list(header)
            data.append((line, cells[2:] if same else [by_name.get(name, "") for name in header]))
    return data


def _ibkr_cash(rows: Sequence[Row]) -> tuple[float | None, tuple[tuple[int, str, str], ...]]:
    """The ending cash of a statement, of all currencies in the base one; without that sum of USD alone."""
    ends = [(line, cells) for line, cells in rows if cells[:3] == ["Cash Report", "Data", "Ending Cash"]]
    summed = [(line, cells) for line, cells in ends if len(cells) > 3 and "base" in cells[3].lower()]
    cash: float | None = None
    for line, cells in summed[-1:] or ends:
        text = cells[4] if len(cells) > 4 else ""
        amount = amount_of(text)
        if amount is None:
            return None, ((line, "this is no amount of cash", text),)
        if not summed and cells[3].upper() != "USD" and amount != 0.0:
            return None, ((line, "cash is in another currency, and no sum in the base currency is given", cells[3]),)
        cash = (cash or 0.0) + amount
    return cash, ()


def _ibkr_flex(rows: Sequence[Row]) -> Sheet | None:
    """A flex query of open positions, with or without its rows of HEADER, DATA, BOF and EOF."""
    for k, (_, cells) in enumerate(rows[:50]):
        names = {squeezed(name) for name in cells}
        if not names >= FLEX:
            continue
        marked = cells[0] == "HEADER"
        kind = cells[1] if marked and len(cells) > 1 else None
        first = 2 if marked else 0
        data = [
            (line, below[first:]) for line, below in rows[k + 1 :]
            if not marked or below[:2] == ["DATA", kind]
        ]  # fmt: skip
        return Sheet("ibkr flex query", cells[first:], data, columns_of(cells[first:]))
    return None


def _schwab(rows: Sequence[Row]) -> Sheet | None:
    """A title, which names the account and is not repeated, then the table."""
    if not rows or not rows[0][1][0].lower().startswith(SCHWAB_TITLES):
        return None
    for k, (_, cells) in enumerate(rows[1:6], start=1):
        at = columns_of(cells)
        if "ticker" in at and "shares" in at:
            # An export of all accounts has the header again above each.
            data = [(line, below) for line, below in _table(rows[k + 1 :]) if below != cells]
            return Sheet("schwab positions", cells, data, at)
    return None


def _fidelity(rows: Sequence[Row]) -> Sheet | None:
    """A table, then paragraphs of text."""
    for k, (_, cells) in enumerate(rows[:5]):
        names = {squeezed(name) for name in cells}
        if names >= FIDELITY and names & FIDELITY_ACCOUNT:
            return Sheet("fidelity positions", cells, _table(rows[k + 1 :]), columns_of(cells))
    return None


def _plain(rows: Sequence[Row]) -> Sheet | None:
    """A table whose header names a ticker and an amount in any of the words that brokers use, below titles at most."""
    for k, (line, cells) in enumerate(rows[:TITLE_LINES]):
        if sum(bool(cell) for cell in cells) >= 2 and (found := _plain_table(rows[k:])) is not None:
            above = f"{counted(k, 'line')} above the table on line {line} {'is' if k == 1 else 'are'} not read"
            return replace(found, notes=(above,), line=line) if k else found
        if sum(bool(cell) for cell in cells) > 2:
            return None
    return None


def _plain_table(rows: Sequence[Row]) -> Sheet | None:
    header = rows[0][1]
    at = columns_of(header)
    names = [squeezed(name) for name in header]
    if "ticker" not in at or not {"shares", "value", "weight"} & set(at) or len(set(names)) != len(names):
        return None
    if sum(name in TICKER for name in names) > 1:
        return None
    unknown = [name for k, name in enumerate(names) if k not in at.values() and name and name not in HARMLESS]
    return Sheet("holdings", header, list(rows[1:]), at, harmless=not unknown)


def _table(rows: Sequence[Row]) -> list[Row]:
    """Rows with more than one cell in use: paragraphs below a table have one."""
    return [(line, cells) for line, cells in rows if sum(bool(cell) for cell in cells) > 1]
