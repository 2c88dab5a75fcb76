"""The borrow fee that a chain implies, by itself and against an easy name, with its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Chain
from hedgebook.universes.checks import instance, maybe, number, takes

from .carry import ChainCarry, Estimate, chain_carry, mean_estimate

CHAIN = instance("hedgebook.universes.chains.chain", "Chain", "a Chain, as read_chain(...) gives")
YIELD = number(-1.0, 1.0)


@brief
@dataclass(frozen=True, eq=False)
class ChainBorrow:
    """What chains imply of a borrow fee, fractions a year, continuous.

    ticker, against: whose fee, and whose it is measured against, None = nobody's; carries, against_carries: by moment;
    borrow: by itself, against rate_annual, which is no stock's own funding rate; relative: against that of `against`,
    which pays the same funding, None without one; notes: moments that say nothing, and why.
    """

    ticker: str
    against: str | None
    rate_annual: float
    carries: tuple[ChainCarry, ...]
    against_carries: tuple[ChainCarry, ...]
    borrow: Estimate
    relative: Estimate | None
    notes: tuple[str, ...]


@takes(
    chain=CHAIN,
    against=maybe(CHAIN),
    rate_annual=number(-1.0, 1.0),
    dividend_yield_annual=YIELD,
    against_dividend_yield_annual=YIELD,
)
def chain_borrow(
    chain: Chain, against: Chain | None = None, *, rate_annual: float, dividend_yield_annual: float = 0.0,
    against_dividend_yield_annual: float = 0.0,
) -> ChainBorrow:  # fmt: skip
    """The borrow fee that the quotes of a `chain` imply over its moments, weighted by their errors.

    rate_annual: continuous, for discounting, and what the fee by itself is measured from; dividend_yield_annual: of
    the stock. against: the chain of a stock that is easy to borrow, with against_dividend_yield_annual: stocks are
    funded some half a percent above bills, which both share. Of chains that have sessions in common only those count.
    Raises PriceDataError where no moment of a chain has enough calls and puts, ParameterError for a chain against
    another of the same stock.
    """
    if against is not None and against.ticker == chain.ticker:
        raise ParameterError(
            "a fee is measured against that of another stock",
            where="against",
            value=against.ticker,
            remedy="Give the quotes of a stock that is easy to borrow, such as META.",
        )
    own, notes = _carries(chain, rate_annual, dividend_yield_annual)
    other: tuple[ChainCarry, ...] = ()
    relative = None
    if against is not None:
        other, more = _carries(against, rate_annual, against_dividend_yield_annual)
        notes += more
        common = {one.session for one in own} & {one.session for one in other}
        if common:
            own, other = (tuple(one for one in some if one.session in common) for some in (own, other))
        else:
            notes.append("the chains have no session in common: the market's rate may have moved between them")
        mine, theirs = _funded(own), _funded(other)
        error = math.hypot(mine.error, theirs.error)
        relative = Estimate(theirs.value - mine.value, error, min(mine.count, theirs.count))
    borrow = mean_estimate([one.borrow_annual for one in own], [one.error_annual for one in own])
    name = None if against is None else against.ticker
    return ChainBorrow(chain.ticker, name, rate_annual, own, other, borrow, relative, tuple(notes))


def _funded(carries: Sequence[ChainCarry]) -> Estimate:
    return mean_estimate([one.funded_annual for one in carries], [one.error_annual for one in carries])


def _carries(chain: Chain, rate: float, dividends: float) -> tuple[tuple[ChainCarry, ...], list[str]]:
    found, notes = [], [f"{chain.ticker}: {note}" for note in chain.notes]
    problem: PriceDataError | None = None
    for snapshot in chain.snapshots:
        try:
            one = chain_carry(snapshot, rate_annual=rate, dividend_yield_annual=dividends)
        except PriceDataError as refused:
            problem = refused
            notes.append(f"{chain.ticker}: {snapshot.moment}Z says nothing: {refused.what}")
            continue
        if np.isfinite(one.error_annual):
            found.append(one)
    if not found:
        assert problem is not None
        raise problem
    return tuple(found), notes
