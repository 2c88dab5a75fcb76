"""Hedge books: what a user asks for who already holds something."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from hedgebook.engine.hedging.request import HedgeRequest, Method, Ragged
from hedgebook.engine.rules.rebalance import Rebalance, parse_rebalance
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.chains.folder import chain_name
from hedgebook.universes.checks import (
    BOOK,
    DAY,
    NAMES,
    NUMBER,
    PATH,
    TEXT,
    check_fields,
    either,
    instance,
    maybe,
    whole,
)
from hedgebook.universes.meant_number import meant_number
from hedgebook.universes.names import listed_once

from ..express.listed import LONGEST_DAYS
from ..option_hedge.kind import WantedOption, is_option, options_among
from .file import Book

REHEDGES = "none, weekly, monthly, every:N or band:X"
MOST_SESSIONS = 2520


@dataclass(frozen=True)
class Rehedge:
    """When a hedge is set anew: on the dates of a calendar rule, or when it has drifted from what the method asks.

    band: sum of absolute differences between held and asked notional, over the notional asked.
    """

    calendar: Rebalance = field(default_factory=Rebalance)
    band: float | None = None

    def __str__(self) -> str:
        return str(self.calendar) if self.band is None else f"band:{self.band:g}"


def parse_rehedge(value: str | Rehedge) -> Rehedge:
    """A Rehedge from `none`, `weekly`, `monthly`, `every:N` or `band:X`. Raises ParameterError for anything else."""
    if isinstance(value, Rehedge):
        return value
    kind, _, size = str(value).strip().lower().partition(":")
    try:
        if kind == "band":
            band = float(size)
            if not 0.0 < band <= 10.0:
                raise ValueError
            return Rehedge(band=band)
        calendar: Rebalance = parse_rebalance(value)
        return Rehedge(calendar)
    except ValueError:
        bound = f"{REHEDGES}; N from 1 to {MOST_SESSIONS}, X above 0, at most 10"
        if kind in ("every", "band"):
            meant = meant_number(size)
            remedy = f"Did you mean {kind}:{meant}?" if meant else None
        else:
            remedy = did_you_mean(kind, ("none", "weekly", "monthly", "every:20"))
        raise ParameterError(
            "there is no such rule", where="rehedge", value=str(value), bound=bound, remedy=remedy
        ) from None


ASKED = {
    "book": either(BOOK, PATH),
    "instruments": NAMES,
    "method": TEXT,
    "lookback": whole(),
    "rehedge": either(TEXT, instance(__name__, "Rehedge", "a Rehedge")),
    "cap": maybe(NUMBER),
    "cash": maybe(NUMBER),
    "half_life_sessions": maybe(NUMBER),
    "ragged": TEXT,
    "benchmark": maybe(TEXT),
    "neutral_to": NAMES,
    "roll_days": whole(0, LONGEST_DAYS),
    "chain": maybe(PATH),
}
WHEN = {"first": maybe(DAY), "last": maybe(DAY), "events": NAMES, "tags": NAMES, "before": whole(), "after": whole()}


@dataclass(frozen=True)
class HedgeBook:
    """A book and how to hedge it.

    book: a CSV file of holdings, or a Book; instruments: buckets, tickers and options to be bought,
    "neocloud,memory" or "CRWV:put:25d:60d,SMH"; method: how the hedge is sized, any that engine.hedging has;
    lookback: sessions that estimates use, up to the decision; rehedge: none, weekly, monthly, every:N or band:X; cap:
    the largest hedge notional as a fraction of the book's gross value, the rest stays unhedged; cash: USD beside the
    holdings, None = what the file says; half_life_sessions, ragged, benchmark, neutral_to: as in HedgeRequest;
    roll_days: calendar days before its expiry at which an option is rolled, 0 = it ends by expiry first; chain: quotes
    of options, a file or a folder of one file a name, None = modelled quotes; request, options: made of these. Raises
    ParameterError for what cannot be used.
    """

    book: str | Path | Book
    instruments: tuple[str, ...]
    method: Method = Method.MIN_VARIANCE
    lookback: int = 120
    rehedge: Rehedge = field(default_factory=Rehedge)
    cap: float | None = None
    cash: float | None = None
    half_life_sessions: float | None = None
    ragged: Ragged = Ragged.OWN
    benchmark: str | None = None
    neutral_to: tuple[str, ...] = ()
    roll_days: int = 0
    chain: str | Path | None = None
    request: HedgeRequest = field(init=False, repr=False, compare=False)
    options: tuple[WantedOption, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self, ASKED)
        for name, value in (
            ("instruments", listed_once(self.instruments)),
            ("neutral_to", listed_once(self.neutral_to)),
            ("rehedge", parse_rehedge(self.rehedge)),
        ):
            object.__setattr__(self, name, value)
        if not self.instruments:
            raise ParameterError(
                "a hedge needs instruments", where="instruments", bound="buckets or tickers, as in neocloud,SMH"
            )
        if self.cap is not None and not 0.0 < self.cap <= 10.0:
            raise ParameterError("out of range", where="cap", value=self.cap, bound="above 0, at most 10")
        if self.cash is not None and not math.isfinite(self.cash):
            raise ParameterError("this is no amount of USD", where="cash", value=self.cash)
        if not self.lookback <= MOST_SESSIONS:
            raise ParameterError("out of range", where="lookback", value=self.lookback, bound=f"20 to {MOST_SESSIONS}")
        object.__setattr__(self, "options", options_among(self.instruments))
        self._check_options()
        request = HedgeRequest(
            self.method,
            lookback=self.lookback,
            half_life_sessions=self.half_life_sessions,
            ragged=self.ragged,
            benchmark=self.benchmark,
            neutral_to=self.neutral_to,
        )
        object.__setattr__(self, "request", request)
        object.__setattr__(self, "method", request.method)
        object.__setattr__(self, "ragged", request.ragged)

    def _check_options(self) -> None:
        if not self.options:
            if self.roll_days:
                raise _no_option("roll_days", self.roll_days)
            if self.chain is not None and isinstance(self.book, Book):
                self.check_chain(self.book)
        for one in self.options:
            if self.roll_days >= one.kind.days:
                raise ParameterError(
                    "an option would be rolled before it is bought", where="roll_days", value=self.roll_days,
                    bound=f"below the {one.kind.days} days of {one}",
                )  # fmt: skip

    def check_chain(self, book: Book) -> None:
        """Raise ParameterError for a chain where neither the book, read, nor its hedge has an option."""
        if self.chain is not None and not self.options and not book.options:
            raise _no_option("chain", self.chain)

    @property
    def in_shares(self) -> HedgeBook:
        """The same with the shares of every option's ticker in its place."""
        names = {str_of: one.ticker for str_of, one in zip(self._options_as_written, self.options, strict=True)}
        shares = tuple(names.get(name, name) for name in self.instruments)
        return replace(self, instruments=shares, roll_days=0, chain=None)

    @property
    def _options_as_written(self) -> tuple[str, ...]:
        return tuple(name for name in self.instruments if is_option(name))

    def parameters(self) -> dict[str, Any]:
        """Every parameter but the book by name, JSON-ready."""
        more = {"roll_days": self.roll_days, "chain": chain_name(self.chain)}
        return {
            **(more if self.options or self.chain is not None else {}),
            "instruments": list(self.instruments),
            "method": self.method.value,
            "lookback": self.lookback,
            "rehedge": str(self.rehedge),
            "cap": self.cap,
            "half_life_sessions": self.half_life_sessions,
            "ragged": self.ragged.value,
            "benchmark": self.benchmark,
            "neutral_to": list(self.neutral_to),
        }


