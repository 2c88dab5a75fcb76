"""Orders of a ticket in options, which take the place of shares: contracts, limit prices, costs and greeks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.option_ledger.trades import CONTRACT_SHARES, OptionTerms
from hedgebook.engine.options.lines import GREEKS
from hedgebook.engine.options.marks import Marks, marks_under
from hedgebook.engine.stress.held.options import held_options
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.chains.chain import Chain, Listed
from hedgebook.universes.chains.names import occ_symbol
from hedgebook.universes.market import Market

from ..book.with_options import marks_of_options
from ..option_hedge.kind import WantedOption
from ..option_hedge.pick import Picked, listing_of, pick
from .planned import Planned

COLUMNS = (
    "ticker", "contract", "symbol", "side", "contracts", "before_contracts", "after_contracts", "replaced_shares",
    "session", "mark", "mid_usd", "half_width_usd", "limit_usd", "premium_usd", "spread_usd", "commission_usd",
    "cost_usd", *GREEKS, "vol_annual", "modelled", "status",
)  # fmt: skip
CENTS = 100.0


@dataclass(frozen=True, eq=False)
class OptionOrders:
    """Orders in options, and the tickers whose shares they take the place of.

    table: a row an order, see COLUMNS, contracts signed, USD; ordered: contracts by what is bought (above 0) or sold;
    held: by what the trade then has, those of a book that count among them; later_usd: by cause, of getting out at the
    planned end; notes: what a reader must know.
    """

    table: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*COLUMNS, "margin_usd"]))
    ordered: Mapping[Listed, float] = field(default_factory=dict)
    held: Mapping[Listed, float] = field(default_factory=dict)
    later_usd: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def tickers(self) -> tuple[str, ...]:
        """The tickers whose shares are not ordered."""
        return tuple(dict.fromkeys(one.ticker for one in self.held))

    @property
    def entry_usd(self) -> dict[str, float]:
        """What getting in costs by cause, USD."""
        return {cause: float(self.table[f"{cause}_usd"].sum()) for cause in ("spread", "commission")}


@dataclass(frozen=True, eq=False)
class OptionQuotes:
    """What options of a ticket are valued and traded at. marks: of the account, borrow fees those of the costs; chains:
    that say what is listed; costs: none of which make all trade at mid without commission."""

    marks: Marks
    chains: tuple[Chain, ...]
    costs: Costs

    @property
    def terms(self) -> OptionTerms:
        """Commission by contract and side."""
        return OptionTerms().under(self.costs)

    @property
    def traded(self) -> Marks:
        """The same marks with what a fill pays against the middle: nothing where costs are none."""
        return marks_under(self.marks, self.costs)


def option_quotes(known: Market, chains: tuple[Chain, ...], costs: Costs) -> OptionQuotes:
    """The quotes of chains, and where they say nothing the modelled surfaces with the borrow fees of the costs, as
    hedges and expressions have them. Raises ParameterError for a market of several exchanges."""
    if known.venues is not None:
        raise ParameterError(
            "options of other exchanges are not known", where="with_options",
            remedy="Take a trade whose names all trade in New York, or order it in shares.",
        )  # fmt: skip
    return OptionQuotes(marks_of_options(known, chains, costs), chains, costs)


def option_orders(
    wanted: Sequence[WantedOption], planned: Planned, orders: pd.DataFrame, quotes: OptionQuotes,
    counted: Mapping[Listed, float], held: Mapping[Listed, float],
) -> OptionOrders:  # fmt: skip
    """Options in place of the shares that a plan orders of their tickers: so many whole contracts that their delta at
    the close is that of the shares.

    orders: of shares; held: contracts of the account; counted: those of them that count towards what is wanted. Raises
    ParameterError for a ticker that is not ordered, an option that moves the other way, and less than half a contract.
    """
    session = planned.as_of
    listing, later = listing_of(quotes.chains, session), {"spread": 0.0, "commission": 0.0}
    rows: list[tuple[object, ...]] = []
    ordered: dict[Listed, float] = {}
    has: dict[Listed, float] = {}
    notes: list[str] = []
    for one in wanted:
        shares = _asked_shares(one, planned, orders)
        found = pick(one, quotes.traded, session, listing)
        size = float(round(abs(shares) / (CONTRACT_SHARES * abs(found.delta))))
        if not size:
            raise ParameterError(
                "less than half a contract stands for the shares", where="with_options", value=str(one),
                bound=f"{abs(shares):,.0f} shares, a delta of {abs(found.delta):.2f}",
                remedy="Give more capital, or leave it in shares.",
            )  # fmt: skip
        count = size - counted.get(found.contract, 0.0)
        has[found.contract], before = size, held.get(found.contract, 0.0)
        if found.modelled and quotes.chains:
            notes.append(f"{found.contract} is modelled: the chain has no quote of it at the close of {session}")
        notes.extend(
            f"{other} of the book is another contract than {found.contract} and does not count towards what is wanted"
            for other in counted
            if other.ticker == one.ticker and other != found.contract
        )
        for cause, usd in zip(later, _later(found, size, planned, quotes), strict=True):
            later[cause] += usd
        if not count:
            notes.append(f"{found.contract} is held already, as many as are wanted")
            continue
        ordered[found.contract] = count
        rows.append(_row(found, (count, before), shares, planned, quotes))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return OptionOrders(table, ordered, has, later, tuple(notes))


def _asked_shares(wanted: WantedOption, planned: Planned, orders: pd.DataFrame) -> float:
    """The shares in whose place an option is bought, also where they could not be borrowed."""
    mine = orders[(orders["ticker"] == wanted.ticker) & (orders["status"] != "held")]
    if not len(mine):
        raise ParameterError(
            f"the trade orders no shares of {wanted.ticker}, which the option would stand for", where="with_options",
            value=str(wanted), remedy=did_you_mean(wanted.ticker, orders["ticker"].astype(str)),
        )  # fmt: skip
    row = mine.iloc[0]
    shares = float(row["shares"])
    if math.isnan(shares):
        usd = planned.plan.weights().get(wanted.ticker, 0.0) * planned.run.account.capital_usd
        shares = usd / float(row["reference_usd"])
    if shares * wanted.kind.sign < 0.0:
        does, other = ("sells", "put") if shares < 0.0 else ("buys", "call")
        meant = f"{wanted.ticker}:{str(wanted.kind).replace(wanted.kind.right, other)}"
        raise ParameterError(
            f"the trade {does} {wanted.ticker}, and a bought {wanted.kind.right} does the opposite",
            where="with_options", value=str(wanted), remedy=f"Write {meant}.",
        )  # fmt: skip
    return shares


def _row(
    found: Picked, sizes: tuple[float, float], shares: float, planned: Planned, quotes: OptionQuotes
) -> tuple[object, ...]:
    """An order; sizes: contracts of it, and those held before."""
    contract, (count, before) = found.contract, sizes
    price = found.mid_usd + found.half_width_usd if count > 0.0 else max(found.mid_usd - found.half_width_usd, 0.0)
    spread = abs(price - found.mid_usd) * CONTRACT_SHARES * abs(count)
    commission = quotes.terms.per_contract_usd * abs(count)
    row = len(planned.known.sessions) - 1
    line = held_options(planned.known, row, {}, {contract: count}, marks=quotes.marks).by_line.iloc[0]
    return (
        contract.ticker, str(contract), occ_symbol(contract), "buy" if count > 0.0 else "sell", count, before,
        before + count, shares, str(planned.plan.entry_session), planned.plan.entry_mark.label, found.mid_usd,
        found.half_width_usd, _limit(price, count), found.mid_usd * CONTRACT_SHARES * count, spread, commission,
        spread + commission, *(float(line[name]) for name in GREEKS), found.vol_annual, found.modelled, "filled",
    )  # fmt: skip


def _limit(price: float, count: float) -> float:
    """The bid or ask in whole cents, a modelled one moved out to the next."""
    cents = round(price * CENTS, 6)
    return (math.ceil(cents) if count > 0.0 else math.floor(cents)) / CENTS


def _later(found: Picked, size: float, planned: Planned, quotes: OptionQuotes) -> tuple[float, float]:
    """Spread and commission of selling at the planned end, at the same quote; nothing where none is planned before the
    expiry."""
    end = planned.run.sessions[-1].to_numpy().astype("datetime64[D]")
    if planned.whole_life is None or np.datetime64(found.contract.expiry, "D") <= end:
        return 0.0, 0.0
    spread = min(found.half_width_usd, found.mid_usd) * CONTRACT_SHARES * size
    return spread, quotes.terms.per_contract_usd * size


__all__ = ["COLUMNS", "OptionOrders", "OptionQuotes", "option_orders", "option_quotes"]
