"""Every contract that any expression has, priced once: at the entry, at each close, and where prices move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.marks import Marks, Quoted
from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Listed, MarkName

from .choose import Underlying

# Moves of all names of a leg together, for the pictures of what is paid.
MOVES = np.round(np.arange(-0.60, 0.6001, 0.01), 10)
LEAST_VOL = 0.01
DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class Shocks:
    """gap_frac: how far prices gap against the trade; vol_fall_frac: how much of a volatility goes where nothing
    happens; past: (P, U) returns of the names over single sessions, none of them after the last known close."""

    gap_frac: float
    vol_fall_frac: float
    past: Floats


@dataclass(frozen=True, eq=False)
class ContractTable:
    """C contracts on U names, USD a share throughout.

    of: (C,) place of each one's underlying; mid, half_width, delta, gamma, vega, theta: (C,) at the entry; closes:
    (S, C) at each close from the entry on, what it paid at expiry from then on; alive: (C,) whether it has not expired
    by the last close; exit_half_width: (C,) then, 0 where it has; nothing: (C,) at the last close were no price to
    move, volatilities fallen; against, gain: (C,) after a gap against the trade and one for it; past: (P, C) changes
    over past sessions' moves; expired, at_exit: (M, C) at expiry and at the last close by move.
    """

    contracts: tuple[Listed, ...]
    of: Ints
    mid: Floats
    half_width: Floats
    vol_annual: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    closes: Floats
    alive: NDArray[np.bool_]
    exit_half_width: Floats
    nothing: Floats
    against: Floats
    gain: Floats
    past: Floats
    expired: Floats
    at_exit: Floats
    modelled: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Priced:
    """(C,) of everything that a price at the entry rests on, with its mid there."""

    mid: Floats
    calls: NDArray[np.bool_]
    spot: Floats
    strike: Floats
    years: Floats
    rate: Floats
    carry: Floats
    vol: Floats

    def at(self, spots: Floats, years: Floats, vol: Floats) -> Floats:
        """(P, C) prices at spots (P, C), years (C,) and volatilities (C,); without time left, what exercise gives."""
        shape = spots.shape
        signs = np.where(self.calls, 1.0, -1.0)
        out = np.maximum(signs * (spots - self.strike), 0.0)
        live = np.flatnonzero(years > 0.0)
        if live.size:
            part = (shape[0], live.size)

            def spread(values: Floats) -> Floats:
                return np.asarray(np.broadcast_to(values[live], part).ravel())

            terms = Contracts(
                np.broadcast_to(self.calls[live], part).ravel(), spots[:, live].ravel(), spread(self.strike),
                spread(years), spread(self.rate), spread(self.carry), spread(np.maximum(vol, LEAST_VOL)),
            )  # fmt: skip
            out[:, live] = american(terms, sensitivities=False)["price"].to_numpy().reshape(part)
        return np.asarray(out)

    @cached_property
    def gap(self) -> Floats:
        """(C,) how far the mid lies above the model: a quote of a chain need not be what its surface says."""
        return np.asarray(self.mid - self.at(self.spot[None, :], self.years, self.vol)[0])

    def moved(self, spots: Floats, years: Floats, vol: Floats) -> Floats:
        """(P, C) prices as in `at`, from the quote on."""
        return np.maximum(self.at(spots, years, vol) + np.where(years > 0.0, self.gap, 0.0), 0.0)

    def past(self, moves: Floats) -> Floats:
        """(P, C) changes over past moves (P, C), volatilities standing still."""
        return self.moved(self.spot * (1.0 + moves), self.years, self.vol) - self.mid


def past_changes(
    contracts: Sequence[Listed], underlyings: Sequence[Underlying], marks: Marks, session: np.datetime64,
    mark: MarkName, past: Floats,
) -> Floats:  # fmt: skip
    """(C, P) changes of contracts from a mark of a session on over past moves (P, U) of the names.

    Raises ParameterError for a contract that cannot be marked there.
    """
    if not contracts:
        return np.empty((0, len(past)))
    priced, _ = _priced(contracts, marks, session, mark)
    return priced.past(past[:, _names_of(contracts, underlyings)]).T


def _names_of(contracts: Sequence[Listed], underlyings: Sequence[Underlying]) -> Ints:
    place = {one.ticker: k for k, one in enumerate(underlyings)}
    return np.array([place[one.ticker] for one in contracts], dtype=np.int64)


def _priced(
    contracts: Sequence[Listed], marks: Marks, session: np.datetime64, mark: MarkName
) -> tuple[_Priced, Quoted]:
    entry = marks.marks(contracts, np.array([session]), mark)
    mid = np.asarray(entry.mid)[0]
    if not np.isfinite(mid).all():
        bad = contracts[int(np.flatnonzero(~np.isfinite(mid))[0])]
        raise ParameterError(
            "an option has no price at the entry", where=bad.ticker,
            value=f"{bad.expiry} {bad.right} {bad.strike:g}", remedy="Leave the name out, or give a chain that has it.",
        )  # fmt: skip
    rest = [np.asarray(getattr(entry, name))[0] for name in ("years", "rate_annual", "carry_annual", "vol_annual")]
    calls, strikes = np.array([one.right == "call" for one in contracts]), np.array([one.strike for one in contracts])
    return _Priced(mid, calls, np.asarray(entry.spot)[0], strikes, *rest), entry


def contract_table(
    contracts: Sequence[Listed], underlyings: Sequence[Underlying], marks: Marks, sessions: NDArray[np.datetime64],
    mark: MarkName, shocks: Shocks,
) -> ContractTable:  # fmt: skip
    """Price contracts at the entry, which is at a mark of the first of `sessions`, and at the close of each of them.

    Volatilities stand still contract by contract where prices are moved. Raises ParameterError for a contract that
    cannot be marked at the entry.
    """
    of = _names_of(contracts, underlyings)
    priced, entry = _priced(contracts, marks, sessions[0], mark)
    mid, moved = priced.mid, priced.moved
    greeks = american(
        Contracts(priced.calls, priced.spot, priced.strike, priced.years, priced.rate, priced.carry, priced.vol)
    )
    closing = marks.marks(contracts, sessions, "close")
    expiries = np.array([one.expiry for one in contracts], dtype="datetime64[D]")
    left = np.maximum((expiries - sessions[-1]).astype(np.int64), 0) / DAYS_A_YEAR
    still = priced.spot[None, :]
    long_side = np.array([one.leg == "long" for one in underlyings])[of]
    adverse = np.where(long_side, -shocks.gap_frac, shocks.gap_frac)
    moves = still * (1.0 + MOVES[:, None])
    return ContractTable(
        contracts=tuple(contracts),
        of=of,
        mid=mid,
        half_width=np.asarray(entry.half_width)[0],
        vol_annual=priced.vol,
        delta=greeks["delta"].to_numpy(),
        gamma=greeks["gamma"].to_numpy(),
        vega=greeks["vega"].to_numpy(),
        theta=greeks["theta_annual"].to_numpy() / DAYS_A_YEAR,
        closes=_kept(np.asarray(closing.mid), mid),
        alive=left > 0.0,
        exit_half_width=np.where(left > 0.0, np.nan_to_num(np.asarray(closing.half_width)[-1]), 0.0),
        nothing=moved(still, left, priced.vol * (1.0 - shocks.vol_fall_frac))[0],
        against=moved(still * (1.0 + adverse), priced.years, priced.vol)[0],
        gain=moved(still * (1.0 - adverse), priced.years, priced.vol)[0],
        past=priced.past(shocks.past[:, of]),
        expired=priced.at(moves, np.zeros(len(contracts)), priced.vol),
        at_exit=moved(moves, left, priced.vol),
        modelled=np.asarray(entry.modelled)[0],
    )


def _kept(closes: Floats, first: Floats) -> Floats:
    """(S, C) with the last known value where there is none: what has expired has paid, a halted name stands."""
    out = np.array(closes)
    before = first
    for row in out:
        np.copyto(row, before, where=~np.isfinite(row))
        before = row
    return out
