"""Marks from chains: a contract's own quote where there is one, the surface of the quotes near it, else the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.chains.chain import Chain, Listed, MarkName, Snapshot
from hedgebook.universes.checks import Kind, check, either, instance, many

from .chain_surface import ChainSurface, chain_surface
from .contracts import Contracts
from .implied import implied_volatility
from .marks import Asked, Marks, ModelMarks, Quoted, asked

# Quotes of a session are no guide to volatility for longer than a week.
MOST_SESSIONS_OLD = 5
CHAIN = instance("hedgebook.universes.chains.chain", "Chain", "a Chain, as read_chain(...) gives")
CHAINS = either(CHAIN, many(CHAIN, "a list of Chains"))
MODEL = Kind("a ModelMarks", lambda value: isinstance(value, ModelMarks))


@dataclass(frozen=True, eq=False)
class ChainMarks:
    """Marks of contracts from the quotes of chains, and from a model where these say nothing.

    chains: one or many, each of another ticker; model: what stands in, and whose market, spots and widths count. A
    two-sided quote of the contract at that mark is its mark; else the surface of that session's quotes, or of the last
    before it within five sessions, at the session's spot, which counts as modelled; else the model. A quote that
    implies no volatility has that of the surface, or of the model where there is none.
    Raises ParameterError for what is none of these, and for two chains of one ticker.
    """

    chains: Chain | Sequence[Chain]
    model: ModelMarks
    if TYPE_CHECKING:
        # Surfaces that were made, by snapshot: of the value itself and not of what makes it.
        _kept: dict[int, ChainSurface | None] = field(init=False)

    def __post_init__(self) -> None:
        check("chains", self.chains, CHAINS)
        check("model", self.model, MODEL)
        given = (self.chains,) if isinstance(self.chains, Chain) else tuple(self.chains)
        names = [one.ticker for one in given]
        if doubled := [name for i, name in enumerate(names) if name in names[:i]]:
            raise ParameterError("two chains of one ticker", where="chains", value=doubled[0], remedy="Join the files.")
        object.__setattr__(self, "chains", given)
        object.__setattr__(self, "_kept", {})

    @property
    def by_ticker(self) -> dict[str, Chain]:
        """The chains by their tickers."""
        return {one.ticker: one for one in self.chains}  # type: ignore[union-attr]

    @property
    def label(self) -> str:
        """Whose quotes these are, and what stands in for them."""
        return f"{self.quotes}; where there are none {self.model.label}"

    @property
    def quotes(self) -> str:
        """Whose quotes these are."""
        return f"quotes of {', '.join(one.source for one in self.by_ticker.values())}"

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: MarkName = "close") -> Quoted:
        """Marks of `contracts` (K) at one `mark` of `sessions` (T days), (T, K) each; `modelled` says which are not
        quotes. Raises as `ModelMarks.marks`."""
        at = asked(self.model.market, contracts, sessions, mark)
        found = self.model.marks(contracts, sessions, mark)
        days = self.model.market.sessions[at.rows]
        for ticker, chain in self.by_ticker.items():
            columns = np.array([j for j, one in enumerate(contracts) if one.ticker == ticker], dtype=np.int64)
            if columns.size:
                for t, day in enumerate(days):
                    self._at(chain, contracts, columns, (t, int(at.rows[t]), day, mark), at, found)
        return found

    def _at(self, chain: Chain, contracts: Sequence[Listed], columns: Any, when: Any, at: Asked, found: Quoted) -> None:
        """Put the marks of one session and chain in place of the model's."""
        t, row, day, mark = when
        live = columns[(at.years[t, columns] > 0.0) & np.isfinite(at.spot[t, columns])]
        if not live.size:
            return
        surface = self._surface(chain, row, mark)
        if surface is not None:
            self._from_surface(surface, contracts, live, t, at, found)
        if (snapshot := chain.at(day, mark)) is not None:
            self._from_quotes(snapshot, contracts, live, t, at, found)

    def _surface(self, chain: Chain, row: int, mark: MarkName) -> ChainSurface | None:
        """The surface of the last snapshot within five sessions up to a mark of session number `row`, or None."""
        sessions = self.model.market.sessions
        first = sessions[max(row - MOST_SESSIONS_OLD, 0)]
        near = [one for one in chain.until(sessions[row], mark) if one.session >= first]
        for one in reversed(near):
            key = id(one)
            if key not in self._kept:
                try:
                    self._kept[key] = chain_surface(one, rate_annual=self.model.model.rate_annual)
                except PriceDataError:
                    self._kept[key] = None
            if (surface := self._kept[key]) is not None:
                return surface
        return None

    def _from_surface(
        self, surface: ChainSurface, contracts: Sequence[Listed], live: Any, t: int, at: Asked, found: Quoted
    ) -> None:
        some = [contracts[j] for j in live]
        spot, years = at.spot[t, live], at.years[t, live]
        strike = np.array([one.strike for one in some])
        forward = spot * np.exp(surface.growth_annual * years)
        vol = surface.vol(strike, forward, years)
        rate = np.full(len(some), surface.rate_annual)
        carry = rate - surface.growth_annual
        good = np.isfinite(vol) & (vol > 0.0)
        part = Asked(at.rows[t : t + 1], spot[None], years[None])
        price, vega = part.values(some, rate[None], carry[None], np.where(good, vol, np.nan)[None])
        widths = self.model.of(some[0].ticker)
        days = np.array([one.expiry for one in some], dtype="datetime64[D]")
        half = widths.half_width(vega[0], days)
        for name, values in (
            ("mid", price[0]), ("half_width", half), ("vol_annual", vol), ("rate_annual", rate),
            ("carry_annual", carry),
        ):  # fmt: skip
            getattr(found, name)[t, live[good]] = values[good]

    def _from_quotes(
        self, snapshot: Snapshot, contracts: Sequence[Listed], live: Any, t: int, at: Asked, found: Quoted
    ) -> None:
        keys = zip(snapshot.expiry.tolist(), snapshot.calls.tolist(), snapshot.strike.tolist(), strict=True)
        quotes = {key: i for i, key in enumerate(keys)}
        asked_for = [(contracts[j].expiry, contracts[j].right == "call", float(contracts[j].strike)) for j in live]
        hit = np.array([quotes.get(key, -1) for key in asked_for], dtype=np.int64)
        to, rows = live[hit >= 0], hit[hit >= 0]
        if not to.size:
            return
        found.mid[t, to] = snapshot.mid[rows]
        found.half_width[t, to] = snapshot.half_width[rows]
        found.modelled[t, to] = False
        contract = Contracts(
            snapshot.calls[rows], at.spot[t, to], snapshot.strike[rows], at.years[t, to], found.rate_annual[t, to],
            found.carry_annual[t, to],
        )  # fmt: skip
        exercise: Any = "american" if snapshot.american else "european"
        implied = implied_volatility(contract, snapshot.mid[rows], exercise=exercise)["vol_annual"].to_numpy()
        found.vol_annual[t, to] = np.where(np.isnan(implied), found.vol_annual[t, to], implied)


def quoted_marks(model: ModelMarks, chains: Sequence[Chain]) -> Marks:
    """Marks from the quotes of chains where any are given, else of the model alone. Raises as `ChainMarks`."""
    return ChainMarks(chains, model) if chains else model


def not_quoted(ticker: str, quoted: Iterable[str]) -> str:
    """What is said of a ticker that chains have nothing of; quoted: the tickers that they have quotes of."""
    return f"the chain has no quotes of {ticker}, it has {', '.join(sorted(quoted))}"


def quotes_label(marks: Marks, *, modelled: bool) -> str:
    """What outputs say of contracts that were marked; modelled: whether any of them is by a model."""
    return marks.quotes if isinstance(marks, ChainMarks) and not modelled else marks.label