def _no_option(where: str, value: object) -> ParameterError:
    return ParameterError(
        "there is no option among the instruments", where=where, value=str(value),
        remedy="Name one, as in CRWV:put:25d:60d, or leave this out.",
    )  # fmt: skip


@dataclass(frozen=True)
class Period:
    """When a book is run: between two days, or around events.

    first, last: days, moved inwards to sessions; None: the last 252 sessions, up to the last one. events:
    identifiers, tags: of events, all that have one of them; before, after: sessions before and after the first
    tradable session of each event, so that the hedge is set before the news.
    """

    first: date | str | None = None
    last: date | str | None = None
    events: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    before: int = 5
    after: int = 10

    def __post_init__(self) -> None:
        check_fields(self, WHEN)
        object.__setattr__(self, "events", listed_once(self.events))
        object.__setattr__(self, "tags", listed_once(self.tags))
        for name, least in (("before", 1), ("after", 0)):
            value = getattr(self, name)
            if not least <= value <= MOST_SESSIONS:
                raise ParameterError("out of range", where=name, value=value, bound=f"{least} to {MOST_SESSIONS}")
        if self.around_events and (self.first is not None or self.last is not None):
            raise ParameterError(
                "a book is run between days or around events, not both",
                where="first, last, events, tags",
                remedy="Drop the days, or the events and tags.",
            )

    @property
    def around_events(self) -> bool:
        """Whether events set the windows."""
        return bool(self.events or self.tags)
