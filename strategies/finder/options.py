"""Options as instruments of a search: today's contract of a kind on each name, under the moves of past sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.finder.problem import HedgeInstrument
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.option_ledger.trades import CONTRACT_SHARES, OptionTerms
from hedgebook.engine.options.chain_marks import quotes_label
from hedgebook.engine.options.lines import CALL, PUT, Lines, unit_values
from hedgebook.engine.options.marks import marks_under
from hedgebook.errors import InputError
from hedgebook.universes.chains.chain import Chain
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

from ..book.with_options import marks_of_options
from ..option_hedge.kind import OptionKind, WantedOption
from ..option_hedge.pick import Picked, listing_of, pick

# Options that a note names before it counts the rest.
MOST_NAMED = 5


@dataclass(frozen=True)
class PricedOption:
    """An option that may be bought, at the last close that is known.

    wanted: as asked for; picked: its contract; trading_frac, theta_frac: USD for each USD of its delta, without sign,
    that getting in and out and the passing of the horizon are expected to cost; most_usd: of delta that may be bought.
    """

    wanted: WantedOption
    picked: Picked
    trading_frac: float
    theta_frac: float
    most_usd: float

    @property
    def delta_usd(self) -> float:
        """Delta of one contract, without sign, USD."""
        return abs(self.picked.delta) * self.picked.spot_usd * CONTRACT_SHARES

    def contracts(self, usd: float) -> float:
        """Contracts of so much delta, not rounded."""
        return usd / self.delta_usd


@dataclass(frozen=True, eq=False)
class OptionBoard:
    """Options by their names, what was left out with the reason, where their quotes come from, and whether a chain was
    given."""

    priced: Mapping[str, PricedOption]
    left_out: Mapping[str, str]
    label: str
    chain: bool = False

    @property
    def modelled(self) -> tuple[str, ...]:
        """Names of those that no quote of a chain stands behind."""
        return tuple(name for name, one in self.priced.items() if one.picked.modelled)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which options are modelled though a chain was given."""
        found = self.modelled
        if not self.chain or not found:
            return ()
        more = counted(len(found) - MOST_NAMED, "other") if len(found) > MOST_NAMED else ""
        shown = [*found[:MOST_NAMED], *([more] if more else [])]
        return (f"the chain has no quote at that close of {', '.join(shown)}: modelled",)


def option_board(
    market: Market, most_usd: Mapping[str, float], kinds: Sequence[OptionKind], costs: Costs, nights: float,
    chains: Sequence[Chain] = (),
) -> OptionBoard:  # fmt: skip
    """Options of all kinds on names at the last close of a market, by the modelled surfaces or the quotes of chains.

    most_usd: by ticker, most delta that may be bought; nights: calendar days of the horizon, over which theta is paid.
    """
    quoting = marks_of_options(market, chains, costs)
    marks, terms = marks_under(quoting, costs), OptionTerms().under(costs)
    listing = listing_of(chains, market.sessions[-1])
    priced, left_out = {}, {}
    for ticker, most in most_usd.items():
        for kind in kinds:
            wanted = WantedOption(ticker, kind)
            try:
                found = pick(wanted, marks, market.sessions[-1], listing)
            except InputError as problem:
                left_out[str(wanted)] = f"{problem.what}{f', {problem.bound}' if problem.bound else ''}"
                continue
            unit = abs(found.delta) * found.spot_usd
            trading = 2.0 * (found.half_width_usd + terms.per_contract_usd / CONTRACT_SHARES) / unit
            priced[str(wanted)] = PricedOption(wanted, found, trading, -found.theta_usd * nights / unit, most)
    modelled = any(one.picked.modelled for one in priced.values())
    return OptionBoard(priced, left_out, quotes_label(quoting, modelled=modelled), bool(chains))


def option_returns(options: Sequence[PricedOption], moves: Floats, session: np.datetime64) -> Floats:
    """(T, K): P&L of each option for each USD of its delta, without sign, revalued after moves (T, K) of its stock.

    Its contract of today, at today's close and volatility, is valued anew at a price that moved by that much.
    """
    if not options:
        return np.empty((len(moves), 0))
    found = [one.picked for one in options]
    count = len(found)
    lines = Lines(
        tuple(one.wanted.ticker for one in options),
        np.array([CALL if one.contract.right == "call" else PUT for one in found]),
        np.array([one.contract.strike for one in found]),
        np.array([one.contract.expiry for one in found], dtype="datetime64[D]"),
        np.ones(count),
        np.array([one.vol_annual for one in found]),
        np.array([one.carry_annual for one in found]),
        found[0].rate_annual,
    )
    spots = np.array([one.spot_usd for one in found])
    changes = unit_values(lines, spots * (1.0 + moves), session) - unit_values(lines, spots[None, :], session)
    return np.asarray(changes / (np.abs([one.delta for one in found]) * spots))


def instrument_of_option(name: str, one: PricedOption, returns: Floats, gross_usd: float) -> HedgeInstrument:
    """An instrument in units of the book's gross value, that may be bought alone; its positions are USD of delta."""
    cost = one.trading_frac + one.theta_frac
    return HedgeInstrument(name, returns, 0.0, one.most_usd / gross_usd, cost, cost, one.wanted.kind.sign)
