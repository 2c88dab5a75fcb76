"""Which listed contract an option of a kind is at a close, and what is known of it then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.marks import Marks, Quoted
from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Chain, Listed

from ..express.choose import Board, Boards, Underlying
from ..express.listed import listed_strikes
from .kind import WantedOption

# A contract farther from what is asked for than this is another one: of delta, of days (or a third of them), of a
# strike.
FAR_DELTA, FAR_DAYS, FAR_STRIKE_FRAC = 0.15, 20, 0.05
DAYS_A_YEAR = 365.0
# Strikes of a model that are priced at once on the way to the nearest.
AT_ONCE = 8
Listing = Mapping[str, Mapping[np.datetime64, Floats]]


@dataclass(frozen=True)
class Picked:
    """A contract at a close. USD a share; delta: signed; theta_usd: a calendar day, negative; modelled: whether no
    quote stands behind its mark."""

    contract: Listed
    spot_usd: float
    delta: float
    theta_usd: float
    mid_usd: float
    half_width_usd: float
    vol_annual: float
    rate_annual: float
    carry_annual: float
    days: int
    modelled: bool


def listing_of(chains: Sequence[Chain], session: np.datetime64) -> Listing:
    """Strikes by expiry of every ticker of which a chain had quotes up to a close."""
    found = {chain.ticker: chain.listed(session, "close") for chain in chains}
    return {ticker: listed for ticker, listed in found.items() if listed}


def pick(wanted: WantedOption, marks: Marks, session: np.datetime64, listing: Listing, least_days: int = 0) -> Picked:
    """The listed contract nearest to what is asked for at the close of a session, from what is known then.

    least_days: it must have more than so many calendar days to expiry. Raises ParameterError where the ticker has no
    price at that close, and for no contract near: what is nearest.
    """
    spot = _spot(wanted, marks, session)
    name = Underlying(wanted.ticker, "hedge", 0.0, spot)
    expiry = Boards((name,), marks, session, "close", (wanted.kind.days,), listing).expiry(
        wanted.ticker, wanted.kind.days
    )
    day: date = expiry.astype("datetime64[D]").item()
    own = listing.get(wanted.ticker)
    board = _board(wanted, marks, session, day, listed_strikes(spot) if own is None else own[expiry], own is not None)
    if wanted.kind.delta is not None:
        strike = board.near_delta(wanted.kind.delta)
    else:
        strike = board.near_price(wanted.kind.strike or 0.0)
    contract = Listed(wanted.ticker, day, wanted.kind.right, strike)
    days = int((expiry - session).astype(np.int64))
    _near(wanted, contract, board, days, least_days)
    return known_at(contract, marks, session)


def known_at(contract: Listed, marks: Marks, session: np.datetime64) -> Picked:
    """What is known of a contract at the close of a session; NaN where it has no mark."""
    days = int((np.datetime64(contract.expiry, "D") - session).astype(np.int64))
    return _known(contract, marks.marks([contract], np.array([session]), "close"), days)


def _board(
    wanted: WantedOption, marks: Marks, session: np.datetime64, day: date, strikes: Floats, quoted: bool
) -> Board:
    """The strikes around what is asked for, with their deltas; all of them where they are quoted."""
    rest, step = np.asarray(strikes), 1 if quoted else max(1, len(strikes) // AT_ONCE)
    while True:
        some = np.unique(np.append(np.arange(0, len(rest), step), len(rest) - 1))
        board = _priced(wanted, marks, session, day, rest[some])
        if step == 1:
            return board
        # Deltas of the model fall or rise with the strike: what is nearest lies between the neighbours of the nearest.
        if wanted.kind.delta is not None:
            nearest = board.near_delta(wanted.kind.delta)
        else:
            nearest = board.near_price(wanted.kind.strike or 0.0)
        at = int(np.searchsorted(rest, nearest))
        rest = rest[max(0, at - step) : at + step + 1]
        step = max(1, len(rest) // AT_ONCE)


def _priced(wanted: WantedOption, marks: Marks, session: np.datetime64, day: date, strikes: Floats) -> Board:
    contracts = [Listed(wanted.ticker, day, wanted.kind.right, float(strike)) for strike in strikes]
    quoted = marks.marks(contracts, np.array([session]), "close")
    spot, years, rate, carry, vol = (
        np.asarray(getattr(quoted, name))[0] for name in ("spot", "years", "rate_annual", "carry_annual", "vol_annual")
    )
    known = np.isfinite(vol) & np.isfinite(np.asarray(quoted.mid)[0])
    if not known.any():
        raise ParameterError(
            f"no option of {wanted.ticker} that ends on {day} can be priced at the close of {session}",
            where="instruments", value=str(wanted), remedy="Ask for other days to expiry, or another ticker.",
        )  # fmt: skip
    terms = Contracts(
        wanted.kind.right, spot[known], strikes[known], years[known], rate[known], carry[known], vol[known]
    )
    deltas = np.abs(american(terms, sensitivities=False)["delta"].to_numpy())
    return Board(strikes[known], deltas, float("nan"))


def _spot(wanted: WantedOption, marks: Marks, session: np.datetime64) -> float:
    """The close of the ticker, by the marks themselves, whatever contract is asked for."""
    any_contract = Listed(wanted.ticker, (session + 30).astype("datetime64[D]").item(), wanted.kind.right, 1.0)
    spot = float(marks.marks([any_contract], np.array([session]), "close").spot[0, 0])
    if not spot > 0.0:
        raise ParameterError(
            f"{wanted.ticker} has no price at the close of {session}, so none of its options has", where="instruments",
            value=str(wanted), remedy="Begin later, or hedge with another ticker.",
        )  # fmt: skip
    return spot


def _near(wanted: WantedOption, contract: Listed, board: Board, days: int, least_days: int) -> None:
    kind = wanted.kind
    delta = float(board.deltas[int(np.argmin(np.abs(board.strikes - contract.strike)))])
    far_delta = kind.delta is not None and abs(delta - kind.delta) > FAR_DELTA
    strike = kind.strike
    # Half of the distance between strikes near the price is as near as any price can be to one.
    step = float(np.diff(board.strikes).min(initial=np.inf))
    far_strike = strike is not None and abs(contract.strike - strike) > max(FAR_STRIKE_FRAC * strike, 0.5 * step)
    far_days = abs(days - kind.days) > max(FAR_DAYS, kind.days / 3) or days <= least_days
    if far_delta or far_strike or far_days:
        remedy = "Ask for one that is listed."
        if strike is not None and strike < 100.0 and far_strike:
            remedy = f"{strike:g} is a strike in USD; write {strike:g}d for a delta of {strike / 100:g}."
        elif days <= least_days:
            remedy = f"Roll later than {least_days} days before expiry, or ask for longer options."
        raise ParameterError(
            "no contract is near what is asked for", where="instruments", value=str(wanted),
            bound=f"the nearest is {contract}, with a delta of {delta:.2f} and {days} days to expiry", remedy=remedy,
        )  # fmt: skip


def _known(contract: Listed, quoted: Quoted, days: int) -> Picked:
    def at(name: str) -> float:
        return float(np.asarray(getattr(quoted, name))[0, 0])

    terms = Contracts(
        contract.right, at("spot"), contract.strike, at("years"), at("rate_annual"), at("carry_annual"),
        at("vol_annual"),
    )  # fmt: skip
    greeks = american(terms)
    return Picked(
        contract, at("spot"), float(greeks["delta"][0]), float(greeks["theta_annual"][0]) / DAYS_A_YEAR, at("mid"),
        at("half_width"), at("vol_annual"), at("rate_annual"), at("carry_annual"), days, bool(quoted.modelled[0, 0]),
    )  # fmt: skip
